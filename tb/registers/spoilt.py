# SPDX-License-Identifier: Apache-2.0
"""Parts of the register model with a fault: SPOIL=name of the test `registers` puts one in."""

from tb.registers.access import Adapter, BackDoor, Predictor


class SpoiltBackDoor(BackDoor):
    """Shows one bit of one register wrong."""

    def words(self):
        """See the class."""
        words = super().words()
        return words | {"FRAMES": words["FRAMES"] ^ 1}


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


SPOILS = {
    "back_door": (BackDoor, SpoiltBackDoor),
    "adapter": (Adapter, SpoiltAdapter),
    "predictor": (Predictor, DeafPredictor),
}
