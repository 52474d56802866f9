# SPDX-License-Identifier: Apache-2.0
"""One planted bug against the kill list, each run a simulation judged as any other; and many side by side."""

import contextlib
import io
import multiprocessing
import re
import signal
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from dataclasses import dataclass, field, replace
from pathlib import Path

from regressions import launch, registry
from regressions.build import BuildError
from regressions.mutate import plant
from regressions.mutate.listed import Kill, Mutant
from regressions.registry import Test

# Warnings of Verilator are about the bugs; what chooses them must not be stopped by one.
FLAGS = ("-Wno-fatal", "-Wno-lint", "-Wno-style")
# A run that computes for longer hangs: a good one takes less than 5 s. Time on the wall would depend on what
# else runs on the machine; it is only for a run that computes nothing.
CPU_S, LIMIT_S = 15, 600.0
# A run ends with the first assertion that fails, but with so many where certain ones are wanted.
FAILURES = 2000
FIRED = re.compile(r"%Error: (\w+)\.sv:\d+: Assertion failed in \S+\.(\w+): ")


@dataclass(frozen=True)
class Trial:
    """What became of one bug: the run that went red, why, and the assertions that failed in it; or empty."""

    id: int
    killed_by: str
    reason: str
    seconds: float
    fired: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Bench:
    """The kill list made ready, its results in ``home``."""

    kills: tuple[Kill, ...]
    tests: dict[str, Test]  # by the name of the kill-list entry: as they are
    planted: dict[str, Test]  # the same on sources that hold all bugs
    home: Path

    def build(self) -> None:
        """Compile the planted sources, once for each set of parameters. Raises BuildError."""
        for test in self.planted.values():
            launch.built(test)

    def attack(self, mutant: Mutant, first_only: bool = False) -> Trial:
        """Run the kill list on ``mutant`` until one run is red.

        Its known killer goes first, and is all with ``first_only``.
        """
        start = time.monotonic()
        order = sorted(self.kills, key=lambda kill: kill.name != mutant.killer)
        for kill in order[:1] if first_only else order:
            reason = self.run(kill, mutant)
            if mutant.twice and not first_only and bool(self.run(kill, mutant, alone=True)) != bool(reason):
                raise BuildError(f"{kill.name} finds mutant {mutant.id} beside the others or alone, not both")
            if reason:
                seconds = round(time.monotonic() - start, 1)
                log = self._home(kill, mutant) / kill.test / str(kill.seed) / "sim.log"
                return Trial(mutant.id, kill.name, reason, seconds, fired(log.read_text(errors="replace")))
        return Trial(mutant.id, "", "", round(time.monotonic() - start, 1))

    def run(self, kill: Kill, mutant: Mutant | None, alone: bool = False) -> str:
        """Run ``kill`` on ``mutant`` (none: without any bug); return why it is red, empty when it is not.

        Raises BuildError when something else than a limit killed its simulator.

        ``alone``: compile the bug by itself, even if it need not be.
        """
        number = mutant.id if mutant else 0
        if mutant and (alone or mutant.alone):
            original = self.tests[kill.name]
            test = _on(original, plant.alone(original.build.sources, mutant))
        else:
            test = self.planted[kill.name]
        plusargs = [f"+mutant={number}"]
        if mutant and mutant.fires:
            plusargs.append(f"+verilator+error+limit+{FAILURES}")
        said, home = f"make mutate MUTANTS={number}", self._home(kill, mutant, alone)
        with contextlib.redirect_stdout(io.StringIO()):
            result = launch.run(test, kill.seed, said, home=home, plusargs=plusargs, cpu_s=CPU_S)
        if "signal" in result:  # it says nothing of the bug
            what = f"mutant {number}" if mutant else "no bug"
            raise BuildError(f"{kill.name} with {what}: its simulator was killed by {result['signal']}")
        return result.get("reason", "")

    def _home(self, kill: Kill, mutant: Mutant | None, alone: bool = False) -> Path:
        """Where the run of ``kill`` on ``mutant`` leaves its results."""
        place = "0" if mutant is None else f"{mutant.id}.alone" if alone or mutant.alone else str(mutant.id)
        return self.home / "runs" / place / kill.name


def fired(log: str) -> list[str]:
    """The assertions, as module.label, that failed in the run with this ``log``, in order."""
    return list(dict.fromkeys(f"{module}.{label}" for module, label in FIRED.findall(log)))


def ready(kills: Sequence[Kill], mutants: Sequence[Mutant], home: Path) -> Bench:
    """Write the planted sources and find the tests. RegistryError when a bug or a test does not fit."""
    known = registry.load()
    tests = {kill.name: registry.configure(registry.find(known, kill.test), kill.settings) for kill in kills}
    planted = {name: _on(test, plant.together(test.build.sources, mutants)) for name, test in tests.items()}
    return Bench(tuple(kills), tests, planted, home)


def _on(test: Test, sources: tuple[Path, ...]) -> Test:
    design = replace(test.build, sources=sources, extra_args=(*test.build.extra_args, *FLAGS))
    return replace(test, build=design, limit_s=LIMIT_S)


def side_by_side(
    bench: Bench, mutants: Sequence[Mutant], jobs: int, first_only: bool = False
) -> Iterator[Trial]:
    """Try ``mutants`` in ``jobs`` processes, as `Bench.attack` does, and give each trial as it ends.

    Leaving early, as by Ctrl-C, stops what is under way. Raises what a trial raised, as BuildError.
    """
    left = list(reversed(mutants))
    with ProcessPoolExecutor(jobs, initializer=_deaf) as pool:
        try:
            running = {pool.submit(bench.attack, left.pop(), first_only) for _ in range(min(jobs, len(left)))}
            while running:
                done, running = wait(running, return_when=FIRST_COMPLETED)
                for future in done:
                    if left:  # one at a time: a process must not have another waiting when it is stopped
                        running.add(pool.submit(bench.attack, left.pop(), first_only))
                    yield future.result()
        except BaseException:
            for child in multiprocessing.active_children():
                child.terminate()  # its simulator dies with it (children.py)
            raise


def _deaf() -> None:
    """Ctrl-C is for the process above, which then terminates this one."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
