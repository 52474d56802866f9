# SPDX-License-Identifier: Apache-2.0
"""Addresses: nested loops with strides of their own, more than 512 rows, the last words of all memories."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from models.descriptors import Fold, Loop
from models.formats import GROUP, Fmt
from tb.tests_sim.directed_bench import SETTLED, DirectedBench, lif, numbers, raw, spikes

TOP = 1 << 16  # strides are modulo this


async def nested(bench: DirectedBench) -> None:
    """Two loops, five strides each, all different and some negative; then both done: no offset is left."""
    group, n = bench.config.group_chunks, 2 * bench.config.chunk
    n = min(n, bench.config.lanes)
    moves = {"mv_src": 1, "mv_wgt": 1}
    body = [
        Loop(6, 2, d_src=group, d_wgt=40, d_msk=3, d_par=13, d_neu=11),
        Loop(4, 3, d_src=TOP - group, d_wgt=TOP - 7, d_msk=1, d_par=TOP - 5, d_neu=3),
        spikes(src=2 * group, len=100, wgt=20, masked=1, msk=2, mv_msk=1, **moves),
        lif(n, 6 * group, par=12, mv_dst=1, mv_par=1, mv_neu=1, tag=5, leak=2, soft=1),
        numbers(fmt=Fmt.SIGNED, ctx=1, src=2 * group, len=9, wgt=30, bank=1, shift=2, **moves),
        raw(n, sum=1, ctx=1, dst=6 * group, par=12, mv_dst=1, mv_par=1),
        # In the outer loop only: the offsets of the inner one are gone.
        lif(n, 6 * group, par=1, neu=40, tag=6, mv_dst=1, mv_par=1, mv_neu=1),
        numbers(ctx=2, src=3 * group, len=20),
        raw(n, ctx=2, par=3),
    ]
    for place in range(4, 8):
        body += [spikes(1 + place % 2, src=place * group, len=n, wgt=place, ctx=place % 3),
                 raw(n, 1 + place % 2, ctx=place % 3, dst=place)]  # fmt: skip
    frames = bench.numbers_of("nested", -500, 500, SETTLED, 4 * GROUP)
    await bench.show("nested", body, frames)


async def one_end(bench: DirectedBench) -> None:
    """Two loops that end in one descriptor, with strides as `nested`: neither leaves an offset behind."""
    group = bench.config.group_chunks
    n = min(2 * bench.config.chunk, bench.config.lanes)
    places = {"mv_dst": 1, "mv_par": 1, "mv_neu": 1}
    rows = spikes(src=2 * group, len=100, wgt=20, masked=1, msk=2, mv_src=1, mv_wgt=1, mv_msk=1)
    body = [
        Loop(4, 2, d_src=group, d_wgt=40, d_msk=3, d_par=13, d_neu=11),
        numbers(fmt=Fmt.SIGNED, ctx=1, len=9, wgt=30, mv_wgt=1),
        Loop(2, 3, d_src=TOP - group, d_wgt=TOP - 7, d_msk=1, d_par=TOP - 5, d_neu=3),
        rows,
        lif(n, 6 * group, par=12, tag=5, **places),
        replace(rows, ctx=2),
        lif(n, 6 * group, ctx=2, par=12, neu=20, tag=6, **places),
        raw(n, ctx=1, sum=1, dst=9, par=12, mv_dst=1, mv_par=1),
    ]
    ends = [at + one.body for at, one in enumerate(body) if isinstance(one, Loop)]
    bench.expect("ends of the loops", ends, [4, 4])
    await bench.show("one end", body, bench.numbers_of("one end", -500, 500, SETTLED, 4 * GROUP))


async def many_rows(bench: DirectedBench) -> None:
    """More rows of zeros in one frame than 16 bits count, in each set, and as many that masks leave out."""
    rows = 520
    zeros = [numbers(sets, src=bench.config.group_chunks, len=rows) for sets in (1, 2)]
    masked = [replace(one, masked=1, msk=1) for one in zeros]
    body = [Loop(4, TOP // rows + 1), *zeros, *masked, raw(bench.config.chunk)]
    masks = dict.fromkeys(("msk0", "msk1"), np.zeros((24, GROUP), np.int64))
    await bench.show("zeros", body, bench.numbers_of("zeros", 0, 9, 2, 3), **masks)


async def many_events(bench: DirectedBench) -> None:
    """More events of each set, spikes of one tag and result words in one frame than 16 bits count."""
    build, n, rows = bench.config, 8, 16
    bias = np.full((build.bias_depth, build.chunk), 1000)
    theta = np.ones((build.neur_depth, build.chunk), int)
    # Two digits a row, one for each set; both sets spike whole, and RAW shows both.
    each = [numbers(len=rows), lif(n, build.group_chunks, tag=3, leak=15), raw(n)]
    body = [Loop(len(each), TOP // rows + 1), *each]
    memories = {name: np.ones((rows, build.lanes), int) for name in ("wgt0", "wgt1")}
    await bench.show("events", body, np.full((1, rows), 5), bias=bias, theta=theta, **memories)


async def single(bench: DirectedBench) -> None:
    """Loops of one level one after the other, one with a single pass, and a state stride alone."""
    n = bench.config.chunk
    body = [
        Loop(2, 4, d_src=1, d_wgt=5, d_msk=TOP - 1, d_par=2, d_neu=7),
        numbers(fmt=Fmt.SIGNED, len=20, wgt=3, masked=1, msk=9, mv_wgt=1, mv_msk=1),
        lif(n, bench.config.group_chunks, par=1, neu=2, mv_neu=1, mv_dst=1, leak=3),
        Loop(1, 1, d_src=1, d_wgt=2, d_msk=3, d_par=4, d_neu=5),
        raw(n, par=6, mv_dst=1, mv_par=1),
        Loop(2, 3, d_src=9, d_par=TOP - 3, d_neu=TOP - 2),
        spikes(src=bench.config.group_chunks, len=4 * n, ctx=1),
        lif(n, 2 * bench.config.group_chunks, ctx=1, par=8, neu=50, mv_par=1, mv_neu=1, tag=1),
    ]
    await bench.show("single", body, bench.numbers_of("single", -99, 99, SETTLED, 20))


async def many(bench: DirectedBench) -> None:
    """More passes than eight: of a LOOP alone, of the outer, of the inner."""
    n = bench.config.chunk
    body = [
        Loop(1, 20, d_wgt=3),
        numbers(1, Fmt.SIGNED, len=5, wgt=1, mv_wgt=1),
        Loop(4, 9, d_wgt=20, d_par=1),
        Loop(1, 10, d_wgt=2),
        numbers(fmt=Fmt.SIGNED, len=5, mv_wgt=1),
        spikes(len=5, wgt=9, mv_wgt=1),
        raw(n, par=2, mv_par=1),
        raw(n),
    ]
    await bench.show("many", body, bench.numbers_of("many", -99, 99, SETTLED, 5))


async def long_body(bench: DirectedBench) -> None:
    """A body of most of what the field can say: its last descriptors are passed again too."""
    n = bench.config.chunk
    ends = [numbers(len=3), raw(n), numbers(1, len=2), raw(n, 1, dst=n)]
    body = [*ends[:2], *[Fold(1, 0)] * 200, *ends[2:]]
    await bench.show("long", [Loop(len(body), 2), *body], bench.numbers_of("long", 0, 9, 2, 3))


async def rows(bench: DirectedBench, fmt: Fmt, sets: int) -> None:
    """520 rows in five groups, and 100 rows of a longer vector; mask bits set at and beyond both lengths."""
    masks = {}
    for name in ("msk0", "msk1"):
        masks[name] = bench.numbers_of(f"rows.{name}", 0, 1, 24, GROUP)
        masks[name][[7, 12], :] = 1
        masks[name][12, :50] = 0
    make = spikes if fmt == Fmt.SPIKES else numbers
    which = {} if fmt == Fmt.SPIKES else {"fmt": fmt}
    one = make(sets, src=0, len=520, masked=1, msk=3, wgt=1, **which)
    body = [
        one, raw(bench.config.lanes, sets),
        replace(one, masked=0, msk=0, ctx=1), raw(bench.config.lanes, sets, ctx=1, dst=100),
        replace(one, len=100, msk=12, ctx=2), replace(one, len=513, ctx=2),
        raw(bench.config.lanes, sets, ctx=2, dst=200),
    ]  # fmt: skip
    low = 0 if fmt == Fmt.UNSIGNED else -300
    await bench.show("rows", body, bench.numbers_of("rows", low, 300, 2, 520), **masks)


async def last_words(bench: DirectedBench) -> None:
    """The last word of every memory, by ACCs and FIREs that end exactly there; vectors seen cleared."""
    build, path = bench.config, "last"
    n, tile, end = build.lanes, build.tile_chunks, build.vec_depth
    memories = {
        name: bench.numbers_of(f"{path}.{name}", -8, 7, build.wgt_depth, n) for name in ("wgt0", "wgt1")
    } | {name: bench.numbers_of(f"{path}.{name}", 0, 1, build.mask_depth, GROUP) for name in ("msk0", "msk1")}
    body = []
    whole = end - build.group_chunks
    for sets, name in ((1, "msk0"), (2, "msk1"), (3, "msk0")):
        kept = int(memories[name][-1].sum())
        body += [
            # The vector there still holds what the frame before fired, and nothing after a clear.
            spikes(sets, src=whole, len=GROUP, wgt=build.wgt_depth - GROUP),
            numbers(sets, fmt=Fmt.SIGNED, len=GROUP, masked=1, msk=build.mask_depth - 1,
                    wgt=build.wgt_depth - kept),
            raw(n, sets, par=build.bias_depth - tile),
        ]  # fmt: skip
    places = {"par": build.bias_depth - tile, "neu": build.neur_depth - tile}
    body += [numbers(fmt=Fmt.SIGNED, len=GROUP), lif(n, end - tile, **places, leak=4, tag=7)]
    frames = bench.numbers_of(path, -50, 50, 5, GROUP)
    await bench.show(path, body, [frames[:3], frames[3:]], **memories)
    # The frame itself in the last group.
    body = [numbers(fmt=Fmt.SIGNED, src=whole, len=GROUP), raw(n)]
    await bench.show(path, body, [frames[:2], frames[2:]], at=whole)


async def whole_program(bench: DirectedBench) -> None:
    """A program that fills its memory, END in the last word."""
    few = (bench.config.prog_depth - 4) // 2
    n = bench.config.chunk
    body = [
        part
        for i in range(few)
        for part in (numbers(1 + i % 2, len=3, wgt=i % 500), raw(n, 1 + i % 2, dst=i))
    ]
    body += [raw(n)] * (bench.config.prog_depth - 3 - len(body))
    await bench.show("program", body, bench.numbers_of("program", 0, 9, 2, 3))


def cases() -> dict[str, Callable]:
    """All cases by name."""

    def of(fmt: Fmt, sets: int) -> Callable:
        return lambda bench: rows(bench, fmt, sets)

    found = {
        "loops: nested, five strides": nested,
        "loops: both end in one descriptor": one_end,
        "loops: one after the other": single,
        "loops: many passes": many,
        "loops: a long body": long_body,
        "loops: 65,536 rows in a frame": many_rows,
        "loops: 65,536 events in a frame": many_events,
    }
    for fmt, sets in ((Fmt.SPIKES, 3), (Fmt.SIGNED, 3), (Fmt.UNSIGNED, 1), (Fmt.SPIKES, 2)):
        found[f"rows: 520 of {fmt.name.lower()} on sets {sets}"] = of(fmt, sets)
    return found | {"last: words of all memories": last_words, "last: word of the program": whole_program}
