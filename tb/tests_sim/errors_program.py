# SPDX-License-Identifier: Apache-2.0
"""ILLEGAL_DESC and ADDR_RANGE: a good program, then a second frame that breaks one rule.

The first frame is that of a compiled network, which the scoreboard compares. After the error CLEAR goes back
to it, and an unmarked frame must find zero state; then STOP, and all begins anew.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from models.formats import (
    FIELDS,
    REFERENCE,
    Acc,
    BuildConfig,
    End,
    ErrorBit,
    Fire,
    Fmt,
    Fold,
    Frame,
    Kind,
    Load,
    Loop,
    Op,
)
from tb import mur_regs as regs
from tb.tests_sim.error_bench import INPUTS, ErrorBench

FRAME = Frame(0, INPUTS)
LOAD = Load(0, INPUTS)
ACC = Acc(sets=1, ctx=2, fmt=Fmt.SIGNED, src=0, len=INPUTS, wgt=0)
SPIKES = Acc(sets=3, ctx=2, fmt=Fmt.SPIKES, src=0, len=INPUTS, wgt=0, sel0=8, sel1=8)
FOLD = Fold(ctx=0, src=2)
LIF = Fire(take=3, ctx=2, kind=Kind.LIF, dst=0, n=8, par=0)
RAW = replace(LIF, kind=Kind.RAW)
ARGMAX = replace(LIF, kind=Kind.ARGMAX)
LOOP = Loop(body=1, count=2)
NEXT = End(wrap=0)


@dataclass(frozen=True)
class Bad:
    """A second frame: its descriptors (or words), which of them is at fault, and whether it has begun."""

    section: list
    at: int
    bit: ErrorBit = ErrorBit.ILLEGAL_DESC
    begun: bool = True


def inside(*descriptors, at: int = 0, bit: ErrorBit = ErrorBit.ILLEGAL_DESC) -> Bad:
    """Descriptors in a frame that has begun; the one at fault is number ``at`` of them."""
    return Bad([FRAME, *descriptors], at + 1, bit)


def between(*descriptors, at: int = 0, bit: ErrorBit = ErrorBit.ILLEGAL_DESC) -> Bad:
    """Descriptors that meet the error before a frame has begun."""
    return Bad([*descriptors], at, bit, begun=False)


def reserved(descriptor) -> dict[str, Bad]:
    """The lowest and the highest bit that the op does not use, each alone."""
    used = sum(((1 << width) - 1) << low for low, width in FIELDS[descriptor.op].values()) | 15
    free = [bit for bit in range(128) if not used >> bit & 1]
    make = between if descriptor.op == Op.FRAME else inside
    return {
        f"{descriptor.op.name} bit {bit}": make(descriptor.encode() | 1 << bit, NEXT)
        for bit in (free[0], free[-1])
    }


def illegal(config: BuildConfig) -> dict[str, Bad]:
    """Every rule of docs/program.md that a program of a few descriptors can break."""
    found = {f"op {op}": inside(op) for op in (0, *range(8, 16))}
    for descriptor in (FRAME, LOAD, ACC, FOLD, RAW, LOOP, NEXT):
        found |= reserved(descriptor)
    fields = {
        ACC: [
            {"sets": 0}, {"ctx": 3}, {"wfmt": 1}, {"wfmt": 2}, {"len": 0}, {"src": 1}, {"bank": 1},
            {"sets": 2}, {"msk": 1}, {"sel0": 8}, {"sel1": 1}, {"fmt": Fmt.UNSIGNED, "sel1": 8},
            {"fmt": Fmt.MERGED, "sets": 3, "sel0": 8}, {"fmt": Fmt.MERGED}, {"fmt": Fmt.SPIKES},
        ],
        SPIKES: [
            {"sel0": 0, "sel1": 0}, {"sets": 1}, {"sets": 2, "bank": 1}, {"ctx": 3},
            {"sets": 1, "sel1": 1}, {"sets": 2, "bank": 1, "sel0": 1}, {"sel0": 7, "sel1": 7},
        ],
        FOLD: [{"ctx": 3}, {"src": 3}, {"ctx": 2}],
        LIF: [
            {"take": 0}, {"ctx": 3}, {"sum": 1, "take": 1}, {"sum": 1, "take": 2}, {"n": 0},
            {"n": 256}, {"kind": 3}, {"kind": 4}, {"kind": 7}, {"bit0": 7}, {"first": 1}, {"last": 1},
        ],
        RAW: [
            {"bit0": 1}, {"tag": 1}, {"leak": 1}, {"soft": 1}, {"neu": 1}, {"mv_neu": 1}, {"first": 1},
            {"last": 1},
        ],
        ARGMAX: [{"bit0": 1}, {"tag": 1}, {"leak": 1}, {"soft": 1}, {"neu": 1}, {"mv_neu": 1}],
        LOOP: [{"body": 0}, {"count": 0}, {"body": 2}, {"body": 255}],
    }  # fmt: skip
    for descriptor, changes in fields.items():
        kind = f" {Kind(descriptor.kind).name}" if descriptor.op == Op.FIRE else ""
        for change in changes:
            text = " ".join(f"{name}={int(value)}" for name, value in change.items())
            form = " spikes" if descriptor is SPIKES else ""
            found[f"{descriptor.op.name}{kind}{form} {text}"] = inside(replace(descriptor, **change), ACC)
    return found | {
        "FIRE n above LANES": inside(replace(RAW, n=config.lanes + 1)),
        "FRAME in a frame": inside(ACC, FRAME, NEXT, at=1),
        "ACC outside a frame": between(ACC),
        "FOLD outside a frame": between(FOLD),
        "FIRE outside a frame": between(RAW),
        "LOOP outside a frame": between(LOOP, FRAME),
        "END outside a frame": between(NEXT),
        "LOAD outside a frame": between(LOAD),
        "past the end in a frame": inside(ACC, at=1),
        "past the end between frames": between(),
        "FRAME dst not aligned": between(Frame(1, INPUTS), NEXT),
        "FRAME len 0": between(Frame(0, 0), NEXT),
        "LOAD dst not aligned": inside(Load(1, INPUTS), NEXT),
        "LOAD len 0": inside(Load(0, 0), NEXT),
        "LOAD twice": inside(LOAD, LOAD, NEXT, at=1),
        "LOAD and FRAME differ in len": between(Frame(0, INPUTS + 1), NEXT),
        "LOAD and FRAME differ in dst": between(Frame(ALIGNED, INPUTS), NEXT),
        "a third level of LOOP": inside(Loop(body=3, count=2), Loop(body=2, count=2), LOOP, ACC, NEXT, at=2),
        "an inner LOOP leaves the outer": inside(Loop(body=2, count=1), Loop(body=2, count=1), ACC, ACC, at=1),
        "FRAME in a LOOP": inside(LOOP, FRAME, NEXT, at=1),
        "LOAD in a LOOP": inside(LOOP, LOAD, NEXT, at=1),
        "END in a LOOP": inside(LOOP, NEXT, ACC, at=1),
        "src not aligned in the second pass": inside(Loop(1, 2, d_src=1), replace(ACC, mv_src=1), NEXT, at=1),
        "illegal goes before an address": inside(replace(ACC, ctx=3, wgt=0xFFFF)),
    }


ALIGNED = 32  # a chunk that is group-aligned in every build


def outside(config: BuildConfig) -> dict[str, Bad]:
    """Every address, one word beyond its memory, alone and by a LOOP."""
    c, group = config.chunk, config.group_chunks
    words, top = config.wgt_depth, config.vec_depth - group
    long = group * c - c + 1  # elements that need a whole group of chunks
    masked = replace(ACC, masked=1)
    on = partial(inside, bit=ErrorBit.ADDR_RANGE)
    masks = config.mask_depth
    return {
        "weights, last word": on(replace(ACC, wgt=words - INPUTS + 1), NEXT),
        "weights, far": on(replace(ACC, wgt=0xFFFF), NEXT),
        "weights, masked, first word": on(replace(masked, wgt=words, len=1), NEXT),
        "masks": on(replace(masked, msk=masks), NEXT),
        "masks, second group": on(replace(masked, msk=masks - 1, len=129), NEXT),
        "vector, source": on(replace(ACC, src=top, len=long + c, wgt=0), NEXT),
        "vector, source, far": on(replace(ACC, src=0x10000 - group, len=1), NEXT),
        "vector, LIF": on(replace(LIF, dst=config.vec_depth - 1, n=config.lanes), NEXT),
        "vector, LOAD": on(Load(top, long + c), NEXT),
        "bias, RAW": on(replace(RAW, par=config.bias_depth), NEXT),
        "bias, LIF": on(replace(LIF, par=config.bias_depth), NEXT),
        "bias, ARGMAX": on(replace(ARGMAX, par=config.bias_depth, first=1, last=1), NEXT),
        "state": on(replace(LIF, neu=config.neur_depth), NEXT),
        "weights by a LOOP": on(
            Loop(1, 4, d_wgt=words // 2 - 6), replace(ACC, mv_wgt=1, len=12), NEXT, at=1
        ),
        "weights by a negative stride": on(Loop(1, 2, d_wgt=0xFFFF), replace(ACC, mv_wgt=1), NEXT, at=1),
        "masks by a LOOP": on(Loop(1, 2, d_msk=masks), replace(masked, mv_msk=1), NEXT, at=1),
        "vector by a LOOP": on(Loop(1, 2, d_src=top + group), replace(ACC, mv_src=1), NEXT, at=1),
        "bias by a LOOP": on(Loop(1, 2, d_par=config.bias_depth), replace(LIF, mv_par=1), NEXT, at=1),
        "state by a LOOP": on(Loop(1, 2, d_neu=config.neur_depth), replace(LIF, mv_neu=1), NEXT, at=1),
    }


def good_words(bench: ErrorBench) -> list[int]:
    """The program of one frame, going on to what follows it."""
    return [*bench.one.program[:-1], NEXT.encode()]


async def expect_halt(bench: ErrorBench, bit: ErrorBit, descriptor: int) -> None:
    """The machine has halted at ``descriptor`` and counted nothing."""
    await bench.expect_status("after a halting error", running=0, waiting=0, halted=1, program_valid=1)
    await bench.expect_error(bit, descriptor)
    await bench.unmoved()


async def run_bad(bench: ErrorBench, name: str, kind: Callable) -> None:
    """One entry of ``illegal`` or ``outside``."""
    bad: Bad = kind(bench)[name]
    words = good_words(bench)
    fault = len(words) + bad.at
    words += [word if isinstance(word, int) else word.encode() for word in bad.section]
    await bench.fresh(start=False)
    await bench.send_images(bench.program_packet(words))
    await bench.start()
    good, wrong = bench.utterance("good", 2), bench.utterance("wrong", 1)
    number = 0
    for frame in (good[:1], good[1:]):
        # The second time round the mark is left out: CLEAR alone must have cleared.
        sent = [bench.packets(frame, mark=number == 0)]
        if bad.begun:
            sent.append(bench.packets(wrong, mark=False))
        bench.play(*sent)
        first, second = bench.split(await bench.ends(2), number + 1)
        bench.expect_end(second, bad.bit, number + 1)
        bench.expect("frames begun", second.starts["frame"].tolist(), [number + 1] * bad.begun)
        await bench.judge([frame], first)
        await expect_halt(bench, bad.bit, fault)
        number += 1 + bad.begun
        await bench.command("clear")
        bench.goes_on(number)
        (info,) = await bench.read(regs.ERROR_INFO)
        bench.expect("ERROR_INFO after CLEAR", info, 0)
    await bench.idle()
    await bench.expect_error(None)
    await bench.again("after")


async def frame_beyond(bench: ErrorBench) -> None:
    """The first FRAME of a program outside the vector memory: no frame has ever begun."""
    await bench.fresh(start=False)
    await bench.send_images(bench.program_packet([Frame(bench.config.vec_depth, INPUTS).encode()]))
    await bench.start()
    for _ in range(2):
        bench.expect_end(await bench.ends(1), ErrorBit.ADDR_RANGE, 0)
        await expect_halt(bench, ErrorBit.ADDR_RANGE, 0)
        await bench.command("clear")
    await bench.ends(1)
    await bench.idle()
    await bench.clear_error()
    await bench.again("after")


async def results_before(bench: ErrorBench) -> None:
    """Every result of the descriptors before the bad one leaves, as it does from a good program."""
    frame = bench.utterance("good", 1)
    await bench.fresh()
    bench.play(bench.packets(frame))
    whole = await bench.ends(1)
    await bench.judge([frame], whole)
    await bench.stop()
    words = [*bench.one.program[:-1], 0]
    await bench.send_images(bench.program_packet(words))
    await bench.start()
    bench.play(bench.packets(frame))
    cut = await bench.ends(1)
    for field in ("user", "keep", "last"):
        bench.expect(f"{field} of the beats", cut.results[field].tolist(), whole.results[field].tolist())
    bench.expect("data", cut.results["data"][:-1].tolist(), whole.results["data"][:-1].tolist())
    bench.expect("END status", int(cut.results["data"][-1, 0]), 1 + ErrorBit.ILLEGAL_DESC)
    bench.expect("membranes", cut.commits["membranes"].tolist(), whole.commits["membranes"].tolist())
    bench.expect("frames completed", len(cut.dones), 0)
    await expect_halt(bench, ErrorBit.ILLEGAL_DESC, len(words) - 1)
    await bench.idle()
    await bench.again("after")


async def rank_beyond(bench: ErrorBench) -> None:
    """A kept row that is stored beyond the bank, in either set and from both: found when it is read."""
    depth = bench.config.wgt_depth
    masks = tuple(np.ones((1, 128), bool) for _ in range(2))
    for sets, bank in ((1, 0), (2, 1), (3, 0), (3, 1)):
        acc = replace(ACC, masked=1, wgt=depth - 4, sets=sets, bank=bank)
        images = replace(bench.one, masks=masks)
        words = [FRAME.encode(), LOAD.encode(), acc.encode(), End(wrap=1).encode()]
        await bench.fresh(images, start=False)
        await bench.send_images(bench.program_packet(words))
        await bench.start()
        few = np.ones((1, INPUTS), np.int16)
        bench.play(bench.packets(few))
        bench.expect_end(await bench.ends(1), ErrorBit.ADDR_RANGE, 0)
        await expect_halt(bench, ErrorBit.ADDR_RANGE, 2)
        # Rows that hold no digit are not read, so the same descriptor is good for this frame.
        few[0, 4:] = 0
        await bench.command("clear")
        bench.play(bench.packets(few))
        batch = await bench.ends(1)
        bench.expect("END status of a frame that reads less", int(batch.results["data"][-1, 0]), 0)
        bench.expect("frame number", records_frames(batch), [1])
        await bench.idle()
        await bench.expect_error(None)
    await bench.again("after")


def records_frames(batch) -> list[int]:
    """Frame numbers of the END beats."""
    return (batch.results["user"][batch.results["last"] != 0] & np.uint64(0xFFFFFFFF)).tolist()


def cases() -> dict[str, Callable]:
    """All cases by name; every build has the same names, and makes its own tables when they run."""
    tables = {
        "illegal": (illegal(REFERENCE), lambda bench: illegal(bench.config)),
        "range": (outside(REFERENCE), lambda bench: outside(bench.config)),
    }
    found = {
        f"{title}: {name}": partial(run_bad, name=name, kind=kind)
        for title, (table, kind) in tables.items()
        for name in table
    }
    return found | {
        "illegal: results before it": results_before,
        "range: vector, first FRAME": frame_beyond,
        "range: weights by rank": rank_beyond,
    }
