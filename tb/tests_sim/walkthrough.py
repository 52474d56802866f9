# SPDX-License-Identifier: Apache-2.0
"""Three frames of a 6-6-3 network, one after another: what docs/walkthrough.md shows cycle by cycle."""

import pyuvm

from models.compiler import compile_network
from models.networks.walkthrough import FRAMES, walkthrough
from tb.base_test import MurTest


@pyuvm.test()
class Walkthrough(MurTest):
    """Each frame is offered when the one before has left, so that one can be seen alone."""

    async def body(self) -> None:
        """Load, start, stream, stop."""
        await self.load(compile_network(walkthrough(), self.config))
        await self.start()
        await self.stream([FRAMES], spaced=True)
        await self.stop()
