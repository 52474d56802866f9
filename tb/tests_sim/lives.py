# SPDX-License-Identifier: Apache-2.0
"""One life of the machine after another, each with what a user may do meanwhile at random."""

import numpy as np

from models.images import Images
from tb import mur_regs as regs
from tb.tests_sim.error_bench import ErrorBench
from tb.tests_sim.stalls import random_stalls

MOMENT = 5000  # cycles: the latest of a reset in mid-frame


class RandomLives(ErrorBench):
    """Stalls on every stream, frames spaced or back to back, CLEAR, STOP and START, resets in mid-frame."""

    async def life(self, rng: np.random.Generator, images: Images, batches: list[list[np.ndarray]]) -> None:
        """Load, START, the batches of utterances, STOP."""
        stalls = random_stalls(rng)
        if rng.random() < 0.2:
            await self.cut_short(rng, images, batches[0])
        await self.load(images, stalls["image"])
        await self.start(stalls["axil"])
        cleared = True  # and so the first frame needs no mark
        for number, utterances in enumerate(batches):
            if number:
                cleared = await self.between(rng, stalls)
            await self.stream(
                utterances,
                spaced=rng.random() < 0.3,
                mark=not cleared or rng.random() < 0.5,
                stall_frames=stalls["frame"],
                stall_results=stalls["result"],
            )
            stalls = random_stalls(rng)
        await self.stop(stalls["axil"])

    async def between(self, rng: np.random.Generator, stalls: dict) -> bool:
        """Nothing, CLEAR, or STOP and START; whether it cleared."""
        what = rng.choice(["nothing", "clear", "restart"], p=[0.5, 0.3, 0.2])
        if what == "clear":
            await self.write(regs.CTRL, regs.CTRL.fields["clear"].mask)
        if what == "restart":
            await self.stop(stalls["axil"])
            await self.start(stalls["axil"])
        return what != "nothing"

    async def cut_short(self, rng: np.random.Generator, images: Images, utterances: list[np.ndarray]) -> None:
        """Load, START, and a reset while frames run; nothing of it may be seen afterwards."""
        await self.load(images)
        await self.start()
        self.play(*(self.packets(utterance) for utterance in utterances))
        await self.wait(int(MOMENT ** rng.random()))
        await self.bfm.reset()
        self.figures["resets"] = int(str(self.figures.get("resets", 0))) + 1
