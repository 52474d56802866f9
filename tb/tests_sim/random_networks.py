# SPDX-License-Identifier: Apache-2.0
"""Random networks one after another, with stalls on every stream, clears and resets."""

import pyuvm

from models.compiler import compile_network
from models.networks.random_net import random_frames, random_network
from tb.tests_sim.lives import RandomLives


@pyuvm.test()
class RandomNetworks(RandomLives):
    """NETWORKS networks, each with 2 batches of UTTERANCES utterances of up to FRAMES frames.

    Widths are up to LARGEST.
    """

    async def body(self) -> None:
        """One life of the machine for every network."""
        frames, count = int(self.job.param("frames", 12)), int(self.job.param("utterances", 5))
        networks = int(self.job.param("networks", 6))
        for n in range(networks):
            rng = self.rng(f"random.network{n}")
            network = random_network(rng, self.config, largest=int(self.job.param("largest", 300)))
            x = random_frames(rng, network, frames, 2 * count)
            utterances = [u[: rng.integers(1, frames + 1)] for u in x]
            images = compile_network(network, self.config)
            await self.life(rng, images, [utterances[:count], utterances[count:]])
        self.figures["networks"] = networks
