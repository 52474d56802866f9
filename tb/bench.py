# SPDX-License-Identifier: Apache-2.0
"""`make bench`: how fast the design is in cycles and the bench in seconds, against floors and aims.

Seconds are processor time of one thread, so that another program on the machine does not count. The bare
simulator is the same harness with the same assertions without Python, VPI and timing, replaying what the
taped run did; both must leave the same results. Figures go to build/bench.json.
"""

import json
import os
import platform
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from models import corpora
from models.networks import trained
from regressions import launch, registry, toolchain
from regressions.build import build_bare
from regressions.flow import data, rtl
from regressions.paths import BUILD, ROOT, write_json

FRAMES, UTTERANCES = 2000, 20
RECORDINGS = 200  # of those that R1 has not heard, evenly spaced
# Which of these gives the fastest program depends on the processor, so all are tried.
BARE_FLAGS = ("-O3", "-O3 -march=native", "-O2")
TRIES = 3  # the best counts: anything else on the machine only makes a run slower


class BenchError(Exception):
    """A run of the bench was red, or the bare simulator did something else."""


@dataclass(frozen=True)
class Figure:
    """One line of the table; floor and aim are None where there is none."""

    group: str
    name: str
    about: str
    floor: float | None = None
    aim: float | None = None
    more_is_better: bool = False

    def reaches(self, value: float, bound: float | None) -> bool:
        """Whether ``value`` is at ``bound`` or better."""
        return bound is None or (value >= bound if self.more_is_better else value <= bound)


FIGURES = (
    Figure("r0", "cycles_per_frame", "R0, start to start, all results leaving", 800, 650),
    Figure("r0", "overhead", "R0, cycles beyond the events of the busier set", aim=25),
    Figure("r0", "adder_utilisation", "R0, additions done of those possible", more_is_better=True),
    Figure("r0", "latency_cycles", "R0, last beat in to END out, one frame alone"),
    Figure("r1", "cycles_per_frame", "R1, trained, 1,920 outputs, on recorded speech", aim=300),
    Figure("digits", "cycles_per_frame", "digits network on ten spoken words", 350, 250),
    Figure("sim", "frames_per_s", "R0 frames checked, model included, one core", 500, 1000, True),
    Figure("sim", "cycles_per_s", "simulated with Python and taps, model apart", more_is_better=True),
    Figure("sim", "ratio_to_bare", "the same, of the bare C++ simulator", 0.35, 0.5, True),
)


def _run(name: str, home: Path, **settings: object) -> dict:
    """The outcome of one green run of the test ``name``, with its lanes."""
    test = registry.find(registry.load(), name)
    test = registry.configure(test, {key: str(value) for key, value in settings.items()})
    result = launch.run(test, 1, f"make sim TEST={name}", home=home)
    if result["status"] != "pass":
        raise BenchError(f"{name} is red: {result['reason']}")
    outcome = json.loads((home / name / "1" / "outcome.json").read_text())
    return outcome | {"lanes": int(test.build.params["LANES"])}


def _bare(tape: Path, taped: dict) -> float:
    """Cycles a second of the fastest bare simulator on ``tape``; BenchError when one leaves other results."""
    design = registry.find(registry.load(), "r0").build
    sims = [
        build_bare(
            design.top, design.sources, ROOT / "tb" / "harness" / "bare_main.cpp", params=design.params,
            defines={"MUR_BARE": 1}, dpi_sources=design.dpi_sources, include_dirs=design.include_dirs,
            optimise=flags,
        )
        for flags in BARE_FLAGS
    ]  # fmt: skip
    best = 0.0
    for sim in sims * TRIES:
        done = subprocess.run([str(sim.exe), str(tape)], capture_output=True, text=True, check=False)
        if done.returncode:
            raise BenchError(f"the bare simulator failed: {(done.stderr or done.stdout).strip()[-500:]}")
        found = json.loads(done.stdout.splitlines()[-1])
        if found["signature"] != taped["signature"] or found["frames"] != FRAMES:
            raise BenchError(f"the bare simulator left other results: {found}")
        best = max(best, found["cycles"] / found["cpu_s"])
    return best


def _r1(recordings: str, home: Path) -> dict[str, float]:
    """R1 on recordings that it was not trained on; nothing without a folder of them."""
    if not recordings:
        print("skipped: r1.cycles_per_frame is of recorded speech: make bench DATA=dir", flush=True)
        return {}
    try:
        with data.wrong():
            sound, network = corpora.read("states", recordings), trained("states")
        found = data.unheard(sound, network, RECORDINGS, any_label=True)
        run = rtl.run(network, found.features, home=home)
    except registry.RegistryError as error:
        raise BenchError(str(error)) from None
    return {"cycles_per_frame": run.cycles_per_frame, "frames": run.ledger["FRAMES"]}


def measure(recordings: str = "", home: Path = BUILD / "bench") -> dict[str, dict[str, float]]:
    """All figures by group and name; `recordings` is a folder of words."""
    r1 = _r1(recordings, home)
    runs = [_run("r0", home, frames=FRAMES, utterances=UTTERANCES, tape=1) for _ in range(TRIES)]
    r0 = runs[0]
    speed = max(run["stream_cycles"] / run["stream_s"] for run in runs)
    bare = _bare(home / "r0" / "1" / "tape.bin", r0)
    speech = _run("speech", home)
    cycles = r0["cycles_per_frame"]
    return {
        "r0": {
            "cycles_per_frame": cycles,
            "overhead": round(cycles - r0["event_cycles_per_frame"], 2),
            "adder_utilisation": round(r0["ledger"]["ADDS"] / r0["frames"] / (2 * r0["lanes"] * cycles), 4),
            "latency_cycles": r0["latency_cycles"],
        },
        **({"r1": r1} if r1 else {}),
        "digits": {
            "cycles_per_frame": speech["cycles_per_frame"],
            "latency_cycles": speech["latency_cycles"],
        },
        "sim": {
            "frames_per_s": max(run["checked_frames_per_s"] for run in runs),
            "cycles_per_s": round(speed),
            "bare_cycles_per_s": round(bare),
            "ratio_to_bare": round(speed / bare, 3),
        },
    }


def _machine() -> dict[str, object]:
    info = Path("/proc/cpuinfo")
    names = [line.partition(":")[2].strip() for line in info.read_text().splitlines() if "model name" in line]
    return {
        "processor": names[0] if names else platform.machine(),
        "cores": os.cpu_count(),
        "load": os.getloadavg()[0],
        "python": platform.python_version(),
        "verilator": toolchain.locate().version,
    }


def table(figures: dict[str, dict[str, float]]) -> tuple[list[str], list[str]]:
    """The lines to print, and the names of the figures below their floor."""
    lines = [f"{'figure':<24}{'value':>12}{'floor':>9}{'aim':>9}  {'':<14}"]
    missed = []
    for figure in FIGURES:
        if figure.group not in figures:
            continue
        value, name = figures[figure.group][figure.name], f"{figure.group}.{figure.name}"
        if not figure.reaches(value, figure.floor):
            missed.append(name)
            verdict = "below floor" if figure.more_is_better else "over floor"
        elif figure.aim is None:
            verdict = ""
        else:
            verdict = "aim reached" if figure.reaches(value, figure.aim) else "floor held"
        bounds = "".join(
            f"{'' if bound is None else f'{bound:g}':>9}" for bound in (figure.floor, figure.aim)
        )
        lines.append(f"{name:<24}{value:>12,}{bounds}  {verdict:<14}{figure.about}")
    return lines, missed


def main(recordings: str = "") -> int:
    """Measure, print, write build/bench.json; 1 when a floor is missed or a run was red."""
    try:
        figures = measure(recordings)
    except BenchError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    lines, missed = table(figures)
    date = datetime.now(UTC).isoformat(timespec="seconds")
    write_json(BUILD / "bench.json", {"date": date, "machine": _machine(), **figures, "missed": missed})
    print("\n".join(lines))
    print(f"written: {(BUILD / 'bench.json').relative_to(ROOT)}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
