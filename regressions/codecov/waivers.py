# SPDX-License-Identifier: Apache-2.0
"""Points that need no cover, each with the reason (``coverage_waivers.toml``).

A waiver names the file (``*`` as in a shell), the kind, and regular expressions: ``signal`` for the whole
name of a toggled bit, or ``source`` for a piece of the source line, perhaps with ``name`` for the whole arm.
It acts only on points that were never met; one without effect is an error.
"""

import re
import tomllib
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from regressions.codecov.points import KINDS, Point
from regressions.paths import shown

WAIVERS = Path(__file__).parents[1] / "coverage_waivers.toml"
KEYS = {"file", "kind", "reason"}
EDGE = re.compile(r":[01]->[01]$")


class WaiverError(Exception):
    """A list of waivers cannot be used; the message is one line that names the place."""


@dataclass(frozen=True)
class Waiver:
    """One entry of the list; ``signal`` for toggles, ``source`` and ``name`` for the other kinds."""

    file: str
    kind: str
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
    """The waivers of ``path``; WaiverError when an entry is not one."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise WaiverError(f"{shown(path)}: {error}") from None
    entries = data.pop("waiver", [])
    if data or not isinstance(entries, list):
        raise WaiverError(f"{shown(path)}: want tables [[waiver]] only")
    return [_waiver(entry, f"{shown(path)}: waiver {number}") for number, entry in enumerate(entries, 1)]


def _waiver(entry: dict, place: str) -> Waiver:
    wanted = KEYS | ({"signal"} if entry.get("kind") == "toggle" else {"source"})
    if not wanted <= entry.keys() <= wanted | ({"name"} if "source" in wanted else set()):
        raise WaiverError(f"{place}: has {', '.join(entry)}, want {', '.join(sorted(wanted))}")
    for key, value in entry.items():
        if not isinstance(value, str) or not value.strip():
            raise WaiverError(f"{place}: {key}={value}: want text")
    if entry["kind"] not in KINDS:
        raise WaiverError(f"{place}: kind={entry['kind']}: want {', '.join(KINDS)}")
    for key in ("signal", "source", "name"):
        try:
            re.compile(entry.get(key, ""))
        except re.error as error:
            raise WaiverError(f"{place}: {key}={entry[key]}: {error}") from None
    return Waiver(**entry)
