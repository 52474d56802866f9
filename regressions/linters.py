# SPDX-License-Identifier: Apache-2.0
"""The linters, one function each: files in, findings out. No finding is a clean file.

A finding is text to be printed. Every function takes what it looks at, so that a test can hand it something
bad. Findings name files relative to the folder given as ``cwd``.
"""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from regressions import toolchain
from regressions.paths import BUILD, ROOT

RULES = ROOT / "rtl" / "verible.rules"
WAIVERS = ROOT / "rtl" / "verible.waivers"

# What slang warns of beyond errors: everything but these.
SLANG = (
    "-Weverything",
    # Sized casts and $countones of the language are signed whatever goes in; the widths are what matters, and
    # those stay checked. So do comparisons of unlike signs.
    "-Wno-sign-conversion",
    "-Wno-arith-op-mismatch",
    # A packed array is handed over as a word and taken apart again: that is what it is for.
    "-Wno-packed-array-conv",
    # A cast that changes nothing in one build does in another.
    "-Wno-useless-cast",
    # `unique case` with a default is the house style: outputs get a value whatever the state.
    "-Wno-case-redundant-default",
    "-Wno-case-enum-explicit",
    # A descriptor's code may be none of the enum: that is what decoding compares.
    "-Wno-case-type",
    # Verilator reports the same, and its waivers stand in place.
    "-Wno-unused-but-set-variable",
    "-Wno-unused-port",
    "-Wno-unused-package-parameter",
    "-Werror",
    "--color-diagnostics=false",
    # Start values in `initial` beside an always_ff: forbidden by the letter, accepted by simulators, and used
    # by the harness only.
    "--allow-dup-initial-drivers",
)

# Files that carry no SPDX header, and why.
WITHOUT_HEADER = {
    ".md": "text, under the project's LICENSE",
    ".json": "JSON has no comments",
    ".gz": "binary",
    ".npz": "binary",
    ".png": "binary",
    ".safetensors": "binary",
    ".svg": "drawn by `make docs`",
    ".gitignore": "",
    "LICENSE": "the licence itself",
}
HEADER = re.compile(r"SPDX-License-Identifier: Apache-2\.0")
NOT_SOURCES = {".git", ".venv", "build", "__pycache__", ".hypothesis", ".mypy_cache", ".ruff_cache"}


def _program(name: str) -> str:
    """Return the path of a program of the lint set-up, which stands beside this Python."""
    beside = Path(sys.executable).parent / name
    found = str(beside) if beside.exists() else shutil.which(name)
    if found is None:
        raise MissingLinterError(f"{name} is not installed: `make lint` installs it")
    return found


class MissingLinterError(Exception):
    """A linter is not installed."""


def _findings(command: Sequence[str], cwd: Path = ROOT, env: Mapping[str, str] | None = None) -> list[str]:
    """Run a linter; return what it printed if it failed."""
    done = subprocess.run(
        command, cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, errors="replace", check=False,
    )  # fmt: skip
    if done.returncode == 0:
        return []
    lines = [line for line in done.stdout.splitlines() if line.strip()]
    return lines or [f"{Path(command[0]).name} ended with {done.returncode} and said nothing"]


def file_list(path: Path) -> list[str]:
    """Return the files that an ``.f`` file names, in order."""
    lines = (line.strip() for line in path.read_text().splitlines())
    return [line for line in lines if line and not line.startswith("//")]


def verilator(files: Sequence[str], top: str, options: Sequence[str] = (), cwd: Path = ROOT) -> list[str]:
    """Verilator's lint with every warning on; a warning is an error."""
    tools = toolchain.locate()
    command = [str(tools.verilator), "--lint-only", "--quiet", "-Wall", "-Irtl", "--top-module", top]
    return _findings([*command, *options, *files], cwd, tools.env)


def slang(files: Sequence[str], top: str, options: Sequence[str] = (), cwd: Path = ROOT) -> list[str]:
    """Slang: parse, elaborate and analyse, with the warnings named above."""
    if importlib.util.find_spec("pyslang") is None:
        raise MissingLinterError("pyslang is not installed: `make lint` installs it")
    sources = [file for file in files if not file.endswith(".vlt")]
    command = [sys.executable, "-m", "regressions.slang", "--top", top, "-I", "rtl", *SLANG]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    return _findings([*command, *options, *sources], cwd, env)


def verible(files: Sequence[str], cwd: Path = ROOT) -> list[str]:
    """Verible's style, by the rules and waivers beside the RTL."""
    command = [_program("verible-verilog-lint"), f"--rules_config={RULES}", f"--waiver_files={WAIVERS}"]
    return _findings([*command, *files], cwd)


def fusesoc(core: Path, listed: Path | None = None) -> list[str]:
    """FuseSoC reads the core file and runs its target ``lint``; its sources are those of the list, in order.

    ``core`` lies in the root of its sources; ``listed`` is the ``.f`` file, if there is one to compare with.
    """
    program, tools = _program("fusesoc"), toolchain.locate()
    home = BUILD / "fusesoc"
    home.mkdir(parents=True, exist_ok=True)
    # Neither the user's settings nor his libraries.
    (home / "fusesoc.conf").write_text("")
    driver = str(tools.verilator.parent)
    env = {
        **tools.env,
        "FUSESOC_CONFIG": str(home / "fusesoc.conf"),
        "PATH": os.pathsep.join((driver, str(Path(program).parent), tools.env["PATH"])),
    }
    text = yaml.safe_load(core.read_text().removeprefix("CAPI=2:"))
    found = [] if listed is None else _unlike(_core_files(text), file_list(listed))
    name = text["name"]
    base = [program, "--monochrome", "--cores-root", str(core.parent)]
    shown = _findings([*base, "core", "show", name], env=env)
    return found + (
        shown or _findings([*base, "run", "--target=lint", "--clean", f"--build-root={home}", name], env=env)
    )


def _core_files(text: dict[str, Any]) -> list[str]:
    """Return the sources of the target ``lint``, without include files, in order."""
    sets = (text["filesets"][name] for name in text["targets"]["lint"]["filesets"])
    files = []
    for entry in (entry for fileset in sets for entry in fileset["files"]):
        name, settings = next(iter(entry.items())) if isinstance(entry, dict) else (entry, {})
        if not settings.get("is_include_file"):
            files.append(name)
    return files


def _unlike(core: list[str], listed: list[str]) -> list[str]:
    if core == listed:
        return []
    missing = [f"{name}: in the file list, not in the core file" for name in listed if name not in core]
    extra = [f"{name}: in the core file, not in the file list" for name in core if name not in listed]
    return missing + extra or ["the core file has the files of the file list in another order"]


def ruff(paths: Sequence[str], cwd: Path = ROOT) -> list[str]:
    """Ruff, by the rules of pyproject.toml."""
    settings = ("--config", str(ROOT / "pyproject.toml"))
    command = [_program("ruff"), "check", "--quiet", "--output-format=concise", *settings]
    return _findings([*command, *paths], cwd)


def mypy(paths: Sequence[str], cwd: Path = ROOT) -> list[str]:
    """Mypy, by the settings of pyproject.toml."""
    settings = ("--config-file", str(ROOT / "pyproject.toml"), "--cache-dir", str(BUILD / "mypy"))
    return _findings([_program("mypy"), "--no-error-summary", *settings, *paths], cwd)


def sources(root: Path = ROOT) -> list[Path]:
    """Return every file of the project that is neither generated nor a tool's."""
    found = []
    for folder, names, files in os.walk(root):
        names[:] = sorted(set(names) - NOT_SOURCES)
        found += [Path(folder, name) for name in sorted(files)]
    return found


def spdx(paths: Sequence[Path], root: Path = ROOT) -> list[str]:
    """Every source file names its licence in its first three lines; an empty one needs none."""
    found = []
    for path in paths:
        if path.suffix in WITHOUT_HEADER or path.name in WITHOUT_HEADER:
            continue
        with path.open(errors="replace") as lines:
            head = "".join(line for line, _ in zip(lines, range(3), strict=False))
        if head and not HEADER.search(head):
            found.append(f"{path.relative_to(root)}:1: no SPDX-License-Identifier in the first three lines")
    return found


def shell(paths: Sequence[str], cwd: Path = ROOT) -> list[str]:
    """Bash reads each script without running it."""
    return [line for path in paths for line in _findings(["bash", "-n", path], cwd)]
