# SPDX-License-Identifier: Apache-2.0
"""Errors and commands on two builds; every case is red when what it expects is corrupted; and the tables
of docs/wrong-use.md name cases that exist and every error bit.
"""

import re

import numpy as np
import pytest

from models.formats import REFERENCE, ErrorBit
from models.images import Images
from models.machine import Machine
from regressions.paths import ROOT
from tb import mur_regs
from tb.tests.cases import check_each_red, check_green
from tb.tests_sim import directed, errors, errors_rules

BUILDS = {128: {}, 8: {"RESULT_W": 128, "VEC_DEPTH": 256}}
# Cases by the first word of their names: a table that lost entries must not look green.
CASES = {
    "illegal": 111, "unused": 7, "range": 24, "overflow": 35, "image": 71, "frame": 18, "twice": 6,
    "together": 9, "steps": 5, "command": 10, "control": 18, "state": 7, "sweep": 9, "reset": 32,
    "patience": 13, "bus": 6,
}  # fmt: skip


@pytest.mark.parametrize("lanes", BUILDS)
def test_errors(lanes, tmp_path):
    check_green("errors", tmp_path, CASES, LANES=lanes, **BUILDS[lanes])


@pytest.mark.parametrize("spoil", ["expect", "frames"])
def test_every_case_can_fail(spoil, tmp_path):
    check_each_red("errors", tmp_path, SPOIL=spoil, STEP=200)


@pytest.mark.parametrize("table", [errors_rules.illegal, errors_rules.outside])
def test_the_model_refuses_the_same(table):
    """Bit and descriptor of every program that breaks a rule, by the model."""
    c = REFERENCE
    full = {
        "config": c, "weights": (np.zeros((c.wgt_depth, c.lanes), np.int8),) * 2,
        "masks": (np.zeros((c.mask_depth, 128), bool),) * 2,
        "bias": np.zeros((c.bias_depth, c.chunk), np.int32),
        "theta": np.ones((c.neur_depth, c.chunk), np.int32),
    }  # fmt: skip
    before = [errors_rules.FRAME, errors_rules.ACC, errors_rules.LOAD, errors_rules.NEXT]
    for name, bad in table(c).items():
        words = [word if isinstance(word, int) else word.encode() for word in (*before, *bad.section)]
        sections = Machine(Images(program=words, **full)).sections
        found = sections[sections[0].following].error
        assert found is not None, name
        assert (found.bit, found.pc) == (bad.bit, len(before) + bad.at), name


# ---- docs/wrong-use.md, section Hardware ----------------------------------------------------------------
COMMAND = re.compile(r'`make sim TEST=(\w+) ONLY="[^"]+"(?: STEP=\d+)?`(?:, `ONLY="[^"]+"`)*')


def rows(page: str) -> list[list[str]]:
    """Cells of all rows of the section's tables, without their heads."""
    section = re.search(r"^## Hardware$(.*?)(?=^## |\Z)", page, flags=re.M | re.S)
    assert section, "no section Hardware"
    lines = [line for line in section[1].splitlines() if line.startswith("|")]
    heads = [at - 1 for at, line in enumerate(lines) if set(line) <= set("|- ")]
    kept = [line for at, line in enumerate(lines) if at not in heads and at - 1 not in heads]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in kept]


def wrong_rows(page: str) -> list[str]:
    """What does not hold in the tables: commands, cases, names and numbers of error bits."""
    names = {
        name: [case for module in test.MODULES for case in module.cases()]
        for name, test in (("errors", errors), ("directed", directed))
    }
    wrong, told = [], set()
    for row in rows(page):
        if len(row) != 4:
            wrong.append(f"{len(row)} cells: {row[0]}")
            continue
        what, _, error, test = row
        command = COMMAND.fullmatch(test)
        if not command or command[1] not in names:
            wrong.append(f"{what}: no command in {test!r}")
            continue
        for only in re.findall(r'ONLY="([^"]+)"', test):
            if not any(only in case for case in names[command[1]]):
                wrong.append(f"{what}: no case of {command[1]} has {only!r}")
        bits = re.findall(r"`(\w+)` (\d+)", error)
        if not bits and error not in ("-", "all"):
            wrong.append(f"{what}: no error in {error!r}")
        for name, number in bits:
            place = mur_regs.ERROR.fields.get(name.lower())
            if place is None or place.lsb != int(number) or ErrorBit[name] != int(number):
                wrong.append(f"{what}: {name} is not error {number}")
            told.add(name.lower())
    missing = set(mur_regs.ERROR.fields) - told
    return wrong + [f"no row for {name.upper()}" for name in sorted(missing)]


def test_the_tables_of_wrong_use():
    page = (ROOT / "docs" / "wrong-use.md").read_text()
    assert len(rows(page)) > 50
    assert not wrong_rows(page)


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("image: magic", "image: magik", "no case of errors has 'image: magik'"),
        ("TEST=directed", "TEST=directet", "no command"),
        ("`IMG_CRC` 8", "`IMG_CRC` 9", "IMG_CRC is not error 9"),
        ("`IMG_CRC` 8", "-", "no row for IMG_CRC"),
        ('`make sim TEST=errors ONLY="bus: part of a word"`', "by hand", "no command in 'by hand'"),
    ],
)
def test_a_wrong_table_is_seen(old, new, sentence):
    page = (ROOT / "docs" / "wrong-use.md").read_text()
    assert old in page
    assert any(sentence in line for line in wrong_rows(page.replace(old, new)))
