// SPDX-License-Identifier: Apache-2.0
// mur_top: murmur, with flat AXI ports.
//
//     s_axis_img -> u_image -> memories of u_core       s_axil -> u_regs <-> u_ctrl -> irq_o
//     s_axis_frm -> u_frame -> vectors of u_core        u_core -> u_result -> m_axis_res
//
// The ledger, the totals and the status are wires through u_regs, not copies.
module mur_top
  import mur_pkg::*;
#(
  parameter int unsigned LANES      = 128,   // 8..128, power of two, >= RESULT_W / 32
  parameter int unsigned RESULT_W   = 512,   // 128, 256 or 512
  parameter int unsigned PROG_DEPTH = 256,   // every depth 2..65536
  parameter int unsigned WGT_DEPTH  = 1024,
  parameter int unsigned MASK_DEPTH = 256,
  parameter int unsigned BIAS_DEPTH = 256,
  parameter int unsigned NEUR_DEPTH = 64,
  parameter int unsigned VEC_DEPTH  = 128,   // chunks, a multiple of 128 / C, C = RESULT_W / 32
  localparam int unsigned AXIL_AW   = 12
) (
  input  logic                  clk_i,
  /* verilator lint_off SYNCASYNCNET */ // asynchronous for every flop; only assertions sample it on the clock
  input  logic                  rst_ni,
  /* verilator lint_on SYNCASYNCNET */

  input  logic [AXIL_AW-1:0]    s_axil_awaddr,
  input  logic [2:0]            s_axil_awprot,
  input  logic                  s_axil_awvalid,
  output logic                  s_axil_awready,
  input  logic [31:0]           s_axil_wdata,
  input  logic [3:0]            s_axil_wstrb,
  input  logic                  s_axil_wvalid,
  output logic                  s_axil_wready,
  output logic [1:0]            s_axil_bresp,
  output logic                  s_axil_bvalid,
  input  logic                  s_axil_bready,
  input  logic [AXIL_AW-1:0]    s_axil_araddr,
  input  logic [2:0]            s_axil_arprot,
  input  logic                  s_axil_arvalid,
  output logic                  s_axil_arready,
  output logic [31:0]           s_axil_rdata,
  output logic [1:0]            s_axil_rresp,
  output logic                  s_axil_rvalid,
  input  logic                  s_axil_rready,

  input  logic [63:0]           s_axis_img_tdata,
  input  logic                  s_axis_img_tvalid,
  output logic                  s_axis_img_tready,
  input  logic                  s_axis_img_tlast,

  input  logic [63:0]           s_axis_frm_tdata,
  input  logic                  s_axis_frm_tvalid,
  output logic                  s_axis_frm_tready,
  input  logic                  s_axis_frm_tlast,
  input  logic [0:0]            s_axis_frm_tuser,

  output logic [RESULT_W-1:0]   m_axis_res_tdata,
  output logic [RESULT_W/8-1:0] m_axis_res_tkeep,
  output logic                  m_axis_res_tvalid,
  input  logic                  m_axis_res_tready,
  output logic                  m_axis_res_tlast,
  output logic [63:0]           m_axis_res_tuser,

  output logic                  irq_o
);
  localparam int unsigned C    = RESULT_W / 32;
  localparam int unsigned MAXW = max_word_w(LANES, RESULT_W);

  mur_regs_pkg::mur_regs__in_t  hw;    // to the registers
  mur_regs_pkg::mur_regs__out_t sw;    // from the registers

  logic                  img_we, img_err_valid;
  img_target_e           img_target;
  addr_t                 img_addr;
  logic [MAXW-1:0]       img_wdata;
  err_e                  img_err_code;
  logic                  prog_valid;
  logic [ADDR_W:0]       prog_len;

  logic                  load_req, frm_we, frm_wready, frm_busy, frm_loaded, frm_sos, frm_take, frm_drop;
  addr_t                 load_len, load_dst, frm_addr;
  logic [C*ELEM_W-1:0]   frm_wdata;
  logic                  frm_err_short, frm_err_long;

  logic                  start, stop, clear, idle, halted, waiting, frame_done;
  logic                  core_err_valid;
  err_e                  core_err_code;
  addr_t                 core_err_pc;
  logic [31:0]           frames;
  count_t                cycles;
  ledger_t               ledger;

  logic                  res_valid, res_ready, res_last;
  logic [RESULT_W-1:0]   res_data;
  logic [RESULT_W/8-1:0] res_keep;
  res_user_t             res_user;

  /* verilator lint_off UNUSEDSIGNAL */ // the test bench looks at it from outside; synthesis removes it
  tap_t                  tap;
  /* verilator lint_on UNUSEDSIGNAL */

  mur_image #(
    .LANES(LANES), .RESULT_W(RESULT_W), .PROG_DEPTH(PROG_DEPTH), .WGT_DEPTH(WGT_DEPTH),
    .MASK_DEPTH(MASK_DEPTH), .BIAS_DEPTH(BIAS_DEPTH), .NEUR_DEPTH(NEUR_DEPTH)
  ) u_image (
    .clk_i, .rst_ni,
    .tdata_i(s_axis_img_tdata), .tvalid_i(s_axis_img_tvalid), .tready_o(s_axis_img_tready),
    .tlast_i(s_axis_img_tlast),
    .busy_i(!idle || start),
    .img_we_o(img_we), .img_target_o(img_target), .img_addr_o(img_addr), .img_wdata_o(img_wdata),
    .prog_valid_o(prog_valid), .prog_len_o(prog_len),
    .err_valid_o(img_err_valid), .err_code_o(img_err_code)
  );

  mur_frame #(.C(C)) u_frame (
    .clk_i, .rst_ni,
    .tdata_i(s_axis_frm_tdata), .tvalid_i(s_axis_frm_tvalid), .tready_o(s_axis_frm_tready),
    .tlast_i(s_axis_frm_tlast), .tuser_i(s_axis_frm_tuser[0]),
    .load_req_i(load_req), .load_len_i(load_len), .load_dst_i(load_dst),
    .frm_we_o(frm_we), .frm_addr_o(frm_addr), .frm_wdata_o(frm_wdata), .frm_wready_i(frm_wready),
    .frm_busy_o(frm_busy), .frm_loaded_o(frm_loaded), .frm_sos_o(frm_sos),
    .frm_take_i(frm_take), .frm_drop_i(frm_drop),
    .err_short_o(frm_err_short), .err_long_o(frm_err_long)
  );

  mur_core #(
    .LANES(LANES), .RESULT_W(RESULT_W), .PROG_DEPTH(PROG_DEPTH), .WGT_DEPTH(WGT_DEPTH),
    .MASK_DEPTH(MASK_DEPTH), .BIAS_DEPTH(BIAS_DEPTH), .NEUR_DEPTH(NEUR_DEPTH), .VEC_DEPTH(VEC_DEPTH)
  ) u_core (
    .clk_i, .rst_ni,
    .img_we_i(img_we), .img_target_i(img_target), .img_addr_i(img_addr), .img_wdata_i(img_wdata),
    .load_req_o(load_req), .load_len_o(load_len), .load_dst_o(load_dst),
    .frm_we_i(frm_we), .frm_addr_i(frm_addr), .frm_wdata_i(frm_wdata), .frm_wready_o(frm_wready),
    .frm_busy_i(frm_busy), .frm_loaded_i(frm_loaded), .frm_sos_i(frm_sos),
    .frm_take_o(frm_take), .frm_drop_o(frm_drop),
    .start_i(start), .clear_i(clear), .stop_i(stop), .prog_valid_i(prog_valid), .prog_len_i(prog_len),
    .idle_o(idle), .halted_o(halted), .waiting_o(waiting),
    .err_valid_o(core_err_valid), .err_code_o(core_err_code), .err_pc_o(core_err_pc),
    .frame_done_o(frame_done), .frames_o(frames), .cycles_o(cycles), .ledger_o(ledger),
    .res_valid_o(res_valid), .res_ready_i(res_ready), .res_data_o(res_data), .res_keep_o(res_keep),
    .res_user_o(res_user), .res_last_o(res_last),
    .tap_o(tap)
  );

  mur_result #(.RESULT_W(RESULT_W)) u_result (
    .clk_i, .rst_ni,
    .valid_i(res_valid), .ready_o(res_ready), .data_i(res_data), .keep_i(res_keep),
    .user_i(res_user), .last_i(res_last),
    .tdata_o(m_axis_res_tdata), .tkeep_o(m_axis_res_tkeep), .tvalid_o(m_axis_res_tvalid),
    .tready_i(m_axis_res_tready), .tlast_o(m_axis_res_tlast), .tuser_o(m_axis_res_tuser)
  );

  logic [ERRORS-1:0] error_set, error_bits;
  logic              error_rise, info_valid;
  err_e              info_code;
  addr_t             info_pc;

  mur_ctrl u_ctrl (
    .clk_i, .rst_ni,
    .cmd_start_i(sw.CTRL.start.value), .cmd_stop_i(sw.CTRL.stop.value), .cmd_clear_i(sw.CTRL.clear.value),
    .idle_i(idle), .halted_i(halted), .prog_valid_i(prog_valid),
    .start_o(start), .stop_o(stop), .clear_o(clear),
    .core_err_valid_i(core_err_valid), .core_err_code_i(core_err_code), .core_err_pc_i(core_err_pc),
    .img_err_valid_i(img_err_valid), .img_err_code_i(img_err_code),
    .frm_err_short_i(frm_err_short), .frm_err_long_i(frm_err_long),
    .error_i(error_bits),
    .error_swmod_i(sw.ERROR.illegal_desc.swmod || sw.ERROR.img_crc.swmod),   // one in each byte
    .error_set_o(error_set), .error_rise_o(error_rise),
    .info_valid_o(info_valid), .info_code_o(info_code), .info_pc_o(info_pc),
    .irq_status_i({sw.IRQ_STATUS.error.value, sw.IRQ_STATUS.frame_done.value}),
    .irq_enable_i({sw.IRQ_ENABLE.error.value, sw.IRQ_ENABLE.frame_done.value}),
    .irq_o
  );

  mur_regs u_regs (
    .clk(clk_i), .arst_n(rst_ni),
    .s_axil_awready, .s_axil_awvalid, .s_axil_awaddr, .s_axil_awprot,
    .s_axil_wready, .s_axil_wvalid, .s_axil_wdata, .s_axil_wstrb,
    .s_axil_bready, .s_axil_bvalid, .s_axil_bresp,
    .s_axil_arready, .s_axil_arvalid, .s_axil_araddr, .s_axil_arprot,
    .s_axil_rready, .s_axil_rvalid, .s_axil_rdata, .s_axil_rresp,
    .hwif_in(hw), .hwif_out(sw)
  );

  // ---- what the registers show ---------------------------------------------------------------------
  assign hw.BUILD.lanes.next      = 8'(LANES);
  assign hw.BUILD.chunk.next      = 8'(C);
  assign hw.BUILD.sets.next       = 8'(SETS);
  assign hw.BUILD.ctx.next        = 8'(CTX);
  assign hw.PROG_DEPTH.words.next = 17'(PROG_DEPTH);
  assign hw.WGT_DEPTH.words.next  = 17'(WGT_DEPTH);
  assign hw.MASK_DEPTH.words.next = 17'(MASK_DEPTH);
  assign hw.BIAS_DEPTH.words.next = 17'(BIAS_DEPTH);
  assign hw.NEUR_DEPTH.words.next = 17'(NEUR_DEPTH);
  assign hw.VEC_DEPTH.words.next  = 17'(VEC_DEPTH);

  assign hw.STATUS.running.next       = !idle && !halted;
  assign hw.STATUS.waiting.next       = waiting;
  assign hw.STATUS.halted.next        = halted;
  assign hw.STATUS.program_valid.next = prog_valid;
  assign hw.STATUS.frame_loaded.next  = frm_loaded;

  assign {hw.ERROR.ctrl_busy.hwset,    hw.ERROR.no_program.hwset, hw.ERROR.img_busy.hwset,
          hw.ERROR.img_crc.hwset,      hw.ERROR.img_length.hwset, hw.ERROR.img_range.hwset,
          hw.ERROR.img_header.hwset,   hw.ERROR.frame_long.hwset, hw.ERROR.frame_short.hwset,
          hw.ERROR.acc_overflow.hwset, hw.ERROR.addr_range.hwset, hw.ERROR.illegal_desc.hwset} = error_set;
  assign error_bits =
         {sw.ERROR.ctrl_busy.value,    sw.ERROR.no_program.value, sw.ERROR.img_busy.value,
          sw.ERROR.img_crc.value,      sw.ERROR.img_length.value, sw.ERROR.img_range.value,
          sw.ERROR.img_header.value,   sw.ERROR.frame_long.value, sw.ERROR.frame_short.value,
          sw.ERROR.acc_overflow.value, sw.ERROR.addr_range.value, sw.ERROR.illegal_desc.value};

  assign hw.ERROR_INFO.code.next        = info_code;
  assign hw.ERROR_INFO.valid.next       = info_valid;
  assign hw.ERROR_INFO.descriptor.next  = info_pc;
  assign hw.IRQ_STATUS.frame_done.hwset = frame_done;
  assign hw.IRQ_STATUS.error.hwset      = error_rise;

  assign hw.FRAMES.value.next = frames;
  assign {hw.CYCLES.HI.value.next,      hw.CYCLES.LO.value.next}      = cycles;
  assign {hw.EVENTS0.HI.value.next,     hw.EVENTS0.LO.value.next}     = ledger.events0;
  assign {hw.EVENTS1.HI.value.next,     hw.EVENTS1.LO.value.next}     = ledger.events1;
  assign {hw.ROWS_READ.HI.value.next,   hw.ROWS_READ.LO.value.next}   = ledger.rows_read;
  assign {hw.ROWS_ZERO.HI.value.next,   hw.ROWS_ZERO.LO.value.next}   = ledger.rows_zero;
  assign {hw.ROWS_MASKED.HI.value.next, hw.ROWS_MASKED.LO.value.next} = ledger.rows_masked;
  assign {hw.ADDS.HI.value.next,        hw.ADDS.LO.value.next}        = ledger.adds;
  assign {hw.GATED.HI.value.next,       hw.GATED.LO.value.next}       = ledger.gated;
  assign {hw.RESULTS.HI.value.next,     hw.RESULTS.LO.value.next}     = ledger.results;
  for (genvar g = 0; g < 8; g++) begin : gen_spikes
    assign {hw.SPIKES[g].HI.value.next, hw.SPIKES[g].LO.value.next}   = ledger.spikes[g];
  end
endmodule
