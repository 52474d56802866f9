# SPDX-License-Identifier: Apache-2.0
"""What the cases of `directed` share: short descriptors, memories, and a run the scoreboard judges."""

import numpy as np

from models.descriptors import FIELDS, Acc, End, Fire, Frame, Load, select
from models.formats import GROUP, BuildConfig, Fmt, Kind, Op
from models.images import Images, LayerPlace, Layout
from tb.tests_sim.error_bench import ErrorBench

ON0, ON1 = select(0), select(1)
SETTLED = 3  # frames: the third finds what the first two have left


def spikes(sets=3, **fields) -> Acc:
    """ACC of spikes: bit 0 for set 0, bit 1 for set 1."""
    sel = {"sel0": ON0 * (sets & 1), "sel1": ON1 * (sets >> 1)}
    return numbers(sets, Fmt.SPIKES, **(sel | fields))


def numbers(sets=3, fmt=Fmt.UNSIGNED, **fields) -> Acc:
    """ACC of numbers: context 0, the vector at 0 and bank 0 or that of the set, unless said."""
    return Acc(**({"sets": sets, "fmt": fmt, "ctx": 0, "src": 0, "wgt": 0, "bank": int(sets == 2)} | fields))


def lif(n: int, dst: int, take=3, **fields) -> Fire:
    """FIRE LIF of context 0."""
    return Fire(**({"take": take, "ctx": 0, "kind": Kind.LIF, "dst": dst, "n": n, "par": 0} | fields))


def raw(n: int, take=3, **fields) -> Fire:
    """FIRE RAW of context 0 to output 0."""
    return Fire(**({"take": take, "ctx": 0, "kind": Kind.RAW, "dst": 0, "n": n, "par": 0} | fields))


def argmax(n: int, take=3, **fields) -> Fire:
    """FIRE ARGMAX of context 0 that is both first and last."""
    ends = {"kind": Kind.ARGMAX, "first": 1, "last": 1}
    return raw(n, take, **(ends | fields))


class DirectedBench(ErrorBench):
    """Hand-made programs on this build."""

    def numbers_of(self, path: str, low: int, high: int, *shape: int) -> np.ndarray:
        """Random integers low..high of the stream ``path``."""
        return self.rng(f"directed.{path}").integers(low, high + 1, shape)

    def memories(self, path: str) -> dict[str, np.ndarray]:
        """Random contents of all memories but the program, 540 words of weights at most."""
        build, words = self.config, min(540, self.config.wgt_depth)
        return {
            "wgt0": self.numbers_of(f"{path}.wgt0", -8, 7, words, build.lanes),
            "wgt1": self.numbers_of(f"{path}.wgt1", -8, 7, words, build.lanes),
            "msk0": self.numbers_of(f"{path}.msk0", 0, 1, 24, GROUP),
            "msk1": self.numbers_of(f"{path}.msk1", 0, 1, 24, GROUP),
            "bias": self.numbers_of(f"{path}.bias", -60, 60, build.bias_depth, build.chunk),
            "theta": self.numbers_of(f"{path}.theta", 1, 120, build.neur_depth, build.chunk),
        }

    def images(self, program: list, memories: dict[str, np.ndarray]) -> Images:
        """Images of a program, with a layout that can name every neuron and score."""
        build = self.config
        return Images(
            config=build,
            program=[descriptor.encode() for descriptor in program],
            weights=(memories["wgt0"].astype(np.int8), memories["wgt1"].astype(np.int8)),
            masks=(memories["msk0"].astype(bool), memories["msk1"].astype(bool)),
            bias=memories["bias"].astype(np.int32),
            theta=memories["theta"].astype(np.int32),
            layout=layout_of(build),
        )

    async def show(self, name: str, body: list, frames, at=0, load=True, mark=True, **memories) -> None:
        """Load and run FRAME, ``body``, LOAD, END on utterances of frames; the scoreboard judges them.

        ``at``: vector chunk of the frame. ``load`` False: the body has its own LOAD, or none. ``mark`` False:
        START alone must have cleared. ``memories`` replace the random ones.
        """
        utterances = [np.asarray(u) for u in (frames if isinstance(frames, list) else [frames])]
        size = utterances[0].shape[1]
        # A LOAD lets go of the region that all before it have read: it must not come first.
        program = [Frame(at, size), *body, *[Load(at, size)] * load, End(wrap=1)]
        await self.fresh(self.images(program, self.memories(name) | memories))
        self.play(*(self.packets(utterance, mark) for utterance in utterances))
        await self.judge(utterances, await self.ends(sum(len(u) for u in utterances)))
        await self.stop()


def layout_of(build: BuildConfig) -> Layout:
    """A layer for every tag, each over the whole state memory."""
    neurons = build.neur_depth * build.chunk
    tags = range(1 << FIELDS[Op.FIRE]["tag"][1])
    layers = tuple(LayerPlace(f"tag{tag}", tag, neurons, 0, 0, ()) for tag in tags)
    return Layout(build.chunk, 0, 0, layers, "scores", 1 << 20, 0)
