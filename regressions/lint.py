# SPDX-License-Identifier: Apache-2.0
"""``make lint``: every linter runs, each with its verdict and findings; red if one is."""

import re
import sys
import time
from collections.abc import Callable

import click

from regressions import linters
from regressions.linters import MissingLinterError
from regressions.paths import ROOT
from regressions.toolchain import ToolchainError

RTL = ROOT / "rtl" / "murmur.f"
HARNESS = ROOT / "tb" / "harness" / "harness.f"
CORE = ROOT / "murmur.core"
PYTHON = ("models", "regressions", "tb", "rtl/regs/generate.py")

# The builds in which the RTL is checked: each lane count and result width, the smallest and largest memories,
# and what synthesis sees.
BUILDS: tuple[dict[str, int], ...] = (
    {},
    {"LANES": 8, "RESULT_W": 128},
    {"LANES": 16, "RESULT_W": 512},
    {"LANES": 32, "RESULT_W": 256},
    {"LANES": 64, "RESULT_W": 128},
    {"LANES": 128, "RESULT_W": 256},
    {"PROG_DEPTH": 2, "WGT_DEPTH": 2, "MASK_DEPTH": 2, "BIAS_DEPTH": 2, "NEUR_DEPTH": 2, "VEC_DEPTH": 8},
    {"PROG_DEPTH": 65536, "WGT_DEPTH": 65536, "MASK_DEPTH": 65536, "BIAS_DEPTH": 65536, "NEUR_DEPTH": 65536,
     "VEC_DEPTH": 65536},
)  # fmt: skip
SHELL = re.compile(rb"#!.*\b(ba)?sh\b")

Linter = Callable[..., list[str]]


def _rtl(linter: Linter, harness_options: tuple[str, ...] = ()) -> list[str]:
    """Run a linter of SystemVerilog over every build of the design and over the harness."""
    design = linters.file_list(RTL)
    harness = design + linters.file_list(HARNESS)
    parameters = [tuple(f"-G{name}={value}" for name, value in build.items()) for build in BUILDS]
    runs = [(design, "mur_top", options) for options in (*parameters, ("-DSYNTHESIS",))]
    variants = ((), ("-DMUR_BARE",), ("-DMUR_WAVES",))
    runs += [(harness, "mur_harness", (*harness_options, *more)) for more in variants]
    found: dict[str, None] = {}
    for files, top, options in runs:
        for line in linter(files, top, options):
            found.setdefault(line)  # most findings are the same in every build
    return list(found)


def handwritten() -> list[str]:
    """Return the files of SystemVerilog that nobody generates."""
    found = [path for path in linters.sources() if path.suffix in (".sv", ".svh")]
    return [str(path.relative_to(ROOT)) for path in found if path.parent != ROOT / "rtl" / "regs"]


def scripts() -> list[str]:
    """Return the scripts for a shell, known by their first line."""
    found = []
    for path in linters.sources():
        with path.open("rb") as file:
            if SHELL.match(file.readline()):
                found.append(str(path.relative_to(ROOT)))
    return found


CHECKS: dict[str, tuple[str, Callable[[], list[str]]]] = {
    "verilator": (
        f"RTL in {len(BUILDS)} builds and for synthesis, harness in its 3 variants, -Wall",
        lambda: _rtl(linters.verilator, ("--timing",)),
    ),
    "slang": ("the same, -Weverything less what linters.py names", lambda: _rtl(linters.slang)),
    "verible": (
        "style of hand-written SystemVerilog, rtl/verible.rules",
        lambda: linters.verible(handwritten()),
    ),
    "fusesoc": (
        "murmur.core: its target lint, its files those of rtl/murmur.f",
        lambda: linters.fusesoc(CORE, RTL),
    ),
    "ruff": ("Python", lambda: linters.ruff(PYTHON)),
    "mypy": ("types of Python", lambda: linters.mypy(PYTHON)),
    "spdx": ("a licence line in every source file", lambda: linters.spdx(linters.sources())),
    "shell": ("scripts, bash -n", lambda: linters.shell(scripts())),
}


def main(names: tuple[str, ...] = tuple(CHECKS)) -> int:
    """Run the checks ``names``; print a line for each, its findings and the verdict; return 0 if clean."""
    red = []
    for name in names:
        about, check = CHECKS[name]
        start = time.monotonic()
        try:
            found = check()
        except (MissingLinterError, ToolchainError) as error:
            found = [str(error)]
        verdict = "RED" if found else "ok"
        click.echo(f"{verdict:<4}{name:<11}{about}  ({time.monotonic() - start:.1f} s)")
        for line in found:
            click.echo(f"      {line.replace(f'{ROOT}/', '')}")
        if found:
            red.append(name)
    click.echo(f"lint: {', '.join(red)} red" if red else f"lint: {len(names)} checks, all clean")
    return 1 if red else 0


if __name__ == "__main__":
    # Some of them, as pre-commit does.
    if unknown := [name for name in sys.argv[1:] if name not in CHECKS]:
        sys.exit(f"error: {unknown[0]}: no such check, known are {', '.join(CHECKS)}")
    sys.exit(main(tuple(sys.argv[1:]) or tuple(CHECKS)))
