// SPDX-License-Identifier: Apache-2.0
// The harness, after the design's own list (rtl/murmur.f); top module mur_harness. mur_dpi.cpp goes beside it.
tb/harness/mur_dpi_pkg.sv
tb/harness/mur_stall.sv
tb/harness/mur_stream_source.sv
tb/harness/mur_stream_sink.sv
tb/harness/mur_stream_record.sv
tb/harness/mur_axil_master.sv
tb/harness/mur_taps.sv
tb/harness/mur_narrate.sv
tb/harness/mur_stream_check.sv
tb/harness/mur_result_check.sv
tb/harness/mur_axil_check.sv
tb/harness/mur_axil_record.sv
tb/harness/mur_harness.sv
