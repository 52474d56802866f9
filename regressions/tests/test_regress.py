# SPDX-License-Identifier: Apache-2.0
"""A regression from its list to its report and back to the failed runs."""

import json
import re

import pytest

from regressions import registry
from regressions.build import BuildError
from regressions.codecov import waivers
from regressions.funccov import plan
from regressions.registry import RegistryError
from regressions.regress import coverage, failed, regression, rerun
from regressions.regress.jobs import Job, signature
from regressions.tests.toys import jobs, lists, regress, summary
from tb.coverage.bins import Database
from tb.coverage.groups import GROUPS


def test_green_list(tmp_path, capsys):
    status, told = regress(
        tmp_path, jobs("toy\nseeds = '1..3'", "toy\nid = 'long'\nsettings = { LIMIT = 32 }")
    )
    assert status == 0
    assert told["green"]
    assert [result["id"] for result in told["results"]] == ["toy-1", "toy-2", "toy-3", "long-1"]
    assert told["totals"]["toy"] | {"wall_s": 0} == {
        "jobs": 4, "failed": 0, "not_run": 0, "seeds": 3, "networks": None, "frames": 4, "checks": 4,
        "cycles": 80, "wall_s": 0,
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


def test_list_with_too_few_frames_is_red(tmp_path, capsys):
    runs = jobs("toy\nseeds = '1..3'")
    assert regress(tmp_path, "frames = { toy = 3 }\n" + runs)[0] == 0
    status, told = regress(tmp_path, "frames = { toy = 4, naps = 1 }\n" + runs)
    assert status == 1
    assert not told["green"]
    assert told["problems"] == ["frames of toy: 3, want 4", "frames of naps: 0, want 1"]
    assert "frames of toy: 3, want 4" in capsys.readouterr().out


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


RED = {
    "id": "toy-1", "test": "toy", "settings": {}, "seed": 1, "coverage": True, "status": "fail",
    "reason": "r", "signature": "s",
}  # fmt: skip


def told(results) -> str:
    """A summary of these results."""
    return json.dumps({"list": "toys", "trouble": "", "results": results})


def test_rerun_of_a_run_that_counted_counts(tmp_path, monkeypatch, capsys):
    calls = []

    def run(test, seed, line, **settings):
        calls.append((line, settings["waves"], settings["coverage"]))
        return {"test": test.name, "seed": seed, "status": "pass", "wall_s": 1.0, "rerun": line}

    monkeypatch.setattr(rerun.launch, "run", run)
    (tmp_path / "report").mkdir()
    (tmp_path / "report" / "summary.json").write_text(told([RED]))
    assert rerun.main(lists(tmp_path), tmp_path) == 0
    assert calls == [("make sim TEST=toy SEED=1 WAVES=1 COVERAGE=1", True, True)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "there is no report"),
        ("", "not JSON: "),
        ("{", "not JSON: "),
        (b"\xff", "not JSON: "),
        ("[]", "want a table"),
        ("{}", "list is missing"),
        (told(3), "results = 3: want a list"),
        (told([3]), "results 1 = 3: want a table"),
        (told([RED | {"settings": 3}]), "results 1: settings = 3: want a table"),
        (told([RED | {"seed": "../../x"}]), "results 1: seed = '../../x': want a whole number"),
        (told([RED | {"seed": -1}]), "results 1: seed = -1: want a whole number"),
        (told([RED | {"status": "red"}]), "results 1: status = 'red': want one of pass, fail, not run"),
        (told([{k: v for k, v in RED.items() if k != "signature"}]), "toy-1: signature is missing"),
        (told([RED | {"test": "../toy"}]), "TEST=../toy: no such test"),
        (told([]), "no failure"),
    ],
)
def test_rerun_without_a_failure(tmp_path, text, said):
    if text is not None:
        (tmp_path / "report").mkdir()
        data = text if isinstance(text, bytes) else text.encode()
        (tmp_path / "report" / "summary.json").write_bytes(data)
    with pytest.raises(RegistryError, match=re.escape(said)):
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


# ---- what must not be green, and what must not be lost -----------------------------------------------------
def test_a_goal_of_a_list_that_is_missed_is_red(tmp_path):
    status, told = regress(tmp_path, "goals = { line = 100 }\n" + jobs("toy"))
    assert status == 1
    assert "line coverage: no points at all, want 100 %" in told["problems"]


def test_empty_bins_of_a_tier_are_red(tmp_path):
    database = Database(GROUPS)
    database.write(tmp_path / "functional.xml")
    for folders in ([tmp_path], []):
        (tmp_path / "out").mkdir(exist_ok=True)
        problems, figures = coverage.merge("full", folders, {}, tmp_path / "out")
        assert figures == {"functional": "0.0 %"}
        assert len(problems) == len(GROUPS)
        assert all(line.startswith("functional coverage of ") for line in problems)
    assert coverage.merge("toys", [tmp_path], {}, tmp_path / "out")[0] == []


def test_a_run_that_left_no_coverage_is_red_and_named(tmp_path, monkeypatch):
    monkeypatch.setattr(coverage.waves, "TOP", "toy")  # of the builds that count functional coverage
    status, told = regress(tmp_path, jobs("toy"))
    assert (status, told["problems"]) == (1, ["toy-1: passed but left no functional.xml"])


@pytest.mark.parametrize(
    ("name", "counts", "owed"),
    [
        ("smoke", False, ["functional.xml"]),
        ("pins", False, []),
        ("smoke", True, ["functional.xml", "coverage.dat"]),
        ("pins", True, ["coverage.dat"]),
    ],
)
def test_what_a_run_has_to_leave(tmp_path, name, counts, owed):
    call = Job("x", name, {}, 1, counts, "l"), registry.load()[name], tmp_path
    assert coverage.lacking(*call) == [f"x: passed but left no {file}" for file in owed]
    for file in owed:
        (tmp_path / file).write_text("")
    assert coverage.lacking(*call) == []


def test_what_breaks_in_the_executor_is_red(tmp_path, monkeypatch):
    def breaks(*_):
        raise ValueError("a worker broke")

    monkeypatch.setattr(regression, "work", breaks)
    status, told = regress(tmp_path, jobs("toy"))
    assert status == 1
    assert [(r["status"], r["reason"]) for r in told["results"]] == [("fail", "ValueError: a worker broke")]


def test_failed_seeds_that_cannot_be_kept_cost_no_report(tmp_path):
    (tmp_path / f".{failed.FILE}").mkdir()  # the place where the new text is written
    status, told = regress(tmp_path, jobs("fails"))
    assert status == 1
    assert [result["status"] for result in told["results"]] == ["fail"]
    assert told["problems"][0].startswith("failed_seeds.toml: the seeds that failed are not kept: ")


@pytest.mark.parametrize(("load", "text"), [(plan.load, "[features]\nx = 3"), (waivers.load, "waiver = 3")])
def test_broken_plan_or_waivers_cost_no_run(tmp_path, monkeypatch, load, text):
    regress(tmp_path, jobs("toy"))
    (tmp_path / "broken").write_text(text)
    monkeypatch.setattr(load, "__defaults__", (tmp_path / "broken",))
    monkeypatch.setattr(regression, "_built", lambda *_: pytest.fail("built"))
    with pytest.raises(RegistryError, match=r"broken: .* = 3: want a "):
        regression.main("toys", tests_file=tmp_path / "tests.toml", home=tmp_path / "build")
    assert summary(tmp_path)["green"]


def test_report_folder_that_is_a_link(tmp_path):
    (tmp_path / "build").mkdir()
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "mine").write_text("")
    (tmp_path / "build" / "report").symlink_to(tmp_path / "other")
    with pytest.raises(OSError, match="a symbolic link, want a folder of its own"):
        regress(tmp_path, jobs("toy"))
    assert (tmp_path / "other" / "mine").exists()


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("utterance 1, frame 12: membrane DUT -3239, model -3240; cycle 1,921",
         "utterance 3, frame 2: membrane DUT 7, model 15; cycle 88", True),
        ("last event row 19 +2^4 set 1", "last event row 3 -2^0 set 0", True),
        ("/a/clone/build/random/1/sim.log: gone", "/x-y/random/12/sim.log: gone", True),
        ("stopped after 3 s; last line: 120.00ns INFO", "stopped after 3.5 s; last line: 9ns INFO", True),
        ("[120] %Error: mur_fire.sv:31: Assertion", "[7] %Error: mur_fire.sv:31: Assertion", True),
        ("the simulator was killed by SIGKILL; last line: here", "the simulator was killed by SIGKILL; "
         "last line: there", True),
        ("register 0x1F", "register 0x2", True),
        ("layer h1: spike", "layer h2: spike", False),
        ("membrane", "spike", False),
    ],
)  # fmt: skip
def test_signature_has_what_two_runs_of_a_bug_share(one, other, same):
    assert (signature(one) == signature(other)) is same
