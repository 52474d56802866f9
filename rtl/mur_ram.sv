// SPDX-License-Identifier: Apache-2.0
// mur_ram: the one memory of this project: single port, synchronous read, latency 1, no reset.
//
// Enabled for reading it gives the word in the next cycle and holds it until the next read; a write
// leaves the word read last in place. GRAN is the number of bits one write-mask bit covers.

`include "mur_assert.svh"

module mur_ram #(
  parameter int unsigned WIDTH = 32,
  parameter int unsigned DEPTH = 64,             // words, 2..65536
  parameter int unsigned GRAN  = WIDTH,          // divides WIDTH
  localparam int unsigned AW   = $clog2(DEPTH),
  localparam int unsigned MW   = WIDTH / GRAN
) (
  input  logic             clk_i,
  input  logic             en_i,
  input  logic             we_i,
  input  logic [MW-1:0]    wmask_i,
  input  logic [AW-1:0]    addr_i,
  input  logic [WIDTH-1:0] wdata_i,
  output logic [WIDTH-1:0] rdata_o
);

  if (WIDTH % GRAN != 0) begin : g_bad
    $error("mur_ram: GRAN must divide WIDTH");
  end

  logic [WIDTH-1:0] mem_q [DEPTH];

  if (MW == 1) begin : g_whole
    always_ff @(posedge clk_i) begin
      if (en_i && we_i && wmask_i[0]) mem_q[addr_i] <= wdata_i;
    end
  end else begin : g_part
    always_ff @(posedge clk_i) begin
      if (en_i && we_i) begin
        for (int unsigned g = 0; g < MW; g++) begin
          if (wmask_i[g]) mem_q[addr_i][g*GRAN +: GRAN] <= wdata_i[g*GRAN +: GRAN];
        end
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (en_i && !we_i) rdata_o <= mem_q[addr_i];
  end

  always_ff @(posedge clk_i) begin               // there is no reset here
    `MUR_EXPECT(a_range, !en_i || 32'(addr_i) < DEPTH, ("a memory is addressed beyond its depth"))
    `MUR_EXPECT(a_we, !we_i || en_i, ("a memory is written while not enabled"))
  end

endmodule
