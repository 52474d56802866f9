# SPDX-License-Identifier: Apache-2.0
"""Every bit of what is wide: addresses, lengths, ranks, descriptor numbers, strides, indices, spike bytes.

Values follow the build's depths: a deep build, all depths 33024, turns every bit of an address.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from models.descriptors import Descriptor, End, Fold, Frame, Load, Loop
from models.formats import GROUP, ErrorBit, Fmt
from tb.tests_sim.directed_bench import SETTLED, DirectedBench, argmax, lif, numbers, raw, spikes
from tb.tests_sim.error_bench import FREE
from tb.tests_sim.errors_program import expect_halt

SLOW = (1, 255, 2000)  # a stall pattern of long waits
LONGEST = 0xFFFF  # rows of an ACC, elements of a frame
PATTERNS = (0x5555, 0x2AAA, 0x8000)  # each bit of an address up and down again, where depths allow


def within(value: int, depth: int, extent: int = 1) -> int:
    """``value``, or what is left of it in a memory of ``depth`` words, ``extent`` of them used from there."""
    return value % (depth - extent + 1)


def few(bench: DirectedBench) -> dict[str, np.ndarray]:
    """Biases and thresholds of one tile: to load a whole deep memory takes long."""
    build = bench.config
    shape = build.tile_chunks, build.chunk
    return {"bias": bench.numbers_of("few.bias", -60, 60, *shape), "theta": np.full(shape, 50)}


async def addresses(bench: DirectedBench) -> None:
    """Vectors, weights, masks, biases and states in places all over their memories, the frame among them."""
    build, path = bench.config, "addresses"
    n, tile, group = build.lanes, build.tile_chunks, build.group_chunks
    rows = min(GROUP, build.wgt_depth)
    memories = {
        name: bench.numbers_of(f"{path}.{name}", -8, 7, build.wgt_depth, n) for name in ("wgt0", "wgt1")
    } | {name: bench.numbers_of(f"{path}.{name}", 0, 1, build.mask_depth, GROUP) for name in ("msk0", "msk1")}
    places = [within(value, build.vec_depth, group) // group * group for value in PATTERNS]
    body: list[Descriptor] = []
    for value, at in zip(PATTERNS, places, strict=True):
        if body:  # a frame of its own in each place
            body += [Load(at, GROUP), End(wrap=0), Frame(at, GROUP)]
        wgt, msk = within(value, build.wgt_depth, rows), within(value, build.mask_depth)
        par, neu = within(value, build.bias_depth, tile), within(value, build.neur_depth, tile)
        away = next(chunk for chunk in range(0, build.vec_depth, group) if chunk not in places)
        for sets in (1, 2):
            body += [
                numbers(sets, Fmt.SIGNED, src=at, len=rows, wgt=wgt), raw(n, sets, par=par),
                numbers(sets, Fmt.SIGNED, src=at, len=rows, wgt=wgt, masked=1, msk=msk),
                lif(n, away, sets, par=par, neu=neu, leak=2),
                spikes(sets, src=away, len=n, wgt=within(wgt, build.wgt_depth, n)), raw(n, sets),
            ]  # fmt: skip
    # One more, lest every entry fall into the same slots of the queues each time round.
    body += [numbers(fmt=Fmt.SIGNED, len=rows), raw(n)]
    frames = bench.numbers_of(path, -50, 50, 3 * len(PATTERNS), GROUP)
    await bench.show(path, body, [frames, frames[::-1]], at=places[0], **memories)


async def longest(bench: DirectedBench) -> None:
    """The longest vector that the memories hold, nearly all of it zero: all rows, and few rows kept."""
    build, path = bench.config, "longest"
    size = min(LONGEST, build.vec_depth * build.chunk, build.mask_depth * GROUP)
    rows = min(size, build.wgt_depth)
    frames = np.zeros((2, size), int)
    for frame in frames:
        places = bench.rng(f"directed.{path}").integers(0, size, 40)
        frame[[*places, 0, rows - 1, size - 1]] = 1
    masks = {
        name: bench.rng(f"directed.{path}.{name}").random((-(-size // GROUP), GROUP)) * size < rows / 2
        for name in ("msk0", "msk1")
    }
    kept = min(int(mask.sum()) for mask in masks.values())
    words = bench.numbers_of(f"{path}.wgt", -8, 7, rows, build.lanes)
    body = []
    for sets in (1, 2, 3):
        body += [numbers(sets, len=rows), raw(build.lanes, sets)]
        body += [spikes(sets, len=size, masked=1), raw(build.lanes, sets)]
    assert kept > 0
    await bench.show(path, body, frames, wgt0=words, wgt1=words[::-1], **masks, **few(bench))


async def descriptors(bench: DirectedBench) -> None:
    """A program that fills its memory, nested loops all over it and END in the last word."""
    depth = bench.config.prog_depth
    n = bench.config.chunk
    work: list[Descriptor] = [numbers(len=3), raw(n)]
    loops = [Loop(4, 2), Fold(1, 0), Loop(2, 2), *work]
    body = [*work]
    while len(body) < depth - 3 - len(loops):
        body += loops if len(body) % 67 < len(loops) else [Fold(2, 1)]
    body += [Fold(2, 1)] * (depth - 3 - len(body))
    await bench.show("descriptors", body, bench.numbers_of("descriptors", 0, 9, 1, 3), **few(bench))


async def faults(bench: DirectedBench) -> None:
    """A row kept far beyond the bank, and a descriptor that is none in two loops, all over the program."""
    build = bench.config
    size = min(LONGEST, build.vec_depth * build.chunk, build.mask_depth * GROUP)
    far = {"len": size, "masked": 1, "wgt": build.wgt_depth - 4}
    in_loops = [Loop(3, 2), Loop(1, LONGEST), numbers(0, len=1)]  # of LONGEST passes none is completed
    wrong: list[tuple[ErrorBit, list]] = [(ErrorBit.ADDR_RANGE, [numbers(sets, **far)]) for sets in (1, 2)]
    wrong += [(ErrorBit.ILLEGAL_DESC, in_loops)]
    images = replace(bench.one, masks=(np.ones((-(-size // GROUP), GROUP), bool),) * 2)
    frame = np.zeros((1, size), int)
    frame[0, -1] = 1
    for (bit, part), value in ((one, value) for one in wrong for value in PATTERNS):
        before = within(value, build.prog_depth, 8)
        program = [Frame(0, size), *[Fold(1, 0)] * before, *part, Fold(1, 0), End(wrap=1)]
        await bench.fresh(images, start=False)
        await bench.send_images(bench.program_packet([descriptor.encode() for descriptor in program]))
        await bench.start()
        bench.play(bench.packets(frame))
        bench.expect_end(await bench.ends(1), bit, 0)
        await expect_halt(bench, bit, before + len(part))
        await bench.idle()
    await bench.again("after")


async def waiting(bench: DirectedBench) -> None:
    """A FIRE that cannot leave, and more descriptors behind it than order numbers may be apart."""
    n = bench.config.chunk
    body = [numbers(len=9), raw(n), *[numbers(len=1, ctx=1)] * 150, raw(n, ctx=1)]
    bench.bfm.stall("result", *SLOW)
    await bench.show("waiting", body, bench.numbers_of("waiting", 0, 9, SETTLED, 9), **few(bench))
    bench.bfm.stall("result", *FREE)


async def strides(bench: DirectedBench) -> None:
    """Strides and offsets of every bit, where nothing moves and so nothing may change."""
    names = ("d_src", "d_wgt", "d_msk", "d_par", "d_neu")
    n = bench.config.chunk
    body: list[Descriptor] = []
    for value in (*PATTERNS, 0, 1):
        outer, inner = dict.fromkeys(names, value), dict.fromkeys(names, value ^ LONGEST)
        body += [Loop(4, 2, **outer), Fold(1, 0), Loop(2, 2, **inner), numbers(len=3), raw(n)]
    await bench.show("strides", body, bench.numbers_of("strides", 0, 9, 2, 3), **few(bench))


async def indices(bench: DirectedBench) -> None:
    """Output indices up to the last that a tile can have."""
    n, tile = bench.config.lanes, bench.config.tile_chunks
    body: list[Descriptor] = []
    for value in PATTERNS:
        dst = within(value, 1 << 16, tile)
        body += [numbers(fmt=Fmt.SIGNED, len=9), raw(n, dst=dst), numbers(fmt=Fmt.SIGNED, len=9),
                 argmax(n, dst=dst)]  # fmt: skip
    await bench.show("indices", body, bench.numbers_of("indices", -99, 99, SETTLED, 9), **few(bench))


async def spike_bytes(bench: DirectedBench) -> None:
    """Each bit of the spike byte is written and kept while others are, alone and with the next."""
    build, n = bench.config, bench.config.lanes
    group = build.group_chunks
    body: list[Descriptor] = []
    for bit in (*range(8), *range(0, 7, 2)):
        body += [numbers(fmt=Fmt.SIGNED, len=4, wgt=bit, shift=2)]
        body += [lif(n, group, 1, bit0=bit, leak=1), spikes(1, src=group, len=n, sel0=8 + bit), raw(n, 1)]
    for bit in range(7):
        body += [numbers(fmt=Fmt.SIGNED, len=4, wgt=bit), lif(n, group, 3, bit0=bit, leak=1)]
        body += [spikes(src=group, len=n, sel0=8 + bit, sel1=9 + bit), raw(n)]
    await bench.show("bytes", body, bench.numbers_of("bytes", -99, 99, 6, 4), **few(bench))


def cases() -> dict[str, Callable]:
    """All cases by name."""
    return {
        "wide: addresses": addresses,
        "wide: longest vector": longest,
        "wide: faults": faults,  # before loops in others, which end what a fault has left of a count
        "wide: descriptor numbers": descriptors,
        "wide: order numbers": waiting,
        "wide: strides": strides,
        "wide: output indices": indices,
        "wide: spike bytes": spike_bytes,
    }
