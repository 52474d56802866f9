# SPDX-License-Identifier: Apache-2.0
"""`make lint` without its linters: the commands of each check, their files, and what becomes of the answers.

No linter runs here: the commands are kept, and the answer is the test's.
"""

import importlib.util
import re
import sys
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest

from regressions import lint, linters
from regressions.paths import ROOT

RTL = {str(path.relative_to(ROOT)) for path in (ROOT / "rtl").rglob("*.sv")}
HARNESS = {str(path.relative_to(ROOT)) for path in (ROOT / "tb" / "harness").glob("*.sv")}


class Recorder:
    """Stands in for linters._findings: keeps the commands, gives the findings that it is told to give."""

    def __init__(self):
        """No command, no finding."""
        self.commands = []
        self.answer = lambda command: []

    def __call__(self, command, cwd=ROOT, env=None):
        """Keep ``command`` with the folder that it runs in."""
        self.commands.append([str(word) for word in command])
        assert cwd == ROOT
        return self.answer(command)


@pytest.fixture
def recorder(monkeypatch) -> Recorder:
    """Every linter is installed, and none runs."""
    recorder = Recorder()
    monkeypatch.setattr(linters, "_findings", recorder)
    monkeypatch.setattr(linters, "_program", lambda name: name)
    monkeypatch.setitem(sys.modules, "pyslang", importlib.util.module_from_spec(ModuleSpec("pyslang", None)))
    return recorder


def run(recorder: Recorder, name: str) -> list[list[str]]:
    """The commands of one check."""
    assert lint.main((name,)) == 0
    return recorder.commands


def top(command: list[str]) -> str:
    flag = "--top-module" if "--top-module" in command else "--top"
    return command[command.index(flag) + 1]


def words(command: list[str], pattern: str) -> list[str]:
    return [word for word in command if re.fullmatch(pattern, word)]


# ---- what each is given ------------------------------------------------------------------------------
def test_there_are_eight():
    assert list(lint.CHECKS) == ["verilator", "slang", "verible", "fusesoc", "ruff", "mypy", "spdx", "shell"]


@pytest.mark.parametrize("name", ["verilator", "slang"])
def test_the_design_is_checked_in_every_build(recorder, name):
    design = [command for command in run(recorder, name) if top(command) == "mur_top"]
    assert all(set(words(command, r".*\.sv")) == RTL for command in design)
    chosen: dict[str, set[int]] = {}
    for command in design:
        for option in words(command, "-G.*"):
            key, _, value = option.removeprefix("-G").partition("=")
            chosen.setdefault(key, set()).add(int(value))
    assert chosen == {
        "LANES": {8, 16, 32, 64, 128},
        "RESULT_W": {128, 256, 512},
        **{f"{memory}_DEPTH": {2, 65536} for memory in ("PROG", "WGT", "MASK", "BIAS", "NEUR")},
        "VEC_DEPTH": {8, 65536},
    }
    # The default, and what synthesis sees of it.
    bare = [words(command, "-D.*") for command in design if not words(command, "-G.*")]
    assert bare == [[], ["-DSYNTHESIS"]]


@pytest.mark.parametrize("name", ["verilator", "slang"])
def test_the_harness_is_checked_in_every_variant(recorder, name):
    harness = [command for command in run(recorder, name) if top(command) == "mur_harness"]
    assert all(set(words(command, r".*\.sv")) == RTL | HARNESS for command in harness)
    assert [words(command, "-D.*") for command in harness] == [[], ["-DMUR_BARE"], ["-DMUR_WAVES"]]


def test_warnings_are_on(recorder):
    for command in run(recorder, "verilator"):
        assert Path(command[0]).name == "verilator"
        assert {"--lint-only", "-Wall"} <= set(command)
        assert not words(command, "-W(no|fut).*")
        assert words(command, r".*\.vlt") == ["rtl/lint.vlt"]
    recorder.commands.clear()
    for command in run(recorder, "slang"):
        assert command[:3] == [sys.executable, "-m", "regressions.slang"]
        assert {"-Weverything", "-Werror"} <= set(command)
        assert set(words(command, "-Wno.*")) == set(words(list(linters.SLANG), "-Wno.*"))


def test_style_is_checked_in_every_handwritten_file(recorder):
    (command,) = run(recorder, "verible")
    assert command[0] == "verible-verilog-lint"
    assert {f"--rules_config={linters.RULES}", f"--waiver_files={linters.WAIVERS}"} <= set(command)
    written = {name for name in RTL if "/regs/" not in name} | HARNESS | {"rtl/mur_assert.svh"}
    assert written <= set(command)


def test_the_core_file_is_shown_and_run(recorder):
    show, check = run(recorder, "fusesoc")
    assert show[0] == check[0] == "fusesoc"
    assert f"--cores-root {ROOT}" in " ".join(show) and f"--cores-root {ROOT}" in " ".join(check)
    assert show[-3:-1] == ["core", "show"]
    assert "run --target=lint" in " ".join(check)
    assert show[-1] == check[-1] == "::murmur:0.1.0"


@pytest.mark.parametrize(
    ("name", "begin"), [("ruff", ["ruff", "check"]), ("mypy", ["mypy", "--no-error-summary"])]
)
def test_all_python_is_checked(recorder, name, begin):
    (command,) = run(recorder, name)
    assert command[:2] == begin
    assert str(ROOT / "pyproject.toml") in command
    given = [ROOT / word for word in command if (ROOT / word).exists() and not Path(word).is_absolute()]
    python = [path for path in linters.sources() if path.suffix == ".py"]
    assert len(python) > 100
    assert not [path for path in python if not any(path.is_relative_to(place) for place in given)]


def test_every_script_is_checked(recorder):
    assert run(recorder, "shell") == [["bash", "-n", name] for name in lint.scripts()]


# ---- what becomes of the answers ---------------------------------------------------------------------
@pytest.mark.parametrize("name", [name for name in lint.CHECKS if name not in ("fusesoc", "spdx")])
def test_a_finding_of_any_command_is_red(recorder, capsys, name):
    recorder.answer = lambda command: [f"planted: {' '.join(map(str, command))}"]
    assert lint.main((name,)) == 1
    lines = capsys.readouterr().out.splitlines()
    assert recorder.commands
    said = [f"      planted: {' '.join(command)}".replace(f"{ROOT}/", "") for command in recorder.commands]
    assert lines[0].startswith(f"RED {name}")
    assert lines[1:] == [*said, f"lint: {name} red"]


@pytest.mark.parametrize("step", ["show", "run"])
def test_a_finding_in_the_core_file_is_red(recorder, capsys, step):
    recorder.answer = lambda command: [f"planted in {step}"] * (step in command)
    assert lint.main(("fusesoc",)) == 1
    assert f"planted in {step}" in capsys.readouterr().out


def test_a_core_file_that_differs_from_the_list_is_red(recorder, capsys, monkeypatch):
    monkeypatch.setattr(linters, "file_list", lambda path: [f"in {path.name}"])
    assert lint.main(("fusesoc",)) == 1
    assert "in murmur.f: in the file list, not in the core file" in capsys.readouterr().out


def test_a_missing_licence_line_is_red(capsys, monkeypatch):
    monkeypatch.setattr(linters, "HEADER", re.compile("in no file"))
    assert lint.main(("spdx",)) == 1
    found = {line.split(":")[0].strip() for line in capsys.readouterr().out.splitlines()}
    assert {
        "Makefile",
        ".ci/run",
        "murmur.core",
        "models/machine.py",
        "tb/harness/mur_dpi.cpp",
    } | RTL <= found


def test_all_run_when_none_is_named(recorder, capsys):
    assert lint.main() == 0
    assert capsys.readouterr().out.splitlines()[-1] == "lint: 8 checks, all clean"
    assert {Path(command[0]).name for command in recorder.commands} >= {"verilator", "ruff", "mypy", "bash"}
