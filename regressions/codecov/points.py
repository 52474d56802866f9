# SPDX-License-Identifier: Apache-2.0
"""What a simulator counted: Verilator's ``coverage.dat``.

Each line is ``C 'keys' count``; the keys are pairs ``\\x01key\\x02value``, and what does not print, ``%`` and
``"`` are ``%XX``. A point's place is its file, line, column and name; module parameters (in ``page``) and
instances (in ``h``) are left aside, so the same place in another build or instance is the same point.
"""

import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote

HEAD = "# SystemC::Coverage-3"
KINDS = ("line", "branch", "toggle", "expr", "user")
ENTRY = re.compile(r"C '(\x01f\x02.*)' (\d+)")
# Counting is by text until every file is read; the names of instances only make texts longer.
INSTANCE = "\x01h\x02"
MOST_LINES = 10_000  # of a source file
RTL = re.compile(r"(?:^|/)(rtl/.+)$")


class CoverageError(Exception):
    """A file holds no whole coverage data; the message is one line that names it."""


class Point(NamedTuple):
    """A place that a simulator counts.

    ``kind``: line (a source line with statements), branch (an arm of if, case or ?:), toggle (an edge of a
    bit), expr (a term that decided an expression), user (a cover property).
    ``name``: the arm, the bit and its edge, the term; a line has none, and no column.
    """

    file: str  # from the project's root
    line: int
    column: int
    kind: str
    name: str


def read(path: Path) -> Counter[str]:
    """The counts in ``path``, by the text of the point; CoverageError when it is not whole."""
    counts: Counter[str] = Counter()
    try:
        with path.open(encoding="ascii") as stream:
            if stream.readline() != f"{HEAD}\n":
                raise CoverageError(f"{path}: no coverage data, want a first line {HEAD!r}")
            for number, line in enumerate(stream, 2):
                entry = ENTRY.fullmatch(line, 0, len(line) - 1)
                # What was cut off within the last count would still look like one.
                if entry is None or line[-1] != "\n":
                    raise CoverageError(
                        f"{path}: line {number} is cut off or corrupt, so none of it is counted"
                    )
                counts[entry[1].partition(INSTANCE)[0]] += int(entry[2])
    except UnicodeDecodeError:
        raise CoverageError(f"{path}: no coverage data, want text in ASCII") from None
    except OSError as error:
        raise CoverageError(f"{path}: {error.strerror}, want a file that COVERAGE=1 made") from None
    if not counts:
        raise CoverageError(f"{path}: no points")
    return counts


def decode(text: str) -> tuple[Point, frozenset[int]] | None:
    """The point that ``text`` means and the source lines that run with it; None outside ``rtl/``.

    A block of statements is of kind line, with the name ``block``. ValueError or KeyError when a key is
    missing or wrong.
    """
    keys = {key: unquote(value) for key, value in (pair.split("\x02", 1) for pair in text.split("\x01")[1:])}
    file = RTL.search(keys["f"])
    if file is None:
        return None
    point = Point(file[1], int(keys["l"]), int(keys["n"]), keys["t"], keys["o"])
    if point.kind not in KINDS:
        raise ValueError(point.kind)
    if point.kind not in ("line", "branch"):
        return point, frozenset()
    # Verilator calls the arms of a case and of else-if chains lines.
    if point.name != "block":
        point = point._replace(kind="branch")
    # An `else` without statements still tells that the line of its `if` ran.
    return point, frozenset(_lines(keys.get("S", keys["l"])))


def _lines(text: str) -> Iterable[int]:
    """The numbers in a list as ``33-38,40``."""
    for part in text.split(","):
        first, _, last = part.partition("-")
        low, high = int(first), int(last or first)
        if not 0 < low <= high <= MOST_LINES:
            raise ValueError(text)
        yield from range(low, high + 1)
