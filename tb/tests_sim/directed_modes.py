# SPDX-License-Identifier: Apache-2.0
"""Every mode of time, reset, output and result, with layers of which none, few, most and all neurons fire.

Each layer is read under masks that keep nothing, few rows, most and all, or under none; so are inputs of
which nothing to everything is zero.
"""

import itertools
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np

from models.descriptors import Descriptor, Fire
from models.formats import GROUP, Fmt
from tb.tests_sim.directed_bench import ON0, ON1, DirectedBench, argmax, lif, numbers, raw, spikes

INPUTS = 24
TIMES = ("T1", "T2 together", "T2 one by one")
RESETS = {"hard": (0, 0), "soft": (1, 1), "both": (0, 1)}  # `soft` of layers, in turn
PARTS = (0, 0.25, 0.75, 1)  # of a layer's neurons fire, of an input's elements are zero, of rows are kept
PUSH = 20_000  # a bias that no sum of these inputs turns over
UNMASKED: tuple[dict, ...] = ({},)
MASKED = tuple({"masked": 1, "msk": word} for word in range(len(PARTS)))


def parts(n: int) -> np.ndarray:
    """bool [PARTS, n]: that part of every four in a row."""
    return np.arange(n) % 4 < 4 * np.array(PARTS)[:, None]


def memories(bench: DirectedBench, name: str) -> dict[str, np.ndarray]:
    """A mask word for each part, a bias chunk for each layer, weights and thresholds at random."""
    build = bench.config
    masks, tiles = parts(GROUP), max(1, build.tile_chunks // len(PARTS))  # a RAW takes biases of a whole tile
    return {
        "wgt0": bench.numbers_of(f"{name}.wgt0", -8, 7, INPUTS, build.lanes),
        "wgt1": bench.numbers_of(f"{name}.wgt1", -8, 7, INPUTS, build.lanes),
        "msk0": masks, "msk1": masks[::-1],
        "bias": np.where(np.tile(parts(build.chunk), (tiles, 1)), PUSH, -PUSH),
        "theta": bench.numbers_of(f"{name}.theta", 1, 120, len(PARTS), build.chunk),
    }  # fmt: skip


def inputs(bench: DirectedBench, name: str) -> list[np.ndarray]:
    """Two utterances; frames of which the parts are zero."""
    frames = np.where(parts(INPUTS), 0, bench.numbers_of(name, 1, 9, len(PARTS), INPUTS))
    return [frames, frames[::-1]]


def place(bench: DirectedBench, number: int) -> int:
    """The vector chunk of a layer, behind the inputs."""
    return (1 + number) * bench.config.group_chunks


def layer(bench: DirectedBench, time: str, number: int, **fields) -> list[Fire]:
    """The FIREs of a layer on its own place, in one or two steps."""
    fields |= {"par": number, "neu": number, "tag": number, "leak": 2 + number}
    at, n = place(bench, number), bench.config.chunk
    if time == "T2 together":
        return [lif(n, at, 3, **fields)]
    return [lif(n, at, 1 + step, bit0=step, **fields) for step in range(2 if time == "T2 one by one" else 1)]


async def modes(bench: DirectedBench, time: str, reset: str) -> None:
    """A program for each way out, with masks and without; the layers read numbers of either format."""
    build, name = bench.config, f"modes.{time}.{reset}"
    sets = 1 if time == "T1" else 3
    merged = numbers(1, Fmt.MERGED, len=build.chunk, ctx=1, sel0=ON0, sel1=ON1)
    apart = spikes(sets, len=build.chunk, ctx=1)
    for read, result, masks in itertools.product((merged, apart), (raw, argmax), (UNMASKED, MASKED)):
        body: list[Descriptor] = []
        for number in range(len(PARTS)):
            fmt, soft = (Fmt.SIGNED, Fmt.UNSIGNED)[number % 2], RESETS[reset][number % 2]
            body += [numbers(sets, fmt, len=INPUTS, **mask) for mask in masks]
            body += layer(bench, time, number, soft=soft)
            for mask in masks:
                body.append(replace(read, src=place(bench, number), **mask))
                body.append(result(build.lanes, read.sets, ctx=1))
        await bench.show(name, body, inputs(bench, name), **memories(bench, name))


async def no_neurons(bench: DirectedBench) -> None:
    """The inputs alone, under every mask and none, straight to the results."""
    name = "modes.none"
    body: list[Descriptor] = []
    for fmt, mask in itertools.product((Fmt.SIGNED, Fmt.UNSIGNED), (*UNMASKED, *MASKED)):
        body += [numbers(3, fmt, len=INPUTS, **mask), raw(bench.config.lanes)]
    await bench.show(name, body, inputs(bench, name), **memories(bench, name))


def cases() -> dict[str, Callable]:
    """All cases by name."""
    found: dict[str, Callable] = {
        f"modes: {time}, {reset}": partial(modes, time=time, reset=reset)
        for time in TIMES
        for reset in RESETS
    }
    return found | {"modes: no neurons": no_neurons}
