// SPDX-License-Identifier: Apache-2.0
// mur_lanes: the accumulators of both sets and the adders in front of them.
//
//   event of set k    acc[k][ctx][l] += +-(w[l] << pos)                      every lane l, one cycle
//   fold              f = acc[0][src] + acc[1][src]; acc[k][dst] += f; acc[k][src] = 0
//   FIRE              i0, i1 = C lanes of one context, a cycle later; the sets in take are cleared
//
// An event and its weight word arrive together and are summed at the end of that cycle. Everything is
// exact; a product or sum outside 24 bits shows in ovf_o one cycle later.

`include "mur_assert.svh"

module mur_lanes
  import mur_pkg::*;
#(
  parameter int unsigned LANES = 128,
  parameter int unsigned C     = 16,
  localparam int unsigned CHW  = LANES > C ? $clog2(LANES / C) : 1
) (
  input  logic                   clk_i,
  input  logic                   rst_ni,
  input  logic                   clr_i,          // every accumulator to zero
  // events, per set
  input  logic [1:0]             ev_i,
  input  logic [1:0]             neg_i,
  input  logic [1:0][POS_W-1:0]  pos_i,
  input  logic [1:0][1:0]        ctx_i,
  input  logic [LANES*WGT_W-1:0] w0_i,
  input  logic [LANES*WGT_W-1:0] w1_i,
  // fold into ctx_i[0]
  input  logic                   fold_i,
  input  logic [1:0]             src_i,
  // FIRE
  input  logic                   rd_i,
  input  logic [1:0]             rd_ctx_i,
  input  logic [CHW-1:0]         rd_chunk_i,
  input  logic [1:0]             rd_take_i,
  output logic [C-1:0][ACC_W-1:0] i0_o,
  output logic [C-1:0][ACC_W-1:0] i1_o,
  output logic [1:0]             ovf_o           // per set; a fold sets bit 0
);
  // Read and written in this one process only, so the blocking assignments race with nobody; they
  // let the simulator keep one copy of each array.
  logic signed [ACC_W-1:0] acc0_q [CTX][LANES];
  logic signed [ACC_W-1:0] acc1_q [CTX][LANES];

  localparam logic [31:0] Half  = 32'd1 << (ACC_W - 1);   // t fits when (t + Half) < 2 * Half

  // Sum in 32 bits: 24-bit accumulator, product of up to 27 bits.
  function automatic logic signed [31:0] product(logic [WGT_W-1:0] w, logic neg, logic [POS_W-1:0] pos);
    logic signed [31:0] p;
    p = 32'(signed'(w)) <<< pos;
    return neg ? -p : p;
  endfunction

  /* verilator lint_off BLKSEQ */ // FIRE, events and a fold of one cycle work on the arrays in turn
  // verilog_lint: waive-start always-ff-non-blocking // the same reason
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      ovf_o <= '0;
      i0_o  <= '0;
      i1_o  <= '0;
      for (int unsigned x = 0; x < CTX; x++) begin
        for (int unsigned l = 0; l < LANES; l++) begin
          acc0_q[x][l] = '0;
          acc1_q[x][l] = '0;
        end
      end
    end else begin
      logic signed [31:0] p, t;
      logic        [31:0] over0, over1;
      over0 = '0;
      over1 = '0;

      if (rd_i) begin
        for (int unsigned c = 0; c < C; c++) begin
          i0_o[c] <= acc0_q[rd_ctx_i][32'(rd_chunk_i) * C + c];
          i1_o[c] <= acc1_q[rd_ctx_i][32'(rd_chunk_i) * C + c];
          if (rd_take_i[0]) acc0_q[rd_ctx_i][32'(rd_chunk_i) * C + c] = '0;
          if (rd_take_i[1]) acc1_q[rd_ctx_i][32'(rd_chunk_i) * C + c] = '0;
        end
      end

      if (ev_i[0]) begin
        for (int unsigned j = 0; j < LANES / 8; j++) begin
          for (int unsigned i = 0; i < 8; i++) begin
            p      = product(w0_i[j*32+i*4 +: WGT_W], neg_i[0], pos_i[0]);
            t      = 32'(acc0_q[ctx_i[0]][j*8+i]) + p;
            over0 |= (t + Half) | (p + Half);
            acc0_q[ctx_i[0]][j*8+i] = t[ACC_W-1:0];
          end
        end
      end
      if (ev_i[1]) begin
        for (int unsigned j = 0; j < LANES / 8; j++) begin
          for (int unsigned i = 0; i < 8; i++) begin
            p      = product(w1_i[j*32+i*4 +: WGT_W], neg_i[1], pos_i[1]);
            t      = 32'(acc1_q[ctx_i[1]][j*8+i]) + p;
            over1 |= (t + Half) | (p + Half);
            acc1_q[ctx_i[1]][j*8+i] = t[ACC_W-1:0];
          end
        end
      end

      if (fold_i) begin
        for (int unsigned l = 0; l < LANES; l++) begin
          p      = 32'(acc0_q[src_i][l]) + 32'(acc1_q[src_i][l]);
          over0 |= p + Half;
          t      = 32'(acc0_q[ctx_i[0]][l]) + p;
          over0 |= t + Half;
          acc0_q[ctx_i[0]][l] = t[ACC_W-1:0];
          t      = 32'(acc1_q[ctx_i[0]][l]) + p;
          over0 |= t + Half;
          acc1_q[ctx_i[0]][l] = t[ACC_W-1:0];
          acc0_q[src_i][l] = '0;
          acc1_q[src_i][l] = '0;
        end
      end

      if (clr_i) begin
        for (int unsigned x = 0; x < CTX; x++) begin
          for (int unsigned l = 0; l < LANES; l++) begin
            acc0_q[x][l] = '0;
            acc1_q[x][l] = '0;
          end
        end
      end
      ovf_o[0] <= over0[31:ACC_W] != '0;
      ovf_o[1] <= over1[31:ACC_W] != '0;
    end
  end
  // verilog_lint: waive-stop always-ff-non-blocking
  /* verilator lint_on BLKSEQ */

  for (genvar k = 0; k < SETS; k++) begin : gen_check
    `MUR_ASSERT(a_ctx, !(rd_i && rd_take_i[k] && ev_i[k] && ctx_i[k] == rd_ctx_i),
                "a context is fired while events are added to it")
  end
  `MUR_ASSERT(a_fold, !(fold_i && rd_i && (rd_ctx_i == src_i || rd_ctx_i == ctx_i[0])),
              "a context is fired while it is folded")
  `MUR_ASSERT(a_alone, !(fold_i && ev_i != '0), "a fold and an event meet at the lanes")

endmodule
