// SPDX-License-Identifier: Apache-2.0
// mur_decode: checks one descriptor against every rule of docs/program.md and turns it into queue
// entries. Combinational checks, results registered with en_i and held for the sequencer.
//
// ILLEGAL_DESC (a rule about the descriptor or its place) goes before ADDR_RANGE (an address, with
// its loop offset, whose extent leaves its memory).

module mur_decode
  import mur_pkg::*;
#(
  parameter int unsigned LANES      = 128,
  parameter int unsigned C          = 16,
  parameter int unsigned WGT_DEPTH  = 1024,
  parameter int unsigned MASK_DEPTH = 256,
  parameter int unsigned BIAS_DEPTH = 256,
  parameter int unsigned NEUR_DEPTH = 64,
  parameter int unsigned VEC_DEPTH  = 128
) (
  input  logic              clk_i,
  input  logic              en_i,
  input  logic [DESC_W-1:0] desc_i,
  input  addr_t             pc_i,
  input  logic [ADDR_W:0]   prog_len_i,
  input  addr_t             off_i [5],       // src, wgt, msk, par, neu
  input  logic [1:0]        level_i,         // loops around it
  input  addr_t             end_i,           // last descriptor of the innermost
  input  logic              in_frame_i,
  input  logic              loaded_i,        // LOAD seen since the last FRAME
  input  logic              armed_i,         // the loader is armed for armed_dst_i, armed_len_i
  input  addr_t             armed_dst_i,
  input  addr_t             armed_len_i,
  // registered
  output op_e               op_o,
  output logic              illegal_o,
  output logic              range_o,
  output addr_t             dst_o,           // FRAME, LOAD
  output addr_t             len_o,
  output logic              wrap_o,          // END
  output desc_loop_t        loop_o,
  output logic [1:0]        sets_o,          // ACC, FOLD: sets that take part
  output acc_ctl_t          acc_ctl_o,       // seq is set at dispatch
  output acc_addr_t         acc_addr_o,
  output addr_t             acc_hi_o,        // last chunk of its source
  output fire_ctl_t         fire_ctl_o,
  output fire_addr_t        fire_addr_o
);
  localparam int unsigned CW = $clog2(C);
  localparam int unsigned GW = $clog2(GROUP / C);   // chunks of a group
  typedef logic [17:0] wide_t;                      // base + extent without overflow

  // Does base + count reach outside a memory of depth words?
  function automatic logic beyond(addr_t base, addr_t count, int unsigned depth);
    return 32'(base) + 32'(count) > depth;
  endfunction
  function automatic addr_t chunks(addr_t len);      // ceil(len / C)
    return addr_t'((wide_t'(len) + wide_t'(C - 1)) >> CW);
  endfunction
  function automatic addr_t moved(addr_t base, logic mv, addr_t off);
    return mv ? base + off : base;
  endfunction

  desc_frame_t f;
  desc_loop_t  l;
  /* verilator lint_off UNUSEDSIGNAL */ // op: the same bits of desc_i in each, read as f.op
  desc_acc_t   a;
  desc_fold_t  d;
  desc_fire_t  r;
  desc_end_t   e;
  /* verilator lint_on UNUSEDSIGNAL */
  assign f = desc_i;
  assign a = desc_i;
  assign d = desc_i;
  assign r = desc_i;
  assign l = desc_i;
  assign e = desc_i;

  logic  illegal, range;
  addr_t a_src, a_wgt, a_msk, r_dst, r_par, r_neu;
  logic  lif;
  assign lif   = r.kind == KindLif;
  assign a_src = moved(a.src, a.mv_src, off_i[0]);
  assign a_wgt = moved(a.wgt, a.mv_wgt, off_i[1]);
  assign a_msk = moved(a.msk, a.mv_msk, off_i[2]);
  assign r_dst = moved(r.dst, r.mv_dst, off_i[0]);
  assign r_par = moved(r.par, r.mv_par, off_i[3]);
  assign r_neu = moved(r.neu, r.mv_neu, off_i[4]);

  always_comb begin
    illegal = 1'b0;
    range   = 1'b0;
    if (en_i) begin
      illegal = !in_frame_i && f.op != OpFrame;
      unique case (f.op)
        OpFrame, OpLoad: begin
          if (f.rsvd0 != '0 || f.rsvd1 != '0 || f.len == '0 || f.dst[GW-1:0] != '0) illegal = 1'b1;
          if (level_i != '0) illegal = 1'b1;
          if (f.op == OpFrame && in_frame_i) illegal = 1'b1;
          if (f.op == OpFrame && armed_i && (f.dst != armed_dst_i || f.len != armed_len_i)) illegal = 1'b1;
          if (f.op == OpLoad && loaded_i) illegal = 1'b1;
          range = beyond(f.dst, chunks(f.len), VEC_DEPTH);
        end
        OpAcc: begin
          if (a.rsvd0 != '0 || a.rsvd1 != '0 || a.sets == '0 || a.ctx == 2'd3) illegal = 1'b1;
          if (a.wfmt != '0 || a.len == '0 || a_src[GW-1:0] != '0) illegal = 1'b1;
          if (a.sets != 2'b11 && a.bank != a.sets[1]) illegal = 1'b1;
          if (!a.masked && a.msk != '0) illegal = 1'b1;
          if (a.fmt[1]) begin
            if (a.sel0 != '0 || a.sel1 != '0) illegal = 1'b1;
          end else begin
            if (!a.sel0[3] && !a.sel1[3]) illegal = 1'b1;
            if (a.fmt == FmtMerged && a.sets == 2'b11) illegal = 1'b1;
            if (a.fmt == FmtSpikes && !a.sets[0] && a.sel0 != '0) illegal = 1'b1;
            if (a.fmt == FmtSpikes && !a.sets[1] && a.sel1 != '0) illegal = 1'b1;
          end
          range = beyond(a_src, chunks(a.len), VEC_DEPTH)
               || beyond(a_wgt, a.masked ? 16'd1 : a.len, WGT_DEPTH)
               || (a.masked && beyond(a_msk, addr_t'((wide_t'(a.len) + 18'd127) >> 7), MASK_DEPTH));
        end
        OpFold: begin
          if (d.rsvd0 != '0 || d.rsvd1 != '0) illegal = 1'b1;
          if (d.ctx == 2'd3 || d.src == 2'd3 || d.ctx == d.src) illegal = 1'b1;
        end
        OpFire: begin
          if (r.rsvd0 != '0 || r.rsvd1 != '0 || r.take == '0 || r.ctx == 2'd3) illegal = 1'b1;
          if (r.sum && r.take != 2'b11) illegal = 1'b1;
          if (r.n == '0 || r.n > 16'(LANES)) illegal = 1'b1;
          if (r.kind > KindArgmax) illegal = 1'b1;
          if (lif && r.take == 2'b11 && !r.sum && r.bit0 == 3'd7) illegal = 1'b1;
          if (r.kind != KindArgmax && (r.first || r.last)) illegal = 1'b1;
          if (!lif && (r.bit0 != '0 || r.tag != '0 || r.leak != '0 || r.soft_rst)) illegal = 1'b1;
          if (!lif && (r.neu != '0 || r.mv_neu)) illegal = 1'b1;
          range = beyond(r_par, chunks(r.n), BIAS_DEPTH)
               || (lif && beyond(r_dst, chunks(r.n), VEC_DEPTH))
               || (lif && beyond(r_neu, chunks(r.n), NEUR_DEPTH));
        end
        OpLoop: begin
          if (l.rsvd0 != '0 || l.rsvd1 != '0 || level_i == 2'd2) illegal = 1'b1;
          if (l.body == '0 || l.count == '0) illegal = 1'b1;
          if (wide_t'(pc_i) + wide_t'(l.body) >= wide_t'(prog_len_i)) illegal = 1'b1;
          if (level_i != '0 && wide_t'(pc_i) + wide_t'(l.body) > wide_t'(end_i)) illegal = 1'b1;
        end
        OpEnd: begin
          if (e.rsvd != '0 || level_i != '0) illegal = 1'b1;
        end
        default: illegal = 1'b1;
      endcase
    end
  end

  always_ff @(posedge clk_i) begin
    if (en_i) begin
      op_o      <= op_e'(f.op);
      illegal_o <= illegal;
      range_o   <= range;
      dst_o     <= f.dst;
      len_o     <= f.len;
      wrap_o    <= e.wrap;
      loop_o    <= l;

      sets_o            <= f.op == OpAcc ? a.sets : 2'b11;
      acc_ctl_o         <= '0;
      acc_ctl_o.item    <= f.op == OpFold ? ItFold : f.op == OpEnd ? ItEnd : ItAcc;
      acc_ctl_o.both    <= f.op == OpFold || (f.op == OpAcc && a.sets == 2'b11);
      acc_ctl_o.ctx     <= a.ctx;
      acc_ctl_o.src     <= d.src;
      acc_ctl_o.pc      <= pc_i;
      if (f.op == OpAcc) begin
        acc_ctl_o.masked <= a.masked;
        acc_ctl_o.fmt    <= a.fmt;
        acc_ctl_o.sel0   <= a.sel0;
        acc_ctl_o.sel1   <= a.sel1;
        acc_ctl_o.shift  <= a.shift;
        acc_ctl_o.bank   <= a.bank;
      end
      acc_addr_o <= '{msk: a_msk, wgt: a_wgt, len: a.len, src: a_src};
      acc_hi_o   <= a_src + chunks(a.len) - 16'd1;

      fire_ctl_o          <= '0;
      fire_ctl_o.is_end   <= f.op == OpEnd;
      fire_ctl_o.kind     <= r.kind;
      fire_ctl_o.take     <= r.take;
      fire_ctl_o.summed   <= r.sum;
      fire_ctl_o.ctx      <= r.ctx;
      fire_ctl_o.bit0     <= r.bit0;
      fire_ctl_o.tag      <= r.tag;
      fire_ctl_o.leak     <= r.leak;
      fire_ctl_o.soft_rst <= r.soft_rst;
      fire_ctl_o.first    <= r.first;
      fire_ctl_o.last     <= r.last;
      fire_ctl_o.pc       <= pc_i;
      fire_addr_o         <= '{dst: r_dst, par: r_par, neu: r_neu, n: r.n[7:0]};
    end
  end

endmodule
