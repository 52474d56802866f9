# SPDX-License-Identifier: Apache-2.0
"""Another number of time steps without a mark: START clears, and within a program nothing does.

T is no register: it is what FIREs take. Another program can only be loaded into the idle machine, and START
clears; the frames of one program may differ in T, and then memories keep what was left, as the model's do.
"""

from collections.abc import Callable
from functools import partial

import numpy as np

from models.compiler import compile_network
from models.descriptors import End, Frame, Load
from models.formats import Fmt, Kind
from models.images import Images
from models.machine import Machine
from tb.networks import Modes, Recurrence, network_of
from tb.tests_sim.directed_bench import layout_of, lif, numbers, raw, spikes
from tb.tests_sim.error_bench import INPUTS, ErrorBench

FRAMES = 6


async def another_program(bench: ErrorBench, recurrence: Recurrence) -> None:
    """The same network with T = 2, 1, 2, loaded after STOP in mid-utterance; no frame carries a mark."""
    widths, lanes = [INPUTS, 20, 20, 20], bench.config.lanes
    for number, steps in enumerate((2, 1, 2, 1)):
        network = network_of(bench.rng("steps"), Modes(steps, recurrence), widths, lanes)
        await bench.fresh(compile_network(network, bench.config))
        await bench.good(f"good{number}", frames=3, mark=False)
        await bench.expect_error(None)
        await bench.stop()


def program(bench: ErrorBench, order: tuple[int, ...]) -> list:
    """A frame for each number of steps: numbers to neurons, their spikes and those left before to results."""
    h, n = bench.config.group_chunks, min(20, bench.config.lanes)
    words: list = []
    for steps in order:
        sets = 3 if steps == 2 else 1
        words += [
            Frame(0, INPUTS), numbers(sets, fmt=Fmt.SIGNED, len=INPUTS, bank=0), Load(0, INPUTS),
            lif(n, h, sets, par=1, leak=4),
            # Bit 1 is that of the last frame of two steps, when this one has a single step.
            spikes(3, src=h, len=n, wgt=40, ctx=1), raw(n, 3, ctx=1, dst=steps),
            End(wrap=0),
        ]  # fmt: skip
    words[-1] = End(wrap=1)
    return words


async def within(bench: ErrorBench, order: tuple[int, ...]) -> None:
    """A program whose frames differ in T, no mark among them: membranes and bits as in the model."""
    build = bench.config
    rng = bench.rng(f"within{order}")
    weights = tuple(rng.integers(-8, 8, (100, build.lanes), dtype=np.int8) for _ in range(2))
    images = Images(
        config=build, program=[word.encode() for word in program(bench, order)], weights=weights,
        masks=(np.zeros((1, 128), bool),) * 2, layout=layout_of(build),
        bias=rng.integers(-60, 60, (build.bias_depth, build.chunk), dtype=np.int32),
        theta=rng.integers(1, 900, (build.neur_depth, build.chunk), dtype=np.int32),
    )  # fmt: skip
    # Past the agents: the scoreboard lines up programs whose frames all do the same.
    await bench.fresh(start=False)
    await bench.send_images(*images.to_packets())
    await bench.start_bad()
    utterance = bench.utterance("mixed", FRAMES)
    bench.play(bench.packets(utterance, mark=False))
    batch = await bench.ends(FRAMES)
    model = Machine(images, build)
    trace = model.run(utterance[None])
    words: list[list[int]] = []  # of each beat, of each state chunk
    membranes: list[list[int]] = []
    for frame in range(FRAMES):
        for site in trace.sites_of(frame):
            lanes = model.sites[site].n
            kind = model.sites[site].kind
            values = (trace.membranes if kind == Kind.LIF else trace.results)(site)[0, frame]  # [steps, n]
            places = range(0, lanes, build.chunk)
            out = membranes if kind == Kind.LIF else words
            out += [values[t, c : c + build.chunk].tolist() for c in places for t in range(len(values))]
    raws = batch.results[batch.results["last"] == 0]
    found = [beat["data"][: len(word)].tolist() for beat, word in zip(raws, words, strict=False)]
    bench.expect("result beats", (len(raws), found), (len(words), words))
    commits = zip(batch.commits, membranes, strict=False)
    held = [commit["membranes"][: len(values)].tolist() for commit, values in commits]
    bench.expect("membranes", (len(batch.commits), held), (len(membranes), membranes))
    bench.expect("results differ from frame to frame", len({str(word) for word in words}) > FRAMES, True)
    bench.expect("frames complete", len(batch.dones), FRAMES)
    await bench.idle()
    await bench.expect_error(None)
    await bench.again("after")


def cases() -> dict[str, Callable]:
    """All cases by name."""
    found: dict[str, Callable] = {
        f"steps: another T after STOP, {name} recurrence": partial(another_program, recurrence=name)
        for name in ("frame", "step")
    }
    for order in ((2, 1), (1, 2), (2, 1, 1)):
        name = ", ".join(map(str, order))
        found[f"steps: T = {name} in one program"] = partial(within, order=order)
    return found
