# SPDX-License-Identifier: Apache-2.0
"""The figures of a run are of all that the monitors saw, not of the last of it."""

from collections.abc import Iterator

import numpy as np
import pytest
from pyuvm import uvm_root

from tb import records
from tb.bfm import Batch
from tb.items import LedgerRead, ResultBatch
from tb.tally import Tally


@pytest.fixture
def seen() -> Iterator[Tally]:
    """One that has seen nothing."""
    tally = Tally("tally", None)
    tally.build_phase()
    yield tally
    uvm_root().clear_children()


def test_the_ledger_is_of_all_runs_from_start_to_stop(seen):
    for adds, stopped in ((3, True), (100, False), (4, True)):
        read = LedgerRead("read")
        read.values = [adds] * len(read.accesses)
        read.stopped = stopped
        seen.write(read)
    ledger = seen.figures()["ledger"]
    assert ledger["FRAMES"] == 7
    assert ledger["ADDS"] == 7 + (7 << 32)


def batch(arrived: list[int], ended: list[int]) -> ResultBatch:
    """Frames whose last beats arrived in these cycles and whose last results left in those."""
    item = ResultBatch("batch")
    item.batch = Batch(**{n: np.zeros(len(ended), records.BUFFERS[n]) for n in Batch.__annotations__})
    item.batch.packets["first_cycle"] = item.batch.packets["last_cycle"] = arrived
    item.batch.starts["cycle"] = arrived
    item.batch.results["cycle"], item.batch.results["last"] = ended, 1
    return item


def test_the_latency_is_the_longest_of_frames_that_came_alone(seen):
    seen.write(batch([100, 200], [140, 230]))
    seen.write(batch([300, 400], [310, 420]))
    seen.write(batch([500, 510], [600, 700]))  # the second came before the first had left
    assert seen.figures() == {"ledger": {}, "cycles_per_frame": 10.0, "latency_cycles": 40}
