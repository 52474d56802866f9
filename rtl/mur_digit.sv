// SPDX-License-Identifier: Apache-2.0
// mur_digit: turns rows into events. A row stays until its digits are done; its weight word is read
// once, with its first digit. One digit a cycle for the scanner's own set, or two (set 0, set 1).
//
//   spikes   own set: +2^0; pair: +2^0 for each set whose selected bit is 1
//   merged   m = e[b0] + e[b1]: 1 -> +2^0, 2 -> +2^1
//   numbers  non-adjacent form: h = 3x, positive digits (h & ~x) >> 1, negative (x & ~h) >> 1,
//            lowest first, on a pair alternately to set 0, 1, 0, 1, ... from set 0 for every row
//
// Latency: a row accepted in one cycle issues in the next at the earliest; event_o is registered and
// in step with the weight memory's output. An entry that drives both sets issues only while the other
// scanner stands at its join token, which goes with the entry's last event.

`include "mur_assert.svh"

module mur_digit
  import mur_pkg::*;
#(
  parameter int unsigned WGT_DEPTH = 1024
) (
  input  logic              clk_i,
  input  logic              rst_ni,
  // row
  input  logic              valid_i,
  output logic              ready_o,
  input  slot_t             slot_i,
  input  logic              null_i,
  input  logic              last_i,
  input  logic [ELEM_W-1:0] elem_i,
  input  logic [RANK_W-1:0] rank_i,
  input  addr_t             row_i,
  input  acc_ctl_t          ctl_i,        // of the entry in slot_i
  input  addr_t             wgt_i,
  // may the entry in d_slot_o begin?
  output slot_t             d_slot_o,
  input  logic              d_ok_i,
  input  logic              d_kill_i,     // behind a fault
  output seq_t              d_seq_o,
  // the other scanner
  output logic              join_o,       // at a join token
  input  logic              pair_end_i,   // ... which goes now
  input  logic              join_i,
  output logic              pair_end_o,
  // weight read
  output logic              wgt_req_o,
  output logic              wgt_bank_o,
  output addr_t             wgt_addr_o,
  // event
  output ev_t               event_o,
  output ev_id_t            id_o
);
  localparam int unsigned D = 17;         // positions before the shift

  // ---- digits of the row that arrives -----------------------------------------------------------
  logic [18:0]  x, h;
  logic [D-1:0] dig_in, neg_in;
  logic [1:0]   e;
  logic         two;

  assign e[0] = ctl_i.sel0[3] && elem_i[{1'b0, ctl_i.sel0[2:0]}];
  assign e[1] = ctl_i.sel1[3] && elem_i[{1'b0, ctl_i.sel1[2:0]}];
  assign two  = ctl_i.fmt == FmtMerged && e == 2'b11;

  always_comb begin
    x      = {{3{elem_i[15] && ctl_i.fmt == FmtSigned}}, elem_i};
    h      = x + {x[17:0], 1'b0};
    neg_in = '0;
    dig_in = {{(D-2){1'b0}}, two, !two};
    if (ctl_i.fmt[1]) begin
      neg_in = D'((x & ~h) >> 1);
      dig_in = D'((h ^ x) >> 1);
    end
    if (null_i) dig_in = '0;
  end

  // ---- the row being issued ---------------------------------------------------------------------
  logic           v_q, last_q, fresh_q, range_q;
  logic [D-1:0]   dig_q, neg_q, lo, lo2, rest, rest2, dig_d;
  logic [1:0]     spk_q;
  addr_t          waddr_q, row_q;
  /* verilator lint_off UNUSEDSIGNAL */ // masked: the group stage's; sel0, sel1: spent on spk_q
  acc_ctl_t       ctl_q;
  /* verilator lint_on UNUSEDSIGNAL */
  logic [RANK_W-1:0] waddr_in;
  logic           pair_spk, pair_num, issue, row_end, is_pair, some, adds;
  logic [POS_W-1:0] p0, p1;

  assign waddr_in = RANK_W'(wgt_i) + rank_i;
  assign is_pair  = ctl_q.both;
  assign pair_spk = is_pair && !ctl_q.fmt[1];
  assign pair_num = is_pair && ctl_q.fmt[1];

  always_comb begin
    lo    = dig_q & (~dig_q + 1'b1);
    rest  = dig_q & ~lo;
    lo2   = rest & (~rest + 1'b1);
    rest2 = rest & ~lo2;
    dig_d = pair_num ? rest2 : rest;
    p0    = '0;
    p1    = '0;
    if (v_q) begin
      for (int unsigned i = 0; i < D; i++) begin
        if (lo[i])  p0 |= POS_W'(i);
        if (lo2[i]) p1 |= POS_W'(i);
      end
    end
  end

  assign row_end    = dig_d == '0;
  assign some       = dig_q != '0;
  assign adds       = !range_q && !d_kill_i;          // a FIRE before the fault may still want the context
  assign join_o     = v_q && ctl_q.item == ItJoin;
  assign issue      = v_q && (d_ok_i || d_kill_i)
                   && (ctl_q.item == ItJoin ? pair_end_i : (!is_pair || join_i));
  assign pair_end_o = issue && is_pair && last_q && row_end;
  assign ready_o    = !v_q || (issue && row_end);
  assign d_seq_o    = ctl_q.seq;
  assign wgt_req_o  = issue && fresh_q && some && !range_q;
  assign wgt_bank_o = ctl_q.bank;
  assign wgt_addr_o = waddr_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) v_q <= 1'b0;
    else if (ready_o) v_q <= valid_i;
  end

  always_ff @(posedge clk_i) begin
    if (valid_i && ready_o) begin
      last_q   <= last_i;
      fresh_q  <= 1'b1;
      dig_q    <= dig_in;
      neg_q    <= neg_in;
      spk_q    <= e;
      waddr_q  <= waddr_in[15:0];
      range_q  <= waddr_in >= RANK_W'(WGT_DEPTH);
      row_q    <= row_i;
      ctl_q    <= ctl_i;
      d_slot_o <= slot_i;
    end else if (issue) begin
      dig_q    <= dig_d;
      fresh_q  <= 1'b0;
    end
  end

  // ---- event ------------------------------------------------------------------------------------
  ev_t ev_d;

  always_comb begin
    ev_d = '0;
    if (issue) begin
      ev_d.ev0    = some && adds && (!pair_spk || spk_q[0]);
      ev_d.neg0   = |(neg_q & lo);
      ev_d.pos0   = p0 + POS_W'(ctl_q.shift);
      ev_d.ev1    = adds && (pair_spk ? some && spk_q[1] : pair_num && lo2 != '0);
      ev_d.neg1   = |(neg_q & lo2);
      ev_d.pos1   = pair_num ? p1 + POS_W'(ctl_q.shift) : ev_d.pos0;
      ev_d.both   = is_pair;
      ev_d.ctx    = ctl_q.ctx;
      ev_d.bank   = ctl_q.bank;
      ev_d.read   = wgt_req_o;
      ev_d.fold   = ctl_q.item == ItFold && !d_kill_i;
      ev_d.src    = ctl_q.src;
      ev_d.range  = range_q && some;
      ev_d.last   = last_q && row_end;
      ev_d.is_end = ctl_q.item == ItEnd && !d_kill_i;
      ev_d.slot   = d_slot_o;
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) event_o <= '0;
    else event_o <= ev_d;
  end

  always_ff @(posedge clk_i) begin
    if (issue) begin
      id_o.seq <= ctl_q.seq;
      id_o.pc  <= ctl_q.pc;
      id_o.row <= row_q;
      id_o.wgt <= waddr_q;
    end
  end

  `MUR_ASSERT(a_naf, !v_q || (dig_q & (dig_q << 1)) == '0,
              "two neighbouring digits of a number are both non-zero")
  `MUR_ASSERT_NEXT(a_used, wgt_req_o && adds, event_o.ev0 || event_o.ev1,
                   "a weight word is read and added to nothing")
  `MUR_ASSERT(a_pos, !event_o.ev0 || event_o.pos0 <= 5'd23, "a digit lies above position 23")

endmodule
