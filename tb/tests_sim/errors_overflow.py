# SPDX-License-Identifier: Apache-2.0
"""ACC_OVERFLOW, raised by data: the same program runs good frames and bad ones.

Frames of a compiled network with a trap in it overflow when their last element says so. The frame behind a
bad one has been accepted by then, and CLEAR must not lose it.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np

from models.descriptors import Acc, Descriptor, End, Fire, Fold, Frame, Load, Loop, select
from models.formats import ErrorBit, Fmt, Kind
from models.images import Images
from tb import mur_regs as regs
from tb import records
from tb.tests_sim.error_bench import INPUTS, SETTLE, ErrorBench
from tb.tests_sim.errors_program import expect_halt, records_frames

STALLS = ((1, 0, 1), (3, 100, 4), (5, 20, 20), (7, 3, 100))
BAD = 9000  # 7 * 9000 * 2^7 fits beside the rest, and twice that does not


def with_trap(bench: ErrorBench) -> tuple[Images, int]:
    """The network with the trap around its LOAD, and the descriptor number that overflows.

    The last element fills context R of both sets before LOAD lets the next frame overwrite it; a FOLD adds
    the two up. Between them ACCs of weights zero give the next frame time to come in.
    """
    depth, lanes = bench.config.wgt_depth, bench.config.lanes
    banks = tuple(np.zeros((depth, lanes), np.int8) for _ in range(2))
    for bank, weights in zip(banks, bench.one.weights, strict=True):
        bank[: len(weights)] = weights
        bank[depth - 1] = 7
    fill = Acc(sets=1, ctx=2, fmt=Fmt.UNSIGNED, src=0, len=INPUTS, wgt=depth - INPUTS, shift=7)
    assert bench.one.layout is not None  # a compiled network has one
    layer = bench.one.layout.layers[0]
    idle = Acc(
        sets=1,
        ctx=2,
        fmt=Fmt.SPIKES,
        src=layer.places[0],
        len=layer.n,
        wgt=depth - 1 - layer.n,
        sel0=select(0),
    )
    load = bench.one.program.index(Load(0, INPUTS).encode())
    around = [
        *(fill.encode(), replace(fill, sets=2, bank=1).encode(), bench.one.program[load]),
        *(Loop(body=1, count=60).encode(), idle.encode(), Fold(ctx=1, src=2).encode()),
    ]
    program = [*bench.one.program[:load], *around, *bench.one.program[load + 1 :]]
    return replace(bench.one, program=program, weights=banks), load + len(around) - 1


def trapped(bench: ErrorBench, path: str, frames: int, bad: set[int]) -> np.ndarray:
    """Frames of which those in ``bad`` overflow."""
    utterance = bench.utterance(path, frames)
    utterance[:, -1] = 0
    utterance[sorted(bad), -1] = BAD
    return utterance


async def kept_over_clear(bench: ErrorBench, stall: tuple[int, int, int]) -> None:
    """Bad frames here and there, all sent at once: after CLEAR the very next packet is the next frame."""
    images, at = with_trap(bench)
    await bench.fresh(images)
    bad = {2, 3, 6}
    utterance = trapped(bench, "trapped", 9, bad)
    bench.play(bench.packets(utterance), stall=stall)
    first = 0
    for wrong in sorted(bad):
        good, failed = bench.split(await bench.ends(wrong - first + 1), wrong)
        bench.expect_end(failed, ErrorBit.ACC_OVERFLOW, wrong)
        if wrong > first:
            await bench.judge([utterance[first:wrong]], good)
        await expect_halt(bench, ErrorBit.ACC_OVERFLOW, at)
        await bench.command("clear")
        first = wrong + 1
        bench.goes_on(first)
    await bench.judge([utterance[first:]], await bench.ends(len(utterance) - first))
    await bench.stop()
    await bench.again("after")


async def dropped_by_stop(bench: ErrorBench, stall: tuple[int, int, int]) -> None:
    """STOP of the halted machine drops what was accepted; packets that were not wait for the next START."""
    images, at = with_trap(bench)
    await bench.fresh(images)
    utterance = trapped(bench, "trapped", 8, {1})
    bench.play(bench.packets(utterance), stall=stall)
    # A packet that has begun when the machine halts is finished, if it is not stalled for ever.
    await bench.wait(3000)
    batch = await bench.ends(2)
    good, failed = bench.split(batch, 1)
    bench.expect_end(failed, ErrorBit.ACC_OVERFLOW, 1)
    await bench.judge([utterance[:1]], good)
    await expect_halt(bench, ErrorBit.ACC_OVERFLOW, at)
    accepted = len(batch.packets)
    bench.expect("packets accepted, the one behind the bad one among them", accepted, 3)
    await bench.expect_status("with a frame kept", frame_loaded=1)
    await bench.idle()
    await bench.expect_status("after STOP", running=0, halted=0, frame_loaded=0, program_valid=1)
    await bench.wait(10 * SETTLE)
    bench.took(0)
    await bench.start()
    (info,) = await bench.read(regs.ERROR_INFO)
    bench.expect("ERROR_INFO after START", info, 0)
    rest = utterance[accepted:]
    await bench.judge([rest], await bench.ends(len(rest)))
    await bench.stop()


async def mark_kept(bench: ErrorBench) -> None:
    """A kept frame keeps its mark, and zero state is zero state whichever of the two asks for it."""
    images, _ = with_trap(bench)
    await bench.fresh(images)
    utterance = trapped(bench, "trapped", 4, {1})
    beats = bench.packets(utterance)
    beats["mark"][2, 0] = 1
    bench.play(beats)
    good, failed = bench.split(await bench.ends(2), 1)
    bench.expect_end(failed, ErrorBit.ACC_OVERFLOW, 1)
    await bench.judge([utterance[:1]], good)
    await bench.command("clear")
    bench.goes_on(2)
    await bench.judge([utterance[2:]], await bench.ends(2))
    await bench.idle()
    await bench.clear_error()


def overflows(bench: ErrorBench) -> dict[str, tuple[list, int, int, int]]:
    """(descriptors after FRAME, the one at fault, an element that fits, one that does not) by name.

    Weights of the last rows of both banks are 7, so a row adds 7 * element * 2^shift in every lane.
    """
    top = bench.config.wgt_depth - INPUTS
    product = Acc(sets=1, ctx=1, fmt=Fmt.UNSIGNED, src=0, len=1, wgt=top, shift=7)
    total = replace(product, len=INPUTS, shift=6)
    set1 = {"sets": 2, "bank": 1}
    zero = Fold(ctx=2, src=1)  # nothing, twice
    return {
        "product, set 0": ([product], 0, 9362, 65535),  # 7 * 9362 * 2^7 = 2^23 - 256
        "product, set 1": ([replace(product, **set1)], 0, 9362, 65535),
        "product, both sets": ([replace(product, sets=3)], 0, 9362, 65535),
        "product, negative": ([replace(product, fmt=Fmt.SIGNED)], 0, -9362, -32768),
        "sum, set 0": ([total], 0, 1440, 1441),  # 13 * 7 * 1440 * 2^6 = 2^23 - 1,970
        "sum, set 1": ([replace(total, **set1)], 0, 1440, 1441),
        "sum, negative": ([replace(total, fmt=Fmt.SIGNED)], 0, -1440, -1441),
        "sum over two ACCs": ([replace(product, shift=6), replace(product, shift=6)], 1, 9362, 9363),
        "FOLD, its two sets": (
            [replace(product, shift=6), replace(product, shift=6, **set1), Fold(ctx=2, src=1)], 2, 9362, 9363,
        ),
        "FOLD, its destination": (
            [replace(product, shift=6), replace(product, shift=6, ctx=2), zero], 2, 9362, 9363,
        ),
        "FOLD, its destination in set 1": (
            [replace(product, shift=6), replace(product, shift=6, ctx=2, **set1), zero], 2, 9362, 9363,
        ),
        # Two digits: the upper one is set 1's, whose scanner still stands at the ACC's end.
        "product, set 1 of a pair": (
            [replace(product, shift=0, **set1), replace(product, sets=3, len=INPUTS)], 1, 1, 0x4001,
        ),
        "the earlier of two scanners": (
            [replace(total, shift=0), replace(total, **set1), total, replace(total, **set1)], 1, 720, 1441,
        ),
        "the earlier of two, found later": (
            [replace(total, shift=0), total, replace(total, **set1)], 1, 1400, 1441,
        ),
        "the earlier of two, of set 1, found later": (
            [replace(total, shift=0, **set1), replace(total, **set1), total], 1, 1400, 1441,
        ),
    }  # fmt: skip


async def run_overflow(bench: ErrorBench, name: str) -> None:
    """A program of one ACC or few: the largest element that fits, then one that does not, then again."""
    section, at, fits, not_ = overflows(bench)[name]
    banks = []
    for weights in bench.one.weights:
        bank = np.full((bench.config.wgt_depth, bench.config.lanes), 7, np.int8)
        bank[: len(weights)] = weights
        banks.append(bank)
    images = replace(bench.one, weights=tuple(banks))
    words = [Frame(0, INPUTS), *section, Load(0, INPUTS), End(wrap=1)]
    await bench.fresh(images, start=False)
    await bench.send_images(bench.program_packet([word.encode() for word in words]))
    await bench.start()
    utterance = np.array([fits, not_, fits])[:, None].repeat(INPUTS, axis=1)
    beats = bench.packets(utterance)
    beats["mark"][:, 0] = 1  # what a frame leaves in the contexts would overflow in the next
    bench.play(beats)
    good, failed = bench.split(await bench.ends(2), 1)
    bench.expect("frames complete", (records_frames(good), len(good.dones)), ([0], 1))
    bench.expect_end(failed, ErrorBit.ACC_OVERFLOW, 1)
    await bench.expect_error(ErrorBit.ACC_OVERFLOW, 1 + at)
    await bench.command("clear")
    last = await bench.ends(1)
    bench.expect("frames complete", (records_frames(last), len(last.dones)), ([2], 1))
    await bench.idle()
    await bench.expect_error(None)
    await bench.again("after")


async def fired_before(bench: ErrorBench, taken: int, folds: bool, between: int = 0) -> None:
    """A FIRE in front of the overflow waits behind others for the consumer; what comes behind the overflow
    adds to its context, or ``folds`` it, and must not be seen in it. ``between``: ACCs of nothing before it.
    """
    lanes, top, biases = bench.config.lanes, bench.config.wgt_depth - INPUTS, bench.one.bias
    chunks = min(bench.config.tile_chunks, len(biases))
    value, at = 65535, 8
    weights = tuple(np.full((bench.config.wgt_depth, lanes), 7, np.int8) for _ in range(2))
    for bank in weights:
        bank[0] = 0
    own = {"sets": taken, "bank": taken - 1}
    add = Acc(ctx=0, fmt=Fmt.UNSIGNED, src=0, len=1, wgt=top, **own)
    fire = Fire(take=taken, ctx=2, kind=Kind.RAW, dst=0, n=chunks * bench.config.chunk, par=0)
    bad = Acc(sets=3 - taken, bank=2 - taken, ctx=1, fmt=Fmt.UNSIGNED, src=0, len=1, wgt=top, shift=7)
    behind = Fold(ctx=1, src=0) if folds else replace(add, len=INPUTS)
    fires = [*[fire] * 3, replace(fire, ctx=0, dst=at)]
    section = [add, *fires, *[replace(bad, wgt=0)] * between, bad, behind, Load(0, INPUTS)]
    words = [Frame(0, INPUTS), *section, End(wrap=1)]
    program = [word.encode() for word in words]
    await bench.fresh(replace(bench.one, program=program, weights=weights))
    await bench.hold("result")
    bench.play(bench.packets(np.full((1, INPUTS), value)))
    await bench.wait(500 + 10 * between)
    await bench.hold("result", False)
    batch = await bench.ends(1)
    fields = records.tuser(batch.results)
    mine = np.isin(fields["index"], range(at, at + chunks)) & (fields["kind"] != records.TUSER_END)
    found = batch.results["data"][mine][:, : bench.config.chunk]
    right = biases[:chunks].astype(np.int64) + 7 * value
    bench.expect("what was fired before the overflow", found.tolist(), right.tolist())
    await bench.expect_error(ErrorBit.ACC_OVERFLOW, words.index(bad))
    await bench.idle()
    await bench.again("after")


async def before_illegal(bench: ErrorBench, taken: int) -> None:
    """An ACC that overflows, then a descriptor that is illegal, and seen so long before the overflow."""
    weights = tuple(np.full((bench.config.wgt_depth, bench.config.lanes), 7, np.int8) for _ in range(2))
    bad = Acc(sets=taken, bank=taken - 1, ctx=1, fmt=Fmt.UNSIGNED, src=0, len=INPUTS, wgt=0, shift=7)
    words = [Frame(0, INPUTS), bad, replace(bad, sets=0), Load(0, INPUTS), End(wrap=1)]
    await bench.fresh(replace(bench.one, weights=weights), start=False)
    await bench.send_images(bench.program_packet([word.encode() for word in words]))
    await bench.start()
    bench.play(bench.packets(np.full((1, INPUTS), 65535)))
    bench.expect_end(await bench.ends(1), ErrorBit.ACC_OVERFLOW, 0)
    await bench.expect_error(ErrorBit.ACC_OVERFLOW, words.index(bad))
    await bench.idle()
    await bench.again("after")


async def hidden(bench: ErrorBench, what: str) -> None:
    """A product, or FOLD's sum of two sets, of 2^23: one too many, though the context would hold it."""
    weights = np.zeros((bench.config.wgt_depth, bench.config.lanes), np.int8)
    weights[:6] = np.array([-1, 0, 0, 2, -1, 4])[:, None]
    frame = np.zeros((1, INPUTS), np.int64)
    frame[0, :2] = 1, 1 << 14
    set0 = Acc(sets=1, ctx=0, fmt=Fmt.UNSIGNED, src=0, len=2, wgt=4, shift=7)
    set1 = replace(set0, sets=2, bank=1)
    twice = [replace(one, wgt=wgt, ctx=ctx) for one in (set0, set1) for wgt, ctx in ((0, 1), (2, 0))]
    sections: dict[str, list[Descriptor]] = {
        "product, set 0": [set0], "product, set 1": [set1], "sum": [*twice, Fold(ctx=1, src=0)],
    }  # fmt: skip
    section = sections[what]
    words = [Frame(0, INPUTS), *section, Load(0, INPUTS), End(wrap=1)]
    await bench.fresh(replace(bench.one, weights=(weights, weights)), start=False)
    await bench.send_images(bench.program_packet([word.encode() for word in words]))
    await bench.start()
    bench.play(bench.packets(frame))
    bench.expect_end(await bench.ends(1), ErrorBit.ACC_OVERFLOW, 0)
    await bench.expect_error(ErrorBit.ACC_OVERFLOW, len(section))
    await bench.idle()
    await bench.again("after")


def cases() -> dict[str, Callable]:
    """All cases by name."""
    names = (
        "product, set 0", "product, set 1", "product, both sets", "product, negative", "sum, set 0",
        "sum, set 1", "sum, negative", "sum over two ACCs", "FOLD, its two sets", "FOLD, its destination",
        "FOLD, its destination in set 1", "product, set 1 of a pair", "the earlier of two scanners",
        "the earlier of two, found later", "the earlier of two, of set 1, found later",
    )  # fmt: skip
    found: dict[str, Callable] = {f"overflow: {name}": partial(run_overflow, name=name) for name in names}
    for number, stall in enumerate(STALLS):
        found[f"overflow: CLEAR loses no frame, stall {number}"] = partial(kept_over_clear, stall=stall)
        found[f"overflow: STOP drops a kept frame, stall {number}"] = partial(dropped_by_stop, stall=stall)
    for what in ("product, set 0", "product, set 1", "sum"):
        found[f"overflow: hidden, {what}"] = partial(hidden, what=what)
    for taken in (1, 2):
        for folds in (False, True):
            name = f"overflow: fired before it, then {'FOLD' if folds else 'ACC'}, set {taken - 1}"
            found[name] = partial(fired_before, taken=taken, folds=folds)
        found[f"overflow: fired long before it, set {taken - 1}"] = partial(
            fired_before, taken=taken, folds=False, between=150
        )
        found[f"overflow: before an illegal one, set {taken - 1}"] = partial(before_illegal, taken=taken)
    return found | {"overflow: a kept frame keeps its mark": mark_kept}
