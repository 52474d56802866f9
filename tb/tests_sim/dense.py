# SPDX-License-Identifier: Apache-2.0
"""The dense network, 40-256-256-1920, on uniform random bytes: S0 before pruning, in banks that hold it.

Two tiles a hidden layer; every row of every tile kept.
"""

import pyuvm

from models.compiler import compile_network
from models.networks.dense import dense
from models.networks.r0 import r0_frames
from tb.base_test import MurTest
from tb.seeds import derive


@pyuvm.test()
class Dense(MurTest):
    """See the module. FRAMES frames in UTTERANCES utterances, each from a clear."""

    async def body(self) -> None:
        """Load, start, stream, stop."""
        frames, count = int(self.job.param("frames", 60)), int(self.job.param("utterances", 3))
        data = r0_frames(derive(self.job.seed, "dense.frames"), frames)
        await self.load(compile_network(dense(), self.config))
        await self.start()
        length = -(-frames // count)
        await self.stream([data[at : at + length] for at in range(0, frames, length)])
        await self.stop()
