# SPDX-License-Identifier: Apache-2.0
"""Every bit that the comparison should look at, wrong by itself, is one mismatch.

The fields come from the types of the records: a new one that nobody compares is red here.
"""

import logging
from types import SimpleNamespace

import numpy as np
import pytest

from tb import records
from tb.bfm import Batch
from tb.compare import compare
from tb.items import LedgerRead
from tb.networks import Modes
from tb.scoreboard import CYCLES_OFFSET, Scoreboard
from tb.tests.synthetic import CONFIG, material

# Not compared: times, which the model has none of (those of START and of the last completion make CYCLES,
# which is compared at STOP), the last events, which only explain, and when frames were taken.
UNJUDGED = {
    "results": {"cycle", "reserved"},
    "commits": {"cycle", "reserved", "events"},
    "starts": {"cycle"},
    "dones": {"cycle"},
    "packets": {"first_cycle", "last_cycle"},
}
FRAME = 4  # the one whose records are spoilt, in the middle of the batch


def judged() -> list[tuple[str, str]]:
    """All (kind of record, field) that are compared."""
    fields = [(name, field) for name in Batch.__annotations__ for field in records.BUFFERS[name].names or ()]
    return [(name, field) for name, field in fields if field not in UNJUDGED.get(name, ())]


def looked_at(name: str, field: str, record: np.void) -> range:
    """The bits of a record's ``field`` that say something, counted from the record's first."""
    fields = records.BUFFERS[name].fields
    assert fields is not None
    kind, offset = fields[field][:2]
    size = {
        "membranes": 16 * CONFIG.chunk,  # lanes of this build
        "data": 8 * int(record["keep"]).bit_count() if field == "data" else 0,  # TKEEP says which words count
        "last": 1,  # any but 0 is TLAST
    }.get(field, 8 * kind.itemsize)
    return range(8 * offset, 8 * offset + size)


@pytest.mark.parametrize("argmax", [False, True], ids=["raw", "argmax"])
@pytest.mark.parametrize(("name", "field"), judged())
def test_every_bit_is_compared(name, field, argmax):
    expected, batch, context = material(Modes(steps=2, soft=True), argmax=argmax)
    array = getattr(batch, name)
    raw = array.view(np.uint8).reshape(len(array), -1)
    per_frame = len(array) // expected.frames
    first = FRAME * per_frame
    for i in {0, first, first + per_frame // 2, first + per_frame - 1, len(array) - 1}:
        bits = looked_at(name, field, array[i])
        assert len(bits)
        for bit in bits:
            raw[i, bit // 8] ^= 1 << bit % 8
            outcome = compare(expected, batch, context)
            raw[i, bit // 8] ^= 1 << bit % 8
            assert outcome.mismatches == 1, (i, bit)
            assert outcome.first is not None
    assert compare(expected, batch, context).mismatches == 0


COUNTERS = (*LedgerRead.NAMES, "FRAMES")


def board() -> SimpleNamespace:
    """What the scoreboard compares registers with: totals that differ from one another, and when it ran."""
    totals = {name: 1000 + i for i, name in enumerate((*records.LEDGER, "FRAMES"))}
    return SimpleNamespace(
        totals=totals, started=100, completed=400, checks=0, mismatches=0, logger=logging.getLogger("board")
    )


@pytest.mark.parametrize("wrong", ["", *COUNTERS])
def test_every_register_is_compared_at_stop(wrong):
    ours = board()
    read = ours.totals | {"CYCLES": ours.completed - ours.started - CYCLES_OFFSET}
    assert set(read) == set(COUNTERS)
    for bit in range(32 if wrong == "FRAMES" else 48) if wrong else (0,):
        ours = board()
        Scoreboard.check_counters(ours, read | ({wrong: read[wrong] ^ 1 << bit} if wrong else {}))
        assert (ours.checks, ours.mismatches) == (len(COUNTERS), int(wrong != "")), bit
