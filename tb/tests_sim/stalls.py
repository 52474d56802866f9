# SPDX-License-Identifier: Apache-2.0
"""Random stall settings."""

import numpy as np

from tb.items import Stall

STREAMS = ("image", "frame", "result", "axil")
# The last holds a stream for about two cycles of three; the others for less than half of them.
KINDS = (Stall(), Stall(3, 100), Stall(20, 20), Stall(100, 4), Stall(200, 4))


def random_stalls(rng: np.random.Generator, always: bool = False) -> dict[str, Stall]:
    """A setting of KINDS for every stream; not the first, no stall, if there must be one ``always``."""
    return {stream: KINDS[rng.integers(always, len(KINDS))] for stream in STREAMS}
