// SPDX-License-Identifier: Apache-2.0
// mur_scan: finds the events of one set: group -> chunk -> pick -> digit, one event a cycle across
// rows, chunks, groups and entries. The stages behind the first look their entry up by slot number.
//
// Latency from an entry's first read to its first event at the lanes: 6 cycles, hidden when another
// entry is running.

module mur_scan
  import mur_pkg::*;
#(
  parameter int unsigned C         = 16,
  parameter int unsigned WGT_DEPTH = 1024
) (
  input  logic                clk_i,
  input  logic                rst_ni,
  input  fault_t              fault0_i,
  input  fault_t              fault1_i,
  // queue
  input  logic                g_valid_i,
  input  acc_ctl_t            g_ctl_i,
  input  acc_addr_t           g_addr_i,
  input  logic                g_ok_i,
  input  slot_t               g_slot_i,
  output logic                g_pop_o,
  output slot_t               c_slot_o,
  input  acc_ctl_t            c_ctl_i,
  output slot_t               p_slot_o,
  input  acc_ctl_t            p_ctl_i,
  input  addr_t               p_wgt_i,
  output slot_t               d_slot_o,
  input  logic                d_ok_i,
  // memories
  output logic                flag_req_o,
  output addr_t               flag_addr_o,
  input  logic                flag_gnt_i,
  input  logic [GROUP-1:0]    flag_rdata_i,
  output logic                mask_req_o,
  output addr_t               mask_addr_o,
  input  logic [GROUP-1:0]    mask_rdata_i,
  output logic                vec_req_o,
  output addr_t               vec_addr_o,
  input  logic                vec_gnt_i,
  input  logic [C*ELEM_W-1:0] vec_rdata_i,
  output logic                wgt_req_o,
  output logic                wgt_bank_o,
  output addr_t               wgt_addr_o,
  // the other scanner
  output logic                join_o,
  input  logic                pair_end_i,
  input  logic                join_i,
  output logic                pair_end_o,
  // events
  output ev_t                 event_o,
  output ev_id_t              id_o,
  // ledger
  output logic                cnt_valid_o,
  output logic [7:0]          cnt_rows_o,
  output logic [7:0]          cnt_kept_o,
  output logic                cnt_end_o
);

  logic                g_valid, g_ready, g_last;
  slot_t               g_slot;
  logic [GROUP-1:0]    g_surv, g_kept;
  logic [RANK_W-1:0]   g_rank, c_rank, r_rank;
  logic [8:0]          g_group;
  addr_t               g_chunk, c_row, r_row;
  logic                c_valid, c_ready, c_last;
  logic [C-1:0]        c_act, c_kept;
  logic [C*ELEM_W-1:0] c_elem;
  logic                r_valid, r_ready, r_null, r_last;
  logic [ELEM_W-1:0]   r_elem;
  seq_t                d_seq;

  mur_scan_group #(.C(C)) u_group (
    .clk_i, .rst_ni,
    .e_valid_i(g_valid_i), .e_ctl_i(g_ctl_i), .e_addr_i(g_addr_i), .e_ok_i(g_ok_i),
    .e_kill_i(killed(g_ctl_i.seq, fault0_i, fault1_i)), .e_slot_i(g_slot_i), .e_pop_o(g_pop_o),
    .flag_req_o, .flag_addr_o, .flag_gnt_i, .flag_rdata_i, .mask_req_o, .mask_addr_o, .mask_rdata_i,
    .valid_o(g_valid), .ready_i(g_ready), .slot_o(g_slot), .last_o(g_last), .surv_o(g_surv),
    .kept_o(g_kept), .rank_o(g_rank), .group_o(g_group), .chunk_o(g_chunk),
    .cnt_valid_o, .cnt_rows_o, .cnt_kept_o, .cnt_end_o
  );

  mur_scan_chunk #(.C(C)) u_chunk (
    .clk_i, .rst_ni,
    .valid_i(g_valid), .ready_o(g_ready), .slot_i(g_slot), .last_i(g_last), .surv_i(g_surv),
    .kept_i(g_kept), .rank_i(g_rank), .group_i(g_group), .chunk_i(g_chunk),
    .vec_req_o, .vec_addr_o, .vec_gnt_i, .vec_rdata_i, .c_slot_o, .c_ctl_i,
    .valid_o(c_valid), .ready_i(c_ready), .last_o(c_last), .act_o(c_act), .kept_o(c_kept),
    .rank_o(c_rank), .row_o(c_row), .elem_o(c_elem)
  );

  mur_scan_pick #(.C(C)) u_pick (
    .clk_i, .rst_ni,
    .valid_i(c_valid), .ready_o(c_ready), .slot_i(c_slot_o), .last_i(c_last), .act_i(c_act),
    .kept_i(c_kept), .rank_i(c_rank), .row_i(c_row), .elem_i(c_elem),
    .valid_o(r_valid), .ready_i(r_ready), .slot_o(p_slot_o), .null_o(r_null), .last_o(r_last),
    .elem_o(r_elem), .rank_o(r_rank), .row_o(r_row)
  );

  mur_digit #(.WGT_DEPTH(WGT_DEPTH)) u_digit (
    .clk_i, .rst_ni,
    .valid_i(r_valid), .ready_o(r_ready), .slot_i(p_slot_o), .null_i(r_null), .last_i(r_last),
    .elem_i(r_elem), .rank_i(r_rank), .row_i(r_row), .ctl_i(p_ctl_i), .wgt_i(p_wgt_i),
    .d_slot_o, .d_ok_i, .d_kill_i(killed(d_seq, fault0_i, fault1_i)), .d_seq_o(d_seq),
    .join_o, .pair_end_i, .join_i, .pair_end_o, .wgt_req_o, .wgt_bank_o, .wgt_addr_o,
    .event_o, .id_o
  );

endmodule
