# SPDX-License-Identifier: Apache-2.0
"""The environment: four agents and the scoreboard."""

from pyuvm import uvm_env

from tb.agents.frame import FrameAgent
from tb.agents.image import ImageAgent
from tb.agents.register import RegisterAgent
from tb.agents.result import ResultAgent
from tb.scoreboard import Scoreboard


class Environment(uvm_env):
    """Agents are named after what they carry, and so are the scoreboard's listeners they feed."""

    def build_phase(self) -> None:
        """Make the parts."""
        self.registers = RegisterAgent("registers", self)
        self.images = ImageAgent("images", self)
        self.frames = FrameAgent("frames", self)
        self.results = ResultAgent("results", self)
        self.scoreboard = Scoreboard("scoreboard", self)

    def connect_phase(self) -> None:
        """Connect monitors and scoreboard."""
        for name in ("registers", "images", "frames", "results"):
            monitor = getattr(self, name).monitor
            monitor.ap.connect(getattr(self.scoreboard, name).analysis_export)
