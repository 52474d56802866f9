# SPDX-License-Identifier: Apache-2.0
"""A run that does not end is ended, in simulated time or in wall time, and says how far it came."""

import time

from cocotb.triggers import Timer
from pyuvm import ConfigDB, uvm_component

from tb.bfm import CLOCK_NS

PERIOD = 100_000  # cycles between two looks; most runs are over before the first


class OutOfTime(Exception):
    """The run took longer than it may."""


def overrun(cycles: int, limit_cycles: int, seconds: float, limit_s: float) -> str:
    """What has run out, or nothing."""
    if cycles >= limit_cycles:
        return f"not over after {cycles:,} cycles, at most {limit_cycles:,}"
    if seconds >= limit_s:
        return f"not over after {seconds:.0f} s of wall time, at most {limit_s:g}"
    return ""


class Watchdog(uvm_component):
    """LIMIT_CYCLES and LIMIT_S of the ConfigDB bound the run; the launcher ends one that never gets here."""

    def build_phase(self) -> None:
        """Find the limits."""
        self.limit_cycles = ConfigDB().get(self, "", "LIMIT_CYCLES")
        self.limit_s = ConfigDB().get(self, "", "LIMIT_S")
        self.bfm = ConfigDB().get(self, "", "BFM")
        self.began = time.monotonic()

    async def run_phase(self) -> None:
        """Look now and then. Raises OutOfTime, which ends the run."""
        while True:
            await Timer(min(PERIOD, self.limit_cycles) * CLOCK_NS, "ns")
            if late := overrun(
                self.bfm.cycle(), self.limit_cycles, time.monotonic() - self.began, self.limit_s
            ):
                raise OutOfTime(f"{late}; {self.bfm.progress()}")
