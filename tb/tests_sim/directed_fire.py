# SPDX-License-Identifier: Apache-2.0
"""FIRE: one-sided takes, the 25-bit sum, clamps and leaks, ties of ARGMAX, chunks that spike as one."""

from collections.abc import Callable

import numpy as np

from models.descriptors import Descriptor, Fold, Loop
from models.formats import Fmt
from tb.tests_sim.directed_bench import SETTLED, DirectedBench, argmax, lif, numbers, raw, spikes
from tb.tests_sim.error_bench import FREE

OFTEN = (7, 128, 4)  # a stall pattern of waits and beats by turns
EDGES = (-32769, -32768, -32770, 32766, 32767, 32768, 0, -1)  # currents about the membrane's range


async def one_sided(bench: DirectedBench) -> None:
    """Set 1 is taken and later set 0, which must have kept its data; then the other way round."""
    n, group = bench.config.lanes, bench.config.group_chunks
    half = bench.config.chunk  # a FIRE of part of the lanes leaves the others
    body = [
        numbers(fmt=Fmt.SIGNED, len=30), raw(n, 2), raw(n, 1, dst=20), raw(n, 3, dst=40),
        numbers(fmt=Fmt.SIGNED, len=30, ctx=1), raw(n, 1, ctx=1), raw(n, 2, ctx=1, dst=20),
        spikes(len=30, ctx=2), lif(n, group, 2, ctx=2, bit0=7, leak=1), lif(n, group, 1, ctx=2, leak=1),
        spikes(len=30, ctx=2, bank=1), raw(half, 2, ctx=2), raw(n, 1, ctx=2), raw(n, 2, ctx=2),
        spikes(src=group, len=n, sel0=8, sel1=15), raw(n, sum=1),
    ]  # fmt: skip
    await bench.show("one-sided", body, bench.numbers_of("one-sided", -200, 200, SETTLED, 30))


async def wide_sum(bench: DirectedBench) -> None:
    """Sums of two sets beyond 24 bits, of either sign, as RAW, ARGMAX and LIF; then each set alone."""
    n, lanes = bench.config.lanes, np.arange(bench.config.lanes)
    weights = np.zeros((540, n), int)
    weights[0] = np.where(lanes % 2, 3, -3)
    both = {"shift": 7, "len": 1}
    body = []
    for at, fire in enumerate((raw(n, sum=1), argmax(n, sum=1), lif(n, bench.config.group_chunks, sum=1))):
        body += [numbers(1, **both), numbers(2, **both), fire, raw(n, 3, dst=at)]
    for sets in (1, 2):
        body += [numbers(sets, **both), raw(n, sets)]
    frames = np.array([[0x5555], [0x5554], [1]])
    await bench.show("sum", body, frames, wgt0=weights, wgt1=weights)


async def clamps(bench: DirectedBench) -> None:
    """Currents that just leave the membrane's range, with leak codes 0, 1, 14 and 15 and either reset."""
    build, n = bench.config, bench.config.chunk
    bias = np.resize(EDGES, (build.bias_depth, n))
    theta = np.resize([32767] * 8 + [1, 32767, 5, 32766, 32767, 2, 1, 1], (build.neur_depth, n))
    body = [numbers(fmt=Fmt.SIGNED, len=2), raw(n)]
    for i, (leak, soft) in enumerate((code, soft) for code in (0, 1, 14, 15) for soft in (0, 1)):
        for part in range(2):  # chunks of four need two for all edges
            neu = 4 * i + part
            body += [
                lif(n, build.group_chunks, par=part, neu=neu, leak=leak, soft=soft),
                lif(n, build.group_chunks, 1, par=part + 4, neu=neu + 2, leak=leak, soft=soft, bit0=3),
            ]
    frames = np.zeros((4, 2), int)
    await bench.show("clamps", body, frames, bias=bias, theta=theta)


async def leaks(bench: DirectedBench) -> None:
    """Every leak code on membranes of both signs over many frames."""
    build, n = bench.config, bench.config.chunk
    theta = bench.numbers_of("leaks.theta", 100, 32767, build.neur_depth, n)
    bias = bench.numbers_of("leaks.bias", -20000, 20000, build.bias_depth, n)
    body: list[Descriptor] = []
    for leak in range(16):
        places = {"neu": leak, "par": leak, "leak": leak, "soft": leak % 2}
        body += [numbers(fmt=Fmt.SIGNED, len=4, shift=4, wgt=leak)]
        body += [lif(n, build.group_chunks, 1 + leak % 3, **places)]
    await bench.show("leaks", body, bench.numbers_of("leaks", -300, 300, 12, 4), theta=theta, bias=bias)


async def all_spike(bench: DirectedBench) -> None:
    """Every neuron of every chunk spikes, in layers of every tag."""
    build, n = bench.config, bench.config.lanes
    bias = np.full((build.bias_depth, build.chunk), 1000)
    theta = np.ones((build.neur_depth, build.chunk), int)
    body: list[Descriptor] = [lif(n, build.group_chunks, 1 + tag % 3, tag=tag, leak=15) for tag in range(8)]
    body += [numbers(len=2), lif(n - 1, build.group_chunks, tag=7, bit0=6),
             spikes(src=build.group_chunks, len=n, sel0=14, sel1=15), raw(n)]  # fmt: skip
    await bench.show("all", body, bench.numbers_of("all", 0, 9, 2, 2), bias=bias, theta=theta)


async def many_spikes(bench: DirectedBench) -> None:
    """Both sets spike whole, 25 times a frame for each tag: with 128 lanes 38,400 spikes of each at STOP."""
    build, n = bench.config, bench.config.lanes
    bias = np.full((build.bias_depth, build.chunk), 1000)
    theta = np.ones((build.neur_depth, build.chunk), int)
    body = [Loop(8, 25), *(lif(n, build.group_chunks, tag=tag, leak=15) for tag in range(8))]
    await bench.show("many", [numbers(len=2), *body], np.zeros((6, 2), int), bias=bias, theta=theta)


async def ties(bench: DirectedBench) -> None:
    """No weights and few different biases: the lowest index wins in a chunk, a tile and over FIREs."""
    build, n = bench.config, bench.config.lanes
    tile = build.tile_chunks
    zero = np.zeros((540, n), int)
    for name, bias in (
        ("equal", np.zeros((build.bias_depth, build.chunk), int)),
        ("few", bench.numbers_of("ties.few", -2, -1, build.bias_depth, build.chunk)),
        ("lane 1 up", np.tile(np.arange(build.chunk) > 0, (build.bias_depth, 1)) * 1),
    ):
        body: list[Descriptor] = [numbers(len=2)]
        for take, sums in ((1, 0), (2, 0), (3, 0), (3, 1)):
            body.append(argmax(n, take, sum=sums, dst=7))
            for places in ((9, 5, 1), (0, 4, 8), (30, 2, 16)):
                for at, place in enumerate(places):
                    body.append(argmax(n, take, sum=sums, dst=place * tile, par=at * tile, first=int(at == 0),
                                       last=int(at == 2)))  # fmt: skip
            body += [argmax(n, take, sum=sums, dst=4, last=0),
                     argmax(build.chunk - 1, take, sum=sums, dst=2, first=0, last=1)]  # fmt: skip
        frames = np.zeros((1, 2), int) if name == "equal" else np.ones((2, 2), int)
        await bench.show(f"ties {name}", body, frames, wgt0=zero, wgt1=zero, bias=bias)


async def far_ties(bench: DirectedBench) -> None:
    """Ties of two FIREs whose indices lie on either side of 65,536: the lower wins, first or last."""
    build, n = bench.config, bench.config.chunk
    low, high = 1, (1 << 16) // n
    body: list[Descriptor] = [numbers(len=2)]
    for dst in ((low, high), (high, low)):
        body += [argmax(n, dst=dst[0], last=0), argmax(n, dst=dst[1], first=0)]
    bias = np.zeros((build.bias_depth, build.chunk), int)
    await bench.show("far ties", body, np.zeros((1, 2), int), bias=bias)


async def negative(bench: DirectedBench) -> None:
    """Two steps that are not merged, all scores below zero, and the steps with different winners."""
    build, n = bench.config, bench.config.lanes
    bias = bench.numbers_of("negative.bias", -9000, -8000, build.bias_depth, build.chunk)
    body = [spikes(len=20), argmax(n), numbers(fmt=Fmt.SIGNED, len=20), argmax(n, last=0, dst=8)]
    body += [spikes(len=20), argmax(n, first=0), argmax(n, par=20)]
    body += [numbers(len=20, ctx=1), Fold(2, 1), argmax(n, ctx=2)]
    frames = np.concatenate([bench.numbers_of("negative", 0, 3, 4, 20), np.zeros((1, 20), int)])
    await bench.show("negative", body, frames, bias=bias)


async def first_of_one_step(bench: DirectedBench) -> None:
    """`first` on a FIRE of one step forgets the maximum of the other step too, in this frame and the next."""
    build, n = bench.config, bench.config.chunk
    bias = np.array([[1000], [-1000]]) * np.ones((1, build.chunk), int)
    high, low = argmax(n), argmax(n, par=1, first=0)  # a maximum that is not reached again
    body = [fire for take, sums in ((1, 0), (2, 0), (3, 1))
            for fire in (high, argmax(n, take, sum=sums, par=1, last=0), low)]  # fmt: skip
    body += [high, argmax(n, 1, par=1, last=0)]
    await bench.show("first", [low, *body], np.zeros((2, 2), int), bias=bias)


async def results_wait(bench: DirectedBench) -> None:
    """The maxima of two steps leave one after the other, however long either waits for the consumer."""
    n = bench.config.chunk
    body: list[Descriptor] = []
    for at in range(8):  # a stall must begin behind the first of two
        body += [numbers(fmt=Fmt.SIGNED, len=1 + at, wgt=at), argmax(n, dst=at)]
    bench.bfm.stall("result", *OFTEN)
    await bench.show("waits", body, bench.numbers_of("waits", -99, 99, SETTLED, 9))
    bench.bfm.stall("result", *FREE)


def cases() -> dict[str, Callable]:
    """All cases by name."""
    return {
        "fire: one-sided takes": one_sided,
        "fire: sum of 25 bits": wide_sum,
        "fire: clamps": clamps,
        "fire: leaks": leaks,
        "fire: all neurons spike": all_spike,
        "fire: many spikes of every tag": many_spikes,
        "argmax: ties": ties,
        "argmax: ties far apart": far_ties,
        "argmax: scores below zero": negative,
        "argmax: first of one step": first_of_one_step,
        "argmax: results that wait": results_wait,
    }
