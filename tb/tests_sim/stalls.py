# SPDX-License-Identifier: Apache-2.0
"""Random stall settings."""

import numpy as np

from tb.items import Stall

STREAMS = ("image", "frame", "result", "axil")


def random_stalls(rng: np.random.Generator, always: bool = False) -> dict[str, Stall]:
    """A setting for every stream: none (unless ``always``), seldom and long, or often and short."""
    kinds = (Stall(), Stall(3, 100), Stall(20, 20), Stall(100, 4))
    return {stream: kinds[rng.integers(always, len(kinds))] for stream in STREAMS}
