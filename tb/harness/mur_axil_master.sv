// SPDX-License-Identifier: Apache-2.0
// mur_axil_master: an AXI4-Lite master that works off the C++ side's list of accesses, one at a time.
//
// `go_i` changes: a list is there; `done_o` changes when its last response has arrived. Stalls delay the ready
// of responses and one channel of a write: the address if the write begins in a stall, else the data.
// Meanwhile wires without their VALID turn over every cycle, as nobody may look at them.

module mur_axil_master
  import mur_dpi_pkg::*;
#(
  parameter int unsigned ADDR_W = 8
) (
  input  logic              clk_i,
  input  logic              rst_ni,
  input  logic              go_i,
  output logic              done_o,
  output logic              awvalid_o,
  input  logic              awready_i,
  output logic [ADDR_W-1:0] awaddr_o,
  output logic              wvalid_o,
  input  logic              wready_i,
  output logic [31:0]       wdata_o,
  output logic [3:0]        wstrb_o,
  input  logic              bvalid_i,
  output logic              bready_o,
  output logic              arvalid_o,
  input  logic              arready_i,
  output logic [ADDR_W-1:0] araddr_o,
  input  logic              rvalid_i,
  output logic              rready_o
);
  logic        stall, go_q, active_q, waiting_q, addr_q, data_q;
  bit          write;
  int unsigned address, data, strobe;
  logic        unused;

  mur_stall #(.STREAM(StreamAxil)) u_stall (.clk_i, .rst_ni, .load_i(go_i), .stall_o(stall));
  assign unused = ^{address[31:ADDR_W], strobe[31:4]};
  assign bready_o = waiting_q && !stall;
  assign rready_o = waiting_q && !stall;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      go_q      <= go_i;
      {active_q, waiting_q, addr_q, data_q, done_o} <= '0;
      {awvalid_o, wvalid_o, arvalid_o} <= '0;
      {awaddr_o, araddr_o, wdata_o, wstrb_o} <= '0;
    end else begin
      go_q <= go_i;
      if (go_i != go_q) active_q <= 1'b1;
      if (awready_i) awvalid_o <= 1'b0;
      if (wready_i)  wvalid_o  <= 1'b0;
      if (arready_i) arvalid_o <= 1'b0;
      if (stall) begin
        if (!awvalid_o) awaddr_o <= ~awaddr_o;
        if (!arvalid_o) araddr_o <= ~araddr_o;
        if (!wvalid_o) {wdata_o, wstrb_o} <= ~{wdata_o, wstrb_o};
      end else begin
        if (addr_q) begin
          addr_q    <= 1'b0;
          awvalid_o <= 1'b1;
          awaddr_o  <= ADDR_W'(address);
        end
        if (data_q) begin
          data_q   <= 1'b0;
          wvalid_o <= 1'b1;
          wdata_o  <= data;
          wstrb_o  <= strobe[3:0];
        end
      end
      if (waiting_q) begin
        if ((bvalid_i && bready_o) || (rvalid_i && rready_o)) waiting_q <= 1'b0;
      end else if (active_q) begin
        if (mur_access_next(write, address, data, strobe) == SourceBeat) begin
          waiting_q <= 1'b1;
          awvalid_o <= write && !stall;
          awaddr_o  <= ADDR_W'(address);
          addr_q    <= write && stall;
          wvalid_o  <= write && stall;
          data_q    <= write && !stall;
          wdata_o   <= data;
          wstrb_o   <= strobe[3:0];
          arvalid_o <= !write;
          araddr_o  <= ADDR_W'(address);
        end else begin
          active_q <= 1'b0;
          done_o   <= !done_o;
        end
      end
    end
  end
endmodule
