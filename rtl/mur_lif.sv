// SPDX-License-Identifier: Apache-2.0
// mur_lif: one neuron lane of FIRE: one adder for the leaky integrate-and-fire step and for scores.
//
//   score   y = I + bias                             (u = 0)
//   LIF     u = v - (v >>> k), or v (k = 0), or 0 (k = 15)
//           p = clamp16(u + I + bias);  s = p >= theta;  v' = s ? (soft ? p - theta : 0) : p
//
// One step per en_i, results a cycle later and held. first_i takes v and z from the state memory;
// the next step of the same neuron continues from the lane's own v' and z'.

module mur_lif
  import mur_pkg::*;
(
  input  logic                      clk_i,
  input  logic                      en_i,
  input  logic                      lif_i,
  input  logic                      first_i,
  input  logic                      ok_i,        // below n; else everything is zero
  input  logic [3:0]                leak_i,
  input  logic                      soft_i,
  input  logic [2:0]                bit_i,       // spike bit of this step
  input  logic [STATE_W-1:0]        state_i,     // {z, v}
  input  logic signed [THETA_W-1:0] theta_i,
  input  logic signed [BIAS_W-1:0]  bias_i,
  input  logic signed [ACC_W:0]     cur_i,       // I
  output logic                      s_o,
  output logic signed [MEM_W-1:0]   v_o,
  output logic [SPIKE_W-1:0]        z_o,
  output logic signed [26:0]        y_o
);

  always_ff @(posedge clk_i) begin
    if (en_i) begin
      logic signed [MEM_W-1:0] v, p, d;
      logic signed [MEM_W:0]   u;
      logic signed [26:0]      x;
      logic                    s;
      logic [SPIKE_W-1:0]      z;

      v = first_i ? state_i[MEM_W-1:0] : v_o;
      z = first_i ? state_i[STATE_W-1:MEM_W] : z_o;
      d = v >>> leak_i;                     // apart: in ?: beside an unsigned 0 it would not be signed
      if (leak_i == LEAK_NONE) d = '0;
      u = (!lif_i || leak_i == LEAK_ALL) ? '0 : 17'(v) - 17'(d);
      x = 27'(u) + 27'(cur_i) + 27'(bias_i);
      p = (x > 27'sd32767) ? 16'sd32767 : (x < -27'sd32768) ? -16'sd32768 : x[MEM_W-1:0];
      s = ok_i && p >= theta_i;
      z[bit_i] = s;

      s_o <= s;
      v_o <= !ok_i ? '0 : !s ? p : soft_i ? p - theta_i : '0;
      z_o <= ok_i ? z : '0;
      y_o <= ok_i ? x : '0;
    end
  end

endmodule
