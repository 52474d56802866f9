# SPDX-License-Identifier: Apache-2.0
"""What a pytest function asks of a simulation that is a table of cases (tb/tests_sim/cases.py)."""

import json
from collections.abc import Mapping
from pathlib import Path

from tb.tests.simulation import simulate


def answer_of(test: str, home: Path) -> dict:
    """cases.json of the run of ``test`` with seed 1: {"ran": names, "red": {name: sentence}}."""
    return json.loads((home / test / "1" / "cases.json").read_text())


def check_green(test: str, home: Path, counts: Mapping[str, int], **settings) -> None:
    """All cases ran and are green, as many of each kind as ``counts`` says: no table has lost entries."""
    result = simulate(test, home, **settings)
    assert result["status"] == "pass", result["reason"]
    answer = answer_of(test, home)
    assert not answer["red"]
    assert len(answer["ran"]) == len(set(answer["ran"]))
    found = {kind: sum(name.startswith(f"{kind}: ") for name in answer["ran"]) for kind in counts}
    assert found == counts
    assert sum(found.values()) == len(answer["ran"])


def check_each_red(test: str, home: Path, **settings) -> None:
    """With a spoilt run every case is red."""
    assert simulate(test, home, **settings)["status"] == "fail"
    answer = answer_of(test, home)
    assert answer["ran"]
    assert set(answer["ran"]) == set(answer["red"])
