# SPDX-License-Identifier: Apache-2.0
"""From the coverage data of many runs to one report in a folder."""

from collections.abc import Sequence
from pathlib import Path

from regressions.codecov import html, lcov, waivers
from regressions.codecov.report import Report, gather


def merge(paths: Sequence[Path], out: Path, waiver_list: Path = waivers.WAIVERS) -> Report:
    """Add up the ``coverage.dat`` files ``paths``; ``out`` gets ``code.info`` (lcov) and ``code/`` (HTML).

    A file that is absent, cut off or corrupt is left out and is one of the report's ``problems``. Raises
    RegistryError when the list of waivers cannot be used, OSError naming the place that cannot be written.
    """
    report = gather(paths, waivers.load(waiver_list))
    out.mkdir(parents=True, exist_ok=True)
    (out / "code.info").write_text("".join(f"{record}\n" for record in lcov.records(report)))
    html.write(report, out / "code")
    return report
