# SPDX-License-Identifier: Apache-2.0
"""Any network file on any frames.

WEIGHTS is the network, FEATURES a .safetensors file with `features` [frames, inputs] and `lengths`
[utterances]; without it UTTERANCES of FRAMES frames are drawn over the range of the network's inputs.
BIT_PLANES=1: the input goes in bit by bit.

Every commit point of every frame is compared with the model. heard.npz has what left the RTL: `sums`
[utterances, outputs], all frames and steps added, and `best` [frames], the largest output of each.
"""

import numpy as np
import pyuvm

from models.compiler import compile_network
from models.networks import trained
from tb.base_test import MurTest
from tb.decode import frame_scores

BATCH, BATCH_FRAMES = 64, 4_000  # utterances and frames a wake-up of Python


@pyuvm.test()
class AnyNetwork(MurTest):
    """See the module."""

    async def body(self) -> None:
        """Load, start, stream, stop."""
        network = trained(self.job.param("weights", "")).network
        inputs = self.job.inputs()
        utterances = np.split(inputs["features"], np.cumsum(inputs["lengths"])[:-1])
        planes = bool(self.job.param("bit_planes", False))
        await self.load(compile_network(network, self.config, planes))
        await self.start()
        sums, best = [], []
        while utterances:
            size = 1
            while (
                size < min(BATCH, len(utterances)) and sum(map(len, utterances[: size + 1])) <= BATCH_FRAMES
            ):
                size += 1
            part, utterances = utterances[:size], utterances[size:]
            result = await self.stream(part)
            if network.output.result == "raw":
                scores = frame_scores(result.batch.results, network.output.n, self.config.chunk)
                best.append(scores.argmax(axis=1))
                sums += [own.sum(axis=0) for own in np.split(scores, np.cumsum([len(u) for u in part])[:-1])]
        await self.stop()
        if sums:
            np.savez(self.job.out_dir / "heard.npz", sums=np.array(sums), best=np.concatenate(best))
