// SPDX-License-Identifier: Apache-2.0
// mur_work: what adds and fires: the two scanners, the weight, mask, bias, theta, state and vector
// memories, the lanes, FIRE, and the ledger beside them. Wiring, and who may use which memory when.
//
// Ports of memories are shared so: images only while idle; the clear only while nothing runs; a write
// by FIRE before one by the loader before reads; a weight bank by the scanner of its set, or by
// scanner 0 alone while it drives both sets.

`include "mur_assert.svh"

module mur_work
  import mur_pkg::*;
#(
  parameter int unsigned LANES      = 128,
  parameter int unsigned RESULT_W   = 512,
  parameter int unsigned WGT_DEPTH  = 1024,
  parameter int unsigned MASK_DEPTH = 256,
  parameter int unsigned BIAS_DEPTH = 256,
  parameter int unsigned NEUR_DEPTH = 64,
  parameter int unsigned VEC_DEPTH  = 128,
  localparam int unsigned C         = RESULT_W / 32,
  localparam int unsigned MAXW      = max_word_w(LANES, RESULT_W)
) (
  input  logic                  clk_i,
  input  logic                  rst_ni,
  input  logic                  img_we_i,
  input  img_target_e           img_target_i,
  input  addr_t                 img_addr_i,
  input  logic [MAXW-1:0]       img_wdata_i,
  input  logic                  frm_we_i,
  input  addr_t                 frm_addr_i,
  input  logic [C*ELEM_W-1:0]   frm_wdata_i,
  output logic                  frm_wready_o,
  input  logic                  clr_i,          // accumulators, maxima, running counts
  input  logic                  clr_busy_i,     // sweep
  input  logic                  clr_vec_we_i,
  input  logic                  clr_neu_we_i,
  input  addr_t                 clr_addr_i,
  input  logic                  fault_clr_i,
  input  logic                  begin_run_i,
  input  logic                  frame_done_i,
  input  logic [31:0]           frame_i,
  // ACC queues
  input  logic [1:0]            g_valid_i,
  input  acc_ctl_t              g_ctl_i  [2],
  input  acc_addr_t             g_addr_i [2],
  input  logic [1:0]            g_ok_i,
  input  slot_t                 g_slot_i [2],
  output logic [1:0]            g_pop_o,
  output slot_t                 c_slot_o [2],
  input  acc_ctl_t              c_ctl_i  [2],
  output slot_t                 p_slot_o [2],
  input  acc_ctl_t              p_ctl_i  [2],
  input  addr_t                 p_wgt_i  [2],
  output slot_t                 d_slot_o [2],
  input  logic [1:0]            d_ok_i,
  output slots_t                acc_done_o [2],
  // FIRE queue
  input  logic                  f_valid_i,
  input  fire_ctl_t             f_ctl_i,
  input  fire_addr_t            f_addr_i,
  output logic                  f_done_o,
  output fault_t                fault_o,
  // totals, results, taps
  output logic [31:0]           frames_o,
  output count_t                cycles_o,
  output ledger_t               ledger_o,
  output logic                  res_valid_o,
  input  logic                  res_ready_i,
  output logic [RESULT_W-1:0]   res_data_o,
  output logic [RESULT_W/8-1:0] res_keep_o,
  output res_user_t             res_user_o,
  output logic                  res_last_o,
  output tap_lif_t              tap_lif_o,
  output tap_event_t [1:0]      tap_event_o
);
  localparam int unsigned CHW = LANES > C ? $clog2(LANES / C) : 1;
  localparam int unsigned WW  = LANES * WGT_W;

  fault_t fault0, fault1;

  // ---- FIRE -------------------------------------------------------------------------------------
  logic                      rd, neu_re, wr, spk_valid, word_valid;
  logic [CHW-1:0]            rd_chunk;
  logic [C-1:0][ACC_W-1:0]   i0, i1;
  addr_t                     bias_addr, neu_addr, wr_neu, wr_vec;
  logic [C-1:0][BIAS_W-1:0]  bias;
  logic [C-1:0][THETA_W-1:0] theta;
  logic [C-1:0][STATE_W-1:0] state, wr_state;
  logic [2:0]                spk_tag;
  logic [4:0]                spk_count, word_count;

  mur_fire #(.LANES(LANES), .RESULT_W(RESULT_W)) u_fire (
    .clk_i, .rst_ni, .clr_i, .valid_i(f_valid_i), .ctl_i(f_ctl_i), .addr_i(f_addr_i),
    .kill_i(killed(f_ctl_i.seq, fault0, fault1)), .done_o(f_done_o), .frame_i,
    .rd_o(rd), .rd_chunk_o(rd_chunk), .i0_i(i0), .i1_i(i1),
    .bias_addr_o(bias_addr), .bias_i(bias), .neu_re_o(neu_re), .neu_addr_o(neu_addr), .theta_i(theta),
    .state_i(state), .wr_o(wr), .wr_neu_o(wr_neu), .wr_state_o(wr_state), .wr_vec_o(wr_vec),
    .res_valid_o, .res_ready_i, .res_data_o, .res_keep_o, .res_user_o, .res_last_o,
    .spk_valid_o(spk_valid), .spk_tag_o(spk_tag), .spk_count_o(spk_count),
    .word_valid_o(word_valid), .word_count_o(word_count), .tap_o(tap_lif_o)
  );

  logic we_bias, we_theta;
  assign we_bias  = img_we_i && img_target_i == TgtBias;
  assign we_theta = img_we_i && img_target_i == TgtTheta;

  mur_ram #(.WIDTH(C * BIAS_W), .DEPTH(BIAS_DEPTH)) u_bias (
    .clk_i, .en_i(we_bias || rd), .we_i(we_bias), .wmask_i(1'b1),
    .addr_i($clog2(BIAS_DEPTH)'(we_bias ? img_addr_i : bias_addr)),
    .wdata_i(img_wdata_i[C*BIAS_W-1:0]), .rdata_o(bias)
  );
  mur_ram #(.WIDTH(C * THETA_W), .DEPTH(NEUR_DEPTH)) u_theta (
    .clk_i, .en_i(we_theta || neu_re), .we_i(we_theta), .wmask_i(1'b1),
    .addr_i($clog2(NEUR_DEPTH)'(we_theta ? img_addr_i : neu_addr)),
    .wdata_i(img_wdata_i[C*THETA_W-1:0]), .rdata_o(theta)
  );
  mur_ram #(.WIDTH(C * STATE_W), .DEPTH(NEUR_DEPTH)) u_state (
    .clk_i, .en_i(wr || neu_re || clr_neu_we_i), .we_i(wr || clr_neu_we_i), .wmask_i(1'b1),
    .addr_i($clog2(NEUR_DEPTH)'(clr_neu_we_i ? clr_addr_i : wr ? wr_neu : neu_addr)),
    .wdata_i(clr_neu_we_i ? '0 : wr_state), .rdata_o(state)
  );

  // ---- vector memory: one write port for both copies --------------------------------------------
  logic                vec_we;
  addr_t               vec_waddr;
  logic [C*ELEM_W-1:0] vec_wdata;
  logic [C-1:0]        vec_wflag;

  assign frm_wready_o = !wr && !clr_busy_i;
  assign vec_we       = wr || clr_vec_we_i || (frm_we_i && frm_wready_o);

  always_comb begin
    vec_waddr = frm_addr_i;
    vec_wdata = '0;
    vec_wflag = '0;
    if (vec_we) begin
      if (wr) vec_waddr = wr_vec;
      else if (clr_vec_we_i) vec_waddr = clr_addr_i;
      for (int unsigned c = 0; c < C; c++) begin
        if (wr) vec_wdata[c*ELEM_W +: ELEM_W] = {8'd0, wr_state[c][STATE_W-1:MEM_W]};
        else if (!clr_vec_we_i) vec_wdata[c*ELEM_W +: ELEM_W] = frm_wdata_i[c*ELEM_W +: ELEM_W];
        vec_wflag[c] = vec_wdata[c*ELEM_W +: ELEM_W] != '0;
      end
    end
  end

  // ---- scanners ---------------------------------------------------------------------------------
  ev_t             ev [2];
  ev_id_t          id [2];
  logic [1:0]      wgt_req, wgt_bank, cnt_valid, cnt_end, ev_read, ev_end;
  addr_t           wgt_addr [2];
  /* verilator lint_off UNUSEDSIGNAL */ // join_w[0], pair_end[1]: 0 never joins, 1 drives no pair
  logic [1:0]      join_w, pair_end;
  /* verilator lint_on UNUSEDSIGNAL */
  logic [1:0][7:0] cnt_rows, cnt_kept;

  for (genvar k = 0; k < SETS; k++) begin : g_scan
    localparam img_target_e MaskTarget = k == 0 ? TgtMsk0 : TgtMsk1;
    logic                we_mask, mask_req, vec_req, vec_gnt, flag_req, flag_gnt;
    addr_t               mask_addr, vec_addr, flag_addr;
    logic [GROUP-1:0]    mask, flags;
    logic [C*ELEM_W-1:0] elems;
    assign we_mask = img_we_i && img_target_i == MaskTarget;

    mur_ram #(.WIDTH(GROUP), .DEPTH(MASK_DEPTH)) u_mask (
      .clk_i, .en_i(we_mask || mask_req), .we_i(we_mask), .wmask_i(1'b1),
      .addr_i($clog2(MASK_DEPTH)'(we_mask ? img_addr_i : mask_addr)),
      .wdata_i(img_wdata_i[GROUP-1:0]), .rdata_o(mask)
    );
    mur_vec #(.C(C), .VEC_DEPTH(VEC_DEPTH)) u_vec (
      .clk_i, .we_i(vec_we), .waddr_i(vec_waddr), .wdata_i(vec_wdata), .wflag_i(vec_wflag),
      .vec_req_i(vec_req), .vec_addr_i(vec_addr), .vec_gnt_o(vec_gnt), .vec_rdata_o(elems),
      .flag_req_i(flag_req), .flag_addr_i(flag_addr), .flag_gnt_o(flag_gnt), .flag_rdata_o(flags)
    );
    mur_scan #(.C(C), .WGT_DEPTH(WGT_DEPTH)) u_scan (
      .clk_i, .rst_ni, .fault0_i(fault0), .fault1_i(fault1),
      .g_valid_i(g_valid_i[k]), .g_ctl_i(g_ctl_i[k]), .g_addr_i(g_addr_i[k]), .g_ok_i(g_ok_i[k]),
      .g_slot_i(g_slot_i[k]), .g_pop_o(g_pop_o[k]), .c_slot_o(c_slot_o[k]), .c_ctl_i(c_ctl_i[k]),
      .p_slot_o(p_slot_o[k]), .p_ctl_i(p_ctl_i[k]), .p_wgt_i(p_wgt_i[k]), .d_slot_o(d_slot_o[k]),
      .d_ok_i(d_ok_i[k]),
      .flag_req_o(flag_req), .flag_addr_o(flag_addr), .flag_gnt_i(flag_gnt), .flag_rdata_i(flags),
      .mask_req_o(mask_req), .mask_addr_o(mask_addr), .mask_rdata_i(mask),
      .vec_req_o(vec_req), .vec_addr_o(vec_addr), .vec_gnt_i(vec_gnt), .vec_rdata_i(elems),
      .wgt_req_o(wgt_req[k]), .wgt_bank_o(wgt_bank[k]), .wgt_addr_o(wgt_addr[k]),
      .join_o(join_w[k]), .pair_end_i(k == 1 && pair_end[0]), .join_i(k == 0 && join_w[1]),
      .pair_end_o(pair_end[k]), .event_o(ev[k]), .id_o(id[k]),
      .cnt_valid_o(cnt_valid[k]), .cnt_rows_o(cnt_rows[k]), .cnt_kept_o(cnt_kept[k]),
      .cnt_end_o(cnt_end[k])
    );
    assign acc_done_o[k] = ev[k].last ? slots_t'(1) << ev[k].slot : '0;
    assign ev_read[k]    = ev[k].read;
    assign ev_end[k]     = ev[k].is_end;
  end

  // ---- weights ----------------------------------------------------------------------------------
  logic [WW-1:0] bank_word [2];

  for (genvar b = 0; b < SETS; b++) begin : g_bank
    localparam logic        Bank      = 1'(b);
    localparam img_target_e WgtTarget = b == 0 ? TgtWgt0 : TgtWgt1;
    logic  we, by0, by1;
    logic [$clog2(WGT_DEPTH)-1:0] addr;
    assign we   = img_we_i && img_target_i == WgtTarget;
    assign by0  = wgt_req[0] && wgt_bank[0] == Bank;
    assign by1  = wgt_req[1] && wgt_bank[1] == Bank;
    assign addr = $clog2(WGT_DEPTH)'(we ? img_addr_i : by0 ? wgt_addr[0] : wgt_addr[1]);

    mur_ram #(.WIDTH(WW), .DEPTH(WGT_DEPTH)) u_wgt (
      .clk_i, .en_i(we || by0 || by1), .we_i(we), .wmask_i(1'b1), .addr_i(addr),
      .wdata_i(img_wdata_i[WW-1:0]), .rdata_o(bank_word[b])
    );
    `MUR_ASSERT(a_bank, !(by0 && by1), "both scanners read one weight bank in one cycle")
  end

  // ---- lanes ------------------------------------------------------------------------------------
  logic [1:0]            add, neg, ovf;
  logic [1:0][POS_W-1:0] pos;
  logic [1:0][1:0]       ctx;
  logic [WW-1:0]         w0, w1;

  assign add[0] = ev[0].ev0;
  assign neg[0] = ev[0].neg0;
  assign pos[0] = ev[0].pos0;
  assign ctx[0] = ev[0].ctx;
  assign add[1] = ev[0].both ? ev[0].ev1 : ev[1].ev0;
  assign neg[1] = ev[0].both ? ev[0].neg1 : ev[1].neg0;
  assign pos[1] = ev[0].both ? ev[0].pos1 : ev[1].pos0;
  assign ctx[1] = ev[0].both ? ev[0].ctx : ev[1].ctx;
  assign w0     = ev[0].bank ? bank_word[1] : bank_word[0];
  assign w1     = ev[0].both ? w0 : bank_word[1];

  mur_lanes #(.LANES(LANES), .C(C)) u_lanes (
    .clk_i, .rst_ni, .clr_i, .ev_i(add), .neg_i(neg), .pos_i(pos), .ctx_i(ctx), .w0_i(w0), .w1_i(w1),
    .fold_i(ev[0].fold), .src_i(ev[0].src), .rd_i(rd), .rd_ctx_i(f_ctl_i.ctx), .rd_chunk_i(rd_chunk),
    .rd_take_i(f_ctl_i.take), .i0_o(i0), .i1_o(i1), .ovf_o(ovf)
  );

  mur_fault u_fault (
    .clk_i, .rst_ni, .clr_i(fault_clr_i), .ev0_i(ev[0]), .ev1_i(ev[1]), .id0_i(id[0]), .id1_i(id[1]),
    .ovf_i(ovf), .fault0_o(fault0), .fault1_o(fault1), .first_o(fault_o)
  );

  mur_ledger #(.LANES(LANES)) u_ledger (
    .clk_i, .rst_ni, .start_i(begin_run_i), .clr_i, .done_i(frame_done_i),
    .grp_valid_i(cnt_valid), .grp_rows_i(cnt_rows), .grp_kept_i(cnt_kept), .grp_end_i(cnt_end),
    .ev_i(add), .w0_i(w0), .w1_i(w1), .read_i(ev_read), .end_i(ev_end),
    .spk_valid_i(spk_valid), .spk_tag_i(spk_tag), .spk_count_i(spk_count),
    .word_valid_i(word_valid), .word_count_i(word_count), .frames_o, .cycles_o, .ledger_o
  );

  for (genvar k = 0; k < SETS; k++) begin : g_tap
    logic from0;
    assign from0                = k == 0 || ev[0].both;
    assign tap_event_o[k].valid = add[k];
    assign tap_event_o[k].neg   = neg[k];
    assign tap_event_o[k].pos   = pos[k];
    assign tap_event_o[k].ctx   = ctx[k];
    assign tap_event_o[k].pc    = from0 ? id[0].pc : id[1].pc;
    assign tap_event_o[k].row   = from0 ? id[0].row : id[1].row;
    assign tap_event_o[k].wgt   = from0 ? id[0].wgt : id[1].wgt;
    assign tap_event_o[k].bank  = from0 ? ev[0].bank : ev[1].bank;
  end

  `MUR_ASSERT(a_pair, !(ev[0].both && ev[1].ev0), "set 1 is driven by both scanners")

endmodule
