// SPDX-License-Identifier: Apache-2.0
// mur_acc_queue: the ACCs (and FOLD, join and END tokens) of one set that are not complete, oldest
// first, and which FIREs each of them must still wait for.
//
// A slot is written at dispatch, read by the group stage in order (g_*), looked up by the later
// stages by number (c_*, p_*), and freed when its last event is accumulated (done_i). wait_vec holds
// back the first read of the vector, wait_ctx the first event into the context.

`include "mur_assert.svh"

module mur_acc_queue
  import mur_pkg::*;
(
  input  logic      clk_i,
  input  logic      rst_ni,
  // dispatch
  input  logic      push_i,
  input  acc_ctl_t  ctl_i,
  input  acc_addr_t addr_i,
  input  slots_t    wait_vec_i,
  input  slots_t    wait_ctx_i,
  output logic      full_o,
  output slots_t    next_o,          // slot that a push takes, one-hot
  output slots_t    open_o,          // slots not complete after this cycle
  output logic      any_o,
  output seq_t      oldest_o,        // program order of the oldest entry, while any_o
  // completions
  input  slots_t    done_i,
  input  slots_t    fire_done_i,
  // group stage
  output logic      g_valid_o,
  output acc_ctl_t  g_ctl_o,
  output acc_addr_t g_addr_o,
  output logic      g_ok_o,
  output slot_t     g_slot_o,
  input  logic      g_pop_i,
  // look-ups
  input  slot_t     c_slot_i,
  output acc_ctl_t  c_ctl_o,
  input  slot_t     p_slot_i,
  output acc_ctl_t  p_ctl_o,
  output addr_t     p_wgt_o,
  input  slot_t     d_slot_i,
  output logic      d_ok_o
);

  acc_ctl_t  ctl_q  [SLOTS];
  acc_addr_t addr_q [SLOTS];
  slots_t    vec_q  [SLOTS];
  slots_t    ctx_q  [SLOTS];
  slots_t    valid_q, unread_q;
  slot_t     wr_q, rd_q, g_q;

  assign full_o    = &valid_q;
  assign next_o    = slots_t'(1) << wr_q;
  assign open_o    = valid_q & ~done_i;
  assign any_o     = |valid_q;
  assign oldest_o  = ctl_q[rd_q].seq;

  assign g_valid_o = unread_q[g_q];
  assign g_ctl_o   = ctl_q[g_q];
  assign g_addr_o  = addr_q[g_q];
  assign g_ok_o    = vec_q[g_q] == '0;
  assign g_slot_o  = g_q;

  assign c_ctl_o   = ctl_q[c_slot_i];
  assign p_ctl_o   = ctl_q[p_slot_i];
  assign p_wgt_o   = addr_q[p_slot_i].wgt;
  assign d_ok_o    = ctx_q[d_slot_i] == '0;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      valid_q  <= '0;
      unread_q <= '0;
      wr_q     <= '0;
      rd_q     <= '0;
      g_q      <= '0;
      for (int unsigned i = 0; i < SLOTS; i++) begin
        vec_q[i] <= '0;
        ctx_q[i] <= '0;
      end
    end else begin
      valid_q  <= (valid_q & ~done_i) | (push_i ? next_o : '0);
      unread_q <= (unread_q & ~(g_pop_i ? slots_t'(1) << g_q : '0)) | (push_i ? next_o : '0);
      if (push_i) wr_q <= wr_q + 1'b1;
      if (g_pop_i) g_q <= g_q + 1'b1;
      if (done_i != '0) rd_q <= rd_q + 1'b1;
      if (fire_done_i != '0) begin
        for (int unsigned i = 0; i < SLOTS; i++) begin
          vec_q[i] <= vec_q[i] & ~fire_done_i;
          ctx_q[i] <= ctx_q[i] & ~fire_done_i;
        end
      end
      if (push_i) begin
        vec_q[wr_q] <= wait_vec_i;
        ctx_q[wr_q] <= wait_ctx_i;
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (push_i) begin
      ctl_q[wr_q]  <= ctl_i;
      addr_q[wr_q] <= addr_i;
    end
  end

  `MUR_ASSERT(a_full, !push_i || !full_o, "an ACC is dispatched into a full queue")
  `MUR_ASSERT(a_done, done_i == '0 || done_i == slots_t'(1) << rd_q, "ACCs of one set complete out of order")
  `MUR_ASSERT(a_live, (done_i & ~valid_q) == '0, "an ACC completes that was never dispatched")
  `MUR_ASSERT(a_read, (done_i & unread_q) == '0, "an ACC completes before it was scanned")

endmodule
