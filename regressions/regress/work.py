# SPDX-License-Identifier: Apache-2.0
"""One job in a process of its own: `work` starts it and waits, wherever an executor calls it; `child` is it.

A process that is killed costs its own job only, and that job is tried again. What a job prints goes to
``job.log`` in its folder; its verdict comes back through its standard output.
"""

import dataclasses
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from regressions import children, launch, registry
from regressions.build import FULL, LEAST_FREE
from regressions.paths import ROOT, locked, shown
from regressions.regress.jobs import Job
from regressions.regress.lists import configured

TRIES = 3
MISTAKE, INTERRUPTED = 2, 130  # the exit status of a command line that was called wrongly, or told to stop
KEPT = ("status", "reason", "frames", "checks", "cycles", "wall_s")
_stopping = threading.Event()
_running: set[subprocess.Popen] = set()


def work(job: Job, home: str, tests: str) -> dict:
    """Run ``job`` in the folder ``home/<id>`` and return its result; ``tests`` is the list of tests.

    ``status`` is "pass"; "fail" when the run was judged red, broke, or each of TRIES processes was killed;
    "error" when there is no verdict because of something that every other job will meet too, as a full disk
    or no compiler. Then nothing is left in its folder.
    """
    folder = Path(home) / job.id
    for attempt in range(1, TRIES + 1):
        status, answer, said = _process(job, folder, tests)
        if answer is not None and (answer["status"] == "pass" or not _full(answer["reason"], home)):
            return job.result(**answer, attempts=attempt)
        killed = status < 0 or status == INTERRUPTED
        if not (killed or said.startswith("error: ")) and _full(said, home):
            status, said = 1, f"error: cannot write {shown(folder)}: {FULL}"
        if _stopping.is_set() or (status == 1 and said.startswith("error: ")):
            shutil.rmtree(folder, ignore_errors=True)  # there is no verdict, and the disk may be full
            return job.result("error", said.removeprefix("error: "))
        if not killed:
            reason = said.removeprefix("error: ")
            return job.result("fail", reason, attempts=attempt, refused=status == MISTAKE)
    end = "interrupted" if status > 0 else f"killed by {signal.Signals(-status).name}"
    return job.result("fail", f"its process was {end}, {TRIES} times", attempts=TRIES)


def _full(reason: str, home: str) -> bool:
    """Whether a run was red for want of room; what it says then may itself not have found room."""
    return FULL in reason or shutil.disk_usage(home).free < LEAST_FREE


def _process(job: Job, folder: Path, tests: str) -> tuple[int, dict | None, str]:
    """One try: the status of its process, its result if there is one, and the last that it said."""
    call = {"job": dataclasses.asdict(job), "home": str(folder), "tests": tests}
    try:
        with locked(folder / ".lock") as lock, (folder / "job.log").open("w") as log:
            command = [sys.executable, "-m", "regressions.cli", "job"]
            pipes: dict[str, Any] = {
                "stdin": subprocess.PIPE,
                "stdout": subprocess.PIPE,
                "stderr": log,
                "text": True,
            }
            with children.group(command, lock, cwd=ROOT, **pipes) as process:
                _running.add(process)
                try:
                    if _stopping.is_set():
                        children.kill(process)
                    out, _ = process.communicate(json.dumps(call))
                finally:
                    _running.discard(process)
        lines = (folder / "job.log").read_text(errors="replace").splitlines()
    except OSError as error:
        return 1, None, f"error: cannot write {shown(folder)}: {error.strerror}"
    answer = json.loads(out) if process.returncode == 0 else None
    return process.returncode, answer, lines[-1] if lines else f"status {process.returncode}"


def stop() -> None:
    """End every job that runs in this process, and begin none."""
    _stopping.set()
    for process in tuple(_running):
        children.kill(process)


def resume() -> None:
    """Take jobs again after `stop`."""
    _stopping.clear()


def child() -> None:
    """Run the job that standard input tells; its result is all that reaches standard output."""
    out = os.dup(1)
    os.dup2(2, 1)  # whatever a run prints
    call = json.load(sys.stdin)
    job, home = Job(**call["job"]), Path(call["home"])
    test = configured(job, registry.load(Path(call["tests"])))
    result = launch.run(test, job.seed, job.rerun, coverage=job.coverage, home=home)
    answer = {key: result[key] for key in KEPT if key in result}
    if result["status"] == "pass":
        outcome = json.loads((run_folder(home, job) / "outcome.json").read_text())
        answer |= {key: outcome[key] for key in ("networks",) if key in outcome}
    with os.fdopen(out, "w") as stream:
        json.dump(answer, stream)


def run_folder(home: Path, job: Job) -> Path:
    """Where `launch.run` leaves the run of ``job`` below ``home``."""
    return home / job.test / str(job.seed)
