# SPDX-License-Identifier: Apache-2.0
"""Pace: what docs/architecture.md says of cycles, held to within a margin; results alone would not tell."""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from models.descriptors import Descriptor, End, Frame, Load
from models.formats import GROUP
from tb.tests_sim.directed_bench import ON0, DirectedBench, numbers, raw, spikes

FRAMES = 4
ROWS = 16
TURNS = 12
MANY, DIGITS = 0x5555, 8  # an element with so many digits
# Cycles of a frame beside its work: three a descriptor up to the first ACC, a scanner's pipeline filled once,
# the last FIRE, and END.
AROUND = 20


async def paced(
    bench: DirectedBench, name: str, body: list[Descriptor], size: int, work: int, value: ArrayLike = 1
) -> None:
    """Run ``body`` on frames of ``size`` elements, each in its ``work`` and AROUND cycles at most."""
    program = [Frame(0, size), *body, Load(0, size), End(wrap=1)]
    frames = np.full((FRAMES, size), value)
    await bench.fresh(bench.images(program, bench.memories(name)))
    bench.play(bench.packets(frames))
    batch = await bench.ends(FRAMES)
    cycles = np.diff(batch.dones["cycle"].astype(np.int64))
    await bench.judge([frames], batch)
    bench.expect("the slowest frame is in time", bool(cycles.max() <= work + AROUND), True)
    await bench.stop()


async def adding(bench: DirectedBench) -> None:
    """ACCs of one set, each fired while the next is added to another context: an event in every cycle."""
    body: list[Descriptor] = []
    for turn in range(TURNS):
        body += [numbers(1, len=ROWS, ctx=turn % 3), raw(1, 1, ctx=turn % 3)]
    await paced(bench, "adding", body, ROWS, TURNS * ROWS)


async def firing(bench: DirectedBench) -> None:
    """RAW FIREs of whole tiles: a chunk in every cycle, and three beside them."""
    build = bench.config
    body: list[Descriptor] = [numbers(1, len=1), *[raw(build.lanes, 1) for _ in range(TURNS)]]
    await paced(bench, "firing", body, 1, TURNS * (build.tile_chunks + 3))


async def side_by_side(bench: DirectedBench) -> None:
    """One long ACC of set 0 beside many short ones of set 1, which are dispatched in three cycles each."""
    body: list[Descriptor] = [numbers(1, len=ROWS, ctx=1)]
    body += [spikes(2, len=1 + turn % 3, sel1=ON0) for turn in range(ROWS * DIGITS // 3)]
    body += [raw(1, 1, ctx=1), raw(1, 2)]
    await paced(bench, "side by side", body, ROWS, 3 * len(body), MANY)


async def passing_over(bench: DirectedBench) -> None:
    """ACCs that select nothing in three chunks of four, which are passed over while rows of the fourth go."""
    chunk = np.arange(GROUP) // bench.config.chunk
    body: list[Descriptor] = [spikes(1, len=GROUP) for _ in range(TURNS)]
    # The next frame comes when the last ACC has read the group: its beats, and what follows them.
    work = TURNS * GROUP // 4 + GROUP // 4 + 10
    await paced(bench, "passing over", [*body, raw(1, 1)], GROUP, work, np.where(chunk % 4, 2, 1))


def cases() -> dict[str, Callable]:
    """All cases by name."""
    return {
        "pace: an event a cycle": adding,
        "pace: a chunk a cycle": firing,
        "pace: sets side by side": side_by_side,
        "pace: chunks passed over": passing_over,
    }
