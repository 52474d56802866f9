# SPDX-License-Identifier: Apache-2.0
"""Tables of programs that break one rule each: what must raise ILLEGAL_DESC, and what ADDR_RANGE."""

from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from models.descriptors import FIELDS, Acc, End, Fire, Fold, Frame, Load, Loop
from models.formats import BuildConfig, ErrorBit, Fmt, Kind, Op
from tb.tests_sim.error_bench import INPUTS

ALIGNED = 32  # a chunk that is group-aligned in every build
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


def free_bits(descriptor) -> list[int]:
    """Bits that the op does not use."""
    used = sum(((1 << width) - 1) << low for low, width in FIELDS[descriptor.op].values()) | 15
    return [bit for bit in range(128) if not used >> bit & 1]


def reserved(descriptor) -> dict[str, Bad]:
    """The lowest and the highest bit that the op does not use, each alone."""
    free = free_bits(descriptor)
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
    fields: dict[Any, list[dict[str, Any]]] = {
        ACC: [
            {"sets": 0}, {"ctx": 3}, {"wfmt": 1}, {"wfmt": 2}, {"wfmt": 3}, {"len": 0}, {"src": 1},
            {"bank": 1}, {"sets": 2}, {"msk": 1}, {"sel0": 8}, {"sel1": 1}, {"fmt": Fmt.UNSIGNED, "sel1": 8},
            {"fmt": Fmt.MERGED, "sets": 3, "sel0": 8}, {"fmt": Fmt.MERGED}, {"fmt": Fmt.SPIKES},
        ],
        SPIKES: [
            {"sel0": 0, "sel1": 0}, {"sets": 1}, {"sets": 2, "bank": 1}, {"ctx": 3},
            {"sets": 1, "sel1": 1}, {"sets": 2, "bank": 1, "sel0": 1}, {"sel0": 7, "sel1": 7},
        ],
        FOLD: [{"ctx": 3}, {"src": 3}, {"ctx": 2}],
        LIF: [
            {"take": 0}, {"ctx": 3}, {"sum": 1, "take": 1}, {"sum": 1, "take": 2}, {"n": 0},
            {"n": 256}, {"kind": 3}, {"kind": 4}, {"kind": 5}, {"kind": 6}, {"kind": 7},
            {"bit0": 7}, {"first": 1}, {"last": 1},
        ],
        RAW: [
            {"bit0": 1}, {"tag": 1}, {"leak": 1}, {"soft": 1}, {"neu": 1}, {"mv_neu": 1}, {"first": 1},
            {"last": 1},
        ],
        ARGMAX: [{"bit0": 1}, {"tag": 1}, {"leak": 1}, {"soft": 1}, {"neu": 1}, {"mv_neu": 1}],
        LOOP: [{"body": 0}, {"count": 0}, {"body": 2}, {"body": 255}],
    }  # fmt: skip
    for form, changes in fields.items():
        kind = f" {Kind(form.kind).name}" if form.op == Op.FIRE else " spikes" if form is SPIKES else ""
        for change in changes:
            text = " ".join(f"{name}={int(value)}" for name, value in change.items())
            found[f"{form.op.name}{kind} {text}"] = inside(replace(form, **change), ACC)
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
        "LOAD and FRAME differ, FRAME beyond": between(Frame(0, 0xFFFF), NEXT),
        "LOAD and FRAME differ in dst": between(Frame(ALIGNED, INPUTS), NEXT),
        "a third level of LOOP": inside(Loop(body=3, count=2), Loop(body=2, count=2), LOOP, ACC, NEXT, at=2),
        "in the inner of two LOOPs": inside(Loop(body=3, count=2), FOLD, Loop(1, 2), 0, NEXT, at=3),
        "a program without END": inside(Loop(body=1, count=3), FOLD, at=2),
        "an inner LOOP leaves the outer": inside(
            Loop(body=2, count=1), Loop(body=2, count=1), ACC, ACC, at=1
        ),
        "FRAME in a LOOP": inside(LOOP, FRAME, NEXT, at=1),
        "LOAD in a LOOP": inside(LOOP, LOAD, NEXT, at=1),
        "LOAD in a LOOP of one pass": inside(Loop(body=1, count=1), LOAD, NEXT, at=1),
        "END in a LOOP": inside(LOOP, NEXT, ACC, at=1),
        "src not aligned in the second pass": inside(Loop(1, 2, d_src=1), replace(ACC, mv_src=1), NEXT, at=1),
        "illegal goes before an address": inside(replace(ACC, ctx=3, wgt=0xFFFF)),
    }


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
        "weights by a LOOP": on(Loop(1, 4, d_wgt=words // 2 - 6), replace(ACC, mv_wgt=1, len=12), NEXT, at=1),
        "weights by a negative stride": on(Loop(1, 2, d_wgt=0xFFFF), replace(ACC, mv_wgt=1), NEXT, at=1),
        "masks by a LOOP": on(Loop(1, 2, d_msk=masks), replace(masked, mv_msk=1), NEXT, at=1),
        "vector by a LOOP": on(Loop(1, 2, d_src=top + group), replace(ACC, mv_src=1), NEXT, at=1),
        "vector, LIF by a LOOP": on(Loop(1, 2, d_src=config.vec_depth), replace(LIF, mv_dst=1), NEXT, at=1),
        "bias by a LOOP": on(Loop(1, 2, d_par=config.bias_depth), replace(LIF, mv_par=1), NEXT, at=1),
        "state by a LOOP": on(Loop(1, 2, d_neu=config.neur_depth), replace(LIF, mv_neu=1), NEXT, at=1),
    }
