# SPDX-License-Identifier: Apache-2.0
"""Regressions of the toy: lists in a folder of the test's own."""

import json
from collections.abc import Mapping
from pathlib import Path

from junitparser import JUnitXml

from regressions.registry import RegistryError
from regressions.regress import regression
from regressions.tests.conftest import FIXTURES

TESTS = """
[tests.{name}]
build = "toy"
module = "regressions.tests.fixtures.toy_bench"
class = "{cls}"
about = "A counter"
params = {{ say = "one two" }}
limit_s = 60
"""
ILL = ("mismatch", "fails", "killed", "breaks", "hangs", "naps", "no_checks")


def lists(folder: Path, **texts: str) -> Path:
    """Put the toy's tests and the lists ``texts`` by name into ``folder``; return the list of tests."""
    tests = (FIXTURES / "toy.toml").read_text() + "".join(TESTS.format(name=name, cls=name) for name in ILL)
    for name, text in {"tests": tests, **texts}.items():
        (folder / f"{name}.toml").write_text(text if name == "tests" else f'about = "{name}"\n{text}')
    return folder / "tests.toml"


def jobs(*entries: str) -> str:
    """The text of a list of jobs, each the name of a test and perhaps further lines of its entry."""
    parts = (entry.partition("\n") for entry in entries)
    return "".join(f'[[jobs]]\ntest = "{test}"\n{more}\n' for test, _, more in parts)


def regress(folder: Path, text: str, **settings: str) -> tuple[int, dict]:
    """Run a list of this ``text`` in ``folder``; return the exit status and ``summary.json``."""
    tests = lists(folder, toys=text)
    status = regression.main("toys", tests_file=tests, home=folder / "build", **settings)
    return status, summary(folder)


def prepare(params: Mapping, _seed: int) -> dict:
    """Want the file SAY= and take it away."""
    try:
        Path(params["say"]).unlink()
    except FileNotFoundError:
        raise RegistryError(f"SAY={params['say']}: no such file") from None
    return {}


def summary(folder: Path) -> dict:
    """The report in ``folder``, of which all files must agree."""
    out = folder / "build" / "report"
    report = json.loads((out / "summary.json").read_text())
    counts = {status: sum(r["status"] == status for r in report["results"]) for status in ("fail", "not run")}
    xml = JUnitXml.fromfile(str(out / "junit.xml"))
    assert xml.tests == len(report["results"]) + len(report["problems"])
    assert xml.failures == counts["fail"] + len(report["problems"])
    assert xml.errors == counts["not run"]
    assert f">{'PASS' if report['green'] else 'FAIL'}<" in (out / "index.html").read_text()
    return report
