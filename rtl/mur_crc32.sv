// SPDX-License-Identifier: Apache-2.0
// mur_crc32: one step of the CRC-32 of IEEE 802.3 over a 64-bit beat, low byte first. Combinational.
//
// The reflected CRC takes data bits lowest first: fb = crc[0] ^ d, crc = (crc >> 1) ^ (fb ? POLY : 0).
// That is linear, and the first 32 data bits meet the old value by exclusive or alone, so 64 bits are
//     crc_o = M (data_i ^ {32'b0, crc_i}),   M a constant 32 x 64 matrix over GF(2).
// Start with all ones; the published value is the complement of the last crc_o. No register here.
module mur_crc32 (
  input  logic [31:0] crc_i,
  input  logic [63:0] data_i,
  output logic [31:0] crc_o
);
  localparam logic [31:0] POLY = 32'hEDB8_8320;

  typedef logic [31:0][63:0] matrix_t;

  // Column j: what a lone data bit j has become after the rest of the beat.
  function automatic matrix_t step_matrix();
    matrix_t     m;
    logic [31:0] column;
    for (int j = 0; j < 64; j++) begin
      column = POLY;
      for (int k = j + 1; k < 64; k++) begin
        column = (column >> 1) ^ (column[0] ? POLY : 32'h0);
      end
      for (int i = 0; i < 32; i++) m[i][j] = column[i];
    end
    return m;
  endfunction

  localparam matrix_t M = step_matrix();

  logic [63:0] mixed;
  assign mixed = data_i ^ {32'h0, crc_i};

  for (genvar i = 0; i < 32; i++) begin : gen_row
    assign crc_o[i] = ^(M[i] & mixed);
  end
endmodule
