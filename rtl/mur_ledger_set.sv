// SPDX-License-Identifier: Apache-2.0
// mur_ledger_set: one scanner's and one set's share of the frame that is running.
//
// Rows are counted where groups are judged and events where they meet the lanes, so the END of a frame
// passes the two places at different times; each freezes its counts as it passes and begins the next
// frame's at once. The frozen counts stay until the next END.

`include "mur_assert.svh"

module mur_ledger_set
  import mur_pkg::*;
#(
  parameter int unsigned LANES = 128
) (
  input  logic                   clk_i,
  input  logic                   rst_ni,
  input  logic                   clr_i,
  // groups judged by this scanner
  input  logic                   grp_valid_i,
  input  logic [7:0]             grp_rows_i,
  input  logic [7:0]             grp_kept_i,
  input  logic                   grp_end_i,
  // events of this set, rows read by this scanner
  input  logic                   ev_i,
  input  logic [LANES*WGT_W-1:0] word_i,
  input  logic                   read_i,
  input  logic                   end_i,
  // the frame whose END has passed
  output logic [31:0]            kept_o,
  output logic [31:0]            masked_o,
  output logic [31:0]            read_o,
  output logic [31:0]            events_o,
  output logic [39:0]            adds_o
);
  localparam logic [LANES*WGT_W-1:0] Ones = {LANES{WGT_W'(1)}};

  logic [31:0] kept_q, masked_q, read_q, events_q;
  logic [39:0] adds_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      {kept_q, masked_q, kept_o, masked_o} <= '0;
    end else if (clr_i) begin
      {kept_q, masked_q, kept_o, masked_o} <= '0;
    end else if (grp_end_i) begin
      {kept_o, masked_o} <= {kept_q, masked_q};
      {kept_q, masked_q} <= '0;
    end else if (grp_valid_i) begin
      kept_q   <= kept_q + 32'(grp_kept_i);
      masked_q <= masked_q + 32'(grp_rows_i - grp_kept_i);
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      {read_q, events_q, adds_q, read_o, events_o, adds_o} <= '0;
    end else if (clr_i) begin
      {read_q, events_q, adds_q, read_o, events_o, adds_o} <= '0;
    end else if (end_i) begin
      {read_o, events_o, adds_o} <= {read_q, events_q, adds_q};
      {read_q, events_q, adds_q} <= '0;
    end else begin
      if (read_i) read_q <= read_q + 1'b1;
      if (ev_i) begin
        events_q <= events_q + 1'b1;
        adds_q   <= adds_q + 40'($countones((word_i | word_i >> 1 | word_i >> 2 | word_i >> 3) & Ones));
      end
    end
  end

  `MUR_ASSERT(a_adds, adds_q <= 40'(events_q) * LANES,
              "GATED falls: more lanes were added to than events allow")
  `MUR_ASSERT(a_end, !(end_i && ev_i), "an event of the next frame meets the END of this one")

endmodule
