// SPDX-License-Identifier: Apache-2.0
// example_soc: how mur_top sits in a larger design. A reset that is asserted at once and released in step
// with the clock, a 64 kB window of a 32-bit register bus, streams that a DMA engine feeds and empties.
//
// A test lints it, compiles it with the C driver beside it (murmur.c), and runs the two together.

module example_soc #(
  parameter int unsigned LANES     = 64,
  parameter int unsigned RESULT_W  = 256,
  parameter int unsigned WGT_DEPTH = 512,
  parameter int unsigned VEC_DEPTH = 128
) (
  input  logic                  clk_i,
  input  logic                  por_ni,            // power-on reset, asynchronous

  // register bus, AXI4-Lite, 64 kB window
  input  logic [15:0]           reg_awaddr_i,
  input  logic                  reg_awvalid_i,
  output logic                  reg_awready_o,
  input  logic [31:0]           reg_wdata_i,
  input  logic [3:0]            reg_wstrb_i,
  input  logic                  reg_wvalid_i,
  output logic                  reg_wready_o,
  output logic [1:0]            reg_bresp_o,
  output logic                  reg_bvalid_o,
  input  logic                  reg_bready_i,
  input  logic [15:0]           reg_araddr_i,
  input  logic                  reg_arvalid_i,
  output logic                  reg_arready_o,
  output logic [31:0]           reg_rdata_o,
  output logic [1:0]            reg_rresp_o,
  output logic                  reg_rvalid_o,
  input  logic                  reg_rready_i,

  // DMA: images and frames out of memory, results into it
  input  logic [63:0]           img_tdata_i,
  input  logic                  img_tvalid_i,
  output logic                  img_tready_o,
  input  logic                  img_tlast_i,
  input  logic [63:0]           frm_tdata_i,
  input  logic                  frm_tvalid_i,
  output logic                  frm_tready_o,
  input  logic                  frm_tlast_i,
  input  logic                  frm_first_i,       // of an utterance
  output logic [RESULT_W-1:0]   res_tdata_o,
  output logic [RESULT_W/8-1:0] res_tkeep_o,
  output logic [63:0]           res_tuser_o,
  output logic                  res_tvalid_o,
  input  logic                  res_tready_i,
  output logic                  res_tlast_o,

  output logic                  irq_o              // level, to the interrupt controller
);
  // Asserted without a clock, released after two edges.
  /* verilator lint_off SYNCASYNCNET */ // asynchronous for every flop; only assertions sample it on the clock
  logic [1:0] reset_q;
  /* verilator lint_on SYNCASYNCNET */
  always_ff @(posedge clk_i or negedge por_ni) begin
    if (!por_ni) reset_q <= '0;
    else         reset_q <= {reset_q[0], 1'b1};
  end

  // The window is larger than the registers' 4 kB: what lies above must not alias.
  logic aw_here, ar_here;
  assign aw_here = reg_awaddr_i[15:12] == '0;
  assign ar_here = reg_araddr_i[15:12] == '0;
  // 0xFFC is not a register: it answers SLVERR, as every address must that is not one.
  localparam logic [11:0] Nowhere = 12'hFFC;

  mur_top #(
    .LANES(LANES), .RESULT_W(RESULT_W), .WGT_DEPTH(WGT_DEPTH), .VEC_DEPTH(VEC_DEPTH)
  ) u_murmur (
    .clk_i, .rst_ni(reset_q[1]),
    .s_axil_awaddr(aw_here ? reg_awaddr_i[11:0] : Nowhere), .s_axil_awprot('0),
    .s_axil_awvalid(reg_awvalid_i), .s_axil_awready(reg_awready_o),
    .s_axil_wdata(reg_wdata_i), .s_axil_wstrb(reg_wstrb_i),
    .s_axil_wvalid(reg_wvalid_i), .s_axil_wready(reg_wready_o),
    .s_axil_bresp(reg_bresp_o), .s_axil_bvalid(reg_bvalid_o), .s_axil_bready(reg_bready_i),
    .s_axil_araddr(ar_here ? reg_araddr_i[11:0] : Nowhere), .s_axil_arprot('0),
    .s_axil_arvalid(reg_arvalid_i), .s_axil_arready(reg_arready_o),
    .s_axil_rdata(reg_rdata_o), .s_axil_rresp(reg_rresp_o),
    .s_axil_rvalid(reg_rvalid_o), .s_axil_rready(reg_rready_i),
    .s_axis_img_tdata(img_tdata_i), .s_axis_img_tvalid(img_tvalid_i), .s_axis_img_tready(img_tready_o),
    .s_axis_img_tlast(img_tlast_i),
    .s_axis_frm_tdata(frm_tdata_i), .s_axis_frm_tvalid(frm_tvalid_i), .s_axis_frm_tready(frm_tready_o),
    .s_axis_frm_tlast(frm_tlast_i), .s_axis_frm_tuser(frm_first_i),
    .m_axis_res_tdata(res_tdata_o), .m_axis_res_tkeep(res_tkeep_o), .m_axis_res_tuser(res_tuser_o),
    .m_axis_res_tvalid(res_tvalid_o), .m_axis_res_tready(res_tready_i), .m_axis_res_tlast(res_tlast_o),
    .irq_o
  );

endmodule
