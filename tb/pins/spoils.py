# SPDX-License-Identifier: Apache-2.0
"""Spoils for testing the checks of the test ``pins``: each corrupts one thing, once, and the run must be red.

``SPOIL=name`` picks one. Most change what one call of the scoreboard is told, so that the checks themselves
stay as they are; ``valid`` breaks the protocol on the pins. tb/tests/test_pins.py lists what each run says.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import count

import cocotb
import numpy as np
from cocotb.triggers import FallingEdge

from regressions.registry import name_of
from tb.pins.scenario import INPUTS

FRAME_BEATS = -(-INPUTS // 4)
Spoil = Callable[..., None]  # of the environment (tb/tests_sim/pins.py), before the run


def prepare(params: Mapping, _seed: int) -> dict:
    """Called by the launcher. RegistryError, one line, for a spoil that there is not."""
    name_of("SPOIL", params["spoil"], SPOILS)
    return {}


def once(owner, method: str, change: Callable[..., tuple | None]) -> None:
    """Let one call of ``method`` have other arguments: the first that ``change`` does not make None of."""
    inner, done = getattr(owner, method), False

    def spoilt(*arguments):
        nonlocal done
        if not done and (changed := change(*arguments)) is not None:
            done, arguments = True, changed
        return inner(*arguments)

    setattr(owner, method, spoilt)


def call(method: str, change: Callable[..., tuple]) -> Spoil:
    """The first call of a method of the scoreboard."""
    return lambda env: once(env.scoreboard, method, change)


def beat(channel: str, pin: str, bit: int = 0, number: int = 0) -> Spoil:
    """A bit of a beat of a channel, the first unless ``number`` says, as the scoreboard is shown it."""
    numbers = count()

    def flip(seen):
        if next(numbers) != number:
            return None
        return (replace(seen, values=seen.values | {pin: seen.values[pin] ^ 1 << bit}),)

    return lambda env: once(getattr(env.scoreboard, channel), "function", flip)


def value(what: str, where: str) -> Spoil:
    """The lowest bit of a value that the test read: the first that is compared as ``what``, ``where``."""

    def flip(kind, place, found, wanted):
        return (kind, place, found ^ 1, wanted) if (kind, place) == (what, where) else None

    return call("expect", flip)


def counter(name: str) -> Spoil:
    """A counter, as it was read after the first STOP."""
    return call("check_life", lambda counters: (counters | {name: counters[name] ^ 1},))


def library(field: str) -> Spoil:
    """A field of the first result beat, as the library's sink got it."""

    def flip(beats, answers):
        beats = beats.copy()
        beats[field][:1] ^= beats[field].dtype.base.type(1)
        return beats, answers

    return call("check_library", flip)


def answer(kind: str) -> Spoil:
    """The response to the first write or read, as the library's master got it."""

    def flip(beats, answers):
        (*access, response), *rest = answers[kind]
        return beats, answers | {kind: [(*access, response ^ 1), *rest]}

    return call("check_library", flip)


def valid(env) -> None:
    """TVALID of the frame stream falls on the pins while a beat waits."""

    async def drop() -> None:
        driver = env.frames.driver
        while True:
            await FallingEdge(driver.top.clk_i)
            if int(driver.top.s_axis_frm_tvalid.value) and not int(driver.top.s_axis_frm_tready.value):
                driver.source.clear_pause_generator()
                driver.source.pause = True
                driver.top.s_axis_frm_tvalid.value = 0
                return

    cocotb.start_soon(drop())


SPOILS: dict[str, Spoil] = {
    "valid": valid,
    # what the monitor saw on the pins
    "res_tdata": beat("res", "tdata"),
    "res_tuser": beat("res", "tuser", 32),
    "res_tkeep": beat("res", "tkeep"),
    "res_tlast": beat("res", "tlast"),
    "res_lost": call("check_beats", lambda expected, found: (expected, found[1:])),
    "res_twice": call("check_beats", lambda expected, found: (expected, np.append(found, found[-1:]))),
    "frm_tdata": beat("frm", "tdata", 7),
    "frm_tlast": beat("frm", "tlast"),
    "frm_tuser": beat("frm", "tuser", number=FRAME_BEATS),  # a mark on the second frame
    "img_tdata": beat("img", "tdata"),
    "img_tlast": beat("img", "tlast"),
    "aw_awaddr": beat("aw", "awaddr", 2),
    "aw_awprot": beat("aw", "awprot"),
    "w_wdata": beat("w", "wdata"),
    "w_wstrb": beat("w", "wstrb"),
    "b_bresp": beat("b", "bresp", 1),
    "ar_araddr": beat("ar", "araddr", 2),
    "ar_arprot": beat("ar", "arprot"),
    "r_rdata": beat("r", "rdata"),
    "r_rresp": beat("r", "rresp", 1),
    # what the test read
    "register": value("register", "ID after reset"),
    "no_register": value("register", "none at this address"),
    "beside": value("register", "ID beside writes"),
    "bytes": value("register", "IRQ_ENABLE by bytes"),
    "status": value("register", "STATUS after a START without program"),
    "error": value("register", "ERROR"),
    "irq_status": value("register", "IRQ_STATUS after a short frame"),
    "running": value("running", "frames streaming"),
    "irq": value("irq_o", "after a wrong image"),
    "adds": counter("ADDS"),
    "frames": counter("FRAMES"),
    "cycles": call("check_cycles", lambda cycles, completed: (cycles + 1, completed)),
    # what only the bench knows
    "paused": value("channel paused", "aw"),
    "lib_user": library("user"),
    "lib_keep": library("keep"),
    "lib_last": library("last"),
    "lib_data": library("data"),
    "lib_write": answer("write"),
    "lib_read": answer("read"),
}
