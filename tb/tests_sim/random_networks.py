# SPDX-License-Identifier: Apache-2.0
"""Random networks one after another, with stalls on every stream and clears."""

import pyuvm

from models.compiler import compile_network
from models.networks.random_net import random_frames, random_network
from tb.base_test import MurTest
from tb.tests_sim.stalls import random_stalls


@pyuvm.test()
class RandomNetworks(MurTest):
    """NETWORKS networks, UTTERANCES utterances of up to FRAMES frames each, widths up to LARGEST."""

    async def body(self) -> None:
        """One life of the machine for every network."""
        frames, count = int(self.job.param("frames", 12)), int(self.job.param("utterances", 5))
        networks = int(self.job.param("networks", 6))
        for n in range(networks):
            rng = self.rng(f"random.network{n}")
            network = random_network(rng, self.config, largest=int(self.job.param("largest", 300)))
            stalls = random_stalls(rng)
            await self.load(compile_network(network, self.config), stalls["image"])
            await self.start(stalls["axil"])
            for _ in range(2):
                utterances = list(random_frames(rng, network, frames, count))
                utterances = [u[: rng.integers(1, frames + 1)] for u in utterances]
                await self.stream(utterances, stall_frames=stalls["frame"], stall_results=stalls["result"])
                stalls = random_stalls(rng)
            await self.stop(stalls["axil"])
        self.figures["networks"] = networks
