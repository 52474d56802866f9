// SPDX-License-Identifier: Apache-2.0
// fv_scan_chunk: of each group, mur_scan_chunk reads the chunks with survivors, each once, lowest first,
// and hands on those with active rows, and the one that closes the ACC, once. A row is active if it
// survives and its element has a selected bit, shown of row watch_i, any constant; the rank of a chunk is
// the group's plus the kept rows below.

`include "fv.svh"

module fv_scan_chunk
  import mur_pkg::*;
#(
  parameter int unsigned C = 8
) (
  input logic                clk_i,
  input logic                rst_ni,
  input logic [6:0]          watch_i,
  input acc_ctl_t            ctl_i,
  input logic                valid_i,
  input slot_t               slot_i,
  input logic                last_i,
  input logic [GROUP-1:0]    surv_i,
  input logic [GROUP-1:0]    kept_i,
  input logic [RANK_W-1:0]   rank_i,
  input logic [8:0]          group_i,
  input addr_t               chunk_i,
  input logic                vec_gnt_i,
  input logic [C*ELEM_W-1:0] vec_rdata_i,
  input logic                ready_i
);
  localparam int unsigned N  = GROUP / C;
  localparam int unsigned NW = $clog2(N);

  logic                ready, vec_req, valid, last;
  addr_t               vec_addr, row;
  slot_t               slot;
  logic [C-1:0]        act, kept;
  logic [RANK_W-1:0]   rank;
  logic [C*ELEM_W-1:0] elem;

  mur_scan_chunk #(.C(C)) dut (
    .clk_i, .rst_ni, .valid_i, .ready_o(ready), .slot_i, .last_i, .surv_i, .kept_i, .rank_i, .group_i,
    .chunk_i, .vec_req_o(vec_req), .vec_addr_o(vec_addr), .vec_gnt_i, .vec_rdata_i, .c_slot_o(slot),
    .c_ctl_i(ctl_i), .valid_o(valid), .ready_i, .last_o(last), .act_o(act), .kept_o(kept), .rank_o(rank),
    .row_o(row), .elem_o(elem)
  );

  // What the rows of the chunk's ACC select.
  logic [ELEM_W-1:0] select;
  always_comb begin
    for (int unsigned b = 0; b < ELEM_W; b++) begin
      select[b] = ctl_i.fmt == FmtUnsigned || ctl_i.fmt == FmtSigned
               || (ctl_i.sel0[3] && 32'(ctl_i.sel0[2:0]) == b)
               || (ctl_i.sel1[3] && 32'(ctl_i.sel1[2:0]) == b);
    end
  end

  // The group being read: which of its chunks have been.
  typedef struct packed {
    slot_t             slot;
    logic              last;
    logic [GROUP-1:0]  surv;
    logic [GROUP-1:0]  kept;
    logic [RANK_W-1:0] rank;
    logic [8:0]        group;
    addr_t             chunk;
  } group_t;
  group_t        g_q, c_q;
  logic          g_busy_q, c_busy_q, c_last_q, c_null_q, enter, read, pass, done, dropped, leave;
  logic [N-1:0]  read_q, here, want;
  logic [NW-1:0] c_idx_q;
  addr_t         got_q;                       // address of the elements that stand at the memory
  logic [C*ELEM_W-1:0] held_q;
  logic          read_prev_q, moved_q;
  acc_ctl_t      ctl_q;

  assign enter = valid_i && ready;
  assign read  = vec_req && vec_gnt_i;
  for (genvar i = 0; i < N; i++) begin : gen_chunk
    assign want[i] = g_q.surv[i*C +: C] != '0;
    assign here[i] = read && vec_addr == g_q.chunk + addr_t'(i);
  end
  assign done = g_busy_q && (read ? (read_q | here) == want : pass);
  // A group without survivors passes when there is room.
  assign pass    = g_busy_q && want == '0 && (!c_busy_q || dropped || leave);
  assign dropped = c_busy_q && !c_last_q && act == '0;
  assign leave   = valid && ready_i;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      g_busy_q <= 1'b0;
      c_busy_q <= 1'b0;
    end else begin
      if (enter) g_busy_q <= 1'b1;
      else if (done) g_busy_q <= 1'b0;
      if (read || pass) c_busy_q <= 1'b1;
      else if (leave || dropped) c_busy_q <= 1'b0;
    end
  end
  always_ff @(posedge clk_i) begin
    if (enter) begin
      g_q    <= '{slot_i, last_i, surv_i, kept_i, rank_i, group_i, chunk_i};
      read_q <= '0;
    end else if (read) begin
      read_q <= read_q | here;
    end
    if (read || pass) begin
      c_q      <= g_q;
      c_last_q <= done && g_q.last;
      c_null_q <= pass;
    end
    for (int unsigned i = 0; i < N; i++) if (here[i]) c_idx_q <= NW'(i);
    if (read) got_q <= vec_addr;
    held_q      <= vec_rdata_i;
    read_prev_q <= read;
    moved_q     <= read || pass;
    ctl_q       <= ctl_i;
  end

  `FV_RESET
  `FV_CONST(watch_i)
  `FV_ASSUME(!valid_i || (surv_i & ~kept_i) == '0)
  `FV_ASSUME(!valid_i || (surv_i != '0 || last_i))
  `FV_ASSUME(!valid_i || 32'(rank_i) <= 32'(group_i) * GROUP)
  `FV_ASSUME(read_prev_q || vec_rdata_i == held_q)
  `FV_ASSUME(moved_q || ctl_i == ctl_q)

  // reading
  `FV_ASSERT(a_whole, !enter || !g_busy_q || done)
  `FV_ASSERT(a_request, !vec_req || g_busy_q)
  `FV_ASSERT(a_room, !(read || pass) || !c_busy_q || dropped || leave)
  `FV_ASSERT(a_lowest, !read || ((here & want & ~read_q) != '0 && (want & (here - 1'b1)) == read_q))
  `FV_ASSERT(a_flows, ready == (!g_busy_q || done))
  // handing on
  `FV_ASSERT(a_valid, valid == (c_busy_q && (act != '0 || c_last_q)))
  `FV_ASSERT(a_last, !valid || (last == c_last_q && slot == c_q.slot))
  `FV_ASSERT(a_null, !c_busy_q || !c_null_q || (act == '0 && c_last_q))
  `FV_ASSERT(a_elem, !valid || c_null_q || (elem == vec_rdata_i && got_q == c_q.chunk + addr_t'(c_idx_q)))
  `FV_ASSERT(a_row, !valid || c_null_q || row == addr_t'(32'(c_q.group) * GROUP + 32'(c_idx_q) * C))
  for (genvar i = 0; i < C; i++) begin : gen_row
    logic mine;
    assign mine = valid && !c_null_q && 32'(watch_i) == 32'(c_idx_q) * C + i;
    `FV_ASSERT(a_kept, !mine || kept[i] == c_q.kept[watch_i])
    `FV_ASSERT(a_act, !mine || act[i] == (c_q.surv[watch_i] && (elem[i*ELEM_W +: ELEM_W] & select) != '0))
  end
  logic [GROUP-1:0] below;
  for (genvar i = 0; i < GROUP; i++) begin : gen_below
    assign below[i] = i / C < 32'(c_idx_q);
  end
  `FV_ASSERT(a_rank, !valid || c_null_q || rank == c_q.rank + RANK_W'($countones(c_q.kept & below)))

  `FV_ASSERT(a_rank_in_range, !valid || c_null_q || rank <= RANK_W'(row))

  // What the induction needs to know of the inside.
  `FV_INVARIANT(i_range, !g_busy_q || 32'(g_q.rank) <= 32'(g_q.group) * GROUP)
  `FV_INVARIANT(i_range_read, !c_busy_q || c_null_q || 32'(c_q.rank) <= 32'(c_q.group) * GROUP)
  `FV_INVARIANT(i_busy, dut.gv_q == g_busy_q && dut.cv_q == c_busy_q)
  `FV_INVARIANT(i_todo, !g_busy_q || (dut.todo_q == (want & ~read_q) && dut.gnull_q == (want == '0)))
  `FV_INVARIANT(i_read, !g_busy_q || ((read_q & ~want) == '0 && (want == '0 || read_q != want)))
  `FV_INVARIANT(i_prefix, !g_busy_q || want == '0 || (want & ((dut.todo_q & -dut.todo_q) - 1'b1)) == read_q)
  `FV_INVARIANT(i_group, !g_busy_q || {dut.gslot_q, dut.glast_q, dut.surv_q, dut.kept_q, dut.grank_q,
                                    dut.group_q, dut.chunk_q} == g_q)
  `FV_INVARIANT(i_order, !g_busy_q || (g_q.surv & ~g_q.kept) == '0 && (g_q.surv != '0 || g_q.last))
  `FV_INVARIANT(i_chunk, !c_busy_q || (dut.cnull_q == c_null_q && dut.clast_q == c_last_q
                         && slot == c_q.slot))
  `FV_INVARIANT(i_null, !c_busy_q || !c_null_q || c_last_q)
  for (genvar i = 0; i < C; i++) begin : gen_surv
    `FV_INVARIANT(i_surv, !c_busy_q || c_null_q || dut.csurv_q[i] == c_q.surv[32'(c_idx_q) * C + i])
  end

  `FV_COVER(c_third_chunk, leave && !c_null_q && read_q == N'(7) && g_busy_q && act == C'(5))
  `FV_COVER(c_dropped, dropped && c_idx_q == NW'(1))
  `FV_COVER(c_null, leave && c_null_q)
  `FV_COVER(c_closes_empty, leave && !c_null_q && last && act == '0)
  `FV_COVER(c_back_to_back, done && enter && read)
endmodule
