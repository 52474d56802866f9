# SPDX-License-Identifier: Apache-2.0
"""A small network and a few frames: the quickest whole run, and where the checkers themselves are tested.

FAULT=name spoils the run in one of the ways of tb/faults.py; it must then be red.
"""

import numpy as np
import pyuvm

from models.compiler import compile_network
from tb import faults
from tb.base_test import MurTest
from tb.networks import Modes, network_of


@pyuvm.test()
class Smoke(MurTest):
    """Two utterances through a network of two layers of 20 neurons."""

    async def body(self) -> None:
        """Load, start, stream, stop."""
        fault = str(self.job.param("fault", ""))
        if fault and fault not in (*faults.RECORDS, *faults.RUNS):
            raise ValueError(f"no fault {fault!r}; there are {', '.join((*faults.RECORDS, *faults.RUNS))}")
        rng = self.rng("smoke")
        modes, argmax = Modes(steps=2, soft=True, merged=True), fault in faults.NEED_ARGMAX
        network = network_of(rng, modes, [12, 20, 20, 20], self.config.lanes, argmax)
        utterances = [rng.integers(-128, 128, (frames, 12), dtype=np.int16) for frames in (3, 5)]
        await self.load(compile_network(network, self.config))
        if fault != "hang":
            await self.start()
        await self.stream(utterances)
        await self.stream(utterances[:1], spaced=True)
        await self.stop()
