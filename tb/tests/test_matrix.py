# SPDX-License-Identifier: Apache-2.0
"""Every combination of modes at every layer width, in three builds."""

import itertools
import json

import pytest

from tb.networks import ALL_MODES, WIDTHS
from tb.tests.simulation import simulate

# The depths are those that layers of 300 need.
BUILDS = {
    8: {
        "RESULT_W": 256,
        "PROG_DEPTH": 1024,
        "WGT_DEPTH": 65536,
        "MASK_DEPTH": 2048,
        "NEUR_DEPTH": 128,
        "VEC_DEPTH": 512,
    },
    64: {
        "RESULT_W": 512,
        "PROG_DEPTH": 512,
        "WGT_DEPTH": 8192,
        "MASK_DEPTH": 512,
        "NEUR_DEPTH": 64,
        "VEC_DEPTH": 256,
    },
    128: {
        "RESULT_W": 512,
        "PROG_DEPTH": 512,
        "WGT_DEPTH": 4096,
        "MASK_DEPTH": 512,
        "NEUR_DEPTH": 64,
        "VEC_DEPTH": 256,
    },
}


@pytest.mark.parametrize("lanes", BUILDS)
def test_matrix(lanes, tmp_path):
    result = simulate("matrix", tmp_path, LANES=lanes, **BUILDS[lanes])
    assert result["status"] == "pass", result["reason"]
    ran = json.loads((tmp_path / "matrix" / "1" / "combinations.json").read_text())
    names = {
        f"T{steps}-{recurrence}-{reset}-{merged}-{masked}-{width}"
        for steps, recurrence, reset, merged, masked, width in itertools.product(
            (1, 2),
            ("frame", "step"),
            ("soft", "hard"),
            ("merged", "unmerged"),
            ("masked", "unmasked"),
            WIDTHS,
        )
    }
    assert len(names) == 32 * 5 == len(ALL_MODES) * len(WIDTHS)
    assert len(ran) == len(set(ran))
    assert set(ran) == names
    assert result["frames"] >= 6 * len(names)
