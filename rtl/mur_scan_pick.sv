// SPDX-License-Identifier: Apache-2.0
// mur_scan_pick: takes the active rows of a chunk one a cycle, lowest first, with their rank.
//
//   rank = rank at the start of the chunk + kept rows below it in the chunk
//
// A chunk without active rows passes as an item without a row (null_o); it closes its entry.

`include "mur_assert.svh"

module mur_scan_pick
  import mur_pkg::*;
#(
  parameter int unsigned C = 16
) (
  input  logic                clk_i,
  input  logic                rst_ni,
  // chunk
  input  logic                valid_i,
  output logic                ready_o,
  input  slot_t               slot_i,
  input  logic                last_i,
  input  logic [C-1:0]        act_i,
  input  logic [C-1:0]        kept_i,
  input  logic [RANK_W-1:0]   rank_i,
  input  addr_t               row_i,
  input  logic [C*ELEM_W-1:0] elem_i,
  // row
  output logic                valid_o,
  input  logic                ready_i,
  output slot_t               slot_o,
  output logic                null_o,
  output logic                last_o,
  output logic [ELEM_W-1:0]   elem_o,
  output logic [RANK_W-1:0]   rank_o,
  output addr_t               row_o
);
  localparam int unsigned CW = $clog2(C);

  logic                v_q, last_q, final_r;
  logic [C-1:0]        act_q, kept_q, one, act_d;
  logic [RANK_W-1:0]   rank_q;
  addr_t               row_q;
  logic [C*ELEM_W-1:0] elem_q;
  logic [CW-1:0]       idx;

  assign one     = act_q & (~act_q + 1'b1);
  assign act_d   = act_q & ~one;
  assign final_r = act_d == '0;

  always_comb begin
    idx = '0;
    for (int unsigned i = 0; i < C; i++) begin
      if (one[i]) idx |= CW'(i);
    end
  end

  assign valid_o = v_q;
  assign null_o  = act_q == '0;
  assign last_o  = last_q && final_r;
  assign elem_o  = elem_q[idx*ELEM_W +: ELEM_W];
  assign rank_o  = rank_q + RANK_W'($countones(kept_q & (one - 1'b1)));
  assign row_o   = row_q | addr_t'(idx);
  assign ready_o = !v_q || (ready_i && final_r);

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) v_q <= 1'b0;
    else if (ready_o) v_q <= valid_i;
  end

  always_ff @(posedge clk_i) begin
    if (valid_i && ready_o) begin
      slot_o <= slot_i;
      last_q <= last_i;
      act_q  <= act_i;
      kept_q <= kept_i;
      rank_q <= rank_i;
      row_q  <= row_i;
      elem_q <= elem_i;
    end else if (ready_i) begin
      act_q  <= act_d;
    end
  end

  `MUR_ASSERT(a_kept, !v_q || (act_q & ~kept_q) == '0, "a row is picked that its mask does not keep")
  `MUR_ASSERT(a_rank, !v_q || null_o || rank_o <= RANK_W'(row_o),
              "more rows are kept below a row than there are")

endmodule
