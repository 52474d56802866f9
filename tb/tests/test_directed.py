# SPDX-License-Identifier: Apache-2.0
"""Hand-made programs on two builds; and every case is red when what left the machine is corrupted."""

import pytest

from tb.tests.cases import check_each_red, check_green

BUILDS = {128: {}, 8: {"RESULT_W": 128, "VEC_DEPTH": 256}}
# Cases by the first word of their names: a table that lost entries must not look green.
CASES = {
    "loops": 7,
    "rows": 4,
    "last": 2,
    "fire": 6,
    "argmax": 5,
    "elements": 7,
    "order": 14,
    "modes": 10,
    "pace": 4,
    "wide": 8,
}


@pytest.mark.parametrize("lanes", BUILDS)
def test_directed(lanes, tmp_path):
    check_green("directed", tmp_path, CASES, LANES=lanes, **BUILDS[lanes])


def test_every_case_can_fail(tmp_path):
    check_each_red("directed", tmp_path, SPOIL="frames")
