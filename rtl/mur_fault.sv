// SPDX-License-Identifier: Apache-2.0
// mur_fault: remembers the first halting error of each scanner (its order is program order) until
// cleared: a rank beyond the weight bank, or an overflow at the lanes. An overflow of set 1 belongs
// to scanner 0 when that drives both sets. Visible one cycle after the event, just as the event's
// completion is, so nothing can begin on its result unseen.

module mur_fault
  import mur_pkg::*;
(
  input  logic       clk_i,
  input  logic       rst_ni,
  input  logic       clr_i,
  /* verilator lint_off UNUSEDSIGNAL */ // all but range, ev0_i.both, seq, pc: a fault needs no more
  input  ev_t        ev0_i,        // scanner 0, 1
  input  ev_t        ev1_i,
  input  ev_id_t     id0_i,
  input  ev_id_t     id1_i,
  /* verilator lint_on UNUSEDSIGNAL */
  input  logic [1:0] ovf_i,        // per set, one cycle after the event
  output fault_t     fault0_o,
  output fault_t     fault1_o,
  output fault_t     first_o       // the one that comes first in program order
);
  logic   v0_q, v1_q;
  err_e   code0_q, code1_q;
  seq_t   first0_q, first1_q;      // of the recorded fault
  addr_t  fpc0_q, fpc1_q;
  logic   range0_q, range1_q, both_q, ovf0, ovf1;
  seq_t   seq0_q, seq1_q;
  addr_t  pc0_q, pc1_q;

  assign ovf0 = ovf_i[0] || (ovf_i[1] && both_q);
  assign ovf1 = ovf_i[1] && !both_q;

  assign fault0_o.valid = v0_q || ovf0 || range0_q;
  assign fault0_o.code  = v0_q ? code0_q : ovf0 ? ErrAccOverflow : ErrAddrRange;
  assign fault0_o.seq   = v0_q ? first0_q : seq0_q;
  assign fault0_o.pc    = v0_q ? fpc0_q : pc0_q;
  assign fault1_o.valid = v1_q || ovf1 || range1_q;
  assign fault1_o.code  = v1_q ? code1_q : ovf1 ? ErrAccOverflow : ErrAddrRange;
  assign fault1_o.seq   = v1_q ? first1_q : seq1_q;
  assign fault1_o.pc    = v1_q ? fpc1_q : pc1_q;

  assign first_o = fault0_o.valid && !(fault1_o.valid && later(fault0_o.seq, fault1_o.seq))
                 ? fault0_o : fault1_o;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      v0_q     <= 1'b0;
      v1_q     <= 1'b0;
      range0_q <= 1'b0;
      range1_q <= 1'b0;
    end else begin
      v0_q     <= fault0_o.valid && !clr_i;
      v1_q     <= fault1_o.valid && !clr_i;
      range0_q <= ev0_i.range;
      range1_q <= ev1_i.range;
    end
  end

  always_ff @(posedge clk_i) begin
    both_q <= ev0_i.both;
    seq0_q <= id0_i.seq;
    pc0_q  <= id0_i.pc;
    seq1_q <= id1_i.seq;
    pc1_q  <= id1_i.pc;
    code0_q  <= fault0_o.code;
    first0_q <= fault0_o.seq;
    fpc0_q   <= fault0_o.pc;
    code1_q  <= fault1_o.code;
    first1_q <= fault1_o.seq;
    fpc1_q   <= fault1_o.pc;
  end

endmodule
