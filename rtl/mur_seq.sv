// SPDX-License-Identifier: Apache-2.0
// mur_seq: runs the program: fetch, decode, dispatch in program order, three cycles a descriptor and
// far ahead of the work; begins frames; drains, closes the packet and halts on an error.
//
// FRAME is passed as soon as its data lie in the vector memory, even while the frame before is still
// being worked on, but the loader is told (frm_take_o) only when that one is complete: should it fail,
// the frame ahead has not begun and is kept. At most one END is under way.
// An error of the sequencer's own waits until everything before it is complete; a fault met on the way
// comes first in program order and wins.

`include "mur_assert.svh"

module mur_seq
  import mur_pkg::*;
(
  input  logic              clk_i,
  input  logic              rst_ni,
  // control
  input  logic              start_i,
  input  logic              clear_i,
  input  logic              stop_i,
  input  logic              prog_valid_i,
  input  logic [ADDR_W:0]   prog_len_i,
  output logic              idle_o,
  output logic              halted_o,
  output logic              waiting_o,
  output logic              err_valid_o,
  output err_e              err_code_o,
  output addr_t             err_pc_o,
  // fetch and decode
  output logic              fetch_o,
  output addr_t             pc_o,
  output logic              decode_o,
  output logic              in_frame_o,
  output logic              load_seen_o,
  input  op_e               op_i,
  input  logic              illegal_i,
  input  logic              range_i,
  input  logic              wrap_i,
  input  logic [1:0]        sets_i,
  output logic              loop_clr_o,
  output logic              loop_push_o,
  output logic              loop_step_o,
  input  addr_t             next_pc_i,
  // dispatch
  output logic              push0_o,         // ACC queue 0, 1, FIRE queue
  output logic              push1_o,
  output logic              pushf_o,
  output logic              push_err_o,      // with pushf_o: END for an error
  output seq_t              seq_o,
  input  logic              full0_i,
  input  logic              full1_i,
  input  logic              fullf_i,
  input  logic              any0_i,
  input  logic              any1_i,
  input  logic              anyf_i,
  input  seq_t              old0_i,
  input  seq_t              old1_i,
  input  seq_t              oldf_i,
  // frames
  output logic              arm_o,
  output logic              disarm_o,
  output logic              hold_o,
  input  logic              armed_i,
  input  logic              frm_busy_i,
  input  logic              frm_loaded_i,
  input  logic              frm_sos_i,
  output logic              frm_take_o,
  output logic              frm_drop_o,
  input  logic              end_done_i,      // an END beat has left (complete or error)
  output logic              frame_done_o,
  output logic [31:0]       frame_o,
  // clear
  output logic              begin_run_o,     // START: totals to zero
  output logic              clr_o,
  output logic              spare_o,
  input  logic              clr_busy_i,
  /* verilator lint_off UNUSEDSIGNAL */ // seq: the sequencer drains whatever the fault's place
  input  fault_t            fault_i
  /* verilator lint_on UNUSEDSIGNAL */
);
  typedef enum logic [2:0] {
    StIdle, StClear, StFetch, StDecode, StExec, StDrain, StClose, StHalted
  } state_e;

  state_e      st_q, st_d;
  addr_t       pc_q, pc_d;
  seq_t        seq_q;
  logic        in_frame_q, load_seen_q, open_q, take_q, end_q, cleared_q;
  logic        stop_q, stop2_q, clear_q;
  err_e        code_q;
  logic [31:0] frame_q;

  logic drained, room, begin_frame, own_err, leave, exec_end, go_idle;
  assign drained = !any0_i && !any1_i && !anyf_i;

  // Program order is compared modulo 256: nothing may be more than 64 entries old.
  function automatic logic old(logic any, seq_t oldest, seq_t now);
    return any && seq_t'(now - oldest) >= seq_t'(64);
  endfunction
  assign room = !old(any0_i, old0_i, seq_q) && !old(any1_i, old1_i, seq_q) && !old(anyf_i, oldf_i, seq_q);

  // ---- what the descriptor in hand does ---------------------------------------------------------
  always_comb begin
    push0_o     = 1'b0;
    push1_o     = 1'b0;
    pushf_o     = 1'b0;
    push_err_o  = 1'b0;
    arm_o       = 1'b0;
    begin_frame = 1'b0;
    loop_push_o = 1'b0;
    leave       = 1'b0;                      // the descriptor is done with
    own_err     = 1'b0;
    exec_end    = 1'b0;
    go_idle     = 1'b0;
    clr_o       = 1'b0;
    st_d        = st_q;
    unique case (st_q)
      StIdle: begin
        if (start_i && prog_valid_i) begin
          clr_o = 1'b1;
          st_d  = StClear;
        end
      end
      StClear: begin
        if (!clr_busy_i) st_d = cleared_q ? StExec : StFetch;
      end
      StFetch: begin
        st_d = StDecode;
        if ({1'b0, pc_q} >= prog_len_i) begin
          own_err = 1'b1;
          st_d    = StDrain;
        end
      end
      StDecode: st_d = StExec;
      StExec: begin
        if (illegal_i || range_i) begin
          own_err = 1'b1;
          st_d    = StDrain;
        end else begin
          unique case (op_i)
            OpAcc, OpFold: begin
              if (room && !(sets_i[0] && full0_i) && !(sets_i[1] && full1_i)) begin
                push0_o = sets_i[0];
                push1_o = sets_i[1];
                leave   = 1'b1;
              end
            end
            OpFire: begin
              pushf_o = room && !fullf_i;
              leave   = pushf_o;
            end
            OpEnd: begin
              // A frame begins only when the END before has left, so none is under way.
              if (room && !full0_i && !full1_i && !fullf_i && !take_q) begin
                {push0_o, push1_o, pushf_o} = '1;
                leave    = 1'b1;
                exec_end = 1'b1;
              end
            end
            OpLoad: begin
              arm_o = !take_q;
              leave = arm_o;
            end
            OpLoop: begin
              loop_push_o = 1'b1;
              leave       = 1'b1;
            end
            default: begin                   // FRAME
              if (frm_loaded_i && (cleared_q || !(frm_sos_i || clear_q))) begin
                begin_frame = 1'b1;
                leave       = 1'b1;
              end else if (frm_loaded_i) begin
                if (drained && !end_q) begin
                  clr_o = 1'b1;
                  st_d  = StClear;
                end
              end else if (stop_q) begin
                go_idle = stop2_q && !frm_busy_i && drained && !end_q;
                if (go_idle) st_d = StIdle;
              end else begin
                arm_o = !armed_i;
              end
            end
          endcase
          if (leave) st_d = StFetch;
        end
      end
      StDrain: begin
        if (drained && (!take_q || fault_i.valid)) begin   // after a fault the frame ahead is not begun
          {pushf_o, push_err_o} = '1;
          st_d = StClose;
        end
      end
      StClose: begin
        if (end_done_i) st_d = StHalted;
      end
      default: begin                         // halted
        if (stop_q || stop_i) begin
          go_idle = 1'b1;
          st_d    = StIdle;
        end else if ((clear_i || clear_q) && !frm_busy_i) begin
          clr_o = 1'b1;                      // a packet in flight is awaited: kept if whole, else forgotten
          st_d  = StClear;
        end
      end
    endcase
    if (fault_i.valid && (st_q == StFetch || st_q == StDecode || st_q == StExec)) begin
      {push0_o, push1_o, pushf_o, arm_o, begin_frame, loop_push_o, leave, exec_end, go_idle, clr_o} = '0;
      own_err = 1'b0;
      st_d    = StDrain;
    end
  end

  always_comb begin
    pc_d = pc_q;
    if (leave) pc_d = exec_end && wrap_i ? '0 : next_pc_i;
    else if (clr_o && st_q != StExec) pc_d = '0;
  end

  assign fetch_o      = st_q == StFetch && st_d == StDecode;
  assign decode_o     = st_q == StDecode;
  assign pc_o         = pc_q;
  assign seq_o        = seq_q;
  assign loop_step_o  = leave && !loop_push_o;
  assign loop_clr_o   = clr_o;
  assign in_frame_o   = in_frame_q;
  assign load_seen_o  = load_seen_q;
  assign idle_o       = st_q == StIdle;
  assign halted_o     = st_q == StHalted;
  assign waiting_o    = st_q == StExec && op_i == OpFrame && !illegal_i && !range_i && !frm_loaded_i;
  assign begin_run_o  = st_q == StIdle && clr_o;
  assign err_valid_o  = push_err_o;
  assign err_code_o   = fault_i.valid ? fault_i.code : code_q;
  assign err_pc_o     = fault_i.valid ? fault_i.pc : pc_q;
  assign hold_o       = stop_q || fault_i.valid || st_q == StDrain || st_q == StClose || st_q == StHalted;
  assign frm_take_o   = take_q && !end_q;
  assign frm_drop_o   = go_idle;
  // A packet that was accepted before an error is kept, and the loader stays armed for it.
  assign disarm_o     = frm_take_o || go_idle
                     || (st_q == StHalted && clr_o && !frm_loaded_i);
  assign spare_o      = frm_loaded_i;      // no clear meets a packet in flight
  assign frame_done_o = end_done_i && st_q != StClose;
  assign frame_o      = frame_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      st_q        <= StIdle;
      pc_q        <= '0;
      seq_q       <= '0;
      in_frame_q  <= 1'b0;
      load_seen_q <= 1'b0;
      open_q      <= 1'b0;
      take_q      <= 1'b0;
      end_q       <= 1'b0;
      cleared_q   <= 1'b0;
      stop_q      <= 1'b0;
      stop2_q     <= 1'b0;
      clear_q     <= 1'b0;
      code_q      <= ErrIllegalDesc;
      frame_q     <= '0;
    end else begin
      st_q    <= st_d;
      pc_q    <= pc_d;
      stop_q  <= (stop_q || stop_i) && st_d != StIdle && st_q != StIdle;
      stop2_q <= stop_q;
      clear_q <= ((clear_q && !begin_frame) || (clear_i && st_q != StIdle)) && st_q != StClose
              && st_d != StIdle && !(st_q == StHalted && clr_o);
      if (push0_o || push1_o || pushf_o) seq_q <= seq_q + 1'b1;
      if (own_err) code_q <= st_q == StExec && !illegal_i ? ErrAddrRange : ErrIllegalDesc;

      if (st_q == StExec && clr_o) cleared_q <= 1'b1;
      else if (begin_frame) cleared_q <= 1'b0;

      if (begin_frame) in_frame_q <= 1'b1;
      else if (exec_end || st_q == StClose) in_frame_q <= 1'b0;

      if (begin_frame) load_seen_q <= 1'b0;
      else if (arm_o && op_i == OpLoad) load_seen_q <= 1'b1;

      if (begin_frame) take_q <= 1'b1;
      else if (frm_take_o || st_q == StClose) take_q <= 1'b0;

      if (exec_end) end_q <= 1'b1;
      else if (end_done_i) end_q <= 1'b0;

      if (frm_take_o) open_q <= 1'b1;
      else if (end_done_i) open_q <= 1'b0;

      if (begin_run_o) frame_q <= '0;
      else if (end_done_i && open_q) frame_q <= frame_q + 1'b1;
    end
  end

  `MUR_ASSERT(a_start, !start_i || (idle_o && prog_valid_i),
              "START reached the core while it runs or without a program")
  `MUR_ASSERT(a_open, !frame_done_o || open_q, "a frame is completed that was never begun")
  `MUR_ASSERT(a_load, !frm_take_o || frm_loaded_i, "a frame is begun that is not loaded")

endmodule
