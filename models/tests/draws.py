# SPDX-License-Identifier: Apache-2.0
"""What generators drew, held to tables: which values there are, and in which share of the draws."""

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Row:
    """Something that is drawn: ``of`` one draw gives the values in it (one, several, none).

    Each of ``values`` must be in a share of ``least`` to ``most`` of the draws, and nothing else may be.
    """

    of: Callable[[Any], Iterable[Hashable]]
    values: Iterable[Hashable]
    least: float
    most: float = 1.0


def off(table: dict[str, Row], draws: Sequence[Any]) -> list[str]:
    """A line for each value that is drawn too seldom, too often, or should not be."""
    found = []
    for name, row in table.items():
        seen = [set(row.of(draw)) for draw in draws]
        values = set(row.values)
        for value in sorted(values.union(*seen), key=str):
            share = sum(value in one for one in seen) / len(draws)
            least, most = (row.least, row.most) if value in values else (0, 0)
            if not least <= share <= most:
                found.append(f"{name}: {value} in {share:.1%} of the draws, want {least:.1%} to {most:.1%}")
    return found
