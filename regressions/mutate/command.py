# SPDX-License-Identifier: Apache-2.0
"""``make mutate``: plant the listed bugs, run the kill list on each, print the table.

What was found stands in ``build/mutate/found.json`` under a digest of all that it depends on, and is not
found again: an interrupted table goes on where it stopped.
"""

import hashlib
import json
import os
import sys
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tqdm import tqdm

from regressions import registry
from regressions.build import BuildError
from regressions.mutate import listed, plant, table, trial
from regressions.mutate.listed import Listed, Mutant
from regressions.mutate.trial import Trial
from regressions.paths import BUILD, ROOT, locked, shown, write_json
from regressions.registry import RegistryError, number

REPORT = BUILD / "mutants.json"
MOST_JOBS = 256


def main(wanted: str, jobs: str) -> int:
    """Try the mutants that ``wanted`` names, ``jobs`` at a time; return 0 when the table is green.

    Raises RegistryError on a mistake in the call or the list, BuildError when nothing can be run.
    """
    everything = listed.load()
    chosen = listed.choose(everything.mutants, wanted)
    side_by_side = number("JOBS", jobs) if jobs else os.cpu_count() or 1
    if not 1 <= side_by_side <= MOST_JOBS:
        raise RegistryError(f"JOBS={jobs}: want 1 to {MOST_JOBS}")
    found = table.Table(everything, chosen)
    with locked(plant.HOME / ".lock", "waiting for another table"):
        try:
            attack(found, side_by_side, plant.HOME)
        finally:  # Ctrl-C too leaves what was found; a part asked for must not take the place of the rest
            known = Store(plant.HOME / "found.json", everything).known()
            table.Table(everything, everything.mutants, known).write(REPORT)
    print("\n".join(found.lines()))
    print(f"each mutant: {shown(REPORT)}")
    faults = found.faults()
    faults += [f"no bug makes {name} fail" for name in listed.unfired(everything.mutants)]
    for fault in faults:
        print(f"error: {fault}", file=sys.stderr)
    return 1 if faults else 0


def attack(found: table.Table, jobs: int, home: Path) -> None:
    """Try the mutants of ``found`` on the kill list, putting each trial there, and into ``home``, as it ends.

    Raises BuildError, also when a run of the kill list is red without any bug.
    """
    listed_all = found.listed
    bench = trial.ready(listed_all.kills, listed_all.mutants, home)
    store = Store(home / "found.json", listed_all)
    known = store.known()
    found.trials.update({mutant.id: known[mutant.id] for mutant in found.mutants if mutant.id in known})
    left = {mutant.id: mutant for mutant in found.mutants if mutant.id not in found.trials}
    if not left:
        return
    bench.build()
    if not store.green:
        for kill in bench.kills:
            if reason := bench.run(kill, None):
                raise BuildError(f"{kill.name} of the kill list is red without any bug: {reason}")
        store.green = True
    try:
        with tqdm(total=len(found.mutants), initial=len(found.trials), unit=" mutants", disable=None) as bar:
            for one in trial.side_by_side(bench, list(left.values()), jobs):
                found.trials[one.id] = one
                store.put(left[one.id], one)
                bar.update()
    except BrokenProcessPool:
        raise BuildError("a process that ran a mutant was killed; what was found is kept") from None


class Store:
    """Results that stay true as long as nothing they depend on changes."""

    def __init__(self, path: Path, everything: Listed) -> None:
        """Read what is at ``path``; an unreadable file holds nothing."""
        self.path = path
        self.mutants = everything.mutants
        self.state = digest(everything)
        try:
            data = json.loads(path.read_text())
        except (FileNotFoundError, json.JSONDecodeError):
            data = {}
        same = isinstance(data, dict) and data.get("state") == self.state
        self.data: dict[str, Any] = data if same else {"state": self.state, "green": False, "trials": {}}

    @property
    def green(self) -> bool:
        """Whether the kill list was green without any bug."""
        return self.data["green"]

    @green.setter
    def green(self, value: bool) -> None:
        self.data["green"] = value
        write_json(self.path, self.data)

    def get(self, mutant: Mutant) -> Trial | None:
        """What was found of ``mutant``."""
        found = self.data["trials"].get(self._key(mutant))
        return Trial(**found) if found else None

    def known(self) -> dict[int, Trial]:
        """All that was found of the listed mutants, by their numbers."""
        return {mutant.id: found for mutant in self.mutants if (found := self.get(mutant))}

    def put(self, mutant: Mutant, found: Trial) -> None:
        """Keep what was found of ``mutant``."""
        self.data["trials"][self._key(mutant)] = asdict(found)
        write_json(self.path, self.data)

    @staticmethod
    def _key(mutant: Mutant) -> str:
        return repr(
            (mutant.id, mutant.file, mutant.old, mutant.new, mutant.within, mutant.alone, mutant.fires)
        )


def digest(everything: Listed) -> str:
    """Return a digest of what a trial depends on: sources, bench, model, tools and the kill list."""
    folders = [path for name in ("rtl", "tb", "models") for path in (ROOT / name).rglob("*")]
    tools = [*(ROOT / "regressions").glob("*.py"), registry.TESTS, *Path(__file__).parent.glob("*.py")]
    text = hashlib.sha256(repr(everything.kills).encode())
    for path in sorted({*folders, *tools}):
        if path.is_file() and not {"__pycache__", "tests"} & set(path.parts):
            text.update(
                f"{path.relative_to(ROOT)} {hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode()
            )
    return text.hexdigest()
