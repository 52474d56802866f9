// SPDX-License-Identifier: Apache-2.0
// Assertions. Each has a name (a_...) and a sentence that says what is wrong when it fires.
//
//   MUR_ASSERT(NAME, COND, SENTENCE)                     COND at every clock out of reset
//   MUR_ASSERT_NEXT(NAME, BEFORE, AFTER, SENTENCE)       AFTER one clock after BEFORE
//   MUR_ASSERT_HELD(NAME, VALID, TAKEN, DATA, SENTENCE)  VALID and DATA stay until TAKEN
//   MUR_EXPECT(NAME, COND, MESSAGE)                      COND here, in a process; MESSAGE = ("...", values)
//
// They use clk_i and rst_ni of the module around them; a reset ends what was waited for. The `assert`
// stands behind an `if` of the same condition: Verilator asks at run time, under a lock, whether assertions
// are on, and so does it only for one that fails. An unknown condition fails too. A value is copied only
// when a wait begins.

`ifndef MUR_ASSERT_SVH
`define MUR_ASSERT_SVH

`ifdef SYNTHESIS

`define MUR_EXPECT(NAME, COND, MESSAGE)
`define MUR_ASSERT(NAME, COND, SENTENCE)
`define MUR_ASSERT_NEXT(NAME, BEFORE, AFTER, SENTENCE)
`define MUR_ASSERT_HELD(NAME, VALID, TAKEN, DATA, SENTENCE)

`else

`define MUR_EXPECT(NAME, COND, MESSAGE) \
  /* verilator coverage_off */ /* a healthy design never takes the branch of a failure */ \
  if (COND) begin end else begin \
    NAME: assert (COND) else $error MESSAGE; \
  end \
  /* verilator coverage_on */

`define MUR_ASSERT(NAME, COND, SENTENCE) \
  always_ff @(posedge clk_i) begin \
    if (rst_ni) begin \
      `MUR_EXPECT(NAME, COND, (SENTENCE)) \
    end \
  end

`define MUR_ASSERT_NEXT(NAME, BEFORE, AFTER, SENTENCE) \
  logic NAME``_q; \
  always_ff @(posedge clk_i or negedge rst_ni) begin \
    if (!rst_ni) NAME``_q <= 1'b0; \
    else         NAME``_q <= (BEFORE); \
  end \
  `MUR_ASSERT(NAME, !NAME``_q || (AFTER), SENTENCE)

`define MUR_ASSERT_HELD(NAME, VALID, TAKEN, DATA, SENTENCE) \
  logic [$bits(DATA)-1:0] NAME``_data_q; \
  `MUR_ASSERT_NEXT(NAME, (VALID) && !(TAKEN), (VALID) && NAME``_data_q === DATA, SENTENCE) \
  always_ff @(posedge clk_i) begin \
    if ((VALID) && !(TAKEN) && !NAME``_q) NAME``_data_q <= DATA; \
  end

`endif
`endif
