// SPDX-License-Identifier: Apache-2.0
// fv_ctrl: no error is lost and none made up, whatever comes together, while software writes ERROR too;
// ERROR_INFO is the first halting error of a run; commands reach the machine exactly when they may. Shown of
// the error with number watch_i, any constant. The sticky bits are kept here as mur_regs keeps them.

`include "fv.svh"

module fv_ctrl
  import mur_pkg::*;
(
  input logic              clk_i,
  input logic              rst_ni,
  input logic [3:0]        watch_i,
  input logic              cmd_start_i,
  input logic              cmd_stop_i,
  input logic              cmd_clear_i,
  input logic              idle_i,
  input logic              halted_i,
  input logic              prog_valid_i,
  input logic              core_err_valid_i,
  input logic [3:0]        core_err_code_i,
  input addr_t             core_err_pc_i,
  input logic              img_err_valid_i,
  input logic [3:0]        img_err_code_i,
  input logic              frm_err_short_i,
  input logic              frm_err_long_i,
  input logic              write_i,         // of ERROR, with ones in
  input logic [ERRORS-1:0] ones_i,
  input logic [1:0]        irq_status_i,
  input logic [1:0]        irq_enable_i
);
  logic              start, stop, clear, rise, info_valid, irq;
  logic [ERRORS-1:0] set, error_q;
  err_e              info_code;
  addr_t             info_pc;

  mur_ctrl dut (
    .clk_i, .rst_ni, .cmd_start_i, .cmd_stop_i, .cmd_clear_i, .idle_i, .halted_i, .prog_valid_i,
    .start_o(start), .stop_o(stop), .clear_o(clear), .core_err_valid_i,
    .core_err_code_i(err_e'(core_err_code_i)), .core_err_pc_i, .img_err_valid_i,
    .img_err_code_i(err_e'(img_err_code_i)), .frm_err_short_i, .frm_err_long_i,
    .error_i(error_q), .error_swmod_i(write_i), .error_set_o(set), .error_rise_o(rise),
    .info_valid_o(info_valid), .info_code_o(info_code), .info_pc_o(info_pc), .irq_status_i, .irq_enable_i,
    .irq_o(irq)
  );

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) error_q <= '0;
    else         error_q <= (error_q & ~(write_i ? ones_i : '0)) | set;
  end

  logic start_q;
  always_ff @(posedge clk_i) start_q <= rst_ni && start;

  `FV_RESET
  `FV_CONST(watch_i)
  `FV_ASSUME(watch_i < 4'(ERRORS))
  `FV_ASSUME(!core_err_valid_i || core_err_code_i <= 4'd2)
  `FV_ASSUME(!start_q || !idle_i)
  `FV_ASSUME(!(idle_i && halted_i))

  // ---- the watched error ---------------------------------------------------------------------------
  logic comes, owed_q, kept_q;
  always_comb begin
    case (watch_i)
      4'd0, 4'd1, 4'd2: comes = core_err_valid_i && core_err_code_i == watch_i;
      4'd3:             comes = frm_err_short_i;
      4'd4:             comes = frm_err_long_i;
      4'd10:            comes = cmd_start_i && idle_i && !prog_valid_i;
      4'd11:            comes = cmd_start_i && !idle_i;
      default:          comes = 1'b0;
    endcase
    if (img_err_valid_i && img_err_code_i == watch_i) comes = 1'b1;
  end
  // It comes while software writes: it is set when the writes have ended.
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) {owed_q, kept_q} <= '0;
    else begin
      owed_q <= write_i && (comes || owed_q);
      kept_q <= !write_i && (comes || owed_q);
    end
  end
  `FV_ASSERT(a_kept, !kept_q || error_q[watch_i])
  `FV_ASSERT(a_true, !set[watch_i] || comes || owed_q)
  `FV_ASSERT(a_rise, rise == ((set & ~error_q) != '0))
  `FV_INVARIANT(i_held, dut.held_q[watch_i] == owed_q)

  // ---- ERROR_INFO ----------------------------------------------------------------------------------
  logic       told_q;
  logic [3:0] code_q;
  addr_t      pc_q;
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) {told_q, code_q, pc_q} <= '0;
    else if (core_err_valid_i && !told_q) {told_q, code_q, pc_q} <= {1'b1, core_err_code_i, core_err_pc_i};
    else if ((idle_i && start) || (halted_i && clear)) {told_q, code_q, pc_q} <= '0;
  end
  `FV_ASSERT(a_info, {info_valid, info_code, info_pc} == {told_q, code_q, pc_q})

  // ---- commands and interrupt ----------------------------------------------------------------------
  `FV_ASSERT(a_start, start == (cmd_start_i && idle_i && prog_valid_i))
  `FV_ASSERT(a_stop, stop == (cmd_stop_i && !idle_i))
  `FV_ASSERT(a_clear, clear == (cmd_clear_i && !idle_i && !(halted_i && cmd_stop_i)))
  `FV_ASSERT(a_irq, irq == ((irq_status_i[0] && irq_enable_i[0]) || (irq_status_i[1] && irq_enable_i[1])))

  `FV_COVER(c_all, core_err_valid_i && img_err_valid_i && frm_err_long_i && cmd_start_i && !write_i)
  `FV_COVER(c_two_writes, owed_q && write_i && watch_i == 4'd9)
  `FV_COVER(c_told, info_valid && code_q == 4'd2 && clear)
endmodule
