# SPDX-License-Identifier: Apache-2.0
"""What a user does with the whole machine: sequences over several agents, on a virtual sequencer.

After each step the sequencer lets the monitors hand over what they saw and stops at the first mismatch.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import numpy as np
from pyuvm import uvm_sequence, uvm_sequencer

from tb import sequences
from tb.items import NO_STALL, Stall


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


class VirtualSequence(uvm_sequence):
    """A sequence on the virtual sequencer. The factory makes it, so what it works with is set afterwards."""

    sequencer: VirtualSequencer
    stall: Stall = NO_STALL

    def having(self, **values):
        """Set attributes and return the sequence."""
        for name, value in values.items():
            setattr(self, name, value)
        return self

    async def then(self, sequence: "VirtualSequence") -> None:
        """One step of a longer sequence."""
        await sequence.start(self.sequencer)


class Program(VirtualSequence):
    """Load ``images`` into the idle machine; no error may be reported."""

    async def body(self) -> None:
        """See the class."""
        await sequences.LoadNetwork("load", self.images, self.stall).start(self.sequencer.images)
        await sequences.no_error(self.sequencer.registers)


class Start(VirtualSequence):
    """START; the machine must then run."""

    async def body(self) -> None:
        """See the class."""
        await sequences.start(self.sequencer.registers, self.stall)


class Stream(VirtualSequence):
    """A ``batch`` of utterances; back when its results have left and are compared."""

    async def body(self) -> None:
        """See the class."""
        sequence = sequences.StreamUtterances("stream", self.batch.utterances, **self.batch.how)
        await sequence.start(self.sequencer.frames)
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

    async def body(self) -> None:
        """See the class."""
        for life in self.lives:
            await self.then(life)
