# SPDX-License-Identifier: Apache-2.0
"""`make cov`: coverage of functions and of code, of the last report or of all runs of lists, as tables."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import click

from regressions import codecov, funccov, registry
from regressions.codecov.table import table
from regressions.codecov.waivers import WaiverError
from regressions.funccov import plan, report
from regressions.funccov.merge import HTML, XML, Merged, add_up
from regressions.paths import BUILD, shown
from regressions.registry import RegistryError
from regressions.regress import lists
from regressions.regress.coverage import CODE

PLACE = "*/*/*"  # of a run below its list: job, test, seed


@dataclass(frozen=True)
class _Runs:
    """Merged functional coverage, files of code coverage, the folder for what is made of both, their list."""

    functional: Merged
    code: list[Path]
    folder: Path
    name: str  # "" for all lists


def main(name: str, home: Path = BUILD) -> int:
    """Show coverage and what of its goals the list ``name`` lacks ("": the report's list, else full); 0 or 1.

    Raises RegistryError when nothing was run, when ``name`` is no list with a goal, or the plan is wrong.
    """
    features = plan.load()
    runs = _last(home)
    name = name or (runs.name if runs.name in plan.TIERS else plan.TIERS[-1])
    if name not in plan.TIERS:
        raise RegistryError(f"LIST={name}: has no goal, want one of {', '.join(plan.TIERS)}")
    goals = lists.load(name, registry.TESTS.parent, registry.load()).goals
    click.echo("\n".join(report.table(runs.functional.hits, features)))
    missed = funccov.check(runs.functional, name) + _code(runs, goals)
    click.echo(f"files   {shown(runs.folder / HTML)}, {shown(runs.folder / XML)}")
    for line in missed:
        click.echo(f"error: {line}", err=True)
    return 1 if missed else 0


def _code(runs: _Runs, goals: Mapping[str, float]) -> list[str]:
    """Show the code coverage, if there is or should be any; a line for each thing wrong."""
    if not runs.code and not goals:
        click.echo("\nno code coverage: no run was made with COVERAGE=1")
        return []
    try:
        merged = codecov.merge(runs.code, runs.folder)
    except WaiverError as error:
        return [f"coverage: {error}"]
    click.echo(f"\n{table(merged)}")
    click.echo(f"files   {shown(runs.folder / 'code' / 'index.html')}, {shown(runs.folder / 'code.info')}")
    return codecov.check(merged, goals)


def _last(home: Path) -> _Runs:
    last, every = home / "report", home / "regress"
    if (last / XML).exists():
        summary = last / "summary.json"
        ran = json.loads(summary.read_text())["list"] if summary.exists() else ""
        return _Runs(add_up([last / XML]), sorted(every.glob(f"{ran or '*'}/{PLACE}/{CODE}")), last, ran)
    runs = sorted(every.glob(f"*/{PLACE}/{XML}"))
    if not runs:
        raise RegistryError(
            f"no functional coverage in {shown(last)} or {shown(every)}: run `make regress` first"
        )
    return _Runs(funccov.merge(runs, every), sorted(every.glob(f"*/{PLACE}/{CODE}")), every, "")
