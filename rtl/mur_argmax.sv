// SPDX-License-Identifier: Apache-2.0
// mur_argmax: the largest score and its index over all chunks of all FIREs from `first` to `last`;
// of equal scores the lowest index, as chunks come in ascending order within a FIRE and a tie with
// the maximum kept so far is decided by index. One such maximum per step; `first` forgets both. One
// chunk a cycle.

module mur_argmax #(
  parameter int unsigned C = 16
) (
  input  logic                clk_i,
  input  logic                rst_ni,
  input  logic                clr_i,
  input  logic                en_i,
  input  logic                fresh_i,     // forget what came before (first chunk, step 0, of `first`)
  input  logic                step_i,
  input  logic [31:0]         base_i,      // index of the chunk's lane 0
  input  logic [C-1:0]        ok_i,        // lanes below n
  input  logic [C-1:0][26:0]  y_i,
  input  logic                sel_i,       // which step to show
  output logic [31:0]         index_o,
  output logic [31:0]         score_o
);
  localparam logic signed [26:0] Lowest = {1'b1, 26'd0};   // below every score

  logic signed [26:0] max_q [2];
  logic [31:0]        idx_q [2];

  assign index_o = idx_q[sel_i];
  assign score_o = 32'(max_q[sel_i]);

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      max_q[0] <= '0;
      max_q[1] <= '0;
      idx_q[0] <= '0;
      idx_q[1] <= '0;
    end else if (clr_i) begin
      max_q[0] <= '0;
      max_q[1] <= '0;
      idx_q[0] <= '0;
      idx_q[1] <= '0;
    end else if (en_i) begin
      logic signed [26:0] best;
      logic [31:0]        arg, i;
      best = signed'(y_i[0]);               // lane 0 of a chunk read is always below n
      arg  = base_i;
      for (int unsigned c = 1; c < C; c++) begin
        if (ok_i[c] && signed'(y_i[c]) > best) begin
          best = signed'(y_i[c]);
          arg  = base_i + c;
        end
      end
      i = idx_q[step_i];
      if (fresh_i || best > max_q[step_i] || (best == max_q[step_i] && arg < i)) begin
        max_q[step_i] <= best;
        idx_q[step_i] <= arg;
      end
      if (fresh_i) begin
        max_q[1] <= Lowest;
        idx_q[1] <= '1;
      end
    end
  end

endmodule
