// SPDX-License-Identifier: Apache-2.0
// mur_clear: sweeps the vector and state memories with zeros, sparing one region of the vector
// memory (a frame that is loaded and not begun). Accumulators and maxima are cleared by start_i itself.
// Latency: max(VEC_DEPTH, NEUR_DEPTH) cycles of busy_o after start_i.

module mur_clear
  import mur_pkg::*;
#(
  parameter int unsigned NEUR_DEPTH = 64,
  parameter int unsigned VEC_DEPTH  = 128
) (
  input  logic  clk_i,
  input  logic  rst_ni,
  input  logic  start_i,
  input  logic  spare_i,
  input  addr_t spare_lo_i,        // first and last chunk spared
  input  addr_t spare_hi_i,
  output logic  busy_o,
  output logic  vec_we_o,
  output logic  neu_we_o,
  output addr_t addr_o
);
  localparam int unsigned Words = VEC_DEPTH > NEUR_DEPTH ? VEC_DEPTH : NEUR_DEPTH;

  logic  busy_q;
  addr_t addr_q;

  assign busy_o   = busy_q;
  assign addr_o   = addr_q;
  assign neu_we_o = busy_q && 32'(addr_q) < NEUR_DEPTH;
  assign vec_we_o = busy_q && 32'(addr_q) < VEC_DEPTH
                 && !(spare_i && addr_q >= spare_lo_i && addr_q <= spare_hi_i);

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      busy_q <= 1'b0;
      addr_q <= '0;
    end else if (start_i) begin
      busy_q <= 1'b1;
      addr_q <= '0;
    end else if (busy_q) begin
      busy_q <= 32'(addr_q) != Words - 1;
      addr_q <= addr_q + 1'b1;
    end
  end

endmodule
