# SPDX-License-Identifier: Apache-2.0
"""What a user of the machine does at one interface: an item; start, stop, read the ledger."""

from pyuvm import uvm_sequence

from tb import mur_regs as regs
from tb.items import NO_STALL, Declared, Item, LedgerRead, RegisterAccess, Stall

POLLS = 10_000


class MachineError(Exception):
    """The machine reports an error, or does not come to rest."""


class One(Declared, uvm_sequence):
    """A sequence of one ``item``."""

    item: Item

    async def body(self) -> None:
        """Back when the driver has done it."""
        await self.start_item(self.item)
        await self.finish_item(self.item)


async def do(sequencer, item: Item) -> Item:
    """One item on ``sequencer``, and the item when the driver has done it."""
    await One.create(item.get_name()).having(item=item).start(sequencer)
    return item


async def access(sequencer, accesses: list[tuple[int, int | None]], stall: Stall = NO_STALL) -> list[int]:
    """Do register accesses and return what each returned."""
    item = RegisterAccess.create("access").having(accesses=accesses, stall=stall)
    return (await do(sequencer, item)).values


async def no_error(sequencer, stall: Stall = NO_STALL) -> None:
    """Raise MachineError when a bit of ERROR is set, with its name."""
    word, info = await access(sequencer, [(regs.ERROR.address, None), (regs.ERROR_INFO.address, None)], stall)
    if word:
        names = [name.upper() for name, place in regs.ERROR.fields.items() if place.get(word)]
        descriptor = regs.ERROR_INFO.fields["descriptor"].get(info)
        raise MachineError(f"the machine reports {', '.join(names)} (descriptor {descriptor})")


async def start(sequencer, stall: Stall = NO_STALL) -> None:
    """START; the machine must then run."""
    control = regs.CTRL.fields["start"].mask
    _, status = await access(sequencer, [(regs.CTRL.address, control), (regs.STATUS.address, None)], stall)
    await no_error(sequencer, stall)
    if not regs.STATUS.fields["running"].get(status):
        raise MachineError(f"START did not start the machine: STATUS {status:#x}")


async def stop(sequencer, stall: Stall = NO_STALL) -> None:
    """STOP and wait until the machine is idle. MachineError when it reports an error or never is."""
    await access(sequencer, [(regs.CTRL.address, regs.CTRL.fields["stop"].mask)], stall)
    busy = regs.STATUS.fields["running"].mask | regs.STATUS.fields["halted"].mask
    for _ in range(POLLS):
        (status,) = await access(sequencer, [(regs.STATUS.address, None)], stall)
        if not status & busy:
            break
    else:
        raise MachineError(f"STOP did not stop the machine: STATUS {status:#x}")
    await no_error(sequencer, stall)


async def read_ledger(sequencer, stall: Stall = NO_STALL, stopped: bool = False) -> dict[str, int]:
    """All counters, CYCLES and FRAMES too; see tb.items.LedgerRead."""
    item = LedgerRead.create("ledger").having(stall=stall, stopped=stopped)
    return (await do(sequencer, item)).counters
