# SPDX-License-Identifier: Apache-2.0
"""What the agents share: an active agent, a monitor that publishes what was seen on its interface."""

from pyuvm import ConfigDB, uvm_agent, uvm_analysis_port, uvm_driver, uvm_monitor, uvm_sequencer

from tb.items import Stall
from tb.seeds import derive


class BfmDriver(uvm_driver):
    """A driver with the harness at hand, and a seed of its own for every stall pattern it sets."""

    def build_phase(self) -> None:
        """Find the harness, the run's seed and the build."""
        self.bfm = ConfigDB().get(self, "", "BFM")
        self.seed = ConfigDB().get(self, "", "SEED")
        self.config = ConfigDB().get(self, "", "CONFIG")
        self.stalls_set = 0

    async def run_phase(self) -> None:
        """Do items as they come, for ever."""
        while True:
            item = await self.seq_item_port.get_next_item()
            await self.drive(item)
            self.seq_item_port.item_done()

    async def drive(self, item) -> None:
        """Do one item."""
        raise NotImplementedError

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
            self.ap.write(await self.bfm.seen[self.get_parent().get_name()].get())


class ActiveAgent(uvm_agent):
    """Sequencer, driver and monitor of one interface."""

    driver_type: type[BfmDriver]

    def build_phase(self) -> None:
        """Make the parts."""
        super().build_phase()
        self.monitor = BfmMonitor.create("monitor", self)
        self.sequencer = uvm_sequencer("sequencer", self)
        self.driver = self.driver_type.create("driver", self)

    def connect_phase(self) -> None:
        """Connect driver and sequencer."""
        self.driver.seq_item_port.connect(self.sequencer.seq_item_export)
