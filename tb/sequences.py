# SPDX-License-Identifier: Apache-2.0
"""What a user of the machine does: load a network, start, stream utterances, stop, read the ledger."""

import numpy as np
from pyuvm import uvm_sequence

from tb import mur_regs as regs
from tb.items import NO_STALL, FrameBatch, ImageLoad, LedgerRead, RegisterAccess, Stall

POLLS = 10_000


class MachineError(Exception):
    """The machine reports an error, or does not come to rest."""


class One(uvm_sequence):
    """A sequence of one item."""

    def __init__(self, name: str, item) -> None:
        """See the class."""
        super().__init__(name)
        self.item = item

    async def body(self) -> None:
        """Back when the driver has done it."""
        await self.start_item(self.item)
        await self.finish_item(self.item)


class LoadNetwork(One):
    """All images of a network."""

    def __init__(self, name: str, images, stall: Stall = NO_STALL) -> None:
        """See the class."""
        super().__init__(name, ImageLoad(f"{name}.item", images, stall))


class StreamUtterances(One):
    """Utterances back to back, or frame by frame with ``spaced``; back when all results have left."""

    def __init__(self, name: str, utterances: list[np.ndarray], **how) -> None:
        """``how``: see tb.items.FrameBatch."""
        super().__init__(name, FrameBatch(f"{name}.item", utterances, **how))


async def access(sequencer, accesses: list[tuple[int, int | None]], stall: Stall = NO_STALL) -> list[int]:
    """Do register accesses and return what each returned."""
    sequence = One("access", RegisterAccess("registers", accesses, stall))
    await sequence.start(sequencer)
    return sequence.item.values


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
    sequence = One("read_ledger", LedgerRead("ledger", stall, stopped))
    await sequence.start(sequencer)
    return sequence.item.counters
