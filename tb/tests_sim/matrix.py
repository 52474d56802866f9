# SPDX-License-Identifier: Apache-2.0
"""Every combination of modes at every layer width, reprogrammed one after another in one simulation.

A combination is (T, recurrence, reset, merged, masked) at a width: both hidden layers and the output have
it, the input is random. Stalls on every stream, several utterances with clears. The combinations that ran
are counted.
"""

import itertools
import json

import numpy as np
import pyuvm

from models.compiler import compile_network
from tb.base_test import MurTest
from tb.networks import ALL_MODES, WIDTHS, network_of
from tb.tests_sim.stalls import random_stalls

LENGTHS = (2, 1, 3)  # frames of the utterances


@pyuvm.test()
class Matrix(MurTest):
    """See the module. WIDTH=n restricts it to one width."""

    async def body(self) -> None:
        """One life of the machine for every combination."""
        only = int(self.job.param("width", 0))
        combinations = list(itertools.product([w for w in WIDTHS if only in (0, w)], ALL_MODES))
        ran = []
        for index, (width, modes) in enumerate(combinations):
            rng = self.rng(f"matrix.{modes.name()}.{width}")
            inputs = int(rng.choice((1, 5, 40, 127, 129)))
            argmax = index % 5 == 4
            network = network_of(rng, modes, [inputs, width, width, width], self.config.lanes, argmax)
            stalls = random_stalls(rng, always=True)
            await self.load(compile_network(network, self.config), stalls["image"])
            await self.start(stalls["axil"])
            utterances = [rng.integers(-128, 128, (n, inputs), dtype=np.int16) for n in LENGTHS]
            await self.stream(utterances, stall_frames=stalls["frame"], stall_results=stalls["result"])
            await self.stop(stalls["axil"])
            ran.append(f"{modes.name()}-{width}")
            if index % len(ALL_MODES) == len(ALL_MODES) - 1:
                print(f"mur> {len(ran)} of {len(combinations)} combinations", flush=True)
        self.figures["combinations"] = len(ran)
        (self.job.out_dir / "combinations.json").write_text(json.dumps(ran) + "\n")
