# SPDX-License-Identifier: Apache-2.0
"""The result agent. The harness takes the beats, so there is nothing to drive: the environment makes it
passive."""

from tb.agents.common import BfmAgent


class ResultAgent(BfmAgent):
    """Called ``results`` in the environment."""
