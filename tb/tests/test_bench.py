# SPDX-License-Identifier: Apache-2.0
"""The table of `make bench`: a figure on the wrong side of its floor is named."""

import pytest

from tb.bench import FIGURES, table


def figures(**changes: float) -> dict[str, dict[str, float]]:
    """Figures that all reach their aims, with ``changes`` given as group__name."""
    good: dict[str, dict[str, float]] = {}
    for figure in FIGURES:
        value = changes.get(f"{figure.group}__{figure.name}", figure.aim or 1)
        good.setdefault(figure.group, {})[figure.name] = value
    return good


def test_at_the_aims_nothing_is_missed():
    lines, missed = table(figures())
    assert missed == []
    assert len(lines) == 1 + len(FIGURES)


@pytest.mark.parametrize(
    ("name", "at_floor", "below"),
    [
        ("r0.cycles_per_frame", 800, 800.1),
        ("digits.cycles_per_frame", 350, 351),
        ("sim.frames_per_s", 500, 499.9),
        ("sim.ratio_to_bare", 0.35, 0.349),
    ],
)
def test_floors(name, at_floor, below):
    key = name.replace(".", "__")
    assert table(figures(**{key: at_floor}))[1] == []
    lines, missed = table(figures(**{key: below}))
    assert missed == [name]
    assert any(line.startswith(name) and " floor " in line for line in lines)
