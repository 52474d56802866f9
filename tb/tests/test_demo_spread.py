# SPDX-License-Identifier: Apache-2.0
"""Labels at the ends of lines are moved apart, each stays beside its own line, and none is lost."""

import itertools

import numpy as np
import pytest

from tb.demo.figures import _apart


@pytest.mark.parametrize(
    "heights", [[5.0], [3.0, 2.9], [9.0, 5.0, 5.0, 4.9, 1.0], [0.0] * 10, [10.0, 9.9, 9.8, 2.0, 1.9, 1.8]]
)
def test_labels_apart(heights):
    moved = _apart(np.array(heights), 1.0)
    assert len(moved) == len(heights)
    assert all(above - below >= 1.0 - 1e-9 for above, below in itertools.pairwise(moved))
    assert np.mean(moved) == pytest.approx(np.mean(heights))


def test_labels_that_lie_apart_stay():
    assert _apart(np.array([9.0, 5.0, 1.0]), 1.0) == [9.0, 5.0, 1.0]
