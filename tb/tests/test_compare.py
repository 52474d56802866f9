# SPDX-License-Identifier: Apache-2.0
"""The comparison: silent when all agree, and able to name every single fault."""

import re

import pytest

from tb import faults
from tb.compare import compare
from tb.networks import ALL_MODES, Modes
from tb.tests.synthetic import CONFIG, LENGTHS, checks_of, material

WHERE = {
    "membrane": r"utterance 1, frame 1, step \d, layer 0 \(h1\), neuron \d+: membrane DUT .*; last event ",
    "spike": r"utterance 1, frame 1, step \d, layer 0 \(h1\), neuron \d+: spike DUT [01], model [01]; ",
    "lost_commit": r"utterance 1, frame 1, commit 1: ",
    "swapped_commits": r"utterance 1, frame 1, commit 1: ",
    "result": r"utterance 1, frame 1, step 0, layer scores, RAW beat 0: output 0 DUT ",
    "tuser": r"utterance 1, frame 1, step 0, layer scores, RAW beat 0: TUSER DUT ",
    "tkeep": r"utterance 1, frame 1, step 0, layer scores, RAW beat 0: TKEEP DUT ",
    "lost_beat": r"utterance 1, frame 1, step 0, layer scores, RAW beat 0: ",
    "extra_packet": r"utterance 1, frame 4: number of result beats DUT ",
    "tlast": r"utterance 1, frame 1, step 0, layer scores, RAW beat 0: TLAST DUT ",
    "end_status": r"utterance 1, frame 1, step 0, layer scores, END beat \d+: status DUT 1, model 0; ",
    "argmax_index": r"utterance 1, frame 1, step 0, layer scores, ARGMAX beat 0: index DUT ",
    "argmax_score": r"utterance 1, frame 1, step 0, layer scores, ARGMAX beat 0: score DUT ",
    "start_number": r"utterance 1, frame 1: frame number begun DUT 5, model 4; ",
    "ledger": r"utterance 1, frame 1, ledger: ADDS DUT ",
    "frames_counter": r"utterance 1, frame 1, ledger: FRAMES DUT 6, model 5; ",
    "spikes_counter": r"utterance 1, frame 1, ledger: SPIKES1 DUT ",
    "model_membrane": r"utterance 1, frame 1, step \d, layer 0 \(h1\), neuron \d+: membrane ",
    "model_spike": r"utterance 1, frame 1, step \d, layer 0 \(h1\), neuron \d+: spike ",
    "model_result": r"utterance 1, frame 1, step 0, layer scores, RAW beat 0: output 0 ",
    "model_ledger": r"utterance 1, frame 1, ledger: ADDS DUT ",
}


@pytest.mark.parametrize("modes", ALL_MODES, ids=Modes.name)
@pytest.mark.parametrize("argmax", [False, True], ids=["raw", "argmax"])
def test_agreement(modes, argmax):
    expected, batch, context = material(modes, argmax=argmax)
    outcome = compare(expected, batch, context)
    assert outcome.first is None
    assert outcome.mismatches == 0
    assert outcome.checks == checks_of(sum(LENGTHS), 20, modes, CONFIG.chunk, argmax)


@pytest.mark.parametrize("fault", faults.RECORDS)
@pytest.mark.parametrize("steps", [1, 2])
def test_fault_is_named(fault, steps):
    modes, argmax = Modes(steps=steps, soft=True, merged=True), fault in faults.NEED_ARGMAX
    expected, batch, context = material(modes, argmax=argmax)
    outcome = compare(*reversed(faults.spoil(fault, batch, expected)), context)
    assert outcome.mismatches > 0
    assert outcome.first is not None
    assert re.match(WHERE[fault], outcome.first.sentence()), outcome.first.sentence()
    assert any("<--" in line for line in outcome.first.table())


def test_nothing_left_is_a_mismatch():
    expected, batch, context = material(Modes())
    for name in ("results", "commits", "starts", "dones"):
        setattr(batch, name, getattr(batch, name)[:0])
    outcome = compare(expected, batch, context)
    assert outcome.mismatches >= 4
    assert "DUT 0" in outcome.first.sentence()


def test_the_earliest_divergence_is_reported():
    expected, batch, context = material(Modes(steps=2))
    batch.results["data"][0, 0] ^= 1  # frame 0
    batch.commits["membranes"][len(expected.plan.commits) * 2, 0] ^= 1  # frame 2
    assert compare(expected, batch, context).first.sentence().startswith("utterance 0, frame 0,")
