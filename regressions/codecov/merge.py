# SPDX-License-Identifier: Apache-2.0
"""From the coverage data of many runs to one report in a folder."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from regressions.codecov import html, lcov, waivers
from regressions.codecov.report import Report, gather


def merge(paths: Sequence[Path], out: Path, goals: Mapping[str, float]) -> Report:
    """Add up the ``coverage.dat`` files ``paths``; ``out`` gets ``code.info`` (lcov) and ``code/`` (HTML).

    The pages show what misses one of ``goals``, per cent by kind; of a kind without one, what is below 100.

    A file that is absent, cut off or corrupt is left out and is one of the report's ``problems``. Raises
    RegistryError when the list of waivers cannot be used, OSError naming the place that cannot be written.
    """
    report = gather(paths, waivers.load())
    out.mkdir(parents=True, exist_ok=True)
    (out / "code.info").write_text("".join(f"{record}\n" for record in lcov.records(report)))
    html.write(report, out / "code", goals)
    return report
