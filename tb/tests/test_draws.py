# SPDX-License-Identifier: Apache-2.0
"""Random lives of the machine have all that docs/verification.md, "Constraints", says of them."""

import numpy as np

from models.tests.draws import Row, off
from tb.tests_sim.lives import random_cut, random_life
from tb.tests_sim.stalls import KINDS, STREAMS, random_stalls

DRAWS = 200
STALLS = {
    "stream": Row(
        lambda stalls: ((stream, stall.rate, stall.burst) for stream, stall in stalls.items()),
        [(stream, kind.rate, kind.burst) for stream in STREAMS for kind in KINDS],
        0.1,
        0.3,
    ),
}
LIFE = {
    "cut short": Row(lambda life: [life.cut is not None], (True, False), 0.1, 0.9),
    "between": Row(lambda life: [part.before for part in life.parts[1:]],
                   ("nothing", "clear", "restart"), 0.2),
    "first": Row(lambda life: [life.parts[0].before], ("restart",), 1),
    "spaced": Row(lambda life: [part.spaced for part in life.parts], (True, False), 0.3),
    "mark": Row(lambda life: [(part.before != "nothing", part.mark) for part in life.parts],
                [(False, True), (True, False), (True, True)], 0.2),
    "stalls drawn anew": Row(lambda life: [len({str(part.stalls) for part in life.parts}) > 1], (True,), 1),
}  # fmt: skip
CUT = {
    "frames begun": Row(lambda cut: [cut.frames], range(5), 0.1, 0.3),
    "cycles": Row(lambda cut: [len(str(cut.moment))], (1, 2, 3), 0.2, 0.5),
}


def test_lives():
    rng = np.random.default_rng(1)
    assert off(STALLS, [random_stalls(rng) for _ in range(DRAWS)]) == []
    assert off(LIFE, [random_life(rng, 3) for _ in range(DRAWS)]) == []
    assert off(CUT, [random_cut(rng) for _ in range(DRAWS)]) == []
    assert all(all(stall.rate for stall in random_stalls(rng, always=True).values()) for _ in range(DRAWS))


def test_one_kind_of_stall_holds_a_stream_for_most_of_the_time():
    """The share of cycles that a pattern stalls, by the rule of tb/harness/mur_stall.sv."""
    held = [stall.rate / 256 * (1 + stall.burst) / 2 for stall in KINDS]  # stalled cycles for each other one
    assert sorted(share > 1 for share in held) == [False] * 4 + [True]
    assert max(held) < 3
