# SPDX-License-Identifier: Apache-2.0
"""Points that need no cover, each with the reason (``coverage_waivers.toml``).

A waiver names the file (``*`` as in a shell), the kind, and regular expressions: ``signal`` for the whole
name of a toggled bit, or ``source`` for a piece of the source line, perhaps with ``name`` for the whole arm.
It acts only on points that were never met; one without effect is an error. ``most`` says how many points, met
or not, the pattern may fit: one that fits more is an error too, so that none can hide what nobody looked at.
"""

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from regressions import tables
from regressions.codecov.points import KINDS, Point
from regressions.paths import shown
from regressions.registry import RegistryError
from regressions.tables import WHOLE, WORDS, one_of

WAIVERS = Path(__file__).parents[1] / "coverage_waivers.toml"
ENTRY = {
    "file": WORDS, "kind": one_of(*KINDS), "most": WHOLE, "reason": WORDS,
    "signal?": WORDS, "source?": WORDS, "name?": WORDS,
}  # fmt: skip
EDGE = re.compile(r":[01]->[01]$")


@dataclass(frozen=True)
class Waiver:
    """One entry of the list; ``signal`` for toggles, ``source`` and ``name`` for the other kinds."""

    file: str
    kind: str
    most: int
    reason: str
    signal: str = ""
    source: str = ""
    name: str = ""

    def __str__(self) -> str:
        """Name the waiver, for messages."""
        what = self.signal or " ".join(filter(None, (self.source, self.name)))
        return f"{self.file}: {self.kind} {what}"

    def matches(self, point: Point, text: str) -> bool:
        """Whether ``point``, on a line with ``text``, is meant."""
        return (
            point.kind == self.kind
            and fnmatchcase(point.file, self.file)
            and re.search(self.source, text) is not None
            and re.fullmatch(self.signal or self.name or ".*", EDGE.sub("", point.name)) is not None
        )


def load(path: Path = WAIVERS) -> list[Waiver]:
    """The waivers of ``path``. Raises RegistryError when an entry is not one."""
    entries = tables.read(path, {"waiver?": [ENTRY]}).get("waiver", [])
    return [_waiver(entry, f"{shown(path)}: waiver {number}") for number, entry in enumerate(entries, 1)]


def _waiver(entry: dict, place: str) -> Waiver:
    wanted, other = ("signal", ("source", "name")) if entry["kind"] == "toggle" else ("source", ("signal",))
    if wanted not in entry or any(key in entry for key in other):
        raise RegistryError(f"{place}: of kind {entry['kind']} it has {wanted}, and no {' or '.join(other)}")
    for key in ("signal", "source", "name"):
        try:
            re.compile(entry.get(key, ""))
        except re.error as error:
            raise RegistryError(f"{place}: {key}={entry[key]}: {error}") from None
    return Waiver(**entry)
