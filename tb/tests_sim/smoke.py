# SPDX-License-Identifier: Apache-2.0
"""A small network and a few frames: the quickest whole run, and where the checkers themselves are tested.

FAULT=name puts a spoilt part into the bench (tb/spoilt.py); the run must then be red.
"""

from collections.abc import Mapping

import numpy as np
import pyuvm

from models.compiler import compile_network
from regressions.registry import name_of
from tb import faults, spoilt
from tb.base_test import MurTest
from tb.networks import Modes, network_of
from tb.virtual_sequences import Batch, Life


def prepare(params: Mapping, _seed: int) -> dict:
    """Nothing to hand over; RegistryError when FAULT= names none."""
    name_of("FAULT", params["fault"], spoilt.OVERRIDES)
    return {}


@pyuvm.test()
class Smoke(MurTest):
    """Two utterances through a network of two layers of 20 neurons."""

    limit_cycles = 6_000_000

    def build_phase(self) -> None:
        """The bench, with a fault if one is asked for."""
        super().build_phase()
        self.fault = str(self.job.param("fault", ""))
        spoilt.put_in(self.fault)

    async def body(self) -> None:
        """One life of the machine."""
        rng = self.rng("smoke")
        modes, argmax = Modes(steps=2, soft=True, merged=True), self.fault in faults.NEED_ARGMAX
        network = network_of(rng, modes, [12, 20, 20, 20], self.config.lanes, argmax)
        utterances = [rng.integers(-128, 128, (frames, 12), dtype=np.int16) for frames in (3, 5)]
        batches = [Batch(utterances), Batch(utterances[:1], {"spaced": True})]
        images = compile_network(network, self.config)
        await self.run(Life.create("life").having(images=images, batches=batches))
