# SPDX-License-Identifier: Apache-2.0
"""Elements: the ends of their ranges, beyond a frame's length, and old vectors after a new program."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from models.formats import GROUP, SHIFT_MAX, Fmt
from tb.tests_sim.directed_bench import ON0, ON1, SETTLED, DirectedBench, lif, numbers, raw, spikes

# All lengths of carries, and with 0xAAAB as many digits as there can be.
ENDS = (0xFFFF, 0x100, 0x8000, 0x7FFF, 0x5555, 0xAAAA, 0xFF00, 0x8001, 0x4000, 0xC000, 1, 0xFFFE, 0xAAAB)


async def ranges(bench: DirectedBench) -> None:
    """Elements at the ends of their ranges in every format, alone and together."""
    n, count = bench.config.lanes, len(ENDS)
    one = {
        "wgt0": bench.numbers_of("ends.wgt0", -2, 2, 540, n),
        "wgt1": bench.numbers_of("ends.wgt1", -2, 2, 540, n),
    }
    body = []
    for at, (fmt, sets) in enumerate((fmt, sets) for fmt in (Fmt.UNSIGNED, Fmt.SIGNED) for sets in (1, 2, 3)):
        body += [numbers(sets, fmt, len=count, wgt=at, shift=at % 3), raw(n, sets, dst=at)]
    body += [spikes(len=count, sel0=8 + 7, sel1=8 + 6), raw(n),
             numbers(1, Fmt.MERGED, len=count, sel0=8, sel1=15), raw(n, 1)]  # fmt: skip
    alone = np.diag(ENDS)
    await bench.show("ends", body, np.concatenate([[ENDS], alone, [ENDS[::-1]]]), **one)


async def shifts(bench: DirectedBench) -> None:
    """Every shift of every format."""
    n = bench.config.lanes
    body = []
    for shift in range(SHIFT_MAX + 1):
        for acc in (spikes(len=9), numbers(1, Fmt.MERGED, len=9, sel0=ON0, sel1=ON1), numbers(len=9),
                    numbers(fmt=Fmt.SIGNED, len=9)):  # fmt: skip
            body += [replace(acc, shift=shift, wgt=shift), raw(n, acc.sets)]
    await bench.show("shifts", body, bench.numbers_of("shifts", 0, 99, SETTLED, 9))


async def top_digit(bench: DirectedBench) -> None:
    """Digit position 16 with shift 7 is bit 23: it fits where the weight is -1 or 0."""
    n = bench.config.lanes
    weights = np.zeros((540, n), int)
    weights[0] = -(np.arange(n) % 2)
    body = []
    for sets in (1, 2):
        body += [numbers(sets, len=1, shift=7), raw(n, sets, dst=sets)]
    body += [numbers(3, len=1, shift=7), raw(n, sum=1)]
    frames = np.array([[0xFFFF], [0xFF00], [0x8000], [0xFFFF], [0xC000]])
    await bench.show("top", body, frames, wgt0=weights, wgt1=weights)


async def beyond(bench: DirectedBench) -> None:
    """ACCs over the whole of a frame's last chunk: elements beyond its length are zero, whatever was sent."""
    chunk, n = bench.config.chunk, bench.config.lanes
    for size in (1, 5, chunk + 1, chunk + 5, 2 * chunk + 6, 3 * chunk - 1):
        whole = -(-size // chunk) * chunk
        body = [numbers(len=whole), raw(n), numbers(1, Fmt.SIGNED, len=whole), raw(n, 1)]
        body += [spikes(len=whole), raw(n)]
        await bench.show("beyond", body, bench.numbers_of(f"beyond{size}", 1, 999, SETTLED, size))


async def smaller(bench: DirectedBench) -> None:
    """A program of 300 inputs, then one of 5 whose recurrent layer lies where inputs were.

    START must clear there; a mark, which would clear again, is left out.
    """
    group, n = bench.config.group_chunks, bench.config.lanes
    body = [numbers(len=300), raw(n)]
    await bench.show("before", body, bench.numbers_of("before", 1, 999, 2, 300))
    body = [
        numbers(fmt=Fmt.SIGNED, len=5), spikes(src=group, len=GROUP), spikes(src=2 * group, len=44, ctx=1),
        lif(n, group, leak=2), raw(n, ctx=1), spikes(src=2 * group, len=GROUP), raw(n),
    ]  # fmt: skip
    await bench.show("after", body, bench.numbers_of("after", -99, 99, 4, 5), mark=False)


async def fewer(bench: DirectedBench) -> None:
    """Neurons of a tile spike, then fewer of them on the same state: elements beyond those are zero."""
    chunk, group = bench.config.chunk, bench.config.group_chunks
    body = [
        numbers(1, len=9), lif(chunk, group, 1, bit0=1),
        numbers(1, len=9), lif(chunk - 1, 2 * group, 1, bit0=3),
        numbers(1, len=chunk, src=2 * group), raw(bench.config.lanes, 1),
    ]  # fmt: skip
    every = {"wgt0": np.full((540, bench.config.lanes), 7), "theta": np.ones((1, chunk), int)}
    await bench.show("fewer", body, bench.numbers_of("fewer", 100, 999, SETTLED, 9), **every)


async def behind(bench: DirectedBench) -> None:
    """A vector in the chunk behind a frame of one whole chunk: a mark clears it and spares the frame."""
    chunk = bench.config.chunk
    body = [
        numbers(1, len=2 * chunk), raw(bench.config.lanes, 1),
        numbers(2, len=chunk), lif(chunk, 1, 2), raw(bench.config.lanes, 2),
    ]  # fmt: skip
    every = {"wgt1": np.full((540, bench.config.lanes), 7), "theta": np.ones((1, chunk), int)}
    utterances = [bench.numbers_of(f"behind{at}", 100, 999, 2, chunk) for at in range(3)]
    await bench.show("behind", body, utterances, **every)


def cases() -> dict[str, Callable]:
    """All cases by name."""
    return {
        "elements: ends of the ranges": ranges,
        "elements: every shift": shifts,
        "elements: digit 16 with shift 7": top_digit,
        "elements: beyond the frame's length": beyond,
        "elements: 300 inputs, then 5": smaller,
        "elements: fewer neurons on the same state": fewer,
        "elements: a vector right behind the frame": behind,
    }
