# SPDX-License-Identifier: Apache-2.0
"""Wrong use of the command line, and machines on which it cannot work. docs/wrong-use.md, Command line."""

import os
import re
import shutil
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from regressions import launch
from regressions.paths import BUILD, ROOT
from regressions.registry import RegistryError
from regressions.tests.shell import LIMIT_S, UNUSED, error_of, make, namespace, with_mount, without


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["TEST=speach"], "TEST=speach: no such test, did you mean speech?"),
        (["TEST="], "TEST=: no such test, known: "),
        (["TEST=smoke", "LIST=all"], "LIST=all: test smoke has no such setting, "),
        (["TEST=smoke", "FALUT=x"], "FALUT=x: test smoke has no such setting, did you mean fault"),
        (["TEST=smoke", "SEED=one"], "SEED=one: want a whole number"),
        (["TEST=smoke", "SEED=-1"], "SEED=-1: want 0 or more"),
        (["TEST=smoke", "SEED=1.5"], "SEED=1.5: want a whole number"),
        (["TEST=smoke", "SEED="], "SEED=: want a whole number"),
        (
            ["TEST=smoke", "SEED=1234567890123456789"],
            "SEED=1234567890123456789: want at most 18",
        ),
        (["TEST=smoke", "LANES=7"], "LANES is 7, must be 8, 16, 32, 64 or 128"),
        (["TEST=smoke", "LANES=many"], "LANES=many: want a whole number"),
        (["TEST=smoke", "WAVES=maybe"], "WAVES=maybe: want 0 or 1"),
        (["TEST=smoke", "LANES=٨"], "LANES=٨: want a whole number in decimal digits"),
        (["TEST=smoke", "LANES=1_6"], "LANES=1_6: want a whole number in decimal digits"),
        (["TEST=smoke", "LANES=+8"], "LANES=+8: want a whole number in decimal digits"),
        (["TEST=smoke", "LANES=8 "], "LANES=8 : want a whole number in decimal digits"),
        (["TEST=smoke", "COVERAGE=2"], "COVERAGE=2: want 0 or 1"),
        (["TEST=smoke", "1A=2"], "--set '1A="),
    ],
)
def test_mistake_through_make(args, said):
    done = make("sim", *args)
    assert done.returncode == 2
    assert error_of(done).startswith(said)
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("test", "setting", "said"),
    [
        ("r0", "FRAMES=0", "FRAMES=0: want 1 to 20000"),
        ("random", "NETWORKS=0", "NETWORKS=0: want 1 to 100000"),
        ("random", "LARGEST=100000", "LARGEST=100000: want 1 to 1024"),
        ("matrix", "WIDTH=-1", "WIDTH=-1: want one of 0, 1, 127, 128, 129, 300"),
        ("errors", "STEP=0", "STEP=0: want 1 to 1000"),
        (
            "errors", "ONLY=image: magc",
            "ONLY=image: magc: no case has this in its name; did you mean 'image: magic' or ",
        ),
        ("directed", "ONLY=zzz", "ONLY=zzz: no case has this in its name; kinds: argmax, "),
    ],
)  # fmt: skip
def test_wrong_number_or_name_of_a_case_costs_nothing(test, setting, said):
    """Nothing is built, and no folder is made: where they would be cannot be written."""
    done = make("sim", f"TEST={test}", f"SEED={UNUSED}", setting, inside=with_mount("build", "ro"))
    assert error_of(done).startswith(said)
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (["help", "FOO=x"], "FOO=x: make help has no such setting, known: PYTHON VENV"),
        (["FOO=x"], "FOO=x: make help has no such setting, known: PYTHON VENV"),
        (["clean", "SEED=x"], "SEED=x: make clean has no such setting, known: PYTHON VENV"),
        (["lint", "FOO=x"], "FOO=x: make lint has no such setting, known: PYTHON VENV"),
        (["test", "TEST=x"], "TEST=x: make test has no such setting, known: PYTHON VENV"),
        (["waves", "FOO=x"], "FOO=x: make waves has no such setting, known: PYTHON SEED TEST VENV"),
        (["demo", "TEST=x"], "TEST=x: make demo has no such setting, known: PYTHON SAY SEED VENV WAV"),
        (
            ["train", "TEST=x"],
            "TEST=x: make train has no such setting, known: ALSO DATA EPOCHS FEATURES HIDDEN HOLD_OUT MODEL"
            " PRUNED PYTHON RECURRENCE RUN SEED STEPS TASK VENV",
        ),
        (["list", "SHELL=/bin/false"], "SHELL=/bin/sh: make list has no such setting, known: PYTHON VENV"),
        (["sim", "A-B=1"], 'the name of a setting has letters, digits and _ only, not "-"'),
        (["sim", "A'B=1", "SAY=a  b\\ "], 'the name of a setting has letters, digits and _ only, not "\'"'),
        (["sim", "É=1"], 'the name of a setting has letters, digits and _ only, not "É"'),
        (["setup", "VENV="], "VENV=: want the path of one folder, without spaces"),
        (["setup", "VENV=a b"], "VENV=a b: want the path of one folder, without spaces"),
    ],
)
def test_setting_that_a_target_does_not_have(call, said):
    done = make("-n", *call)  # so that nothing is lost should it be taken
    assert done.returncode == 2
    assert re.fullmatch(rf"Makefile:\d+: \*\*\* {re.escape(said)}\.  Stop\.\n", done.stderr)
    assert done.stdout == ""


@pytest.mark.parametrize(
    "name", ["SHELL", "PY", "STAMP", "LINTERS", "GIVEN", "ODD", "GOALS", "KNOWN", "SETTINGS", "TAKES_sim"]
)
def test_variable_of_the_makefile_is_no_setting(name):
    """It stays what it is, and the test is asked for a setting of this name."""
    plain, done = make("-n", "sim", "TEST=smoke"), make("-n", "sim", "TEST=smoke", f"{name}=/bin/false")
    assert done.stdout == plain.stdout.replace(' -- "$TEST"', f'--set="{name}=${name}" -- "$TEST"')
    assert "venv --clear" not in done.stdout


def test_every_setting_of_the_command_line_is_passed_on():
    done = make("-n", "sim", "X:=2", "SAY=a=b  c\\", "Y+=3", "SEED=2")
    settings = " ".join(f'--set="{name}=${name}"' for name in ("SAY", "X", "Y"))
    assert done.stdout.endswith(f'{settings} -- "$TEST"\n'), done.stdout


@pytest.mark.parametrize(
    "call",
    [
        ["waves", "TEST=x", "SEED=2"], ["demo", "SAY=x", "WAV=y"],
        ["train", "DATA=x", "TASK=y"], ["evaluate", "RTL=1", "JSON=x"],
        ["import-nir", "GRAPH=x", "INPUTS=0 1", "EXACT=1"],
        ["lint", "PYTHON=python3"], ["sim", "waves", "WAVES=1"],
    ],
)  # fmt: skip
def test_settings_that_targets_have(call):
    done = make("-n", *call)  # what would be called, without calling it
    assert done.returncode == 0, done.stderr


def test_virtual_environment_in_a_folder_of_something_else(tmp_path):
    """The set-up begins with an empty folder, and would have removed it."""
    (tmp_path / "thesis.txt").write_text("years")
    done = make("setup", f"VENV={tmp_path}")
    assert (
        error_of(done)
        == f"VENV={tmp_path}: holds something else, want a new folder or one made by make setup"
    )
    assert (tmp_path / "thesis.txt").exists()


@pytest.mark.parametrize("call", [["sim", "TEST=smoke"], ["bench"], ["demo"]])
def test_read_only_build_folder(call):
    done = make(*call, inside=with_mount("build", "ro"))
    assert error_of(done).startswith("cannot write build/")
    assert "Read-only file system" in done.stderr


def test_full_disk_while_preparing_tools():
    done = make("sim", "TEST=smoke", inside=with_mount("build", "size=64k"))
    assert error_of(done) == "cannot write build/toolchain: No space left on device"


@pytest.mark.parametrize("size", ["256k", "12m"])  # full for Verilator, full for the compiler
def test_full_disk_while_building(size):
    done = make("sim", "TEST=smoke", "PROG_DEPTH=320", inside=with_mount("build/sim", f"size={size}"))
    assert error_of(done) == "cannot write build/sim: No space left on device"


def test_full_disk_while_running(smoke):
    done = make("sim", "TEST=smoke", inside=with_mount("build/smoke", "size=4k"))
    assert re.fullmatch(r"cannot write build.*: No space left on device", error_of(done))


@pytest.mark.parametrize("call", [["list"], ["sim", "TEST=smoke"], ["doctor"]])
def test_standard_output_that_is_full(call, smoke):
    done = make(*call, inside=["sh", "-c", 'exec "$@" >/dev/full', "sh"])
    assert error_of(done) == "cannot write to standard output: No space left on device"


def doctor_said(out) -> str:
    """What `doctor` says on stderr when nothing can be written to ``out``; it prints at its end."""
    done = subprocess.run(
        [sys.executable, "-m", "regressions.cli", "doctor"],
        cwd=ROOT, stdout=out, stderr=subprocess.PIPE, text=True, env={"PATH": os.environ["PATH"]},
        timeout=LIMIT_S, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    return done.stderr


def test_standard_output_that_is_full_at_the_end_only():
    with Path("/dev/full").open("w") as full:
        assert doctor_said(full) == "error: cannot write to standard output: No space left on device\n"


def test_standard_output_that_nobody_reads():
    """`make doctor | head -1`, at its worst."""
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as pipe:
        assert doctor_said(pipe) == "error: cannot write to standard output: Broken pipe\n"


@pytest.mark.parametrize(
    "name", ["sim.log", "outcome.json", "result.json", "results.xml", "waves.fst", ".lock"]
)
def test_folder_in_place_of_a_file_of_the_run(name, smoke):
    folder = BUILD / "smoke" / UNUSED
    (folder / name).mkdir(parents=True)
    try:
        done = make("sim", "TEST=smoke", f"SEED={UNUSED}")
        assert error_of(done) == f"cannot write build/smoke/{UNUSED}/{name}: Is a directory"
    finally:
        shutil.rmtree(folder)


def test_run_folder_that_is_a_link(tmp_path, smoke):
    (tmp_path / "notes.json").write_text("mine")
    link = BUILD / "smoke" / UNUSED
    link.symlink_to(tmp_path)
    try:
        done = make("sim", "TEST=smoke", f"SEED={UNUSED}")
        assert error_of(done) == (
            f"cannot write build/smoke/{UNUSED}: a symbolic link, want a folder of its own"
        )
    finally:
        link.unlink()
    assert [path.name for path in tmp_path.iterdir()] == ["notes.json"]


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
    assert "error: TEST=--help: no such test" in done.stderr


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
