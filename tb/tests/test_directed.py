# SPDX-License-Identifier: Apache-2.0
"""Hand-made programs on two builds; and every case is red when what left the machine is corrupted."""

import json

import pytest

from tb.tests.simulation import simulate

BUILDS = {128: {}, 8: {"RESULT_W": 128, "VEC_DEPTH": 256}}
# Cases by the first word of their names: a table that lost entries must not look green.
CASES = {"loops": 2, "rows": 4, "last": 2, "fire": 5, "argmax": 2, "elements": 4, "order": 10}


def cases(home) -> dict:
    return json.loads((home / "directed" / "1" / "cases.json").read_text())


@pytest.mark.parametrize("lanes", BUILDS)
def test_directed(lanes, tmp_path):
    result = simulate("directed", tmp_path, LANES=lanes, **BUILDS[lanes])
    assert result["status"] == "pass", result["reason"]
    answer = cases(tmp_path)
    assert not answer["red"]
    assert len(answer["ran"]) == len(set(answer["ran"]))
    found = {kind: sum(name.startswith(f"{kind}: ") for name in answer["ran"]) for kind in CASES}
    assert found == CASES
    assert sum(found.values()) == len(answer["ran"])


def test_every_case_can_fail(tmp_path):
    result = simulate("directed", tmp_path, SPOIL="frames")
    assert result["status"] == "fail"
    answer = cases(tmp_path)
    assert answer["ran"]
    assert set(answer["ran"]) == set(answer["red"])
