// SPDX-License-Identifier: Apache-2.0
// mur_result: one register between FIRE and m_axis_res. Latency 1, a beat every cycle.
//
// Data, TKEEP, TUSER and TLAST leave from flip-flops and stand still while the consumer stalls. Only
// TREADY passes through (ready_o = empty, or emptied now): a second entry would cost RESULT_W more
// flip-flops and buy no throughput.
`include "mur_assert.svh"

module mur_result
  import mur_pkg::*;
#(
  parameter int unsigned RESULT_W = 512
) (
  input  logic                  clk_i,
  input  logic                  rst_ni,
  // core
  input  logic                  valid_i,
  output logic                  ready_o,
  input  logic [RESULT_W-1:0]   data_i,
  input  logic [RESULT_W/8-1:0] keep_i,
  input  res_user_t             user_i,
  input  logic                  last_i,
  // m_axis_res
  output logic [RESULT_W-1:0]   tdata_o,
  output logic [RESULT_W/8-1:0] tkeep_o,
  output logic                  tvalid_o,
  input  logic                  tready_i,
  output logic                  tlast_o,
  output logic [63:0]           tuser_o
);
  logic                  valid_q, last_q;
  logic [RESULT_W-1:0]   data_q;
  logic [RESULT_W/8-1:0] keep_q;
  res_user_t             user_q;

  assign ready_o = !valid_q || tready_i;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni)      valid_q <= 1'b0;
    else if (ready_o) valid_q <= valid_i;
  end

  // No reset: meaningless without valid_q.
  always_ff @(posedge clk_i) begin
    if (ready_o && valid_i) begin
      data_q <= data_i;
      keep_q <= keep_i;
      user_q <= user_i;
      last_q <= last_i;
    end
  end

  assign tvalid_o = valid_q;
  assign tdata_o  = data_q;
  assign tkeep_o  = keep_q;
  assign tuser_o  = user_q;
  assign tlast_o  = last_q;

  `MUR_ASSERT_HELD(a_result_held, tvalid_o, tready_i, {tdata_o, tkeep_o, tlast_o, tuser_o},
                   "a result changed or vanished before the consumer took it")
  `MUR_ASSERT(a_last_is_end, !tvalid_o || tlast_o == (user_q.kind == ResEnd),
              "TLAST must mark END beats, and only those")
endmodule
