# SPDX-License-Identifier: Apache-2.0
"""Build a simulator once for each set of sources, parameters, flags and tools.

The folder's name carries a hash of everything that goes in, so a changed parameter can never meet an old
program. A build happens in a folder of its own and is renamed when it is complete: an interrupted
build leaves no program behind.
"""

import errno
import hashlib
import os
import platform
import re
import shlex
import shutil
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import cocotb
import cocotb_tools.config

from regressions import children, runtime, toolchain
from regressions.paths import BUILD, ROOT, locked, shown, write_json

LEAST_FREE = 1 << 20  # bytes; a disk with less of them is full
FULL = os.strerror(errno.ENOSPC)
HEADERS = (".svh", ".vh", ".h", ".hpp")
COMMON_FLAGS = (
    "--cc", "--exe", "--prefix", "Vtop", "-o", "sim",
    "-Wall", "--assert", "--autoflush", "-j", "2",
    "--timescale", "1ns/1ns",
    "--x-initial", "unique", "--x-assign", "unique",
)  # fmt: skip
# All that --coverage stands for but --coverage-fsm: with it Verilator 5.048 ends in an internal error where
# an always_ff assigns an element of an array (`first_q[i] <= ...`).
COVERAGE_FLAGS = ("--coverage-line", "--coverage-toggle", "--coverage-expr", "--coverage-user")
FIRST_ERROR = re.compile(
    r"^%(?:Error|Warning-)(?!.*Exiting due to)|\berror: |undefined reference|^make.*\*\*\*"
)


class BuildError(Exception):
    """A build failed; the message is the first error of the compiler and the path of its log."""


@dataclass(frozen=True)
class BuiltSim:
    """A simulator ready to run."""

    exe: Path
    top: str
    waves: bool
    coverage: bool
    fresh: bool  # built by this call, not found
    wall_s: float  # what this call took

    @property
    def folder(self) -> Path:
        """The folder with the program, its ``build.log`` and its ``key.json``."""
        return self.exe.parent


@dataclass(frozen=True)
class _Plan:
    kind: str
    top: str
    flags: tuple[str, ...]
    make_args: tuple[str, ...]
    files: tuple[Path, ...]
    hashed: tuple[Path, ...]


def build(
    top: str,
    sources: Sequence[Path],
    params: Mapping[str, float | str] | None = None,
    defines: Mapping[str, int | str] | None = None,
    dpi_sources: Sequence[Path] = (),
    include_dirs: Sequence[Path] = (),
    waves: bool = False,
    coverage: bool = False,
    extra_args: Sequence[str] = (),
    home: Path = BUILD / "sim",
) -> BuiltSim:
    """Build the cocotb simulator of module ``top``, or return the one that is there.

    ``sources`` are in the order of compilation (packages first; a ``.vlt`` file is welcome),
    ``params`` are the parameters of ``top``, ``dpi_sources`` are C++ files that may include
    ``Vtop__Dpi.h``. Only signals marked public in the source or in a ``.vlt`` file can be reached
    from Python: cocotb's usual "everything public" costs a third of the speed.

    Raises BuildError when the compiler refuses, ToolchainError when there is no Verilator.
    """
    libs = cocotb_tools.config.libs_dir
    flags = (
        "--vpi",
        "--timing",
        "-LDFLAGS",
        f"-Wl,-rpath,{shlex.quote(str(libs))} -L{shlex.quote(str(libs))} -lcocotbvpi_verilator",
        # MUR_WAVES: the harness says in words what it sees (tb/harness/mur_narrate.sv).
        *(("--trace-fst", "--trace-structs", "-DMUR_WAVES=1") if waves else ()),
        *(COVERAGE_FLAGS if coverage else ()),
        *extra_args,
    )
    main = cocotb_tools.config.share_dir / "lib" / "verilator" / "verilator.cpp"
    plan = _plan("cocotb", top, sources, main, params, defines, dpi_sources, include_dirs, flags, "-O3")
    return _obtain(plan, home, waves, coverage)


def build_bare(
    top: str,
    sources: Sequence[Path],
    main: Path,
    params: Mapping[str, float | str] | None = None,
    defines: Mapping[str, int | str] | None = None,
    dpi_sources: Sequence[Path] = (),
    include_dirs: Sequence[Path] = (),
    timing: bool = False,
    extra_args: Sequence[str] = (),
    optimise: str = "-O3",
    home: Path = BUILD / "sim",
) -> BuiltSim:
    """Build the same Verilog with a C++ ``main`` in place of cocotb.

    The class to instantiate is ``Vtop`` of ``Vtop.h``. No VPI, nothing public. ``optimise`` are the
    compiler's flags; which are fastest is for the caller to try. Raises as ``build`` does.
    """
    flags = ("--timing" if timing else "--no-timing", *extra_args)
    plan = _plan(
        "bare", top, sources, main, params, defines, dpi_sources, include_dirs, flags, optimise,
    )  # fmt: skip
    return _obtain(plan, home, waves=False, coverage=False)


def _plan(
    kind: str,
    top: str,
    sources: Sequence[Path],
    main: Path,
    params: Mapping[str, float | str] | None,
    defines: Mapping[str, int | str] | None,
    dpi_sources: Sequence[Path],
    include_dirs: Sequence[Path],
    flags: Sequence[str],
    optimise: str,
) -> _Plan:
    files = tuple(Path(file).resolve() for file in (main, *dpi_sources, *sources))
    folders = {Path(folder).resolve() for folder in include_dirs}
    folders |= {Path(file).resolve().parent for file in dpi_sources}
    headers = {file for folder in folders for file in folder.iterdir() if file.suffix in HEADERS}
    for file in files:
        if not file.is_file():
            raise BuildError(f"no source file {shown(file)}")
    settings = (
        *COMMON_FLAGS,
        *flags,
        "--top-module", top,
        *(f"-I{folder}" for folder in sorted(folders)),
        *(arg for folder in sorted(folders) for arg in ("-CFLAGS", f"-I{folder}")),
        *(f"-G{name}={value}" for name, value in sorted((params or {}).items())),
        *(f"-D{name}={value}" for name, value in sorted((defines or {}).items())),
    )  # fmt: skip
    make_args = (f"OPT_FAST={optimise}", f"OPT_GLOBAL={optimise}")
    return _Plan(kind, top, settings, make_args, files, files + tuple(sorted(headers)))


def _key(plan: _Plan, version: str) -> dict[str, object]:
    digests = {shown(file): hashlib.sha256(file.read_bytes()).hexdigest() for file in plan.hashed}
    return {
        "kind": plan.kind,
        "flags": plan.flags,
        "make": plan.make_args,
        "order": [shown(file) for file in plan.files],
        "files": digests,
        "verilator": version,
        "cocotb": cocotb.__version__,
        "python": platform.python_version(),
        # `-march=native` programs must not travel to another machine with the build folder.
        "machine": _processor() if plan.kind == "bare" else platform.machine(),
    }


def _processor() -> str:
    text = Path("/proc/cpuinfo").read_text()
    flags = re.search(r"^(?:flags|Features)\s*:(.*)$", text, flags=re.M)
    return hashlib.sha256(flags[1].encode()).hexdigest()[:16] if flags else platform.machine()


def _obtain(plan: _Plan, home: Path, waves: bool, coverage: bool) -> BuiltSim:
    start = time.monotonic()
    tools = toolchain.locate()
    key = _key(plan, tools.version)
    digest = hashlib.sha256(repr(key).encode()).hexdigest()[:12]
    name = f"{plan.top}-{digest}"
    folder = home / name
    fresh = False
    if not folder.exists():
        waiting = f"waiting for another build of {name}"
        with locked(home / ".locks" / name, waiting) as lock:
            if not folder.exists():
                _need_programs(tools.env)
                _make(plan, tools, key, folder, lock)
                fresh = True
    return BuiltSim(folder / "sim", plan.top, waves, coverage, fresh, time.monotonic() - start)


def _need_programs(env: Mapping[str, str]) -> None:
    for name, package in (("g++", "g++"), ("make", "make"), ("perl", "perl")):
        if shutil.which(name, path=env.get("PATH")) is None:
            raise BuildError(f"no {name} on PATH: apt-get install {package} (`make doctor` checks all)")


def _make(plan: _Plan, tools: toolchain.Toolchain, key: dict[str, object], folder: Path, lock: int) -> None:
    # One fixed name for each key: the caller holds its lock, and the compiler cache sees equal paths.
    part = folder.with_name(f".part-{folder.name}")
    shutil.rmtree(part, ignore_errors=True)
    objects = part / "objects"
    objects.mkdir(parents=True)
    log = folder.with_name(f"{folder.name}.log")
    env = {**tools.env, "LC_ALL": "C"}  # the errors that we look for are English
    # A make above us must not hand its job server or its variables to the compiler's make.
    for name in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES"):
        env.pop(name, None)
    if shutil.which("ccache"):
        env.update(OBJCACHE="ccache", CCACHE_BASEDIR=str(part.parent), CCACHE_NOHASHDIR="1")
    print(f"building {folder.name} (log: {shown(log)})", flush=True)
    verilate = [str(tools.verilator), *plan.flags, "--Mdir", str(objects), *map(str, plan.files)]
    compile_all = ["make", "-j2", "-C", str(objects), "-f", "Vtop.mk", *plan.make_args]
    shared = (objects, tools.version, plan.make_args, BUILD / "runtime")
    try:
        with log.open("w") as out:
            _run(verilate, env, out, log, lock)
            runtime.lend(*shared)
            _run(compile_all, env, out, log, lock)
        runtime.keep(*shared)
        (objects / "sim").rename(part / "sim")
        log.rename(part / "build.log")
        write_json(part / "key.json", key)
        shutil.rmtree(objects)
        part.rename(folder)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _run(command: list[str], env: dict[str, str], out: TextIO, log: Path, lock: int) -> None:
    print("+", shlex.join(command), file=out, flush=True)
    try:
        with children.group(
            command, lock, env=env, stdout=out, stderr=subprocess.STDOUT, cwd=ROOT
        ) as process:
            status = process.wait()
    except FileNotFoundError as missing:
        raise BuildError(f"cannot run {missing.filename}: run `make doctor`") from None
    if status:
        # What a program says of a full disk may itself not have found room in the log.
        if FULL in log.read_text(errors="replace") or shutil.disk_usage(log.parent).free < LEAST_FREE:
            raise OSError(errno.ENOSPC, FULL, str(log.parent))
        raise BuildError(f"{_first_error(log)} (log: {shown(log)})")


def _first_error(log: Path) -> str:
    lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
    first = next((line for line in lines if FIRST_ERROR.search(line)), lines[-1] if lines else "no message")
    return first.strip().replace(f"{ROOT}{os.sep}", "")
