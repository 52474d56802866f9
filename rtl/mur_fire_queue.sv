// SPDX-License-Identifier: Apache-2.0
// mur_fire_queue: the FIREs (and END tokens) that are not complete, oldest first, which ACCs each of
// them must still wait for, and which of them an ACC about to be dispatched must wait for.
//
// The front entry is ready when every ACC it depends on has been accumulated. It stays in its slot
// until FIRE reports it done.

`include "mur_assert.svh"

module mur_fire_queue
  import mur_pkg::*;
#(
  parameter int unsigned C = 16
) (
  input  logic       clk_i,
  input  logic       rst_ni,
  // dispatch
  input  logic       push_i,
  input  fire_ctl_t  ctl_i,
  input  fire_addr_t addr_i,
  input  slots_t     wait0_i,        // slots of ACC queue 0, 1
  input  slots_t     wait1_i,
  output logic       full_o,
  output slots_t     open_o,         // slots not complete after this cycle
  output logic       any_o,
  output seq_t       oldest_o,
  // which outstanding FIREs conflict with this ACC or FOLD
  input  logic [1:0] q_sets_i,
  input  logic [1:0] q_ctx_i,
  input  logic [1:0] q_ctx2_i,       // second context of a FOLD (else the same)
  input  addr_t      q_lo_i,         // first and last chunk of the source vector
  input  addr_t      q_hi_i,
  output slots_t     q_ctx_o,
  output slots_t     q_vec_o,
  // completions
  input  slots_t     acc0_done_i,
  input  slots_t     acc1_done_i,
  output slots_t     done_o,
  // front entry
  output logic       valid_o,        // ready to begin
  output fire_ctl_t  ctl_o,
  output fire_addr_t addr_o,
  input  logic       done_i          // the front entry is complete
);

  fire_ctl_t  ctl_q  [SLOTS];
  fire_addr_t addr_q [SLOTS];
  addr_t      hi_q   [SLOTS];        // last chunk of the vector a LIF FIRE writes
  slots_t     w0_q   [SLOTS];
  slots_t     w1_q   [SLOTS];
  slots_t     valid_q;
  slot_t      wr_q, rd_q;

  assign full_o   = &valid_q;
  assign any_o    = |valid_q;
  assign oldest_o = ctl_q[rd_q].seq;
  assign done_o   = done_i ? slots_t'(1) << rd_q : '0;
  assign open_o   = valid_q & ~done_o;

  assign valid_o  = valid_q[rd_q] && w0_q[rd_q] == '0 && w1_q[rd_q] == '0;
  assign ctl_o    = ctl_q[rd_q];
  assign addr_o   = addr_q[rd_q];

  always_comb begin
    q_ctx_o = '0;
    q_vec_o = '0;
    if (open_o != '0) begin
      for (int unsigned i = 0; i < SLOTS; i++) begin
        q_ctx_o[i] = open_o[i] && !ctl_q[i].is_end && (ctl_q[i].take & q_sets_i) != '0
                  && (ctl_q[i].ctx == q_ctx_i || ctl_q[i].ctx == q_ctx2_i);
        q_vec_o[i] = open_o[i] && !ctl_q[i].is_end && ctl_q[i].kind == KindLif
                  && addr_q[i].dst <= q_hi_i && hi_q[i] >= q_lo_i;
      end
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      valid_q <= '0;
      wr_q    <= '0;
      rd_q    <= '0;
      for (int unsigned i = 0; i < SLOTS; i++) begin
        w0_q[i] <= '0;
        w1_q[i] <= '0;
      end
    end else begin
      valid_q <= (valid_q & ~done_o) | (push_i ? slots_t'(1) << wr_q : '0);
      if (push_i) wr_q <= wr_q + 1'b1;
      if (done_i) rd_q <= rd_q + 1'b1;
      if (acc0_done_i != '0 || acc1_done_i != '0) begin
        for (int unsigned i = 0; i < SLOTS; i++) begin
          w0_q[i] <= w0_q[i] & ~acc0_done_i;
          w1_q[i] <= w1_q[i] & ~acc1_done_i;
        end
      end
      if (push_i) begin
        w0_q[wr_q] <= wait0_i;
        w1_q[wr_q] <= wait1_i;
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (push_i) begin
      ctl_q[wr_q]  <= ctl_i;
      addr_q[wr_q] <= addr_i;
      hi_q[wr_q]   <= addr_i.dst + ((addr_t'(addr_i.n) - 16'd1) >> $clog2(C));
    end
  end

  `MUR_ASSERT(a_full, !push_i || !full_o, "a FIRE is dispatched into a full queue")
  `MUR_ASSERT(a_done, !done_i || valid_o, "a FIRE completes that was not ready to begin")

endmodule
