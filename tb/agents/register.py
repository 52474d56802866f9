# SPDX-License-Identifier: Apache-2.0
"""The register agent: AXI4-Lite accesses."""

import cocotb
import numpy as np
from pyuvm import uvm_analysis_port

from tb.agents.common import BfmAgent, BfmDriver, BfmMonitor
from tb.items import RegisterAccess, Stall
from tb.records import ACCESS


class RegisterError(Exception):
    """A register answered SLVERR."""


class RegisterDriver(BfmDriver):
    """Does the accesses of an item in one go of the harness's master."""

    async def drive(self, item: RegisterAccess) -> None:
        """Fill ``item.values`` and ``item.seen``.

        Raises RegisterError on a response other than OKAY, unless the item may be refused.
        """
        self.stall("axil", item.stall)
        accesses = np.zeros(len(item.accesses), ACCESS)
        for record, (address, data) in zip(accesses, item.accesses, strict=True):
            record["write"], record["address"] = data is not None, address
            record["data"], record["strobe"] = data or 0, item.strobe
        item.seen = await self.bfm.access(accesses)
        refused = item.seen[item.seen["response"] != 0]
        if len(refused) and not item.refusable:
            access, response = refused[0]["access"], refused[0]["response"]
            doing = "write" if access["write"] else "read"
            raise RegisterError(f"{doing} of address {access['address']:#05x}: response {response}")
        item.values = item.seen["data"].tolist()
        self.bfm.seen["registers"].put_nowait(item)


class StallingRegisterDriver(RegisterDriver):
    """Takes the place of RegisterDriver (factory) where every access is to meet stalls of its own."""

    async def drive(self, item: RegisterAccess) -> None:
        """The item, with another stall pattern each time."""
        item.stall = Stall(rate=32 << self.stalls_set % 3, burst=1 + self.stalls_set % 5)
        await super().drive(item)


class RegisterMonitor(BfmMonitor):
    """Publishes items, and at ``bus`` what was on the pins, by whomever: RESPONSE records, None a reset."""

    def build_phase(self) -> None:
        """Another port."""
        super().build_phase()
        self.bus = uvm_analysis_port("bus", self)

    async def run_phase(self) -> None:
        """Publish for ever."""
        cocotb.start_soon(super().run_phase())
        while True:
            self.bus.write(await self.bfm.seen["bus"].get())


class RegisterAgent(BfmAgent):
    """Called ``registers`` in the environment."""

    driver_type = RegisterDriver
    monitor_type = RegisterMonitor
