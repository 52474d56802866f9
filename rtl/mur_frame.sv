// SPDX-License-Identifier: Apache-2.0
// mur_frame: frame stream -> chunk writes into the vector memory, and the hand-over to FRAME.
//
// Four elements a beat are gathered to a chunk of C; the chunk is offered to the memory in the cycle after
// its last beat and the next beat waits until it is taken. Elements of the last chunk beyond len are
// written as zero. The frame is loaded (frm_loaded_o) in the cycle after its last chunk was taken.
//
// A packet is begun only while load_req_i is high, and then finished whatever load_req_i does.
// FRAME_SHORT and FRAME_LONG pulse in the beat that shows them and drop the packet: chunks of it may have
// been written, but the loader stays armed and the next packet overwrites every one of them.
// frm_drop_i forgets a loaded frame; a packet in progress is swallowed to its TLAST and raises nothing.
`include "mur_assert.svh"

module mur_frame
  import mur_pkg::*;
#(
  parameter int unsigned C = 16             // elements of a chunk: 4, 8 or 16
) (
  input  logic                clk_i,
  input  logic                rst_ni,
  // s_axis_frm
  input  logic [63:0]         tdata_i,
  input  logic                tvalid_i,
  output logic                tready_o,
  input  logic                tlast_i,
  input  logic                tuser_i,      // start-of-stream mark, on the first beat
  // core
  input  logic                load_req_i,   // armed
  input  addr_t               load_len_i,   // elements, >= 1
  input  addr_t               load_dst_i,   // first chunk
  output logic                frm_we_o,
  output addr_t               frm_addr_o,
  output logic [C*ELEM_W-1:0] frm_wdata_o,
  input  logic                frm_wready_i,
  output logic                frm_busy_o,   // a packet has begun and is neither loaded nor rejected
  output logic                frm_loaded_o,
  output logic                frm_sos_o,
  input  logic                frm_take_i,
  input  logic                frm_drop_i,
  // errors, pulses
  output logic                err_short_o,
  output logic                err_long_o
);
  localparam int unsigned PER_BEAT = 4;                       // elements of a beat
  localparam int unsigned BEATS    = C / PER_BEAT;            // of a chunk
  localparam int unsigned BEAT_W   = BEATS > 1 ? $clog2(BEATS) : 1;

  typedef enum logic [2:0] {
    StIdle,       // no packet
    StBody,       // packet begun
    StStore,      // whole, its last chunk not yet taken
    StLoaded,     // waits for FRAME
    StSwallow     // rejected or dropped, up to TLAST
  } state_e;

  state_e                 state_q, state_d;
  addr_t                  left_q;                             // elements to come
  addr_t                  addr_q;                             // chunk being gathered or written
  logic [BEAT_W-1:0]      slot_q;
  logic [BEATS-1:0][63:0] chunk_q;
  logic                   we_q, we_d;
  logic                   sos_q;

  // ---- this beat: the first is measured by the request, the others by what is left of it ------------
  logic                            beat, first, body, last, too_short, too_long, good, chunk_done;
  addr_t                           left;
  logic [BEAT_W-1:0]               slot;
  logic [PER_BEAT-1:0][ELEM_W-1:0] elements;

  assign beat       = tvalid_i && tready_o;
  assign first      = state_q == StIdle;
  assign body       = beat && (first || state_q == StBody);
  assign left       = first ? load_len_i : left_q;
  assign slot       = first ? '0 : slot_q;
  assign last       = left <= addr_t'(PER_BEAT);
  assign too_short  = body && tlast_i && !last;
  assign too_long   = body && !tlast_i && last;
  assign good       = body && !too_short && !too_long && !frm_drop_i;
  assign chunk_done = good && (last || slot == BEAT_W'(BEATS - 1));

  for (genvar e = 0; e < PER_BEAT; e++) begin : gen_element
    assign elements[e] = left > addr_t'(e) ? tdata_i[ELEM_W*e +: ELEM_W] : '0;
  end

  always_comb begin
    unique case (state_q)
      StIdle:    tready_o = load_req_i;
      StBody:    tready_o = !we_q || frm_wready_i;
      StSwallow: tready_o = 1'b1;
      default:   tready_o = 1'b0;
    endcase
  end

  // ---- packet and hand-over ------------------------------------------------------------------------
  always_comb begin
    state_d = state_q;
    unique case (state_q)
      StIdle, StBody: begin
        if (too_short)                 state_d = StIdle;
        else if (too_long)             state_d = StSwallow;
        else if (good)                 state_d = last ? StStore : StBody;
      end
      StStore:   if (frm_wready_i)     state_d = StLoaded;
      StLoaded:  if (frm_take_i)       state_d = StIdle;
      StSwallow: if (beat && tlast_i)  state_d = StIdle;
      default:                         state_d = StIdle;
    endcase
    if (frm_drop_i) begin
      // A packet of which beats have come but not yet the last is still on the stream.
      if (state_q == StBody || state_q == StSwallow || beat) begin
        state_d = beat && tlast_i ? StIdle : StSwallow;
      end else begin
        state_d = StIdle;
      end
    end
  end

  assign we_d = !frm_drop_i && (chunk_done || (we_q && !frm_wready_i));

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      state_q <= StIdle;
      left_q  <= '0;
      addr_q  <= '0;
      slot_q  <= '0;
      we_q    <= 1'b0;
      sos_q   <= 1'b0;
    end else begin
      state_q <= state_d;
      we_q    <= we_d;
      if (good) begin
        left_q <= left - addr_t'(PER_BEAT);
        slot_q <= chunk_done ? '0 : slot + 1'b1;
        if (first) sos_q <= tuser_i;
      end
      if (good && first)             addr_q <= load_dst_i;
      else if (we_q && frm_wready_i) addr_q <= addr_q + 1'b1;
    end
  end

  // No reset: written only when gathered. The last beat also fills the slots above it.
  always_ff @(posedge clk_i) begin
    if (good) begin
      for (int unsigned s = 0; s < BEATS; s++) begin
        if (BEAT_W'(s) == slot)             chunk_q[s] <= elements;
        else if (last && BEAT_W'(s) > slot) chunk_q[s] <= '0;
      end
    end
  end

  assign frm_we_o     = we_q;
  assign frm_addr_o   = addr_q;
  assign frm_wdata_o  = chunk_q;
  assign frm_busy_o   = state_q == StBody || state_q == StStore;
  assign frm_loaded_o = state_q == StLoaded;
  assign frm_sos_o    = sos_q;
  assign err_short_o  = too_short && !frm_drop_i;
  assign err_long_o   = too_long && !frm_drop_i;

  if (C != 4 && C != 8 && C != 16) begin : gen_guard
    $fatal(1, "mur_frame: a chunk has 4, 8 or 16 elements");
  end

  `MUR_ASSERT(a_armed_only, !(state_q == StIdle && beat) || (load_req_i && load_len_i != '0),
              "a frame packet was begun while the loader was not armed, or armed for no elements")
  `MUR_ASSERT_HELD(a_write_held, frm_we_o, frm_wready_i || frm_drop_i, {frm_addr_o, frm_wdata_o},
                   "a chunk changed before the vector memory took it")
  `MUR_ASSERT_HELD(a_loaded_held, frm_loaded_o, frm_take_i || frm_drop_i, frm_sos_o,
                   "a loaded frame was lost")
  `MUR_ASSERT_NEXT(a_drop_is_final, frm_drop_i, !frm_we_o && !frm_busy_o && !frm_loaded_o,
                   "something of a dropped frame is left")
  `MUR_ASSERT(a_take_loaded, !frm_take_i || frm_loaded_o, "the core took a frame that was not loaded")
endmodule
