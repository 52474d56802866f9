# SPDX-License-Identifier: Apache-2.0
"""`make cov`: the coverage of the last report, or of all runs in build/regress/, as tables."""

import json
from pathlib import Path

import click

from regressions.funccov import goals, plan, report
from regressions.funccov.merge import HTML, XML, Merged, add_up, merge
from regressions.paths import BUILD, shown
from regressions.registry import RegistryError


def main(name: str, home: Path = BUILD) -> int:
    """Show coverage and what the list ``name`` ("": that of the report, else full) lacks of its goal; 0 or 1.

    Raises RegistryError when nothing was run, when ``name`` is no list with a goal, or the plan is wrong.
    """
    features = plan.load()
    merged, folder, ran = _last(home)
    name = name or (ran if ran in plan.TIERS else plan.TIERS[-1])
    if name not in plan.TIERS:
        raise RegistryError(f"LIST={name}: has no goal, want one of {', '.join(plan.TIERS)}")
    click.echo("\n".join(report.table(merged.hits, features)))
    click.echo(f"files   {shown(folder / HTML)}, {shown(folder / XML)}")
    missed = goals.check(merged, name)
    for line in missed:
        click.echo(f"error: {line}", err=True)
    return 1 if missed else 0


def _last(home: Path) -> tuple[Merged, Path, str]:
    """The merged hits, the folder of their files, and the list they are of ("" for all runs)."""
    last, every = home / "report", home / "regress"
    if (last / XML).exists():
        summary = last / "summary.json"
        ran = json.loads(summary.read_text())["list"] if summary.exists() else ""
        return add_up([last / XML]), last, ran
    runs = sorted(every.glob(f"*/*/*/*/{XML}"))
    if not runs:
        raise RegistryError(
            f"no functional coverage in {shown(last)} or {shown(every)}: run `make regress` first"
        )
    return merge(runs, every), every, ""
