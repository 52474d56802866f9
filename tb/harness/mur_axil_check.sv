// SPDX-License-Identifier: Apache-2.0
// mur_axil_check: the AXI4-Lite rules that the slave must keep: a response holds until it is taken, answers
// an access that has been accepted, and OKAY or SLVERR is what it says.

`include "mur_assert.svh"

module mur_axil_check (
  input logic        clk_i,
  input logic        rst_ni,
  input logic        aw_i,       // handshakes
  input logic        w_i,
  input logic        ar_i,
  input logic        bvalid_i,
  input logic        bready_i,
  input logic [1:0]  bresp_i,
  input logic        rvalid_i,
  input logic        rready_i,
  input logic [1:0]  rresp_i,
  input logic [31:0] rdata_i
);
  logic        b_waits_q, r_waits_q;
  logic [1:0]  bresp_q, rresp_q;
  logic [31:0] rdata_q;
  int          aw_open_q, w_open_q, ar_open_q;   // accepted and not yet answered

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      {b_waits_q, r_waits_q, bresp_q, rresp_q, rdata_q} <= '0;
      {aw_open_q, w_open_q, ar_open_q} <= '0;
    end else begin
      b_waits_q <= bvalid_i && !bready_i;
      r_waits_q <= rvalid_i && !rready_i;
      bresp_q   <= bresp_i;
      rresp_q   <= rresp_i;
      if (rvalid_i) rdata_q <= rdata_i;
      aw_open_q <= aw_open_q + 32'(aw_i) - 32'(bvalid_i && bready_i);
      w_open_q  <= w_open_q + 32'(w_i) - 32'(bvalid_i && bready_i);
      ar_open_q <= ar_open_q + 32'(ar_i) - 32'(rvalid_i && rready_i);
      if (b_waits_q) begin
        `MUR_EXPECT(a_b_held, bvalid_i && bresp_i == bresp_q,
                    ("registers: a write response did not wait for BREADY"))
      end
      if (r_waits_q) begin
        `MUR_EXPECT(a_r_held, rvalid_i && rresp_i == rresp_q && rdata_i == rdata_q,
                    ("registers: read data did not wait for RREADY"))
      end
      if (bvalid_i) begin
        `MUR_EXPECT(a_b_due, aw_open_q > 0 && w_open_q > 0, ("registers: a write response without a write"))
        `MUR_EXPECT(a_bresp, bresp_i inside {2'b00, 2'b10}, ("registers: write response %0d", bresp_i))
      end
      if (rvalid_i) begin
        `MUR_EXPECT(a_r_due, ar_open_q > 0, ("registers: read data without a read"))
        `MUR_EXPECT(a_rresp, rresp_i inside {2'b00, 2'b10}, ("registers: read response %0d", rresp_i))
      end
    end
  end
endmodule
