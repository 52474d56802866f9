// SPDX-License-Identifier: Apache-2.0
// mur_loop: two levels of loops: where the program goes after a descriptor, and the address offsets
// that hold for the next one. offset = sum over levels of pass * stride, modulo 65,536, per address
// kind: 0 src (FIRE: dst), 1 wgt, 2 msk, 3 par, 4 neu.

`include "mur_assert.svh"

module mur_loop
  import mur_pkg::*;
(
  input  logic       clk_i,
  input  logic       rst_ni,
  input  logic       clr_i,
  input  logic       push_i,         // the LOOP at pc_i has been executed
  /* verilator lint_off UNUSEDSIGNAL */ // op, rsvd0, rsvd1: mur_decode has judged them
  input  desc_loop_t loop_i,
  /* verilator lint_on UNUSEDSIGNAL */
  input  logic       step_i,         // another descriptor at pc_i has been executed
  input  addr_t      pc_i,
  output addr_t      next_pc_o,      // in the cycle of push_i or step_i
  output logic [1:0] level_o,        // loops around the descriptor to come
  output addr_t      end_o,          // last descriptor of the innermost
  output addr_t      off_o [5]
);
  localparam int unsigned KINDS = 5;

  addr_t      first_q [2], last_q [2], left_q [2];
  addr_t      stride_q [2][KINDS], off_q [2][KINDS];
  logic [1:0] level_q;

  assign level_o = level_q;
  assign end_o   = level_q[1] ? last_q[1] : last_q[0];
  for (genvar k = 0; k < KINDS; k++) begin : g_off
    assign off_o[k] = off_q[0][k] + off_q[1][k];
  end

  // Innermost first: a body that ends here is passed again or left, and leaving it may end the outer.
  logic       again [2];
  logic [1:0] level_d;

  always_comb begin
    again     = '{default: 1'b0};
    level_d   = level_q;
    next_pc_o = pc_i + 1'b1;
    if (step_i) begin
      if (level_d == 2'd2 && pc_i == last_q[1]) begin
        if (left_q[1] != 16'd1) begin
          again[1]  = 1'b1;
          next_pc_o = first_q[1];
        end else begin
          level_d   = 2'd1;
        end
      end
      if (level_d == 2'd1 && pc_i == last_q[0]) begin
        if (left_q[0] != 16'd1) begin
          again[0]  = 1'b1;
          next_pc_o = first_q[0];
        end else begin
          level_d   = 2'd0;
        end
      end
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) level_q <= '0;
    else if (clr_i) level_q <= '0;
    else if (push_i) level_q <= level_q + 1'b1;
    else level_q <= level_d;
  end

  for (genvar i = 0; i < 2; i++) begin : g_level
    localparam logic [1:0] Level = 2'(i);
    logic enter, leave;
    assign enter = push_i && level_q == Level;
    assign leave = clr_i || (step_i && level_q > Level && level_d <= Level);

    always_ff @(posedge clk_i or negedge rst_ni) begin
      if (!rst_ni) begin
        for (int unsigned k = 0; k < KINDS; k++) off_q[i][k] <= '0;
      end else if (leave) begin
        for (int unsigned k = 0; k < KINDS; k++) off_q[i][k] <= '0;
      end else if (again[i]) begin
        for (int unsigned k = 0; k < KINDS; k++) off_q[i][k] <= off_q[i][k] + stride_q[i][k];
      end
    end

    always_ff @(posedge clk_i) begin
      if (enter) begin
        first_q[i]     <= pc_i + 1'b1;
        last_q[i]      <= pc_i + addr_t'(loop_i.body);
        left_q[i]      <= loop_i.count;
        stride_q[i][0] <= loop_i.d_src;
        stride_q[i][1] <= loop_i.d_wgt;
        stride_q[i][2] <= loop_i.d_msk;
        stride_q[i][3] <= loop_i.d_par;
        stride_q[i][4] <= loop_i.d_neu;
      end else if (again[i]) begin
        left_q[i]      <= left_q[i] - 1'b1;
      end
    end
  end

  `MUR_ASSERT(a_deep, !push_i || level_q < 2'd2, "a third level of loops")

endmodule
