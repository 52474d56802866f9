# SPDX-License-Identifier: Apache-2.0
"""Order: work of one set, of FIRE or of the loader that must wait for work still under way elsewhere."""

from collections.abc import Callable

import numpy as np

from models.descriptors import Descriptor, End, Fold, Frame, Load
from models.formats import GROUP, ErrorBit
from tb import mur_regs as regs
from tb.tests_sim.directed_bench import SETTLED, DirectedBench, lif, numbers, raw, spikes
from tb.tests_sim.error_bench import FREE

LONG = GROUP  # rows of many digits each: hundreds of cycles
SLOW = (1, 255, 2000)  # a stall pattern of long waits
MANY = 150  # entries of one set while the other works on one


def long_frames(bench: DirectedBench, path: str, size: int = LONG) -> np.ndarray:
    """Frames of elements with many digits, and small enough for sums of them to fit."""
    return bench.numbers_of(path, 0x1000, 0x1FFF, SETTLED, size)


async def overwrite(bench: DirectedBench, taken: int) -> None:
    """The vector that one set reads for long is overwritten by a FIRE of the other set alone."""
    other, n = 3 - taken, bench.config.lanes
    group, part = bench.config.group_chunks, bench.config.chunk
    for late in (group - 1, 0, group // 2):
        body = [
            numbers(other, len=LONG, ctx=1), numbers(taken, len=2, ctx=0), lif(part, late, taken, leak=15),
            raw(n, other, ctx=1), numbers(3, len=LONG, ctx=2), raw(n, ctx=2),
        ]  # fmt: skip
        await bench.show("overwrite", body, long_frames(bench, f"overwrite{late}"))


async def load_reads(bench: DirectedBench, reader: int) -> None:
    """LOAD while one set still reads the frame for long, the next frame waiting."""
    n = bench.config.lanes
    size = {"dst": 0, "len": LONG}
    body = [numbers(3 - reader, len=1, ctx=1), numbers(reader, len=LONG), Load(**size),
            raw(n, 3 - reader, ctx=1), raw(n, reader)]  # fmt: skip
    await bench.show("load", body, long_frames(bench, f"load{reader}"), load=False)


async def load_writes(bench: DirectedBench) -> None:
    """LOAD while a FIRE that writes into the frame's region waits behind others: the frame comes after."""
    n, part = bench.config.lanes, bench.config.chunk
    for place in (0, 1):
        body = [numbers(len=LONG), numbers(len=8, ctx=1), *[raw(n, dst=8 * i) for i in range(3)],
                lif(part, place, ctx=1, leak=15), Load(0, LONG)]  # fmt: skip
        bias = np.full((bench.config.bias_depth, part), 2000)
        await bench.show("load", body, long_frames(bench, f"writes{place}"), load=False, bias=bias)


async def across_groups(bench: DirectedBench) -> None:
    """A FIRE from the end of one group into the next, which an ACC that follows reads at once."""
    build, n = bench.config, 2 * bench.config.chunk
    group = build.group_chunks
    n = min(n, build.lanes)
    for reader in (1, 2):
        body = [
            numbers(3, len=LONG), lif(n, 2 * group - 1, leak=3),
            spikes(reader, src=2 * group, len=GROUP, ctx=1), raw(build.lanes, reader, ctx=1),
            spikes(reader, src=group, len=GROUP, ctx=1), raw(build.lanes, reader, ctx=1),
        ]  # fmt: skip
        await bench.show("across", body, long_frames(bench, f"across{reader}"))


async def fold_fired(bench: DirectedBench) -> None:
    """FOLD whose source is being fired, or its destination; nothing has been added to either since."""
    n = bench.config.lanes
    body = [
        numbers(len=40, ctx=2), numbers(len=9, ctx=0), raw(n, ctx=2), raw(n, ctx=0, dst=8), Fold(1, 0),
        raw(n, ctx=1, dst=16), numbers(len=9, ctx=1), numbers(len=3, ctx=2), raw(n, ctx=1, dst=24),
        Fold(1, 2), raw(n, ctx=1, dst=32), numbers(1, len=5), raw(n, 2), Fold(2, 0),
        raw(n, sum=1, ctx=2), Fold(1, 2), raw(n, ctx=1),
    ]  # fmt: skip
    await bench.show("fold", body, long_frames(bench, "fold", 40))


async def fold_added(bench: DirectedBench, sets: int) -> None:
    """FOLD while one set still adds to its source, and the other has nothing to do."""
    n = bench.config.lanes
    body = [numbers(sets, len=40), Fold(1, 0), raw(n, ctx=1)]
    await bench.show("added", body, long_frames(bench, f"added{sets}", 40))


async def many_short(bench: DirectedBench, short: int) -> None:
    """One ACC of hundreds of rows on one set, many of few rows on the other."""
    build, size = bench.config, 512
    body: list[Descriptor] = [numbers(3 - short, len=size, ctx=1)]
    body += [numbers(short, len=1 + i % 3, wgt=i) for i in range(MANY)]
    body += [raw(build.lanes, short), raw(build.lanes, 3 - short, ctx=1)]
    weights = bench.numbers_of("many", -1, 1, 540, build.lanes)
    await bench.show("many", body, long_frames(bench, f"many{short}", size), wgt0=weights, wgt1=weights)


async def whole_behind(bench: DirectedBench) -> None:
    """A whole frame, without a LOAD, is passed while the END before it waits for the consumer."""
    n, size = bench.config.chunk, 9
    body: list[Descriptor] = [numbers(len=size), Load(0, size), raw(n), End(wrap=0)]
    body += [Frame(0, size), numbers(len=3, ctx=1), raw(n, ctx=1)]
    bench.bfm.stall("result", *SLOW)
    await bench.show("whole", body, bench.numbers_of("whole", 0, 9, 6, size), load=False)
    bench.bfm.stall("result", *FREE)


async def far_faults(bench: DirectedBench, slow: int) -> None:
    """Two overflows: the first, of set ``slow``, is late, the other MANY descriptors after it and quick."""
    size = 512
    weights = np.zeros((540, bench.config.lanes), int)
    quick = 3 - slow
    first = {"wgt0": weights.copy(), "wgt1": weights.copy()}
    first[f"wgt{slow - 1}"][size - 1], first[f"wgt{quick - 1}"][1] = 7, 7
    frame = np.full((1, size), 0x5555)
    frame[0, [1, size - 1]] = -1
    body: list[Descriptor] = [numbers(slow, len=size, shift=7), *[numbers(quick, len=1)] * MANY]
    body += [numbers(quick, len=2, shift=7), raw(1)]
    program = [Frame(0, size), *body, End(wrap=1)]
    await bench.fresh(bench.images(program, bench.memories("far") | first))
    bench.play(bench.packets(frame))
    bench.expect_end(await bench.ends(1), ErrorBit.ACC_OVERFLOW, 0)
    await bench.expect_error(ErrorBit.ACC_OVERFLOW, 1)
    await bench.command("clear")
    bench.goes_on(1)
    # With the overflow of the slow set gone only the other is left.
    frame[0, -1] = 0
    bench.play(bench.packets(frame))
    bench.expect_end(await bench.ends(1), ErrorBit.ACC_OVERFLOW, 1)
    await bench.expect_error(ErrorBit.ACC_OVERFLOW, 2 + MANY)
    await bench.idle()
    await bench.write(regs.ERROR, 0xFFFFFFFF)
    frame[0, 1] = 0
    await bench.show("far", body, frame, load=False, **first)


def cases() -> dict[str, Callable]:
    """All cases by name."""
    return {
        "order: overwritten while set 1 reads": lambda bench: overwrite(bench, 1),
        "order: overwritten while set 0 reads": lambda bench: overwrite(bench, 2),
        "order: LOAD while set 0 reads": lambda bench: load_reads(bench, 1),
        "order: LOAD while set 1 reads": lambda bench: load_reads(bench, 2),
        "order: LOAD while FIRE writes": load_writes,
        "order: FIRE across groups": across_groups,
        "order: FOLD of what is fired": fold_fired,
        "order: FOLD while set 0 adds": lambda bench: fold_added(bench, 1),
        "order: FOLD while set 1 adds": lambda bench: fold_added(bench, 2),
        "order: many short entries on set 1": lambda bench: many_short(bench, 2),
        "order: many short entries on set 0": lambda bench: many_short(bench, 1),
        "order: a whole frame behind an END that waits": whole_behind,
        "order: overflows far apart, set 0 slow": lambda bench: far_faults(bench, 1),
        "order: overflows far apart, set 1 slow": lambda bench: far_faults(bench, 2),
    }
