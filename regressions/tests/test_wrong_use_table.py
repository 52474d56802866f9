# SPDX-License-Identifier: Apache-2.0
"""docs/wrong-use.md names tests; each must exist (tb/tests/test_errors.py looks up the cases of ONLY=)."""

import ast
import re
from pathlib import Path

import pytest

from regressions import registry
from regressions.paths import ROOT

TABLE = ROOT / "docs" / "wrong-use.md"
NODE = re.compile(r"`([\w/]+\.py)::(\w+)(?:\[[^`]*\])?`")
CASE = re.compile(r"`make sim TEST=(\w+) ONLY=[^`]+`")


def rows(text: str) -> list[str]:
    """The rows of all tables, without their heads and rules."""
    lines = text.splitlines()
    rules = {at for at, line in enumerate(lines) if re.fullmatch(r"\|[-| :]+\|", line)}
    heads = {at - 1 for at in rules}
    return [line for at, line in enumerate(lines) if line.startswith("|") and at not in rules | heads]


def functions_of(path: Path) -> set[str]:
    return {node.name for node in ast.parse(path.read_text()).body if isinstance(node, ast.FunctionDef)}


def missing(text: str) -> list[str]:
    """The rows that name no test, or one that does not exist."""
    wrong = []
    for row in rows(text):
        nodes, cases = NODE.findall(row), CASE.findall(row)
        there = all((ROOT / file).is_file() and name in functions_of(ROOT / file) for file, name in nodes)
        known = all(name in registry.load() for name in cases)
        if not (nodes or cases) or not there or not known:
            wrong.append(row)
    return wrong


def test_every_test_of_the_table_exists():
    text = TABLE.read_text()
    assert [line for line in text.splitlines() if line.startswith("## ")] == [
        "## Audio", "## Data", "## Command line", "## The flow", "## Files", "## Hardware",
    ]  # fmt: skip
    assert len(rows(text)) >= 40
    assert not missing(text)


@pytest.mark.parametrize(
    "row",
    [
        "| x | y | `regressions/tests/test_wrong_commands.py::test_of_nothing` |",
        "| x | y | `regressions/tests/test_nothing.py::test_mistake_through_make` |",
        "| x | y | `make sim TEST=erors ONLY=image` |",
        "| x | y | |",
    ],
)
def test_row_without_its_test_is_noticed(row):
    assert missing("| a | b | c |\n|---|---|---|\n" + row) == [row]
