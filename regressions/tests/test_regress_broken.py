# SPDX-License-Identifier: Apache-2.0
"""Regressions that something breaks half-way. docs/wrong-use.md, Command line."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from regressions import launch
from regressions.build import BuildError
from regressions.paths import ROOT
from regressions.regress import failed, regression
from regressions.tests.shell import LIMIT_S, with_mount
from regressions.tests.toys import jobs, lists, regress, summary

PROGRAM = """
import sys
from pathlib import Path
from regressions.cli import _one_line
from regressions.regress import regression
with _one_line():
    folder = Path({folder!r})
    sys.exit(regression.main("toys", {jobs!r}, {where!r}, folder / "tests.toml", folder / "build"))
"""


@contextlib.contextmanager
def started(
    folder: Path, text: str, jobs: str = "2", where: str = "", inside=()
) -> Iterator[subprocess.Popen]:
    """A regression of the list ``text`` in a process of its own, killed at the end if it still runs."""
    lists(folder, toys=text)
    program = PROGRAM.format(folder=str(folder), jobs=jobs, where=where)
    with _process([*inside, sys.executable, "-c", program], stderr=subprocess.PIPE) as process:
        yield process


@contextlib.contextmanager
def _process(command, **settings) -> Iterator[subprocess.Popen]:
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, **settings)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def wait_for(condition, process: subprocess.Popen | None = None) -> None:
    limit = time.monotonic() + LIMIT_S
    while not condition():
        assert process is None or process.poll() is None, process.communicate()
        assert time.monotonic() < limit
        time.sleep(0.02)


def finished(folder: Path) -> list[Path]:
    return list(folder.glob("build/regress/toys/*/*/*/result.json"))


def job_processes(folder: Path) -> dict[int, str]:
    """Processes of jobs below ``folder`` whose simulation is on its way, with the job's id."""
    found = {}
    for log in folder.glob("build/regress/toys/*/*/*/outcome.json"):
        if (log.parent / "result.json").exists():
            continue
        for process in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                lock = log.parents[2] / ".lock"
                ours = b"regressions.cli\0job" in (process / "cmdline").read_bytes()
                if ours and any(link.resolve() == lock for link in (process / "fd").iterdir()):
                    found[int(process.name)] = log.parents[2].name
    return found


@pytest.fixture(scope="module", autouse=True)
def simulator(toy):
    """The toy's simulator is there, so that a time limit is for runs alone."""
    launch.built(toy)


def test_killed_process_of_a_job_is_tried_again(tmp_path):
    with started(tmp_path, jobs("naps\nseeds = '1..3'")) as process:
        wait_for(lambda: job_processes(tmp_path), process)
        pid, id = next(iter(job_processes(tmp_path).items()))
        os.kill(pid, signal.SIGKILL)
        assert process.wait(LIMIT_S) == 0
    told = summary(tmp_path)
    assert told["green"]
    assert {r["id"]: r["attempts"] for r in told["results"]} == {f"naps-{n}": 1 for n in range(1, 4)} | {
        id: 2
    }
    assert told["totals"]["naps"]["frames"] == 3


def test_process_that_is_killed_again_and_again_costs_its_own_job_only(tmp_path):
    with started(tmp_path, jobs("hangs", "toy\nseeds = '1..3'")) as process:
        for _ in range(3):
            wait_for(lambda: "hangs-1" in job_processes(tmp_path).values(), process)
            (pid,) = (pid for pid, id in job_processes(tmp_path).items() if id == "hangs-1")
            os.kill(pid, signal.SIGKILL)
            wait_for(lambda pid=pid: not Path(f"/proc/{pid}").exists())
        assert process.wait(LIMIT_S) == 1
    told = summary(tmp_path)
    assert [r["status"] for r in told["results"]] == ["fail", "pass", "pass", "pass"]
    assert told["results"][0]["reason"] == "its process was killed by SIGKILL, 3 times"


def test_interrupted_regression_reports_what_was_earned(tmp_path):
    with started(tmp_path, jobs("toy\nseeds = '1..2'", "hangs\nseeds = '1..9'")) as process:
        wait_for(lambda: len(finished(tmp_path)) == 2 and len(job_processes(tmp_path)) == 2, process)
        pids = list(job_processes(tmp_path))
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 130  # a job that went on would take its minute
        assert process.stderr.read() == "error: interrupted; 2 of 11 jobs are in the report\n"
    wait_for(lambda: not any(Path(f"/proc/{pid}").exists() for pid in pids))
    told = summary(tmp_path)
    assert not told["green"]
    assert [r["status"] for r in told["results"]] == 2 * ["pass"] + 9 * ["not run"]
    assert not failed.load(tmp_path)


def test_full_disk_keeps_what_was_earned(tmp_path):
    (tmp_path / "build").mkdir()
    script = '"$@"; status=$?; cd "$0"; cp -r build/report kept; ls build/regress/toys > ids; exit $status'
    inside = [*with_mount(str(tmp_path / "build"), "size=450k"), "sh", "-c", script, str(tmp_path)]
    with started(tmp_path, jobs("toy\nseeds = '1..20'"), inside=inside) as process:
        assert process.wait(LIMIT_S) == 1
        error = process.stderr.read()
        assert re.fullmatch(
            rf"error: toy-\d+: cannot write {tmp_path}/build/regress/toys/toy-\S+: No space left on device; "
            r"\d+ of 20 jobs are in the report\n",
            error,
        ), error
    (tmp_path / "build").rmdir()
    (tmp_path / "build").mkdir()
    (tmp_path / "kept").rename(tmp_path / "build" / "report")
    told = summary(tmp_path)
    ends = {r["id"]: r["status"] for r in told["results"]}
    assert 2 <= sum(end == "pass" for end in ends.values()) < 20
    assert set(ends.values()) == {"pass", "not run"}
    assert set((tmp_path / "ids").read_text().split()) >= {id for id, end in ends.items() if end == "pass"}
    assert not failed.load(tmp_path)


def test_disk_without_room_for_the_report_costs_no_run(tmp_path):
    (tmp_path / "build").mkdir()
    with started(tmp_path, jobs("toy"), inside=with_mount(str(tmp_path / "build"), "size=100k")) as process:
        assert process.wait(LIMIT_S) == 1
        error = process.stderr.read()
        assert re.fullmatch(rf"error: cannot write {tmp_path}/build/\S+: No space left on device\n", error)


@pytest.mark.parametrize("interrupted", [False, True])
def test_report_that_nobody_reads_is_whole(tmp_path, interrupted):
    """`make regress | head -1`."""
    with started(tmp_path, jobs("fails", "toy", *["hangs"] * interrupted)) as process:
        assert process.stdout.readline().startswith("toys: ")
        process.stdout.close()
        if interrupted:
            wait_for(lambda: len(finished(tmp_path)) == 2 and job_processes(tmp_path), process)
            process.send_signal(signal.SIGINT)
        assert process.wait(LIMIT_S) == 1
        *_, trouble, lost = process.stderr.read().splitlines()
    assert lost == "error: cannot write to standard output: Broken pipe"
    assert (trouble == "error: interrupted; 2 of 3 jobs are in the report") is interrupted
    assert [result["status"] for result in summary(tmp_path)["results"][:2]] == ["fail", "pass"]


def test_job_that_was_called_wrongly_is_no_failed_seed(tmp_path):
    """Its file went after the list was checked."""
    folder = tmp_path / "lists"
    folder.mkdir()
    (tmp_path / "word").write_text("")
    tests = lists(folder, toys=jobs(f"toy\nsettings = {{ SAY = '{tmp_path}/word' }}"))
    prepare = 'prepare = "regressions.tests.toys:prepare"'
    tests.write_text(tests.read_text().replace("[tests.toy]", f"[tests.toy]\n{prepare}"))
    assert regression.main("toys", tests_file=tests, home=folder / "build") == 1
    (result,) = summary(folder)["results"]
    assert (result["status"], result["reason"]) == ("fail", f"SAY={tmp_path}/word: no such file")
    assert not failed.load(folder)


def test_second_regression_waits_for_the_first(tmp_path):
    with started(tmp_path, jobs("naps")) as first:
        wait_for((tmp_path / "build/report").exists, first)
        with started(tmp_path, jobs("naps")) as second:
            assert second.stdout.readline() == "waiting for another regression\n"
            assert (first.wait(LIMIT_S), second.wait(LIMIT_S)) == (0, 0)


# ---- Dask ------------------------------------------------------------------------------------------------
@pytest.fixture
def cluster(tmp_path):
    """A scheduler on loopback, and a function that starts a worker which runs two jobs at once."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with contextlib.ExitStack() as stack:

        def dask(kind: str, *args: object) -> subprocess.Popen:
            command = [sys.executable, "-m", "distributed.cli.dask_" + kind, *map(str, args)]
            return stack.enter_context(_process(command, stderr=subprocess.DEVNULL))

        scheduler = dask("scheduler", "--host", "127.0.0.1", "--port", port, "--no-dashboard")
        wait_for(lambda: socket.socket().connect_ex(("127.0.0.1", port)) == 0, scheduler)

        def worker() -> subprocess.Popen:
            options = ("--no-nanny", "--nthreads", 2, "--no-dashboard", "--local-directory", tmp_path)
            return dask("worker", f"tcp://127.0.0.1:{port}", *options)

        yield f"dask://127.0.0.1:{port}", scheduler, worker


def test_dask_worker_that_is_killed_costs_nothing(cluster, tmp_path):
    where, _, worker = cluster
    workers = [worker(), worker()]
    with started(tmp_path, jobs("naps\nseeds = '1..7'"), "", where) as process:
        wait_for(lambda: len(finished(tmp_path)) >= 2 and len(job_processes(tmp_path)) >= 3, process)
        before = {path: path.stat().st_mtime_ns for path in finished(tmp_path)}
        workers[0].kill()
        assert process.wait(LIMIT_S) == 0, process.communicate()
    told = summary(tmp_path)
    assert told["green"]
    assert told["executor"] == where
    assert [r["id"] for r in told["results"]] == [f"naps-{n}" for n in range(1, 8)]
    assert told["totals"]["naps"]["frames"] == 7
    assert len(before) < 7


def test_dask_scheduler_that_goes_leaves_a_report(cluster, tmp_path):
    where, scheduler, worker = cluster
    worker()
    with started(tmp_path, jobs("toy\nseeds = '1..2'", "hangs\nseeds = '1..4'"), "", where) as process:
        wait_for(lambda: len(finished(tmp_path)) == 2 and len(job_processes(tmp_path)) == 2, process)
        time.sleep(1)  # the results are on their way to us
        scheduler.kill()
        assert process.wait(LIMIT_S) == 1
        error = process.stderr.read()
    assert re.fullmatch(
        r"error: (EXECUTOR=\S+: )?the Dask scheduler is gone.*; 2 of 6 jobs are in the report\n", error
    ), error
    assert sum(r["status"] == "pass" for r in summary(tmp_path)["results"]) == 2


def test_dask_that_is_not_there_costs_no_earlier_report(tmp_path, monkeypatch):
    regress(tmp_path, jobs("toy"))
    monkeypatch.setattr("regressions.regress.executors.CONNECT_S", 1)
    said = "EXECUTOR=dask://127.0.0.1:1: no Dask scheduler answers there, want one within 1 s"
    with pytest.raises(BuildError, match=said):
        regress(tmp_path, jobs("toy"), where="dask://127.0.0.1:1")
    assert summary(tmp_path)["green"]
    assert len(finished(tmp_path)) == 1


def test_dask_without_workers(cluster, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("regressions.regress.executors.WORKER_S", 1)
    status, _ = regress(tmp_path, jobs("toy"), where=cluster[0])
    assert status == 1
    assert (
        "the Dask cluster has had no worker for 1 s; 0 of 1 jobs are in the report\n"
        in capsys.readouterr().err
    )
