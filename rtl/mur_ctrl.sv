// SPDX-License-Identifier: Apache-2.0
// mur_ctrl: commands, errors and the interrupt, between the registers and the machine.
//
//     START  idle, program valid: start_o;  idle, no program: NO_PROGRAM;  not idle: CTRL_BUSY
//     STOP   not idle: stop_o
//     CLEAR  not idle: clear_o, but when halted STOP of the same write goes first
// The sticky bits themselves live in mur_regs; here their set pulses are made. Commands pass in the cycle
// they arrive; an error bit reads 1 in the cycle after its pulse.
`include "mur_assert.svh"

module mur_ctrl
  import mur_pkg::*;
(
  input  logic              clk_i,
  input  logic              rst_ni,
  // commands, single pulses
  input  logic              cmd_start_i,
  input  logic              cmd_stop_i,
  input  logic              cmd_clear_i,
  // machine
  input  logic              idle_i,
  input  logic              halted_i,
  input  logic              prog_valid_i,
  output logic              start_o,
  output logic              stop_o,
  output logic              clear_o,
  // errors, pulses
  input  logic              core_err_valid_i,   // halting
  input  err_e              core_err_code_i,
  input  addr_t             core_err_pc_i,
  input  logic              img_err_valid_i,
  input  err_e              img_err_code_i,
  input  logic              frm_err_short_i,
  input  logic              frm_err_long_i,
  // registers
  input  logic [ERRORS-1:0] error_i,            // the sticky bits
  input  logic              error_swmod_i,      // software writes them in this cycle
  output logic [ERRORS-1:0] error_set_o,
  output logic              error_rise_o,       // pulse: a bit rises
  output logic              info_valid_o,       // the halting error, up to START or CLEAR
  output err_e              info_code_o,
  output addr_t             info_pc_o,
  // interrupt
  input  logic [1:0]        irq_status_i,
  input  logic [1:0]        irq_enable_i,
  output logic              irq_o
);
  assign start_o = cmd_start_i && idle_i && prog_valid_i;
  assign stop_o  = cmd_stop_i && !idle_i;
  assign clear_o = cmd_clear_i && !idle_i && !(halted_i && cmd_stop_i);

  // ---- sticky bits -------------------------------------------------------------------------------
  // A bit that software clears while the error comes again must end as 1 and count as risen: errors wait
  // while software writes.
  logic [ERRORS-1:0] raised, due, held_q;

  always_comb begin
    raised = '0;
    for (int unsigned e = 0; e < ERRORS; e++) begin
      raised[e] = (core_err_valid_i && core_err_code_i == err_e'(e)) ||
                  (img_err_valid_i && img_err_code_i == err_e'(e));
    end
    if (frm_err_short_i)                          raised[ErrFrameShort] = 1'b1;
    if (frm_err_long_i)                           raised[ErrFrameLong]  = 1'b1;
    if (cmd_start_i && idle_i && !prog_valid_i)   raised[ErrNoProgram]  = 1'b1;
    if (cmd_start_i && !idle_i)                   raised[ErrCtrlBusy]   = 1'b1;
  end

  assign due          = raised | held_q;
  assign error_set_o  = error_swmod_i ? '0 : due;
  assign error_rise_o = |(error_set_o & ~error_i);

  // ---- first halting error -------------------------------------------------------------------------
  logic  info_valid_q;
  err_e  info_code_q;
  addr_t info_pc_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      held_q       <= '0;
      info_valid_q <= 1'b0;
      info_code_q  <= ErrIllegalDesc;
      info_pc_q    <= '0;
    end else begin
      held_q <= error_swmod_i ? due : '0;
      if (core_err_valid_i && !info_valid_q) begin
        info_valid_q <= 1'b1;
        info_code_q  <= core_err_code_i;
        info_pc_q    <= core_err_pc_i;
      end else if (start_o || (clear_o && halted_i)) begin   // a CLEAR before it halts is spent
        info_valid_q <= 1'b0;
        info_code_q  <= ErrIllegalDesc;
        info_pc_q    <= '0;
      end
    end
  end

  assign info_valid_o = info_valid_q;
  assign info_code_o  = info_code_q;
  assign info_pc_o    = info_pc_q;
  assign irq_o        = |(irq_status_i & irq_enable_i);

  `MUR_ASSERT(a_start_idle, !start_o || (idle_i && prog_valid_i),
              "the machine was started while busy or without a program")
  `MUR_ASSERT_NEXT(a_start_takes, start_o, !idle_i, "START was given but the machine is still idle")
  `MUR_ASSERT(a_halting,
              !core_err_valid_i || core_err_code_i inside {ErrIllegalDesc, ErrAddrRange, ErrAccOverflow},
              "the core raised an error that is not one of the halting ones")

`ifndef SYNTHESIS
  logic [$bits(raised)-1:0] due_q;               // bits that must be set now
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) due_q <= '0;
    else         due_q <= error_swmod_i ? '0 : raised;
  end
  `MUR_ASSERT(a_error_kept, (due_q & ~error_i) == '0, "an error was raised but its sticky bit is not set")
`endif
endmodule
