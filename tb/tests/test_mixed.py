# SPDX-License-Identifier: Apache-2.0
"""Programs whose frames differ in work: the model begins where the machine is, and no record is lost."""

from collections import Counter
from types import SimpleNamespace

import numpy as np
import pytest

from models.formats import BuildConfig
from models.machine import Machine
from models.networks.random_program import random_program
from tb import records
from tb.bfm import Batch
from tb.compare import Outcome
from tb.expected import expect, site_plans
from tb.mixed import by_frame, in_order, run_model
from tb.scoreboard import Scoreboard

BUILD = BuildConfig(lanes=8, result_w=128, vec_depth=256)


def program():
    """A program of several sections that differ, and six frames for it."""
    for seed in range(50):
        images, x = random_program(np.random.default_rng(seed), BUILD, 6, 1)
        machine = Machine(images)
        if len(site_plans(machine)) >= 3:
            return machine, x[0]
    raise AssertionError("no such program")


def test_an_utterance_begins_where_the_machine_is():
    machine, x = program()
    plans = site_plans(machine)
    model = run_model(machine, plans, [x[:1], x[1:2], x[2:4]], 1)
    at = 1
    for u, utterance in enumerate((x[:1], x[1:2], x[2:4])):
        first, begin = at, [0, 1, 2][u]
        trace = machine.run(utterance[None], position=first)
        for f in range(len(utterance)):
            alone = expect(plans[at], trace)
            found = model.frames[begin + f]
            assert found.plan is plans[at]
            assert np.array_equal(found.words[0], alone.words[f])
            assert np.array_equal(found.membranes[0], alone.membranes[f])
            assert all(found.ledger[name][0] == alone.ledger[name][f] for name in alone.ledger)
            at = machine.sections[at].following
    assert model.section == at


def batch(results=(), commits=(), starts=(), dones=0):
    """Records that bear these frame numbers."""
    made = {
        "results": np.zeros(len(results), records.RESULT), "commits": np.zeros(len(commits), records.COMMIT),
        "starts": np.zeros(len(starts), records.START),
    }  # fmt: skip
    made["results"]["user"] = results
    made["commits"]["frame"] = commits
    made["starts"]["frame"] = starts
    return Batch(**made, dones=np.zeros(dones, records.DONE), packets=np.zeros(0, records.PACKET))


def test_records_go_to_their_frames_and_foreign_ones_to_the_last():
    parts = list(by_frame(batch([7, 8, 8, 3], [7, 9, 8], [7, 8], 3), 7, 2))
    assert [len(part.results) for part in parts] == [1, 3]
    assert [len(part.commits) for part in parts] == [1, 2]
    assert [len(part.starts) for part in parts] == [1, 1]
    assert [len(part.dones) for part in parts] == [1, 2]


def test_frames_out_of_order_are_seen():
    assert in_order(batch([7, 7, 8], [7, 8], [7, 8]))
    assert not in_order(batch([7, 8, 7], [7, 8], [7, 8]))
    assert not in_order(batch([7, 8], [8, 7], [7, 8]))
    assert not in_order(batch([7, 8], [7, 8], [8, 7]))


@pytest.mark.parametrize(("order", "wrong"), [((0, 1, 2, 3), 0), ((0, 2, 1, 3), 1)])
def test_the_scoreboard_looks_at_the_order(order, wrong):
    machine, x = program()
    outcomes: list[Outcome] = []
    board = SimpleNamespace(
        machine=machine, plans=site_plans(machine), layout=None, program=[], section=0,
        utterances_seen=0, next_frame=0, frames_checked=0, events=0, model_s=0.0, compare_s=0.0,
        totals=Counter(), account=outcomes.append,
    )  # fmt: skip
    Scoreboard.check_mixed(board, [x[:4]], batch(starts=order, dones=4))
    assert (outcomes[0].checks, outcomes[0].mismatches) == (1, wrong)
    assert board.frames_checked == 4
