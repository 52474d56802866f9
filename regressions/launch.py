# SPDX-License-Identifier: Apache-2.0
"""Run one test in one simulator process and judge it.

One test a process, because an ``$error`` under Verilator ends the process and every later test with it.

A test may name a function ``prepare(params, seed)``. It is called here, before anything is built or
written: it raises RegistryError for settings that nothing can be made of, and returns arrays, which the
simulation finds (``Job.inputs``).

The test finds its job in the JSON file named by ``MUR_JOB`` and leaves ``outcome.json`` in the job's
``out_dir``. What it prints with ``mur> `` in front reaches the terminal at once; all goes to ``sim.log``.
"""

import contextlib
import errno
import importlib
import os
import re
import shlex
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cocotb_tools.config
import find_libpython

from regressions import children, judge
from regressions import waves as save_file
from regressions.build import BuiltSim, build
from regressions.paths import BUILD, ROOT, locked, named, shown, write_json, write_npz
from regressions.registry import Test
from regressions.toolchain import ToolchainError
from tb.seeds import derive

SHOW = "mur> "
# What a run and its test leave; a user's own files beside them, as another save file of GTKWave, stay.
LEFT_BY_A_RUN = ("waves.gtkw", "*.json", "*.xml", "*.log", "*.fst", "*.npz", "*.npy", "coverage.dat")


@dataclass(frozen=True)
class _End:
    """How the simulator's process ended: its status (negative: the signal) and the limit that stopped it."""

    status: int
    limit: str
    wall_s: float


def run(
    test: Test,
    seed: int,
    rerun: str,
    waves: bool = False,
    coverage: bool = False,
    home: Path = BUILD,
    plusargs: Sequence[str] = (),
    cpu_s: int | None = None,
) -> dict:
    """Build what ``test`` needs, run it with ``seed``, and return its result.

    The result is also ``result.json`` in ``home/<test>/<seed>/``. ``rerun`` is the command line that
    repeats this run. ``plusargs`` go to the simulator, which the kernel ends after ``cpu_s`` seconds of
    processor time. Raises RegistryError when its settings are refused, BuildError or ToolchainError when
    there is nothing to run, OSError naming the place when the run's folder cannot be used or was removed
    meanwhile; KeyboardInterrupt passes through after the simulator has been stopped, and then no result is
    left.
    """
    out_dir = home / test.name / str(seed)
    if out_dir.is_symlink():  # what is emptied below would be a folder that nobody named
        raise OSError(errno.ENOTDIR, "a symbolic link, want a folder of its own", str(out_dir))
    inputs = prepared(test, seed)
    design = test.build
    sim = built(test, waves, coverage)
    out_dir.mkdir(parents=True, exist_ok=True)
    with (
        named(out_dir),
        locked(out_dir / ".lock", f"waiting for another run in {shown(out_dir)}") as lock,
    ):
        for pattern in LEFT_BY_A_RUN:
            for path in out_dir.glob(pattern):
                path.unlink()
        job = {
            "test": test.name,
            "seed": seed,
            "params": dict(test.params),
            "build_params": dict(design.params),
            "out_dir": str(out_dir),
            "waves": waves,
            "limit_s": test.limit_s,
            "rerun": rerun,
        }
        if inputs:
            write_npz(out_dir / "inputs.npz", inputs)
        write_json(out_dir / "job.json", job)
        end = _simulate(test, seed, sim, out_dir, lock, plusargs, cpu_s)
        if os.fstat(lock).st_nlink == 0:  # and what is there now is another run's
            raise FileNotFoundError(errno.ENOENT, "removed", str(out_dir))
        verdict = judge.judge(out_dir, end.status, end.limit)
        result = judge.result(test.name, seed, verdict, end.wall_s, rerun)
        write_json(out_dir / "result.json", result)
        if sim.waves and design.top == save_file.TOP:
            # A simulator that was killed leaves half a wave file, which nothing can show.
            with contextlib.suppress(ValueError):
                save_file.write_save(out_dir)
    return result


def built(test: Test, waves: bool = False, coverage: bool = False) -> BuiltSim:
    """Return the simulator that ``test`` runs on, built if it is not there. Raises as ``run`` does."""
    design = test.build
    return build(
        design.top,
        design.sources,
        design.params,
        dpi_sources=design.dpi_sources,
        include_dirs=design.include_dirs,
        waves=waves,
        coverage=coverage,
        extra_args=design.extra_args,
    )


def prepared(test: Test, seed: int) -> Mapping:
    """Return what ``test`` prepares of its settings. Raises RegistryError where they cannot be."""
    if not test.prepare:
        return {}
    module, _, function = test.prepare.partition(":")
    return getattr(importlib.import_module(module), function)(test.params, seed)


def _environment(test: Test, seed: int, out_dir: Path) -> dict[str, str]:
    # Settings left in the caller's shell must not change what a test does.
    env = {
        name: value
        for name, value in os.environ.items()
        # COVERAGE, which make exports, would ask cocotb to measure the Python of the bench.
        if not name.startswith(("COCOTB_", "GPI_", "PYGPI_", "MAKE", "MFLAGS", "COVERAGE"))
    }
    libpython = os.environ.get("LIBPYTHON_LOC") or find_libpython.find_libpython()
    if libpython is None:
        raise ToolchainError("no shared libpython for this Python: run `make doctor`")
    env.update(
        MUR_JOB=str(out_dir / "job.json"),
        COCOTB_TEST_MODULES=test.module,
        COCOTB_TEST_FILTER=f"^{re.escape(test.module)}[.]{re.escape(test.cls)}$",
        COCOTB_TOPLEVEL=test.build.top,
        COCOTB_RESULTS_FILE=str(out_dir / "results.xml"),
        COCOTB_RANDOM_SEED=str(derive(seed, "cocotb") % 2**32),
        COCOTB_TRUST_INERTIAL_WRITES="1",
        COCOTB_ANSI_OUTPUT="0",
        TOPLEVEL_LANG="verilog",
        GPI_USERS=f"{libpython};{cocotb_tools.config.pygpi_entry_point()}",
        PYGPI_PYTHON_BIN=sys.executable,
        PYTHONPATH=str(ROOT),
        PYTHONHASHSEED="0",
        PYTHONUNBUFFERED="1",
    )
    return env


def _simulate(
    test: Test,
    seed: int,
    sim: BuiltSim,
    out_dir: Path,
    lock: int,
    plusargs: Sequence[str],
    cpu_s: int | None,
) -> _End:
    command = [
        str(sim.exe),
        # Of coverage all bits begin at zero: a random one would, at reset, be an edge that no stimulus made.
        f"+verilator+rand+reset+{0 if sim.coverage else 2}",
        # Verilator takes 1 to 2^31-1.
        f"+verilator+seed+{derive(seed, 'verilator') % (2**31 - 1) + 1}",
        *plusargs,
    ]
    if sim.waves:
        command += ["--trace", "--trace-file", str(out_dir / "waves.fst")]
    if sim.coverage:
        command.append(f"+verilator+coverage+file+{out_dir / 'coverage.dat'}")
    start = time.monotonic()
    late = threading.Event()
    with (
        (out_dir / "sim.log").open("w") as log,
        children.group(
            command,
            lock,
            cpu_s,
            cwd=ROOT,
            env=_environment(test, seed, out_dir),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        ) as process,
    ):
        print("+", shlex.join(command), file=log, flush=True)

        def stop_late() -> None:
            late.set()
            children.kill(process)

        timer = threading.Timer(test.limit_s, stop_late)
        timer.start()
        try:
            _relay(process, log)
            status = process.wait()
        finally:
            timer.cancel()
    limit = f"{test.limit_s:g} s of wall time" if late.is_set() else ""
    if cpu_s is not None and status == -signal.SIGXCPU:  # the limit's own signal (children.py)
        limit = limit or f"{cpu_s} s of processor time"
    return _End(status, limit, time.monotonic() - start)


def _relay(process: subprocess.Popen, log) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        log.write(line)
        log.flush()
        text = line.split(SHOW, 1)[1] if SHOW in line else line if judge.is_error(line) else ""
        if text:
            # The run goes on to its result when nobody reads: who prints that is told.
            with contextlib.suppress(OSError):
                print(text.rstrip(), flush=True)
