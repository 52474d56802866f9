# SPDX-License-Identifier: Apache-2.0
"""A build that Python accepts elaborates, one that it refuses does not: both edges of every parameter."""

import pytest

from models.formats import BuildConfig
from regressions import linters
from regressions.lint import RTL

DEPTHS = ("PROG_DEPTH", "WGT_DEPTH", "MASK_DEPTH", "BIAS_DEPTH", "NEUR_DEPTH")
ACCEPTED = [
    {"LANES": 8, "RESULT_W": 256}, {"LANES": 128, "RESULT_W": 128}, {"RESULT_W": 512},
    dict.fromkeys(DEPTHS, 2), dict.fromkeys(DEPTHS, 65536), {"VEC_DEPTH": 8}, {"VEC_DEPTH": 65536},
    {"VEC_DEPTH": 32, "RESULT_W": 128},
]  # fmt: skip
REFUSED = [
    {"LANES": 4, "RESULT_W": 128}, {"LANES": 12, "RESULT_W": 128}, {"LANES": 256}, {"LANES": 8},
    {"RESULT_W": 64}, {"RESULT_W": 384}, {"LANES": 128, "RESULT_W": 1024},
    *({name: value} for name in DEPTHS for value in (0, 1, 65537)),
    {"VEC_DEPTH": 0}, {"VEC_DEPTH": 4}, {"VEC_DEPTH": 65544}, {"VEC_DEPTH": 24, "RESULT_W": 128},
]  # fmt: skip


def python_refuses(build: dict[str, int]) -> bool:
    try:
        BuildConfig(**{name.lower(): value for name, value in build.items()})
    except ValueError:
        return True
    return False


@pytest.mark.parametrize("build", ACCEPTED + REFUSED, ids=str)
def test_python_and_the_rtl_agree(build):
    options = [f"-G{name}={value}" for name, value in build.items()]
    found = linters.verilator(linters.file_list(RTL), "mur_top", options)
    assert python_refuses(build) == (build in REFUSED)
    if build in REFUSED:
        assert any("USERERROR" in line for line in found), found[:3]  # its own sentence, not a strange width
    else:
        assert not found
