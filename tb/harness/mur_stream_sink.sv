// SPDX-License-Identifier: Apache-2.0
// mur_stream_sink: takes the result stream and hands every beat to the C++ side.
//
// `go_i` changes: a batch begins. `done_o` changes DRAIN cycles after the END beat that completes the batch,
// so that a beat too many is seen too.

module mur_stream_sink
  import mur_dpi_pkg::*;
#(
  parameter int unsigned RESULT_W = 512,
  parameter int unsigned DRAIN    = 32
) (
  input  logic                  clk_i,
  input  logic                  rst_ni,
  input  longint unsigned       cycle_i,
  input  logic                  go_i,
  output logic                  done_o,
  input  logic [RESULT_W-1:0]   tdata_i,
  input  logic [RESULT_W/8-1:0] tkeep_i,
  input  logic                  tvalid_i,
  output logic                  tready_o,
  input  logic                  tlast_i,
  input  logic [63:0]           tuser_i
);
  logic        stall;
  int unsigned drain_q;

  mur_stall #(.STREAM(StreamResult)) u_stall (.clk_i, .rst_ni, .load_i(go_i), .stall_o(stall));
  assign tready_o = !stall;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      drain_q <= 0;
      done_o  <= 1'b0;
    end else begin
      if (drain_q != 0) begin
        drain_q <= drain_q - 1;
        if (drain_q == 1) done_o <= !done_o;
      end
      if (tvalid_i && tready_o) begin
        if (mur_result_beat(cycle_i, tuser_i, 64'(tkeep_i), 512'(tdata_i), tlast_i) != 0) drain_q <= DRAIN;
      end
    end
  end
endmodule
