# SPDX-License-Identifier: Apache-2.0
"""Faults for testing the checkers: each spoils one thing, and the run must go red and say which.

Faults of DUT records spoil what the harness recorded, those of the model what was expected. tb/spoilt.py puts
them into the bench, and has those of a whole run.
"""

from dataclasses import replace

import numpy as np

from tb.bfm import Batch
from tb.expected import ARGMAX, Expected
from tb.records import LEDGER, TUSER_END

FRAME = 4  # spoiled frame of the first batch


def _kinds(batch: Batch, expected: Expected, kind: int) -> np.ndarray:
    """Which beats of the spoiled frame are of TUSER ``kind``, as indices of results."""
    places = [k for k, place in enumerate(expected.plan.beats) if place.kind == kind]
    return np.array(places) + _beat(batch, expected)


def _commit(batch: Batch, expected: Expected) -> int:
    """The second commit of the spoiled frame."""
    return FRAME * len(expected.plan.commits) + 1


def _membrane(batch, expected):
    batch.commits["membranes"][_commit(batch, expected), 2] += 1


def _spike(batch, expected):
    batch.commits["spikes"][_commit(batch, expected)] ^= 4


def _lost_commit(batch, expected):
    batch.commits = np.delete(batch.commits, _commit(batch, expected))


def _swapped_commits(batch, expected):
    i = _commit(batch, expected)
    batch.commits[[i, i + 1]] = batch.commits[[i + 1, i]]


def _beat(batch, expected) -> int:
    return FRAME * len(expected.plan.beats)


def _result(batch, expected):
    batch.results["data"][_beat(batch, expected), 0] ^= 1


def _tuser(batch, expected):
    batch.results["user"][_beat(batch, expected)] ^= np.uint64(1 << 32)


def _tkeep(batch, expected):
    batch.results["keep"][_beat(batch, expected)] >>= np.uint64(4)


def _lost_beat(batch, expected):
    batch.results = np.delete(batch.results, _beat(batch, expected))


def _extra_packet(batch, expected):
    batch.results = np.append(batch.results, batch.results[-1:])


def _tlast(batch, expected):
    batch.results["last"][_beat(batch, expected)] ^= 1


def _end_status(batch, expected):
    batch.results["data"][_kinds(batch, expected, TUSER_END)[0], 0] ^= 1


def _argmax_index(batch, expected):
    batch.results["data"][_kinds(batch, expected, ARGMAX)[0], 0] ^= 1


def _argmax_score(batch, expected):
    batch.results["data"][_kinds(batch, expected, ARGMAX)[0], 1] ^= 1


def _start_number(batch, expected):
    batch.starts["frame"][FRAME] += 1


def _counter(name: str):
    """One bit of a ledger counter."""

    def spoil_counter(batch, expected):
        batch.dones["ledger"][FRAME, 6 * LEDGER.index(name)] ^= 1

    return spoil_counter


def _frames_counter(batch, expected):
    batch.dones["frames"][FRAME] += 1


def _model_membrane(batch, expected):
    expected.membranes[FRAME, 1, 2] += 1


def _model_spike(batch, expected):
    expected.spikes[FRAME, 1] ^= 4


def _model_result(batch, expected):
    expected.words[FRAME, 0, 0] ^= 1


def _model_ledger(batch, expected):
    expected.ledger["ADDS"][FRAME] += 1


RECORDS = {
    "membrane": _membrane,
    "spike": _spike,
    "lost_commit": _lost_commit,
    "swapped_commits": _swapped_commits,
    "result": _result,
    "tuser": _tuser,
    "tkeep": _tkeep,
    "lost_beat": _lost_beat,
    "extra_packet": _extra_packet,
    "tlast": _tlast,
    "end_status": _end_status,
    "argmax_index": _argmax_index,
    "argmax_score": _argmax_score,
    "start_number": _start_number,
    "ledger": _counter("ADDS"),
    "frames_counter": _frames_counter,
    "spikes_counter": _counter("SPIKES1"),
    "model_membrane": _model_membrane,
    "model_spike": _model_spike,
    "model_result": _model_result,
    "model_ledger": _model_ledger,
}
NEED_ARGMAX = ("argmax_index", "argmax_score")  # faults of a network that ends in an ARGMAX
REGISTERS = {"register_counter": "ADDS", "frames_register": "FRAMES", "cycles_register": "CYCLES"}


def spoil(name: str, batch: Batch, expected: Expected) -> tuple[Batch, Expected]:
    """The batch and what is expected of it, with fault ``name`` in one of them."""
    if name not in RECORDS:
        return batch, expected
    batch = Batch(**{field: getattr(batch, field).copy() for field in Batch.__annotations__})
    expected = replace(expected, ledger={key: value.copy() for key, value in expected.ledger.items()})
    RECORDS[name](batch, expected)
    return batch, expected


def spoil_last_commit(batch: Batch) -> Batch:
    """The batch with a membrane of its last commit off by one: fault `second_batch`."""
    commits = batch.commits.copy()
    commits["membranes"][-1, 0] += 1
    return replace(batch, commits=commits)


def spoil_registers(name: str, read: dict[str, int]) -> dict[str, int]:
    """The counters read at STOP, one of them off by one when fault ``name`` is of REGISTERS."""
    register = REGISTERS.get(name)
    return read if register is None else read | {register: read[register] + 1}
