# SPDX-License-Identifier: Apache-2.0
"""Wrong use of the command line, and machines on which it cannot work. docs/wrong-use.md, Command line."""

import re
import shutil
import subprocess
import sys
import time
from dataclasses import replace

import pytest

from regressions import launch
from regressions.paths import BUILD, ROOT
from regressions.registry import RegistryError
from regressions.tests.shell import LIMIT_S, UNUSED, error_of, make, namespace, with_mount, without


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["TEST=speach"], "no test 'speach'; did you mean speech?"),
        (["TEST="], "no test ''; known: "),
        (["TEST=smoke", "LIST=all"], "test 'smoke' has no LIST; "),
        (["TEST=smoke", "FALUT=x"], "test 'smoke' has no FALUT; did you mean fault"),
        (["TEST=smoke", "SEED=one"], "SEED='one' is not a whole number"),
        (["TEST=smoke", "SEED=-1"], "SEED='-1' is not a whole number"),
        (["TEST=smoke", "SEED=1.5"], "SEED='1.5' is not a whole number"),
        (["TEST=smoke", "SEED="], "SEED='' is not a whole number"),
        (
            ["TEST=smoke", "SEED=1234567890123456789"],
            "SEED=1234567890123456789 is too large, want at most 18",
        ),
        (["TEST=smoke", "LANES=7"], "LANES is 7, must be 8, 16, 32, 64 or 128"),
        (["TEST=smoke", "LANES=many"], "LANES='many' is not a whole number"),
        (["TEST=smoke", "WAVES=maybe"], "WAVES='maybe' is not 0 or 1"),
        (["TEST=smoke", "COVERAGE=2"], "COVERAGE='2' is not 0 or 1"),
    ],
)
def test_mistake_through_make(args, said):
    done = make("sim", *args)
    assert done.returncode == 2
    assert error_of(done).startswith(said)
    assert done.stdout == ""


@pytest.mark.parametrize("call", [["sim", "TEST=smoke"], ["bench"], ["demo"]])
def test_read_only_build_folder(call):
    done = make(*call, inside=with_mount("build", "ro"))
    assert error_of(done).startswith("cannot write build/")
    assert "Read-only file system" in done.stderr


def test_full_disk_while_preparing_tools():
    done = make("sim", "TEST=smoke", inside=with_mount("build", "size=64k"))
    assert re.fullmatch(r"cannot write build/toolchain/.*: No space left on device", error_of(done))


def test_full_disk_while_building():
    done = make("sim", "TEST=smoke", "PROG_DEPTH=320", inside=with_mount("build/sim", "size=256k"))
    assert re.fullmatch(r"cannot write build.*: No space left on device", error_of(done))


def test_full_disk_while_running(smoke):
    (BUILD / "smoke").mkdir(exist_ok=True)
    done = make("sim", "TEST=smoke", inside=with_mount("build/smoke", "size=4k"))
    assert re.fullmatch(r"cannot write build.*: No space left on device", error_of(done))


def test_set_up_in_a_read_only_folder(tmp_path):
    inside = with_mount(str(tmp_path), "size=1m")
    script = 'cp Makefile requirements*.lock "$0"; cd "$0"; mount -o remount,ro "$0"; exec "$@"'
    done = make("setup", inside=[*inside, "sh", "-c", script, str(tmp_path)])
    assert done.returncode != 0
    assert "error: cannot write build" in done.stderr
    assert not list(tmp_path.iterdir())


def test_no_compiler(tmp_path):
    done = make("sim", "TEST=smoke", "PROG_DEPTH=384", PATH=without(tmp_path / "bin", "g++"))
    assert error_of(done) == "no g++ on PATH: apt-get install g++ (`make doctor` checks all)"
    assert "building" not in done.stdout


@pytest.mark.parametrize("program", ["perl", "make"])
def test_no_other_tool(tmp_path, program):
    path = without(tmp_path / "bin", program)
    # make itself is named by its place where PATH does not lead to it
    done = subprocess.run(
        [sys.executable, "-m", "regressions.cli", "sim", "smoke", "--set", "PROG_DEPTH=384"],
        cwd=ROOT, env={"PATH": path}, capture_output=True, text=True, timeout=LIMIT_S, check=False,
    )  # fmt: skip
    assert error_of(done).startswith(f"no {program} on PATH: apt-get install {program}")


def test_unchanged_build_needs_no_compiler(tmp_path, smoke):
    begin = time.monotonic()
    done = make("sim", "TEST=smoke", PATH=without(tmp_path / "bin", "g++", "perl", "verilator"))
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("PASS  smoke"), done.stdout
    assert time.monotonic() - begin < 20  # 1 s on a machine that has nothing else to do


def test_no_network_with_a_warm_environment(smoke):
    done = make("sim", "TEST=smoke", inside=namespace("-n"))
    assert done.returncode == 0, done.stderr
    done = make("sim", "TEST=speech", "SAY=seven", f"SEED={UNUSED}", inside=namespace("-n"))
    shutil.rmtree(BUILD / "speech" / UNUSED)
    assert done.returncode == 0, done.stderr
    assert "  words    seven\n" in done.stdout


def test_set_up_without_network(tmp_path):
    venv = tmp_path / "venv"
    done = make(
        "setup", f"VENV={venv}", f"PYTHON={sys.executable}", inside=namespace("-n"),
        PIP_RETRIES="0", PIP_CONFIG_FILE="/dev/null", PIP_NO_CACHE_DIR="1",
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr.splitlines()[-2] == (
        "error: set-up failed: pip said why above (is there a network?); the next make tries again"
    )
    assert not list(venv.glob(".setup-*"))  # the stamp that would say "done"


def test_python_that_is_not_there(tmp_path):
    done = make("setup", f"VENV={tmp_path}/venv", "PYTHON=python9")
    assert error_of(done) == "PYTHON=python9: no such program; Python 3.11 or later is needed"
    assert not (tmp_path / "venv").exists()


def test_python_that_is_too_old(tmp_path):
    old = tmp_path / "python2"
    old.write_text(
        "#!/bin/sh\nexit 1\n"
    )  # what any Python before 3.11 answers to the question for its version
    old.chmod(0o755)
    done = make("setup", f"VENV={tmp_path}/venv", f"PYTHON={old}")
    assert error_of(done) == f"PYTHON={old} is older than 3.11; try make PYTHON=python3.11"
    assert not (tmp_path / "venv").exists()


def test_name_that_looks_like_an_option():
    done = subprocess.run(
        ["make", "--no-print-directory", "sim", "TEST=--help"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 2
    assert "error: no test '--help'" in done.stderr


def test_path_with_a_space(tmp_path):
    folder = tmp_path / "a b"
    folder.mkdir()
    shutil.copy(ROOT / "Makefile", folder)
    done = subprocess.run(["make", "sim"], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1 and "has a space in its path" in done.stderr
    assert [path.name for path in folder.iterdir()] == ["Makefile"]


def test_what_a_test_prepares_comes_first(toy, tmp_path, monkeypatch):
    monkeypatch.setattr("regressions.launch.build", lambda *_a, **_k: pytest.fail("built"))
    with pytest.raises(RegistryError, match="SAY=one two three: 'x'"):
        launch.run(replace(toy, prepare="regressions.tests.test_wrong_commands:refuse"), 1, "", home=tmp_path)
    assert not list(tmp_path.iterdir())


def refuse(params, _seed):
    """A `prepare` that refuses."""
    raise RegistryError(f"SAY={params['say']} three: 'x'")
