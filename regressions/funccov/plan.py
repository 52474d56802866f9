# SPDX-License-Identifier: Apache-2.0
"""The plan, read and held to what exists: tests, bins, features.

[features.NAME]
intent = "..."      what must be shown of it, in a sentence
tests  = [...]      names of tests.toml, or pytest files that simulate
bins   = [...]      groups of tb/coverage that show it
proof  = "..."      what shows it where no bins do: one of the two is there
tier   = "full"     the smallest list in which every bin of it must be hit
"""

import ast
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from regressions import tables
from regressions.paths import ROOT, shown
from regressions.registry import RegistryError
from regressions.tables import TEXT, WORDS, one_of
from tb.coverage.groups import GROUPS

PLAN = Path(__file__).resolve().parents[1] / "testplan.toml"
TIERS = ("smoke", "nightly", "full")
FEATURE = {"intent": WORDS, "tests": [TEXT], "bins?": [TEXT], "proof?": TEXT, "tier": one_of(*TIERS)}
SIMULATES = "tb.tests.simulation"


@dataclass(frozen=True)
class Feature:
    """One line of the plan."""

    name: str
    intent: str
    tests: tuple[str, ...]
    bins: tuple[str, ...]
    proof: str
    tier: str


def load(path: Path = PLAN) -> list[Feature]:
    """The features in their order. Raises RegistryError on a mistake in the file itself."""
    features = tables.read(path, {"features": {"*": FEATURE}})["features"]
    return [_feature(name, entry, f"{shown(path)}: {name}") for name, entry in features.items()]


def _feature(name: str, entry: dict, where: str) -> Feature:
    if not entry["tests"]:
        raise RegistryError(f"{where}: tests is empty")
    if bool(entry.get("bins")) == bool(entry.get("proof")):
        raise RegistryError(f"{where}: want bins, or the proof that stands for them")
    for group in entry.get("bins", ()):
        if group not in GROUPS:
            raise RegistryError(f"{where}: no bins {group!r} in tb/coverage")
    return Feature(
        name, entry["intent"], tuple(entry["tests"]), tuple(entry.get("bins", ())), entry.get("proof", ""),
        entry["tier"],
    )  # fmt: skip


def simulations(root: Path = ROOT) -> list[str]:
    """The pytest files that run the simulator through ``simulate``, by their path from the root."""
    found = []
    for path in sorted((root / "tb" / "tests").glob("test_*.py")):
        nodes = ast.walk(ast.parse(path.read_text()))
        if any(isinstance(node, ast.ImportFrom) and node.module == SIMULATES for node in nodes):
            found.append(str(path.relative_to(root)))
    return found


def mistakes(
    features: Iterable[Feature],
    tests: Collection[str],
    files: Collection[str],
    groups: Collection[str] = tuple(GROUPS),
) -> list[str]:
    """Tests in the plan and nowhere else, tests and groups of bins in no feature: a line each.

    ``tests``: the names of tests.toml; ``files``: pytest files that simulate; ``groups``: of tb/coverage.
    """
    features = list(features)
    planned = {test for feature in features for test in feature.tests}
    binned = [group for feature in features for group in feature.bins]
    found = [
        f"{feature.name}: no test {test!r}" for feature in features for test in feature.tests
        if test not in tests and test not in files
    ]  # fmt: skip
    found += [f"test {test} belongs to no feature" for test in (*tests, *files) if test not in planned]
    found += [f"bins {group} belong to no feature" for group in groups if group not in binned]
    found += [
        f"bins {group} belong to two features" for group in sorted(set(binned)) if binned.count(group) > 1
    ]
    return found
