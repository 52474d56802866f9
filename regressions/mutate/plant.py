# SPDX-License-Identifier: Apache-2.0
"""Sources with bugs in them: copies in which ``+mutant=N`` chooses one, or holds one by itself.

An expression becomes ``(mur_mutant::id == N ? (new) : (old))``, a statement an ``if`` around both, on the
lines they were. The package's ``id`` has its value before anything runs, and 0, which is no bug, without
``+mutant``.
"""

from collections.abc import Sequence
from pathlib import Path

from regressions.mutate.listed import FOLDERS, Mutant, Place, locate, read
from regressions.paths import BUILD
from regressions.registry import RegistryError

HOME = BUILD / "mutate"
PACKAGE = """\
// SPDX-License-Identifier: Apache-2.0
// mur_mutant: which planted bug this run has; 0 is none.
package mur_mutant;
  function automatic int chosen();
    int number;
    if ($value$plusargs("mutant=%d", number) == 0) number = 0;
    return number;
  endfunction
  int id = chosen();
endpackage
"""


def together(originals: Sequence[Path], mutants: Sequence[Mutant]) -> tuple[Path, ...]:
    """Write planted sources; return ``originals`` with them in place, and what chooses first.

    All ``mutants`` that are not to be compiled alone are planted. RegistryError when one does not fit.
    """
    chosen = [mutant for mutant in mutants if not mutant.alone]
    folder = HOME / "rtl"
    texts = {"mur_mutant.sv": PACKAGE}
    for file in sorted({mutant.file for mutant in chosen}):
        here = [mutant for mutant in chosen if mutant.file == file]
        texts[file] = _at_run_time(read(file), here)
    return (folder / "mur_mutant.sv", *_replaced(originals, texts, folder))


def alone(originals: Sequence[Path], mutant: Mutant) -> tuple[Path, ...]:
    """Write the one file that holds ``mutant`` and nothing else; return ``originals`` with it in place."""
    text = read(mutant.file)
    place = locate(mutant, text)
    new = mutant.new if mutant.alone or mutant.statement else f"({mutant.new})"
    changed = text[: place.start] + _on_lines(new, mutant.old) + text[place.end :]
    return _replaced(originals, {mutant.file: changed}, HOME / "alone" / str(mutant.id))


def _replaced(originals: Sequence[Path], texts: dict[str, str], folder: Path) -> tuple[Path, ...]:
    folder.mkdir(parents=True, exist_ok=True)
    for file, text in texts.items():
        part = folder / f".{file}"  # a build that runs beside us reads the whole file or the one before
        part.write_text(text)
        part.replace(folder / file)
    return tuple(
        folder / path.name if path.parent in FOLDERS and path.name in texts else path for path in originals
    )


def _at_run_time(text: str, mutants: Sequence[Mutant]) -> str:
    """``text`` with all ``mutants``, one inside another where their places are."""
    places: dict[Place, list[Mutant]] = {}
    for mutant in mutants:
        places.setdefault(locate(mutant, text), []).append(mutant)
    order = sorted(places, key=lambda place: (place.start, -place.end))
    for at, place in enumerate(order):
        for later in order[at + 1 :]:
            if later.start < place.end < later.end:
                ids = [mutant.id for both in (place, later) for mutant in places[both]]
                raise RegistryError(f"mutants {ids}: their places overlap, want one inside the other")
    return _render(text, 0, len(text), order, places)


def _render(text: str, start: int, end: int, order: list[Place], places: dict[Place, list[Mutant]]) -> str:
    """The part ``start`` to ``end`` of ``text``; ``order`` are the places in it, outer ones first."""
    parts, at = [], start
    while order:
        place, *order = order
        inside = [other for other in order if other.start < place.end]
        order = order[len(inside) :]
        old = _render(text, place.start, place.end, inside, places)
        for mutant in places[place]:
            new = " ".join(mutant.new.split())
            test = f"mur_mutant::id == {mutant.id}"
            if mutant.statement:
                old = f"begin if ({test}) begin {new} end else begin {old} end end"
            else:
                old = f"({test} ? ({new}) : ({old}))"
        parts += [text[at : place.start], old]
        at = place.end
    return "".join([*parts, text[at:end]])


def _on_lines(new: str, old: str) -> str:
    """``new`` on as many lines as ``old`` had, so that what follows keeps its line."""
    return " ".join(new.split()) + "\n" * old.count("\n")
