# SPDX-License-Identifier: Apache-2.0
"""One life of the machine after another, each with what a user may do meanwhile at random."""

from dataclasses import dataclass

import numpy as np

from models.images import Images
from tb import mur_regs as regs
from tb.items import Stall
from tb.tests_sim.error_bench import ErrorBench
from tb.tests_sim.stalls import random_stalls

MOMENT = 1000  # cycles: the latest of a reset
BETWEEN = {"nothing": 0.5, "clear": 0.3, "restart": 0.2}


@dataclass(frozen=True)
class Cut:
    """A reset ``moment`` cycles after so many ``frames`` have begun; with none, after START, which clears."""

    frames: int
    moment: int


@dataclass(frozen=True)
class Part:
    """A batch of utterances, and what comes ``before`` it; without a ``mark`` only if that cleared."""

    before: str
    stalls: dict[str, Stall]
    spaced: bool
    mark: bool


@dataclass(frozen=True)
class Life:
    """A life: perhaps another one before it that is ``cut`` short, and its batches."""

    cut: Cut | None
    parts: tuple[Part, ...]


def random_cut(rng: np.random.Generator) -> Cut:
    """Most hit a frame in work."""
    return Cut(int(rng.integers(5)), int(MOMENT ** rng.random()))


def random_life(rng: np.random.Generator, batches: int) -> Life:
    """A life of so many batches; the first follows START, which clears."""
    cut = random_cut(rng) if rng.random() < 0.2 else None
    parts = []
    for number in range(batches):
        before = str(rng.choice(list(BETWEEN), p=list(BETWEEN.values()))) if number else "restart"
        mark = before == "nothing" or rng.random() < 0.5
        parts.append(Part(before, random_stalls(rng), bool(rng.random() < 0.3), bool(mark)))
    return Life(cut, tuple(parts))


class RandomLives(ErrorBench):
    """Stalls on every stream, frames spaced or back to back, CLEAR, STOP and START, resets in mid-frame."""

    async def life(self, rng: np.random.Generator, images: Images, batches: list[list[np.ndarray]]) -> None:
        """Load, START, the batches of utterances, STOP."""
        life = random_life(rng, len(batches))
        if life.cut is not None:
            await self.cut_short(life.cut, images, batches[0])
        await self.load(images, life.parts[0].stalls["image"])
        await self.start(life.parts[0].stalls["axil"])
        for number, (part, utterances) in enumerate(zip(life.parts, batches, strict=True)):
            stalls = part.stalls
            if number and part.before == "clear":
                await self.write(regs.CTRL, regs.CTRL.fields["clear"].mask)
            if number and part.before == "restart":
                await self.stop(stalls["axil"])
                await self.start(stalls["axil"])
            await self.stream(
                utterances, part.spaced, part.mark,
                stall_frames=stalls["frame"], stall_results=stalls["result"],
            )  # fmt: skip
        await self.stop(stalls["axil"])

    async def cut_short(self, cut: Cut, images: Images, utterances: list[np.ndarray]) -> None:
        """Load, START, and a reset while frames run; nothing of it may be seen afterwards."""
        await self.load(images)
        await self.start()
        self.bfm.clear()
        self.play(*(self.packets(utterance) for utterance in utterances))
        await self.begun(min(cut.frames, sum(map(len, utterances))))
        await self.wait(cut.moment)
        await self.bfm.reset()
        self.figures["resets"] = int(str(self.figures.get("resets", 0))) + 1
