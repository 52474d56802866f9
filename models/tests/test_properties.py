# SPDX-License-Identifier: Apache-2.0
"""Properties of every network, drawn by Hypothesis; each is broken by a planted bug of the model."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models import machine_ops, machine_plan, machine_run, machine_trace, storage
from models import numerics as nm
from models.descriptors import Acc
from models.formats import Fmt
from models.tests import properties
from models.tests.slow_machine import SlowMachine

PROPERTIES = (
    properties.event_order_is_irrelevant,
    properties.skipping_equals_dense,
    properties.merged_is_the_sum_of_steps,
    properties.mask_equals_zero_weights,
    properties.recurrences_agree_at_one_step,
    properties.decompiling_undoes_compiling,
)


@pytest.mark.parametrize("check", PROPERTIES, ids=lambda check: check.__name__)
def test_property(check):
    @settings(max_examples=20, deadline=None, derandomize=True, database=None)
    @given(st.integers(0, 2**32 - 1))
    def holds(seed):
        check(seed)

    holds()


def _clamped_adder(patch):
    """An accumulator that saturates: its sum depends on the order."""

    def add(self, k, ctx, lane, amount):
        self.acc[k][ctx][lane] = max(-20, min(20, self.acc[k][ctx][lane] + amount))

    patch.setattr(SlowMachine, "add", add)


def _last_row_lost(patch):
    """The last row of a vector makes no digit."""
    good = machine_ops.digit_sums

    def digit_sums(op, elements, dtype):
        elements = elements.copy()
        elements[..., -1] = 0
        return good(op, elements, dtype)

    patch.setattr(machine_run, "digit_sums", digit_sums)


def _zero_counts(patch):
    """A row without a digit is counted as read."""
    good = machine_trace.digit_counts
    patch.setattr(machine_trace, "digit_counts", lambda op, x: (*good(op, x)[:2], good(op, x)[2] + 1))


def _merged_is_or(patch):
    patch.setattr(nm, "merged", lambda a, b: np.asarray(a) | np.asarray(b))


def _rank_off(patch):
    """A masked row reads the word of the row above it."""
    good = machine_plan.Planner.matrix

    def matrix(self, pc, acc):
        weights, kept, used = good(self, pc, acc)
        if acc.masked:
            weights = weights.copy()
            weights[kept] = np.roll(weights[kept], 1, axis=0)
        return weights, kept, used

    patch.setattr(machine_plan.Planner, "matrix", matrix)


def _lanes_off(patch):
    """Columns of a tile stand one lane too far."""
    good = storage.cut

    def cut(*what):
        pieces = good(*what)
        for piece in pieces:
            piece.words = np.roll(piece.words, 1, axis=1)
        return pieces

    patch.setattr(storage, "cut", cut)


def _step_reads_bit_1(patch):
    """The compiler takes the last of two steps for `step`, also where there is one."""
    good = properties.compile_network

    def compile_network(network, config):
        images = good(network, config)
        program = [
            replace(word, sel1=word.sel1 | 1)
            if isinstance(word, Acc) and word.fmt == Fmt.SPIKES and network.recurrence == "step"
            else word
            for word in images.descriptors()
        ]
        return replace(images, program=[word.encode() for word in program])

    patch.setattr(properties, "compile_network", compile_network)


PLANTED = (
    (properties.event_order_is_irrelevant, _clamped_adder),
    (properties.event_order_is_irrelevant, _last_row_lost),
    (properties.skipping_equals_dense, _zero_counts),
    (properties.skipping_equals_dense, _last_row_lost),
    (properties.merged_is_the_sum_of_steps, _merged_is_or),
    (properties.mask_equals_zero_weights, _rank_off),
    (properties.recurrences_agree_at_one_step, _step_reads_bit_1),
    (properties.decompiling_undoes_compiling, _lanes_off),
    (properties.decompiling_undoes_compiling, _rank_off),
)


def red(check):
    """Whether one of a few seeds breaks a property."""
    for seed in range(30):
        try:
            check(seed)
        except AssertionError:
            return True
    return False


@pytest.mark.parametrize(("check", "bug"), PLANTED, ids=lambda part: part.__name__)
def test_a_planted_bug_breaks_the_property(check, bug, monkeypatch):
    bug(monkeypatch)
    assert red(check)


def test_every_property_is_broken_by_a_bug():
    assert {check for check, _ in PLANTED} == set(PROPERTIES)
