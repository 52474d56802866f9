# SPDX-License-Identifier: Apache-2.0
"""Errors and commands on two builds; and every case is red when what it expects is corrupted."""

import json

import pytest

from tb.tests.simulation import simulate

BUILDS = {128: {}, 8: {"RESULT_W": 128, "VEC_DEPTH": 256}}
# Cases by the first word of their names: a table that lost entries must not look green.
CASES = {"illegal": 103, "range": 21, "overflow": 21, "image": 28, "frame": 14, "control": 15, "sweep": 7}


def cases(home) -> dict:
    return json.loads((home / "errors" / "1" / "cases.json").read_text())


@pytest.mark.parametrize("lanes", BUILDS)
def test_errors(lanes, tmp_path):
    result = simulate("errors", tmp_path, LANES=lanes, **BUILDS[lanes])
    assert result["status"] == "pass", result["reason"]
    answer = cases(tmp_path)
    assert not answer["red"]
    assert len(answer["ran"]) == len(set(answer["ran"]))
    found = {kind: sum(name.startswith(f"{kind}: ") for name in answer["ran"]) for kind in CASES}
    assert found == CASES
    assert sum(found.values()) == len(answer["ran"])


@pytest.mark.parametrize("spoil", ["expect", "frames"])
def test_every_case_can_fail(spoil, tmp_path):
    result = simulate("errors", tmp_path, SPOIL=spoil, STEP=200)
    assert result["status"] == "fail"
    answer = cases(tmp_path)
    assert answer["ran"]
    assert set(answer["ran"]) == set(answer["red"])
