# SPDX-License-Identifier: Apache-2.0
"""Finds LOOPs in a straight program: a run of descriptors that repeats with constant address
strides.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from models.descriptors import Acc, Descriptor, Fire, Fold, Loop

BODY_MAX = 16  # descriptors: four tiles of four, the longest period that contexts and sets give a schedule
# Address field -> (its move bit, its stride) for the ops that a loop moves.
_MOVES = {
    Acc: {"src": ("mv_src", "d_src"), "wgt": ("mv_wgt", "d_wgt"), "msk": ("mv_msk", "d_msk")},
    Fire: {"dst": ("mv_dst", "d_src"), "par": ("mv_par", "d_par"), "neu": ("mv_neu", "d_neu")},
}


def _difference(a: Descriptor, b: Descriptor) -> tuple[tuple[str, int], ...] | None:
    """Address fields in which `b` differs from `a` and by how much; None when anything else
    differs.
    """
    if type(a) is not type(b):
        return None
    moves = _MOVES.get(type(a))
    if moves is None:
        return () if a == b and isinstance(a, Fold) else None
    changed = tuple(
        (name, getattr(b, name) - getattr(a, name)) for name in moves if getattr(a, name) != getattr(b, name)
    )
    return changed if _moved(a, {name: getattr(b, name) for name, _ in changed}) == b else None


def _moved(d: Any, values: dict[str, int]) -> Descriptor:
    """`d` with some fields replaced."""
    return replace(d, **values)


def _strides(a: Descriptor, moved: tuple[tuple[str, int], ...], strides: dict[str, int]) -> bool:
    """Add the strides of one descriptor; False when they contradict those of another."""
    for name, distance in moved:
        stride = _MOVES[type(a)][name][1]
        if strides.setdefault(stride, distance) != distance:
            return False
    return True


def _best(program: Sequence[Descriptor]) -> tuple[int, int, int, int]:
    """(descriptors saved, start, body, count) of the loop that saves most; the first of equals."""
    best = (0, 0, 0, 0)
    for body in range(1, min(BODY_MAX, len(program) // 2) + 1):
        step = [_difference(a, b) for a, b in zip(program, program[body:], strict=False)]
        for start in range(len(step) - body + 1):
            first = step[start : start + body]
            strides: dict[str, int] = {}
            if not all(
                m is not None and _strides(a, m, strides)
                for a, m in zip(program[start:], first, strict=False)
            ):
                continue
            count = 2
            while step[start + (count - 1) * body : start + count * body] == first:
                count += 1
            saved = body * (count - 1) - 1
            best = max(best, (saved, start, body, count), key=lambda x: (x[0], -x[1]))
    return best


def roll(program: Sequence[Descriptor]) -> list[Descriptor]:
    """The same work with LOOPs (not nested) wherever they make the program shorter."""
    saved, start, body, count = _best(program)
    if saved <= 0:
        return list(program)
    strides: dict[str, int] = {}
    rolled: list[Descriptor] = []
    for a, b in zip(program[start : start + body], program[start + body :], strict=False):
        moved = _difference(a, b) or ()
        _strides(a, moved, strides)
        rolled.append(_moved(a, {_MOVES[type(a)][name][0]: 1 for name, _ in moved}))
    loop = Loop(body=body, count=count, **{name: stride & 0xFFFF for name, stride in strides.items()})
    return [*roll(program[:start]), loop, *rolled, *roll(program[start + body * count :])]
