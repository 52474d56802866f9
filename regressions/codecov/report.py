# SPDX-License-Identifier: Apache-2.0
"""Coverage of all runs together: which points of ``rtl/`` were met, how often, and which need not be."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from regressions.codecov import points
from regressions.codecov.points import KINDS, CoverageError, Point
from regressions.codecov.waivers import Waiver
from regressions.paths import ROOT, shown

FILES = "rtl/murmur.f"  # lists the modules
MODULE = re.compile(r"^module ", re.M)


@dataclass(frozen=True)
class Figure:
    """How many points of one kind were met, of those that count."""

    met: int
    of: int

    @property
    def percent(self) -> float:
        """The share of points met; of none, none were missed."""
        return 100 * self.met / self.of if self.of else 100.0

    def __str__(self) -> str:
        """The percentage rounded down, so that 100.0 means all of them."""
        return f"{int(self.percent * 10) / 10:.1f} %" if self.of else "-"


@dataclass
class Report:
    """Merged counts.

    ``counts``: each point of ``rtl/``; of a line the most that a block or arm on it ran.
    ``parts``: the blocks and arms that each line is part of.
    ``problems``: a line for each file that could not be used.
    ``waived``: points never met that need not be, with the waiver. ``stale``: waivers without effect.
    ``wide``: waivers that fit more points than they may, with how many. ``absent``: modules
    without a point.
    ``sources``: the lines of each file.
    """

    counts: dict[Point, int] = field(default_factory=dict)
    parts: dict[Point, list[Point]] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    waived: dict[Point, Waiver] = field(default_factory=dict)
    stale: list[Waiver] = field(default_factory=list)
    wide: dict[Waiver, int] = field(default_factory=dict)
    absent: list[str] = field(default_factory=list)
    sources: dict[str, list[str]] = field(default_factory=dict)

    @cached_property
    def by_file(self) -> dict[str, list[Point]]:
        """The points of each file in order of their place."""
        files: dict[str, list[Point]] = {}
        for point in sorted(self.counts):
            files.setdefault(point.file, []).append(point)
        return files

    def figure(self, kind: str, files: Iterable[str]) -> Figure:
        """Points of ``kind`` in ``files``, without those waived."""
        chosen = [point for file in files for point in self.by_file[file] if point.kind == kind]
        met = sum(self.counts[point] > 0 for point in chosen)
        return Figure(met, len(chosen) - sum(point in self.waived for point in chosen))

    def bare(self, kind: str) -> Figure:
        """Points of ``kind``, the waived ones counted as not met."""
        chosen = [point for point in self.counts if point.kind == kind]
        return Figure(sum(self.counts[point] > 0 for point in chosen), len(chosen))

    def holes(self, kind: str) -> list[Point]:
        """Points of ``kind`` never met and not waived, in order of their place."""
        return [
            point
            for file in self.by_file
            for point in self.by_file[file]
            if point.kind == kind and not self.counts[point] and point not in self.waived
        ]

    def text(self, point: Point) -> str:
        """The source line of ``point``, empty where the file has no such line."""
        lines = self.sources.get(point.file, [])
        return lines[point.line - 1] if point.line <= len(lines) else ""


def gather(paths: Sequence[Path], waivers: Sequence[Waiver], root: Path = ROOT) -> Report:
    """Add up the counts of ``paths``, with sources below ``root``; a file that is no good is a problem."""
    report, texts = Report(), Counter[str]()
    for path in paths:
        try:
            texts.update(points.read(path))
        except CoverageError as error:
            report.problems.append(str(error))
    if not paths:
        report.problems.append("no coverage data: no run was made with COVERAGE=1")
    _decode(report, texts)
    for file in report.by_file:
        try:
            report.sources[file] = (root / file).read_text(encoding="utf-8").splitlines()
        except OSError as error:
            report.problems.append(f"{shown(root / file)}: {error.strerror}, but runs counted in it")
    _waive(report, waivers)
    report.absent = [file for file in _modules(root) if file not in report.by_file]
    return report


def _modules(root: Path) -> list[str]:
    """The files of the file list that hold a module."""
    files = [line for line in (root / FILES).read_text().splitlines() if line.endswith(".sv")]
    return [file for file in files if MODULE.search((root / file).read_text())]


def _decode(report: Report, texts: Mapping[str, int]) -> None:
    ran, spans = Counter[Point](), dict[Point, frozenset[int]]()
    for text, count in texts.items():
        try:
            known = points.decode(text)
        except (KeyError, ValueError):
            report.problems.append(f"coverage data: cannot tell what point {text!r} is")
            continue
        if known:
            point, lines = known
            ran[point] += count
            spans[point] = spans.get(point, frozenset()) | lines
    for point, count in ran.items():
        if point.kind != "line":
            report.counts[point] = count
        for number in spans[point]:
            line = Point(point.file, number, 0, "line", "")
            report.parts.setdefault(line, []).append(point)
            report.counts[line] = max(report.counts.get(line, 0), count)


def _waive(report: Report, waivers: Sequence[Waiver]) -> None:
    holes = [point for point, count in report.counts.items() if not count]
    for waiver in waivers:
        fits = [point for point in report.counts if waiver.matches(point, report.text(point))]
        hit = [point for point in fits if not report.counts[point]]
        if len(fits) > waiver.most:
            report.wide[waiver] = len(fits)
        if not hit:
            report.stale.append(waiver)
        for point in hit:
            report.waived.setdefault(point, waiver)
    for line in holes:  # nothing but waived arms
        parts = report.parts.get(line, [])
        if parts and all(part in report.waived for part in parts):
            report.waived.setdefault(line, report.waived[parts[0]])


def kinds_in(report: Report) -> list[str]:
    """The kinds that ``report`` has points of."""
    present = {point.kind for point in report.counts}
    return [kind for kind in KINDS if kind in present]
