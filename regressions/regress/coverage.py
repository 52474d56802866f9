# SPDX-License-Identifier: Apache-2.0
"""Coverage of the runs of a list made one, by the parts that know each kind, and what it lacks."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from regressions import codecov, funccov, waves
from regressions.codecov import waivers
from regressions.funccov import plan
from regressions.registry import RegistryError, Test
from regressions.regress.jobs import Job

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


def merge(name: str, folders: Sequence[Path], goals: Mapping[str, float], out: Path) -> list[str]:
    """Merge what the runs of the list ``name`` left in ``folders`` into ``out``; a line for each thing wrong.

    ``goals`` are the per cent of code coverage wanted, by kind. Those of functional coverage are the plan's.
    """
    functional, code = (
        [path for folder in folders if (path := folder / file).exists()] for file in (FUNCTIONAL, CODE)
    )
    problems = []
    try:
        problems += funccov.check(funccov.merge(functional, out), name)
        if code or goals:
            problems += codecov.check(codecov.merge(code, out), goals)
    except (RegistryError, OSError) as error:
        problems.append(f"coverage: {error}")
    return problems
