# SPDX-License-Identifier: Apache-2.0
"""The result agent: passive. The harness takes the beats; the monitor publishes them batch by batch."""

from pyuvm import uvm_agent

from tb.agents.common import BfmMonitor


class ResultAgent(uvm_agent):
    """Called ``results`` in the environment."""

    def build_phase(self) -> None:
        """Make the monitor."""
        super().build_phase()
        self.monitor = BfmMonitor.create("monitor", self)
