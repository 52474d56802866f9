# SPDX-License-Identifier: Apache-2.0
"""The register agent: AXI4-Lite accesses."""

import numpy as np

from tb.agents.common import ActiveAgent, BfmDriver
from tb.items import RegisterAccess
from tb.records import ACCESS


class RegisterError(Exception):
    """A register answered SLVERR."""


class RegisterDriver(BfmDriver):
    """Does the accesses of an item in one go of the harness's master."""

    async def drive(self, item: RegisterAccess) -> None:
        """Fill ``item.values``. Raises RegisterError on a response other than OKAY."""
        self.stall("axil", item.stall)
        accesses = np.zeros(len(item.accesses), ACCESS)
        for record, (address, data) in zip(accesses, item.accesses, strict=True):
            record["write"], record["address"] = data is not None, address
            record["data"], record["strobe"] = data or 0, 15
        responses = await self.bfm.access(accesses)
        for response, (address, data) in zip(responses, item.accesses, strict=True):
            if response["response"]:
                doing = "read" if data is None else "write"
                raise RegisterError(f"{doing} of address {address:#05x}: response {response['response']}")
        item.values = [int(value) for value in responses["data"]]
        item.cycles = [int(cycle) for cycle in responses["cycle"]]
        self.bfm.seen["registers"].put_nowait(item)


class RegisterAgent(ActiveAgent):
    """Called ``registers`` in the environment."""

    driver_type = RegisterDriver
