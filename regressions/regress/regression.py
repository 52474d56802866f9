# SPDX-License-Identifier: Apache-2.0
"""`make regress`: check, build, run, gather, report.

    build/regress/LIST/ID/    a job: the folder of its run, TEST/SEED/, as `make sim` makes it, and job.log
    build/report/             what `report` makes of all

What was earned is reported whatever ends the list: a full disk, Ctrl-C, the loss of every worker.
"""

import concurrent.futures
import contextlib
import errno
import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, CancelledError, Executor, Future
from pathlib import Path

import click
from tqdm import tqdm
from tqdm.contrib import DummyTqdmFile

from models.text import one_line
from regressions import launch, registry
from regressions.paths import BUILD, locked, named
from regressions.regress import coverage, executors, failed, lists, report
from regressions.regress.facts import facts
from regressions.regress.jobs import Job
from regressions.regress.work import run_folder, work

LOOK_S = 0.5  # how often to look whether anybody is left who runs jobs
INTERRUPTED = "interrupted"


def main(
    name: str, jobs: str = "", where: str = "", tests_file: Path = registry.TESTS, home: Path = BUILD
) -> int:
    """Run the list ``name`` that lies beside ``tests_file``: 0 green, 1 red or ended early, 130 interrupted.

    ``jobs`` and ``where`` are the texts of JOBS and EXECUTOR. Raises RegistryError before anything runs,
    BuildError or ToolchainError when there is nothing to run, OSError when the report cannot be written.
    """
    tests = registry.load(tests_file)
    chosen = lists.load(name, tests_file.parent, tests)
    at_once = executors.check(jobs, where)
    coverage.ready()
    folder, out = home / "regress" / name, home / "report"
    with (
        locked(home / "regress" / ".lock", "waiting for another regression"),
        contextlib.ExitStack() as workers,
    ):
        # Before the earlier report goes: there may be nobody who runs jobs.
        executor, slots = workers.enter_context(executors.executor(at_once, where))
        _empty(folder)
        _empty(out)  # an earlier report must not pass for this one's
        with named(out):
            report.reserve(out, len(chosen.jobs))
        print(f"{name}: {len(chosen.jobs)} jobs, {_built(chosen.jobs, tests)}", flush=True)
        run = _Run(chosen.jobs, folder, tests_file)
        start = time.monotonic()
        try:
            with workers.pop_all():
                run.gather(executor, slots)
        except executors.Lost as lost:
            run.trouble = str(lost)
        except KeyboardInterrupt:
            run.trouble = INTERRUPTED
        told = report.Report(
            name=name,
            about=chosen.about,
            executor=where or f"{at_once} local processes",
            wall_s=round(time.monotonic() - start, 1),
            trouble=one_line(run.trouble),
            results=run.answers(),
            facts=facts(),
        )
        report.release(out)
        try:
            told.kept = failed.keep(tests_file.parent, run.failures())
        except (registry.RegistryError, OSError) as error:  # the report must not go with it
            told.problems.append(one_line(f"{failed.FILE}: the seeds that failed are not kept: {error}"))
        if not run.trouble:  # half of the runs reach no goal
            told.problems += map(one_line, run.lacking(tests))
            missed, told.coverage = coverage.merge(name, list(run.folders()), chosen.goals, out)
            told.problems += map(one_line, missed)
            told.problems += told.short(chosen.frames)
        with named(out):
            report.write(told, out)
        try:
            print(report.console(told, out), flush=True)
        finally:  # even if nobody reads any more
            if run.trouble:
                click.echo(
                    f"error: {told.trouble}; {len(run.results)} of {len(run.jobs)} jobs are in the report",
                    err=True,
                )
    return 130 if run.trouble == INTERRUPTED else 0 if told.green else 1


def _empty(folder: Path) -> Path:
    if folder.is_symlink():
        raise OSError(errno.ENOTDIR, "a symbolic link, want a folder of its own", str(folder))
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    return folder


def _built(jobs: Sequence[Job], tests: dict[str, registry.Test]) -> str:
    """Build every simulator that ``jobs`` need, each once; how many in words."""
    designs = {}
    for job in jobs:
        test = lists.configured(job, tests)
        designs[repr((test.build, job.coverage))] = test, job.coverage
    start, fresh = time.monotonic(), 0
    with (
        contextlib.redirect_stdout(DummyTqdmFile(sys.stdout)),
        tqdm(designs.values(), "builds", unit="build", disable=None, leave=False) as bar,
    ):
        for test, counts in bar:
            fresh += launch.built(test, coverage=counts).fresh
    took = f", {fresh} of them made in {time.monotonic() - start:.0f} s" if fresh else ""
    return f"{len(designs)} simulators{took}"


class _Run:
    """The jobs of a list on their way: what came back, and what ended it before its time."""

    def __init__(self, jobs: Sequence[Job], folder: Path, tests_file: Path) -> None:
        self.jobs = {job.id: job for job in jobs}
        self.home = folder
        self.call = str(folder), str(tests_file)
        self.results: dict[str, dict] = {}
        self.trouble = ""

    def gather(self, executor: Executor, slots: executors.Slots) -> None:
        """Send every job and take what comes back, until all did or nothing more can. Raises Lost."""
        futures = {executor.submit(work, job, *self.call): job for job in self.jobs.values()}
        waiting = set(futures)
        red = 0
        with tqdm(total=len(futures), unit="job", disable=None, smoothing=0) as bar:
            while waiting:
                bar.set_postfix(failed=red, running=min(slots(), len(waiting)))
                done, waiting = concurrent.futures.wait(waiting, LOOK_S, FIRST_COMPLETED)
                for future in done:
                    result = self._result(futures[future], future)
                    if result["status"] == "error":
                        self.trouble = f"{result['id']}: {result['reason']}"
                        return
                    if result["status"] == "fail":
                        red += 1
                        # Where the bar is: the list runs on when nobody reads standard output any more.
                        bar.write(f"FAIL  {result['id']}  {result['reason']}", sys.stderr)
                    self.results[result["id"]] = result
                    bar.update()

    def _result(self, job: Job, future: Future) -> dict:
        try:
            return future.result()
        except CancelledError:
            raise executors.Lost("the Dask scheduler is gone, or has cancelled the jobs") from None
        except Exception as error:  # the executor's own, as of a job that killed every worker it was given to
            return job.result("fail", f"{type(error).__name__}: {error}")

    def answers(self) -> list[dict]:
        """A result for every job, in the order of the list."""
        return [self.results.get(id, job.result("not run")) for id, job in self.jobs.items()]

    def folders(self) -> Iterator[Path]:
        """Where each job ran, in the order of the list."""
        for job in self.jobs.values():
            yield run_folder(self.home / job.id, job)

    def lacking(self, tests: dict[str, registry.Test]) -> list[str]:
        """A line for each file of coverage that a job which passed did not leave."""
        pairs = zip(self.jobs.values(), self.folders(), strict=True)
        return [
            line
            for job, folder in pairs
            if self.results[job.id]["status"] == "pass"
            for line in coverage.lacking(job, lists.configured(job, tests), folder)
        ]

    def failures(self) -> list[tuple[Job, str]]:
        """Every job that ran and was red, with its signature, in the order of the list."""
        reds = (r for r in self.answers() if r["status"] == "fail" and not r.get("refused"))
        return [(self.jobs[result["id"]], result["signature"]) for result in reds]
