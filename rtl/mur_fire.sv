// SPDX-License-Identifier: Apache-2.0
// mur_fire: works through the front entry of the FIRE queue, a tile in chunks of C neurons.
//
//   read     bias, theta and state words, and C accumulators of each set (cleared as taken)
//   compute  one step (C x mur_lif); two cycles a chunk for LIF, one per step for RAW and ARGMAX
//   commit   LIF: state and elements written after the second cycle; RAW: a beat; ARGMAX: compare
//
// The state memory is read in a chunk's even and written in its odd cycle. RAW waits for the result
// stream; an END token becomes the END beat. Entries behind a fault are passed without effect.

`include "mur_assert.svh"

module mur_fire
  import mur_pkg::*;
#(
  parameter int unsigned LANES    = 128,
  parameter int unsigned RESULT_W = 512,
  localparam int unsigned C       = RESULT_W / 32,
  localparam int unsigned CHW     = LANES > C ? $clog2(LANES / C) : 1
) (
  input  logic                    clk_i,
  input  logic                    rst_ni,
  input  logic                    clr_i,           // running maxima to zero
  // front entry
  input  logic                    valid_i,
  /* verilator lint_off UNUSEDSIGNAL */ // ctx, seq: mur_work gives them to the lanes and to kill_i
  input  fire_ctl_t               ctl_i,
  /* verilator lint_on UNUSEDSIGNAL */
  input  fire_addr_t              addr_i,
  input  logic                    kill_i,
  output logic                    done_o,
  input  logic [31:0]             frame_i,
  // accumulators
  output logic                    rd_o,
  output logic [CHW-1:0]          rd_chunk_o,
  input  logic [C-1:0][ACC_W-1:0] i0_i,
  input  logic [C-1:0][ACC_W-1:0] i1_i,
  // parameters and state
  output addr_t                   bias_addr_o,     // read with rd_o
  input  logic [C-1:0][BIAS_W-1:0]  bias_i,
  output logic                    neu_re_o,        // theta and state
  output addr_t                   neu_addr_o,
  input  logic [C-1:0][THETA_W-1:0] theta_i,
  input  logic [C-1:0][STATE_W-1:0] state_i,
  output logic                    wr_o,            // state and vector, always taken
  output addr_t                   wr_neu_o,
  output logic [C-1:0][STATE_W-1:0] wr_state_o,
  output addr_t                   wr_vec_o,
  // results
  output logic                    res_valid_o,
  input  logic                    res_ready_i,
  output logic [RESULT_W-1:0]     res_data_o,
  output logic [RESULT_W/8-1:0]   res_keep_o,
  output res_user_t               res_user_o,
  output logic                    res_last_o,
  // ledger and tap
  output logic                    spk_valid_o,
  output logic [2:0]              spk_tag_o,
  output logic [4:0]              spk_count_o,
  output logic                    word_valid_o,
  output logic [4:0]              word_count_o,
  output tap_lif_t                tap_o
);
  typedef enum logic [1:0] { StIdle, StRun, StMax, StEnd } state_e;
  state_e     st_q, st_d;

  // ---- the entry --------------------------------------------------------------------------------
  logic       is_lif, is_raw, two;
  logic [7:0] chunks;
  assign is_lif = ctl_i.kind == KindLif;
  assign is_raw = ctl_i.kind == KindRaw;
  assign two    = ctl_i.take == 2'b11 && !ctl_i.summed;
  assign chunks = (addr_i.n + 8'(C - 1)) >> $clog2(C);

  // ---- read -------------------------------------------------------------------------------------
  logic [7:0] next_q;                            // chunk to be read
  logic       v1_q, ph1_q, fin1, adv1;
  logic [7:0] ch1_q;
  logic       v2_q, ph2_q, step2_q, last2_q, go2;
  logic [7:0] ch2_q;
  logic [C-1:0] ok1, ok2_q;

  assign rd_o        = st_q == StRun && next_q != chunks && (!v1_q || fin1);
  assign rd_chunk_o  = CHW'(next_q);
  assign bias_addr_o = addr_i.par + addr_t'(next_q);
  assign neu_re_o    = rd_o && is_lif;
  assign neu_addr_o  = addr_i.neu + addr_t'(next_q);

  // ---- compute ----------------------------------------------------------------------------------
  logic en1;
  assign adv1 = v1_q && (!v2_q || go2);
  assign fin1 = adv1 && (ph1_q || !(is_lif || two));
  assign en1  = adv1 && (!ph1_q || two);

  always_comb begin
    for (int unsigned c = 0; c < C; c++) ok1[c] = 32'(ch1_q) * C + c < 32'(addr_i.n);
  end

  logic [C-1:0]              s2;
  logic [C-1:0][MEM_W-1:0]   v2;
  logic [C-1:0][SPIKE_W-1:0] z2;
  logic [C-1:0][26:0]        y2;

  for (genvar c = 0; c < C; c++) begin : g_lane
    logic signed [ACC_W:0] cur;
    assign cur = ph1_q || ctl_i.take == 2'b10 ? 25'(signed'(i1_i[c]))
               : ctl_i.summed ? 25'(signed'(i0_i[c])) + 25'(signed'(i1_i[c])) : 25'(signed'(i0_i[c]));
    mur_lif u_lif (
      .clk_i, .en_i(en1), .lif_i(is_lif), .first_i(!ph1_q), .ok_i(ok1[c]),
      .leak_i(ctl_i.leak), .soft_i(ctl_i.soft_rst), .bit_i(ctl_i.bit0 + 3'(ph1_q)),
      .state_i(state_i[c]), .theta_i(theta_i[c]), .bias_i(bias_i[c]), .cur_i(cur),
      .s_o(s2[c]), .v_o(v2[c]), .z_o(z2[c]), .y_o(y2[c])
    );
    assign wr_state_o[c] = {z2[c], v2[c]};
  end

  // ---- commit -----------------------------------------------------------------------------------
  logic tile_end, max_en, max_sel_q;
  logic [31:0] max_index, max_score;

  assign go2      = !(is_raw && v2_q) || res_ready_i;
  assign tile_end = v2_q && last2_q && go2;
  assign wr_o     = v2_q && is_lif && ph2_q;
  assign wr_neu_o = addr_i.neu + addr_t'(ch2_q);
  assign wr_vec_o = addr_i.dst + addr_t'(ch2_q);
  assign max_en   = v2_q && !is_lif && !is_raw;

  mur_argmax #(.C(C)) u_argmax (
    .clk_i, .rst_ni, .clr_i, .en_i(max_en), .fresh_i(ctl_i.first && ch2_q == '0 && !ph2_q), .step_i(ph2_q),
    .base_i((32'(addr_i.dst) + 32'(ch2_q)) * C), .ok_i(ok2_q), .y_i(y2),
    .sel_i(max_sel_q), .index_o(max_index), .score_o(max_score)
  );

  always_comb begin
    st_d   = st_q;
    done_o = 1'b0;
    unique case (st_q)
      StIdle: begin
        if (valid_i && kill_i && !ctl_i.is_err) done_o = 1'b1;
        else if (valid_i) st_d = ctl_i.is_end ? StEnd : StRun;
      end
      StRun: begin
        if (tile_end) begin
          if (!is_lif && !is_raw && ctl_i.last) st_d = StMax;
          else begin
            st_d   = StIdle;
            done_o = 1'b1;
          end
        end
      end
      StMax: begin
        if (res_ready_i && (max_sel_q || !two)) begin
          st_d   = StIdle;
          done_o = 1'b1;
        end
      end
      default: begin
        if (res_ready_i) begin
          st_d   = StIdle;
          done_o = 1'b1;
        end
      end
    endcase
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      st_q      <= StIdle;
      v1_q      <= 1'b0;
      v2_q      <= 1'b0;
      next_q    <= '0;
      max_sel_q <= 1'b0;
    end else begin
      st_q <= st_d;
      if (rd_o || fin1) v1_q <= rd_o;
      if (adv1 || go2)  v2_q <= adv1;
      if (st_q == StIdle) next_q <= '0;
      else if (rd_o) next_q <= next_q + 1'b1;
      max_sel_q <= st_q == StMax && (max_sel_q || res_ready_i);
    end
  end

  always_ff @(posedge clk_i) begin
    if (rd_o) begin
      ch1_q <= next_q;
      ph1_q <= 1'b0;
    end else if (adv1) begin
      ph1_q <= 1'b1;
    end
    if (adv1) begin
      ch2_q   <= ch1_q;
      ph2_q   <= ph1_q;
      step2_q <= en1;
      ok2_q   <= ok1;
      last2_q <= fin1 && ch1_q + 8'd1 == chunks;
    end
  end

  // ---- results ----------------------------------------------------------------------------------
  assign res_valid_o = (v2_q && is_raw && st_q == StRun) || st_q == StMax || st_q == StEnd;
  assign res_last_o  = st_q == StEnd;

  always_comb begin
    res_data_o = '0;
    res_keep_o = '0;
    res_user_o = '{rsvd: '0, kind: ResEnd, step: '0, index: '0, frame: frame_i};
    if (res_valid_o) begin
      unique case (st_q)
        StRun: begin
          for (int unsigned c = 0; c < C; c++) begin
            res_data_o[c*32 +: 32] = 32'(signed'(y2[c]));
            res_keep_o[c*4 +: 4]   = {4{ok2_q[c]}};
          end
          res_user_o.kind  = ResRaw;
          res_user_o.step  = 4'(ph2_q);
          res_user_o.index = wr_vec_o;
        end
        StMax: begin
          res_data_o[63:0] = {max_score, max_index};
          res_keep_o[7:0]  = '1;
          res_user_o.kind  = ResArgmax;
          res_user_o.step  = 4'(max_sel_q);
        end
        default: begin
          res_data_o[7:0] = ctl_i.is_err ? 8'(ctl_i.code) + 8'd1 : '0;
          res_keep_o[3:0] = '1;
        end
      endcase
    end
  end

  // ---- ledger and tap ---------------------------------------------------------------------------
  assign spk_valid_o  = v2_q && is_lif && step2_q;
  assign spk_tag_o    = ctl_i.tag;
  assign spk_count_o  = 5'($countones(s2));
  assign word_valid_o = res_valid_o && res_ready_i && st_q != StEnd;
  assign word_count_o = st_q == StMax ? 5'd1 : 5'($countones(ok2_q));

  assign tap_o.valid = spk_valid_o;
  assign tap_o.frame = frame_i;
  assign tap_o.pc    = ctl_i.pc;
  assign tap_o.chunk = ch2_q;
  assign tap_o.step  = ph2_q;
  assign tap_o.spike = CHUNK_MAX'(s2);
  assign tap_o.v     = (CHUNK_MAX*MEM_W)'(v2);

  `MUR_ASSERT(a_port, !(neu_re_o && wr_o), "the state memory is read and written in one cycle")
  `MUR_ASSERT_HELD(a_hold, res_valid_o, res_ready_i, {res_data_o, res_user_o},
                   "a result changes before it is taken")
  `MUR_ASSERT(a_run, !(v1_q || v2_q) || valid_i, "FIRE works on an entry that is not there")

endmodule
