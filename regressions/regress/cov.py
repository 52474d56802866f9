# SPDX-License-Identifier: Apache-2.0
"""`make cov`: coverage of functions and of code, of the last report or of all runs of lists, as tables."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import click

from regressions import codecov, funccov, registry
from regressions.codecov.table import table
from regressions.funccov import plan, report
from regressions.funccov.merge import HTML, XML, Merged, add_up
from regressions.paths import BUILD, shown
from regressions.registry import RegistryError
from regressions.regress import lists
from regressions.regress.coverage import CODE
from regressions.regress.report import ROOM, read

PLACE = "*/*/*"  # of a run below its list: job, test, seed


@dataclass(frozen=True)
class _Runs:
    """Merged functional coverage, files of code coverage, the folder for what is made of both."""

    functional: Merged
    code: list[Path]
    folder: Path


def main(name: str, home: Path = BUILD) -> int:
    """Show coverage and what of its goals the list ``name`` lacks ("": the report's list, else full); 0 or 1.

    Raises RegistryError when nothing was run, when ``name`` is no list with a goal, or when the plan or the
    report is wrong.
    """
    if name and name not in plan.TIERS:
        raise RegistryError(f"LIST={name}: has no goal, want one of {', '.join(plan.TIERS)}")
    features = plan.load()
    ran, missed = _last(home / "report")
    runs = _runs(home, ran)
    name = name or ran or plan.TIERS[-1]
    goals = lists.load(name, registry.TESTS.parent, registry.load()).goals
    missed += funccov.check(runs.functional, name)
    code = _code(runs, goals, missed)  # all files are there before the first line that nobody may read
    click.echo("\n".join((*report.table(runs.functional.hits, features), "", *code)))
    click.echo(f"files   {shown(runs.folder / HTML)}, {shown(runs.folder / XML)}")
    for line in missed:
        click.echo(f"error: {line}", err=True)
    return 1 if missed else 0


def _code(runs: _Runs, goals: Mapping[str, float], missed: list[str]) -> list[str]:
    """The code coverage in lines, if there is or should be any; ``missed`` gets one for each thing wrong."""
    if not runs.code and not goals:
        return ["no code coverage: no run was made with COVERAGE=1"]
    merged = codecov.merge(runs.code, runs.folder, goals)
    missed += codecov.check(merged, goals)
    files = f"{shown(runs.folder / 'code' / 'index.html')}, {shown(runs.folder / 'code.info')}"
    return [table(merged), f"files   {files}"]


def _last(folder: Path) -> tuple[str, list[str]]:
    """The list of the report in ``folder`` ("": no report), and a line if that regression did not end."""
    if (folder / ROOM).exists():
        return "", ["the last regression did not end, or still runs: coverage of every run that is there"]
    if not (folder / "summary.json").exists():
        return "", []
    told = read(folder / "summary.json")
    lists.load(told["list"], registry.TESTS.parent, registry.load())
    if told["trouble"]:
        return told["list"], [f"the last regression, of {told['list']}, did not end: {told['trouble']}"]
    return told["list"], []


def _runs(home: Path, ran: str) -> _Runs:
    """What the list ``ran`` left, or every list (""): merged by its report, or here."""
    last, every = home / "report", home / "regress"
    code = sorted(every.glob(f"{ran or '*'}/{PLACE}/{CODE}"))
    if (last / XML).exists():
        return _Runs(add_up([last / XML]), code, last)
    runs = sorted(every.glob(f"{ran or '*'}/{PLACE}/{XML}"))
    if not runs:
        raise RegistryError(
            f"no functional coverage in {shown(last)} or {shown(every / ran)}: run `make regress` first"
        )
    return _Runs(funccov.merge(runs, every), code, every)
