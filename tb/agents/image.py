# SPDX-License-Identifier: Apache-2.0
"""The image agent: a network's packets on s_axis_img."""

import numpy as np

from tb.agents.common import BfmAgent, BfmDriver
from tb.items import ImageLoad
from tb.records import BEAT

CYCLES_PER_BEAT = 40  # more than any stall pattern needs; beyond it the machine hangs


class ImageDriver(BfmDriver):
    """Sends all packets of an item in one go."""

    async def drive(self, item: ImageLoad) -> None:
        """Return when the last beat has been accepted."""
        self.stall("image", item.stall)
        packets = item.images.to_packets()
        beats = np.zeros(sum(len(packet) for packet in packets), BEAT)
        beats["data"] = np.concatenate(packets)
        beats["last"][np.cumsum([len(packet) for packet in packets]) - 1] = 1
        await self.bfm.load_images(beats, 10_000 + CYCLES_PER_BEAT * len(beats))
        self.bfm.seen["images"].put_nowait(item)


class ImageAgent(BfmAgent):
    """Called ``images`` in the environment."""

    driver_type = ImageDriver
