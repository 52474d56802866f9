# SPDX-License-Identifier: Apache-2.0
"""Coverage as text: a row a module."""

import re
from collections.abc import Iterable
from itertools import groupby
from pathlib import Path

from regressions.codecov.report import Report, kinds_in

EDGE = re.compile(r"(.*)(:[01]->[01])")
BIT = re.compile(r"(.*)\[(\d+)\]")


def rows(report: Report) -> Iterable[tuple[str, list[str]]]:
    """(name, files) of each row: the modules and their sum."""
    yield from ((Path(file).stem, [file]) for file in report.by_file)
    yield "all of rtl/", list(report.by_file)


def table(report: Report, with_holes: bool = False) -> str:
    """Per cent of each kind for every module; ``with_holes`` also what was never met, by source line."""
    kinds = kinds_in(report)
    lines = [f"{'':<18}" + "".join(f"{kind:>10}" for kind in kinds)]
    lines += [
        f"{name:<18}" + "".join(f"{report.figure(kind, files)!s:>10}" for kind in kinds)
        for name, files in rows(report)
    ]
    # What the goals would be without a waiver.
    lines.append(f"{'without waivers':<18}" + "".join(f"{report.bare(kind)!s:>10}" for kind in kinds))
    lines.append(f"waived: {len(report.waived):,} of {len(report.counts):,} points")
    if with_holes:
        lines += [f"{kind:<8}{hole}" for kind in kinds for hole in holes(report, kind)]
    return "\n".join(lines)


def holes(report: Report, kind: str) -> Iterable[str]:
    """What of ``kind`` was never met, a text for each source line."""
    found = report.holes(kind)
    for (file, line), group in groupby(found, lambda point: (point.file, point.line)):
        yield f"{Path(file).name}:{line} {names(point.name for point in group)}".rstrip()


def names(texts: Iterable[str]) -> str:
    """``texts`` in short: both edges of a bit are that bit, bits in a row are a range."""
    bits: dict[tuple[str, str], list[int]] = {}
    edges: dict[str, list[str]] = {}
    for text in texts:
        split = EDGE.fullmatch(text)
        signal, edge = split.groups() if split else (text, "")
        edges.setdefault(signal, []).append(edge)
    for signal, both in edges.items():
        which = "" if len(both) > 1 else both[0]
        bit = BIT.fullmatch(signal) if which or len(both) > 1 else None
        bits.setdefault((bit[1] if bit else signal, which), []).append(int(bit[2]) if bit else -1)
    return ", ".join(
        f"{signal}{_ranges(sorted(numbers))}{edge}" for (signal, edge), numbers in sorted(bits.items())
    )


def _ranges(numbers: list[int]) -> str:
    if numbers == [-1]:
        return ""
    parts = []
    for _, run in groupby(enumerate(numbers), lambda pair: pair[1] - pair[0]):
        first, *_, last = [number for _, number in run] * 2
        parts.append(str(first) if first == last else f"{last}:{first}")
    return f"[{','.join(reversed(parts))}]"
