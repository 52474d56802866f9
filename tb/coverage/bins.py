# SPDX-License-Identifier: Apache-2.0
"""A group of bins, and the database that counts them: cocotb-coverage's, filled in bulk.

cocotb-coverage samples by a decorated function that tries every bin of every point at each call: 12 us a
point, where a run has a hundred thousand values. `Counted` is its documented extension (a subclass of
`CoverItem`) which takes a whole histogram at once; names, database, XML and merge stay the library's.
"""

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from cocotb_coverage.coverage import CoverItem, coverage_db

Label = str | tuple[str, ...]  # one value, or one of each axis


class UnknownBin(Exception):
    """A value that no bin of its group stands for: the definition is wrong, or what was sampled is."""


@dataclass(frozen=True)
class Never:
    """Combinations that cannot be, or say nothing: ``where`` has the values of some axes."""

    why: str
    where: Mapping[str, str | tuple[str, ...]]

    def holds(self, point: Mapping[str, str]) -> bool:
        """Whether ``point`` (axis -> value) is one of them."""
        return all(point[axis] in ((v,) if isinstance(v, str) else v) for axis, v in self.where.items())


@dataclass(frozen=True)
class Group:
    """One cover point (one axis) or cross (several): every combination but ``never`` is a bin."""

    about: str
    axes: Mapping[str, tuple[str, ...]]
    never: tuple[Never, ...] = ()

    @cached_property
    def bins(self) -> tuple[str, ...]:
        """The names of the bins, in order."""
        points = (dict(zip(self.axes, p, strict=True)) for p in itertools.product(*self.axes.values()))
        return tuple(name(tuple(p.values())) for p in points if not any(n.holds(p) for n in self.never))


def name(label: Label) -> str:
    """The name of the bin with this value, or these values of the axes."""
    return label if isinstance(label, str) else ", ".join(label)


class Counted(CoverItem):
    """A cover point of cocotb-coverage that is given counts."""

    def __init__(self, path: str, bins: Iterable[str]) -> None:
        """``path``: "group.point"; all bins start at 0."""
        super().__init__(path)
        self.path = path
        self._weight = self._at_least = 1
        self._hits = dict.fromkeys(bins, 0)
        self._size = len(self._hits)
        self._parent._update_size(self._size)

    @property
    def detailed_coverage(self) -> dict[str, int]:
        """Hits of every bin."""
        return self._hits

    def add(self, label: Label, count: int = 1) -> None:
        """``count`` more hits of a bin. UnknownBin when there is none with this name."""
        bin_name = name(label)
        if bin_name not in self._hits:
            raise UnknownBin(f"{self.path}: no bin {bin_name!r}")
        if count and not self._hits[bin_name]:
            self._update_coverage(1)
        self._hits[bin_name] += int(count)


class Database:
    """The counts of one run. The library has one database a process: making another empties it."""

    def __init__(self, groups: Mapping[str, Group]) -> None:
        """All bins at 0."""
        coverage_db.clear()
        self.groups = groups
        self.items = {path: Counted(path, group.bins) for path, group in groups.items()}

    def add(self, path: str, label: Label, count: int = 1) -> None:
        """``count`` more hits of one bin; UnknownBin when there is none."""
        self.items[path].add(label, count)

    def add_all(self, path: str, counts: Mapping) -> None:
        """Counts by label."""
        for label, count in counts.items():
            self.add(path, label, count)

    def hits(self, path: str) -> dict[str, int]:
        """The bins of a group that were hit."""
        return {bin_name: count for bin_name, count in self.items[path].detailed_coverage.items() if count}

    def write(self, out: Path) -> None:
        """Export as the library's XML; a reader sees the whole file or none."""
        part = out.with_name(f".{out.name}")
        coverage_db.export_to_xml(str(part))
        part.replace(out)


class RunDatabase(Database):
    """That of a run: what has no bin is kept for its end, so that the checkers have the first word."""

    def __init__(self, groups: Mapping[str, Group]) -> None:
        """Nothing unknown yet."""
        super().__init__(groups)
        self.unknown: list[UnknownBin] = []

    def add(self, path: str, label: Label, count: int = 1) -> None:
        """As Database; nothing is raised."""
        try:
            super().add(path, label, count)
        except UnknownBin as error:
            self.unknown.append(error)

    def nothing_unknown(self) -> None:
        """Raise the first UnknownBin of the run."""
        if self.unknown:
            raise self.unknown[0]
