// SPDX-License-Identifier: Apache-2.0
// fv_scan_group: of each ACC, mur_scan_group reads every group once, in order, and hands on those with
// survivors and the last, once. What is kept and what survives is shown of row watch_i of a group, any
// constant; the rank of a group is the number of kept rows in those before.

`include "fv.svh"

module fv_scan_group
  import mur_pkg::*;
#(
  parameter int unsigned C = 8
) (
  input logic             clk_i,
  input logic             rst_ni,
  input logic [6:0]       watch_i,
  input logic             e_valid_i,
  input acc_ctl_t         e_ctl_i,
  input acc_addr_t        e_addr_i,
  input logic             e_ok_i,
  input logic             e_kill_i,
  input slot_t            e_slot_i,
  input logic             flag_gnt_i,
  input logic [GROUP-1:0] flag_rdata_i,
  input logic [GROUP-1:0] mask_rdata_i,
  input logic             ready_i
);
  logic              pop, flag_req, mask_req, valid, last, cnt_valid, cnt_end;
  addr_t             flag_addr, mask_addr, chunk;
  slot_t             slot;
  logic [GROUP-1:0]  surv, kept;
  logic [RANK_W-1:0] rank;
  logic [8:0]        group;
  logic [7:0]        cnt_rows, cnt_kept;

  mur_scan_group #(.C(C)) dut (
    .clk_i, .rst_ni, .e_valid_i, .e_ctl_i, .e_addr_i, .e_ok_i, .e_kill_i, .e_slot_i, .e_pop_o(pop),
    .flag_req_o(flag_req), .flag_addr_o(flag_addr), .flag_gnt_i, .flag_rdata_i, .mask_req_o(mask_req),
    .mask_addr_o(mask_addr), .mask_rdata_i, .valid_o(valid), .ready_i, .slot_o(slot), .last_o(last),
    .surv_o(surv), .kept_o(kept), .rank_o(rank), .group_o(group), .chunk_o(chunk), .cnt_valid_o(cnt_valid),
    .cnt_rows_o(cnt_rows), .cnt_kept_o(cnt_kept), .cnt_end_o(cnt_end)
  );

  // An entry stays until it is popped, and once killed stays killed; words stay until the next read.
  typedef struct packed {
    logic      valid;
    acc_ctl_t  ctl;
    acc_addr_t addr;
    slot_t     slot;
  } entry_t;
  entry_t           entry, entry_q;
  logic             wait_q, kill_q, read_q, mask_read_q;
  logic [GROUP-1:0] flag_q, mask_q;
  assign entry = '{e_valid_i, e_ctl_i, e_addr_i, e_slot_i};
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) wait_q <= 1'b0;
    else wait_q <= e_valid_i && !pop;
  end
  always_ff @(posedge clk_i) begin
    entry_q     <= entry;
    kill_q      <= e_kill_i;
    flag_q      <= flag_rdata_i;
    mask_q      <= mask_rdata_i;
    read_q      <= flag_req && flag_gnt_i;
    mask_read_q <= mask_req;
  end
  `FV_RESET
  `FV_CONST(watch_i)
  `FV_ASSUME(!wait_q || entry == entry_q && (e_kill_i || !kill_q))
  `FV_ASSUME(!e_valid_i || e_addr_i.len != '0)
  `FV_ASSUME(read_q || flag_rdata_i == flag_q)
  `FV_ASSUME(mask_read_q || mask_rdata_i == mask_q)

  // ---- reading: group number `at_q` of the entry comes next
  logic [8:0] at_q;
  logic       acc, read, whole;
  assign acc   = e_ctl_i.item == ItAcc && !e_kill_i;
  assign read  = flag_req && flag_gnt_i;
  assign whole = (32'(at_q) + 1) * GROUP >= 32'(e_addr_i.len);     // with this group
  `FV_ASSERT(a_may, !flag_req || (e_valid_i && acc && e_ok_i))
  `FV_ASSERT(a_flag, !read || flag_addr == e_addr_i.src / addr_t'(GROUP / C) + addr_t'(at_q))
  `FV_ASSERT(a_mask, mask_req == (read && e_ctl_i.masked))
  `FV_ASSERT(a_word, !mask_req || mask_addr == e_addr_i.msk + addr_t'(at_q))
  `FV_ASSERT(a_pop, !pop || (e_valid_i && (!acc || (read && whole))))
  `FV_ASSERT(a_no_more, !read || pop == whole)

  // ---- judging: the group read last, and the rows kept before it
  logic              busy_q, pass_q, last_q, masked_q, end_q, keep, survive, leave, go;
  logic [8:0]        group_q;
  addr_t             len_q, chunk_q;
  slot_t             slot_q;
  logic [RANK_W-1:0] before_q, ahead, kept_rows;
  logic [31:0]       rows;
  // Without a mask all rows of the group are kept, and nothing need be counted.
  assign rows      = last_q ? 32'(len_q) - 32'(group_q) * GROUP : GROUP;
  assign kept_rows = masked_q ? RANK_W'($countones(kept)) : RANK_W'(rows);
  assign ahead = group_q == '0 ? '0 : before_q;
  assign keep    = !pass_q && 32'(group_q) * GROUP + 32'(watch_i) < 32'(len_q)
                && (!masked_q || mask_rdata_i[watch_i]);
  assign survive = keep && flag_rdata_i[watch_i];
  assign leave   = valid && ready_i;
  assign go      = busy_q && (leave || !valid);
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      busy_q <= 1'b0;
      at_q   <= '0;
    end else begin
      if (read || pop) busy_q <= 1'b1;
      else if (go) busy_q <= 1'b0;
      if (pop) at_q <= '0;
      else if (read) at_q <= at_q + 1'b1;
    end
  end
  always_ff @(posedge clk_i) begin
    if (read || pop) begin
      pass_q   <= !read;
      last_q   <= pop;
      masked_q <= e_ctl_i.masked;
      end_q    <= !read && e_ctl_i.item == ItEnd && !e_kill_i;
      group_q  <= at_q;
      len_q    <= e_addr_i.len;
      chunk_q  <= e_addr_i.src + addr_t'(32'(at_q) * (GROUP / C));
      slot_q   <= e_slot_i;
    end
    if (go && !pass_q) before_q <= ahead + kept_rows;
  end
  `FV_ASSERT(a_room, !(read || pop) || !busy_q || go)
  `FV_ASSERT(a_kept, !busy_q || kept[watch_i] == keep)
  `FV_ASSERT(a_surv, !busy_q || surv[watch_i] == survive)
  `FV_ASSERT(a_valid, valid == (busy_q && (last_q || surv != '0)))
  `FV_ASSERT(a_item, !valid || (last == last_q && slot == slot_q))
  `FV_ASSERT(a_place, !valid || pass_q || (group == group_q && chunk == chunk_q))
  `FV_ASSERT(a_rank, !valid || pass_q || rank == ahead)
  `FV_ASSERT(a_rank_in_range, !valid || pass_q || 32'(rank) <= 32'(group) * GROUP)
  `FV_ASSERT(a_count, cnt_valid == (go && !pass_q) && cnt_end == (go && end_q))
  `FV_ASSERT(a_rows, !cnt_valid || 32'(cnt_rows) == rows)
  `FV_ASSERT(a_kept_rows, !cnt_valid || RANK_W'(cnt_kept) == kept_rows)

  // What the induction needs to know of the inside.
  `FV_INVARIANT(i_same, dut.v_q == busy_q && dut.group_q == at_q && (!wait_q || entry_q.valid))
  `FV_INVARIANT(i_at, !(wait_q && !kill_q && entry_q.ctl.item == ItAcc) ||
                      32'(at_q) * GROUP < 32'(entry_q.addr.len))
  `FV_INVARIANT(i_fresh, wait_q && entry_q.ctl.item == ItAcc || at_q == '0)
  `FV_INVARIANT(i_item, !busy_q || (dut.null_q == pass_q && dut.last_q == last_q && dut.end_q == end_q
                        && slot == slot_q))
  `FV_INVARIANT(i_first, !busy_q || pass_q || (dut.masked_q == masked_q && dut.first_q == (group_q == '0)))
  `FV_INVARIANT(i_place, !busy_q || pass_q || (group == group_q && chunk == chunk_q))
  `FV_INVARIANT(i_rows, !busy_q || pass_q || (32'(group_q) * GROUP < 32'(len_q) && 32'(dut.rows_q) == rows))
  `FV_INVARIANT(i_last, !busy_q || pass_q || last_q == ((32'(group_q) + 1) * GROUP >= 32'(len_q)))
  `FV_INVARIANT(i_within, at_q == '0 || !busy_q || (!pass_q && !last_q && group_q + 1'b1 == at_q))
  `FV_INVARIANT(i_rank, at_q == '0 || dut.rank_q == before_q || busy_q)
  `FV_INVARIANT(i_rank_next, !busy_q || pass_q || group_q == '0 || dut.rank_q == before_q)
  `FV_INVARIANT(i_range, (at_q == '0 || busy_q || 32'(before_q) <= 32'(at_q) * GROUP)
                         && (!busy_q || pass_q || 32'(ahead) <= 32'(group_q) * GROUP))
  `FV_INVARIANT(i_pass, !busy_q || !pass_q || last_q)

  `FV_COVER(c_third_group, leave && !pass_q && group_q == 9'd2 && masked_q && ahead == RANK_W'(3) && survive)
  `FV_COVER(c_skipped, go && !valid)
  `FV_COVER(c_killed, leave && pass_q && len_q > addr_t'(3 * GROUP) && at_q == '0 && group_q == 9'd1)
  `FV_COVER(c_last_empty, leave && !pass_q && last && surv == '0 && cnt_rows == 8'd5)
  `FV_COVER(c_end, leave && end_q && pop && read)
endmodule
