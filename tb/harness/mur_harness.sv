// SPDX-License-Identifier: Apache-2.0
// mur_harness: clock, reset, stream transactors, taps and protocol checks around one mur_top.
//
// Python (tb/bfm.py) fills queues in plain memory and flips a `go` toggle; the transactors here empty them and
// flip the `done` toggle that wakes Python again: once a list of register accesses (reg), once a load of images
// (img), once a batch of frames, when its results have left (frm), once a reset (rst). These toggles are all
// that is public, with irq and the length of a reset. Under MUR_BARE a C++ program holds clock and toggles
// instead (bare_main.cpp).

module mur_harness #(
  parameter int unsigned LANES      = 128,
  parameter int unsigned RESULT_W   = 512,
  parameter int unsigned PROG_DEPTH = 256,
  parameter int unsigned WGT_DEPTH  = 1024,
  parameter int unsigned MASK_DEPTH = 256,
  parameter int unsigned BIAS_DEPTH = 256,
  parameter int unsigned NEUR_DEPTH = 64,
  parameter int unsigned VEC_DEPTH  = 128
) (
`ifdef MUR_BARE
  input  logic clk,
  input  logic go_rst, go_reg, go_img, go_frm,
  output logic done_rst, done_reg, done_img, done_frm
`endif
);
  import mur_dpi_pkg::*;
  int unsigned reset_cycles /*verilator public_flat_rw*/ = 8;

`ifndef MUR_BARE
  logic clk;
  initial begin
    clk = 1'b0;
    forever #5 clk = ~clk;
  end
  logic go_rst /*verilator public_flat_rw*/ = 1'b0;
  logic go_reg /*verilator public_flat_rw*/ = 1'b0;
  logic go_img /*verilator public_flat_rw*/ = 1'b0;
  logic go_frm /*verilator public_flat_rw*/ = 1'b0;
  logic done_rst /*verilator public_flat_rd*/;
  logic done_reg /*verilator public_flat_rd*/;
  logic done_img /*verilator public_flat_rd*/;
  logic done_frm /*verilator public_flat_rd*/;
`endif

  // ---- time and reset ----------------------------------------------------------------------------
  longint unsigned cycle;
  /* verilator lint_off SYNCASYNCNET */ // asynchronous for the design, a plain signal for the checks
  logic            rst_n;
  /* verilator lint_on SYNCASYNCNET */
  logic            go_rst_q;
  int unsigned     reset_left;

  initial begin
    cycle      = 0;
    rst_n      = 1'b0;
    go_rst_q   = 1'b0;
    done_rst   = 1'b0;
    reset_left = reset_cycles;
  end

  always_ff @(posedge clk) begin
    cycle    <= cycle + 1;
    go_rst_q <= go_rst;
    if (go_rst != go_rst_q) begin
      rst_n      <= 1'b0;
      reset_left <= reset_cycles;
    end else if (reset_left != 0) begin
      reset_left <= reset_left - 1;
      if (reset_left == 1) begin
        rst_n    <= 1'b1;
        done_rst <= !done_rst;
      end
    end
  end

  // ---- registers ---------------------------------------------------------------------------------
  localparam int unsigned AXIL_W = 12;
  logic              awvalid, awready, wvalid, wready, bvalid, bready, arvalid, arready, rvalid, rready;
  logic [AXIL_W-1:0] awaddr, araddr;
  logic [31:0]       wdata, rdata;
  logic [3:0]        wstrb;
  logic [1:0]        bresp, rresp;

  mur_axil_master #(.ADDR_W(AXIL_W)) u_axil (
    .clk_i(clk), .rst_ni(rst_n), .go_i(go_reg), .done_o(done_reg),
    .awvalid_o(awvalid), .awready_i(awready), .awaddr_o(awaddr),
    .wvalid_o(wvalid), .wready_i(wready), .wdata_o(wdata), .wstrb_o(wstrb),
    .bvalid_i(bvalid), .bready_o(bready),
    .arvalid_o(arvalid), .arready_i(arready), .araddr_o(araddr),
    .rvalid_i(rvalid), .rready_o(rready)
  );

  // ---- streams -----------------------------------------------------------------------------------
  logic [63:0] img_tdata, frm_tdata;
  logic        img_tvalid, img_tready, img_tlast, frm_tvalid, frm_tready, frm_tlast, frm_tuser;
  logic [RESULT_W-1:0]   res_tdata;
  logic [RESULT_W/8-1:0] res_tkeep;
  logic [63:0]           res_tuser;
  logic                  res_tvalid, res_tready, res_tlast, no_mark, frames_taken;
  logic                  irq /*verilator public_flat_rd*/;

  mur_stream_source #(.STREAM(StreamImage)) u_images (
    .clk_i(clk), .rst_ni(rst_n), .cycle_i(cycle), .go_i(go_img), .done_o(done_img),
    .tdata_o(img_tdata), .tvalid_o(img_tvalid), .tready_i(img_tready), .tlast_o(img_tlast), .tmark_o(no_mark)
  );
  mur_stream_source #(.STREAM(StreamFrame)) u_frames (
    .clk_i(clk), .rst_ni(rst_n), .cycle_i(cycle), .go_i(go_frm), .done_o(frames_taken),
    .tdata_o(frm_tdata), .tvalid_o(frm_tvalid), .tready_i(frm_tready), .tlast_o(frm_tlast),
    .tmark_o(frm_tuser)
  );
  mur_stream_sink #(.RESULT_W(RESULT_W)) u_results (
    .clk_i(clk), .rst_ni(rst_n), .cycle_i(cycle), .go_i(go_frm), .done_o(done_frm),
    .tdata_i(res_tdata), .tkeep_i(res_tkeep), .tvalid_i(res_tvalid), .tready_o(res_tready),
    .tlast_i(res_tlast), .tuser_i(res_tuser)
  );

  // ---- design under test ---------------------------------------------------------------------------
  mur_top #(
    .LANES(LANES), .RESULT_W(RESULT_W), .PROG_DEPTH(PROG_DEPTH), .WGT_DEPTH(WGT_DEPTH),
    .MASK_DEPTH(MASK_DEPTH), .BIAS_DEPTH(BIAS_DEPTH), .NEUR_DEPTH(NEUR_DEPTH), .VEC_DEPTH(VEC_DEPTH)
  ) dut (
    .clk_i(clk), .rst_ni(rst_n),
    .s_axil_awvalid(awvalid), .s_axil_awready(awready), .s_axil_awaddr(awaddr), .s_axil_awprot('0),
    .s_axil_wvalid(wvalid), .s_axil_wready(wready), .s_axil_wdata(wdata), .s_axil_wstrb(wstrb),
    .s_axil_bvalid(bvalid), .s_axil_bready(bready), .s_axil_bresp(bresp),
    .s_axil_arvalid(arvalid), .s_axil_arready(arready), .s_axil_araddr(araddr), .s_axil_arprot('0),
    .s_axil_rvalid(rvalid), .s_axil_rready(rready), .s_axil_rdata(rdata), .s_axil_rresp(rresp),
    .s_axis_img_tdata(img_tdata), .s_axis_img_tvalid(img_tvalid), .s_axis_img_tready(img_tready),
    .s_axis_img_tlast(img_tlast),
    .s_axis_frm_tdata(frm_tdata), .s_axis_frm_tvalid(frm_tvalid), .s_axis_frm_tready(frm_tready),
    .s_axis_frm_tlast(frm_tlast), .s_axis_frm_tuser(frm_tuser),
    .m_axis_res_tdata(res_tdata), .m_axis_res_tkeep(res_tkeep), .m_axis_res_tvalid(res_tvalid),
    .m_axis_res_tready(res_tready), .m_axis_res_tlast(res_tlast), .m_axis_res_tuser(res_tuser),
    .irq_o(irq)
  );

  // ---- what is watched -----------------------------------------------------------------------------
  mur_taps u_taps (
    .clk_i(clk), .rst_ni(rst_n), .cycle_i(cycle), .tap_i(dut.u_core.tap_o),
    .frame_done_i(dut.u_core.frame_done_o), .frames_i(dut.u_core.frames_o), .ledger_i(dut.u_core.ledger_o)
  );
  mur_stream_check #(.NAME("images"), .W(65)) u_image_check (
    .clk_i(clk), .rst_ni(rst_n), .tvalid_i(img_tvalid), .tready_i(img_tready),
    .payload_i({img_tlast, img_tdata})
  );
  mur_stream_check #(.NAME("frames"), .W(66)) u_frame_check (
    .clk_i(clk), .rst_ni(rst_n), .tvalid_i(frm_tvalid), .tready_i(frm_tready),
    .payload_i({frm_tuser, frm_tlast, frm_tdata})
  );
  mur_stream_check #(.NAME("results"), .W(65 + RESULT_W / 8 + RESULT_W)) u_result_stability (
    .clk_i(clk), .rst_ni(rst_n), .tvalid_i(res_tvalid), .tready_i(res_tready),
    .payload_i({res_tlast, res_tuser, res_tkeep, res_tdata})
  );
  mur_result_check #(.RESULT_W(RESULT_W)) u_result_check (
    .clk_i(clk), .rst_ni(rst_n), .tvalid_i(res_tvalid), .tready_i(res_tready), .word0_i(res_tdata[31:0]),
    .tkeep_i(res_tkeep), .tlast_i(res_tlast), .tuser_i(res_tuser)
  );
  mur_axil_check u_axil_check (
    .clk_i(clk), .rst_ni(rst_n),
    .aw_i(awvalid && awready), .w_i(wvalid && wready), .ar_i(arvalid && arready),
    .bvalid_i(bvalid), .bready_i(bready), .bresp_i(bresp),
    .rvalid_i(rvalid), .rready_i(rready), .rresp_i(rresp), .rdata_i(rdata)
  );

  mur_stream_record #(.STREAM(StreamImage)) u_image_record (
    .clk_i(clk), .rst_ni(rst_n), .cycle_i(cycle), .taken_i(img_tvalid && img_tready), .tdata_i(img_tdata),
    .tlast_i(img_tlast), .tmark_i(1'b0)
  );
  mur_stream_record #(.STREAM(StreamFrame)) u_frame_record (
    .clk_i(clk), .rst_ni(rst_n), .cycle_i(cycle), .taken_i(frm_tvalid && frm_tready), .tdata_i(frm_tdata),
    .tlast_i(frm_tlast), .tmark_i(frm_tuser)
  );
  mur_axil_record #(.ADDR_W(AXIL_W)) u_axil_record (
    .clk_i(clk), .rst_ni(rst_n), .cycle_i(cycle),
    .aw_i(awvalid && awready), .awaddr_i(awaddr), .w_i(wvalid && wready), .wdata_i(wdata), .wstrb_i(wstrb),
    .b_i(bvalid && bready), .bresp_i(bresp),
    .ar_i(arvalid && arready), .araddr_i(araddr), .r_i(rvalid && rready), .rdata_i(rdata), .rresp_i(rresp)
  );

  // ---- back door -----------------------------------------------------------------------------------
  // What the registers show, read where it is used, without the bus and in no time. Python asks between two edges
  // of the clock (tb/bfm.py), and seldom; the layout is STORAGE of tb/records.py. What lives nowhere is left out:
  // constants, the build's parameters, and commands, which are pulses.
  export "DPI-C" function mur_storage;
  initial mur_backdoor_here();

  function automatic void mur_storage(output bit [1023:0] words);
    words = {
      dut.u_core.ledger_o,  // 16 counters of 48 bits
      16'b0, dut.u_core.cycles_o,
      dut.u_core.frames_o,
      30'b0, dut.u_ctrl.irq_status_i,
      30'b0, dut.u_ctrl.irq_enable_i,
      dut.u_ctrl.info_pc_q, dut.u_ctrl.info_valid_q, 11'b0, dut.u_ctrl.info_code_q,
      20'b0, dut.u_ctrl.error_i,
      27'b0, dut.u_frame.frm_loaded_o, dut.u_image.prog_valid_o, dut.u_core.halted_o, dut.u_core.waiting_o,
      !dut.u_core.idle_o && !dut.u_core.halted_o
    };
  endfunction

`ifdef MUR_WAVES
  mur_narrate #(.LANES(LANES), .RESULT_W(RESULT_W), .PROG_DEPTH(PROG_DEPTH)) u_narrate (
    .clk_i(clk), .rst_ni(rst_n),
    .prog_we_i(dut.u_core.img_we_i && dut.u_core.img_target_i == mur_pkg::TgtProg),
    .prog_addr_i(dut.u_core.img_addr_i), .prog_desc_i(dut.u_core.img_wdata_i[mur_pkg::DESC_W-1:0]),
    .prog_len_i(dut.u_core.prog_len_i), .idle_i(dut.u_core.idle_o), .halted_i(dut.u_core.halted_o),
    .clear_i(dut.u_core.clr_busy), .open_i(dut.u_core.u_seq.open_q), .frame_i(dut.u_core.frame),
    .decode_i(dut.u_core.decode), .op_i(dut.u_core.op), .acc_i(dut.u_core.acc_ctl),
    .acc_addr_i(dut.u_core.acc_addr),
    .sets_i(dut.u_core.sets), .fire_i(dut.u_core.fire_ctl), .fire_addr_i(dut.u_core.fire_addr),
    .par_offset_i(dut.u_core.loop_off[3]), .seq_i(dut.u_core.seq),
    .push_i(dut.u_core.push0 || dut.u_core.push1 || dut.u_core.pushf),
    .scan_valid_i(dut.u_core.g_valid), .scan_i(dut.u_core.g_ctl),
    .fire_valid_i(dut.u_core.f_valid), .fire_now_i(dut.u_core.f_ctl), .tap_i(dut.u_core.tap_o),
    .event_seq_i('{dut.u_core.u_work.id[0].seq,
                   dut.u_core.u_work.ev[0].both ? dut.u_core.u_work.id[0].seq : dut.u_core.u_work.id[1].seq}),
    .res_valid_i(res_tvalid), .res_ready_i(res_tready), .res_user_i(mur_pkg::res_user_t'(res_tuser)),
    .res_data_i(res_tdata[63:0]), .error_i(dut.error_set & ~dut.error_bits), .error_pc_i(dut.core_err_pc)
  );
`endif

  logic unused;
  assign unused = ^{irq, no_mark, frames_taken};
endmodule
