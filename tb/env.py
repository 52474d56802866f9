# SPDX-License-Identifier: Apache-2.0
"""The environment: an agent for each interface, virtual sequencer, register model, and what listens."""

from cocotb.triggers import Timer
from pyuvm import ConfigDB, uvm_active_passive_enum, uvm_env

from tb.agents.frame import FrameAgent
from tb.agents.image import ImageAgent
from tb.agents.register import RegisterAgent
from tb.agents.result import ResultAgent
from tb.bfm import CLOCK_NS
from tb.coverage.component import FunctionalCoverage
from tb.registers.access import Adapter, BackDoor, Predictor
from tb.registers.model import RegisterModel
from tb.scoreboard import Scoreboard
from tb.tally import Tally
from tb.virtual_sequences import VirtualSequencer


class Diverged(Exception):
    """The machine and its model do not agree."""


class Environment(uvm_env):
    """Agents are named after what they carry, and so are the scoreboard's listeners they feed."""

    def build_phase(self) -> None:
        """Make the parts."""
        self.bfm = ConfigDB().get(self, "", "BFM")
        self.cdb_set("is_active", uvm_active_passive_enum.UVM_PASSIVE, "results")
        self.registers = RegisterAgent.create("registers", self)
        self.images = ImageAgent.create("images", self)
        self.frames = FrameAgent.create("frames", self)
        self.results = ResultAgent.create("results", self)
        self.virtual = VirtualSequencer.create("virtual", self)
        self.scoreboard = Scoreboard.create("scoreboard", self)
        self.coverage = FunctionalCoverage.create("coverage", self)
        self.tally = Tally.create("tally", self)
        self.predictor = Predictor.create("predictor", self)
        self.model = RegisterModel.create("registers")
        self.model.build(ConfigDB().get(self, "", "CONFIG"))
        self.back_door = BackDoor.create("back_door")

    def connect_phase(self) -> None:
        """Connect monitors and listeners, sequencers, and the register model."""
        for name in ("registers", "images", "frames", "results"):
            agent = getattr(self, name)
            agent.monitor.ap.connect(getattr(self.scoreboard, name).analysis_export)
            if agent.active():
                setattr(self.virtual, name, agent.sequencer)
        if self.images.active():
            self.images.driver.rsp_port.connect(self.scoreboard.names.analysis_export)
        self.scoreboard.traces.connect(self.coverage.traces.analysis_export)
        self.virtual.settle = self.settle
        self.registers.monitor.bus.connect(self.predictor.analysis_export)
        self.registers.monitor.ap.connect(self.tally.analysis_export)
        self.results.monitor.ap.connect(self.tally.analysis_export)
        self.predictor.model = self.model
        self.back_door.bfm = self.bfm
        self.model.set_backdoor(self.back_door)
        if self.registers.active():
            self.model.bus.set_sequencer(self.registers.sequencer, Adapter.create("adapter"))

    async def settle(self) -> None:
        """Let the monitors hand over what they have. Raises Diverged when something does not agree.

        Steps of a sequence wait for it, and the test before it drops its objection: pyuvm has no drain time
        and no phase_ready_to_end.
        """
        for _ in range(100):
            if not self.waiting():
                break
            await Timer(CLOCK_NS, "ns")
        self.verdict()

    def waiting(self) -> int:
        """How much was seen on the interfaces and not yet published, or published and not yet compared."""
        return sum(queue.qsize() for queue in self.bfm.seen.values()) + sum(map(len, self.scoreboard.pending))

    def forget(self) -> None:
        """Nothing waits and nothing was wrong: for a bench that goes on behind a failure."""
        for queue in self.bfm.seen.values():
            while not queue.empty():
                queue.get_nowait()
        board = self.scoreboard
        for half in board.pending:
            half.clear()
        board.divergence, board.mismatches = None, 0
        self.predictor.wrong.clear()

    def verdict(self) -> None:
        """Raise Diverged when something did not agree."""
        board = self.scoreboard
        if board.divergence is not None:
            raise Diverged(board.divergence.sentence())
        if board.mismatches:
            raise Diverged(f"{board.mismatches} values differ")
        if self.predictor.wrong:
            raise Diverged(self.predictor.wrong[0])

    def check_phase(self) -> None:
        """Nothing may be left over, all that was compared agrees, and every value met has its bin."""
        if left := self.waiting():
            raise Diverged(f"{left} items were seen and never compared")
        self.bfm.nothing_left()
        self.verdict()
        self.coverage.database.nothing_unknown()
