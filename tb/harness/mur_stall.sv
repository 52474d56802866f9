// SPDX-License-Identifier: Apache-2.0
// mur_stall: the stall pattern of one stream.
//
// A 32-bit xorshift generator draws once a cycle; with probability rate/256 a stall of 1..burst cycles
// begins. Seed, rate and burst come from the C++ side when `load_i` changes; rate 0 costs nothing.

module mur_stall
  import mur_dpi_pkg::*;
#(
  parameter int STREAM = 0
) (
  input  logic clk_i,
  input  logic rst_ni,
  input  logic load_i,    // a toggle
  output logic stall_o
);
  int unsigned seed, rate, burst;
  int unsigned state_q, rate_q, burst_q, left_q;
  logic        load_q;

  function automatic int unsigned next(int unsigned x);
    x ^= x << 13;
    x ^= x >> 17;
    return x ^ (x << 5);
  endfunction

  assign stall_o = left_q != 0;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      load_q  <= load_i;
      state_q <= 32'd1;
      rate_q  <= 0;
      burst_q <= 1;
      left_q  <= 0;
    end else begin
      load_q <= load_i;
      if (load_i != load_q) begin
        mur_stall_config(STREAM, seed, rate, burst);
        state_q <= seed;
        rate_q  <= rate;
        burst_q <= burst;
        left_q  <= 0;
      end else if (rate_q != 0) begin
        state_q <= next(state_q);
        if (left_q != 0)                    left_q <= left_q - 1;
        else if (32'(state_q[7:0]) < rate_q) left_q <= 1 + ((32'(state_q[15:8]) * burst_q) >> 8);
      end
    end
  end
endmodule
