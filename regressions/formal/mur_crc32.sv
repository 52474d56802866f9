// SPDX-License-Identifier: Apache-2.0
// Stands for mur_crc32 in fv_image: there the CRC may be any function of what was before and the beat, and
// this one is cheap to reason about. The equation of the real one is for the simulations, with images from
// zlib's.

module mur_crc32 (
  input  logic [31:0] crc_i,
  input  logic [63:0] data_i,
  output logic [31:0] crc_o
);
  assign crc_o = {crc_i[30:0], crc_i[31]} ^ data_i[63:32] ^ {data_i[0], data_i[31:1]};
endmodule
