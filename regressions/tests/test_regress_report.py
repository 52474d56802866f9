# SPDX-License-Identifier: Apache-2.0
"""What a report says of results made by hand."""

import re
from typing import Any

import pytest
from junitparser import JUnitXml

from regressions.regress import report
from regressions.regress.jobs import Job
from regressions.tests.toys import summary


def told(results: list[dict], **more: Any) -> report.Report:
    """A report of these results."""
    return report.Report("l", "", "here", 1.0, "", results, {}, **more)


def test_jobs_that_were_not_run_are_not_failures(tmp_path):
    job = Job("x", "t", {}, 1, False, "l")
    told = report.Report("l", "", "here", 1.0, "x", [job.result("fail", "r"), job.result("not run")], {})
    text = report.console(told, tmp_path)
    assert "1 of 2 jobs run, 1 failed," in text
    assert re.search(r"^  t +2 +1 +1 +1 ", text, flags=re.M)  # jobs, failed, not run, seeds


def test_first_page_has_the_sums_and_the_coverage(tmp_path):
    results = [
        Job(str(seed), test, {}, seed, False, "l").result("pass", frames=700 + seed, checks=1)
        for seed, test in enumerate(("a", "b", "b"))
    ]
    told = report.Report("l", "", "here", 1.0, "", results, {}, coverage={"functional": "12.3 %"})
    page, text = report.html(told, tmp_path), report.console(told, tmp_path)
    assert "functional <b>12.3 %</b>" in page
    assert re.search(r"<td>all</td>(\s*<td>[03]</td>){4}\s*<td></td><td>2,103</td>", page)
    assert re.search(r"^  all +3 +0 +0 +3 +2,103 +3$", text, flags=re.M)
    assert "  coverage: functional 12.3 %" in text


def test_report_of_nothing_is_red():
    facts: dict[str, Any] = {
        "name": "x",
        "about": "",
        "executor": "",
        "wall_s": 0.0,
        "trouble": "",
        "facts": {},
    }
    good = {"status": "pass", "checks": 1}
    assert report.Report(**facts, results=[good]).green
    assert not report.Report(**facts, results=[]).green
    assert not report.Report(**facts, results=[good, {"status": "not run"}]).green
    assert not report.Report(**facts, results=[{"status": "pass", "checks": 0}]).green
    assert not report.Report(**facts, results=[good], problems=["a goal"]).green
    assert not report.Report(**facts | {"trouble": "x"}, results=[good]).green


def test_words_of_a_run_are_no_markup(tmp_path):
    odd = "<b>&\x00\x1b]]>\ud800 \N{SNOWMAN}"
    job = Job("x", "t", {"SAY": "<b>&\n\x1b]]>"}, 1, False, "l")
    told = report.Report(
        "l", "about <i>", "here", 1.0, "", [job.result("fail", odd)], {"machine": "<u>"}, ["goal <b>&"]
    )
    (tmp_path / "build" / "report").mkdir(parents=True)
    report.write(told, tmp_path / "build" / "report")
    summary(tmp_path)
    page = (tmp_path / "build" / "report" / "index.html").read_text()
    assert "&lt;b&gt;&amp;\\x00\\x1b]]&gt;\\ud800 \N{SNOWMAN}" in page
    assert not any(tag in page for tag in ("<b>&", "<i>", "<u>"))


def test_networks_are_of_the_tests_that_count_them(tmp_path):
    counts = {"a": {"networks": 3}, "b": {"networks": 4}, "c": {}}
    results = [Job(test, test, {}, 1, False, "l").result("pass", checks=1, **n) for test, n in counts.items()]
    text, page = report.console(told(results), tmp_path), report.html(told(results), tmp_path)
    assert re.search(r"^  a +1 +0 +0 +1 +3 +0 +1$", text, flags=re.M)
    assert re.search(r"^  c +1 +0 +0 +1 +0 +1$", text, flags=re.M)
    assert re.search(r"^  all +3 +0 +0 +3 +7 +0 +3$", text, flags=re.M)
    assert re.search(r"<td>c</td>(\s*<td>[01]</td>){4}\s*<td></td><td>0</td>", page)


@pytest.mark.parametrize(
    ("kept", "said"), [(1, "  1 run failed for the first time: "), (2, "  2 runs failed ")]
)
def test_words_for_new_failures(tmp_path, kept, said):
    assert said in report.console(told([], kept=kept), tmp_path)


def test_a_problem_is_a_case_by_the_name_of_what_it_is_about():
    problems = ["frames of random: 3, want 4", "line coverage 99.0 %, want 100 %: a.sv:1"]
    xml = report.junit(told([], problems=problems)).tostring().decode()
    (suite,) = JUnitXml.fromstring(xml)
    assert [case.name for case in suite] == ["frames of random", "line coverage"]
