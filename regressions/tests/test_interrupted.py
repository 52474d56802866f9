# SPDX-License-Identifier: Apache-2.0
"""Builds and runs that are interrupted, and two at once. docs/wrong-use.md, Command line."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from regressions import children, launch
from regressions.build import build_bare
from regressions.paths import BUILD, ROOT, locked
from regressions.tests.conftest import FIXTURES
from regressions.tests.shell import LIMIT_S, UNUSED


@contextlib.contextmanager
def started(program: str, **environment: str) -> Iterator[subprocess.Popen]:
    process = subprocess.Popen(
        [sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, **environment},
    )  # fmt: skip
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def wait_for(condition, process: subprocess.Popen) -> None:
    limit = time.monotonic() + LIMIT_S
    while not condition():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < limit
        time.sleep(0.01)


TOY: dict[str, Any] = {"params": {"LIMIT": 20}, "dpi_sources": [FIXTURES / "toy_dpi.cpp"], "timing": True}
BUILD_TOY = """
from pathlib import Path
from regressions.cli import _one_line
from regressions.tests.test_interrupted import TOY, build_toy
with _one_line():
    build_toy(Path({home!r}))
"""


# It tells its version, as every compiler does; what it is to compile takes it long. After `kill -9` of the
# build it goes on, and the next build waits for it.
SLOW_COMPILER = """#!/bin/sh
case "$1" in --version) exec {real} --version ;; esac
touch {marker}
exec sleep 10
"""


def build_toy(home: Path):
    return build_bare("toy", [FIXTURES / "toy.sv"], FIXTURES / "toy_main.cpp", **TOY, home=home)


@pytest.mark.parametrize(
    ("number", "status", "said"),
    [
        (signal.SIGINT, 130, "error: interrupted\n"),
        (signal.SIGTERM, 130, "error: interrupted\n"),
        (signal.SIGKILL, -signal.SIGKILL, ""),
    ],
)
def test_interrupted_build_then_again(tmp_path, number, status, said):
    programs, marker = tmp_path / "bin", tmp_path / "compiling"
    programs.mkdir()
    compiler = programs / "g++"
    compiler.write_text(SLOW_COMPILER.format(real=shutil.which("g++"), marker=marker))
    compiler.chmod(0o755)
    path = f"{programs}{os.pathsep}{os.environ['PATH']}"
    with started(BUILD_TOY.format(home=str(tmp_path)), PATH=path) as process:
        wait_for(marker.exists, process)
        process.send_signal(number)
        assert process.wait(LIMIT_S) == status
        assert process.stderr.read() == said
    assert not list(tmp_path.glob("toy-*/sim"))
    if number != signal.SIGKILL:
        assert not list(tmp_path.glob(".part-*"))
    sim = build_toy(tmp_path)
    assert sim.fresh
    done = subprocess.run([sim.exe], capture_output=True, text=True, check=True)
    assert done.stdout == "time 1000\n"
    assert not list(tmp_path.glob(".part-*"))


def test_orphans_of_a_killed_build_keep_its_lock(tmp_path):
    """Who comes next waits for them, instead of compiling beside them in one folder."""
    program = (
        "import os, subprocess, sys\nfrom pathlib import Path\nfrom regressions import children, paths\n"
        f"with paths.locked(Path({str(tmp_path / 'lock')!r})) as lock:\n"
        "    with children.group(['sh', '-c', 'sleep 1.5 & echo ready; wait'], lock) as child:\n"
        "        child.wait()\n"
    )
    with started(program) as process:
        assert process.stdout.readline() == "ready\n"
        process.kill()
        process.wait()
        begin = time.monotonic()
        with locked(tmp_path / "lock", "waiting"):
            assert time.monotonic() - begin > 0.5


def test_what_a_child_started_ends_with_it(tmp_path):
    command = ["sh", "-c", "sleep 60 & echo $!; wait"]
    with (
        locked(tmp_path / "lock") as lock,
        children.group(command, lock, stdout=subprocess.PIPE, text=True) as child,
    ):
        grandchild = int(child.stdout.readline())
        assert not _gone(grandchild)
    limit = time.monotonic() + 10
    while not _gone(grandchild):
        assert time.monotonic() < limit, "it lives on"
        time.sleep(0.01)


RUN_TOY = """
from dataclasses import replace
from pathlib import Path
from regressions import launch, registry
from regressions.cli import _one_line
from regressions.tests.conftest import FIXTURES
toy = registry.load(FIXTURES / "toy.toml")["toy"]
with _one_line():
    launch.run(replace(toy, cls="hangs"), 1, "", home=Path({home!r}))
"""


REMOVED = """
import sys
from dataclasses import replace
from regressions import launch, registry
from regressions.cli import _one_line
from regressions.tests.conftest import FIXTURES
toy = registry.load(FIXTURES / "toy.toml")["toy"]
with _one_line():
    launch.run(replace(toy, cls="hangs", limit_s=2), {seed}, "")
"""


@pytest.mark.parametrize("again", [False, True])
def test_run_folder_removed_in_mid_run(toy, again):
    """Also where another run, whose files are not ours to judge, has made it anew."""
    out_dir = BUILD / "toy" / UNUSED
    shutil.rmtree(out_dir, ignore_errors=True)
    try:
        with started(REMOVED.format(seed=UNUSED)) as process:
            wait_for((out_dir / "outcome.json").exists, process)
            shutil.rmtree(out_dir)
            if again:
                launch.run(toy, int(UNUSED), "")
            assert process.wait(LIMIT_S) == 1
            assert process.stderr.read() == f"error: build/toy/{UNUSED}: removed while it was in use\n"
        assert (out_dir / "result.json").exists() == again
    finally:
        shutil.rmtree(out_dir, ignore_errors=True)


def _gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_interrupted_run_then_again(tmp_path, toy, number):
    launch.run(toy, 2, "", home=tmp_path)  # the build is there
    out_dir = tmp_path / "toy" / "1"
    with started(RUN_TOY.format(home=str(tmp_path))) as process:
        wait_for((out_dir / "outcome.json").exists, process)
        simulators = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        assert simulators
        process.send_signal(number)
        process.wait(LIMIT_S)
    limit = time.monotonic() + 10
    while not all(_gone(int(pid)) for pid in simulators):
        assert time.monotonic() < limit, "the simulator lives on"
        time.sleep(0.01)
    assert not (out_dir / "result.json").exists()
    assert launch.run(toy, 1, "", home=tmp_path)["status"] == "pass"


# ---- side by side ----------------------------------------------------------------------------------------
def test_same_run_waits_for_the_other(tmp_path, smoke):
    command = ["make", "--no-print-directory", "sim", "TEST=smoke", f"SEED={UNUSED}"]
    env = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/")}
    out_dir = BUILD / "smoke" / UNUSED
    try:
        with locked(out_dir / ".lock"):
            second = subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True)
            assert second.stdout.readline() == f"waiting for another run in build/smoke/{UNUSED}\n"
            assert not (out_dir / "job.json").exists()
        out, _ = second.communicate(timeout=LIMIT_S)
        assert out.startswith("PASS  smoke"), out
    finally:
        shutil.rmtree(out_dir)


def test_other_seeds_run_side_by_side(tmp_path, toy):
    program = (
        "import sys\nfrom pathlib import Path\nfrom regressions import launch, registry\n"
        "from regressions.tests.conftest import FIXTURES\n"
        "toy = registry.load(FIXTURES / 'toy.toml')['toy']\n"
        f"result = launch.run(toy, int(sys.argv[1]), '', home=Path({str(tmp_path)!r}))\n"
        "print(result['status'], result['seed'])\n"
    )
    launch.run(toy, 3, "", home=tmp_path)
    runs = [
        subprocess.Popen([sys.executable, "-c", program, seed], cwd=ROOT, stdout=subprocess.PIPE, text=True)
        for seed in "12"
    ]
    ends = [run.communicate(timeout=LIMIT_S)[0].splitlines()[-1] for run in runs]
    assert ends == ["pass 1", "pass 2"]
