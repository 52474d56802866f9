// SPDX-License-Identifier: Apache-2.0
// fv_fire_queue: FIREs are shown in order, once, unchanged, each exactly when the ACCs it was given have
// all completed; an ACC is told of exactly those it conflicts with. Shown of the entry with number
// watch_i, any constant.

`include "fv.svh"

module fv_fire_queue
  import mur_pkg::*;
#(
  parameter int unsigned C = 8
) (
  input logic       clk_i,
  input logic       rst_ni,
  input logic [2:0] watch_i,
  input logic       push_i,
  input fire_ctl_t  ctl_i,
  input fire_addr_t addr_i,
  input slots_t     wait0_i,
  input slots_t     wait1_i,
  input logic [1:0] q_sets_i,
  input logic [1:0] q_ctx_i,
  input logic [1:0] q_ctx2_i,
  input addr_t      q_lo_i,
  input addr_t      q_hi_i,
  input slots_t     acc0_done_i,
  input slots_t     acc1_done_i,
  input logic       done_i
);
  localparam int unsigned W = $bits(fire_ctl_t) + $bits(fire_addr_t);

  logic       full, any, valid;
  slots_t     open, q_ctx, q_vec, done_slots;
  seq_t       oldest;
  fire_ctl_t  f_ctl;
  fire_addr_t f_addr;

  mur_fire_queue #(.C(C)) dut (
    .clk_i, .rst_ni, .push_i, .ctl_i, .addr_i, .wait0_i, .wait1_i, .full_o(full), .open_o(open), .any_o(any),
    .oldest_o(oldest), .q_sets_i, .q_ctx_i, .q_ctx2_i, .q_lo_i, .q_hi_i, .q_ctx_o(q_ctx), .q_vec_o(q_vec),
    .acc0_done_i, .acc1_done_i, .done_o(done_slots), .valid_o(valid), .ctl_o(f_ctl), .addr_o(f_addr), .done_i
  );

  logic [2:0]   live, place;
  logic         alive, front, enter;
  logic [W-1:0] data;
  fire_ctl_t    ctl;
  fire_addr_t   addr;
  slot_t        slot;
  fv_stream #(.WIDTH(W), .MOST(SLOTS)) u_live (
    .clk_i, .rst_ni, .watch_i(watch_i), .enter_i(push_i), .data_i({ctl_i, addr_i}),
    .leave_i(done_i), .data_o_i({f_ctl, f_addr}), .inside_o(live), .watched_o(alive), .data_o(data),
    .place_o(place)
  );
  assign {ctl, addr} = data;
  assign slot        = watch_i[1:0];
  assign front       = alive && place == '0;
  assign enter       = push_i && watch_i == u_live.in_q;

  `FV_RESET
  `FV_CONST(watch_i)
  `FV_ASSUME(!push_i || live != 3'(SLOTS))
  `FV_ASSUME(!done_i || valid)
  `FV_ASSUME(!push_i || (addr_i.n != '0 && 17'(addr_i.dst) + 17'(addr_i.n) <= 17'hffff))

  // What the watched entry still waits for.
  slots_t w0_q, w1_q;
  always_ff @(posedge clk_i) begin
    w0_q <= enter ? wait0_i : w0_q & ~acc0_done_i;
    w1_q <= enter ? wait1_i : w1_q & ~acc1_done_i;
  end

  `FV_ASSERT(a_full, full == (live == 3'(SLOTS)) && any == (live != '0))
  `FV_ASSERT(a_front, !front || (valid == (w0_q == '0 && w1_q == '0) && {f_ctl, f_addr} == data))
  `FV_ASSERT(a_empty, !valid || live != '0)
  `FV_ASSERT(a_oldest, !front || oldest == ctl.seq)
  `FV_ASSERT(a_done, !front || done_slots == (done_i ? slots_t'(1) << slot : '0))
  `FV_ASSERT(a_open, !alive || open[slot] == !(front && done_i))

  // Chunks that a LIF writes and an ACC reads overlap.
  logic [31:0] chunks;
  logic        takes, meets, gone;
  assign gone   = ctl.is_end || (front && done_i);
  assign chunks = (32'(addr.n) + C - 1) / C;
  assign takes  = (ctl.take & q_sets_i) != '0 && (ctl.ctx == q_ctx_i || ctl.ctx == q_ctx2_i);
  assign meets  = ctl.kind == KindLif && 32'(addr.dst) <= 32'(q_hi_i) && 32'(q_lo_i) < 32'(addr.dst) + chunks;
  `FV_ASSERT(a_context, !alive || q_ctx[slot] == (takes && !gone))
  `FV_ASSERT(a_vector, !alive || q_vec[slot] == (meets && !gone))

  // What the induction needs to know of the inside.
  `FV_INVARIANT(i_pointers, dut.wr_q == u_live.in_q[1:0] && dut.rd_q == u_live.out_q[1:0])
  for (genvar i = 0; i < SLOTS; i++) begin : gen_slot
    `FV_INVARIANT(i_valid, dut.valid_q[i] == (3'(2'(2'(i) - dut.rd_q)) < live))
    `FV_ASSERT(a_none, 3'(2'(2'(i) - dut.rd_q)) < live || (!open[i] && !q_ctx[i] && !q_vec[i]))
  end
  `FV_INVARIANT(i_data, !alive || (dut.ctl_q[slot] == ctl && dut.addr_q[slot] == addr))
  `FV_INVARIANT(i_hi, !alive || 32'(dut.hi_q[slot]) + 1 == 32'(addr.dst) + chunks)
  `FV_INVARIANT(i_waits, !alive || (dut.w0_q[slot] == w0_q && dut.w1_q[slot] == w1_q))

  `FV_COVER(c_full, full && alive && place == 3'd3 && q_vec[slot] && q_ctx[slot])
  `FV_COVER(c_around, front && watch_i == 3'd5 && done_i && push_i)
  `FV_COVER(c_waits, front && !valid && w0_q == '0)
endmodule
