# SPDX-License-Identifier: Apache-2.0
"""Parts of the register model with a fault: SPOIL=name of the test `registers` puts one in."""

from tb import mur_regs as regs
from tb.agents.register import RegisterDriver, StallingRegisterDriver
from tb.registers.access import Adapter, BackDoor, Predictor


class SpoiltBackDoor(BackDoor):
    """Shows one bit of one register wrong."""

    def words(self):
        """See the class."""
        words = super().words()
        return words | {"FRAMES": words["FRAMES"] ^ 1}


class AheadBackDoor(BackDoor):
    """Shows a counter that moves with every look, and is ahead of what the bus can show."""

    looks = 0

    def words(self):
        """See the class."""
        words = super().words()
        self.looks += 1
        return words | {"CYCLES_LO": words["CYCLES_LO"] + (1 << 20) + self.looks}


class SpoiltAdapter(Adapter):
    """Brings back one bit of what was read wrong."""

    def bus2reg(self, bus_item, rw):
        """See the class."""
        super().bus2reg(bus_item, rw)
        rw.data ^= 1


class DeafPredictor(Predictor):
    """Misses writes."""

    def access(self, write, address, data, strobe, found):
        """See the class."""
        if not write:
            super().access(write, address, data, strobe, found)


class WrongAnswer(StallingRegisterDriver):
    """The last of many reads of a register in one go shows a wrong bit to who asked, and to nobody else."""

    strobe, accesses = 15, 128  # of the items that are spoilt

    async def drive(self, item):
        """See the class."""
        await super().drive(item)
        ours = item.accesses[-1] == (regs.IRQ_ENABLE.address, None) and item.strobe == self.strobe
        if ours and len(item.accesses) >= self.accesses:
            item.seen = item.seen.copy()  # the monitor of the bus has the other
            item.seen["data"][-1] ^= 1


class StrobeLost(WrongAnswer):
    """A write without a strobe has changed a bit."""

    strobe, accesses = 0, 3


SPOILS = {
    "back_door": (BackDoor, SpoiltBackDoor),
    "back_door_ahead": (BackDoor, AheadBackDoor),
    "adapter": (Adapter, SpoiltAdapter),
    "answer": (RegisterDriver, WrongAnswer),
    "strobe": (RegisterDriver, StrobeLost),
    "predictor": (Predictor, DeafPredictor),
}
