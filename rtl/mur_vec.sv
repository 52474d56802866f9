// SPDX-License-Identifier: Apache-2.0
// mur_vec: one scanner's copy of the vector memory, with the non-zero flags beside it.
//
//   word      C elements of 16 bits              address: chunk
//   flags     128 bits, one per element          address: group (128 / C chunks)
//
// A write goes first; a read is granted only in a cycle without one, and its data come a cycle later
// and stay until the next granted read.

module mur_vec
  import mur_pkg::*;
#(
  parameter int unsigned C         = 16,
  parameter int unsigned VEC_DEPTH = 128       // a multiple of 128 / C
) (
  input  logic                clk_i,
  input  logic                we_i,
  input  addr_t               waddr_i,
  input  logic [C*ELEM_W-1:0] wdata_i,
  input  logic [C-1:0]        wflag_i,
  input  logic                vec_req_i,
  input  addr_t               vec_addr_i,
  output logic                vec_gnt_o,
  output logic [C*ELEM_W-1:0] vec_rdata_o,
  input  logic                flag_req_i,
  input  addr_t               flag_addr_i,     // group
  output logic                flag_gnt_o,
  output logic [GROUP-1:0]    flag_rdata_o
);
  localparam int unsigned N      = GROUP / C;
  localparam int unsigned NW     = $clog2(N);
  localparam int unsigned GROUPS = VEC_DEPTH / N;
  localparam int unsigned DEPTH  = GROUPS < 2 ? 2 : GROUPS;
  localparam int unsigned VW     = $clog2(VEC_DEPTH);
  localparam int unsigned GW     = $clog2(DEPTH);

  logic [VW-1:0] vec_addr;
  logic [GW-1:0] flag_addr;

  assign vec_gnt_o  = !we_i;
  assign flag_gnt_o = !we_i;
  assign vec_addr   = VW'(we_i ? waddr_i : vec_addr_i);
  assign flag_addr  = GW'(we_i ? waddr_i >> NW : flag_addr_i);

  mur_ram #(.WIDTH(C * ELEM_W), .DEPTH(VEC_DEPTH)) u_elem (
    .clk_i, .en_i(we_i || vec_req_i), .we_i, .wmask_i(1'b1), .addr_i(vec_addr),
    .wdata_i, .rdata_o(vec_rdata_o)
  );

  mur_ram #(.WIDTH(GROUP), .DEPTH(DEPTH), .GRAN(C)) u_flag (
    .clk_i, .en_i(we_i || flag_req_i), .we_i, .wmask_i(N'(1) << waddr_i[NW-1:0]), .addr_i(flag_addr),
    .wdata_i({N{wflag_i}}), .rdata_o(flag_rdata_o)
  );

endmodule
