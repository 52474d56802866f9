# SPDX-License-Identifier: Apache-2.0
"""What a user does with the whole machine: sequences over several agents, on a virtual sequencer.

After each step the sequencer lets the monitors hand over what they saw and stops at the first mismatch.
"""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field

import numpy as np
from pyuvm import uvm_sequence, uvm_sequencer

from models.images import Images
from tb import sequences
from tb.items import NO_STALL, Declared, FrameBatch, ImageLoad, Stall


class VirtualSequencer(uvm_sequencer):
    """The sequencers of the agents; the environment sets them when it connects."""

    registers: uvm_sequencer
    images: uvm_sequencer
    frames: uvm_sequencer
    settle: Callable[[], Awaitable[None]]


@dataclass
class Batch:
    """Utterances ([frames, elements] each) streamed in one go, with the settings of tb.items.FrameBatch."""

    utterances: list[np.ndarray]
    how: dict = field(default_factory=dict)


class VirtualSequence(Declared, uvm_sequence):
    """A sequence on the virtual sequencer."""

    sequencer: VirtualSequencer
    stall: Stall = NO_STALL

    async def then(self, sequence: "VirtualSequence") -> None:
        """One step of a longer sequence."""
        await sequence.start(self.sequencer)


class Program(VirtualSequence):
    """Load ``images`` into the idle machine; no error may be reported."""

    images: Images

    async def body(self) -> None:
        """See the class."""
        item = ImageLoad.create("load").having(images=self.images, stall=self.stall)
        await sequences.do(self.sequencer.images, item)
        await sequences.no_error(self.sequencer.registers)


class Start(VirtualSequence):
    """START; the machine must then run."""

    async def body(self) -> None:
        """See the class."""
        await sequences.start(self.sequencer.registers, self.stall)


class Stream(VirtualSequence):
    """A ``batch`` of utterances; back when its results have left and are compared."""

    batch: Batch

    async def body(self) -> None:
        """See the class."""
        item = FrameBatch.create("stream").having(utterances=self.batch.utterances, **self.batch.how)
        await sequences.do(self.sequencer.frames, item)
        await self.sequencer.settle()


class Stop(VirtualSequence):
    """STOP, wait until the machine is idle, and read the ledger, which the scoreboard compares."""

    async def body(self) -> None:
        """See the class."""
        await sequences.stop(self.sequencer.registers, self.stall)
        await sequences.read_ledger(self.sequencer.registers, self.stall, stopped=True)
        await self.sequencer.settle()


class Life(VirtualSequence):
    """From one program to the next: program ``images``, start, stream every one of ``batches``, stop."""

    images: Images
    batches: list[Batch]
    image_stall: Stall = NO_STALL  # and ``stall`` is that of the registers

    async def body(self) -> None:
        """See the class."""
        await self.then(Program.create("program").having(images=self.images, stall=self.image_stall))
        await self.then(Start.create("start").having(stall=self.stall))
        for batch in self.batches:
            await self.then(Stream.create("stream").having(batch=batch))
        await self.then(Stop.create("stop").having(stall=self.stall))


class Reprogram(VirtualSequence):
    """``lives`` one after another: each begins by programming the machine that the one before has stopped."""

    lives: Iterable[Life]

    async def body(self) -> None:
        """See the class."""
        for life in self.lives:
            await self.then(life)
