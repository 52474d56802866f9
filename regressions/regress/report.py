# SPDX-License-Identifier: Apache-2.0
"""What is left of a regression: ``summary.json``, ``junit.xml``, ``index.html`` in one folder, and words."""

import dataclasses
import re
import textwrap
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import jinja2
from junitparser import Error, Failure, JUnitXml, TestCase, TestSuite

from regressions import tables
from regressions.paths import shown, write_json
from regressions.registry import RegistryError
from regressions.tables import ANY, FLAG, NUMBER, TEXT, WHOLE, one_of

TEMPLATE = Path(__file__).with_name("report.html.j2")
ROOM = ".room"
ROOM_BYTES = 1 << 17, 1 << 12  # of the report, and of each job in it
SLOWEST = 10
# What is read again of summary.json.
RESULT = {
    "id": TEXT, "test": TEXT, "seed": WHOLE, "settings": {"*": TEXT}, "coverage": FLAG,
    "status": one_of("pass", "fail", "not run"), "wall_s?": NUMBER, "*": ANY,
}  # fmt: skip
SUMMARY = {"list": TEXT, "trouble": TEXT, "results": [RESULT], "*": ANY}
COUNTED = ("frames", "checks", "cycles", "wall_s")
COVERAGE = {"functional.html": "functional coverage", "code/index.html": "code coverage", "code.info": "lcov"}


@dataclass
class Report:
    """A regression: a result for every job of the list ("pass", "fail", "not run"), and what is around them.

    ``trouble`` is what ended it before its time, ``problems`` what is wrong beside the runs, both in lines
    that print; ``kept`` is how many seeds failed for the first time, ``coverage`` what was reached, by kind.
    """

    name: str
    about: str
    executor: str
    wall_s: float
    trouble: str
    results: list[dict]
    facts: dict[str, str]
    problems: list[str] = field(default_factory=list)
    kept: int = 0
    coverage: dict[str, str] = field(default_factory=dict)

    @property
    def green(self) -> bool:
        """Whether all was run, all of it passed, and there was something."""
        ran = [
            result for result in self.results if result["status"] == "pass" and result.get("checks", 0) > 0
        ]
        return bool(ran) and len(ran) == len(self.results) and not self.trouble and not self.problems

    def count(self, status: str) -> int:
        """How many jobs ended so."""
        return sum(result["status"] == status for result in self.results)

    def totals(self) -> dict[str, dict]:
        """Jobs, those that failed and that were not run, different seeds and sums of figures, by test.

        ``networks`` is None for a test that counts none.
        """
        start = {"jobs": 0, "failed": 0, "not_run": 0, "networks": None, **dict.fromkeys(COUNTED, 0)}
        rows: dict[str, dict] = defaultdict(lambda: start | {"seeds": set()})
        for result in self.results:
            row = rows[result["test"]]
            row["jobs"] += 1
            row["failed"] += result["status"] == "fail"
            row["not_run"] += result["status"] == "not run"
            row["seeds"].add(result["seed"])
            for key in COUNTED:
                row[key] += result.get(key, 0)
            row["networks"] = _sum(row["networks"], result.get("networks"))
        return {test: row | {"seeds": len(row["seeds"])} for test, row in rows.items()}

    def whole(self) -> dict:
        """The sums of `totals` over all tests."""
        rows = self.totals().values()
        keys = ("jobs", "failed", "not_run", "seeds", *COUNTED)
        sums = {key: sum(row[key] for row in rows) for key in keys}
        return sums | {"networks": _sum(*(row["networks"] for row in rows))}

    def short(self, frames: Mapping[str, int]) -> list[str]:
        """A line for each test that compared less than so many ``frames``."""
        totals = self.totals()
        found = {test: totals[test]["frames"] if test in totals else 0 for test in frames}
        return [
            f"frames of {test}: {found[test]:,}, want {goal:,}"
            for test, goal in frames.items()
            if found[test] < goal
        ]

    def groups(self) -> list[tuple[str, list[dict]]]:
        """Failed runs by signature: the most first; within one the quickest first, as the one to repeat."""
        groups: dict[str, list[dict]] = defaultdict(list)
        for result in self.results:
            if result["status"] == "fail":
                groups[result["signature"]].append(result)
        for group in groups.values():
            group.sort(key=lambda result: result.get("wall_s", float("inf")))
        return sorted(groups.items(), key=lambda item: -len(item[1]))

    def slowest(self) -> list[dict]:
        """The runs that took longest."""
        timed = [result for result in self.results if "wall_s" in result]
        return sorted(timed, key=lambda result: -result["wall_s"])[:SLOWEST]


def _sum(*figures: float | None) -> float | None:
    """The sum of those that are known, None of none."""
    known = [figure for figure in figures if figure is not None]
    return sum(known) if known else None


def reserve(out: Path, jobs: int) -> None:
    """Take the room on the disk that the report will need, so that a full disk cannot take it."""
    (out / ROOM).write_bytes(bytes(ROOM_BYTES[0] + ROOM_BYTES[1] * jobs))


def release(out: Path) -> None:
    """Give back what `reserve` took."""
    (out / ROOM).unlink(missing_ok=True)


def write(report: Report, out: Path) -> None:
    """Write the three files into ``out``, each whole or not at all."""
    told = dataclasses.asdict(report)
    summary = {"list": told.pop("name"), "green": report.green, **told, "totals": report.totals()}
    write_json(out / "summary.json", summary)
    _whole(out / "junit.xml", junit(report).tostring().decode())
    _whole(out / "index.html", html(report, out))


def read(path: Path) -> dict:
    """The ``summary.json`` at ``path``. Raises RegistryError when it is none, or not there."""
    if not path.exists():
        raise RegistryError(f"{shown(path)}: there is no report, want one of `make regress`")
    told = tables.read(path, SUMMARY)
    for result in told["results"]:
        if result["status"] == "fail":
            tables.check(result, {"signature": TEXT, "*": ANY}, f"{shown(path)}: {result['id']}")
    return told


def _whole(path: Path, text: str) -> None:
    part = path.with_name(f".{path.name}")
    try:
        part.write_text(text, encoding="utf-8")
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def junit(report: Report) -> JUnitXml:
    """One suite with a case for each job, and one for what is wrong beside them."""
    suite = TestSuite(report.name)
    for result in report.results:
        case = TestCase(result["id"], f"{report.name}.{result['test']}", result.get("wall_s", 0))
        text = f"{result.get('reason', report.trouble)}\n{result['rerun']}"
        if result["status"] == "fail":
            case.result = [Failure(result["reason"], result["signature"])]
        elif result["status"] != "pass":
            case.result = [Error("not run", report.trouble)]
        for mark in case.result:
            mark.text = "".join(c for c in text if c.isprintable() or c == "\n")
        suite.add_testcase(case)
    for problem in report.problems:
        case = TestCase(re.split(r"[:,]| [0-9]", problem)[0], report.name)  # what it is about
        case.result = [Failure(problem)]
        suite.add_testcase(case)
    suite.time = report.wall_s
    xml = JUnitXml("murmur")
    xml.add_testsuite(suite)
    xml.update_statistics()
    return xml


def html(report: Report, out: Path) -> str:
    """The page, with links to what is in ``out`` and to the folders of the runs."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATE.parent),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    links = {file: name for file, name in COVERAGE.items() if (out / file).exists()}
    return environment.get_template(TEMPLATE.name).render(report=report, links=links)


def _cell(figure: float | None) -> str:
    return "" if figure is None else f"{figure:,}"


def console(report: Report, out: Path) -> str:
    """The report in a few lines, with one line to paste for each kind of failure."""
    ran = len(report.results) - report.count("not run")
    lines = [
        f"{'PASS' if report.green else 'FAIL'}  {report.name}  {ran} of {len(report.results)} jobs run, "
        f"{report.count('fail')} failed, {report.wall_s:.1f} s, {report.executor}",
        f"  {'test':<16}{'jobs':>6}{'failed':>8}{'not run':>9}{'seeds':>7}"
        f"{'networks':>10}{'frames':>11}{'checks':>15}",
    ]
    lines += [
        f"  {test:<16}{row['jobs']:>6}{row['failed']:>8}{row['not_run']:>9}{row['seeds']:>7}"
        f"{_cell(row['networks']):>10}{row['frames']:>11,}{row['checks']:>15,}"
        for test, row in {**report.totals(), "all": report.whole()}.items()
    ]
    if report.coverage:
        lines.append(
            "  coverage: " + ", ".join(f"{kind} {figure}" for kind, figure in report.coverage.items())
        )
    for _, group in report.groups():
        first = group[0]
        lines.append(f"  {len(group)} failed, as {first['id']}:")
        lines.append(textwrap.indent(first["reason"], "    "))
        lines.append(f"    rerun: {first['rerun']}")
    lines += [f"  {problem}" for problem in report.problems]
    if report.kept:
        runs, them = ("runs", "them") if report.kept > 1 else ("run", "it")
        lines.append(
            f"  {report.kept} {runs} failed for the first time: "
            f"failed_seeds.toml beside the lists has {them} now"
        )
    if report.slowest():
        slow = ", ".join(f"{result['id']} {result['wall_s']:.1f} s" for result in report.slowest()[:3])
        lines.append(f"  slowest: {slow}")
    lines.append(f"  report: {shown(out / 'index.html')}")
    return "\n".join(lines)
