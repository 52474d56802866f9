# SPDX-License-Identifier: Apache-2.0
"""The ways to the registers: front door (adapter), back door, and the predictor that keeps the mirror.

pyuvm 5 has the classes of a predictor and a back door but no bodies; these are written here.
"""

import numpy as np
from pyuvm import (
    uvm_access_e,
    uvm_door_e,
    uvm_predict_e,
    uvm_reg_adapter,
    uvm_reg_backdoor,
    uvm_reg_bus_op,
    uvm_reg_item,
    uvm_status_e,
    uvm_subscriber,
)

from tb import mur_regs as regs
from tb.bfm import Bfm
from tb.items import RegisterAccess
from tb.registers.model import RegisterModel

OKAY = 0  # AXI response


class Adapter(uvm_reg_adapter):
    """An operation on a register becomes an item of one access; a refused one has status UVM_NOT_OK."""

    def reg2bus(self, rw: uvm_reg_bus_op) -> RegisterAccess:
        """The item."""
        data = rw.data if rw.kind == uvm_access_e.UVM_WRITE else None
        return RegisterAccess.create("front_door").having(accesses=[(rw.addr, data)], refusable=True)

    def bus2reg(self, bus_item: RegisterAccess, rw: uvm_reg_bus_op) -> None:
        """What the item brought back."""
        if rw.kind == uvm_access_e.UVM_READ:
            (rw.data,) = bus_item.values
        okay = bus_item.seen["response"][0] == OKAY
        rw.status = uvm_status_e.UVM_IS_OK if okay else uvm_status_e.UVM_NOT_OK


class BackDoor(uvm_reg_backdoor):
    """Reads what the design holds, past bus and decoder. There is no writing by this door.

    ``bfm`` is set by whoever makes it. Registers that hold nothing (constants, the build's parameters,
    commands) have status UVM_NOT_OK.
    """

    bfm: Bfm

    def words(self) -> dict[str, int]:
        """All registers that hold something, as the bus would show them, all of one instant."""
        held = self.bfm.storage()
        words = {}
        for name in regs.REGISTERS:
            counter, _, half = name.rpartition("_")
            if name in held:
                words[name] = held[name]
            elif counter in held:
                words[name] = held[counter] >> 32 if half == "HI" else held[counter] & 0xFFFFFFFF
        return words

    async def read(self, rw: uvm_reg_item) -> None:
        """One register, now."""
        word = self.words().get(rw.get_element().get_name())
        rw.set_value(word or 0)
        rw.set_status(uvm_status_e.UVM_NOT_OK if word is None else uvm_status_e.UVM_IS_OK)


class Predictor(uvm_subscriber):
    """Every access that the register monitor saw moves the mirror of ``model``, which is set when connecting.

    A read also checks it: a bit that only the bus can change must be what the mirror says.
    """

    model: RegisterModel

    def build_phase(self) -> None:
        """Nothing seen yet."""
        self.wrong: list[str] = []

    def write(self, seen: np.ndarray | None) -> None:
        """Accesses in order (RESPONSE of tb/records.py), or a reset."""
        if seen is None:
            self.model.reset()
            return
        for found, response, _, access in seen.tolist():
            if response == OKAY:
                write, address, data, strobe = access
                self.access(write, address, data, strobe, found)

    def access(self, write: int, address: int, data: int, strobe: int, found: int) -> None:
        """One access that was answered OKAY; the lowest address bits are not looked at."""
        register = self.model.at.get(address & ~3)
        if register is None:
            self.tell(f"address {address:#05x} answered OKAY, and there is no register")
            return
        if not write and (found ^ register.get()) & register.fixed:
            self.tell(f"register {register.get_name()}: read {found:#x}, mirror {register.get():#x}")
        kind = uvm_predict_e.UVM_PREDICT_WRITE if write else uvm_predict_e.UVM_PREDICT_READ
        word, enable = (data, strobe) if write else (found, 15)
        register.predict(word, enable, kind, uvm_door_e.UVM_FRONTDOOR, self.model.bus)

    def tell(self, what: str) -> None:
        """Something is wrong."""
        self.wrong.append(what)
        self.logger.error(what)
