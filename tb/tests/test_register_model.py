# SPDX-License-Identifier: Apache-2.0
"""The register model: its built-in tests are green, each can be red, and spoilt parts are found."""

from types import SimpleNamespace

import pytest

from models.formats import REFERENCE
from tb import mur_regs as regs
from tb.registers.access import Predictor
from tb.registers.builtin import after
from tb.registers.model import reset_words
from tb.registers.spoilt import SPOILS
from tb.tests.cases import answer_of, check_each_red, check_green
from tb.tests.simulation import simulate
from tb.watchdog import overrun

# Cases by the first words of their names: a table that lost entries must not look green.
CASES = {"reset": 4, "clear": 2, "command": 1, "bit bash": 2, "rights": 3, "addresses": 3, "mirror": 3}
# Spoilt parts, a case that each makes red, and what it says.
FOUND = [
    ("back_door", "mirror: idle", "FRAMES, the back door: "),
    ("back_door", "reset: after power-up", "back door after reset: "),
    ("back_door_ahead", "mirror: while frames run", "CYCLES_LO, between looks: "),
    ("adapter", "mirror: idle", "ID, the mirror after a read: "),
    ("answer", "bit bash: idle", "IRQ_ENABLE, written bit by bit: "),
    ("strobe", "rights: idle", "IRQ_ENABLE, written with strobe 0: "),
    ("predictor", "bit bash: idle", "register IRQ_ENABLE: read "),
]


def test_registers(tmp_path):
    check_green("registers", tmp_path, CASES)


def test_every_case_can_fail(tmp_path):
    check_each_red("registers", tmp_path, SPOIL="expect")


@pytest.mark.parametrize(("part", "case", "said"), FOUND)
def test_a_spoilt_part_is_found(part, case, said, tmp_path):
    result = simulate("registers", tmp_path, SPOIL=part, ONLY=case)
    assert result["status"] == "fail"
    assert answer_of("registers", tmp_path)["red"][case].startswith(said)


def test_every_spoilt_part_is_found_somewhere():
    assert {part for part, _, _ in FOUND} == set(SPOILS)


@pytest.mark.parametrize("write", [0, 1])
def test_the_predictor_knows_where_no_register_is(write):
    said: list[str] = []
    predictor = SimpleNamespace(model=SimpleNamespace(at={}), tell=said.append)
    Predictor.access(predictor, write, 0xFFC, 0, 15, 0)
    assert said == ["address 0xffc answered OKAY, and there is no register"]


def test_reset_values_come_from_the_description():
    words = reset_words(REFERENCE)
    assert set(words) == set(regs.REGISTERS)
    for name, register in regs.REGISTERS.items():
        assert not words[name] & ~register.mask, name
        if register.reset is not None:
            assert words[name] == register.reset, name


@pytest.mark.parametrize(
    ("register", "word", "data", "strobe", "left"),
    [
        (regs.IRQ_ENABLE, 1, 0xFFFFFFFE, 15, 2),
        (regs.IRQ_ENABLE, 1, 2, 14, 1),
        (regs.ERROR, 0xFFF, 0x801, 15, 0x7FE),
        (regs.ERROR, 0xFFF, 0x801, 1, 0xFFE),
        (regs.ERROR, 0, 0xFFFFFFFF, 15, 0),
        (regs.ID, regs.ID.reset, 0, 15, regs.ID.reset),
        (regs.CTRL, 0, 0xFFFFFFFF, 15, 0),
    ],
)
def test_what_a_write_leaves(register, word, data, strobe, left):
    assert after(register, word, data, strobe) == left


@pytest.mark.parametrize(
    ("cycles", "seconds", "said"),
    [
        (999, 9.9, ""),
        (1000, 0.0, "not over after 1,000 cycles, at most 1,000"),
        (0, 10.0, "not over after 10 s of wall time, at most 10"),
    ],
)
def test_limits(cycles, seconds, said):
    assert overrun(cycles, 1000, seconds, 10) == said
