// SPDX-License-Identifier: Apache-2.0
// mur_narrate: says in words what the machine does, for the eye in a wave viewer (data format ASCII).
//
// Compiled only into simulators that write waves (MUR_WAVES, set by regressions/build.py). Every text belongs
// to the cycle in which it is shown, and is empty when there is nothing to say. Nothing here reaches the
// design.
//
// Layer and tile of an ACC are not in the descriptor: they are those of the FIRE that will take its sums, the
// first one behind it that takes its context (through a FOLD, that of the FOLD's target), in the next frame
// if need be. A layer is named L and its tag where that FIRE is a LIF, else `out`; its tiles count from the
// lowest bias word (`par`) of the layer's FIREs. A hand-made program that puts an ACC behind its FIRE in a
// loop, or gives two layers one tag, reads of another layer here and is not harmed otherwise.

`ifdef MUR_WAVES
/* verilator lint_off UNUSEDSIGNAL */ // texts go to the eye, and tell a part of descriptors and taps
module mur_narrate
  import mur_pkg::*;
#(
  parameter int unsigned LANES      = 128,
  parameter int unsigned RESULT_W   = 512,
  parameter int unsigned PROG_DEPTH = 256
) (
  input logic              clk_i,
  input logic              rst_ni,
  // the program, as it is loaded
  input logic              prog_we_i,
  input addr_t             prog_addr_i,
  input logic [DESC_W-1:0] prog_desc_i,
  input logic [ADDR_W:0]   prog_len_i,     // what lies behind is of older programs, or random
  // the machine
  input logic              idle_i,
  input logic              halted_i,
  input logic              clear_i,        // a clear is swept through the memories
  input logic              open_i,         // between the beginning of a frame and its END beat
  input logic [31:0]       frame_i,
  // dispatch
  input logic              decode_i,       // all below is of the descriptor fetched from the next cycle on
  input op_e               op_i,
  input acc_ctl_t          acc_i,
  input acc_addr_t         acc_addr_i,
  input logic [1:0]        sets_i,
  input fire_ctl_t         fire_i,
  input fire_addr_t        fire_addr_i,
  input addr_t             par_offset_i,   // of the loops around, for `par`
  input seq_t              seq_i,
  input logic              push_i,         // an entry goes into a queue
  // at work
  input logic [1:0]        scan_valid_i,   // the front entry of each scanner
  input acc_ctl_t          scan_i [2],
  input logic              fire_valid_i,
  input fire_ctl_t         fire_now_i,
  input tap_t              tap_i,
  input seq_t              event_seq_i [2],
  // results and errors
  input logic              res_valid_i,
  input logic              res_ready_i,
  input res_user_t         res_user_i,
  input logic [63:0]       res_data_i,
  input logic [ERRORS-1:0] error_i,        // bits that rise
  input addr_t             error_pc_i
);
  localparam int unsigned C      = RESULT_W / 32;
  localparam int unsigned CHUNKS = (LANES + C - 1) / C;   // of a whole tile
  localparam int unsigned CHARS  = 40;
  typedef logic [8*CHARS-1:0] text_t;

  // ---- the texts: what the save file of regressions/waves.py shows ---------------------------------
  text_t machine, descriptor, event0, event1, scanner0, scanner1, fire, commit, result, error;
  // Codes that travel as plain bits, with their names.
  fmt_e  scan0_fmt, scan1_fmt;
  kind_e fire_kind;
  assign scan0_fmt = fmt_e'(scan_i[0].fmt);
  assign scan1_fmt = fmt_e'(scan_i[1].fmt);
  assign fire_kind = kind_e'(fire_now_i.kind);

  // ---- layers and tiles ----------------------------------------------------------------------------
  localparam logic [3:0] Out = 4'd8, Nobody = 4'd9;   // beside the tags 0..7
  typedef logic signed [ADDR_W-1:0] tile_t;
  typedef struct packed {
    logic [3:0] layer;
    tile_t      tile;
  } place_t;

  logic [DESC_W-1:0] program_q [PROG_DEPTH];
  addr_t             first_par [10];                  // lowest bias word of each layer
  place_t            place_q   [2**SEQ_W];            // of every entry, by its number in program order

  always_ff @(posedge clk_i) begin
    if (prog_we_i) program_q[$clog2(PROG_DEPTH)'(prog_addr_i)] <= prog_desc_i;
  end

  function automatic logic [3:0] layer_of(logic [2:0] kind, logic [2:0] tag);
    return kind == KindLif ? {1'b0, tag} : Out;
  endfunction

  // Below zero where a loop goes downwards.
  function automatic tile_t tile_of(addr_t par, logic [3:0] layer);
    return signed'(par - first_par[layer]) / tile_t'(CHUNKS);
  endfunction

  // The lowest bias word of each layer, looked up again when a run begins.
  logic idle_q;
  always_ff @(posedge clk_i) begin
    idle_q <= idle_i;
    if (idle_q && !idle_i) begin
      automatic addr_t lowest [10] = '{default: '1};
      for (int unsigned i = 0; i < 32'(prog_len_i); i++) begin
        automatic desc_fire_t r = program_q[i];
        automatic logic [3:0] layer = layer_of(r.kind, r.tag);
        if (r.op == OpFire && r.par < lowest[layer]) lowest[layer] = r.par;
      end
      first_par <= lowest;
    end
  end

  // The FIRE that takes what the ACC or FOLD at `pc` adds to context `to` of `sets`.
  function automatic place_t place_of(addr_t pc, logic [1:0] to, logic [1:0] sets, addr_t offset);
    automatic logic [1:0]  context_ = to;
    automatic int unsigned i        = 32'(pc);
    for (int unsigned n = 0; n < 32'(prog_len_i); n++) begin
      automatic desc_fire_t r;
      automatic desc_fold_t d;
      automatic desc_end_t  e = program_q[i];
      i = (e.op == OpEnd && e.wrap) || i + 1 >= 32'(prog_len_i) ? 0 : i + 1;
      r = program_q[i];
      d = program_q[i];
      if (d.op == OpFold && d.src == context_) context_ = d.ctx;
      else if (r.op == OpFire && r.ctx == context_ && (r.take & sets) != '0) begin
        automatic logic [3:0] layer = layer_of(r.kind, r.tag);
        automatic addr_t par = r.mv_par ? r.par + offset : r.par;
        return '{layer: layer, tile: tile_of(par, layer)};
      end
    end
    return '{layer: Nobody, tile: '0};
  endfunction

  place_t place;   // of the descriptor in hand
  always_comb begin
    place = '{layer: Nobody, tile: '0};
    if (op_i == OpAcc || op_i == OpFold) place = place_of(acc_i.pc, acc_i.ctx, sets_i, par_offset_i);
    if (op_i == OpFire) begin
      place.layer = layer_of(fire_i.kind, fire_i.tag);
      place.tile  = tile_of(fire_addr_i.par, place.layer);
    end
  end

  always_ff @(posedge clk_i) begin
    if (push_i) place_q[seq_i] <= place;
  end

  // ---- words ---------------------------------------------------------------------------------------
  function automatic string layer_name(logic [3:0] layer);
    if (layer == Out) return "out";
    if (layer == Nobody) return "L?";
    return $sformatf("L%0d", layer);
  endfunction

  function automatic string at(place_t p);
    return $sformatf("%s tile %0d", layer_name(p.layer), int'(p.tile));
  endfunction

  function automatic string event_text(tap_event_t e, place_t p);
    return $sformatf("%s row %0d %s2^%0d tile %0d",
                     layer_name(p.layer), e.row, e.neg ? "-" : "+", e.pos, int'(p.tile));
  endfunction

  function automatic string kind_name(logic [2:0] kind);
    case (kind)
      KindLif:    return "LIF";
      KindRaw:    return "RAW";
      KindArgmax: return "ARGMAX";
      default:    return "?";
    endcase
  endfunction

  function automatic string sets_name(logic [1:0] sets);
    if (sets == 2'b11) return "0+1";
    return sets[1] ? "1" : "0";
  endfunction

  function automatic string scan_text(acc_ctl_t a);
    case (a.item)
      ItAcc:   return $sformatf("ACC %0d %s", a.pc, at(place_q[a.seq]));
      ItFold:  return $sformatf("FOLD %0d", a.pc);
      ItJoin:  return "joined by scanner 0";
      default: return "END";
    endcase
  endfunction

  // Only what halts the machine has a descriptor.
  function automatic string error_text(int unsigned bit_);
    automatic err_e code = err_e'(bit_);
    if (code > ErrAccOverflow) return code.name();
    return $sformatf("%s descriptor %0d", code.name(), error_pc_i);
  endfunction

  always_comb begin
    machine = text_t'($sformatf("frame %0d", frame_i));
    if (!rst_ni)       machine = text_t'("reset");
    else if (idle_i)   machine = text_t'("idle");
    else if (halted_i) machine = text_t'("halted");
    else if (clear_i)  machine = text_t'("clear");
    else if (!open_i)  machine = text_t'("waits for a frame");
  end

  function automatic string descriptor_text();
    case (op_i)
      OpFrame: return $sformatf("%0d FRAME", acc_i.pc);
      OpLoad:  return $sformatf("%0d LOAD", acc_i.pc);
      OpAcc:   return $sformatf("%0d ACC set %s ctx %0d %0d rows %s",
                                acc_i.pc, sets_name(sets_i), acc_i.ctx, acc_addr_i.len, at(place));
      OpFold:  return $sformatf("%0d FOLD ctx %0d to %0d", acc_i.pc, acc_i.src, acc_i.ctx);
      OpFire:  return $sformatf("%0d FIRE %s ctx %0d n %0d %s",
                                acc_i.pc, kind_name(fire_i.kind), fire_i.ctx, fire_addr_i.n, at(place));
      OpLoop:  return $sformatf("%0d LOOP", acc_i.pc);
      OpEnd:   return $sformatf("%0d END", acc_i.pc);
      default: return "";
    endcase
  endfunction

  // Until the first descriptor of a run is decoded, the registers hold an older one, or random bits.
  logic decoded_q;
  always_ff @(posedge clk_i) decoded_q <= rst_ni && !idle_i && (decode_i || decoded_q);

  always_comb descriptor = rst_ni && !idle_i && decoded_q ? text_t'(descriptor_text()) : '0;

  always_comb begin
    event0 = tap_i.event_s[0].valid ? text_t'(event_text(tap_i.event_s[0], place_q[event_seq_i[0]])) : '0;
    event1 = tap_i.event_s[1].valid ? text_t'(event_text(tap_i.event_s[1], place_q[event_seq_i[1]])) : '0;
  end

  always_comb begin
    scanner0 = scan_valid_i[0] ? text_t'(scan_text(scan_i[0])) : '0;
    scanner1 = scan_valid_i[1] ? text_t'(scan_text(scan_i[1])) : '0;
  end

  always_comb begin
    fire = '0;
    if (fire_valid_i && fire_now_i.is_end) fire = text_t'("END");
    else if (fire_valid_i) begin
      fire = text_t'($sformatf("%s %0d %s",
                               kind_name(fire_now_i.kind), fire_now_i.pc, at(place_q[fire_now_i.seq])));
    end
  end

  always_comb begin
    commit = '0;
    if (tap_i.lif.valid) begin
      commit = text_t'($sformatf("%s step %0d chunk %0d: %0d spikes",
                                 layer_name(layer_of(KindLif, fire_now_i.tag)), tap_i.lif.step,
                                 tap_i.lif.chunk, $countones(tap_i.lif.spike)));
    end
  end

  always_comb begin
    result = '0;
    if (rst_ni && res_valid_i && res_ready_i) begin
      case (res_user_i.kind)
        ResRaw:    result = text_t'($sformatf("RAW frame %0d step %0d from %0d",
                                              res_user_i.frame, res_user_i.step, 32'(res_user_i.index) * C));
        ResArgmax: result = text_t'($sformatf("ARGMAX frame %0d step %0d: %0d",
                                              res_user_i.frame, res_user_i.step, res_data_i[31:0]));
        ResEnd:    result = text_t'($sformatf("END frame %0d status %0d",
                                              res_user_i.frame, res_data_i[31:0]));
        default: ;
      endcase
    end
  end

  always_comb begin
    error = '0;
    for (int unsigned i = 0; i < ERRORS; i++) begin
      if (rst_ni && error_i[i]) error = text_t'(error_text(i));
    end
  end
endmodule
/* verilator lint_on UNUSEDSIGNAL */
`endif
