# SPDX-License-Identifier: Apache-2.0
"""The networks and frames of the test ``pins``, through the harness: its beats must be the same."""

import numpy as np
import pyuvm

from tb.base_test import MurTest
from tb.pins.scenario import forget_results, keep_results, lives


@pyuvm.test()
class PinsFast(MurTest):
    """Two lives of the machine; leaves its result beats in the run's folder."""

    async def body(self) -> None:
        """Load, start, stream, stop, twice."""
        forget_results(self.job.out_dir)
        beats = []
        for life in lives(self.job.seed, self.config):
            await self.load(life.images)
            await self.start()
            batch = await self.stream(life.utterances)
            alone = await self.stream([life.alone], spaced=True)
            beats += [batch.batch.results, alone.batch.results]
            await self.stop()
        keep_results(self.job.out_dir, np.concatenate(beats))
