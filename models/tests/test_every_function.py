# SPDX-License-Identifier: Apache-2.0
"""The checkers checked, model part: every function of the model spoiled once, and a test goes red."""

import inspect
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import partial

import numpy as np
import pytest

from models import (
    machine,
    machine_checked,
    machine_flow,
    machine_ops,
    machine_plan,
    machine_run,
    machine_trace,
    numerics,
    reference,
)
from models.networks.random_program import random_program
from models.tests import test_machine, test_machine_errors, test_machine_random, test_numerics, test_reference

MODULES = (
    numerics, machine_ops, machine_checked, machine_flow, machine_plan, machine_run, machine_trace, machine,
    reference,
)  # fmt: skip


def functions() -> dict[str, tuple[object, str]]:
    """All functions of the modules, and of their classes but what Python calls by itself: (owner, name)."""
    found: dict[str, tuple[object, str]] = {}
    for module in MODULES:
        for name, value in vars(module).items():
            if getattr(value, "__module__", "") != module.__name__:
                continue
            owners = {name: module} if not inspect.isclass(value) else {
                inner: value for inner in vars(value) if not inner.startswith("__")
            }  # fmt: skip
            for attribute, owner in owners.items():
                held = vars(owner)[attribute]
                if callable(held) or isinstance(held, property | staticmethod):
                    found[f"{owner.__name__}.{attribute}".removeprefix("models.")] = (owner, attribute)
    return found


FUNCTIONS = functions()
# A key is as good as another as long as it tells apart: here none does.
SPECIAL = {"Accumulate.operand": lambda _: 0}
TABLES = (numerics.digit_tables, numerics.number_tables)


def corrupt(value):
    """Something of the same kind that is not `value`."""
    if isinstance(value, bool | np.bool_):
        return not value
    if isinstance(value, np.ndarray):
        return ~value if value.dtype == bool else (value + 1).astype(value.dtype)
    if isinstance(value, int | float):
        return value + 1
    if isinstance(value, list):
        return value[:-1]
    if isinstance(value, tuple):
        return tuple(corrupt(part) for part in value)
    if isinstance(value, dict):
        return dict(list(value.items())[:-1])
    if callable(value):  # a step that a run will do
        return lambda *_: None
    return None


class Corrupted:
    """A function whose result is spoiled; `called` tells that it returned something that could be."""

    def __init__(self, good: Callable, spoil: Callable | None) -> None:
        """Without `spoil` it does nothing instead."""
        self.good, self.spoil, self.spoiled = good, spoil, False

    def function(self) -> Callable:
        """What stands in for the function, bound to an instance where that is a method."""

        def stand_in(*args, **options):
            if self.spoil is None:
                return None
            result = self.good(*args, **options)
            self.spoiled |= result is not None
            return self.spoil(result)

        return stand_in


def plant(patch: pytest.MonkeyPatch, name: str, skip: bool) -> Corrupted:
    """Put a corrupted function wherever the model holds the good one."""
    owner, attribute = FUNCTIONS[name]
    spoil = None if skip else SPECIAL.get(name, corrupt)
    held = vars(owner)[attribute]
    if isinstance(held, property):
        assert held.fget is not None
        bad = Corrupted(held.fget, spoil)
        patch.setattr(owner, attribute, property(bad.function()))
    elif inspect.isclass(owner):
        bad = Corrupted(getattr(held, "__func__", held), spoil)
        patch.setattr(owner, attribute, staticmethod(bad.function()) if isinstance(held, staticmethod)
                      else bad.function())  # fmt: skip
    else:
        bad = Corrupted(held, spoil)
        stand_in = bad.function()
        for module in [m for n, m in sys.modules.items() if n.startswith("models.")]:
            for alias, value in list(vars(module).items()):
                if value is held:
                    patch.setattr(module, alias, stand_in)
    return bad


def forget_tables() -> None:
    """Tables worked out before or under a corruption must not outlive it."""
    for table in TABLES:
        table.cache_clear()


def quick_tests() -> Iterator[Callable[[], None]]:
    """Tests without parameters, the broadest first."""
    for seed in (3, 5):
        images, x = random_program(np.random.default_rng(seed), test_machine_random.DEEP, 3, 2)
        yield partial(test_machine_random.compare, images, x, seed == 3)
    yield partial(test_reference.test_every_mode, 2, "step", True, True, "argmax", "tile")
    yield partial(test_reference.test_ragged_lengths_equal_single_runs, "step")
    for module in (test_machine, test_machine_errors, test_reference, test_numerics):
        for name, test in vars(module).items():
            alone = name.startswith("test_") and not inspect.signature(test).parameters
            if alone and not hasattr(test, "hypothesis"):
                yield test
    for case in (test_machine_errors.test_halting_errors, test_numerics.test_digits_by_hand):
        for values in case.pytestmark[0].args[1]:
            yield partial(case, *values)


def red(tests: Iterable[Callable[[], None]]) -> bool:
    """Whether one of the tests fails."""
    for test in tests:
        try:
            test()
        except (Exception, pytest.fail.Exception):  # whatever a test raises, it is red
            return True
    return False


@pytest.fixture
def tests():
    """The quick tests, drawn while the model is whole; no table outlives a corruption."""
    found = list(quick_tests())
    forget_tables()
    yield found
    forget_tables()


def test_the_quick_tests_are_green(tests):
    assert len(tests) > 30
    assert len(FUNCTIONS) > 70
    assert not red(tests)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_corrupted_function_is_noticed(name, tests, monkeypatch):
    bad = plant(monkeypatch, name, skip=False)
    noticed = red(tests)
    if not bad.spoiled:  # it returns nothing: its work is not done at all
        monkeypatch.undo()
        plant(monkeypatch, name, skip=True)
        noticed = red(tests)
    assert noticed
