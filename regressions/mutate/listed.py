# SPDX-License-Identifier: Apache-2.0
"""The list of planted bugs and of the runs that shall find them: ``mutants.toml`` read and checked."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from regressions import tables
from regressions.paths import ROOT, shown
from regressions.registry import RegistryError
from regressions.tables import FLAG, PERCENT, TEXT, WHOLE, WORDS

MUTANTS = ROOT / "regressions" / "mutants.toml"
FOLDERS = (ROOT / "rtl", ROOT / "rtl" / "regs", ROOT / "tb" / "harness")  # of planted sources
ASSERTION = re.compile(r"`MUR_(?:ASSERT|ASSERT_NEXT|ASSERT_HELD|EXPECT)\((\w+),")
EQUIVALENT, BOUNDED = "equivalent", "bounded, not found"
VERDICTS = ("", EQUIVALENT, BOUNDED)
KILL = {"name": WORDS, "test": TEXT, "settings": {"*": TEXT}, "seed?": WHOLE}
MUTANT = {
    "id": WHOLE, "file": TEXT, "old": WORDS, "new": TEXT, "bug": TEXT, "within?": TEXT, "alone?": FLAG,
    "twice?": FLAG, "killer?": TEXT, "fires?": [TEXT], "sample?": FLAG, "verdict?": TEXT, "proof?": TEXT,
}  # fmt: skip


@dataclass(frozen=True)
class Kill:
    """One run of the kill list: a registered test with its settings (texts) and seed."""

    name: str
    test: str
    settings: dict[str, str]
    seed: int = 1


@dataclass(frozen=True)
class Mutant:
    """One planted bug: ``old`` of ``file`` (in one of FOLDERS) becomes ``new``.

    ``old`` is an expression, or a statement with its semicolon, and occurs once in the file, or once in
    ``within``, which does. ``alone``: it is no expression that may be chosen at run time (a declaration, a
    constant), so it is compiled by itself; ``twice``: it is so too, and must end the same. ``killer`` names
    the run of the kill list to try first; in it the assertions ``fires`` must fail, module.label each.
    """

    id: int
    file: str
    old: str
    new: str
    bug: str
    within: str = ""
    alone: bool = False
    twice: bool = False
    killer: str = ""
    fires: Sequence[str] = ()
    sample: bool = False
    verdict: str = ""
    proof: str = ""

    @property
    def change(self) -> str:
        """The change in one line."""
        return " ".join(self.old.split()) + " -> " + (" ".join(self.new.split()) or "(nothing)")

    @property
    def statement(self) -> bool:
        """Whether a whole statement changes."""
        return re.search(r"(;|\bend)$", self.old) is not None


@dataclass(frozen=True)
class Place:
    """Where a bug lies in its file: characters ``start`` to ``end``, from line ``line`` on."""

    start: int
    end: int
    line: int


@dataclass(frozen=True)
class Listed:
    """The whole list, in its order."""

    goal: float  # per cent of those not proven equivalent
    kills: tuple[Kill, ...]
    mutants: tuple[Mutant, ...]


def load(path: Path = MUTANTS) -> Listed:
    """Return what ``path`` lists. Raises RegistryError on a mistake in it."""
    data = tables.read(path, {"goal": PERCENT, "kill": [KILL], "mutant": [MUTANT]})
    kills = tuple(Kill(**entry) for entry in data["kill"])
    mutants = tuple(Mutant(**entry) for entry in data["mutant"])
    for what in ("kill", "mutant"):
        if not data[what]:
            raise RegistryError(f"{shown(path)}: {what} is empty, want one or more")
    names: list = [kill.name for kill in kills]
    ids: list = [mutant.id for mutant in mutants]
    for many, what in ((names, "run of the kill list"), (ids, "mutant")):
        for one in many:
            if many.count(one) > 1:
                raise RegistryError(f"{shown(path)}: {what} {one} is listed twice")
    for mutant in mutants:
        where = f"{shown(path)}: mutant {mutant.id}"
        if mutant.id < 1:
            raise RegistryError(f"{where}: want a number of 1 or more, 0 is no mutant")
        if mutant.killer not in ("", *names):
            raise RegistryError(f"{where}: killer {mutant.killer!r} is no run of the kill list")
        if mutant.verdict not in VERDICTS or bool(mutant.verdict) != bool(mutant.proof):
            raise RegistryError(f"{where}: want a verdict of {VERDICTS[1:]} with a proof, or neither")
        if mutant.fires and not mutant.killer:
            raise RegistryError(f"{where}: one that makes an assertion fail names its killer")
        if mutant.sample and (not mutant.killer or mutant.alone):
            raise RegistryError(f"{where}: one of the sample names its killer and is not compiled alone")
        if mutant.old == mutant.new:
            raise RegistryError(f"{where}: changes nothing")
    return Listed(float(data["goal"]), kills, mutants)


def locate(mutant: Mutant, text: str) -> Place:
    """Return where ``mutant`` lies in ``text``, its file. RegistryError when it fits nowhere, or twice."""
    start = _once(mutant, text, mutant.within) if mutant.within else 0
    start += _once(mutant, mutant.within or text, mutant.old)
    return Place(start, start + len(mutant.old), text.count("\n", 0, start) + 1)


def _once(mutant: Mutant, text: str, wanted: str) -> int:
    if (count := text.count(wanted)) != 1:
        raise RegistryError(
            f"mutant {mutant.id}: {mutant.file} has {count} times what it changes, want once: {wanted!r}"
        )
    return text.index(wanted)


def source(file: str) -> Path:
    """Return where the source ``file`` is. RegistryError when it is in none of FOLDERS."""
    for folder in FOLDERS:
        if (folder / file).is_file():
            return folder / file
    raise RegistryError(f"mutants.toml: no file {file} in {' or '.join(map(shown, FOLDERS))}")


def read(file: str) -> str:
    """Return the text of the source ``file``. RegistryError when there is none."""
    return source(file).read_text()


def assertions() -> set[str]:
    """Every assertion of the sources that bugs are planted in, as module.label."""
    paths = [path for folder in FOLDERS for path in folder.glob("*.sv")]
    return {f"{path.stem}.{label}" for path in paths for label in ASSERTION.findall(path.read_text())}


def unfired(mutants: Sequence[Mutant]) -> list[str]:
    """The assertions that no bug of ``mutants`` shall make fail."""
    return sorted(assertions() - {name for mutant in mutants for name in mutant.fires})


def choose(mutants: Sequence[Mutant], wanted: str) -> tuple[Mutant, ...]:
    """Return the mutants that ``wanted`` names, all when it is empty.

    It is a list of ids, modules and the word `sample`, with commas. RegistryError for one that names none.
    """
    if not wanted:
        return tuple(mutants)
    chosen: set[int] = set()
    for word in wanted.split(","):
        found = {
            mutant.id
            for mutant in mutants
            if word in (str(mutant.id), Path(mutant.file).stem) or (word == "sample" and mutant.sample)
        }
        if not found:
            raise RegistryError(
                f"MUTANTS={wanted}: {word!r} is no id of mutants.toml, module with one, or sample"
            )
        chosen |= found
    return tuple(mutant for mutant in mutants if mutant.id in chosen)
