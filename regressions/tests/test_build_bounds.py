# SPDX-License-Identifier: Apache-2.0
"""A build that Python accepts elaborates, one that it refuses does not: both edges of every parameter."""

import re

import pytest

from models.formats import BuildConfig
from regressions import linters
from regressions.lint import RTL
from regressions.paths import ROOT

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


# The sentence of each guard, and a module with parameters that it refuses.
GUARDS = {
    "LANES must be a power of two, 8..128": ("mur_core", {"LANES": 12, "RESULT_W": 128}),
    "RESULT_W must be 128, 256 or 512, and at most 32 * LANES": ("mur_core", {"LANES": 8, "RESULT_W": 512}),
    "a depth is outside 2..65536": ("mur_core", {"BIAS_DEPTH": 1}),
    "VEC_DEPTH must be a multiple of 128 / C, at most 65536": ("mur_core", {"VEC_DEPTH": 4}),
    "mur_frame: a chunk has 4, 8 or 16 elements": ("mur_frame", {"C": 12}),
    "mur_image gathers whole beats: MAXW must be a multiple of 64": ("mur_image", {"LANES": 200}),
    "mur_ram: GRAN must divide WIDTH": ("mur_ram", {"WIDTH": 32, "GRAN": 12}),
}


def test_every_guard_is_here():
    text = "".join(path.read_text() for path in sorted((ROOT / "rtl").glob("*.sv")))
    assert set(re.findall(r'\$(?:error|fatal)\((?:1, )?"([^"]+)"', text)) == set(GUARDS)


@pytest.mark.parametrize("sentence", GUARDS)
def test_a_guard_refuses(sentence):
    top, params = GUARDS[sentence]
    options = [f"-G{name}={value}" for name, value in params.items()]
    found = linters.verilator(linters.file_list(RTL), top, options)
    assert any(sentence in line for line in found), found[:3]
