// SPDX-License-Identifier: Apache-2.0
// mur_dpi_pkg: the C++ side of the harness (mur_dpi.cpp) as SystemVerilog sees it.
//
// Every call stands for one beat, commit, frame or command: nothing here is called every cycle.

package mur_dpi_pkg;

  // Streams and stall patterns, also in mur_dpi.h.
  parameter int StreamImage  = 0;
  parameter int StreamFrame  = 1;
  parameter int StreamResult = 2;
  parameter int StreamAxil   = 3;

  // Answers of mur_source_next.
  parameter int SourceBeat = 1;
  parameter int SourceWait = 2;   // a beat is there, but not yet; anything else: the queue is empty

  import "DPI-C" function int mur_source_next(
    input int stream, input longint unsigned cycle, output bit [63:0] data, output bit last, output bit mark);
  // `first`: of a packet.
  import "DPI-C" function void mur_beat_taken(
    input int stream, input longint unsigned cycle, input bit first, input bit [63:0] data, input bit last,
    input bit mark);
  import "DPI-C" function void mur_stall_config(
    input int stream, output int unsigned seed, output int unsigned rate, output int unsigned burst);
  import "DPI-C" function int mur_access_next(
    output bit write, output int unsigned address, output int unsigned data, output int unsigned strobe);
  // An access as it was on the pins; `data` is what a read returned, `cycle` when the slave had all it needs.
  import "DPI-C" function void mur_access_done(
    input bit write, input int unsigned address, input int unsigned written, input int unsigned strobe,
    input int unsigned data, input int unsigned response, input longint unsigned cycle);
  // Returns 1 with the last END beat that the batch waits for.
  import "DPI-C" function int mur_result_beat(
    input longint unsigned cycle, input bit [63:0] user, input bit [63:0] keep, input bit [511:0] data,
    input bit last);
  import "DPI-C" function void mur_commit(
    input longint unsigned cycle, input bit [63:0] site, input bit [15:0] spikes, input bit [255:0] membranes,
    input bit [191:0] events);
  import "DPI-C" function void mur_frame_start(input longint unsigned cycle, input int unsigned frame);
  import "DPI-C" function void mur_frame_done(
    input longint unsigned cycle, input int unsigned frames, input bit [767:0] ledger);
  // Where this is called from is where mur_storage can be called (mur_harness.sv).
  import "DPI-C" context function void mur_backdoor_here();

endpackage
