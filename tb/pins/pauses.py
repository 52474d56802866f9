# SPDX-License-Identifier: Apache-2.0
"""When a channel pauses: a pattern of its own for every channel, fixed by the run's seed and its name."""

import random
from collections.abc import Iterator

from tb.seeds import derive

# (probability that a pause begins in a cycle, longest pause in cycles): often and short to seldom and long.
KINDS = ((0.4, 3), (0.2, 8), (0.05, 40))


def pauses(seed: int, channel: str) -> Iterator[bool]:
    """Whether ``channel`` pauses, cycle by cycle without end."""
    rng = random.Random(derive(seed, f"pins.pauses.{channel}"))
    start, longest = rng.choice(KINDS)
    while True:
        if rng.random() < start:
            yield from [True] * rng.randint(1, longest)
        else:
            yield False
