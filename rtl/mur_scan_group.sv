// SPDX-License-Identifier: Apache-2.0
// mur_scan_group: walks the groups of an ACC's source vector and finds the rows worth looking at.
//
//   kept = (masked ? mask word : all) & (row < len)      survivors = kept & non-zero flags
//
// One group a cycle: the flag word and the mask word of a group are read in one cycle and judged in
// the next; a group without survivors goes no further, unless it is the last of its ACC. Tokens
// (FOLD, join, END, and everything behind a fault) pass as an item without rows.
// `rank` is the number of kept rows in the groups before.

`include "mur_assert.svh"

module mur_scan_group
  import mur_pkg::*;
#(
  parameter int unsigned C = 16
) (
  input  logic              clk_i,
  input  logic              rst_ni,
  // next entry of the queue
  input  logic              e_valid_i,
  /* verilator lint_off UNUSEDSIGNAL */ // all but item, masked, and wgt: later stages look them up by slot
  input  acc_ctl_t          e_ctl_i,
  input  acc_addr_t         e_addr_i,
  /* verilator lint_on UNUSEDSIGNAL */
  input  logic              e_ok_i,          // its vector may be read
  input  logic              e_kill_i,
  input  slot_t             e_slot_i,
  output logic              e_pop_o,
  // non-zero flags (read repeated while a write goes first) and masks
  output logic              flag_req_o,
  output addr_t             flag_addr_o,     // in groups
  input  logic              flag_gnt_i,
  input  logic [GROUP-1:0]  flag_rdata_i,
  output logic              mask_req_o,
  output addr_t             mask_addr_o,
  input  logic [GROUP-1:0]  mask_rdata_i,
  // a group with survivors, or an item without rows
  output logic              valid_o,
  input  logic              ready_i,
  output slot_t             slot_o,
  output logic              last_o,          // nothing of this entry follows
  output logic [GROUP-1:0]  surv_o,
  output logic [GROUP-1:0]  kept_o,
  output logic [RANK_W-1:0] rank_o,
  output logic [8:0]        group_o,         // within the ACC
  output addr_t             chunk_o,         // first chunk of the group in the vector memory
  // ledger: rows of the group that moves on, and the END token
  output logic              cnt_valid_o,
  output logic [7:0]        cnt_rows_o,
  output logic [7:0]        cnt_kept_o,
  output logic              cnt_end_o
);
  localparam int unsigned ChunkShift = $clog2(GROUP / C);

  // ---- request ----------------------------------------------------------------------------------
  logic [8:0] group_q, group_top;
  logic       is_acc, want, issue, pass, is_last, free;
  addr_t      len_1;

  assign len_1     = e_addr_i.len - 16'd1;
  assign group_top = len_1[15:7];
  assign is_acc    = e_ctl_i.item == ItAcc && !e_kill_i;
  assign is_last   = !is_acc || group_q == group_top;
  assign want      = e_valid_i && free;
  assign flag_req_o  = want && is_acc && e_ok_i;
  assign issue       = flag_req_o && flag_gnt_i;
  assign pass        = want && !is_acc;
  assign e_pop_o     = (issue || pass) && is_last;
  assign flag_addr_o = (e_addr_i.src >> ChunkShift) + addr_t'(group_q);
  assign mask_req_o  = issue && e_ctl_i.masked;
  assign mask_addr_o = e_addr_i.msk + addr_t'(group_q);

  // ---- judgement --------------------------------------------------------------------------------
  logic              v_q, null_q, first_q, last_q, masked_q, end_q, go;
  logic [7:0]        rows_q, kept_cnt;
  logic [RANK_W-1:0] rank_q;
  logic [GROUP-1:0]  range;

  always_comb begin
    range    = '1;
    kept_o   = '0;
    surv_o   = '0;
    kept_cnt = '0;
    if (v_q && !null_q) begin
      if (!rows_q[7]) range = (GROUP'(1) << rows_q[6:0]) - 1'b1;
      kept_o   = masked_q ? mask_rdata_i & range : range;
      surv_o   = kept_o & flag_rdata_i;
      kept_cnt = masked_q ? 8'($countones(kept_o)) : rows_q;
    end
  end

  assign valid_o = v_q && (last_q || surv_o != '0);
  assign go      = v_q && (ready_i || !valid_o);
  assign free    = !v_q || go;
  assign last_o  = last_q;
  assign rank_o  = first_q ? '0 : rank_q;

  assign cnt_valid_o = go && !null_q;
  assign cnt_rows_o  = rows_q;
  assign cnt_kept_o  = kept_cnt;
  assign cnt_end_o   = go && end_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      v_q     <= 1'b0;
      group_q <= '0;
    end else begin
      if (free) v_q <= issue || pass;
      if (e_pop_o) group_q <= '0;
      else if (issue) group_q <= group_q + 1'b1;
    end
  end

  always_ff @(posedge clk_i) begin
    if (issue || pass) begin
      null_q   <= pass;
      end_q    <= pass && e_ctl_i.item == ItEnd && !e_kill_i;
      first_q  <= group_q == '0;
      last_q   <= is_last;
      masked_q <= e_ctl_i.masked;
      rows_q   <= is_last ? {1'b0, len_1[6:0]} + 8'd1 : 8'd128;
      slot_o   <= e_slot_i;
      group_o  <= group_q;
      chunk_o  <= e_addr_i.src + (addr_t'(group_q) << ChunkShift);
    end
    if (cnt_valid_o) rank_q <= rank_o + RANK_W'(kept_cnt);
  end

  `MUR_ASSERT_HELD(a_stable, valid_o, ready_i, {slot_o, surv_o},
                   "a group changes while the chunk stage is not ready for it")

endmodule
