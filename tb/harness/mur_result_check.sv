// SPDX-License-Identifier: Apache-2.0
// mur_result_check: result packets are as docs/program.md draws them.

`include "mur_assert.svh"

module mur_result_check
  import mur_pkg::*;
#(
  parameter int unsigned RESULT_W = 512
) (
  input logic                  clk_i,
  input logic                  rst_ni,
  input logic                  tvalid_i,
  input logic                  tready_i,
  input logic [31:0]           word0_i,
  input logic [RESULT_W/8-1:0] tkeep_i,
  input logic                  tlast_i,
  input res_user_t             tuser_i
);
  localparam int unsigned C = RESULT_W / 32;
  logic        inside_q;    // a packet has begun
  logic        before_q;    // a packet has been closed since reset
  logic        error_q;     // the last one by an error: if its frame had not begun, the number comes again
  logic [31:0] frame_q;     // the frame number of the latest beat
  logic [C-1:0] words;

  for (genvar w = 0; w < C; w++) begin : gen_words
    assign words[w] = &tkeep_i[4*w+:4];
    always_ff @(posedge clk_i) begin
      if (rst_ni && tvalid_i && tready_i) begin
        `MUR_EXPECT(a_keep_words, tkeep_i[4*w+:4] == {4{tkeep_i[4*w]}}, ("results: TKEEP cuts a 32-bit word"))
      end
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      inside_q <= 1'b0;
      before_q <= 1'b0;
      error_q  <= 1'b0;
      frame_q  <= '0;
    end else if (tvalid_i && tready_i) begin
      inside_q <= !tlast_i;
      if (tlast_i) before_q <= 1'b1;
      if (tlast_i) error_q  <= word0_i != '0;
      frame_q  <= tuser_i.frame;
      `MUR_EXPECT(a_rsvd, tuser_i.rsvd == '0, ("results: reserved bits of TUSER are not zero"))
      `MUR_EXPECT(a_kind, tuser_i.kind inside {ResRaw, ResArgmax, ResEnd},
                  ("results: TUSER kind %0d is none of RAW, ARGMAX, END", tuser_i.kind))
      `MUR_EXPECT(a_last, tlast_i == (tuser_i.kind == ResEnd),
                  ("results: TLAST belongs to the END beat and to no other (kind %0d)", tuser_i.kind))
      `MUR_EXPECT(a_step, tuser_i.step <= 4'd1, ("results: step %0d, but there are two", tuser_i.step))
      `MUR_EXPECT(a_keep_run, words[0] && (words & (words + C'(1))) == '0,
                  ("results: TKEEP is not a run of words from word 0"))
      if (tuser_i.kind != ResRaw) begin
        `MUR_EXPECT(a_index, tuser_i.index == '0, ("results: only RAW beats carry an output index"))
      end
      if (tuser_i.kind == ResEnd) begin
        `MUR_EXPECT(a_end, tuser_i.step == '0 && word0_i <= 32'd3,
                    ("results: END carries %0d, not 0 or a halting error's number", word0_i))
      end
      if (inside_q) begin
        `MUR_EXPECT(a_same_frame, tuser_i.frame == frame_q,
                    ("results: frame %0d inside the packet of frame %0d", tuser_i.frame, frame_q))
      end else if (before_q) begin
        `MUR_EXPECT(a_next_frame,
                    tuser_i.frame == frame_q + 1 || tuser_i.frame == 0
                    || (error_q && tuser_i.frame == frame_q),
                    ("results: frame %0d follows frame %0d", tuser_i.frame, frame_q))
      end
    end
  end
endmodule
