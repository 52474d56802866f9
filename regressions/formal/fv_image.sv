// SPDX-License-Identifier: Apache-2.0
// fv_image: the words of an image are written once each, in order, from where its header says, each with
// its beats; the error of a beat is the first that docs/program.md lists; a program is valid from the good
// end of its image to the next error or program header. The CRC is any function of the beats (mur_crc32.sv
// here). Shown of the word with number watch_i, any constant.

`include "fv.svh"

module fv_image
  import mur_pkg::*;
#(
  parameter int unsigned LANES      = 8,
  parameter int unsigned RESULT_W   = 128,
  parameter int unsigned PROG_DEPTH = 8,
  parameter int unsigned WGT_DEPTH  = 16,
  parameter int unsigned MASK_DEPTH = 4,
  parameter int unsigned BIAS_DEPTH = 5,
  parameter int unsigned NEUR_DEPTH = 3
) (
  input logic        clk_i,
  input logic        rst_ni,
  input logic [15:0] watch_i,
  input logic [63:0] tdata_i,
  input logic        tvalid_i,
  input logic        tlast_i,
  input logic        busy_i
);
  localparam int unsigned MAXW = max_word_w(LANES, RESULT_W);

  logic            tready, we, prog_valid, err_valid;
  img_target_e     target;
  addr_t           addr;
  logic [MAXW-1:0] wdata;
  logic [ADDR_W:0] prog_len;
  err_e            err_code;

  mur_image #(
    .LANES(LANES), .RESULT_W(RESULT_W), .PROG_DEPTH(PROG_DEPTH), .WGT_DEPTH(WGT_DEPTH),
    .MASK_DEPTH(MASK_DEPTH), .BIAS_DEPTH(BIAS_DEPTH), .NEUR_DEPTH(NEUR_DEPTH)
  ) dut (
    .clk_i, .rst_ni, .tdata_i, .tvalid_i, .tready_o(tready), .tlast_i, .busy_i, .img_we_o(we),
    .img_target_o(target), .img_addr_o(addr), .img_wdata_o(wdata), .prog_valid_o(prog_valid),
    .prog_len_o(prog_len), .err_valid_o(err_valid), .err_code_o(err_code)
  );

  `FV_RESET
  `FV_CONST(watch_i)

  // ---- the page's words: header, errors, widths
  typedef enum logic [1:0] { Header, Payload, Check, Swallow } phase_e;
  phase_e      phase_q;
  logic [3:0]  target_q;
  logic [15:0] first_q, count_q, words_q, written_q;   // complete, written
  logic        slot_q, prog_q, pend_q;
  logic [31:0] crc_q, crc_d, depth;
  logic [63:0] low_q, high_q;                          // beats of the watched word
  logic        header_ok, range_ok, wrong, good, word, two;
  err_e        code;

  mur_crc32 u_crc (.crc_i(phase_q == Header ? '1 : crc_q), .data_i(tdata_i), .crc_o(crc_d));

  always_comb begin
    case (tdata_i[27:24])
      4'd0:       depth = PROG_DEPTH;
      4'd1, 4'd2: depth = WGT_DEPTH;
      4'd3, 4'd4: depth = MASK_DEPTH;
      4'd5:       depth = BIAS_DEPTH;
      default:    depth = NEUR_DEPTH;
    endcase
  end
  assign header_ok = tdata_i[23:0] == 24'h01_6D75 && tdata_i[31:28] == '0 && tdata_i[27:24] <= 4'd6;
  assign range_ok  = tdata_i[63:48] != '0 && 32'(tdata_i[47:32]) + 32'(tdata_i[63:48]) <= depth
                  && (tdata_i[27:24] != '0 || tdata_i[47:32] == '0);
  always_comb begin
    wrong = 1'b1;
    code  = ErrImgBusy;
    if (phase_q == Header && !header_ok) code = ErrImgHeader;
    else if (phase_q == Header && !range_ok) code = ErrImgRange;
    else if (phase_q == Check ? !tlast_i : tlast_i) code = ErrImgLength;
    else if (phase_q == Check && (tdata_i[63:32] != '0 || tdata_i[31:0] != ~crc_q)) code = ErrImgCrc;
    else wrong = busy_i;
    if (!tvalid_i || phase_q == Swallow) wrong = 1'b0;
  end
  assign good = tvalid_i && phase_q != Swallow && !wrong;
  // Programs, masks and, with four to a word, biases have two beats; weights of 8 lanes and thetas one.
  assign two  = target_q == 4'd0 || target_q == 4'd3 || target_q == 4'd4 || target_q == 4'd5;
  assign word = good && phase_q == Payload && slot_q == two;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      phase_q <= Header;
      prog_q  <= 1'b0;
      pend_q  <= 1'b0;
    end else begin
      pend_q <= word;
      if (tvalid_i && tlast_i) phase_q <= Header;
      else if (wrong) phase_q <= Swallow;
      else if (good && phase_q == Header) phase_q <= Payload;
      else if (word && words_q + 1'b1 == count_q) phase_q <= Check;
      if (wrong || (good && phase_q == Header && tdata_i[27:24] == '0)) prog_q <= 1'b0;
      else if (good && phase_q == Check && target_q == '0) prog_q <= 1'b1;
    end
  end
  always_ff @(posedge clk_i) begin
    if (good && phase_q == Header) begin
      target_q  <= tdata_i[27:24];
      first_q   <= tdata_i[47:32];
      count_q   <= tdata_i[63:48];
      words_q   <= '0;
      slot_q    <= 1'b0;
      crc_q     <= crc_d;
    end else if (good && phase_q == Payload) begin
      crc_q  <= crc_d;
      slot_q <= !word;
      if (word) words_q <= words_q + 1'b1;
      if (words_q == watch_i && !slot_q) low_q <= tdata_i;
      if (words_q == watch_i && slot_q) high_q <= tdata_i;
    end
    if (good && phase_q == Header) written_q <= '0;
    else if (we) written_q <= written_q + 1'b1;
  end

  `FV_ASSERT(a_ready, tready)
  `FV_ASSERT(a_error, err_valid == wrong && (!wrong || err_code == code))
  `FV_ASSERT(a_write, we == pend_q && (!we || written_q + 1'b1 == words_q))
  `FV_ASSERT(a_place, !we || (4'(target) == target_q && addr == first_q + written_q && written_q < count_q))
  `FV_ASSERT(a_low, !(we && written_q == watch_i) || wdata[63:0] == low_q)
  `FV_ASSERT(a_high, !(we && written_q == watch_i && two) || wdata[127:64] == high_q)
  `FV_ASSERT(a_valid, prog_valid == prog_q)
  `FV_ASSERT(a_len, !prog_valid || (prog_len != '0 && 32'(prog_len) <= PROG_DEPTH))
  `FV_ASSERT(a_prog_len, !(good && phase_q == Check && target_q == '0) || prog_len == {1'b0, count_q})

  // What the induction needs to know of the inside.
  logic busy;                                          // the header's fields are still of use
  assign busy = phase_q == Payload || phase_q == Check || we;
  `FV_INVARIANT(i_phase, 2'(dut.state_q) == 2'(phase_q))
  `FV_INVARIANT(i_payload, phase_q != Payload || (words_q < count_q && 1'(dut.slot_q) == slot_q
                           && dut.words_q == count_q - words_q && (two || !slot_q)))
  `FV_INVARIANT(i_header, !busy || (4'(target) == target_q && dut.addr_q == first_q + written_q
                          && words_q <= count_q && target_q <= 4'd6))
  `FV_INVARIANT(i_range, !busy || target_q != '0 || (first_q == '0 && count_q != '0
                         && 32'(count_q) <= PROG_DEPTH && dut.prog_len_q == count_q))
  `FV_INVARIANT(i_written, !busy || words_q == written_q + 16'(we))
  `FV_INVARIANT(i_check, phase_q != Check || words_q == count_q)
  `FV_INVARIANT(i_crc, !(phase_q == Payload || phase_q == Check) || dut.crc_q == crc_q)
  `FV_INVARIANT(i_slot, !(we && phase_q == Payload) || !slot_q)
  `FV_INVARIANT(i_low, !(we && written_q == watch_i) || wdata[63:0] == low_q)
  `FV_INVARIANT(i_half, !(phase_q == Payload && !we && words_q == watch_i && slot_q) || wdata[63:0] == low_q)
  `FV_INVARIANT(i_prog, !prog_q || (dut.prog_len_q != '0 && 32'(dut.prog_len_q) <= PROG_DEPTH))

  `FV_COVER(c_program, prog_valid && prog_len == 17'd2)
  `FV_COVER(c_bias, we && target == TgtBias && written_q == 16'd1 && watch_i == 16'd1 && addr == 16'd3)
  `FV_COVER(c_crc, err_valid && err_code == ErrImgCrc && words_q == 16'd2)
  `FV_COVER(c_late, we && wrong && code == ErrImgBusy)
  `FV_COVER(c_at_once, we && phase_q == Check && good)
endmodule
