# SPDX-License-Identifier: Apache-2.0
"""The harness with a listener: what goes to the design and what it answers, by agents or past them.

Cases of `errors` send what agents refuse, so their monitors see a part only; this sees all that passes.
Records are handed over before they are forgotten, each once.
"""

from typing import Protocol

import numpy as np

from tb.bfm import Bfm

WATCHED = ("packets", "starts", "dones", "results")


class Watcher(Protocol):
    """What a listener is told."""

    def stalled(self, stream: str, rate: int) -> None:
        """``stream`` stalls at ``rate`` of 256 from its next start on."""

    def frames(self, beats: np.ndarray) -> None:
        """Beats are offered on the frame stream."""

    def images(self, beats: np.ndarray) -> None:
        """Beats are offered on the image stream."""

    def loaded(self) -> None:
        """They have been taken."""

    def reset(self) -> None:
        """The design is about to be reset."""

    def happened(self, records: dict[str, np.ndarray]) -> None:
        """New records of tb/records.py by name."""

    def accessed(self, accesses: np.ndarray, responses: np.ndarray) -> None:
        """Register accesses were answered."""


class WatchedBfm(Bfm):
    """A Bfm that tells ``watcher``."""

    watcher: Watcher

    def __init__(self) -> None:
        """``watcher`` must be set before anything is done."""
        super().__init__()
        self.told = dict.fromkeys(WATCHED, 0)  # records handed over

    def tell(self) -> None:
        """Hand over the records since the last time."""
        new = {}
        for name in WATCHED:
            new[name] = self.records(name, self.told[name])
            self.told[name] += len(new[name])
        self.watcher.happened(new)

    def clear(self) -> None:
        """See Bfm."""
        self.tell()
        self.told = dict.fromkeys(WATCHED, 0)
        super().clear()

    def stall(self, stream: str, seed: int, rate: int, burst: int) -> None:
        """See Bfm."""
        super().stall(stream, seed, rate, burst)
        self.watcher.stalled(stream, rate)

    def offer(self, stream: str, beats: np.ndarray, spaced: bool = False) -> None:
        """See Bfm."""
        if stream == "frame":
            self.tell()
            self.watcher.frames(beats)
        super().offer(stream, beats, spaced)

    async def reset(self) -> None:
        """See Bfm."""
        self.tell()
        self.watcher.reset()
        await super().reset()

    async def access(self, accesses: np.ndarray, limit: int = 100_000) -> np.ndarray:
        """See Bfm."""
        responses = await super().access(accesses, limit)
        self.tell()
        self.watcher.accessed(accesses, responses)
        return responses

    async def send_images(self, beats: np.ndarray, limit: int) -> None:
        """See Bfm."""
        self.tell()
        self.watcher.images(beats)
        await super().send_images(beats, limit)
        self.watcher.loaded()
