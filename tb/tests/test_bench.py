# SPDX-License-Identifier: Apache-2.0
"""The table of `make bench`: a figure on the wrong side of its floor is named."""

import pytest

from tb.bench import FIGURES, BenchError, _r1, table


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


def test_a_figure_that_was_not_measured_is_left_out():
    without = {group: values for group, values in figures().items() if group != "r1"}
    lines, missed = table(without)
    assert missed == []
    assert len(lines) == len(FIGURES)
    assert not any(line.startswith("r1.") for line in lines)


def test_without_recordings_r1_is_skipped_loudly(tmp_path, capsys):
    assert _r1("", tmp_path) == {}
    assert capsys.readouterr().out == (
        "skipped: r1.cycles_per_frame is of recorded speech: make bench DATA=dir\n"
    )


def test_recordings_that_are_not_there_are_named(tmp_path):
    with pytest.raises(BenchError, match="none: no such folder"):
        _r1(str(tmp_path / "none"), tmp_path)
