// SPDX-License-Identifier: Apache-2.0
// mur_scan_chunk: reads the chunks of a group that hold survivors, lowest first, one a cycle.
//
// The elements arrive one cycle after the read, together with the survivors, the kept rows and the
// rank at the start of their chunk. A row is active when any bit the ACC selects is set in its
// element; a chunk without active rows is dropped here unless it closes its ACC.

`include "mur_assert.svh"

module mur_scan_chunk
  import mur_pkg::*;
#(
  parameter int unsigned C = 16
) (
  input  logic                clk_i,
  input  logic                rst_ni,
  // group
  input  logic                valid_i,
  output logic                ready_o,
  input  slot_t               slot_i,
  input  logic                last_i,
  input  logic [GROUP-1:0]    surv_i,
  input  logic [GROUP-1:0]    kept_i,
  input  logic [RANK_W-1:0]   rank_i,
  input  logic [8:0]          group_i,
  input  addr_t               chunk_i,
  // vector memory
  output logic                vec_req_o,
  output addr_t               vec_addr_o,
  input  logic                vec_gnt_i,
  input  logic [C*ELEM_W-1:0] vec_rdata_i,
  // what the ACC in c_slot_o selects
  output slot_t               c_slot_o,
  /* verilator lint_off UNUSEDSIGNAL */ // all but fmt, sel0, sel1: for the stages before and behind
  input  acc_ctl_t            c_ctl_i,
  /* verilator lint_on UNUSEDSIGNAL */
  // chunk
  output logic                valid_o,
  input  logic                ready_i,
  output logic                last_o,
  output logic [C-1:0]        act_o,
  output logic [C-1:0]        kept_o,
  output logic [RANK_W-1:0]   rank_o,
  output addr_t               row_o,       // number of the chunk's first row
  output logic [C*ELEM_W-1:0] elem_o
);
  localparam int unsigned N  = GROUP / C;
  localparam int unsigned NW = $clog2(N);
  localparam int unsigned CW = $clog2(C);

  // ---- the group being read ---------------------------------------------------------------------
  logic              gv_q, glast_q, gnull_q;
  slot_t             gslot_q;
  logic [N-1:0]      todo_q, todo_d, one, todo_in;
  logic [GROUP-1:0]  surv_q, kept_q;
  logic [RANK_W-1:0] grank_q;
  logic [8:0]        group_q;
  addr_t             chunk_q;
  logic [NW-1:0]     idx;
  logic              issue, final_c, finish, free;

  assign one     = todo_q & (~todo_q + 1'b1);
  assign todo_d  = todo_q & ~one;
  assign final_c = todo_d == '0;

  always_comb begin
    idx = '0;
    for (int unsigned i = 0; i < N; i++) begin
      if (one[i]) idx |= NW'(i);
    end
  end

  assign vec_req_o  = gv_q && !gnull_q && free;
  assign vec_addr_o = chunk_q + addr_t'(idx);
  assign issue      = vec_req_o && vec_gnt_i;
  assign finish     = gnull_q ? gv_q && free : issue && final_c;
  assign ready_o    = !gv_q || finish;

  always_comb begin
    for (int unsigned i = 0; i < N; i++) todo_in[i] = |surv_i[i*C +: C];
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) gv_q <= 1'b0;
    else if (ready_o) gv_q <= valid_i;
  end

  always_ff @(posedge clk_i) begin
    if (valid_i && ready_o) begin
      gslot_q <= slot_i;
      glast_q <= last_i;
      gnull_q <= surv_i == '0;
      surv_q  <= surv_i;
      kept_q  <= kept_i;
      grank_q <= rank_i;
      group_q <= group_i;
      chunk_q <= chunk_i;
      todo_q  <= todo_in;
    end else if (issue) begin
      todo_q  <= todo_d;
    end
  end

  // ---- the chunk whose elements have arrived ----------------------------------------------------
  logic              cv_q, clast_q, cnull_q, drop;
  logic [C-1:0]      csurv_q;
  logic [ELEM_W-1:0] select;

  always_comb begin
    select = '0;
    act_o  = '0;
    if (cv_q && !cnull_q) begin
      if (c_ctl_i.sel0[3]) select[{1'b0, c_ctl_i.sel0[2:0]}] = 1'b1;
      if (c_ctl_i.sel1[3]) select[{1'b0, c_ctl_i.sel1[2:0]}] = 1'b1;
      if (c_ctl_i.fmt[1]) select = '1;
      for (int unsigned i = 0; i < C; i++) begin
        act_o[i] = csurv_q[i] && (vec_rdata_i[i*ELEM_W +: ELEM_W] & select) != '0;
      end
    end
  end

  assign drop    = !clast_q && act_o == '0;
  assign valid_o = cv_q && !drop;
  assign free    = !cv_q || drop || ready_i;
  assign last_o  = clast_q;
  assign elem_o  = vec_rdata_i;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) cv_q <= 1'b0;
    else if (free) cv_q <= issue || (gv_q && gnull_q);
  end

  always_ff @(posedge clk_i) begin
    if (finish || issue) begin
      c_slot_o <= gslot_q;
      cnull_q  <= gnull_q;
      clast_q  <= glast_q && finish;
      csurv_q  <= surv_q[{idx, CW'(0)} +: C];
      kept_o   <= kept_q[{idx, CW'(0)} +: C];
      row_o    <= {group_q, idx, CW'(0)};
      rank_o   <= grank_q + RANK_W'($countones(kept_q & ((GROUP'(1) << {idx, CW'(0)}) - 1'b1)));
    end
  end

  `MUR_ASSERT(a_work, !(gv_q && !gnull_q) || todo_q != '0, "a group without survivors is being read")
  `MUR_ASSERT_HELD(a_stable, valid_o, ready_i, {act_o, elem_o},
                   "a chunk changes while the pick stage is not ready for it")

endmodule
