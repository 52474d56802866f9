// SPDX-License-Identifier: Apache-2.0
// mur_ledger: what completed frames have cost (docs/ledger.md). The counts of the running frame live
// in two mur_ledger_set and here (FIRE's share); when END completes they are added to the totals, all
// in one cycle. GATED is what ADDS leaves of LANES * (EVENTS0 + EVENTS1).

`include "mur_assert.svh"

module mur_ledger
  import mur_pkg::*;
#(
  parameter int unsigned LANES = 128
) (
  input  logic                   clk_i,
  input  logic                   rst_ni,
  input  logic                   start_i,         // totals and CYCLES to zero
  input  logic                   clr_i,           // counts of the running frame to zero
  input  logic                   done_i,          // the frame is complete
  // per scanner and set
  input  logic [1:0]             grp_valid_i,
  input  logic [1:0][7:0]        grp_rows_i,
  input  logic [1:0][7:0]        grp_kept_i,
  input  logic [1:0]             grp_end_i,
  input  logic [1:0]             ev_i,
  input  logic [LANES*WGT_W-1:0] w0_i,
  input  logic [LANES*WGT_W-1:0] w1_i,
  input  logic [1:0]             read_i,
  input  logic [1:0]             end_i,
  // FIRE
  input  logic                   spk_valid_i,
  input  logic [2:0]             spk_tag_i,
  input  logic [4:0]             spk_count_i,
  input  logic                   word_valid_i,
  input  logic [4:0]             word_count_i,
  // totals
  output logic [31:0]            frames_o,
  output count_t                 cycles_o,
  output ledger_t                ledger_o
);
  logic [31:0] kept [2], masked [2], read [2], events [2];
  logic [39:0] adds [2];

  for (genvar k = 0; k < SETS; k++) begin : g_set
    mur_ledger_set #(.LANES(LANES)) u_set (
      .clk_i, .rst_ni, .clr_i,
      .grp_valid_i(grp_valid_i[k]), .grp_rows_i(grp_rows_i[k]), .grp_kept_i(grp_kept_i[k]),
      .grp_end_i(grp_end_i[k]),
      .ev_i(ev_i[k]), .word_i(k == 0 ? w0_i : w1_i), .read_i(read_i[k]), .end_i(end_i[k]),
      .kept_o(kept[k]), .masked_o(masked[k]), .read_o(read[k]), .events_o(events[k]), .adds_o(adds[k])
    );
  end

  // FIRE passes END only when the frame is complete: no frozen copy is needed.
  logic [31:0] spk_q [8];
  logic [31:0] word_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      word_q <= '0;
      for (int unsigned g = 0; g < 8; g++) spk_q[g] <= '0;
    end else if (clr_i || done_i) begin
      word_q <= '0;
      for (int unsigned g = 0; g < 8; g++) spk_q[g] <= '0;
    end else begin
      if (spk_valid_i) spk_q[spk_tag_i] <= spk_q[spk_tag_i] + 32'(spk_count_i);
      if (word_valid_i) word_q <= word_q + 32'(word_count_i);
    end
  end

  // Totals. ledger_o is packed for the port; the counters are apart so that only moving ones move.
  count_t ev0_q, ev1_q, read_q, zero_q, masked_q, adds_q, spikes_q [8], words_q, now_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      {ev0_q, ev1_q, read_q, zero_q, masked_q, adds_q, words_q, now_q, cycles_o, frames_o} <= '0;
      for (int unsigned g = 0; g < 8; g++) spikes_q[g] <= '0;
    end else if (start_i) begin
      {ev0_q, ev1_q, read_q, zero_q, masked_q, adds_q, words_q, now_q, cycles_o, frames_o} <= '0;
      for (int unsigned g = 0; g < 8; g++) spikes_q[g] <= '0;
    end else begin
      now_q <= now_q + 1'b1;
      if (done_i) begin
        ev0_q    <= ev0_q + count_t'(events[0]);
        ev1_q    <= ev1_q + count_t'(events[1]);
        read_q   <= read_q + count_t'(read[0]) + count_t'(read[1]);
        zero_q   <= zero_q + (count_t'(kept[0]) - count_t'(read[0]))
                           + (count_t'(kept[1]) - count_t'(read[1]));
        masked_q <= masked_q + count_t'(masked[0]) + count_t'(masked[1]);
        adds_q   <= adds_q + count_t'(adds[0]) + count_t'(adds[1]);
        words_q  <= words_q + count_t'(word_q);
        cycles_o <= now_q + 1'b1;
        frames_o <= frames_o + 1'b1;
        for (int unsigned g = 0; g < 8; g++) spikes_q[g] <= spikes_q[g] + count_t'(spk_q[g]);
      end
    end
  end

  assign ledger_o.events0     = ev0_q;
  assign ledger_o.events1     = ev1_q;
  assign ledger_o.rows_read   = read_q;
  assign ledger_o.rows_zero   = zero_q;
  assign ledger_o.rows_masked = masked_q;
  assign ledger_o.adds        = adds_q;
  assign ledger_o.gated       = ((ev0_q + ev1_q) << $clog2(LANES)) - adds_q;
  assign ledger_o.results     = words_q;
  for (genvar g = 0; g < 8; g++) begin : g_spikes
    assign ledger_o.spikes[g] = spikes_q[g];
  end

  for (genvar k = 0; k < SETS; k++) begin : gen_check
    `MUR_ASSERT(a_rows, !done_i || read[k] <= kept[k],
                "ROWS_ZERO falls: more rows were read than the masks keep")
  end
  `MUR_ASSERT(a_cycles, !done_i || now_q >= cycles_o, "CYCLES falls")

endmodule
