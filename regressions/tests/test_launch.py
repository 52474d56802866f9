# SPDX-License-Identifier: Apache-2.0
"""Runs: only the healthy one is green, and each ill one is red with its reason."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from regressions import children, judge, launch, paths
from regressions.paths import ROOT
from regressions.tests.shell import Unread


def go(test, home, seed=1):
    return launch.run(test, seed, "make sim TEST=toy", home=home)


def test_healthy_run_is_green(toy, tmp_path, capsys):
    result = go(toy, tmp_path)
    assert result["status"] == "pass", result
    assert "reason" not in result
    assert result["words"] == ["one two"]
    assert result["cycles_per_frame"] == 20
    assert result["sim_cycles_per_s"] > 0
    out_dir = tmp_path / "toy" / "1"
    assert json.loads((out_dir / "result.json").read_text()) == result
    assert "counted" in capsys.readouterr().out.splitlines()
    assert not (out_dir / "waves.fst").exists()


def test_run_goes_on_when_nobody_reads_what_it_says(toy, tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "stdout", Unread())
    assert go(toy, tmp_path)["status"] == "pass"
    assert json.loads((tmp_path / "toy" / "1" / "result.json").read_text())["status"] == "pass"


@pytest.mark.parametrize(
    ("cls", "reason"),
    [
        ("no_checks", "nothing was checked"),
        ("no_frames", "no frame was run"),
        ("mismatch", "3 mismatches"),
        ("no_outcome", "the test wrote no outcome.json"),
        ("logs_error", "the log is the only witness"),
        ("UvmLogsError", "a component complains"),
        ("fails", "one is not two"),
        ("killed", "killed by SIGKILL"),
        ("breaks", "the counter was told to break"),
        ("Health", "cocotb"),  # half a name selects nothing
    ],
)
def test_ill_run_is_red(ill, tmp_path, cls, reason):
    result = go(ill(cls), tmp_path)
    assert result["status"] == "fail"
    assert reason in result["reason"]
    stored = json.loads((tmp_path / f"toy-{cls}" / "1" / "result.json").read_text())
    assert stored == result


@pytest.mark.parametrize(
    ("results", "reason"),
    [
        ("<testsuites><testcase name='t'><skipped/></testcase></testsuites>", "t: skipped"),
        ("<testsuites><testcase name='t'><error message='e'/></testcase></testsuites>", "t: error: e"),
        (
            "<testsuites><testcase name='t'/><testcase name='u'><failure/></testcase></testsuites>",
            "u: failure",
        ),
        ("<testsuites/>", "cocotb ran no test"),
        ("<testsuites>", "cocotb's results file is not whole"),
        ("<testsuites><testcase name='t'/></testsuites>", ""),
    ],
)
def test_results_file_must_speak_for_the_run(tmp_path, results, reason):
    (tmp_path / "sim.log").write_text("all is well\n")
    (tmp_path / "outcome.json").write_text('{"frames": 1, "checks": 1, "mismatches": 0}')
    (tmp_path / "results.xml").write_text(results)
    verdict = judge.judge(tmp_path, status=0)
    assert verdict.reason.startswith(reason)
    assert bool(verdict.reason) == bool(reason)


@pytest.mark.parametrize(
    ("line", "red"),
    [
        ("%Error: a.sv:1: Assertion failed in toy: no", True),
        ("[10] %Error: a.sv:1: Assertion failed in toy: no", True),
        ("[10] %Fatal: a.sv:1: Assertion failed in toy: no", True),
        ("%Fatal: a.sv:1: Verilog $fatal", True),
        ("%Warning: a.sv:1: Assertion failed in toy: no", False),
    ],
)
def test_line_of_the_simulator_is_red(tmp_path, line, red):
    """Even where all else speaks for the run."""
    (tmp_path / "sim.log").write_text(f"all is well\n{line}\n")
    (tmp_path / "outcome.json").write_text('{"frames": 1, "checks": 1, "mismatches": 0}')
    (tmp_path / "results.xml").write_text("<testsuites><testcase name='t'/></testsuites>")
    assert judge.judge(tmp_path, 0).reason == (line if red else "")


def test_bad_exit_status_is_red(tmp_path):
    (tmp_path / "sim.log").write_text("all is well\n")
    (tmp_path / "outcome.json").write_text('{"frames": 1, "checks": 1, "mismatches": 0}')
    (tmp_path / "results.xml").write_text("<testsuites><testcase name='t'/></testsuites>")
    assert judge.judge(tmp_path, 1).reason == "the simulator exited with status 1"


def test_variables_start_random_by_the_seed(ill, tmp_path):
    test = ill("surroundings")
    first, again, *others = (go(test, tmp_path, seed)["words"] for seed in (1, 1, 2, 3))
    assert first == again
    assert len({tuple(words) for words in (first, *others)}) == 3
    assert [0] not in (first, *others)


def test_variables_of_the_caller_do_not_steer_a_run(ill, tmp_path, monkeypatch):
    for prefix in ("COCOTB_", "GPI_", "PYGPI_", "MAKE", "MFLAGS", "PATH_"):
        monkeypatch.setenv(f"{prefix}OF_THE_USER", "1")
    assert go(ill("surroundings"), tmp_path)["words"][1:] == ["PATH_OF_THE_USER"]


def test_endless_run_is_stopped(ill, tmp_path):
    result = go(ill("hangs", limit_s=3.0), tmp_path)
    assert result["status"] == "fail"
    assert "stopped after 3 s" in result["reason"]
    assert result["wall_s"] < 10


LIMIT = "while True: pass"
# Most of its time is used up, and somebody else ends it.
KILLED = "import os, time\nwhile time.process_time() < 1.9: pass\nos.kill(os.getpid(), {})"


@pytest.mark.parametrize(
    ("program", "ended", "by"),
    [
        (LIMIT, "stopped after 2 s of processor time", None),
        (KILLED.format("9"), "the simulator was killed by SIGKILL", "SIGKILL"),
        (KILLED.format("15"), "the simulator was killed by SIGTERM", "SIGTERM"),
    ],
    ids=["limit", "SIGKILL", "SIGTERM"],
)
def test_the_limit_of_processor_time_is_told_from_a_kill(toy, tmp_path, monkeypatch, program, ended, by):
    """Whether the caller ignores the limit's signal or not."""
    launch.built(toy)
    group = children.group
    command = [sys.executable, "-c", program]
    monkeypatch.setattr(launch.children, "group", lambda _, *rest, **more: group(command, *rest, **more))
    former = signal.signal(signal.SIGXCPU, signal.SIG_IGN)
    try:
        result = launch.run(toy, 1, "", home=tmp_path, cpu_s=2)
    finally:
        signal.signal(signal.SIGXCPU, former)
    assert result["reason"].startswith(ended)
    assert result.get("signal") == by


def test_module_that_cannot_be_imported_is_red(toy, tmp_path):
    result = go(replace(toy, module="regressions.tests.fixtures.absent"), tmp_path)
    assert result["status"] == "fail"
    assert "absent" in result["reason"]


def test_former_outcome_does_not_count(toy, ill, tmp_path):
    assert go(toy, tmp_path)["status"] == "pass"
    run = tmp_path / toy.name / "1"
    former = ("words.json", "results.npy", ".123.result.json")
    for name in (*former, "mine.gtkw"):
        (run / name).write_text("former")
    result = go(replace(ill("no_outcome"), name=toy.name), tmp_path)
    assert not [name for name in former if (run / name).exists()]
    assert (run / "mine.gtkw").exists()
    assert result["status"] == "fail"
    assert result["reason"] == "the test wrote no outcome.json"


@pytest.mark.parametrize("write", [paths.write_json, paths.write_npz])
def test_temporary_file_of_a_killed_run_is_removed_by_the_next(tmp_path, monkeypatch, write):
    monkeypatch.setattr(Path, "replace", lambda *_: os._exit(9))  # as if killed before the last step
    if (child := os.fork()) == 0:
        write(tmp_path / ("result.json" if write is paths.write_json else "inputs.npz"), {})
    os.waitpid(child, 0)
    (left,) = tmp_path.iterdir()
    assert any(left.match(pattern) for pattern in launch.LEFT_BY_A_RUN), left.name


def test_waves_are_written(toy, tmp_path):
    result = launch.run(toy, 1, "make sim", waves=True, home=tmp_path)
    assert result["status"] == "pass", result
    assert (tmp_path / "toy" / "1" / "waves.fst").stat().st_size > 100


def test_interrupted_run_leaves_no_result(toy, tmp_path):
    program = (
        "import sys\n"
        "from dataclasses import replace\n"
        "from pathlib import Path\n"
        "from regressions import launch, registry\n"
        "from regressions.tests.conftest import FIXTURES\n"
        "toy = registry.load(FIXTURES / 'toy.toml')['toy']\n"
        f"launch.run(replace(toy, cls='hangs'), 1, '', home=Path({str(tmp_path)!r}))\n"
    )
    launch.run(toy, 2, "", home=tmp_path)  # the build is there
    run = subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stderr=subprocess.DEVNULL)
    out_dir = tmp_path / "toy" / "1"
    try:
        limit = time.monotonic() + 60  # the test's own limit: a loaded machine may need long to begin
        while not (out_dir / "outcome.json").exists():
            assert run.poll() is None, "the run ended before it was interrupted"
            assert time.monotonic() < limit
            time.sleep(0.05)
        simulator = _child_of(run.pid)
        run.send_signal(signal.SIGINT)
        assert run.wait(timeout=60) != 0
    finally:
        run.kill()
        run.wait()
    assert not (out_dir / "result.json").exists()
    with pytest.raises(ProcessLookupError):
        os.kill(simulator, 0)


def _child_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0])
