// SPDX-License-Identifier: Apache-2.0
// The one file list: packages first, then the path of a frame, the top last. Paths from the project's root.
// A flow that reads only SystemVerilog skips the .vlt line (Verilator's waivers for generated files).
rtl/lint.vlt
rtl/mur_pkg.sv
rtl/regs/mur_regs_pkg.sv
rtl/regs/mur_regs.sv
rtl/mur_ctrl.sv
rtl/mur_crc32.sv
rtl/mur_image.sv
rtl/mur_frame.sv
rtl/mur_ram.sv
rtl/mur_vec.sv
rtl/mur_clear.sv
rtl/mur_load.sv
rtl/mur_decode.sv
rtl/mur_loop.sv
rtl/mur_seq.sv
rtl/mur_acc_queue.sv
rtl/mur_fire_queue.sv
rtl/mur_scan_group.sv
rtl/mur_scan_chunk.sv
rtl/mur_scan_pick.sv
rtl/mur_digit.sv
rtl/mur_scan.sv
rtl/mur_lanes.sv
rtl/mur_lif.sv
rtl/mur_argmax.sv
rtl/mur_fire.sv
rtl/mur_work.sv
rtl/mur_fault.sv
rtl/mur_ledger_set.sv
rtl/mur_ledger.sv
rtl/mur_core.sv
rtl/mur_result.sv
rtl/mur_top.sv
