# SPDX-License-Identifier: Apache-2.0
"""Every combination of modes at every layer width, reprogrammed one after another in one simulation.

A combination is (T, recurrence, reset, merged, masked) at a width: both hidden layers and the output have
it, the input is random. Stalls on every stream, several utterances with clears. The combinations that ran
are counted.
"""

import json

import numpy as np
import pyuvm

from models.compiler import compile_network
from tb.base_test import MurTest
from tb.networks import ALL_MODES, WIDTHS, Modes, network_of
from tb.tests_sim.stalls import random_stalls
from tb.virtual_sequences import Batch, Life, Reprogram

LENGTHS = (2, 1, 3)  # frames of the utterances


@pyuvm.test()
class Matrix(MurTest):
    """See the module. WIDTH=n restricts it to one width."""

    async def body(self) -> None:
        """One life of the machine for every combination, all of a width in one sequence."""
        only = int(self.job.param("width", 0))
        widths = [width for width in WIDTHS if only in (0, width)]
        ran: list[str] = []
        for width in widths:
            lives = (self.life(modes, width, len(ran) + i) for i, modes in enumerate(ALL_MODES))
            await self.run(Reprogram.create("width").having(lives=lives))
            ran += [f"{modes.name()}-{width}" for modes in ALL_MODES]
            print(f"mur> {len(ran)} of {len(widths) * len(ALL_MODES)} combinations", flush=True)
        self.figures["combinations"] = len(ran)
        (self.job.out_dir / "combinations.json").write_text(json.dumps(ran) + "\n")

    def life(self, modes: Modes, width: int, number: int) -> Life:
        """That of a combination; every fifth ends in an ARGMAX."""
        rng = self.rng(f"matrix.{modes.name()}.{width}")
        inputs = int(rng.choice((1, 5, 40, 127, 129)))
        layers = [inputs, width, width, width]
        network = network_of(rng, modes, layers, self.config.lanes, argmax=number % 5 == 4)
        stalls = random_stalls(rng, always=True)
        utterances = [rng.integers(-128, 128, (n, inputs), dtype=np.int16) for n in LENGTHS]
        how = {"stall_frames": stalls["frame"], "stall_results": stalls["result"]}
        return Life.create(f"{modes.name()}-{width}").having(
            images=compile_network(network, self.config), batches=[Batch(utterances, how)],
            image_stall=stalls["image"], stall=stalls["axil"],
        )  # fmt: skip
