# SPDX-License-Identifier: Apache-2.0
"""`rtl/mur_pkg.sv` agrees with `models/formats.py` on widths and codes, with `descriptors.py` on fields."""

import re
from pathlib import Path

import pytest

from models import formats as fm
from models.descriptors import FIELDS

TEXT = (Path(__file__).parents[2] / "rtl" / "mur_pkg.sv").read_text()
CODE = re.sub(r"//.*", "", TEXT)
PARAMETERS = {
    name: int(value) for name, value in re.findall(r"parameter int unsigned (\w+)\s*=\s*(\d+)\s*;", CODE)
}
ENUMS = {
    name: {member: int(value) for member, value in re.findall(r"(\w+)\s*=\s*\d+'d(\d+)", body)}
    for body, name in re.findall(r"typedef enum logic \[[^\]]*\]\s*\{([^}]*)\}\s*(\w+);", CODE)
}


def snake(camel: str) -> str:
    """`FmtMerged` -> `FMT_MERGED`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", camel).upper()


def positions(struct: str) -> dict[str, tuple[int, int]]:
    """Name -> (low bit, width) of a packed struct of the package, last field at bit 0."""
    body = re.search(r"typedef struct packed \{([^}]*)\}\s*" + struct + ";", CODE)
    assert body is not None, f"no struct {struct}"
    found, low = {}, 0
    for declared, high, name in reversed(re.findall(r"(logic|addr_t)\s*(?:\[(\d+):0\])?\s+(\w+);", body[1])):
        width = 16 if declared == "addr_t" else int(high or 0) + 1
        found[name] = (low, width)
        low += width
    assert low == fm.DESC_W, f"{struct} has {low} bits"
    return found


@pytest.mark.parametrize(
    "name",
    ["GROUP", "SETS", "CTX", "ACC_W", "MEM_W", "ELEM_W", "BIAS_W", "THETA_W", "WGT_W", "SHIFT_MAX", "DESC_W"],
)
def test_width(name):
    assert PARAMETERS[name] == getattr(fm, name)


def test_spike_byte():
    assert PARAMETERS["SPIKE_W"] == fm.Z_W


@pytest.mark.parametrize(
    ("enum", "prefix", "codes"),
    [
        ("op_e", "OP_", fm.Op),
        ("fmt_e", "FMT_", fm.Fmt),
        ("kind_e", "KIND_", fm.Kind),
        ("err_e", "ERR_", fm.ErrorBit),
    ],
)
def test_codes(enum, prefix, codes):
    assert {snake(name).removeprefix(prefix): value for name, value in ENUMS[enum].items()} == {
        code.name: int(code) for code in codes
    }


def test_image_targets():
    assert list(ENUMS["img_target_e"].values()) == [int(target) for target in fm.Target]


def test_result_kinds():
    assert ENUMS["res_kind_e"] == {
        "ResRaw": fm.RES_KIND_RAW,
        "ResArgmax": fm.RES_KIND_ARGMAX,
        "ResEnd": fm.RES_KIND_END,
    }


@pytest.mark.parametrize(
    ("struct", "op"),
    [
        ("desc_frame_t", fm.Op.FRAME),
        ("desc_frame_t", fm.Op.LOAD),
        ("desc_acc_t", fm.Op.ACC),
        ("desc_fold_t", fm.Op.FOLD),
        ("desc_fire_t", fm.Op.FIRE),
        ("desc_loop_t", fm.Op.LOOP),
        ("desc_end_t", fm.Op.END),
    ],
)
def test_fields(struct, op):
    found = {name: place for name, place in positions(struct).items() if not name.startswith("rsvd")}
    assert found.pop("op") == (0, 4)
    if "soft_rst" in found:  # `soft` is a word of SystemVerilog
        found["soft"] = found.pop("soft_rst")
    assert found == FIELDS[op]
