# SPDX-License-Identifier: Apache-2.0
"""The result agent. The harness takes the beats, so there is nothing to drive: the environment makes it
passive."""

from tb.agents.common import BfmAgent, BfmMonitor
from tb.bfm import Batch
from tb.items import ResultBatch


class ResultMonitor(BfmMonitor):
    """Publishes all that left the machine during a batch."""

    def observed(self, seen: Batch) -> ResultBatch:
        """Of the harness's records."""
        return ResultBatch.create("results").having(batch=seen)


class ResultAgent(BfmAgent):
    """Called ``results`` in the environment."""

    monitor_type = ResultMonitor
