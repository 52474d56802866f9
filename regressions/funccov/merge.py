# SPDX-License-Identifier: Apache-2.0
"""Add up the functional.xml of many runs, whatever their order.

The library's own merge matches bins by their number in the file, so that a file of another version would add
to the wrong bins without a word, and one broken file ends it. Here bins go by name, every file is held to
the groups of tb/coverage, and what is broken is named and left out. A test holds the sums to the library's.
"""

import xml.etree.ElementTree as ElementTree
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from regressions.funccov import plan, report
from regressions.paths import shown
from tb.coverage.bins import Database
from tb.coverage.groups import GROUPS

Hits = dict[str, dict[str, int]]  # group -> bin -> hits
XML, HTML = "functional.xml", "functional.html"


class FileError(Exception):
    """A file that is no functional coverage of these groups; one line."""


@dataclass
class Merged:
    """Hits of all bins; ``files`` that were added, ``problems``: a line for each that could not be."""

    hits: Hits = field(default_factory=lambda: {path: dict.fromkeys(g.bins, 0) for path, g in GROUPS.items()})
    files: int = 0
    problems: list[str] = field(default_factory=list)

    def empty(self, group: str) -> list[str]:
        """The bins of a group that nothing hit."""
        return [name for name, count in self.hits[group].items() if not count]


def read(path: Path) -> Hits:
    """The hits in one file. Raises FileError when it is not whole or of other groups or bins."""
    place = f"functional coverage {shown(path)}"
    try:
        root = ElementTree.parse(path).getroot()
    except OSError as error:
        raise FileError(f"{place}: cannot be read: {error.strerror}") from None
    except ElementTree.ParseError as error:
        raise FileError(f"{place}: not whole: {error}") from None
    found: Hits = {}
    for element in root.iter():
        if "bin" in element.attrib:
            group = element.get("abs_name", "").rpartition(".")[0].removeprefix("top.")
            hits = element.get("hits", "")
            if not hits.isdecimal():
                raise FileError(f"{place}: {group}: {element.get('bin')}: hits={hits!r}, want a whole number")
            found.setdefault(group, {})[element.attrib["bin"]] = int(hits)
    for group in sorted(found.keys() ^ GROUPS.keys()):
        raise FileError(
            f"{place}: group {group} is in one of it and tb/coverage only, want runs of this version"
        )
    for group, definition in GROUPS.items():
        if found[group].keys() != set(definition.bins):
            raise FileError(f"{place}: {group} has other bins than in tb/coverage, want runs of this version")
    return found


def add_up(paths: Iterable[Path]) -> Merged:
    """The sums of all files that can be used."""
    merged = Merged()
    for path in paths:
        try:
            found = read(path)
        except FileError as error:
            merged.problems.append(str(error))
            continue
        merged.files += 1
        for group, hits in found.items():
            for name, count in hits.items():
                merged.hits[group][name] += count
    return merged


def merge(paths: Iterable[Path], out: Path) -> Merged:
    """Add up ``paths`` and leave functional.xml and functional.html in the folder ``out``."""
    merged = add_up(paths)
    database = Database(GROUPS)
    for group, hits in merged.hits.items():
        database.add_all(group, hits)
    database.write(out / XML)
    page = report.html(merged.hits, plan.load(), merged.files, merged.problems)
    part = out / f".{HTML}"
    part.write_text(page)
    part.replace(out / HTML)
    return merged
