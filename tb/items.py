# SPDX-License-Identifier: Apache-2.0
"""What the agents exchange: one item for each thing that a user of the machine does or sees."""

from dataclasses import dataclass

import numpy as np
from pyuvm import uvm_sequence_item

from tb import mur_regs as regs
from tb.bfm import Batch
from tb.records import RESPONSE


@dataclass(frozen=True)
class Stall:
    """How often a stream stalls: a stall of 1..burst cycles begins with probability rate/256 a cycle."""

    rate: int = 0
    burst: int = 1


NO_STALL = Stall()


class RegisterAccess(uvm_sequence_item):
    """Register accesses done in order: pairs (address, data), data None for a read.

    ``strobe`` is that of its writes. An answer other than OKAY stops the run, unless the item is
    ``refusable``.

    After the item is finished ``values`` holds what each access returned (0 for a write), and ``seen`` each
    access as it was on the pins: RESPONSE of tb/records.py. Drivers of other benches leave ``seen`` empty.
    """

    def __init__(
        self,
        name: str,
        accesses: list[tuple[int, int | None]],
        stall: Stall = NO_STALL,
        strobe: int = 15,
        refusable: bool = False,
    ) -> None:
        """See the class."""
        super().__init__(name)
        self.accesses, self.stall, self.strobe, self.refusable = accesses, stall, strobe, refusable
        self.values: list[int] = []
        self.seen = np.empty(0, RESPONSE)


class LedgerRead(RegisterAccess):
    """All counters, CYCLES and FRAMES too, of a machine that completes no frame meanwhile.

    ``stopped``: it has come to rest, and they are the totals of a run from START to STOP.
    """

    NAMES = ("EVENTS0", "EVENTS1", "ROWS_READ", "ROWS_ZERO", "ROWS_MASKED", "ADDS", "GATED", "RESULTS",
             *(f"SPIKES{tag}" for tag in range(8)), "CYCLES")  # fmt: skip

    def __init__(self, name: str, stall: Stall = NO_STALL, stopped: bool = False) -> None:
        """See the class."""
        counters = [getattr(regs, f"{counter}_{half}") for counter in self.NAMES for half in ("LO", "HI")]
        super().__init__(name, [(register.address, None) for register in (*counters, regs.FRAMES)], stall)
        self.stopped = stopped

    @property
    def counters(self) -> dict[str, int]:
        """The counters by name, once the item is finished."""
        pairs = zip(self.NAMES, self.values[0::2], self.values[1::2], strict=False)
        return {**{name: low | high << 32 for name, low, high in pairs}, "FRAMES": self.values[-1]}


class ImageLoad(uvm_sequence_item):
    """A network's images (models.images.Images), sent as packets."""

    def __init__(self, name: str, images, stall: Stall = NO_STALL) -> None:
        """See the class."""
        super().__init__(name)
        self.images, self.stall = images, stall


class ImagesSeen(uvm_sequence_item):
    """What the memories hold after packets that the machine took: models.images.Images without a layout."""

    def __init__(self, name: str, images) -> None:
        """See the class."""
        super().__init__(name)
        self.images = images


class FrameBatch(uvm_sequence_item):
    """Utterances streamed back to back; the first frame of each carries the start-of-stream mark.

    ``utterances`` are integer arrays [frames, elements]. With ``spaced`` a frame is offered only when the
    results of the one before have left, as with speech in real time: that is how latency is measured.
    Without ``mark`` the first utterance bears none: START or CLEAR has cleared.
    """

    def __init__(
        self,
        name: str,
        utterances: list[np.ndarray],
        spaced: bool = False,
        stall_frames: Stall = NO_STALL,
        stall_results: Stall = NO_STALL,
        mark: bool = True,
    ) -> None:
        """See the class."""
        super().__init__(name)
        self.utterances, self.spaced, self.mark = utterances, spaced, mark
        self.stall_frames, self.stall_results = stall_frames, stall_results

    @property
    def frames(self) -> int:
        """Frames in the batch."""
        return sum(len(utterance) for utterance in self.utterances)


class FramesSeen(uvm_sequence_item):
    """Utterances that the machine took, uint16 [frames, elements]; zeros may fill a frame's last beat."""

    def __init__(self, name: str, utterances: list[np.ndarray]) -> None:
        """See the class."""
        super().__init__(name)
        self.utterances = utterances


class ResultBatch(uvm_sequence_item):
    """All that left the machine during one batch of frames: records of tb/records.py."""

    def __init__(self, name: str, batch: Batch) -> None:
        """See the class."""
        super().__init__(name)
        self.batch = batch
