// SPDX-License-Identifier: Apache-2.0
// mur_core: the machine without its bus side: memories, sequencer, scanners, lanes, FIRE, ledger.
// docs/architecture.md draws it. Two parts: mur_work holds what adds and fires, this file the program
// side, the queues and the memories.
//
// Frame loader contract (mur_frame):
//   load_req_o   level: the loader is armed and the region may be written. The first beat of a packet
//                is accepted only while it is high; a packet once begun is always finished.
//                load_len_o, load_dst_o are stable from the rise of load_req_o until frm_take_o or
//                frm_drop_o, also while load_req_o has gone low under a packet in progress.
//   frm_we_i     write one chunk (frm_addr_i, absolute), holds until frm_wready_o is high with it.
//   frm_busy_i   level: a packet has begun and is neither loaded nor rejected; high from the cycle
//                after its first beat. When a packet is rejected (FRAME_SHORT/LONG) it goes low.
//   frm_loaded_i level: a whole frame lies at load_dst_o (all its writes done); until take or drop.
//   frm_sos_i    its start-of-stream mark, level beside frm_loaded_i.
//   frm_take_o   pulse: the frame has begun; frm_loaded_i is low from the next cycle.
//   frm_drop_o   pulse: forget a loaded frame; a packet in progress is swallowed up to its TLAST
//                (frm_busy_i low from the next cycle, no write after this one).
`include "mur_assert.svh"

module mur_core
  import mur_pkg::*;
#(
  parameter int unsigned LANES      = 128,   // 8..128, power of two, >= RESULT_W / 32
  parameter int unsigned RESULT_W   = 512,   // 128, 256 or 512
  parameter int unsigned PROG_DEPTH = 256,   // every depth 2..65536
  parameter int unsigned WGT_DEPTH  = 1024,
  parameter int unsigned MASK_DEPTH = 256,
  parameter int unsigned BIAS_DEPTH = 256,
  parameter int unsigned NEUR_DEPTH = 64,
  parameter int unsigned VEC_DEPTH  = 128,   // chunks, a multiple of 128 / C
  localparam int unsigned C         = RESULT_W / 32,
  localparam int unsigned MAXW      = max_word_w(LANES, RESULT_W)
) (
  input  logic                  clk_i,
  input  logic                  rst_ni,
  // image writes, only while idle_o
  input  logic                  img_we_i,
  input  img_target_e           img_target_i,
  input  addr_t                 img_addr_i,
  input  logic [MAXW-1:0]       img_wdata_i,
  // frame loader
  output logic                  load_req_o,
  output addr_t                 load_len_o,
  output addr_t                 load_dst_o,
  input  logic                  frm_we_i,
  input  addr_t                 frm_addr_i,
  input  logic [C*ELEM_W-1:0]   frm_wdata_i,
  output logic                  frm_wready_o,
  input  logic                  frm_busy_i,
  input  logic                  frm_loaded_i,
  input  logic                  frm_sos_i,
  output logic                  frm_take_o,
  output logic                  frm_drop_o,
  // control: pulses. start_i only while idle_o and prog_valid_i
  input  logic                  start_i,
  input  logic                  clear_i,
  input  logic                  stop_i,
  input  logic                  prog_valid_i,
  input  logic [ADDR_W:0]       prog_len_i,     // descriptors in the program image
  output logic                  idle_o,
  output logic                  halted_o,
  output logic                  waiting_o,      // FRAME waits for a packet
  output logic                  err_valid_o,    // pulse, halting errors only (codes 0..2)
  output err_e                  err_code_o,
  output addr_t                 err_pc_o,
  output logic                  frame_done_o,   // pulse: totals below have moved
  output logic [31:0]           frames_o,
  output count_t                cycles_o,
  output ledger_t               ledger_o,
  // results
  output logic                  res_valid_o,
  input  logic                  res_ready_i,
  output logic [RESULT_W-1:0]   res_data_o,
  output logic [RESULT_W/8-1:0] res_keep_o,
  output res_user_t             res_user_o,
  output logic                  res_last_o,
  output tap_t                  tap_o
);

  if (LANES < 8 || LANES > 128 || (LANES & (LANES - 1)) != 0) begin : g_lanes
    $error("LANES must be a power of two, 8..128");
  end
  if (RESULT_W < 128 || RESULT_W > 512 || (RESULT_W & (RESULT_W - 1)) != 0 || C > LANES) begin : g_width
    $error("RESULT_W must be 128, 256 or 512, and at most 32 * LANES");
  end
  if (PROG_DEPTH < 2 || PROG_DEPTH > 65536 || WGT_DEPTH < 2 || WGT_DEPTH > 65536
      || MASK_DEPTH < 2 || MASK_DEPTH > 65536 || BIAS_DEPTH < 2 || BIAS_DEPTH > 65536
      || NEUR_DEPTH < 2 || NEUR_DEPTH > 65536) begin : g_depth
    $error("a depth is outside 2..65536");
  end
  if (VEC_DEPTH == 0 || VEC_DEPTH > 65536 || VEC_DEPTH % (GROUP / C) != 0) begin : g_vec_depth
    $error("VEC_DEPTH must be a multiple of 128 / C, at most 65536");
  end

  // ---- program side -----------------------------------------------------------------------------
  logic              fetch, decode, in_frame, load_seen, illegal, range, wrap, loop_clr, loop_push, loop_step;
  addr_t             pc, next_pc, loop_end, dec_dst, dec_len, acc_hi;
  addr_t             loop_off [5];
  logic [1:0]        level, sets;
  logic [DESC_W-1:0] desc;
  op_e               op;
  desc_loop_t        loop;
  acc_ctl_t          acc_ctl, acc_ctl0, acc_ctl1;
  acc_addr_t         acc_addr;
  fire_ctl_t         fire_ctl, fire_ctl_in;
  fire_addr_t        fire_addr;
  logic              push0, push1, pushf, push_err;
  seq_t              seq;
  logic              armed, arm, disarm, hold, begin_run, clr, spare, clr_busy, clr_vec_we, clr_neu_we;
  addr_t             load_hi, clr_addr;
  logic              end_done;
  logic [31:0]       frame;
  fault_t            fault;
  // queues
  logic [1:0]        full, any;
  logic              fullf, anyf;
  seq_t              oldest [2];
  seq_t              oldestf;
  slots_t            open [2], next [2], acc_done [2];
  slots_t            openf, fire_done, conf_ctx, conf_vec;

  mur_ram #(.WIDTH(DESC_W), .DEPTH(PROG_DEPTH)) u_prog (
    .clk_i, .en_i(fetch || (img_we_i && img_target_i == TgtProg)), .we_i(img_we_i && img_target_i == TgtProg),
    .wmask_i(1'b1), .addr_i($clog2(PROG_DEPTH)'(img_we_i ? img_addr_i : pc)),
    .wdata_i(img_wdata_i[DESC_W-1:0]), .rdata_o(desc)
  );

  mur_loop u_loop (
    .clk_i, .rst_ni, .clr_i(loop_clr), .push_i(loop_push), .loop_i(loop), .step_i(loop_step), .pc_i(pc),
    .next_pc_o(next_pc), .level_o(level), .end_o(loop_end), .off_o(loop_off)
  );

  mur_decode #(
    .LANES(LANES), .C(C), .WGT_DEPTH(WGT_DEPTH), .MASK_DEPTH(MASK_DEPTH), .BIAS_DEPTH(BIAS_DEPTH),
    .NEUR_DEPTH(NEUR_DEPTH), .VEC_DEPTH(VEC_DEPTH)
  ) u_decode (
    .clk_i, .en_i(decode), .desc_i(desc), .pc_i(pc), .prog_len_i, .off_i(loop_off), .level_i(level),
    .end_i(loop_end), .in_frame_i(in_frame), .loaded_i(load_seen), .armed_i(armed),
    .armed_dst_i(load_dst_o), .armed_len_i(load_len_o),
    .op_o(op), .illegal_o(illegal), .range_o(range), .dst_o(dec_dst), .len_o(dec_len), .wrap_o(wrap),
    .loop_o(loop), .sets_o(sets), .acc_ctl_o(acc_ctl), .acc_addr_o(acc_addr), .acc_hi_o(acc_hi),
    .fire_ctl_o(fire_ctl), .fire_addr_o(fire_addr)
  );

  mur_seq u_seq (
    .clk_i, .rst_ni, .start_i, .clear_i, .stop_i, .prog_valid_i, .prog_len_i, .idle_o, .halted_o,
    .waiting_o, .err_valid_o, .err_code_o, .err_pc_o,
    .fetch_o(fetch), .pc_o(pc), .decode_o(decode), .in_frame_o(in_frame), .load_seen_o(load_seen),
    .op_i(op), .illegal_i(illegal), .range_i(range), .wrap_i(wrap), .sets_i(sets),
    .loop_clr_o(loop_clr), .loop_push_o(loop_push), .loop_step_o(loop_step), .next_pc_i(next_pc),
    .push0_o(push0), .push1_o(push1), .pushf_o(pushf), .push_err_o(push_err), .seq_o(seq),
    .full0_i(full[0]), .full1_i(full[1]), .fullf_i(fullf), .any0_i(any[0]), .any1_i(any[1]), .anyf_i(anyf),
    .old0_i(oldest[0]), .old1_i(oldest[1]), .oldf_i(oldestf),
    .arm_o(arm), .disarm_o(disarm), .hold_o(hold), .armed_i(armed), .frm_busy_i, .frm_loaded_i, .frm_sos_i,
    .frm_take_o, .frm_drop_o, .end_done_i(end_done), .frame_done_o, .frame_o(frame),
    .begin_run_o(begin_run), .clr_o(clr), .spare_o(spare), .clr_busy_i(clr_busy), .fault_i(fault)
  );

  mur_load #(.C(C)) u_load (
    .clk_i, .rst_ni, .arm_i(arm), .dst_i(dec_dst), .len_i(dec_len),
    .wait0_i(open[0]), .wait1_i(open[1]), .waitf_i(openf),
    .done0_i(acc_done[0]), .done1_i(acc_done[1]), .donef_i(fire_done), .disarm_i(disarm), .hold_i(hold),
    .armed_o(armed), .req_o(load_req_o), .dst_o(load_dst_o), .len_o(load_len_o), .hi_o(load_hi)
  );

  mur_clear #(.NEUR_DEPTH(NEUR_DEPTH), .VEC_DEPTH(VEC_DEPTH)) u_clear (
    .clk_i, .rst_ni, .start_i(clr), .spare_i(spare), .spare_lo_i(load_dst_o), .spare_hi_i(load_hi),
    .busy_o(clr_busy), .vec_we_o(clr_vec_we), .neu_we_o(clr_neu_we), .addr_o(clr_addr)
  );

  // ---- queues -----------------------------------------------------------------------------------
  acc_ctl_t   g_ctl [2], c_ctl [2], p_ctl [2];
  acc_addr_t  g_addr [2];
  addr_t      p_wgt [2];
  slot_t      g_slot [2], c_slot [2], p_slot [2], d_slot [2];
  logic [1:0] g_valid, g_ok, g_pop, d_ok;
  logic       f_valid, f_done;
  fire_ctl_t  f_ctl;
  fire_addr_t f_addr;
  logic       all_sets;        // LIF overwrites a vector, END closes the frame: both wait for all

  always_comb begin
    acc_ctl0     = acc_ctl;
    acc_ctl0.seq = seq;
    acc_ctl1     = acc_ctl0;
    if (acc_ctl.both) begin
      acc_ctl1.item = ItJoin;
      acc_ctl1.both = 1'b0;
    end
    fire_ctl_in     = fire_ctl;
    fire_ctl_in.seq = seq;
    if (push_err) begin
      fire_ctl_in.is_end = 1'b1;
      fire_ctl_in.is_err = 1'b1;
      fire_ctl_in.code   = err_code_o;
    end
  end

  assign all_sets = fire_ctl_in.is_end || fire_ctl_in.kind == KindLif;

  for (genvar k = 0; k < SETS; k++) begin : g_queue
    mur_acc_queue u_queue (
      .clk_i, .rst_ni, .push_i(k == 0 ? push0 : push1), .ctl_i(k == 0 ? acc_ctl0 : acc_ctl1),
      .addr_i(acc_addr),
      .wait_vec_i(acc_ctl.item == ItAcc && !(k == 1 && acc_ctl.both) ? conf_vec : '0),
      .wait_ctx_i(acc_ctl.item == ItEnd || (k == 1 && acc_ctl.both) ? '0 : conf_ctx),
      .full_o(full[k]), .next_o(next[k]), .open_o(open[k]), .any_o(any[k]), .oldest_o(oldest[k]),
      .done_i(acc_done[k]), .fire_done_i(fire_done),
      .g_valid_o(g_valid[k]), .g_ctl_o(g_ctl[k]), .g_addr_o(g_addr[k]), .g_ok_o(g_ok[k]),
      .g_slot_o(g_slot[k]), .g_pop_i(g_pop[k]), .c_slot_i(c_slot[k]), .c_ctl_o(c_ctl[k]),
      .p_slot_i(p_slot[k]), .p_ctl_o(p_ctl[k]), .p_wgt_o(p_wgt[k]), .d_slot_i(d_slot[k]), .d_ok_o(d_ok[k])
    );
  end

  mur_fire_queue #(.C(C)) u_fire_queue (
    .clk_i, .rst_ni, .push_i(pushf), .ctl_i(fire_ctl_in), .addr_i(fire_addr),
    .wait0_i(all_sets || fire_ctl_in.take[0] ? open[0] | (push0 ? next[0] : '0) : '0),
    .wait1_i(all_sets || fire_ctl_in.take[1] ? open[1] | (push1 ? next[1] : '0) : '0),
    .full_o(fullf), .open_o(openf), .any_o(anyf), .oldest_o(oldestf),
    .q_sets_i(sets), .q_ctx_i(acc_ctl.ctx), .q_ctx2_i(acc_ctl.item == ItFold ? acc_ctl.src : acc_ctl.ctx),
    .q_lo_i(acc_addr.src), .q_hi_i(acc_hi), .q_ctx_o(conf_ctx), .q_vec_o(conf_vec),
    .acc0_done_i(acc_done[0]), .acc1_done_i(acc_done[1]), .done_o(fire_done),
    .valid_o(f_valid), .ctl_o(f_ctl), .addr_o(f_addr), .done_i(f_done)
  );

  // ---- work side --------------------------------------------------------------------------------
  mur_work #(
    .LANES(LANES), .RESULT_W(RESULT_W), .WGT_DEPTH(WGT_DEPTH), .MASK_DEPTH(MASK_DEPTH),
    .BIAS_DEPTH(BIAS_DEPTH), .NEUR_DEPTH(NEUR_DEPTH), .VEC_DEPTH(VEC_DEPTH)
  ) u_work (
    .clk_i, .rst_ni, .img_we_i, .img_target_i, .img_addr_i, .img_wdata_i,
    .frm_we_i, .frm_addr_i, .frm_wdata_i, .frm_wready_o,
    .clr_i(clr), .clr_busy_i(clr_busy), .clr_vec_we_i(clr_vec_we), .clr_neu_we_i(clr_neu_we),
    .clr_addr_i(clr_addr), .fault_clr_i(idle_o || halted_o), .begin_run_i(begin_run),
    .frame_done_i(frame_done_o), .frame_i(frame),
    .g_valid_i(g_valid), .g_ctl_i(g_ctl), .g_addr_i(g_addr), .g_ok_i(g_ok), .g_slot_i(g_slot),
    .g_pop_o(g_pop), .c_slot_o(c_slot), .c_ctl_i(c_ctl), .p_slot_o(p_slot), .p_ctl_i(p_ctl),
    .p_wgt_i(p_wgt), .d_slot_o(d_slot), .d_ok_i(d_ok), .acc_done_o(acc_done),
    .f_valid_i(f_valid), .f_ctl_i(f_ctl), .f_addr_i(f_addr), .f_done_o(f_done),
    .fault_o(fault),
    .frames_o, .cycles_o, .ledger_o,
    .res_valid_o, .res_ready_i, .res_data_o, .res_keep_o, .res_user_o, .res_last_o,
    .tap_lif_o(tap_o.lif), .tap_event_o(tap_o.event_s)
  );

  assign end_done = f_done && f_ctl.is_end && res_valid_o;

  assign tap_o.frame_start = frm_take_o;
  assign tap_o.frame       = frame;

  `MUR_ASSERT(a_image, !img_we_i || idle_o, "an image is written while the machine runs")
  `MUR_ASSERT(a_frame, !frm_we_i || (armed && frm_addr_i >= load_dst_o && frm_addr_i <= load_hi),
              "the loader writes outside the region it was given")
  `MUR_ASSERT_HELD(a_result, res_valid_o, res_ready_i, {res_last_o, res_keep_o},
                   "a result is withdrawn or changed before it was taken")

endmodule
