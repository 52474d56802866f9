// SPDX-License-Identifier: Apache-2.0
// fv_digit: the events of a row add up to its number, over both sets of a pair; a pair's spikes go each to
// its set; the row's weight word is read once if it has events. A row whose weight lies outside the bank
// has none, and behind a fault events add nothing.

`include "fv.svh"

module fv_digit
  import mur_pkg::*;
#(
  parameter int unsigned WGT_DEPTH = 16
) (
  input logic              clk_i,
  input logic              rst_ni,
  input logic              valid_i,
  input slot_t             slot_i,
  input logic              null_i,
  input logic              last_i,
  input logic [ELEM_W-1:0] elem_i,
  input logic [RANK_W-1:0] rank_i,
  input addr_t             row_i,
  input acc_ctl_t          ctl_i,
  input addr_t             wgt_i,
  input logic              d_ok_i,
  input logic              d_kill_i,
  input logic              pair_end_i,
  input logic              join_i
);
  logic   ready, at_join, pair_end, wgt_req, wgt_bank;
  slot_t  d_slot;
  seq_t   d_seq;
  addr_t  wgt_addr;
  ev_t    ev;
  ev_id_t id;

  mur_digit #(.WGT_DEPTH(WGT_DEPTH)) dut (
    .clk_i, .rst_ni, .valid_i, .ready_o(ready), .slot_i, .null_i, .last_i, .elem_i, .rank_i, .row_i, .ctl_i,
    .wgt_i, .d_slot_o(d_slot), .d_ok_i, .d_kill_i, .d_seq_o(d_seq), .join_o(at_join), .pair_end_i, .join_i,
    .pair_end_o(pair_end), .wgt_req_o(wgt_req), .wgt_bank_o(wgt_bank), .wgt_addr_o(wgt_addr), .event_o(ev),
    .id_o(id)
  );

  // A row is active: it has a bit that its ACC selects, or is a number other than zero.
  logic [1:0]         bits;
  logic               number;
  logic signed [19:0] value, value1;          // of the row, or of its two sets if it is a pair's spikes
  assign bits[0] = ctl_i.sel0[3] && elem_i[{1'b0, ctl_i.sel0[2:0]}];
  assign bits[1] = ctl_i.sel1[3] && elem_i[{1'b0, ctl_i.sel1[2:0]}];
  assign number  = ctl_i.fmt == FmtUnsigned || ctl_i.fmt == FmtSigned;
  always_comb begin
    value  = 20'sd1;
    value1 = 20'sd0;
    if (null_i) value = 20'sd0;
    else if (ctl_i.fmt == FmtUnsigned) value = signed'({4'b0, elem_i});
    else if (ctl_i.fmt == FmtSigned) value = signed'({{4{elem_i[15]}}, elem_i});
    else if (ctl_i.fmt == FmtMerged) value = 20'(signed'({1'b0, bits[0]})) + 20'(signed'({1'b0, bits[1]}));
    else if (ctl_i.both) begin
      value  = 20'(signed'({1'b0, bits[0]}));
      value1 = 20'(signed'({1'b0, bits[1]}));
    end
  end
  // ---- the row inside, and the one whose event is shown
  typedef struct packed {
    acc_ctl_t           ctl;
    logic               none, last, outside, spikes;    // spikes: of a pair
    slot_t              slot;
    addr_t              row, wgt;
    logic signed [19:0] value, value1;
  } row_t;
  row_t r_q, e_q;
  logic busy_q, enter, issue, leave, r_begun_q, e_first_q, e_end_q, e_valid_q, e_read_q, r_read_q;
  logic e_kill_q, r_kill_q;                   // this event is behind a fault; so was one of the row
  assign enter = valid_i && ready;
  assign leave = busy_q && ready;             // with its last event, or the only item without
  assign issue = dut.issue;
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      busy_q    <= 1'b0;
      e_valid_q <= 1'b0;
    end else begin
      if (ready) busy_q <= valid_i;
      e_valid_q <= issue;
    end
  end
  always_ff @(posedge clk_i) begin
    if (enter) begin
      r_q <= '{ctl_i, null_i, last_i, 32'(wgt_i) + 32'(rank_i) >= WGT_DEPTH, ctl_i.both && !number, slot_i,
               row_i, 16'(32'(wgt_i) + 32'(rank_i)), value, value1};
      r_begun_q <= 1'b0;
      r_read_q  <= 1'b0;
      r_kill_q  <= 1'b0;
    end else if (issue) begin
      r_begun_q <= 1'b1;
      r_read_q  <= r_read_q || wgt_req;
      r_kill_q  <= r_kill_q || d_kill_i;
    end
    if (issue) begin
      e_q       <= r_q;
      e_first_q <= !r_begun_q;
      e_end_q   <= leave;
      e_read_q  <= r_read_q || wgt_req;
      e_kill_q  <= r_kill_q || d_kill_i;
    end
  end

  `FV_RESET
  `FV_ASSUME(!valid_i || null_i || (number ? elem_i != '0 : bits != '0))
  `FV_ASSUME(!busy_q || !r_begun_q || !r_kill_q || d_kill_i)        // a fault stays
  `FV_ASSUME(!valid_i || !null_i || last_i)
  `FV_ASSUME(!valid_i || ctl_i.item == ItAcc || null_i)
  `FV_ASSUME(!valid_i || !ctl_i.both || ctl_i.fmt != FmtMerged)
  `FV_ASSUME(!valid_i || 32'(wgt_i) + 32'(rank_i) < 32'h1_0000 + WGT_DEPTH)

  // What the events of the row add up to: of set 0, or both; and of set 1 of a pair's spikes.
  logic signed [19:0] sum_q, sum, sum1_q, sum1, d0, d1;
  always_comb begin
    d0 = '0;
    d1 = '0;
    if (ev.ev0) d0 = 20'sd1 <<< (ev.pos0 - POS_W'(e_q.ctl.shift));
    if (ev.ev1) d1 = 20'sd1 <<< (ev.pos1 - POS_W'(e_q.ctl.shift));
    if (ev.neg0) d0 = -d0;
    if (ev.neg1) d1 = -d1;
    sum  = sum_q;
    sum1 = sum1_q;
    if (e_valid_q) begin
      sum  = (e_first_q ? 20'sd0 : sum_q) + d0 + (e_q.spikes ? 20'sd0 : d1);
      sum1 = (e_first_q ? 20'sd0 : sum1_q) + (e_q.spikes ? d1 : 20'sd0);
    end
  end
  always_ff @(posedge clk_i) begin
    sum_q  <= sum;
    sum1_q <= sum1;
  end

  logic ends;
  assign ends = e_valid_q && e_end_q;
  `FV_ASSERT(a_sum, !ends || e_q.outside || e_kill_q || (sum == e_q.value && sum1 == e_q.value1))
  `FV_ASSERT(a_own_set, !e_valid_q || e_q.ctl.both || !ev.ev1)
  `FV_ASSERT(a_killed, !e_valid_q || !e_kill_q || !(ev.ev0 || ev.ev1 || ev.fold || ev.is_end))
  `FV_ASSERT(a_outside, !e_valid_q || !e_q.outside || !(ev.ev0 || ev.ev1 || ev.read))
  `FV_ASSERT(a_range, !ends || (ev.range == (e_q.outside && !e_q.none)))
  `FV_ASSERT(a_read, !wgt_req || (busy_q && !r_read_q && !r_q.outside && wgt_addr == r_q.wgt
                                  && wgt_bank == r_q.ctl.bank))
  `FV_ASSERT(a_read_once, !ends || e_read_q == (!e_q.outside && !e_q.none))
  `FV_ASSERT(a_last, !e_valid_q || ev.last == (e_q.last && e_end_q))
  `FV_ASSERT(a_event, !e_valid_q || {ev.both, ev.ctx, ev.src, ev.fold, ev.slot} ==
             {e_q.ctl.both, e_q.ctl.ctx, e_q.ctl.src, e_q.ctl.item == ItFold && !e_kill_q, e_q.slot})
  `FV_ASSERT(a_id, !e_valid_q || id == {e_q.ctl.seq, e_q.ctl.pc, e_q.row, e_q.wgt})
  `FV_ASSERT(a_silent, e_valid_q || ev == '0)
  `FV_ASSERT(a_waits, !issue || (busy_q && (d_ok_i || d_kill_i)))
  `FV_ASSERT(a_joins, !issue || (r_q.ctl.item == ItJoin ? pair_end_i : !r_q.ctl.both || join_i))

  // What the induction needs to know of the inside: the digits to come make up what is missing.
  logic signed [19:0] rest;
  logic signed [19:0] so_far;
  assign rest   = signed'(20'(dut.dig_q & ~dut.neg_q)) - signed'(20'(dut.dig_q & dut.neg_q));
  assign so_far = r_begun_q ? sum : '0;
  `FV_INVARIANT(i_busy, dut.v_q == busy_q && (!busy_q || (d_slot == r_q.slot && dut.ctl_q == r_q.ctl
                && dut.last_q == r_q.last && dut.range_q == r_q.outside && dut.row_q == r_q.row
                && dut.waddr_q == r_q.wgt && dut.fresh_q == !r_begun_q)))
  `FV_INVARIANT(i_number, !busy_q || r_q.spikes || r_q.outside || r_kill_q || r_q.value
                == so_far + rest)
  `FV_INVARIANT(i_digits, !busy_q || ((dut.dig_q == '0) == r_q.none) && (!r_q.none || !r_begun_q))
  `FV_INVARIANT(i_spikes, !busy_q || !r_q.spikes || r_q.none || (!r_begun_q && rest == 20'sd1 &&
                {r_q.value1, r_q.value} == {19'b0, dut.spk_q[1], 19'b0, dut.spk_q[0]}))
  `FV_INVARIANT(i_none, !busy_q || !r_q.none || (r_q.value == '0 && r_q.value1 == '0))
  `FV_INVARIANT(i_wanted, !busy_q || !r_q.spikes || r_q.none || dut.spk_q != 2'b00)
  `FV_INVARIANT(i_one, !busy_q || r_q.spikes || r_q.value1 == '0)
  `FV_INVARIANT(i_sum1, !(busy_q && r_begun_q) || r_q.spikes || sum1 == '0)
  `FV_INVARIANT(i_kind, !busy_q || r_q.spikes == (r_q.ctl.both && !r_q.ctl.fmt[1]))
  `FV_INVARIANT(i_killed, !busy_q || r_begun_q || !r_kill_q)
  `FV_INVARIANT(i_reading, !busy_q || r_read_q == (r_begun_q && !r_q.outside && !r_q.none))
  `FV_INVARIANT(i_row, !(busy_q && r_begun_q && e_valid_q)
                || (e_q == r_q && !e_end_q && e_kill_q == r_kill_q))

  `FV_COVER(c_number, ends && e_q.ctl.fmt == FmtSigned && !e_q.ctl.both && e_q.value == -20'sd23)
  `FV_COVER(c_pair, ends && !e_first_q && e_q.ctl.both && e_q.value == 20'sd85)
  `FV_COVER(c_spikes, ends && e_q.spikes && ev.ev0 && ev.ev1 && enter)
  `FV_COVER(c_merged, ends && e_q.value == 20'sd2 && e_q.ctl.fmt == FmtMerged)
  `FV_COVER(c_outside, ends && ev.range)
  `FV_COVER(c_killed, ends && e_kill_q && !e_first_q && sum_q != '0)
  `FV_COVER(c_null, ends && e_q.none && e_q.ctl.item == ItFold)
endmodule
