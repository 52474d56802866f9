// SPDX-License-Identifier: Apache-2.0
// fv_scan_pick: the active rows of a chunk leave mur_scan_pick once each, lowest first; the rank of each
// is the chunk's plus the kept rows below it; a chunk without active rows passes once.

`include "fv.svh"

module fv_scan_pick
  import mur_pkg::*;
#(
  parameter int unsigned C = 8
) (
  input logic                clk_i,
  input logic                rst_ni,
  input logic                valid_i,
  input slot_t               slot_i,
  input logic                last_i,
  input logic [C-1:0]        act_i,
  input logic [C-1:0]        kept_i,
  input logic [RANK_W-1:0]   rank_i,
  input addr_t               row_i,
  input logic [C*ELEM_W-1:0] elem_i,
  input logic                ready_i
);
  logic              ready, valid, null_row, last;
  slot_t             slot;
  logic [ELEM_W-1:0] elem;
  logic [RANK_W-1:0] rank;
  addr_t             row;

  mur_scan_pick #(.C(C)) dut (
    .clk_i, .rst_ni, .valid_i, .ready_o(ready), .slot_i, .last_i, .act_i, .kept_i, .rank_i, .row_i, .elem_i,
    .valid_o(valid), .ready_i, .slot_o(slot), .null_o(null_row), .last_o(last), .elem_o(elem), .rank_o(rank),
    .row_o(row)
  );

  `FV_RESET
  `FV_ASSUME(!valid_i || (act_i & ~kept_i) == '0)
  `FV_ASSUME(!valid_i || (act_i != '0 || last_i))
  `FV_ASSUME(!valid_i || row_i % C == '0)
  `FV_ASSUME(!valid_i || rank_i <= RANK_W'(row_i))

  // The chunk inside, and its rows that have left.
  typedef struct packed {
    slot_t               slot;
    logic                last;
    logic [C-1:0]        act;
    logic [C-1:0]        kept;
    logic [RANK_W-1:0]   rank;
    addr_t               row;
    logic [C*ELEM_W-1:0] elem;
  } chunk_t;
  chunk_t       chunk_q;
  logic         busy_q;
  logic [C-1:0] left_q, here, below, left;
  logic         enter, leave, done;

  assign enter = valid_i && ready;
  assign leave = valid && ready_i;
  assign done  = leave && left == chunk_q.act;
  for (genvar i = 0; i < C; i++) begin : gen_row
    assign here[i]  = !null_row && row == chunk_q.row + addr_t'(i);
    assign below[i] = row > chunk_q.row + addr_t'(i);
  end
  assign left = left_q | here;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      busy_q <= 1'b0;
    end else if (enter) begin
      busy_q <= 1'b1;
    end else if (done) begin
      busy_q <= 1'b0;
    end
  end
  always_ff @(posedge clk_i) begin
    if (enter) begin
      chunk_q <= '{slot_i, last_i, act_i, kept_i, rank_i, row_i, elem_i};
      left_q  <= '0;
    end else if (leave) begin
      left_q <= left;
    end
  end

  `FV_ASSERT(a_valid, valid == busy_q)
  `FV_ASSERT(a_whole, !enter || !busy_q || done)
  `FV_ASSERT(a_flows, ready == (!busy_q || done))
  `FV_ASSERT(a_null, !valid || null_row == (chunk_q.act == '0))
  `FV_ASSERT(a_active, !valid || null_row || (here & chunk_q.act & ~left_q) != '0)
  `FV_ASSERT(a_lowest, !valid || null_row || (chunk_q.act & below) == left_q)
  `FV_ASSERT(a_rank, !valid || null_row || rank == chunk_q.rank + RANK_W'($countones(chunk_q.kept & below)))
  `FV_ASSERT(a_last, !valid || last == (chunk_q.last && left == chunk_q.act))
  `FV_ASSERT(a_slot, !valid || slot == chunk_q.slot)
  for (genvar i = 0; i < C; i++) begin : gen_elem
    `FV_ASSERT(a_elem, !valid || !here[i] || elem == chunk_q.elem[i*ELEM_W +: ELEM_W])
  end

  // What the induction needs to know of the inside.
  `FV_INVARIANT(i_act, !busy_q || dut.act_q == (chunk_q.act & ~left_q))
  `FV_INVARIANT(i_left, !busy_q || (left_q & ~chunk_q.act) == '0)
  `FV_INVARIANT(i_more, !busy_q || chunk_q.act == '0 || left_q != chunk_q.act)
  `FV_INVARIANT(i_same, !busy_q || {dut.last_q, dut.kept_q, dut.rank_q, dut.row_q, dut.elem_q} ==
                     {chunk_q.last, chunk_q.kept, chunk_q.rank, chunk_q.row, chunk_q.elem})
  `FV_INVARIANT(i_rank, !busy_q || chunk_q.rank <= RANK_W'(chunk_q.row))
  `FV_INVARIANT(i_row, !busy_q || chunk_q.row % C == '0 && (chunk_q.act & ~chunk_q.kept) == '0)

  `FV_COVER(c_third_row, leave && $countones(left_q) == 2)
  `FV_COVER(c_null, leave && null_row)
  `FV_COVER(c_back_to_back, done && enter && left_q != '0)
endmodule
