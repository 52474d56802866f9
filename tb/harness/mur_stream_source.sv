// SPDX-License-Identifier: Apache-2.0
// mur_stream_source: an AXI4-Stream master fed from the C++ side's queue of beats.
//
// `go_i` changes: the queue has been filled; `done_o` changes when its last beat has been accepted. A beat is
// offered in the cycle after the one before it was accepted, unless a stall comes between: then the wires turn
// over every cycle, as nobody may look at them while TVALID is low.

module mur_stream_source
  import mur_dpi_pkg::*;
#(
  parameter int STREAM = 0
) (
  input  logic            clk_i,
  input  logic            rst_ni,
  input  longint unsigned cycle_i,
  input  logic            go_i,
  output logic            done_o,
  output logic [63:0]     tdata_o,
  output logic            tvalid_o,
  input  logic            tready_i,
  output logic            tlast_o,
  output logic            tmark_o
);
  logic            stall, go_q, active_q;
  bit [63:0]       data;
  bit              last, mark;

  mur_stall #(.STREAM(STREAM)) u_stall (.clk_i, .rst_ni, .load_i(go_i), .stall_o(stall));

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      go_q     <= go_i;
      active_q <= 1'b0;
      tvalid_o <= 1'b0;
      tdata_o  <= '0;
      tlast_o  <= 1'b0;
      tmark_o  <= 1'b0;
      done_o   <= 1'b0;
    end else begin
      go_q <= go_i;
      if (go_i != go_q) active_q <= 1'b1;
      if (!tvalid_o || tready_i) begin
        tvalid_o <= 1'b0;
        if (stall) {tdata_o, tlast_o, tmark_o} <= ~{tdata_o, tlast_o, tmark_o};
        if (active_q && !stall) begin
          case (mur_source_next(STREAM, cycle_i, data, last, mark))
            SourceBeat: begin
              tvalid_o <= 1'b1;
              tdata_o  <= data;
              tlast_o  <= last;
              tmark_o  <= mark;
            end
            SourceWait: ;
            default: begin
              active_q <= 1'b0;
              done_o   <= !done_o;
            end
          endcase
        end
      end
    end
  end
endmodule
