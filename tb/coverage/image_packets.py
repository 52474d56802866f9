# SPDX-License-Identifier: Apache-2.0
"""Image packets as they were sent: what they are for, what is wrong with them, and the program they leave."""

import zlib

import numpy as np

from models.formats import (
    BEAT_W,
    BIAS_W,
    DESC_W,
    FRAME_ELEMS,
    GROUP,
    IMG_MAGIC,
    IMG_VERSION,
    THETA_W,
    WGT_W,
    BuildConfig,
    Op,
    Target,
)
from tb import records
from tb.coverage.bins import Database
from tb.coverage.state import State


class ImageSampler:
    """Keeps what the last good program image said: its ops and the beats of a frame for its first FRAME."""

    def __init__(self, database: Database, config: BuildConfig, state: State) -> None:
        """See the class."""
        self.database, self.state = database, state
        lanes, chunk = config.lanes, config.chunk
        masks, weights = (GROUP, config.mask_depth), (lanes * WGT_W, config.wgt_depth)
        self.memories = {  # bits of a word, words
            Target.PROGRAM: (DESC_W, config.prog_depth),
            Target.WEIGHTS0: weights,
            Target.WEIGHTS1: weights,
            Target.MASKS0: masks,
            Target.MASKS1: masks,
            Target.BIAS: (chunk * BIAS_W, config.bias_depth),
            Target.THETA: (chunk * THETA_W, config.neur_depth),
        }
        self.reset()

    def reset(self) -> None:
        """No packet half sent, no program."""
        self.rest = np.empty(0, records.BEAT)
        self.ops: list[int] = []
        self.frame_beats = 0
        self.in_flight = False  # beats of a packet have been offered, and not all of it taken

    def sent(self, beats: np.ndarray) -> None:
        """Beats on the image stream; a packet without its last beat waits for it."""
        self.in_flight = True
        self.database.add("image.state", self.state.now)
        beats = np.concatenate([self.rest, beats])
        ends = np.flatnonzero(beats["last"]) + 1
        *packets, self.rest = np.split(beats, ends)
        if self.state.now != "idle":
            return  # IMG_BUSY, whatever they hold
        for packet in packets:
            good = self._packet(np.ascontiguousarray(packet["data"]))
            self.state.program_valid = good == Target.PROGRAM or (
                good is not None and self.state.program_valid
            )

    def _packet(self, words: np.ndarray) -> Target | None:
        """Sample one packet; its target if it is good."""
        header = int(words[0])
        code, first, count = header >> 24 & 15, header >> 32 & 0xFFFF, header >> 48
        wrong = {
            "magic": header & 0xFFFF != IMG_MAGIC,
            "version": header >> 16 & 0xFF != IMG_VERSION,
            "target": code not in list(Target),
            "zero bits": bool(header >> 28 & 15),
        }
        if any(wrong.values()):
            for field, is_wrong in wrong.items():
                if is_wrong:
                    self.database.add("image.header", field)
            return None
        target = Target(code)
        bits, depth = self.memories[target]
        outside = {
            "count 0": count == 0,
            "beyond": first + count > depth,
            "program not at 0": target == Target.PROGRAM and first != 0,
        }
        for label, is_so in outside.items():
            if is_so:
                self.database.add("image.range", label)
        wanted = 2 + count * -(-bits // BEAT_W)
        if any(outside.values()):
            fault = "range"
        elif len(words) != wanted:
            fault = "short" if len(words) < wanted else "long"
        else:
            fault = "good" if int(words[-1]) == zlib.crc32(words[:-1].tobytes()) else "check"
        self.database.add("image.packet", (target.name, fault))
        if fault != "good":
            return None
        size = "1" if count == 1 else "whole memory" if count == depth else "some"
        self.database.add("image.size", (target.name, size))
        self.database.add("image.place", (target.name, "later" if first else "0"))
        if target == Target.PROGRAM:
            self._program(words[1:-1])
        return target

    def _program(self, words: np.ndarray) -> None:
        self.ops = (words[::2] & np.uint64(15)).tolist()
        begins = self.ops[0] == Op.FRAME
        self.frame_beats = -(-(int(words[0]) >> 48) // FRAME_ELEMS) if begins else 0
