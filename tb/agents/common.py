# SPDX-License-Identifier: Apache-2.0
"""What the agents share: drivers, agents, a monitor that publishes what was seen on its interface."""

from pyuvm import ConfigDB, uvm_agent, uvm_analysis_port, uvm_driver, uvm_monitor, uvm_sequencer

from tb.items import Stall
from tb.seeds import derive


class ItemDriver(uvm_driver):
    """A driver that does one item after another, with the run's seed at hand."""

    def build_phase(self) -> None:
        """Find the seed."""
        self.seed = ConfigDB().get(self, "", "SEED")

    async def run_phase(self) -> None:
        """Do items as they come, for ever."""
        while True:
            item = await self.seq_item_port.get_next_item()
            await self.drive(item)
            self.seq_item_port.item_done()

    async def drive(self, item) -> None:
        """Do one item."""
        raise NotImplementedError


class BfmDriver(ItemDriver):
    """A driver with the harness at hand, and a seed of its own for every stall pattern it sets."""

    def build_phase(self) -> None:
        """Find the harness and the build."""
        super().build_phase()
        self.bfm = ConfigDB().get(self, "", "BFM")
        self.config = ConfigDB().get(self, "", "CONFIG")
        self.stalls_set = 0

    def stall(self, stream: str, stall: Stall) -> None:
        """Set the stall pattern of ``stream`` for the next start."""
        self.stalls_set += 1
        seed = derive(self.seed, f"{self.get_full_name()}.{stream}.{self.stalls_set}")
        self.bfm.stall(stream, seed, stall.rate, stall.burst)


class BfmMonitor(uvm_monitor):
    """Publishes what the harness saw on one interface; the kind is the agent's own name there."""

    def build_phase(self) -> None:
        """Find the harness and make the analysis port."""
        self.bfm = ConfigDB().get(self, "", "BFM")
        self.ap = uvm_analysis_port("ap", self)

    async def run_phase(self) -> None:
        """Publish for ever."""
        while True:
            self.ap.write(self.observed(await self.bfm.seen[self.get_parent().get_name()].get()))

    def observed(self, seen):
        """The item that says what was ``seen``."""
        return seen


class DrivingAgent(uvm_agent):
    """Sequencer and driver of one interface, where ``is_active`` of the ConfigDB does not make it passive."""

    driver_type: type[ItemDriver]

    def build_phase(self) -> None:
        """Make the parts."""
        super().build_phase()
        if self.active():
            self.sequencer = uvm_sequencer.create("sequencer", self)
            self.driver = self.driver_type.create("driver", self)

    def connect_phase(self) -> None:
        """Connect driver and sequencer."""
        if self.active():
            self.driver.seq_item_port.connect(self.sequencer.seq_item_export)


class BfmAgent(DrivingAgent):
    """An interface of the harness: a monitor, and what drives it if the agent is active."""

    monitor_type = BfmMonitor

    def build_phase(self) -> None:
        """Make the parts."""
        super().build_phase()
        self.monitor = self.monitor_type.create("monitor", self)
