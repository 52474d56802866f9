// SPDX-License-Identifier: Apache-2.0
// fv_stream: what enters leaves, once, in order, unchanged.
//
// Entries and exits are numbered modulo 8. The data of the entry with number watch_i, a constant, is kept
// and compared with the data of the exit of that number. The numbers tell entries apart as long as no more
// than 7 are inside, which a_inside and the proof's own invariant on inside_o show.

`include "fv.svh"

module fv_stream #(
  parameter int unsigned WIDTH = 8,
  parameter int unsigned MOST  = 1            // entries that may be inside
) (
  input  logic             clk_i,
  input  logic             rst_ni,
  input  logic [2:0]       watch_i,
  input  logic             enter_i,
  input  logic [WIDTH-1:0] data_i,
  input  logic             leave_i,
  input  logic [WIDTH-1:0] data_o_i,
  output logic [2:0]       inside_o,
  output logic             watched_o,         // the watched entry is inside
  output logic [WIDTH-1:0] data_o,            // ... with this data
  output logic [2:0]       place_o            // ... so many behind the front
);
  logic [2:0] in_q, out_q;

  assign inside_o  = in_q - out_q;
  assign place_o   = watch_i - out_q;
  assign watched_o = place_o < inside_o;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      in_q  <= '0;
      out_q <= '0;
    end else begin
      if (enter_i) in_q <= in_q + 1'b1;
      if (leave_i) out_q <= out_q + 1'b1;
    end
  end

  always_ff @(posedge clk_i) begin
    if (enter_i && in_q == watch_i) data_o <= data_i;
  end

  `FV_ASSERT(a_inside, inside_o <= 3'(MOST))
  `FV_ASSERT(a_entered, !leave_i || inside_o != '0)
  `FV_ASSERT(a_same, !(leave_i && watched_o && place_o == '0) || data_o_i == data_o)
endmodule
