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
import tomllib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from regressions.paths import ROOT, shown
from regressions.registry import RegistryError
from tb.coverage.groups import GROUPS

PLAN = Path(__file__).resolve().parents[1] / "testplan.toml"
TIERS = ("smoke", "nightly", "full")
KEYS = {"intent": str, "tests": list, "bins": list, "proof": str, "tier": str}
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
    try:
        features = tomllib.loads(path.read_text()).get("features", {})
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise RegistryError(f"{shown(path)}: not TOML: {error}") from None
    return [_feature(name, entry, f"{shown(path)}: {name}") for name, entry in features.items()]


def _feature(name: str, entry: dict, where: str) -> Feature:
    for key, value in entry.items():
        if key not in KEYS or type(value) is not KEYS[key]:
            raise RegistryError(f"{where}: {key} = {value!r}: want {', '.join(KEYS)}, of their kinds")
    for key in ("intent", "tests", "tier"):
        if not entry.get(key):
            raise RegistryError(f"{where}: {key} is missing")
    if bool(entry.get("bins")) == bool(entry.get("proof")):
        raise RegistryError(f"{where}: want bins, or the proof that stands for them")
    for group in entry.get("bins", ()):
        if group not in GROUPS:
            raise RegistryError(f"{where}: no bins {group!r} in tb/coverage")
    if entry["tier"] not in TIERS:
        raise RegistryError(f"{where}: tier = {entry['tier']!r}: want one of {', '.join(TIERS)}")
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
