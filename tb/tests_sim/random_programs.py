# SPDX-License-Identifier: Apache-2.0
"""Random programs made of descriptors, past what the compiler emits, with stalls and marks anywhere."""

import pyuvm

from models.networks.random_program import random_program
from tb.tests_sim.lives import RandomLives


@pyuvm.test()
class RandomPrograms(RandomLives):
    """PROGRAMS programs, each with 2 batches of UTTERANCES utterances of up to FRAMES frames."""

    async def body(self) -> None:
        """One life of the machine for every program."""
        frames, count = int(self.job.param("frames", 12)), int(self.job.param("utterances", 4))
        programs = int(self.job.param("programs", 20))
        for n in range(programs):
            rng = self.rng(f"programs.{n}")
            images, x = random_program(rng, self.config, frames, 2 * count)
            utterances = [u[: rng.integers(1, frames + 1)] for u in x]
            await self.life(rng, images, [utterances[:count], utterances[count:]])
        self.figures["networks"] = programs
