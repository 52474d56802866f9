# SPDX-License-Identifier: Apache-2.0
"""Hand-made runs, and every bin of every group that each of them hits: no bin more, none less, as often."""

import numpy as np
import pytest

from models.descriptors import Acc, End, Fire, Fold, Frame, Load, Loop, select
from models.formats import ErrorBit, Fmt, Kind, Target
from models.images import Images, packet
from tb import mur_regs as regs
from tb.agents.frame import to_beats
from tb.coverage.bins import Database
from tb.coverage.groups import GROUPS
from tb.tests.test_coverage_pins import BUILD, CLEAR, START, STOP, Pins
from tb.tests.test_coverage_sampling import sampled


def hits(database: Database) -> dict[str, dict[str, int]]:
    """All bins that were hit, by group."""
    return {path: found for path in GROUPS if (found := database.hits(path))}


def two_layers() -> Database:
    """Two utterances of one frame: 256 numbers, one of them 9; two soft neurons; three hard ones; six scores.

    Of the soft neurons, whose biases are 100 and 32,767, the second alone has a weight that is not zero: it
    is clamped, and both fire. Of the hard ones the first alone is above its threshold.
    """
    program = [
        Frame(0, 256),
        Acc(sets=1, ctx=0, fmt=Fmt.UNSIGNED, src=0, len=256, wgt=0),
        Fire(take=1, ctx=0, kind=Kind.LIF, dst=64, n=2, par=0, neu=0, tag=0, soft=1, leak=5),
        Acc(sets=2, ctx=1, fmt=Fmt.SPIKES, src=64, len=2, wgt=1, sel1=select(0), shift=4, bank=1),
        Fire(take=2, ctx=1, kind=Kind.LIF, dst=96, n=3, par=1, neu=1, tag=3, leak=15),
        Acc(sets=3, ctx=2, fmt=Fmt.SPIKES, src=96, len=3, wgt=0, sel0=select(0), sel1=select(0), masked=1,
            bank=0),
        Fire(take=3, sum=1, ctx=2, kind=Kind.RAW, dst=0, n=6, par=2),
        Load(0, 256), End(wrap=1),
    ]  # fmt: skip
    weights = np.zeros((2, 256, 8), np.int8)
    weights[0, :, 1] = 7  # of the second soft neuron
    weights[1, 1:3, 0] = -1, 3  # of the first hard neuron: 2 * 2^4 from both spikes
    masks = np.zeros((2, 1, 128), bool)
    masks[0, 0, :2] = True  # two of three rows
    bias = np.array([[100, 32767, 0, 0], [0, 0, -7, 0], [0] * 4, [0] * 4])
    theta = np.array([[50, 60, 1, 1], [32, 33, 1, 1]])
    images = Images(
        BUILD, [d.encode() for d in program], (weights[0], weights[1]), (masks[0], masks[1]),
        bias.astype(np.int32), theta.astype(np.int32),
    )  # fmt: skip
    frame = [0] * 255 + [9]
    return sampled(images, [[frame], [frame]])


def searches() -> Database:
    """One frame (3, 0, 0, 1): three passes of a LOOP, each a search of five scores, the best at 2, 4 and 0.

    And behind it one over two tiles, whose scores are all 0.
    """
    program = [
        Frame(0, 4),
        Loop(2, 3, d_wgt=4),
        Acc(sets=1, ctx=0, fmt=Fmt.SIGNED, src=0, len=4, wgt=0, mv_wgt=1, shift=2),
        Fire(take=1, ctx=0, kind=Kind.ARGMAX, dst=0, n=5, par=0, first=1, last=1),
        Fire(take=1, ctx=0, kind=Kind.ARGMAX, dst=0, n=4, par=0, first=1),
        Fire(take=1, ctx=0, kind=Kind.ARGMAX, dst=4, n=4, par=0, last=1),
        Fold(ctx=1, src=0), End(wrap=1),
    ]  # fmt: skip
    weights = np.full((12, 8), -1, np.int8)
    for j, best in enumerate((2, 4, 0)):
        weights[4 * j, best] = 1
    images = Images(
        BUILD, [d.encode() for d in program], (weights, np.zeros((0, 8), np.int8)),
        (np.zeros((0, 128), bool),) * 2, np.zeros((2, 4), np.int32), np.zeros((0, 4), np.int32),
    )  # fmt: skip
    return sampled(images, [[[3, 0, 0, 1]]])


def refused_frames() -> Database:
    """A header and a range that are wrong; a program; two frames, each ended by an error and CLEAR."""
    pins = Pins()
    pins.sampler.stalled("image", 15)
    wrong = packet(BUILD, Target.BIAS, np.zeros((2, 4), np.int64))
    wrong[0] ^= np.uint64(1)
    pins.image(wrong, packet(BUILD, Target.PROGRAM, np.zeros((1, 4), np.int64), 3))
    pins.program()
    pins.sampler.stalled("frame", 128)
    pins.sampler.stalled("result", 1)
    pins.access(regs.IRQ_ENABLE, 1)
    pins.access(regs.CTRL, START)
    pins.sampler.frames(to_beats([np.zeros((2, 5), np.int64)]))
    for frame in range(2):
        pins.happens(packets={})
        pins.happens(starts={"frame": frame})
        data = np.zeros(16, np.int64)
        data[0] = 1 + ErrorBit.ADDR_RANGE
        pins.happens(results={"last": 1, "user": frame, "data": data})
        pins.access(regs.ERROR, answer=1 << ErrorBit.ADDR_RANGE)
        pins.access(regs.ERROR_INFO, answer=ErrorBit.ADDR_RANGE | 1 << 15)  # descriptor 0
        pins.access(regs.ERROR, 1 << ErrorBit.ADDR_RANGE)
        pins.access(regs.IRQ_STATUS, answer=2)
        pins.access(regs.CTRL, CLEAR)
    pins.access(regs.CTRL, STOP)
    pins.sampler.reset()
    return pins.database


EXPECTED = {
    two_layers: {
        "descriptor.kind": {"FRAME": 1, "ACC": 3, "FIRE": 3, "END": 1, "LOAD": 1},
        "descriptor.acc": {"set 0, unsigned, whole": 1, "set 1, spikes, whole": 1, "both, spikes, masked": 1},
        "descriptor.select": {"set 1, spikes, sel1": 1, "both, spikes, sel0 and sel1": 1},
        "descriptor.shift": {"spikes, 0": 1, "spikes, 4": 1, "unsigned, 0": 1},
        "descriptor.context": {"ACC 0": 1, "ACC 1": 1, "ACC 2": 1, "FIRE 0": 1, "FIRE 1": 1, "FIRE 2": 1},
        "descriptor.bank": {"bank 0": 1},
        "descriptor.fire": {"LIF, set 0": 1, "LIF, set 1": 1, "RAW, sum": 1},
        "descriptor.leak": {"5, soft": 1, "15, hard": 1},
        "descriptor.tag": {"0": 1, "3": 1},
        "descriptor.bit": {"0, one step": 2},
        "descriptor.end": {"wrap": 1},
        "network.layers": {"2": 1},
        "network.sections": {"1": 1},
        "network.load": {"LOAD": 1},
        "network.modes": {"T1, both, apart, masked, RAW": 1},
        "network.recurrence": {"T1, none": 1},
        "build.lanes": {"8": 1},
        "build.result": {"128": 1},
        "width.tile": {"LIF, C-1": 1, "LIF, else": 1, "RAW, else": 1},
        "width.source": {"numbers, whole groups": 1, "spikes, C-1": 1, "spikes, else": 1},
        "width.layer": {"hidden, else": 2, "output, else": 1},
        "number.weight": {"-1": 1, "0": 1, "3": 1, "7": 1},
        "number.theta": {"1": 1, "between": 4},
        "number.bias": {"LIF, negative": 1, "LIF, 0": 2, "LIF, positive": 2, "output, 0": 6},
        "number.mask": {"spikes, most kept": 1},
        "sparsity.input": {"T1, no mask, most zero": 2},
        "sparsity.spikes": {"T1, spikes, no mask, all fire": 2, "T1, spikes, most kept, few fire": 2},
        "number.element": {"unsigned, 0": 510, "unsigned, positive": 2},
        "number.digits": {"unsigned, one set, 0": 510, "unsigned, one set, 2": 2},
        "number.membrane": {"hard, negative": 2, "hard, 0": 4, "soft, positive": 4, "soft, upper clamp": 2},
        "number.sum": {"sum, 0": 10, "sum, positive": 2},
        "number.score": {"RAW, 0": 10, "RAW, positive": 2},
        "result.beat": {"some": 2},
        "frame.utterance": {"1": 2},
    },
    searches: {
        "descriptor.kind": {"FRAME": 1, "ACC": 1, "FOLD": 1, "FIRE": 3, "LOOP": 1, "END": 1},
        "descriptor.acc": {"set 0, signed, whole": 1},
        "descriptor.shift": {"signed, 2": 1},
        "descriptor.context": {"ACC 0": 1, "FIRE 0": 3, "FOLD 0 to 1": 1},
        "descriptor.fire": {"ARGMAX, set 0": 3},
        "descriptor.argmax": {"whole": 1, "first": 1, "last": 1},
        "descriptor.loop": {"alone, 3 to 8": 1},
        "descriptor.move": {"wgt, forward": 1},
        "descriptor.level": {"wgt, alone": 1},
        "descriptor.end": {"wrap": 1},
        "network.layers": {"0": 1},
        "network.sections": {"1": 1},
        "network.load": {"no LOAD": 1},
        "build.lanes": {"8": 1},
        "build.result": {"128": 1},
        "width.tile": {"ARGMAX, C": 2, "ARGMAX, C+1": 3},
        "width.source": {"numbers, C": 3},
        "width.layer": {"output, lanes": 1},
        "number.weight": {"-1": 1, "1": 1},
        "number.bias": {"output, 0": 23},
        "sparsity.input": {"no neurons, no mask, few zero": 3},
        "number.element": {"signed, 0": 2, "signed, 1": 1, "signed, positive": 1},
        "number.digits": {"signed, one set, 0": 2, "signed, one set, 1": 1, "signed, one set, 2": 1},
        "number.sum": {"one set, negative": 12, "one set, 0": 8, "one set, positive": 3},
        "number.score": {"ARGMAX, negative": 12, "ARGMAX, 0": 8, "ARGMAX, positive": 3},
        "result.tie": {"no tie": 3, "all equal": 1},
        "result.winner": {"first": 2, "between": 1, "last": 1},
        "frame.utterance": {"1": 1},
    },
    refused_frames: {
        "frame.order": {"alone, stalled": 2},
        "stall.stream": {"image, seldom": 3, "frame, always": 1, "result, seldom": 1, "axil, none": 13},
        "control.command": {"START, idle": 1, "STOP, waiting": 1, "CLEAR, halted": 2},
        "control.reset": {"stopping": 1},
        "control.register": {
            "CTRL, write, idle": 1,
            "CTRL, write, waiting": 1,
            "CTRL, write, halted": 2,
            "ERROR, read, halted": 2,
            "ERROR, write, halted": 2,
            "ERROR_INFO, read, halted": 2,
            "IRQ_ENABLE, write, idle": 1,
            "IRQ_STATUS, read, halted": 2,
        },
        "control.interrupt": {"error, frame_done": 2},
        "frame.packet": {"good, mark": 1, "good, no mark": 1},
        "frame.mark": {"mark, waiting": 1, "no mark, waiting": 1},
        "image.packet": {"PROGRAM, good": 1, "PROGRAM, range": 1},
        "image.header": {"magic": 1},
        "image.range": {"program not at 0": 1},
        "image.size": {"PROGRAM, some": 1},
        "image.place": {"PROGRAM, 0": 1},
        "image.state": {"idle": 3},
        "error.state": {"ADDR_RANGE, halted": 2},
        "error.place": {"ADDR_RANGE, in a frame, first": 1, "ADDR_RANGE, in a frame, later": 1},
        "error.descriptor": {"ADDR_RANGE, FRAME": 2},
    },
}


@pytest.mark.parametrize("run", EXPECTED, ids=lambda run: run.__name__)
def test_run_hits_these_bins_and_no_others(run):
    assert hits(run()) == EXPECTED[run]


def test_every_group_is_hit_in_some_run():
    assert set().union(*EXPECTED.values()) == set(GROUPS)
