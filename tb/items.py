# SPDX-License-Identifier: Apache-2.0
"""What the agents exchange: one item for each thing that a user of the machine does or sees."""

import inspect
from dataclasses import dataclass
from typing import Self

import numpy as np
from pyuvm import uvm_sequence_item

from models.images import Images
from tb import mur_regs as regs
from tb.bfm import Batch
from tb.records import RESPONSE


@dataclass(frozen=True)
class Stall:
    """How often a stream stalls: a stall of 1..burst cycles begins with probability rate/256 a cycle."""

    rate: int = 0
    burst: int = 1


NO_STALL = Stall()


class Declared:
    """What the factory makes, which hands over a name only: all else is set afterwards."""

    def having(self, **values) -> Self:
        """Set attributes and return the object; AttributeError for one that no class of it declares."""
        for name, value in values.items():
            if not any(name in inspect.get_annotations(kind) for kind in type(self).__mro__):
                raise AttributeError(f"{type(self).__name__} declares no {name}")
            setattr(self, name, value)
        return self


class Item(Declared, uvm_sequence_item):
    """An item."""


class RegisterAccess(Item):
    """Register accesses done in order: pairs (address, data), data None for a read.

    ``strobe`` is that of its writes. An answer other than OKAY stops the run, unless the item is
    ``refusable``.

    After the item is finished ``values`` holds what each access returned (0 for a write), and ``seen`` each
    access as it was on the pins: RESPONSE of tb/records.py. Drivers of other benches leave ``seen`` empty.
    """

    accesses: list[tuple[int, int | None]]
    stall: Stall = NO_STALL
    strobe: int = 15
    refusable: bool = False

    def __init__(self, name: str) -> None:
        """Nothing seen yet."""
        super().__init__(name)
        self.values: list[int] = []
        self.seen = np.empty(0, RESPONSE)


class LedgerRead(RegisterAccess):
    """All counters, CYCLES and FRAMES too, of a machine that completes no frame meanwhile.

    ``stopped``: it has come to rest, and they are the totals of a run from START to STOP.
    """

    NAMES = ("EVENTS0", "EVENTS1", "ROWS_READ", "ROWS_ZERO", "ROWS_MASKED", "ADDS", "GATED", "RESULTS",
             *(f"SPIKES{tag}" for tag in range(8)), "CYCLES")  # fmt: skip

    stopped: bool = False

    def __init__(self, name: str) -> None:
        """The accesses are known."""
        super().__init__(name)
        counters = [getattr(regs, f"{counter}_{half}") for counter in self.NAMES for half in ("LO", "HI")]
        self.accesses = [(register.address, None) for register in (*counters, regs.FRAMES)]

    @property
    def counters(self) -> dict[str, int]:
        """The counters by name, once the item is finished."""
        pairs = zip(self.NAMES, self.values[0::2], self.values[1::2], strict=False)
        return {**{name: low | high << 32 for name, low, high in pairs}, "FRAMES": self.values[-1]}


class ImageLoad(Item):
    """A network's images, sent as packets."""

    images: Images
    stall: Stall = NO_STALL


class ImagesSeen(Item):
    """What the memories hold after packets that the machine took; there is no layout."""

    images: Images


class FrameBatch(Item):
    """Utterances streamed back to back; the first frame of each carries the start-of-stream mark.

    ``utterances`` are integer arrays [frames, elements]. With ``spaced`` a frame is offered only when the
    results of the one before have left, as with speech in real time: that is how latency is measured.
    Without ``mark`` the first utterance bears none: START or CLEAR has cleared.
    """

    utterances: list[np.ndarray]
    spaced: bool = False
    stall_frames: Stall = NO_STALL
    stall_results: Stall = NO_STALL
    mark: bool = True

    @property
    def frames(self) -> int:
        """Frames in the batch."""
        return sum(len(utterance) for utterance in self.utterances)


class FramesSeen(Item):
    """Utterances that the machine took, uint16 [frames, elements]; zeros may fill a frame's last beat."""

    utterances: list[np.ndarray]


class ResultBatch(Item):
    """All that left the machine during one batch of frames: records of tb/records.py."""

    batch: Batch
