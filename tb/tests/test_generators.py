# SPDX-License-Identifier: Apache-2.0
"""Random programs and random illegal cases on two builds; every illegal case can be red."""

import json

import pytest

from tb.tests.simulation import simulate

BUILDS = {128: {}, 8: {"RESULT_W": 128, "VEC_DEPTH": 256}}


@pytest.mark.parametrize("lanes", BUILDS)
def test_programs(lanes, tmp_path):
    result = simulate("programs", tmp_path, LANES=lanes, **BUILDS[lanes])
    assert result["status"] == "pass", result["reason"]
    assert result["frames"] >= 20 * 2 * 4


@pytest.mark.parametrize("lanes", BUILDS)
def test_illegal(lanes, tmp_path):
    result = simulate("illegal", tmp_path, LANES=lanes, CASES=40, **BUILDS[lanes])
    assert result["status"] == "pass", result["reason"]
    outcome = json.loads((tmp_path / "illegal" / "1" / "outcome.json").read_text())
    assert outcome["cases"] == 40
    assert len(outcome["errors"]) >= 8  # kinds


@pytest.mark.parametrize("spoil", ["expect", "frames"])
def test_every_illegal_case_can_fail(spoil, tmp_path):
    assert simulate("illegal", tmp_path, CASES=10, SPOIL=spoil)["status"] == "fail"
    outcome = json.loads((tmp_path / "illegal" / "1" / "outcome.json").read_text())
    assert outcome["red"] == list(range(10))
