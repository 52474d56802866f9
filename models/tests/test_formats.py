# SPDX-License-Identifier: Apache-2.0
"""Builds that cannot be are refused, by Python as by the RTL."""

import pytest

from models.formats import BuildConfig


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (dict(lanes=12), "lanes"),
        (dict(result_w=64), "result_w"),
        (dict(lanes=8), "chunk"),
        (dict(wgt_depth=65537), "wgt_depth"),
        (dict(vec_depth=129), "vec_depth"),
    ],
)
def test_builds_that_cannot_be_are_refused(change, word):
    with pytest.raises(ValueError, match=word):
        BuildConfig(**change)
