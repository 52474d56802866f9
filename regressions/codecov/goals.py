# SPDX-License-Identifier: Apache-2.0
"""What a list of runs wants of its coverage, and what it missed."""

from collections.abc import Mapping

from regressions.codecov import table
from regressions.codecov.points import KINDS
from regressions.codecov.report import Report

NAMED = 20  # source lines with holes of one kind; the HTML report shows all


def check(report: Report, goals: Mapping[str, float]) -> list[str]:
    """One line for each thing wrong: files that could not be used, goals missed, waivers too wide or stale.

    ``goals``: per cent by kind. Without goals a waiver may match nothing and a
    module may have no point, because a few short runs need not meet all. ValueError for a goal that nothing
    can be made of.
    """
    for kind, goal in goals.items():
        if kind not in KINDS or not 0 <= goal <= 100:
            raise ValueError(f"{kind}={goal}: want {', '.join(KINDS)} and 0 to 100 per cent")
    missed = list(report.problems)
    missed += [
        f"waiver too wide, it fits {fits:,} points, most = {waiver.most:,}: {waiver}"
        for waiver, fits in report.wide.items()
    ]
    for kind, goal in goals.items():
        figure = report.figure(kind, report.by_file)
        if not figure.of:
            missed.append(f"{kind} coverage: no points at all, want {goal} %")
        elif figure.percent < goal:
            missed.append(f"{kind} coverage {figure}, want {goal} %: {_named(report, kind)}")
    if goals:
        missed += [f"{file}: a module without a single point in these runs" for file in report.absent]
        missed += [
            f"waiver without effect, as nothing uncovered matches: {waiver}" for waiver in report.stale
        ]
    return missed


def _named(report: Report, kind: str) -> str:
    holes = list(table.holes(report, kind))
    more = len(holes) - NAMED
    return ", ".join(holes[:NAMED]) + (f" and {more:,} lines more" if more > 0 else "")
