# SPDX-License-Identifier: Apache-2.0
"""``make waves``: GTKWave on a run, with the save file that was made for it when it ran with WAVES=1.

The save file lists what regressions/wave_groups.py chooses, with the widths and the names of codes that the
FST itself gives, and puts the marker where the run first left its model or broke an assertion.
"""

import json
import math
import os
import re
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pywellen

from regressions import registry
from regressions.paths import BUILD, shown
from regressions.wave_groups import BINARY, ENUM, HEX, Group, groups
from tb.divergence import rerun_with_waves

CLOCK_NS, EDGE_NS = 10, 5  # period and first rising edge of the clock of tb/harness/mur_harness.sv
TOP = "mur_harness"
NUMBERS = ("Int", "LongInt", "Integer", "ShortInt")
FST, SAVE = "waves.fst", "waves.gtkw"
SCRIPT = Path(__file__).with_name("gtkwave.tcl")
# Of the window, in pixels. A cycle has room for the text of an event, the names for their values beside them.
WINDOW, NAMES, PIXELS_A_CYCLE = (1500, 960), 480, 165
NOTE_CHARS = 30  # a line of the note, no longer than the longest name
PIXELS_AT_ZOOM_0 = 200  # that GTKWave gives a nanosecond; each step of zoom doubles it
CYCLES_BEFORE = 4  # of the marker, at the left edge
# GTKWave's bits of a trace's format (analyzer.h): these are of groups, not of values.
RIGHT, BLANK, HIDDEN, CLOSED, BEGIN, END = 0x20, 0x200, 1 << 12, 1 << 22, 1 << 23, 1 << 24
ASSERTED = re.compile(r"^\[(\d+)\] %(?:Error|Fatal): (.*)", re.M)  # time in nanoseconds, what it says


@dataclass(frozen=True)
class Trace:
    """One line of the save file: a signal of the FST."""

    path: str
    width: int
    ranged: bool  # GTKWave names a vector with its range, but not a number (int, longint)
    format: int  # GTKWave's flags
    alias: str

    def lines(self) -> list[str]:
        """As the save file has it."""
        # A word of an array: Verilator names it x[0] inside a scope x, what wellen reads as x.[0].
        name = re.sub(r"([^.]+)\.(\[\d+\])$", r"\1.\1\2", self.path)
        name = f"{name}[{self.width - 1}:0]" if self.ranged else name
        return [f"@{self.format | RIGHT:x}", f"+{{{self.alias}}} {name}"]


def time_of(cycle: int) -> int:
    """A time at which every signal shows its value of ``cycle``: the falling edge inside it, in nanoseconds.

    A record's cycle is what `cycle` of the harness showed before the edge that made it; cycle 1 begins with
    the first rising edge.
    """
    return CLOCK_NS * cycle


def cycle_of_assertion(time_ns: int) -> int:
    """The cycle whose values an assertion saw at the rising edge at ``time_ns``."""
    return (time_ns - EDGE_NS) // CLOCK_NS


def trouble(out_dir: Path) -> tuple[int, str] | None:
    """Cycle and sentence of what first went wrong in the run of ``out_dir``; None if that has no cycle."""
    log = out_dir / "sim.log"
    if log.exists() and (found := ASSERTED.search(log.read_text(errors="replace"))):
        return cycle_of_assertion(int(found[1])), re.sub(r"Assertion failed in (\S+\.)?", "", found[2])
    outcome = out_dir / "outcome.json"
    divergence = json.loads(outcome.read_text()).get("divergence") if outcome.exists() else None
    return (divergence["cycle"], divergence["sentence"]) if divergence else None


class Waves:
    """The FST of one run: its signals' paths, widths and codes, and their values at a cycle."""

    def __init__(self, path: Path) -> None:
        """Read the names; ValueError when the file is not whole, as when the simulator was killed."""
        if not _whole(path):
            raise ValueError(f"{shown(path)} is not whole: the simulator was stopped while it wrote it")
        self.vars = {var.full_name: var for var in pywellen.Waveform(str(path)).all_vars()}

    def value(self, path: str, cycle: int) -> int:
        """What the signal ``path`` shows in ``cycle``; KeyError if there is none of that name."""
        value = self.vars[path].signal.value_at(time_of(cycle))
        return 0 if value is None else int(value)

    def text(self, path: str, cycle: int) -> str:
        """The same of a signal that holds a text."""
        value = self.value(path, cycle)
        return value.to_bytes((value.bit_length() + 7) // 8, "big").decode("ascii")

    def codes(self, path: str) -> dict[int, str]:
        """The names of the values of an enumeration; empty for other signals."""
        kind = self.vars[path].enum_type
        return {int(code, 2): name for code, name in kind[1]} if kind else {}


def _whole(path: Path) -> bool:
    """Whether the FST's header has been written to its end: an open file still has an end time of zero."""
    if not path.exists():
        return False
    with path.open("rb") as handle:
        head = handle.read(25)
    return len(head) == 25 and head[0] == 0 and int.from_bytes(head[17:25], "big") > 0


def missing(waves: Waves) -> list[str]:
    """Paths that regressions/wave_groups.py names and the design has not."""
    rows = (row for group in all_groups(waves) for row in group.rows)
    return [path for row in rows if (path := f"{TOP}.{row.path}") not in waves.vars]


def all_groups(waves: Waves) -> tuple[Group, ...]:
    """The groups for the build that made ``waves``."""
    return groups(waves.value(f"{TOP}.RESULT_W", 0) // 32)


def traces(waves: Waves, group: Group) -> Iterator[Trace]:
    """The traces of ``group`` that the FST has, in order."""
    for row in group.rows:
        path = f"{TOP}.{row.path}"
        if path not in waves.vars:
            continue  # write_save says so
        var = waves.vars[path]
        wanted = ENUM if waves.codes(path) else row.format
        if var.bitwidth == 1 and wanted == HEX:
            wanted = BINARY
        ranged = var.bitwidth > 1 and var.var_type not in NUMBERS
        yield Trace(path, var.bitwidth, ranged, wanted, row.alias)


def save_text(waves: Waves, marker: int | None, note: str = "", start: int = 0) -> str:
    """The save file; ``marker`` and ``start`` are cycles, ``note`` is shown above the traces."""
    first = max((start if marker is None else marker) - CYCLES_BEFORE, 0)
    zoom = math.log2(PIXELS_A_CYCLE / CLOCK_NS / PIXELS_AT_ZOOM_0)
    at = -1 if marker is None else time_of(marker)
    lines = [
        f"[timestart] {time_of(first)}",
        "[size] {} {}".format(*WINDOW),
        "[pos] -1 -1",
        f"*{zoom:.6f} {at}" + " -1" * 26,
        f"[signals_width] {NAMES}",
        "[sst_expanded] 0",
    ]
    for line in textwrap.wrap(note, NOTE_CHARS):
        lines += [f"@{BLANK:x}", f"-{line}"]
    for group in all_groups(waves):
        shut = 0 if group.open else CLOSED
        hidden = 0 if group.open else HIDDEN
        lines += [f"@{BEGIN | BLANK | shut:x}", f"-{group.title}"]
        for trace in traces(waves, group):
            lines += trace.lines()
        lines += [f"@{END | BLANK | shut | hidden:x}", f"-{group.title}"]
    return "\n".join(lines) + "\n"


def _first_frame(waves: Waves, cycles: int) -> int:
    """The cycle in which the first frame begins; 0 if none does."""
    name = f"{TOP}.dut.u_core.tap_o.frame_start"
    return next((cycle for cycle in range(cycles) if waves.value(name, cycle)), 0)


def write_save(out_dir: Path) -> None:
    """Make the save file of the run in ``out_dir``, beside its FST. ValueError when that is not whole."""
    waves = Waves(out_dir / FST)
    if lost := missing(waves):
        print(f"{SAVE} leaves out what the design has not: {', '.join(lost)}", flush=True)
    found = trouble(out_dir)
    outcome = out_dir / "outcome.json"
    cycles = json.loads(outcome.read_text()).get("cycles", 0) if outcome.exists() else 0
    if found:
        text = save_text(waves, found[0], found[1])
    else:
        text = save_text(waves, None, start=_first_frame(waves, cycles))
    (out_dir / SAVE).write_text(text)


def _refusal(name: str, seed: int, out_dir: Path) -> str:
    """Why there is nothing to open; empty if there is."""
    command = f"make sim TEST={name} SEED={seed} WAVES=1"
    job = out_dir / "job.json"
    if not job.exists():
        return f"no run of {name} with seed {seed}: `{command}` first"
    if not (out_dir / FST).exists():
        rerun = json.loads(job.read_text())["rerun"]
        return f"the run in {shown(out_dir)} has no waves: `{rerun_with_waves(rerun)}` writes them"
    if not (out_dir / SAVE).exists():
        return f"the run in {shown(out_dir)} was stopped while it wrote its waves: `{command}` again"
    if shutil.which("gtkwave") is None:
        return "no gtkwave on PATH: `apt-get install gtkwave`"
    if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return f"no DISPLAY to open a window on; the files are {shown(out_dir / FST)} and {SAVE} beside it"
    return ""


def main(name: str, seed: int, home: Path = BUILD) -> int:
    """Open GTKWave and wait for its end; 1, after one line that says why, when that cannot be."""
    registry.find(registry.load(), name)
    out_dir = home / name / str(seed)
    if refusal := _refusal(name, seed, out_dir):
        print(f"error: {refusal}", file=sys.stderr)
        return 1
    files: list[str | Path] = ["--dump", out_dir / FST, "--save", out_dir / SAVE, "--script", SCRIPT]
    command = ["gtkwave", *files]
    if done := subprocess.run(command, check=False).returncode:
        print(f"error: gtkwave ended with status {done}", file=sys.stderr)
        return 1
    return 0
