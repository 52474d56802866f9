# SPDX-License-Identifier: Apache-2.0
"""Three frames of a 6-6-3 network, one after another: what docs/walkthrough.md shows cycle by cycle."""

import pyuvm

from models.compiler import compile_network
from models.networks.walkthrough import FRAMES, walkthrough
from tb.base_test import MurTest
from tb.virtual_sequences import Batch, Life


@pyuvm.test()
class Walkthrough(MurTest):
    """Each frame is offered when the one before has left, so that one can be seen alone."""

    async def body(self) -> None:
        """One life of the machine."""
        images = compile_network(walkthrough(), self.config)
        batch = Batch([FRAMES], {"spaced": True})
        await self.run(Life.create("life").having(images=images, batches=[batch]))
