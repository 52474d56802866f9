// SPDX-License-Identifier: Apache-2.0
// fv_acc_queue: every entry is read once by the group stage, in order, and keeps its slot, unchanged,
// until it completes; it waits for exactly the FIREs it was given, shown of the entry with number watch_i,
// any constant.

`include "fv.svh"

module fv_acc_queue
  import mur_pkg::*;
(
  input logic       clk_i,
  input logic       rst_ni,
  input logic [2:0] watch_i,
  input logic       push_i,
  input acc_ctl_t   ctl_i,
  input acc_addr_t  addr_i,
  input slots_t     wait_vec_i,
  input slots_t     wait_ctx_i,
  input logic       done_i,
  input slots_t     fire_done_i,
  input logic       g_pop_i,
  input slot_t      c_slot_i,
  input slot_t      p_slot_i,
  input slot_t      d_slot_i
);
  localparam int unsigned W = $bits(acc_ctl_t) + $bits(acc_addr_t);

  logic      full, any, g_valid, g_ok, d_ok;
  slots_t    next, open, done_slots;
  seq_t      oldest;
  acc_ctl_t  g_ctl, c_ctl, p_ctl;
  acc_addr_t g_addr;
  slot_t     g_slot;
  addr_t     p_wgt;

  mur_acc_queue dut (
    .clk_i, .rst_ni, .push_i, .ctl_i, .addr_i, .wait_vec_i, .wait_ctx_i, .full_o(full), .next_o(next),
    .open_o(open), .any_o(any), .oldest_o(oldest), .done_i(done_slots), .fire_done_i, .g_valid_o(g_valid),
    .g_ctl_o(g_ctl), .g_addr_o(g_addr), .g_ok_o(g_ok), .g_slot_o(g_slot), .g_pop_i, .c_slot_i,
    .c_ctl_o(c_ctl), .p_slot_i, .p_ctl_o(p_ctl), .p_wgt_o(p_wgt), .d_slot_i, .d_ok_o(d_ok)
  );

  // Entries not yet read, and not yet complete. The slot of an entry is its number, modulo 4.
  logic [2:0]   unread, live, unread_place, live_place;
  logic         to_read, alive;
  logic [W-1:0] data;
  acc_ctl_t     ctl;
  acc_addr_t    addr;
  slot_t        slot, front;
  fv_stream #(.WIDTH(W), .MOST(SLOTS)) u_read (
    .clk_i, .rst_ni, .watch_i(watch_i), .enter_i(push_i), .data_i({ctl_i, addr_i}),
    .leave_i(g_pop_i), .data_o_i({g_ctl, g_addr}), .inside_o(unread), .watched_o(to_read), .data_o(),
    .place_o(unread_place)
  );
  fv_stream #(.WIDTH(W), .MOST(SLOTS)) u_live (
    .clk_i, .rst_ni, .watch_i(watch_i), .enter_i(push_i), .data_i({ctl_i, addr_i}),
    .leave_i(done_i), .data_o_i(data), .inside_o(live), .watched_o(alive), .data_o(data), .place_o(live_place)
  );
  assign {ctl, addr} = data;
  assign slot        = watch_i[1:0];
  assign front       = slot_t'(watch_i - live_place);
  assign done_slots  = done_i ? slots_t'(1) << front : '0;

  `FV_RESET
  `FV_CONST(watch_i)
  `FV_ASSUME(!push_i || live != 3'(SLOTS))
  `FV_ASSUME(!done_i || live > unread)
  `FV_ASSUME(!g_pop_i || unread != '0)

  // What the watched entry still waits for.
  slots_t vec_q, ctx_q;
  logic   enter;
  assign enter = push_i && watch_i == u_live.in_q;
  always_ff @(posedge clk_i) begin
    vec_q <= enter ? wait_vec_i : vec_q & ~fire_done_i;
    ctx_q <= enter ? wait_ctx_i : ctx_q & ~fire_done_i;
  end

  `FV_ASSERT(a_full, full == (live == 3'(SLOTS)) && any == (live != '0))
  `FV_ASSERT(a_next, !enter || next == slots_t'(1) << slot)
  `FV_ASSERT(a_open, !alive || open[slot] == !(done_i && live_place == '0))
  `FV_ASSERT(a_oldest, !(alive && live_place == '0) || oldest == ctl.seq)
  `FV_ASSERT(a_valid, g_valid == (unread != '0))
  `FV_ASSERT(a_front, !(to_read && unread_place == '0) ||
                      {g_ctl, g_addr, g_slot, g_ok} == {data, slot, vec_q == '0})
  `FV_ASSERT(a_chunk, !(alive && c_slot_i == slot) || c_ctl == ctl)
  `FV_ASSERT(a_pick, !(alive && p_slot_i == slot) || (p_ctl == ctl && p_wgt == addr.wgt))
  `FV_ASSERT(a_begin, !(alive && d_slot_i == slot) || d_ok == (ctx_q == '0))

  // What the induction needs to know of the inside.
  `FV_INVARIANT(i_numbers, u_read.in_q == u_live.in_q && unread <= live)
  `FV_INVARIANT(i_pointers, dut.wr_q == u_live.in_q[1:0] && dut.g_q == u_read.out_q[1:0]
                            && dut.rd_q == u_live.out_q[1:0])
  for (genvar i = 0; i < SLOTS; i++) begin : gen_slot
    `FV_INVARIANT(i_valid, dut.valid_q[i] == (3'(2'(2'(i) - dut.rd_q)) < live))
    `FV_INVARIANT(i_unread, dut.unread_q[i] == (3'(2'(2'(i) - dut.g_q)) < unread))
  end
  `FV_INVARIANT(i_data, !alive || (dut.ctl_q[slot] == ctl && dut.addr_q[slot] == addr))
  `FV_INVARIANT(i_read, !to_read || u_read.data_o == data && alive)
  `FV_INVARIANT(i_waits, !alive || (dut.vec_q[slot] == vec_q && dut.ctx_q[slot] == ctx_q))

  `FV_COVER(c_full, full && unread == 3'd2 && to_read && unread_place == 3'd1 && g_ok)
  `FV_COVER(c_around, alive && watch_i == 3'd5 && g_pop_i && done_i)
endmodule
