# SPDX-License-Identifier: Apache-2.0
"""Coverage of the runs of a list made one, by the parts that know each kind, and what it lacks."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from regressions import codecov, funccov, waves
from regressions.codecov import waivers
from regressions.codecov.points import KINDS
from regressions.funccov import plan
from regressions.funccov.report import percent, share
from regressions.registry import RegistryError, Test
from regressions.regress.jobs import Job
from tb.coverage.groups import GROUPS

FUNCTIONAL, CODE = "functional.xml", "coverage.dat"  # what a run leaves


def ready() -> None:
    """Raise RegistryError if what `merge` holds coverage to, the plan and the waivers, cannot be used."""
    plan.load()
    waivers.load()


def lacking(job: Job, test: Test, folder: Path) -> list[str]:
    """A line for each file that the run of ``job`` in ``folder``, which passed, had to leave and did not."""
    # Functional coverage is counted by the harness, which a build of another top does not have.
    owed = [FUNCTIONAL] * (test.build.top == waves.TOP) + [CODE] * job.coverage
    return [f"{job.id}: passed but left no {file}" for file in owed if not (folder / file).exists()]


def merge(
    name: str, folders: Sequence[Path], goals: Mapping[str, float], out: Path
) -> tuple[list[str], dict[str, str]]:
    """Merge what the runs of the list ``name`` left in ``folders`` into ``out``.

    Returns a line for each thing wrong, and the per cent reached by kind of coverage, in words. ``goals`` are
    the per cent of code coverage wanted, by kind. Those of functional coverage are the plan's.
    """
    functional, code = (
        [path for folder in folders if (path := folder / file).exists()] for file in (FUNCTIONAL, CODE)
    )
    problems: list[str] = []
    figures: dict[str, str] = {}
    try:
        merged = funccov.merge(functional, out)
        figures["functional"] = percent(*share(merged.hits, GROUPS))
        problems += funccov.check(merged, name)
        if code or goals:
            report = codecov.merge(code, out, goals)
            figures |= {kind: str(report.figure(kind, report.by_file)) for kind in KINDS}
            problems += codecov.check(report, goals)
    except (RegistryError, OSError) as error:
        problems.append(f"coverage: {error}")
    return problems, {kind: figure for kind, figure in figures.items() if figure != "-"}
