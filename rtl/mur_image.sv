// SPDX-License-Identifier: Apache-2.0
// mur_image: image stream -> writes into the program, weight, mask, bias and theta memories.
//
// A packet is header, payload, check (docs/program.md, "Image stream"). A word is gathered from
// ceil(width / 64) beats, lowest first, and written in the cycle after its last beat. TREADY is always high.
// Errors are found in beat order and pulse in the beat that shows them; the rest of the packet is swallowed:
//     header   IMG_HEADER, IMG_RANGE, IMG_LENGTH (TLAST), IMG_BUSY
//     payload  IMG_LENGTH (TLAST), IMG_BUSY
//     check    IMG_LENGTH (no TLAST), IMG_CRC, IMG_BUSY
// busy_i must be high from the very cycle of START: a word gathered in the cycle before is then still
// written in the cycle of START itself, before the core can read.
// A program header takes the validity away at once, so that a half-loaded program can't be started.
`include "mur_assert.svh"

module mur_image
  import mur_pkg::*;
#(
  parameter  int unsigned LANES      = 128,
  parameter  int unsigned RESULT_W   = 512,
  parameter  int unsigned PROG_DEPTH = 256,
  parameter  int unsigned WGT_DEPTH  = 1024,
  parameter  int unsigned MASK_DEPTH = 256,
  parameter  int unsigned BIAS_DEPTH = 256,
  parameter  int unsigned NEUR_DEPTH = 64,
  localparam int unsigned MAXW       = max_word_w(LANES, RESULT_W)
) (
  input  logic            clk_i,
  input  logic            rst_ni,
  // s_axis_img
  input  logic [63:0]     tdata_i,
  input  logic            tvalid_i,
  output logic            tready_o,
  input  logic            tlast_i,
  // memories
  input  logic            busy_i,         // the machine is not idle, or starts in this cycle
  output logic            img_we_o,
  output img_target_e     img_target_o,
  output addr_t           img_addr_o,
  output logic [MAXW-1:0] img_wdata_o,
  // control
  output logic            prog_valid_o,
  output logic [ADDR_W:0] prog_len_o,     // descriptors in the program image
  output logic            err_valid_o,    // pulse
  output err_e            err_code_o
);
  localparam int unsigned C      = RESULT_W / 32;
  localparam int unsigned BEATS  = MAXW / 64;      // beats of the widest word
  localparam int unsigned BEAT_W = $clog2(BEATS);

  localparam logic [15:0] MAGIC   = 16'h6D75;
  localparam logic [7:0]  VERSION = 8'd1;

  typedef struct packed {
    logic [15:0] count;
    logic [15:0] first;
    logic [3:0]  zero;
    logic [3:0]  target;
    logic [7:0]  version;
    logic [15:0] magic;
  } header_t;

  typedef enum logic [1:0] { StHeader, StPayload, StCheck, StSwallow } state_e;

  // Number of the last beat of a word of w bits.
  function automatic logic [BEAT_W-1:0] last_slot(int unsigned w);
    return BEAT_W'((w + 63) / 64 - 1);
  endfunction

  state_e                 state_q, state_d;
  img_target_e            target_q;
  addr_t                  addr_q;                  // of the word being gathered or written
  logic [15:0]            words_q;                 // words still to come
  logic [BEAT_W-1:0]      slot_q;
  logic [BEATS-1:0][63:0] word_q;
  logic                   we_q;
  logic [31:0]            crc_q, crc_next;
  logic                   prog_valid_q;
  logic [15:0]            prog_len_q;

  // ---- header ------------------------------------------------------------------------------------
  header_t         header;
  logic            header_ok, range_ok;
  logic [ADDR_W:0] depth;

  assign header = header_t'(tdata_i);

  always_comb begin
    unique case (header.target)
      4'(TgtProg):                 depth = (ADDR_W+1)'(PROG_DEPTH);
      4'(TgtWgt0), 4'(TgtWgt1):    depth = (ADDR_W+1)'(WGT_DEPTH);
      4'(TgtMsk0), 4'(TgtMsk1):    depth = (ADDR_W+1)'(MASK_DEPTH);
      4'(TgtBias):                 depth = (ADDR_W+1)'(BIAS_DEPTH);
      default:                     depth = (ADDR_W+1)'(NEUR_DEPTH);
    endcase
  end

  assign header_ok = header.magic == MAGIC && header.version == VERSION && header.zero == '0 &&
                     header.target <= 4'(TgtTheta);
  assign range_ok  = header.count != '0 && {1'b0, header.first} + {1'b0, header.count} <= depth &&
                     (header.target != 4'(TgtProg) || header.first == '0);

  // ---- words -------------------------------------------------------------------------------------
  logic [BEAT_W-1:0] slot_last;
  logic              good_header, good_payload, good_check, word_done;

  always_comb begin
    unique case (target_q)
      TgtWgt0, TgtWgt1: slot_last = last_slot(LANES * WGT_W);
      TgtBias:          slot_last = last_slot(C * BIAS_W);
      TgtTheta:         slot_last = last_slot(C * THETA_W);
      default:          slot_last = last_slot(DESC_W);        // program; masks are as wide
    endcase
  end

  assign good_header  = tvalid_i && state_q == StHeader  && !err_valid_o;
  assign good_payload = tvalid_i && state_q == StPayload && !err_valid_o;
  assign good_check   = tvalid_i && state_q == StCheck   && !err_valid_o;
  assign word_done    = good_payload && slot_q == slot_last;

  mur_crc32 u_crc32 (
    .crc_i  (state_q == StHeader ? '1 : crc_q),
    .data_i (tdata_i),
    .crc_o  (crc_next)
  );

  // ---- what is wrong with this beat, first in the order of the table -------------------------------
  logic crc_ok;
  assign crc_ok = tdata_i == {32'h0, ~crc_q};

  always_comb begin
    err_valid_o = tvalid_i && state_q != StSwallow;
    err_code_o  = ErrImgBusy;
    if (state_q == StHeader && !header_ok)                 err_code_o  = ErrImgHeader;
    else if (state_q == StHeader && !range_ok)             err_code_o  = ErrImgRange;
    else if (tlast_i != (state_q == StCheck))              err_code_o  = ErrImgLength;
    else if (state_q == StCheck && !crc_ok)                err_code_o  = ErrImgCrc;
    else if (!busy_i)                                      err_valid_o = 1'b0;
  end

  always_comb begin
    state_d = state_q;
    if (tvalid_i && tlast_i)                               state_d = StHeader;
    else if (err_valid_o)                                  state_d = StSwallow;
    else if (good_header)                                  state_d = StPayload;
    else if (word_done && words_q == 16'd1)                state_d = StCheck;
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      state_q      <= StHeader;
      target_q     <= TgtProg;
      addr_q       <= '0;
      words_q      <= '0;
      slot_q       <= '0;
      we_q         <= 1'b0;
      crc_q        <= '0;
      prog_valid_q <= 1'b0;
      prog_len_q   <= '0;
    end else begin
      state_q <= state_d;
      we_q    <= word_done;
      if (good_header || good_payload) crc_q <= crc_next;
      if (good_header) begin
        target_q <= img_target_e'(header.target[2:0]);
        addr_q   <= header.first;
        words_q  <= header.count;
        slot_q   <= '0;
        if (header.target == 4'(TgtProg)) prog_len_q <= header.count;
      end else begin
        if (we_q)         addr_q  <= addr_q + 16'd1;
        if (word_done)    words_q <= words_q - 16'd1;
        if (good_payload) slot_q  <= word_done ? '0 : slot_q + 1'b1;
      end
      if (err_valid_o || (good_header && header.target == 4'(TgtProg))) prog_valid_q <= 1'b0;
      else if (good_check && target_q == TgtProg)                       prog_valid_q <= 1'b1;
    end
  end

  // No reset: a word is written only after all of its beats.
  always_ff @(posedge clk_i) begin
    if (good_payload) word_q[slot_q] <= tdata_i;
  end

  assign tready_o     = 1'b1;
  assign img_we_o     = we_q;
  assign img_target_o = target_q;
  assign img_addr_o   = addr_q;
  assign img_wdata_o  = word_q;
  assign prog_valid_o = prog_valid_q;
  assign prog_len_o   = {1'b0, prog_len_q};

  if (MAXW % 64 != 0) begin : gen_guard
    $fatal(1, "mur_image gathers whole beats: MAXW must be a multiple of 64");
  end

`ifndef SYNTHESIS
  logic busy_prev_q;
  always_ff @(posedge clk_i) busy_prev_q <= busy_i;
`endif
  `MUR_ASSERT(a_no_write_while_busy, !img_we_o || !busy_prev_q,
              "an image word was accepted while the machine was not idle")
  `MUR_ASSERT_NEXT(a_error_invalidates, err_valid_o, !prog_valid_o,
                   "the program is still valid after an image error")
  `MUR_ASSERT(a_write_inside, !(img_we_o && img_target_o == TgtProg) || 32'(img_addr_o) < PROG_DEPTH,
              "an image word lies beyond the program memory")
endmodule
