// SPDX-License-Identifier: Apache-2.0
// mur_taps: what the core says about itself, recorded at its commit points.
//
// Beside every LIF commit go the last events added to each (set, context), so that a first divergence can
// name the row that came last: [15:0] row, [20:16] digit position, [30] negative, [31] there was one.

module mur_taps
  import mur_pkg::*;
  import mur_dpi_pkg::*;
(
  input logic            clk_i,
  input logic            rst_ni,
  input longint unsigned cycle_i,
  input tap_t            tap_i,
  input logic            frame_done_i,
  input logic [31:0]     frames_i,
  input ledger_t         ledger_i
);
  logic [SETS-1:0][CTX-1:0][31:0] event_q;

  for (genvar s = 0; s < SETS; s++) begin : gen_set
    always_ff @(posedge clk_i or negedge rst_ni) begin
      if (!rst_ni) event_q[s] <= '0;
      else if (tap_i.event_s[s].valid) begin
        event_q[s][tap_i.event_s[s].ctx] <=
            {1'b1, tap_i.event_s[s].neg, 9'b0, tap_i.event_s[s].pos, tap_i.event_s[s].row};
      end
    end
  end

  // The totals move on the edge that ends the pulse, so they are read a cycle after it.
  logic frame_done_q;
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) frame_done_q <= 1'b0;
    else         frame_done_q <= frame_done_i;
  end

  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      if (tap_i.frame_start) mur_frame_start(cycle_i, tap_i.frame);
      if (tap_i.lif.valid) begin
        mur_commit(cycle_i, {tap_i.lif.frame, tap_i.lif.pc, tap_i.lif.chunk, 7'b0, tap_i.lif.step},
                   tap_i.lif.spike, tap_i.lif.v, event_q);
      end
      if (frame_done_q) mur_frame_done(cycle_i, frames_i, ledger_i);
    end
  end
endmodule
