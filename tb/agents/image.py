# SPDX-License-Identifier: Apache-2.0
"""The image agent: a network's packets on s_axis_img."""

from collections.abc import Sequence

import numpy as np
from pyuvm import ConfigDB

from models.images import Images
from tb.agents.common import BfmAgent, BfmDriver, BfmMonitor
from tb.items import ImageLoad, ImagesSeen
from tb.records import BEAT

CYCLES_PER_BEAT = 40  # more than any stall pattern needs; beyond it the machine hangs


def to_beats(packets: Sequence[np.ndarray]) -> np.ndarray:
    """BEAT records of packets, uint64 [beats] each."""
    beats = np.zeros(sum(len(packet) for packet in packets), BEAT)
    beats["data"] = np.concatenate(packets)
    beats["last"][np.cumsum([len(packet) for packet in packets]) - 1] = 1
    return beats


def from_beats(beats: np.ndarray) -> list[np.ndarray]:
    """The packets of beats that end with a packet: what `to_beats` was given."""
    return np.split(beats["data"], np.flatnonzero(beats["last"]) + 1)[:-1]


class ImageDriver(BfmDriver):
    """Sends all packets of an item in one go."""

    async def drive(self, item: ImageLoad) -> None:
        """Return when the last beat has been accepted.

        The response port tells the item, of which others take the names: there are none on the pins.
        """
        self.stall("image", item.stall)
        self.rsp_port.write(item)
        beats = to_beats(item.images.to_packets())
        await self.bfm.load_images(beats, 10_000 + CYCLES_PER_BEAT * len(beats))


class ImageMonitor(BfmMonitor):
    """Publishes what the memories hold after each load, as the design took it on the pins."""

    def build_phase(self) -> None:
        """Nothing loaded yet."""
        super().build_phase()
        self.config = ConfigDB().get(self, "", "CONFIG")
        self.images: Images | None = None

    def observed(self, seen: np.ndarray) -> ImagesSeen:
        """Of BEAT records."""
        self.images = Images.from_packets(self.config, from_beats(seen), self.images)
        return ImagesSeen.create("images").having(images=self.images)


class ImageAgent(BfmAgent):
    """Called ``images`` in the environment."""

    driver_type = ImageDriver
    monitor_type = ImageMonitor
