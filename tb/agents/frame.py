# SPDX-License-Identifier: Apache-2.0
"""The frame agent: utterances on s_axis_frm, a batch at a time."""

import numpy as np

from tb.agents.common import BfmAgent, BfmDriver, BfmMonitor
from tb.items import FrameBatch, FramesSeen
from tb.records import BEAT

LIMIT_BASE = 100_000  # cycles
LIMIT_LANE_CYCLES = 4_000_000  # a frame may take this divided by LANES, stalls included


def to_beats(utterances: list[np.ndarray], mark: bool = True) -> np.ndarray:
    """Packets of ``utterances`` ([frames, elements] each): four elements of 16 bits a beat, lowest first.

    The first frame of each bears the start-of-stream mark, that of the first one only if ``mark``.
    """
    frames = np.concatenate(utterances).astype(np.int64) & 0xFFFF
    count, elements = frames.shape
    padded = np.zeros((count, -(-elements // 4) * 4), np.uint16)
    padded[:, :elements] = frames
    beats = np.zeros((count, padded.shape[1] // 4), BEAT)
    beats["data"] = padded.view("<u8")
    beats["last"][:, -1] = 1
    lengths = [len(utterance) for utterance in utterances]
    beats["mark"][np.cumsum([0, *lengths[:-1]]), 0] = 1
    beats["mark"][0, 0] = mark
    return beats.reshape(-1)


def from_beats(beats: np.ndarray) -> list[np.ndarray]:
    """Utterances of whole packets of one length, uint16 [frames, elements]: what `to_beats` was given, and as
    zeros what filled the last beat. Each begins with a mark, the first without one too.
    """
    ends = np.flatnonzero(beats["last"])
    frames = np.ascontiguousarray(beats["data"]).view("<u2").reshape(len(ends), -1)
    begins = np.concatenate([[0], ends[:-1] + 1])
    first = np.flatnonzero(beats["mark"][begins])
    return np.split(frames, first[first > 0])


class FrameDriver(BfmDriver):
    """Streams all frames of an item and returns when their results have left."""

    async def drive(self, item: FrameBatch) -> None:
        """What went in and what came out is for the monitors."""
        self.stall("frame", item.stall_frames)
        self.stall("result", item.stall_results)
        limit = LIMIT_BASE + item.frames * (LIMIT_LANE_CYCLES // self.config.lanes)
        await self.bfm.stream(to_beats(item.utterances, item.mark), item.frames, item.spaced, limit)


class FrameMonitor(BfmMonitor):
    """Publishes the utterances of each batch, as the design took them on the pins."""

    def observed(self, seen: np.ndarray) -> FramesSeen:
        """Of BEAT records."""
        return FramesSeen.create("frames").having(utterances=from_beats(seen))


class FrameAgent(BfmAgent):
    """Called ``frames`` in the environment."""

    driver_type = FrameDriver
    monitor_type = FrameMonitor
