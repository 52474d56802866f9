// SPDX-License-Identifier: Apache-2.0
// fv_result: every beat of FIRE leaves mur_result once, in order, unchanged, and at once where it can.

`include "fv.svh"

module fv_result
  import mur_pkg::*;
#(
  parameter int unsigned RESULT_W = 32
) (
  input logic                  clk_i,
  input logic                  rst_ni,
  input logic [2:0]            watch_i,
  input logic                  valid_i,
  input logic [RESULT_W-1:0]   data_i,
  input logic [RESULT_W/8-1:0] keep_i,
  input res_user_t             user_i,
  input logic                  last_i,
  input logic                  tready_i
);
  localparam int unsigned W = RESULT_W + RESULT_W / 8 + 65;

  logic                  ready, tvalid, tlast, watched;
  logic [RESULT_W-1:0]   tdata;
  logic [RESULT_W/8-1:0] tkeep;
  logic [63:0]           tuser;
  logic [2:0]            held;
  logic [W-1:0]          data, beat;

  mur_result #(.RESULT_W(RESULT_W)) dut (
    .clk_i, .rst_ni, .valid_i, .ready_o(ready), .data_i, .keep_i, .user_i, .last_i, .tdata_o(tdata),
    .tkeep_o(tkeep), .tvalid_o(tvalid), .tready_i, .tlast_o(tlast), .tuser_o(tuser)
  );
  assign beat = {tdata, tkeep, tuser, tlast};

  fv_stream #(.WIDTH(W), .MOST(1)) u_stream (
    .clk_i, .rst_ni, .watch_i(watch_i), .enter_i(valid_i && ready),
    .data_i({data_i, keep_i, user_i, last_i}), .leave_i(tvalid && tready_i), .data_o_i(beat),
    .inside_o(held), .watched_o(watched), .data_o(data), .place_o()
  );

  `FV_RESET
  `FV_CONST(watch_i)
  `FV_ASSUME(!valid_i || last_i == (user_i.kind == ResEnd))
  `FV_ASSERT(a_kept, tvalid == (held == 3'd1))
  `FV_ASSERT(a_unchanged, !watched || beat == data)
  `FV_ASSERT(a_flows, ready == (!tvalid || tready_i))
  `FV_COVER(c_third_waits, tvalid && !tready_i && watched && watch_i == 3'd2)
  `FV_COVER(c_back_to_back, tvalid && tready_i && valid_i)
endmodule
