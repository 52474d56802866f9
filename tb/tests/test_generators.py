# SPDX-License-Identifier: Apache-2.0
"""Random programs and random illegal cases on two builds; every illegal case can be red."""

import json
import re
from pathlib import Path

import pytest

from regressions.funccov.merge import read
from tb.coverage.groups import GROUPS
from tb.tests.simulation import log, simulate

BUILDS = {128: {}, 8: {"RESULT_W": 128, "VEC_DEPTH": 256}}


def check_reached(run: Path) -> None:
    """What was drawn of stalls and resets came to the machine."""
    hits = read(run / "functional.xml")
    assert [name for name in GROUPS["stall.stream"].bins if not hits["stall.stream"][name]] == []
    assert hits["control.reset"]["working"] > 0


@pytest.mark.parametrize("lanes", BUILDS)
def test_programs(lanes, tmp_path):
    result = simulate("programs", tmp_path, LANES=lanes, **BUILDS[lanes])
    assert result["status"] == "pass", result["reason"]
    assert result["frames"] >= 20 * 2 * 4
    check_reached(tmp_path / "programs" / "1")


@pytest.mark.parametrize("lanes", BUILDS)
def test_illegal(lanes, tmp_path):
    result = simulate("illegal", tmp_path, LANES=lanes, CASES=40, **BUILDS[lanes])
    assert result["status"] == "pass", result["reason"]
    outcome = json.loads((tmp_path / "illegal" / "1" / "outcome.json").read_text())
    assert outcome["cases"] == 40
    assert len(outcome["errors"]) >= 8  # kinds
    check_reached(tmp_path / "illegal" / "1")


def test_what_comes_before_an_error_is_compared(tmp_path):
    result = simulate("illegal", tmp_path, CASES=40, SPOIL="before", LANES=8, **BUILDS[8])
    assert result["status"] == "fail"
    said = re.findall(r"mur> case .*; : ([^:]*): .*, expected ", log("illegal", tmp_path))
    assert set(said) == {
        "beats before the error", "words", "spikes before the error", "membranes before the error",
    }  # fmt: skip


@pytest.mark.parametrize("spoil", ["expect", "frames"])
def test_every_illegal_case_can_fail(spoil, tmp_path):
    assert simulate("illegal", tmp_path, CASES=10, SPOIL=spoil)["status"] == "fail"
    outcome = json.loads((tmp_path / "illegal" / "1" / "outcome.json").read_text())
    assert outcome["red"] == list(range(10))
