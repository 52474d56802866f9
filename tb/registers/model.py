# SPDX-License-Identifier: Apache-2.0
"""The registers as pyuvm's register model, made of tb/mur_regs.py: nothing that it knows is typed here.

pyuvm 5 leaves the back door to its users; MurRegister sends what asks for it to the block's BackDoor.
"""

from pyuvm import uvm_door_e, uvm_endianness_e, uvm_reg, uvm_reg_block, uvm_reg_field, uvm_reg_item

from models.formats import CTX, SETS, BuildConfig
from tb import mur_regs as regs

RIGHTS = {"W1C": "RW"}  # of a map, where they are not those of the fields


def reset_words(config: BuildConfig) -> dict[str, int]:
    """Every register after reset: as described, else what is built, else what an idle machine shows: zero."""
    build = {"lanes": config.lanes, "chunk": config.chunk, "sets": SETS, "ctx": CTX}
    words = {name: register.reset or 0 for name, register in regs.REGISTERS.items()}
    words["BUILD"] = sum(value << regs.BUILD.fields[name].lsb for name, value in build.items())
    for name in words:
        if name.endswith("_DEPTH"):
            words[name] = getattr(config, name.lower())
    return words


class MurRegister(uvm_reg):
    """One register of the description."""

    def __init__(self, name: str) -> None:
        """``name``: there."""
        super().__init__(name, 32)
        self.described = regs.REGISTERS[name]
        # What only the bus can change.
        self.fixed = sum(place.mask for place in self.described.fields.values() if not place.volatile)

    def build(self, reset: int) -> None:
        """Make the fields; ``reset`` is the whole word."""
        for name, place in self.described.fields.items():
            field = uvm_reg_field.create(name)
            field.configure(
                self, place.width, place.lsb, self.described.access, place.volatile, place.get(reset),
                has_reset=True, is_rand=False, individually_accessible=False,
            )  # fmt: skip

    async def do_read(self, rw: uvm_reg_item) -> None:
        """By the door that is asked for."""
        back = rw.get_door() == uvm_door_e.UVM_BACKDOOR
        await (self.get_backdoor().read(rw) if back else super().do_read(rw))


class RegisterModel(uvm_reg_block):
    """All registers, by name in ``named``, by address in ``at``."""

    def build(self, config: BuildConfig) -> None:
        """Make and lock the model; the environment gives it a sequencer, an adapter and a back door."""
        self.bus = self.create_map("bus", 0, 4, uvm_endianness_e.UVM_LITTLE_ENDIAN)
        self.named: dict[str, MurRegister] = {}
        for name, reset in reset_words(config).items():
            register = MurRegister.create(name)
            register.configure(self, None, "")
            register.build(reset)
            access = register.described.access
            self.bus.add_reg(register, register.described.address, RIGHTS.get(access, access))
            self.named[name] = register
        self.at = {register.described.address: register for register in self.named.values()}
        self.lock_model()
        self.reset()

    def mirrored(self) -> dict[str, int]:
        """What the model believes that each register holds.

        By ``get``, which after a prediction is the mirror: the mirror's own getter warns of volatile fields.
        """
        return {name: register.get() for name, register in self.named.items()}
