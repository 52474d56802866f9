// SPDX-License-Identifier: Apache-2.0
// What every proof begins with. Inputs of a proof's module take any value at any time, a flip-flop without
// a reset starts with any value.

`ifndef FV_SVH
`define FV_SVH

// The first cycle is a reset; later ones come when they like.
`define FV_RESET \
  logic started_q = 1'b0; \
  always_ff @(posedge clk_i) started_q <= 1'b1; \
  always_comb if (!started_q) assume (!rst_ni);

// The input NAME is a constant, of any value.
`define FV_CONST(NAME) \
  logic [$bits(NAME)-1:0] NAME``_q; \
  always_ff @(posedge clk_i) NAME``_q <= NAME; \
  always_comb if (started_q) assume (NAME == NAME``_q);

// COND holds at every clock out of reset.
`define FV_ASSERT(NAME, COND) \
  always_ff @(posedge clk_i) if (rst_ni) NAME: assert (COND);

// COND helps the induction: proven with the rest, but no planted bug is caught by what knows the inside.
`ifdef FV_INDUCTION
`define FV_INVARIANT(NAME, COND) `FV_ASSERT(NAME, COND)
`else
`define FV_INVARIANT(NAME, COND)
`endif

// COND is the duty of what stands around the module.
`define FV_ASSUME(COND) \
  always_comb if (rst_ni) assume (COND);

// COND happens some time.
`define FV_COVER(NAME, COND) \
  always_ff @(posedge clk_i) if (rst_ni) NAME: cover (COND);

`endif
