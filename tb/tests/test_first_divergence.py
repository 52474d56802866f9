# SPDX-License-Identifier: Apache-2.0
"""A spoiled record or model makes a real run red, and the report says where in the network's words.

tb/tests/test_compare.py has every fault; here the way from a fault to the terminal is tested.
"""

import re

import pytest

from tb.networks import Modes
from tb.tests.simulation import log, simulate
from tb.tests.synthetic import checks_of

SENTENCE = (
    r"utterance 1, frame 1, step \d, layer 0 \(h1\), neuron \d+: {} DUT -?\d+, model -?\d+; "
    r"last event row \d+ [+-]2\^\d+ set [01]; cycle \d+"
)


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        ("membrane", SENTENCE.format("membrane")),
        ("model_spike", SENTENCE.format("spike")),
        (
            "result",
            r"utterance 1, frame 1, step 0, layer scores, RAW beat 0: output 0 DUT -?\d+, model -?\d+; cycle",
        ),
        ("model_ledger", r"utterance 1, frame 1, ledger: ADDS DUT \d+, model \d+; cycle \d+"),
        (
            "argmax_index",
            r"utterance 1, frame 1, step 0, layer scores, ARGMAX beat 0: index DUT \d+, model \d+; ",
        ),
        (
            "second_batch",
            r"utterance 2, frame 2, step 1, layer 1 \(h2\), neuron \d+: membrane DUT .*; last event ",
        ),
    ],
)
def test_divergence_is_reported(fault, sentence, tmp_path, capfd):
    result = simulate("smoke", tmp_path, fault=fault)
    assert result["status"] == "fail"
    assert re.search(sentence, result["reason"]), result["reason"]
    shown = capfd.readouterr().out
    assert re.search(sentence, shown)
    assert re.search(r"field +DUT +model\n", shown)
    assert f"rerun: make sim TEST=smoke SEED=1 FAULT={fault} WAVES=1" in shown
    assert "Traceback" in log("smoke", tmp_path)


def test_without_a_fault_the_same_run_is_green(tmp_path):
    result = simulate("smoke", tmp_path)
    assert result["status"] == "pass", result
    assert result["frames"] == 11
    # Two batches, and at STOP FRAMES, CYCLES and the 16 other counters through the registers.
    modes = Modes(steps=2, soft=True, merged=True)
    assert result["checks"] == checks_of(8, 20, modes, 4) + checks_of(3, 20, modes, 4) + 18
    assert result["cycles_per_frame"] > 0
    assert result["latency_cycles"] > 0
    for name in ("test", "seed", "ledger", "wall_s", "sim_cycles_per_s", "rerun", "cycles"):
        assert result[name], name
