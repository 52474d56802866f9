// SPDX-License-Identifier: Apache-2.0
// mur_axil_record: every register access as it was on the pins, recorded when its response is taken.
//
// The master has one access under way at a time, so the last address and data taken are those of a response.

module mur_axil_record
  import mur_dpi_pkg::*;
#(
  parameter int unsigned ADDR_W = 12
) (
  input logic              clk_i,
  input logic              rst_ni,
  input longint unsigned   cycle_i,
  input logic              aw_i,       // handshakes
  input logic [ADDR_W-1:0] awaddr_i,
  input logic              w_i,
  input logic [31:0]       wdata_i,
  input logic [3:0]        wstrb_i,
  input logic              b_i,
  input logic [1:0]        bresp_i,
  input logic              ar_i,
  input logic [ADDR_W-1:0] araddr_i,
  input logic              r_i,
  input logic [31:0]       rdata_i,
  input logic [1:0]        rresp_i
);
  logic [ADDR_W-1:0] addr_q;
  logic [31:0]       data_q;
  logic [3:0]        strb_q;
  longint unsigned   taken_q;  // cycle of the last address or data that the slave took

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      {addr_q, data_q, strb_q, taken_q} <= '0;
    end else begin
      if (aw_i) addr_q <= awaddr_i;
      if (ar_i) addr_q <= araddr_i;
      if (w_i) {data_q, strb_q} <= {wdata_i, wstrb_i};
      if (aw_i || w_i || ar_i) taken_q <= cycle_i;
      if (b_i) mur_access_done(1'b1, 32'(addr_q), data_q, 32'(strb_q), 0, 32'(bresp_i), taken_q);
      if (r_i) mur_access_done(1'b0, 32'(addr_q), 0, 0, rdata_i, 32'(rresp_i), taken_q);
    end
  end
endmodule
