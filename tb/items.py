# SPDX-License-Identifier: Apache-2.0
"""What the agents exchange: one item for each thing that a user of the machine does or sees."""

from dataclasses import dataclass

import numpy as np
from pyuvm import uvm_sequence_item

from tb.bfm import Batch


@dataclass(frozen=True)
class Stall:
    """How often a stream stalls: a stall of 1..burst cycles begins with probability rate/256 a cycle."""

    rate: int = 0
    burst: int = 1


NO_STALL = Stall()


class RegisterAccess(uvm_sequence_item):
    """Register accesses done in order: pairs (address, data), data None for a read.

    After the item is finished ``values`` holds what each access returned (0 for a write), ``cycles`` when the
    slave had taken its address and data.
    """

    def __init__(self, name: str, accesses: list[tuple[int, int | None]], stall: Stall = NO_STALL) -> None:
        """See the class."""
        super().__init__(name)
        self.accesses, self.stall = accesses, stall
        self.values: list[int] = []
        self.cycles: list[int] = []


class ImageLoad(uvm_sequence_item):
    """A network's images (models.images.Images), sent as packets."""

    def __init__(self, name: str, images, stall: Stall = NO_STALL) -> None:
        """See the class."""
        super().__init__(name)
        self.images, self.stall = images, stall


class FrameBatch(uvm_sequence_item):
    """Utterances streamed back to back; the first frame of each carries the start-of-stream mark.

    ``utterances`` are integer arrays [frames, elements]. With ``spaced`` a frame is offered only when the
    results of the one before have left, as with speech in real time: that is how latency is measured.
    """

    def __init__(
        self,
        name: str,
        utterances: list[np.ndarray],
        spaced: bool = False,
        stall_frames: Stall = NO_STALL,
        stall_results: Stall = NO_STALL,
    ) -> None:
        """See the class."""
        super().__init__(name)
        self.utterances, self.spaced = utterances, spaced
        self.stall_frames, self.stall_results = stall_frames, stall_results

    @property
    def frames(self) -> int:
        """Frames in the batch."""
        return sum(len(utterance) for utterance in self.utterances)


class ResultBatch(uvm_sequence_item):
    """All that left the machine during one FrameBatch: records of tb/records.py."""

    def __init__(self, name: str, batch: Batch, cpu_s: float) -> None:
        """``cpu_s`` is the simulator's processor time for it."""
        super().__init__(name)
        self.batch, self.cpu_s = batch, cpu_s
