// SPDX-License-Identifier: Apache-2.0
// mur_stream_check: the AXI4-Stream rules of one stream (AMBA 4 AXI4-Stream, 2.2.1).
//
// Once TVALID is high it stays high, and the payload stays as it is, until TREADY. The payload is copied only
// while a beat waits, so that an unstalled stream costs nothing.

`include "mur_assert.svh"

module mur_stream_check #(
  parameter string       NAME = "stream",
  parameter int unsigned W    = 64
) (
  input logic         clk_i,
  input logic         rst_ni,
  input logic         tvalid_i,
  input logic         tready_i,
  input logic [W-1:0] payload_i
);
  logic         waiting_q;
  logic [W-1:0] payload_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      waiting_q <= 1'b0;
      payload_q <= '0;
    end else begin
      waiting_q <= tvalid_i && !tready_i;
      if (tvalid_i && !tready_i) payload_q <= payload_i;
      if (waiting_q) begin
        `MUR_EXPECT(a_valid_held, tvalid_i, ("%s: TVALID fell before the beat was accepted", NAME))
        `MUR_EXPECT(a_payload_held, payload_i == payload_q,
                    ("%s: TDATA, TKEEP, TLAST or TUSER changed while the beat waited for TREADY", NAME))
      end
    end
  end

  // From the second clock of a reset on, so that state without a value yet does not count.
  logic reset_q;
  initial reset_q = 1'b0;
  always_ff @(posedge clk_i) begin
    reset_q <= !rst_ni;
    `MUR_EXPECT(a_reset, rst_ni || !reset_q || !tvalid_i, ("%s: TVALID is high in reset", NAME))
  end
endmodule
