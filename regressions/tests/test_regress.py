# SPDX-License-Identifier: Apache-2.0
"""A regression from its list to its report and back to the failed runs."""

import json
from typing import Any

import pytest

from regressions.build import BuildError
from regressions.registry import RegistryError
from regressions.regress import failed, regression, report, rerun
from regressions.regress.jobs import Job, signature
from regressions.tests.toys import jobs, lists, regress, summary


def test_green_list(tmp_path, capsys):
    status, told = regress(
        tmp_path, jobs("toy\nseeds = '1..3'", "toy\nid = 'long'\nsettings = { LIMIT = 32 }")
    )
    assert status == 0
    assert told["green"]
    assert [result["id"] for result in told["results"]] == ["toy-1", "toy-2", "toy-3", "long-1"]
    assert told["totals"]["toy"] | {"wall_s": 0} == {
        "jobs": 4, "failed": 0, "seeds": 3, "networks": 0, "frames": 4, "checks": 4, "cycles": 80,
        "wall_s": 0,
    }  # fmt: skip
    assert {"date", "machine", "revision", "python", "verilator", "cocotb"} <= set(told["facts"])
    for result in told["results"]:
        run = tmp_path / "build" / "regress" / "toys" / result["id"] / "toy" / str(result["seed"])
        assert json.loads((run / "result.json").read_text())["status"] == "pass"
    out = capsys.readouterr().out
    assert "toys: 4 jobs, 2 simulators" in out
    assert "PASS  toys  4 of 4 jobs run, 0 failed" in out
    assert "counted" not in out  # what a run says is in its log
    assert not failed.load(tmp_path)
    with pytest.raises(RegistryError, match="no failure in it"):
        rerun.main(tmp_path / "tests.toml", tmp_path / "build")


def test_red_list_and_its_reruns(tmp_path, capsys):
    text = jobs("fails\nseeds = '1..2'", "breaks", "killed", "no_checks", "toy\nsettings = { SAY = 'a b' }")
    status, told = regress(tmp_path, text)
    assert status == 1
    ends = {result["id"]: result["status"] for result in told["results"]}
    assert [id for id, end in ends.items() if end == "pass"] == ["toy-1"]
    assert set(ends.values()) == {"pass", "fail"}
    out = capsys.readouterr().out
    assert out.count("rerun: make sim TEST=fails ") == 1  # one line for each signature
    assert out.count("rerun: ") == 4
    assert "  2 failed, as fails-" in out
    page = (tmp_path / "build" / "report" / "index.html").read_text()
    assert page.count("data-signature") == 4
    assert 'href="../regress/toys/fails-2/fails/2/"' in page
    assert [(job.test, job.seed) for job in failed.load(tmp_path)] == [
        ("fails", 1), ("fails", 2), ("breaks", 1), ("killed", 1), ("no_checks", 1),
    ]  # fmt: skip
    assert regression.main("toys", tests_file=tmp_path / "tests.toml", home=tmp_path / "build") == 1
    assert len(failed.load(tmp_path)) == 5
    capsys.readouterr()

    assert rerun.main(tmp_path / "tests.toml", tmp_path / "build") == 1
    out = capsys.readouterr().out
    for test in ("breaks", "killed", "no_checks"):
        assert f"  waves    make waves TEST={test} SEED=1\n" in out
        assert (tmp_path / "build" / test / "1" / "waves.fst").exists()
    assert out.count("make waves TEST=fails SEED=") == 1


def test_repeated_failure_that_passes_now(tmp_path, capsys):
    regress(tmp_path, jobs("fails"))
    (tmp_path / "tests.toml").write_text(
        (tmp_path / "tests.toml").read_text().replace('"fails"', '"Healthy"')
    )
    assert rerun.main(tmp_path / "tests.toml", tmp_path / "build") == 0
    assert "PASS  fails" in capsys.readouterr().out


def test_failures_of_one_test_and_seed_do_not_take_each_other_s_place(tmp_path, capsys):
    regress(tmp_path, jobs("fails", "toy"))
    path = tmp_path / "build" / "report" / "summary.json"
    told = json.loads(path.read_text())
    (red,) = (result for result in told["results"] if result["status"] == "fail")
    told["results"].append(red | {"id": "other", "signature": "another", "settings": {"SAY": "x"}})
    path.write_text(json.dumps(told))
    rerun.main(tmp_path / "tests.toml", tmp_path / "build")
    out = capsys.readouterr().out
    assert out.count("FAIL  fails  seed 1") == 1
    assert "left out, as " in out
    assert "later: make sim TEST=fails SEED=1 WAVES=1" in out


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "there is no report"),
        ("{", "not a report"),
        ("[]", "not a report"),
        ('{"results": []}', "no failure"),
    ],
)
def test_rerun_without_a_failure(tmp_path, text, said):
    if text is not None:
        (tmp_path / "report").mkdir()
        (tmp_path / "report" / "summary.json").write_text(text)
    with pytest.raises(RegistryError, match=said):
        rerun.main(lists(tmp_path), tmp_path)


def test_earlier_report_does_not_pass_for_a_later_one(tmp_path):
    regress(tmp_path, jobs("toy"))
    tests = tmp_path / "tests.toml"
    tests.write_text(tests.read_text().replace("toy.sv", "absent.sv"))
    with pytest.raises(BuildError, match="no source file "):
        regression.main("toys", tests_file=tests, home=tmp_path / "build")
    assert not (tmp_path / "build" / "report" / "summary.json").exists()


@pytest.mark.parametrize("file", ["coverage.dat", "functional.xml"])
def test_corrupt_coverage_is_red_and_named(tmp_path, monkeypatch, file):
    def gather(run, *_):
        _gather(run, *_)
        (tmp_path / "build/regress/toys/toy-1/toy/1" / file).write_text("<cut")

    _gather = regression._Run.gather
    monkeypatch.setattr(regression._Run, "gather", gather)
    status, told = regress(tmp_path, jobs("toy"))
    assert status == 1
    assert [result["status"] for result in told["results"]] == ["pass"]
    assert file in told["problems"][0]


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


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("utterance 1, frame 12: membrane DUT -3239, model -3240; cycle 1,921",
         "utterance 3, frame 2: membrane DUT 7, model 15; cycle 88", True),
        ("last event row 19 +2^4 set 1", "last event row 3 -2^0 set 0", True),
        ("/a/clone/build/random/1/sim.log: gone", "/x-y/random/12/sim.log: gone", True),
        ("stopped after 3 s; last line: 120.00ns INFO", "stopped after 3.5 s; last line: 9ns INFO", True),
        ("[120] %Error: mur_fire.sv:31: Assertion", "[7] %Error: mur_fire.sv:31: Assertion", True),
        ("register 0x1F", "register 0x2", True),
        ("layer h1: spike", "layer h2: spike", False),
        ("membrane", "spike", False),
    ],
)  # fmt: skip
def test_signature_has_what_two_runs_of_a_bug_share(one, other, same):
    assert (signature(one) == signature(other)) is same


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
