# SPDX-License-Identifier: Apache-2.0
"""What the save file for GTKWave shows: groups that follow a frame through the machine.

A row is `path [format] [= name]`, the path from the harness; `format` is how GTKWave writes the value.
"""

from collections.abc import Iterator
from dataclasses import dataclass

# GTKWave's formats: bits of a trace's flags (analyzer.h).
HEX, DECIMAL, BINARY, SIGNED, ASCII, ENUM = 0x2, 0x4, 0x8, 0x404, 0x800, 0x100000008
FORMATS = {"hex": HEX, "dec": DECIMAL, "bin": BINARY, "signed": SIGNED, "text": ASCII}


@dataclass(frozen=True)
class Row:
    """One signal: its path below the harness, GTKWave's format, and the name it is shown under."""

    path: str
    format: int
    alias: str


@dataclass(frozen=True)
class Group:
    """Rows under one title; ``open`` when they are to be seen at once."""

    title: str
    rows: tuple[Row, ...]
    open: bool = False


STORY = """
cycle dec
u_narrate.machine text = machine
u_narrate.descriptor text = descriptor
u_narrate.scanner0 text = scanner 0
u_narrate.scanner1 text = scanner 1
u_narrate.event0 text = event, set 0
u_narrate.event1 text = event, set 1
u_narrate.fire text = FIRE
u_narrate.commit text = LIF commit
u_narrate.result text = result
u_narrate.error text = error
"""

STATE = """
clk
rst_n
cycle dec
CORE.u_seq.st_q = sequencer
CORE.idle_o = idle
CORE.waiting_o = waiting for a frame
CORE.halted_o = halted
CORE.clr_busy = clearing
CORE.frame dec = frame
irq
"""

REGISTERS = """
awvalid
awready
awaddr
wvalid
wready
wdata
wstrb
bvalid
bresp
arvalid
arready
araddr
rvalid
rdata
rresp
dut.start
dut.stop
dut.clear
dut.prog_valid = program valid
"""

IMAGES = """
img_tvalid = tvalid
img_tready = tready
img_tlast = tlast
img_tdata = tdata
dut.u_image.state_q = image state
dut.img_we = write
dut.img_target = target
dut.img_addr dec = address
dut.img_wdata = word
dut.img_err_valid = error
dut.img_err_code = error code
"""

FRAMES = """
frm_tvalid = tvalid
frm_tready = tready
frm_tlast = tlast
frm_tuser = tuser, new utterance
frm_tdata = tdata
dut.u_frame.state_q = frame state
dut.load_req = region free
dut.load_dst dec = region, chunk
dut.load_len dec = elements
dut.frm_we = write
dut.frm_addr dec = address
dut.frm_wdata = chunk
dut.frm_loaded = loaded
dut.frm_take = taken
"""

SEQUENCER = """
u_narrate.descriptor text = descriptor
CORE.u_seq.st_q = state
CORE.pc dec = pc
CORE.op = op
CORE.level dec = loops around
CORE.loop_off.[0] dec = loop offset src, dst
CORE.loop_off.[1] dec = loop offset wgt
CORE.loop_off.[2] dec = loop offset msk
CORE.loop_off.[3] dec = loop offset par
CORE.loop_off.[4] dec = loop offset neu
CORE.illegal
CORE.range
CORE.push0 = into ACC queue 0
CORE.push1 = into ACC queue 1
CORE.pushf = into FIRE queue
CORE.full bin = ACC queues full
CORE.fullf = FIRE queue full
CORE.open.[0] bin = ACC 0 slots open
CORE.open.[1] bin = ACC 1 slots open
CORE.openf bin = FIRE slots open
"""

SCANNER = """
u_narrate.scanner{k} text = front entry
CORE.g_ctl.[{k}].item = item
CORE.g_ctl.[{k}].pc dec = pc
CORE.g_ctl.[{k}].ctx dec = context
u_narrate.scan{k}_fmt = elements
CORE.g_ok bin = may read
SCAN.u_group.flag_req_o = flags asked
SCAN.u_group.flag_gnt_i = flags granted
SCAN.u_group.valid_o = group valid
SCAN.u_group.ready_i = group ready
SCAN.u_group.group_o dec = group
SCAN.u_group.surv_o = survivors
SCAN.u_group.kept_o = kept by the mask
SCAN.u_chunk.vec_req_o = chunk asked
SCAN.u_chunk.vec_gnt_i = chunk granted
SCAN.u_chunk.vec_addr_o dec = chunk address
SCAN.u_chunk.valid_o = chunk valid
SCAN.u_chunk.ready_i = chunk ready
SCAN.u_chunk.act_o bin = active rows
SCAN.u_chunk.elem_o = elements of the chunk
SCAN.u_pick.valid_o = row valid
SCAN.u_pick.ready_i = row ready
SCAN.u_pick.row_o dec = row
SCAN.u_pick.rank_o dec = rank
SCAN.u_pick.elem_o signed = element
SCAN.u_pick.null_o = no row in it
"""

DIGITS = """
u_narrate.event{k} text = event, set {k}
SCAN.u_pick.row_o dec = digits {k}: next row
SCAN.u_pick.elem_o signed = digits {k}: next element
SCAN.u_digit.d_ok_i = digits {k}: may begin
SCAN.u_digit.issue = digits {k}: issue
SCAN.u_digit.dig_q bin = digits {k}: left
SCAN.u_digit.neg_q bin = digits {k}: negative
SCAN.u_digit.ctl_q.shift dec = digits {k}: shift
SCAN.u_digit.ctl_q.both = digits {k}: drives both sets
"""

WEIGHTS = """
WORK.wgt_req bin = read, per scanner
WORK.wgt_bank bin = bank, per scanner
WORK.wgt_addr.[0] dec = address, scanner 0
WORK.wgt_addr.[1] dec = address, scanner 1
WORK.w0 = word to set 0
WORK.w1 = word to set 1
"""

LANES = """
WORK.add bin = add, per set
WORK.neg bin = subtract, per set
WORK.pos.[0] dec = shift, set 0
WORK.pos.[1] dec = shift, set 1
WORK.ctx.[0] dec = context, set 0
WORK.ctx.[1] dec = context, set 1
WORK.u_lanes.fold_i = fold
WORK.u_lanes.ovf_o bin = overflow, per set
WORK.u_lanes.rd_i = FIRE reads
WORK.u_lanes.rd_ctx_i dec = FIRE reads: context
"""

FIRE = """
u_narrate.fire text = entry
u_narrate.commit text = LIF commit
WORK.u_fire.st_q = state
u_narrate.fire_kind = kind
WORK.u_fire.ctl_i.pc dec = pc
WORK.u_fire.ctl_i.tag dec = layer
WORK.u_fire.ctl_i.take bin = takes sets
WORK.u_fire.ctl_i.leak dec = leak
WORK.u_fire.ctl_i.soft_rst = soft reset
WORK.u_fire.rd_o = read
WORK.u_fire.next_q dec = read: chunk
WORK.u_fire.en1 = compute
WORK.u_fire.ch1_q dec = compute: chunk
WORK.u_fire.ph1_q dec = compute: step
CORE.tap_o.lif.valid = commit
CORE.tap_o.lif.chunk dec = commit: chunk
CORE.tap_o.lif.step dec = commit: step
CORE.tap_o.lif.spike bin = commit: spikes
WORK.u_fire.wr_o = write back
WORK.u_fire.wr_neu_o dec = write back: state address
WORK.u_fire.wr_vec_o dec = write back: vector address
"""

# Of a lane of FIRE: what it is given while `compute` is high, and what it has a cycle later.
LANE = """
WORK.u_fire.state_i.[{lane}] = state before (z, v)
WORK.u_fire.g_lane[{lane}].cur signed = current
WORK.u_fire.bias_i.[{lane}] signed = bias
WORK.u_fire.theta_i.[{lane}] signed = threshold
WORK.u_fire.g_lane[{lane}].u_lif.v_o signed = membrane after
WORK.u_fire.g_lane[{lane}].u_lif.s_o = spike
WORK.u_fire.g_lane[{lane}].u_lif.y_o signed = score
"""

ARGMAX = """
WORK.u_fire.u_argmax.en_i = compare
WORK.u_fire.u_argmax.fresh_i = forget the maxima
WORK.u_fire.u_argmax.step_i dec = step
WORK.u_fire.u_argmax.base_i dec = index of the first score
WORK.u_fire.u_argmax.idx_q.[0] dec = index, step 0
WORK.u_fire.u_argmax.max_q.[0] signed = maximum, step 0
WORK.u_fire.u_argmax.idx_q.[1] dec = index, step 1
WORK.u_fire.u_argmax.max_q.[1] signed = maximum, step 1
"""

RESULTS = """
u_narrate.result text = result
res_tvalid = tvalid
res_tready = tready
res_tlast = tlast
CORE.res_user_o.kind = core: kind
CORE.res_user_o.step dec = core: step
CORE.res_user_o.index dec = core: index
CORE.res_user_o.frame dec = core: frame
res_tkeep = tkeep
res_tdata = tdata
"""

LEDGER = """
CORE.frame_done_o = frame done
dut.frames dec
dut.cycles dec
CORE.ledger_o.events0 dec = EVENTS0
CORE.ledger_o.events1 dec = EVENTS1
CORE.ledger_o.rows_read dec = ROWS_READ
CORE.ledger_o.rows_zero dec = ROWS_ZERO
CORE.ledger_o.rows_masked dec = ROWS_MASKED
CORE.ledger_o.adds dec = ADDS
CORE.ledger_o.gated dec = GATED
CORE.ledger_o.spikes.[0] dec = SPIKES0
CORE.ledger_o.spikes.[1] dec = SPIKES1
CORE.ledger_o.results dec = RESULTS
"""

ERRORS = """
u_narrate.error text = error
dut.error_set bin = set, by number
dut.error_bits bin = ERROR register
dut.core_err_valid = halting error
dut.core_err_code = halting error: code
dut.core_err_pc dec = halting error: descriptor
dut.frm_err_short = frame short
dut.frm_err_long = frame long
dut.info_valid = ERROR_INFO valid
dut.info_code = ERROR_INFO code
dut.info_pc dec = ERROR_INFO descriptor
WORK.u_fault.fault0_o.valid = fault of scanner 0
WORK.u_fault.fault0_o.code = fault of scanner 0: code
WORK.u_fault.fault1_o.valid = fault of scanner 1
WORK.u_fault.fault1_o.code = fault of scanner 1: code
"""


# The beginnings of paths, in the order in which they are put in.
PLACES = {"SCAN.": "WORK.g_scan[{k}].u_scan.", "WORK.": "CORE.u_work.", "CORE.": "dut.u_core."}


def _rows(text: str, **numbers: int) -> Iterator[Row]:
    """The rows of ``text``, with ``numbers`` for what stands in braces."""
    for line in text.strip().splitlines():
        for name, place in PLACES.items():
            line = line.replace(name, place)
        left, _, alias = line.format(**numbers).partition(" = ")
        path, _, form = left.strip().partition(" ")
        yield Row(path, FORMATS[form or "hex"], alias or path.rpartition(".")[2])


def groups(chunk: int) -> tuple[Group, ...]:
    """All groups for a build whose FIRE has ``chunk`` lanes."""
    texts = {
        "clock, reset, state": STATE, "registers and control": REGISTERS, "images in": IMAGES,
        "frames in": FRAMES, "sequencer and descriptors": SEQUENCER,
    }  # fmt: skip
    middle = {"weights": WEIGHTS, "lanes": LANES, "FIRE": FIRE}
    ends = {"argmax": ARGMAX, "results out": RESULTS, "ledger": LEDGER, "errors": ERRORS}
    return (
        Group("what happens", tuple(_rows(STORY)), open=True),
        *(Group(title, tuple(_rows(text))) for title, text in texts.items()),
        *(Group(f"scanner {k}", tuple(_rows(SCANNER, k=k))) for k in range(2)),
        Group("digits", tuple(row for k in range(2) for row in _rows(DIGITS, k=k))),
        *(Group(title, tuple(_rows(text))) for title, text in middle.items()),
        *(Group(f"FIRE lane {lane}", tuple(_rows(LANE, lane=lane))) for lane in range(chunk)),
        *(Group(title, tuple(_rows(text))) for title, text in ends.items()),
    )
