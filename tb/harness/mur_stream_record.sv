// SPDX-License-Identifier: Apache-2.0
// mur_stream_record: every beat that the design takes from a stream, as it was on the pins.

module mur_stream_record
  import mur_dpi_pkg::*;
#(
  parameter int STREAM = 0
) (
  input logic            clk_i,
  input logic            rst_ni,
  input longint unsigned cycle_i,
  input logic            taken_i,      // handshake
  input logic [63:0]     tdata_i,
  input logic            tlast_i,
  input logic            tmark_i
);
  logic first_q;                       // of a packet; a reset ends one
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      first_q <= 1'b1;
    end else if (taken_i) begin
      first_q <= tlast_i;
      mur_beat_taken(STREAM, cycle_i, first_q, tdata_i, tlast_i, tmark_i);
    end
  end
endmodule
