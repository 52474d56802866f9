# SPDX-License-Identifier: Apache-2.0
"""Coverage as pages: an index of the modules, and each source file with its counts and holes."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import jinja2

from regressions.codecov.points import Point
from regressions.codecov.report import Report, kinds_in
from regressions.codecov.table import names, rows

TEMPLATES = Path(__file__).parent


@dataclass
class Line:
    """A source line, how often it ran, and what was never met in it; ``count`` None without statements."""

    number: int
    text: str
    count: int | None
    holes: list[str] = field(default_factory=list)
    waived: list[str] = field(default_factory=list)


def write(report: Report, folder: Path, goals: Mapping[str, float]) -> None:
    """Replace ``folder`` by the pages; none of them needs anything but the others."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    jinja = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    kinds = {kind: goals.get(kind, 100) for kind in kinds_in(report)}
    table = [
        (name, page_name(files[0]) if len(files) == 1 else "", [report.figure(kind, files) for kind in kinds])
        for name, files in rows(report)
    ]
    table.append(("without waivers", "", [report.bare(kind) for kind in kinds]))
    index = jinja.get_template("index.html.j2").render(report=report, kinds=kinds, goals=goals, table=table)
    (folder / "index.html").write_text(index, encoding="utf-8")
    page = jinja.get_template("file.html.j2")
    for file in report.by_file:
        figures = [report.figure(kind, [file]) for kind in kinds]
        lines = _lines(report, file)
        text = page.render(file=file, kinds=kinds, goals=goals, figures=figures, lines=lines)
        (folder / page_name(file)).write_text(text, encoding="utf-8")


def page_name(file: str) -> str:
    """The page of a source file."""
    return file.removeprefix("rtl/").replace("/", "_") + ".html"


def _lines(report: Report, file: str) -> list[Line]:
    lines = [
        Line(number, text, report.counts.get(Point(file, number, 0, "line", "")))
        for number, text in enumerate(report.sources.get(file, []), 1)
    ]
    found: dict[tuple[int, str, str], list[str]] = {}
    for point in report.by_file[file]:
        if not report.counts[point] and point.line <= len(lines):
            reason = report.waived[point].reason if point in report.waived else ""
            found.setdefault((point.line, point.kind, reason), []).append(point.name)
    for (number, kind, reason), texts in found.items():
        what = f"{kind} {names(texts)}".strip()
        if reason:
            lines[number - 1].waived.append(f"{what}: {reason}")
        else:
            lines[number - 1].holes.append(what)
    return lines
