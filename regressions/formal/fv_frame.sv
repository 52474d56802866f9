// SPDX-License-Identifier: Apache-2.0
// fv_frame: the chunks of a frame are written once each, in order, from where the request says, with the
// elements of the stream, zeros beyond len; a frame is loaded when all are written, and only a packet of
// the right length is. Shown of the beat with number watch_i of a packet, any constant.

`include "fv.svh"

module fv_frame
  import mur_pkg::*;
#(
  parameter int unsigned C = 8
) (
  input logic        clk_i,
  input logic        rst_ni,
  input logic [14:0] watch_i,
  input logic [63:0] tdata_i,
  input logic        tvalid_i,
  input logic        tlast_i,
  input logic        tuser_i,
  input logic        load_req_i,
  input addr_t       load_len_i,
  input addr_t       load_dst_i,
  input logic        frm_wready_i,
  input logic        frm_take_i,
  input logic        frm_drop_i
);
  localparam int unsigned PER   = 4;          // elements of a beat
  localparam int unsigned BEATS = C / PER;    // of a chunk

  logic                         tready, we, busy, loaded, sos, err_short, err_long;
  addr_t                        addr;
  logic [BEATS-1:0][PER*16-1:0] wdata;

  mur_frame #(.C(C)) dut (
    .clk_i, .rst_ni, .tdata_i, .tvalid_i, .tready_o(tready), .tlast_i, .tuser_i, .load_req_i, .load_len_i,
    .load_dst_i, .frm_we_o(we), .frm_addr_o(addr), .frm_wdata_o(wdata), .frm_wready_i, .frm_busy_o(busy),
    .frm_loaded_o(loaded), .frm_sos_o(sos), .frm_take_i, .frm_drop_i, .err_short_o(err_short),
    .err_long_o(err_long)
  );

  `FV_RESET
  `FV_CONST(watch_i)
  `FV_ASSUME(!load_req_i || load_len_i != '0)
  `FV_ASSUME(!frm_take_i || loaded)

  // ---- where the packet on the stream is: beats and chunks are counted, nothing is counted down
  typedef enum logic [2:0] { Idle, Body, Whole, Loaded, Swallow } phase_e;
  phase_e      phase_q;
  logic [15:0] beats_q, written_q, beats, len, len_q, total, chunks, total_q, chunks_q;
  addr_t       dst_q;
  logic        sos_q, beat, first, body, last, good, write;
  logic [63:0] data, seen_q;

  assign beat   = tvalid_i && tready;
  assign first  = phase_q == Idle;
  assign body   = beat && (first || phase_q == Body);
  assign len    = first ? load_len_i : len_q;
  assign beats  = first ? '0 : beats_q;
  assign total  = 16'((32'(len) + PER - 1) / PER);
  assign last   = beats + 1'b1 == total;
  assign good   = body && tlast_i == last && !frm_drop_i;
  assign write  = we && frm_wready_i;
  assign total_q  = 16'((32'(len_q) + PER - 1) / PER);
  assign chunks_q = 16'((32'(len_q) + C - 1) / C);
  for (genvar e = 0; e < PER; e++) begin : gen_element
    assign data[16*e +: 16] = 32'(beats) * PER + e < 32'(len) ? tdata_i[16*e +: 16] : '0;
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) phase_q <= Idle;
    else if (frm_drop_i) begin
      phase_q <= (beat || phase_q == Body || phase_q == Swallow) && !(beat && tlast_i) ? Swallow : Idle;
    end else if (good) phase_q <= last ? Whole : Body;
    else if (body) phase_q <= tlast_i ? Idle : Swallow;
    else if (phase_q == Whole && write) phase_q <= Loaded;
    else if (phase_q == Loaded && frm_take_i) phase_q <= Idle;
    else if (phase_q == Swallow && beat && tlast_i) phase_q <= Idle;
  end
  always_ff @(posedge clk_i) begin
    if (good) beats_q <= beats + 1'b1;
    if (good && first) begin
      len_q     <= load_len_i;
      dst_q     <= load_dst_i;
      sos_q     <= tuser_i;
      written_q <= '0;
    end else if (write) begin
      written_q <= written_q + 1'b1;
    end
    if (good && beats == 16'(watch_i)) seen_q <= data;
  end

  `FV_ASSERT(a_ready, tready == (phase_q == Idle ? load_req_i :
                                 phase_q == Body ? !we || frm_wready_i : phase_q == Swallow))
  `FV_ASSERT(a_short, err_short == (body && tlast_i && !last && !frm_drop_i))
  `FV_ASSERT(a_long, err_long == (body && !tlast_i && last && !frm_drop_i))
  `FV_ASSERT(a_busy, busy == (phase_q == Body || phase_q == Whole))
  `FV_ASSERT(a_loaded, loaded == (phase_q == Loaded) && (!loaded || (written_q == chunks_q && sos == sos_q)))
  `FV_ASSERT(a_write, !we || ((phase_q == Body || phase_q == Whole) && written_q < chunks_q))
  `FV_ASSERT(a_address, !we || addr == dst_q + written_q)
  for (genvar s = 0; s < BEATS; s++) begin : gen_slot
    logic mine;
    assign mine = we && 32'(watch_i) == 32'(written_q) * BEATS + s;
    `FV_ASSERT(a_data, !mine || wdata[s] == (watch_i < total_q ? seen_q : '0))
  end

  // What the induction needs to know of the inside.
  logic [15:0] gathered;
  assign gathered = phase_q == Whole ? chunks_q : beats_q / BEATS;
  `FV_INVARIANT(i_phase, 3'(dut.state_q) == 3'(phase_q) && phase_q <= Swallow)
  `FV_INVARIANT(i_len, phase_q == Idle || phase_q == Swallow || len_q != '0)
  `FV_INVARIANT(i_body, phase_q != Body || (beats_q != '0 && beats_q < total_q
                        && dut.left_q == len_q - 16'(PER * beats_q) && 16'(dut.slot_q) == beats_q % BEATS))
  `FV_INVARIANT(i_whole, phase_q != Whole || (we && beats_q == total_q))
  `FV_INVARIANT(i_written, !busy || (gathered == written_q + 16'(we) && dut.addr_q == dst_q + written_q))
  `FV_INVARIANT(i_loaded, phase_q != Loaded || (written_q == chunks_q && sos == sos_q))
  `FV_INVARIANT(i_sos, !busy || sos == sos_q)
  `FV_INVARIANT(i_we, !we || (busy && (phase_q == Whole || beats_q % BEATS == '0)))
  for (genvar s = 0; s < BEATS; s++) begin : gen_inside
    logic mine;
    assign mine = busy && 32'(watch_i) == 32'(written_q) * BEATS + s;
    `FV_INVARIANT(i_data, !mine || watch_i >= beats_q || dut.chunk_q[s] == seen_q)
    `FV_INVARIANT(i_zero, !mine || phase_q != Whole || watch_i < total_q || dut.chunk_q[s] == '0)
  end

  `FV_COVER(c_loaded, loaded && chunks_q == 16'd3 && len_q % PER == 1 && sos)
  `FV_COVER(c_short, err_short && beats_q == 16'd3 && !first)
  `FV_COVER(c_long, err_long && we)
  `FV_COVER(c_dropped, frm_drop_i && phase_q == Body && we && beat)
  logic swallowed_q;
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) swallowed_q <= 1'b0;
    else if (phase_q == Swallow) swallowed_q <= 1'b1;
  end
  `FV_COVER(c_again, phase_q == Body && swallowed_q && we)
endmodule
