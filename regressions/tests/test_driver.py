# SPDX-License-Identifier: Apache-2.0
"""docs/integration/murmur.c on registers made of Python: moments that the example on the RTL never meets."""

import ctypes
import subprocess
from collections.abc import Callable
from ctypes import CFUNCTYPE, POINTER, c_int, c_int32, c_size_t, c_uint, c_uint32, c_uint64, c_void_p
from itertools import count
from typing import Any

import pytest

from models.formats import ErrorBit
from regressions.paths import ROOT
from tb import mur_regs as regs

OK, NOT_THERE, BUSY, ERROR = 0, -1, -2, -3
RUNNING, HALTED = (regs.STATUS.fields[name].mask for name in ("running", "halted"))
START, STOP, CLEAR = (("CTRL", regs.CTRL.fields[name].mask) for name in ("start", "stop", "clear"))
BITS = 1 << ErrorBit.ILLEGAL_DESC | 1 << ErrorBit.CTRL_BUSY
CARRY = 1 << 32


class Port(ctypes.Structure):
    """mur_port."""

    _fields_ = (
        ("self", c_void_p),
        ("read", CFUNCTYPE(c_uint32, c_void_p, c_uint32)),
        ("write", CFUNCTYPE(None, c_void_p, c_uint32, c_uint32)),
        ("send_image", CFUNCTYPE(None, c_void_p, POINTER(c_uint64), c_size_t)),
        ("send_frame", c_void_p),
        ("receive", CFUNCTYPE(c_int, c_void_p, POINTER(c_int32), POINTER(c_uint), POINTER(c_uint64))),
    )


class User(ctypes.Structure):
    """mur_user."""

    _fields_ = (
        ("frame", c_uint32), ("index", ctypes.c_uint16), ("step", ctypes.c_uint8), ("kind", ctypes.c_uint8),
    )  # fmt: skip


class Chip:
    """Registers that read as they are told; ``did`` tells in order what was written and sent."""

    def __init__(self, user: int = 0, **words: int | list[int] | Callable[[], int]) -> None:
        """By register: a word, words one after another of which the last stays, or what gives the next.

        A register without one reads 0. ``user``: TUSER of the result beats.
        """
        self.words, self.user = words, user
        self.did: list[tuple] = []
        names = {register.address: name for name, register in regs.REGISTERS.items()}

        def read(_self, address: int) -> int:
            word = self.words.get(names[address], 0)
            if isinstance(word, list):
                return word.pop(0) if len(word) > 1 else word[0]
            return word() if callable(word) else word

        def receive(_self, _words, _count, user) -> int:
            user[0] = self.user
            return 0

        types: dict[str, Any] = dict(Port._fields_)
        self.port = Port(
            read=types["read"](read),
            write=types["write"](lambda _self, address, word: self.did.append((names[address], word))),
            send_image=types["send_image"](lambda _self, beats, n: self.did.append(("image", *beats[:n]))),
            receive=types["receive"](receive),
        )


@pytest.fixture(scope="module")
def driver(tmp_path_factory) -> ctypes.CDLL:
    """murmur.c as a library."""
    library = tmp_path_factory.mktemp("driver") / "murmur.so"
    source, registers = ROOT / "docs" / "integration" / "murmur.c", ROOT / "rtl" / "regs"
    command = ["cc", "-std=c11", "-shared", "-fPIC", f"-I{registers}", "-o", library, source]
    subprocess.run(command, check=True)
    found = ctypes.CDLL(str(library))
    found.mur_counter.restype, found.mur_error.restype, found.mur_result.restype = c_uint64, c_uint32, User
    return found


@pytest.mark.parametrize(
    ("identity", "version", "answer"),
    [
        (0, 0, OK),
        (1, 0, NOT_THERE),
        (0, 1 << regs.VERSION.fields["major"].lsb, NOT_THERE),
        (0, 2 << regs.VERSION.fields["minor"].lsb, NOT_THERE),
        (0, 1, OK),  # the patch does not matter
    ],
)
def test_probe_knows_its_machine(driver, identity, version, answer):
    chip = Chip(ID=regs.ID.reset ^ identity, VERSION=regs.VERSION.reset ^ version)
    assert driver.mur_probe(ctypes.byref(chip.port)) == answer


@pytest.mark.parametrize("status", [RUNNING, HALTED])
def test_load_leaves_a_busy_machine_alone(driver, status):
    chip = Chip(STATUS=status)
    assert driver.mur_load(ctypes.byref(chip.port), (c_uint64 * 2)(5, 6), c_size_t(2)) == BUSY
    assert not chip.did


@pytest.mark.parametrize(("error", "answer"), [(0, OK), (BITS, ERROR)])
def test_load_start_and_stop_tell_an_error(driver, error, answer):
    chip = Chip(ERROR=error)
    port = ctypes.byref(chip.port)
    assert driver.mur_load(port, (c_uint64 * 2)(5, 6), c_size_t(2)) == answer
    assert driver.mur_start(port) == answer
    assert driver.mur_stop(port) == answer
    assert chip.did == [("image", 5, 6), ("IRQ_ENABLE", 3), START, STOP]


def test_stop_waits_until_the_machine_is_idle(driver):
    chip = Chip(STATUS=[RUNNING, RUNNING, HALTED, 0, RUNNING])
    assert driver.mur_stop(ctypes.byref(chip.port)) == OK
    assert chip.did == [STOP]
    assert chip.words["STATUS"] == [RUNNING]


def test_recover_forgets_the_errors_and_then_clears(driver):
    chip = Chip(ERROR=BITS)
    driver.mur_recover(ctypes.byref(chip.port))
    assert chip.did == [("ERROR", BITS), CLEAR]


@pytest.mark.parametrize(("info", "wanted"), [(1 << 15 | 7 << 16, 7), (7 << 16, -1)])
def test_error_is_told_and_forgotten(driver, info, wanted):
    chip, descriptor = Chip(ERROR=[BITS, 0xFFF], ERROR_INFO=info), c_int()
    assert driver.mur_error(ctypes.byref(chip.port), ctypes.byref(descriptor)) == BITS
    assert (descriptor.value, chip.did) == (wanted, [("ERROR", BITS)])


def test_result_is_taken_apart(driver):
    chip = Chip(user=0x00_2_3_4567_89ABCDEF)
    user = driver.mur_result(ctypes.byref(chip.port), (c_int32 * 16)(), ctypes.byref(c_uint()))
    assert (user.frame, user.index, user.step, user.kind) == (0x89ABCDEF, 0x4567, 3, 2)


@pytest.mark.parametrize("before", range(12))
def test_counter_that_moves_is_never_torn(driver, before):
    """It counts on with every access; what is read must be between what it was first and last."""
    values = count(CARRY - 1 - before, 5)
    chip = Chip(EVENTS0_HI=lambda: next(values) // CARRY, EVENTS0_LO=lambda: next(values) % CARRY)
    read = driver.mur_counter(ctypes.byref(chip.port), c_uint32(regs.EVENTS0_LO.address))
    assert CARRY - 1 - before <= read < next(values)
