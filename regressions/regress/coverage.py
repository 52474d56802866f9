# SPDX-License-Identifier: Apache-2.0
"""Coverage of the runs of a list made one, by the parts that know each kind, and what it lacks."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from regressions import codecov, funccov
from regressions.codecov.waivers import WaiverError
from regressions.registry import RegistryError

FUNCTIONAL, CODE = "functional.xml", "coverage.dat"  # what a run leaves


def merge(name: str, folders: Sequence[Path], goals: Mapping[str, float], out: Path) -> list[str]:
    """Merge what the runs of the list ``name`` left in ``folders`` into ``out``; a line for each thing wrong.

    ``goals`` are the per cent of code coverage wanted, by kind. Those of functional coverage are the plan's.
    """
    functional, code = (
        [path for folder in folders if (path := folder / file).exists()] for file in (FUNCTIONAL, CODE)
    )
    problems = []
    try:
        if functional:
            problems += funccov.check(funccov.merge(functional, out), name)
        if code or goals:
            problems += codecov.check(codecov.merge(code, out), goals)
    except (RegistryError, WaiverError, OSError) as error:
        problems.append(f"coverage: {error}")
    return problems
