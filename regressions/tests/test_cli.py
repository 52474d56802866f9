# SPDX-License-Identifier: Apache-2.0
"""The command line: mistakes give one line and status 2; spaces and quotes survive."""

import hashlib
import os
import shlex
import subprocess

import pytest
from click.testing import CliRunner

from regressions import registry
from regressions.cli import cli
from regressions.paths import ROOT
from regressions.tests.conftest import FIXTURES
from tb.seeds import derive


def call(*args):
    return CliRunner().invoke(cli, args, obj=FIXTURES / "toy.toml")


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["toi"], "error: TEST=toi: no such test, did you mean toy?"),
        (["zzz"], "error: TEST=zzz: no such test, known: toy"),
        (["toy", "--seed", "one"], "error: SEED=one: want a whole number in decimal digits"),
        (["toy", "--seed", "-1"], "error: SEED=-1: want 0 or more"),
        (["toy", "--set", "LIMITS=3"], "error: LIMITS=3: test toy has no such setting, did you mean limit?"),
        (["toy", "--set", "LIMIT=x"], "error: LIMIT=x: want a whole number in decimal digits"),
        (["toy", "--set", "LIMIT"], "error: --set 'LIMIT': want KEY=VALUE, KEY of letters, digits and _"),
        (["toy", "--set", "1A=2"], "error: --set '1A=2': want KEY=VALUE, KEY of letters, digits and _"),
        (["toy", "--set", "A B=2"], "error: --set 'A B=2': want KEY=VALUE, KEY of letters, digits and _"),
        (["toy", "--set", "É=2"], "error: --set 'É=2': want KEY=VALUE, KEY of letters, digits and _"),
    ],
)
def test_mistake_gives_one_line_and_status_2(args, said):
    result = call("sim", *args)
    assert result.exit_code == 2
    assert result.output == said + "\n"


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["smoke", "--set", "LANES=7"], "error: LANES is 7, must be 8, 16, 32, 64 or 128"),
        (["smoke", "--set", "RESULT_W=64"], "error: RESULT_W is 64, must be 128, 256 or 512"),
        (["smoke", "--set", "RESULT_W=512"], "error: a chunk of 16 (RESULT_W 512) is wider than 8 lanes"),
        (["speech", "--set", "SAY="], "error: SAY=: empty, want a value"),
    ],
)
def test_setting_that_cannot_be_gives_one_line_before_a_build(args, said, monkeypatch):
    monkeypatch.setattr("regressions.launch.build", lambda *a, **k: pytest.fail("built"))
    result = CliRunner().invoke(cli, ["sim", *args])
    assert result.exit_code == 2
    assert result.output == said + "\n"


@pytest.mark.parametrize(
    "error",
    [PermissionError(13, "Permission denied"), OSError(30, "Read-only file system"),
     IsADirectoryError(21, "Is a directory"), OSError(27, "File too large")],
)  # fmt: skip
def test_folder_that_cannot_be_written_gives_one_line(error, monkeypatch):
    def refuse(*_args, **_settings):
        raise type(error)(error.errno, error.strerror, str(ROOT / "build" / "sim"))

    monkeypatch.setattr("regressions.launch.build", refuse)
    result = call("sim", "toy")
    assert result.exit_code == 1
    assert result.output == f"error: cannot write build/sim: {error.strerror}\n"


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("sim/.part-toy/objects/Vtop__pch.h.fast.gch", "build/sim"),
        ("smoke/1/.123.result.json", "build/smoke/1"),
        ("smoke/1/sim.log", "build/smoke/1/sim.log"),
    ],
)
def test_hidden_file_is_named_by_the_folder_around_it(name, known, monkeypatch):
    def refuse(*_args, **_settings):
        raise OSError(28, "No space left on device", str(ROOT / "build" / name))

    monkeypatch.setattr("regressions.launch.build", refuse)
    result = call("sim", "toy")
    assert result.exit_code == 1
    assert result.output == f"error: cannot write {known}: No space left on device\n"


def test_bug_of_ours_keeps_its_trace(monkeypatch):
    def fail(*_args, **_settings):
        raise FileNotFoundError(2, "No such file or directory", str(ROOT / "rtl" / "absent.sv"))

    monkeypatch.setattr("regressions.launch.build", fail)
    assert isinstance(call("sim", "toy").exception, FileNotFoundError)


def test_list_shows_tests_and_settings():
    result = call("list")
    assert result.exit_code == 0
    assert "A counter counts" in result.output
    assert "LIMIT=20 SAY='one two'" in result.output


def test_settings_reach_the_test_and_its_build():
    toy = registry.load(FIXTURES / "toy.toml")["toy"]
    chosen = registry.configure(toy, {"SAY": 'it\'s "five" $x', "LIMIT": "32"})
    assert chosen.params == {"say": 'it\'s "five" $x'}
    assert chosen.build.params == {"LIMIT": 32}
    assert toy.build.params == {"LIMIT": 20}


def test_green_run_prints_its_rerun_line():
    result = call("sim", "toy", "--seed", "7", "--set", "SAY=five $six")
    assert result.exit_code == 0, result.output
    assert result.output.splitlines()[-8].startswith("PASS  toy  seed 7")
    line = next(text for text in result.output.splitlines() if text.startswith("  rerun"))
    assert shlex.split(line)[1:] == ["make", "sim", "TEST=toy", "SEED=7", "SAY=five $$six"]


def test_make_passes_settings_untouched(tmp_path):
    """A virtual environment whose Python tells what it was called with."""
    lock = hashlib.sha256((ROOT / "requirements.lock").read_bytes()).hexdigest()
    (tmp_path / f".setup-{lock[:12]}").touch()
    spy = tmp_path / "bin" / "python"
    spy.parent.mkdir()
    spy.write_text("#!/bin/sh\nprintf '%s\\n' \"$@\"\nexit 3\n")
    spy.chmod(0o755)
    done = subprocess.run(
        ["make", "--no-print-directory", "sim", f"VENV={tmp_path}", "TEST=toy", "SEED=0x1 2", "WAVES=1",
         "SAY=it's \"a  b\" `c` $$d"],
        cwd=ROOT, capture_output=True, text=True, check=False,
        env={"PATH": os.environ["PATH"]},  # not the settings of a make around this test
    )  # fmt: skip
    assert done.returncode != 0
    assert done.stdout.splitlines() == [
        "-m", "regressions.cli", "sim", "--seed=0x1 2", "--waves=1",
        "--set=SAY=it's \"a  b\" `c` $d", "--", "toy",
    ]  # fmt: skip


def test_make_passes_an_empty_setting_on():
    done = subprocess.run(
        ["make", "--no-print-directory", "sim", "TEST=speech", "SAY="],
        cwd=ROOT, capture_output=True, text=True, check=False, env={"PATH": os.environ["PATH"]},
    )  # fmt: skip
    assert done.returncode != 0
    assert "error: SAY=: empty" in done.stderr


def test_seeds_depend_on_both_names_only():
    assert derive(1, "verilator") == derive(1, "verilator")
    assert len({derive(1, "a"), derive(2, "a"), derive(1, "b")}) == 3
    # A change of this number changes every recorded run.
    assert derive(1, "env.agent") == 0x16445FE2F64595C7
