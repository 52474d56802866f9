// SPDX-License-Identifier: Apache-2.0
// mur_load: the arming of the frame loader. Armed by LOAD (or by a FRAME that finds it unarmed), it
// asks for a packet as soon as all entries dispatched before are complete, and is disarmed when the
// frame begins. hold_i keeps new packets out (STOP, error, halted) without disarming.

`include "mur_assert.svh"

module mur_load
  import mur_pkg::*;
#(
  parameter int unsigned C = 16
) (
  input  logic   clk_i,
  input  logic   rst_ni,
  input  logic   arm_i,
  input  addr_t  dst_i,
  input  addr_t  len_i,
  input  slots_t wait0_i,        // entries that may still use the region
  input  slots_t wait1_i,
  input  slots_t waitf_i,
  input  slots_t done0_i,
  input  slots_t done1_i,
  input  slots_t donef_i,
  input  logic   disarm_i,
  input  logic   hold_i,
  output logic   armed_o,
  output logic   req_o,
  output addr_t  dst_o,
  output addr_t  len_o,
  output addr_t  hi_o            // last chunk of the region
);
  slots_t w0_q, w1_q, wf_q;

  assign req_o = armed_o && w0_q == '0 && w1_q == '0 && wf_q == '0 && !hold_i;
  assign hi_o  = dst_o + ((len_o - 16'd1) >> $clog2(C));

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      armed_o <= 1'b0;
      w0_q    <= '0;
      w1_q    <= '0;
      wf_q    <= '0;
    end else begin
      if (arm_i) armed_o <= 1'b1;
      else if (disarm_i) armed_o <= 1'b0;
      w0_q <= arm_i ? wait0_i : w0_q & ~done0_i;
      w1_q <= arm_i ? wait1_i : w1_q & ~done1_i;
      wf_q <= arm_i ? waitf_i : wf_q & ~donef_i;
    end
  end

  always_ff @(posedge clk_i) begin
    if (arm_i) begin
      dst_o <= dst_i;
      len_o <= len_i;
    end
  end

  `MUR_ASSERT(a_once, !(arm_i && armed_o), "the loader is armed while armed")

endmodule
