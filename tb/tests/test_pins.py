# SPDX-License-Identifier: Apache-2.0
"""mur_top by its pins agrees with the model and with the harness; and the rules on its pins can break."""

import ast
import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest

from regressions.registry import RegistryError
from tb.pins import rules
from tb.pins.pauses import pauses
from tb.pins.rules import Accesses, Handshake, ResultPackets
from tb.pins.scenario import RESULTS_FILE, differences
from tb.pins.spoils import SPOILS
from tb.records import RESULT
from tb.tests.simulation import simulate

CHANNELS = {"aw", "w", "b", "ar", "r", "img", "frm", "res"}
# How often each thing is compared with seed 1. None: once for each read, of which there are as many as there
# is time for while frames stream.
CHECKS = {
    "TUSER": 48, "TKEEP": 48, "TLAST": 48, "TDATA": 126, "result beats": 2, "counter": 34, "CYCLES": 2,
    "register": 104, "what stood on the pins": 9, "irq_o": 12, "BRESP": 58, "RRESP": None, "running": None,
    "user of results in the library": 48, "keep of results in the library": 48,
    "last of results in the library": 48, "data of results in the library": 48,
    "writes in the library": 58, "reads in the library": None, "channel paused": 8,
}  # fmt: skip
BEAT = r"frame 0, beat 0, cycle \d+"
# What a run with each spoil says: the check that failed, then what was wrong with it.
SPOILT = {
    "valid": "frames: VALID fell before the beat was accepted",
    "res_tdata": rf"TDATA, {BEAT}, word 0: (-?\d+), expected (?!\1\b)",
    "res_tuser": rf"TUSER, {BEAT}: 0x10000100000000, expected 0x10000000000000 ",
    "res_tkeep": rf"TKEEP, {BEAT}: 0xfffe, expected 0xffff ",
    "res_tlast": rf"TLAST, {BEAT}: 1, expected 0 ",
    "res_lost": "result beats, START to STOP: 35, expected 36 ",
    "res_twice": "result beats, START to STOP: 37, expected 36 ",
    "frm_tdata": f"TDATA, {BEAT}, word 0: ",
    "frm_tlast": "what stood on the pins, ERROR: FRAME_SHORT, expected none ",
    "frm_tuser": r"TDATA, frame 1, beat 0, cycle \d+, word 0: ",
    "img_tdata": "what stood on the pins, ERROR: IMG_HEADER, expected none ",
    "img_tlast": "what stood on the pins, ERROR: IMG_HEADER IMG_LENGTH, expected none ",
    "aw_awaddr": r"writes in the library, number 0: \(512, .*, expected \(516, ",
    "aw_awprot": r"writes in the library, number 0: \((512, .*), (\d), (2)\), expected \(\1, (?!\2)\d, \3\) ",
    "w_wdata": r"writes in the library, number 0: .* b'\\x00.*, expected .* b'\\x01",
    "w_wstrb": r"writes in the library, number 0: .* b'(\\x00){4}', .*, expected .* b'(\\x00){3}', ",
    "b_bresp": "BRESP, address 0x200: 0, expected 2 ",
    "ar_araddr": r"reads in the library, number 0: \(0, .*, expected \(4, ",
    "ar_arprot": r"reads in the library, number 0: \((0, \d+), (\d), (0)\), expected \(\1, (?!\2)\d, \3\) ",
    "r_rdata": r"reads in the library, number 0: \(0, 1836413549, .*, expected \(0, 1836413548, ",
    "r_rresp": "RRESP, address 0x000: 2, expected 0 ",
    "register": "register, ID after reset: 1836413548, expected 1836413549 ",
    "no_register": "register, none at this address: 1, expected 0 ",
    "beside": "register, ID beside writes: 1836413548, expected 1836413549 ",
    "bytes": "register, IRQ_ENABLE by bytes: ",
    "status": "register, STATUS after a START without program: 1, expected 0 ",
    "error": "register, ERROR: 1, expected 0 ",
    "irq_status": "register, IRQ_STATUS after a short frame: 3, expected 2 ",
    "running": "running, frames streaming: 0, expected 1 ",
    "irq": "irq_o, after a wrong image: 0, expected 1 ",
    "adds": "counter, ADDS: ",
    "frames": "counter, FRAMES: 8, expected 9 ",
    "cycles": r"CYCLES, START to STOP: \d+, expected ",
    "paused": "channel paused, aw: 0, expected True ",
    "lib_user": "user of results in the library, number 0: 4503599627370497, expected 4503599627370496 ",
    "lib_keep": "keep of results in the library, number 0: 65534, expected 65535 ",
    "lib_last": "last of results in the library, number 0: 1, expected 0 ",
    "lib_data": r"data of results in the library, number 0: \[",
    "lib_write": r"writes in the library, number 0: \(.*, 3\), expected \(.*, 2\) ",
    "lib_read": r"reads in the library, number 0: \(.*, 1\), expected \(.*, 0\) ",
}


# ---- simulations -----------------------------------------------------------------------------------------
@pytest.mark.parametrize("seed", [1, 2])
def test_pins_and_harness_agree(seed, tmp_path):
    beats = {}
    for name in ("pins", "pins_fast"):
        result = simulate(name, tmp_path, seed=seed)
        assert result["status"] == "pass", result["reason"]
        assert result["frames"] == 15
        beats[name] = np.load(tmp_path / name / str(seed) / RESULTS_FILE)
    assert differences(beats["pins"], beats["pins_fast"]) == []
    assert beats["pins"]["last"].sum() == 15
    assert len(beats["pins"]) > 15
    # Cycles tell that these were two runs: the pauses of one are not in the other.
    assert (beats["pins"]["cycle"] != beats["pins_fast"]["cycle"]).all()
    outcome = json.loads((tmp_path / "pins" / str(seed) / "outcome.json").read_text())
    assert {name for name, cycles in outcome["paused_cycles"].items() if cycles} == CHANNELS
    assert {name for name, count in outcome["beats"].items() if count} == CHANNELS
    assert outcome["led"]["aw"]  # writes whose address came first, and whose data did
    assert outcome["led"]["w"]


def test_every_check_is_made(tmp_path):
    assert simulate("pins", tmp_path)["status"] == "pass"
    outcome = json.loads((tmp_path / "pins" / "1" / "outcome.json").read_text())
    assert {what: CHECKS.get(what) and count for what, count in outcome["compared"].items()} == CHECKS
    assert sum(outcome["compared"].values()) == outcome["checks"]
    told = [reason.partition(",")[0] for reason in SPOILT.values()]
    assert set(CHECKS) <= set(told)  # each goes red below
    assert set(SPOILT) == set(SPOILS)


@pytest.mark.parametrize("spoil", SPOILT)
def test_a_spoilt_run_is_red(spoil, tmp_path):
    result = simulate("pins", tmp_path, SPOIL=spoil)
    assert result["status"] == "fail"
    assert re.match(f"Pins: failure: {SPOILT[spoil]}", result["reason"]), result["reason"]


def test_an_unknown_spoil_is_refused(tmp_path):
    with pytest.raises(RegistryError) as refusal:
        simulate("pins", tmp_path, SPOIL="res_tdat")
    said = "SPOIL=res_tdat: no such spoil, did you mean res_tdata or res_tlast or frm_tdata?"
    assert str(refusal.value) == said
    assert not list(tmp_path.iterdir())


# ---- the comparison of two runs --------------------------------------------------------------------------
def two_beats() -> np.ndarray:
    beats = np.zeros(2, RESULT)
    beats["keep"], beats["last"] = (0xFF, 0xF), (0, 1)
    return beats


def test_beats_that_differ_are_told_apart():
    a = two_beats()
    for name in ("user", "keep", "last"):
        b = two_beats()
        b[name][1] ^= 2
        assert len(differences(a, b)) == 1, name
        assert differences(a, b)[0].startswith(f"beat 1: {name}")
    b = two_beats()
    b["data"][0, 1] = 1
    assert differences(a, b)[0].startswith("beat 0: data")
    b = two_beats()
    b["data"][1, 1], b["cycle"] = 1, 9  # not kept, and a cycle
    assert differences(a, b) == []
    assert differences(a, a[:1]) == ["2 beats and 1"]


# ---- the rules, on streams made by hand ------------------------------------------------------------------
class Told(list[str]):
    """Sentences that rules said."""

    lines: ClassVar[set[int]] = set()  # of rules.py from which one was said, by any

    def append(self, sentence: str) -> None:
        """Called by a rule."""
        self.lines.add(sys._getframe(1).f_lineno)
        super().append(sentence)


def handshake(*cycles: tuple) -> tuple[list[str], list[bool]]:
    """Sentences and takes of cycles (reset, valid, ready, data)."""
    broken = Told()
    rule = Handshake("x", broken.append)
    takes = [rule.step(reset, valid, ready, {"tdata": data}) for reset, valid, ready, data in cycles]
    return broken, takes


def test_a_good_stream_breaks_nothing():
    broken, takes = handshake(
        (True, None, None, None), (True, 0, 0, None), (False, 0, 1, None),
        (False, 1, 0, 5), (False, 1, 0, 5), (False, 1, 1, 5), (False, 1, 1, 6), (False, 0, 1, 7),
    )  # fmt: skip
    assert broken == []
    assert takes == [False] * 5 + [True] * 2 + [False]


BROKEN_HANDSHAKES = [
    ("x: VALID fell before the beat was accepted", [(False, 1, 0, 5), (False, 0, 1, 5)]),
    ("x: TDATA changed while the beat waited for READY", [(False, 1, 0, 5), (False, 1, 1, 6)]),
    ("x: VALID is not low in reset", [(True, 0, 0, 0), (True, 1, 0, 0)]),
    ("x: VALID is unknown after reset", [(False, None, 0, 0)]),
    ("x: READY is unknown after reset", [(False, 0, None, 0)]),
    ("x: TDATA is unknown in a valid beat", [(False, 1, 1, None)]),
]


@pytest.mark.parametrize(("sentence", "cycles"), BROKEN_HANDSHAKES)
def test_a_broken_handshake(sentence, cycles):
    assert handshake(*cycles)[0] == [sentence]


def test_a_reset_ends_a_wait():
    assert handshake((False, 1, 0, 5), (True, 0, 0, 5), (False, 0, 0, 5))[0] == []


END = 15 << 52
BROKEN_PACKETS = [
    ("TKEEP", [(0x0FF0, 1 << 52, 0)]),
    ("TKEEP", [(0x0007, 1 << 52, 0)]),
    ("TKEEP", [(0, 1 << 52, 0)]),
    ("kind", [(0xF, 3 << 52, 0)]),
    ("reserved bits", [(0xF, 1 << 56 | 1 << 52, 0)]),
    ("TLAST is 1", [(0xF, 1 << 52, 1)]),
    ("TLAST is 0", [(0xF, END, 0)]),
    ("frame 3 inside the packet of frame 2", [(0xF, 1 << 52 | 2, 0), (0xF, END | 3, 1)]),
]


def packets(*beats: tuple) -> list[str]:
    """Sentences of beats (TKEEP, TUSER, TLAST)."""
    broken = Told()
    rule = ResultPackets(16, broken.append)
    for beat in beats:
        rule.beat(*beat)
    return broken


def test_a_good_packet_breaks_nothing():
    assert packets((0xFFFF, 1 << 52 | 1, 0), (0x000F, END | 1, 1), (0x000F, END | 2, 1)) == []


@pytest.mark.parametrize(("part", "beats"), BROKEN_PACKETS)
def test_a_broken_result_packet(part, beats):
    broken = packets(*beats)
    assert len(broken) == 1
    assert part in broken[0]


def accesses(*cycles: dict) -> list[str]:
    """Sentences of cycles: channel -> the beat taken in it."""
    broken = Told()
    rule = Accesses(broken.append)
    names = ("aw", "w", "b", "ar", "r")
    for beats in cycles:
        rule.step({n: beats.get(n) for n in names}, {n: n in beats for n in names})
    rule.end()
    return broken


AW, W, B, AR, R = {"awaddr": 0}, {"wdata": 0, "wstrb": 6}, {"bresp": 0}, {"araddr": 0}, {"rresp": 2}


BROKEN_ACCESSES = [
    ("", [{"aw": AW}, {"w": W, "ar": AR}, {"b": B, "r": R, "aw": AW, "w": W}, {"b": B}]),
    ("B answers an access that was never made", [{"aw": AW}, {"b": B, "w": W}]),
    ("R answers an access that was never made", [{"r": R, "ar": AR}]),
    ("BRESP is 3", [{"aw": AW, "w": W}, {"b": {"bresp": 3}}]),
    ("RRESP is 1", [{"ar": AR}, {"r": {"rresp": 1}}]),
    ("WSTRB 5 is not a run", [{"aw": AW, "w": {"wstrb": 5}}, {"b": B}]),
    ("WSTRB 0 is not a run", [{"aw": AW, "w": {"wstrb": 0}}, {"b": B}]),
    ("1 beats of AR were never answered", [{"ar": AR}]),
]


@pytest.mark.parametrize(("part", "cycles"), BROKEN_ACCESSES)
def test_accesses(part, cycles):
    broken = accesses(*cycles)
    assert len(broken) == bool(part)
    assert all(part in sentence for sentence in broken)


def test_every_rule_is_broken_above(monkeypatch):
    monkeypatch.setattr(Told, "lines", set())
    tables: list[tuple[Callable, list]] = [
        (handshake, BROKEN_HANDSHAKES), (packets, BROKEN_PACKETS), (accesses, BROKEN_ACCESSES)
    ]  # fmt: skip
    for said, table in tables:
        for _, stream in table:
            said(*stream)
    calls = [
        node for node in ast.walk(ast.parse(Path(rules.__file__).read_text())) if isinstance(node, ast.Call)
    ]
    wanted = {
        call.lineno for call in calls if isinstance(call.func, ast.Attribute) and call.func.attr == "broken"
    }
    assert wanted
    assert wanted == Told.lines


def test_pauses_depend_on_seed_and_channel_alone():
    def first(seed: int, channel: str) -> list[bool]:
        return [pause for pause, _ in zip(pauses(seed, channel), range(200), strict=False)]

    assert first(1, "aw") == first(1, "aw")
    assert len({tuple(first(seed, name)) for seed in (1, 2) for name in CHANNELS}) == 16
    assert all(set(first(seed, "aw")) == {True, False} for seed in range(20))
