# SPDX-License-Identifier: Apache-2.0
"""Parts of the bench with a fault, and the sound parts whose places they take, by the factory.

``FAULT=name`` of the test `smoke` picks one; the run must then be red and say why.
"""

import os
import signal

import numpy as np
from cocotb.triggers import Event
from pyuvm import ConfigDB, uvm_factory

from tb import faults
from tb.agents.frame import LIMIT_BASE, FrameMonitor, to_beats
from tb.agents.image import ImageMonitor
from tb.records import BEAT
from tb.scoreboard import Scoreboard
from tb.virtual_sequences import Life, Start

ASKED = "a fault was asked for"


class SpoiltScoreboard(Scoreboard):
    """Compares something that is not what was recorded or expected."""

    def compared(self, batch, expected):
        """The fault, in the batch that it is for."""
        fault = self.job.param("fault", "")
        if self.batches == 2 and fault == "second_batch":
            return faults.spoil_last_commit(batch), expected
        return faults.spoil(fault, batch, expected) if self.batches == 1 else (batch, expected)

    def check_counters(self, read):
        """The counters, with the fault."""
        super().check_counters(faults.spoil_registers(self.job.param("fault", ""), read))


class MisreadingImages(ImageMonitor):
    """Sees other weights than the pins carried."""

    def observed(self, seen):
        """See the class."""
        item = super().observed(seen)
        item.images.weights[0][:] ^= 1
        return item


class MisreadingFrames(FrameMonitor):
    """Sees other elements than the pins carried."""

    def observed(self, seen):
        """See the class."""
        item = super().observed(seen)
        item.utterances[0][:] ^= 1
        return item


class BlindScoreboard(Scoreboard):
    """Counts frames and compares nothing."""

    def check(self, utterances, got):
        """See the class."""
        self.last_result = got
        self.frames_checked += sum(map(len, utterances))

    def check_counters(self, read):
        """See the class."""


class NoLife(Life):
    """Does nothing."""

    async def body(self):
        """See the class."""


class NoStart(Start):
    """Forgets START, so that frames are never taken."""

    async def body(self):
        """See the class."""


class RaisingLife(Life):
    """Fails at the end."""

    async def body(self):
        """See the class."""
        await super().body()
        raise RuntimeError(ASKED)


class LoggingLife(Life):
    """Says that something is wrong, and nothing else."""

    async def body(self):
        """See the class."""
        await super().body()
        self.logger.error(ASKED)


class KilledLife(Life):
    """The simulator dies."""

    async def body(self):
        """See the class."""
        os.kill(os.getpid(), signal.SIGKILL)


class EndlessLife(Life):
    """Never ends."""

    async def body(self):
        """See the class."""
        await super().body()
        await Event().wait()


class UnansweredLife(Life):
    """Ends with frames that were sent and whose results nobody saw."""

    async def body(self):
        """See the class."""
        await super().body()
        ConfigDB().get(None, "", "BFM").seen["frames"].put_nowait(np.ones(1, BEAT))


class HoardingStart(Start):
    """From now on records that were taken stay where they were, as if nobody had looked at them."""

    async def body(self):
        """See the class."""
        await super().body()
        ConfigDB().get(None, "", "BFM").clear = lambda: None


class StrayLife(Life):
    """Ends with a frame that ran, of which the records stay as if nobody had looked."""

    async def body(self):
        """See the class."""
        await super().body()
        await self.then(HoardingStart.create("start"))
        beats = to_beats([self.batches[0].utterances[0][:1]])
        await ConfigDB().get(None, "", "BFM").stream(beats, 1, spaced=False, limit=LIMIT_BASE)


class UnplannedLife(Life):
    """A value is met that no bin stands for."""

    async def body(self):
        """See the class."""
        await super().body()
        ConfigDB().get(None, "", "BFM").watcher.database.add("error.place", "nowhere")


OVERRIDES = {
    **dict.fromkeys((*faults.RECORDS, *faults.REGISTERS, "second_batch"), (Scoreboard, SpoiltScoreboard)),
    "other_images": (ImageMonitor, MisreadingImages),
    "other_frames": (FrameMonitor, MisreadingFrames),
    "no_checks": (Scoreboard, BlindScoreboard),
    "no_frames": (Life, NoLife),
    "hang": (Start, NoStart),
    "exception": (Life, RaisingLife),
    "logged_error": (Life, LoggingLife),
    "dead_simulator": (Life, KilledLife),
    "endless": (Life, EndlessLife),
    "unanswered": (Life, UnansweredLife),
    "between_batches": (Start, HoardingStart),
    "after_the_last": (Life, StrayLife),
    "no_bin": (Life, UnplannedLife),
}


def put_in(fault: str) -> None:
    """Put in the part that ``fault`` names, if any. Before the environment is made."""
    if fault:
        uvm_factory().set_type_override_by_type(*OVERRIDES[fault])
