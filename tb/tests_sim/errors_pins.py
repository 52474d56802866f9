# SPDX-License-Identifier: Apache-2.0
"""Wires: any value while VALID is low, the channels of a write in any order, a reset however short."""

from collections.abc import Awaitable, Callable
from functools import partial

import cocotb

from models.formats import ErrorBit
from tb import mur_regs as regs
from tb.tests_sim import control_reset
from tb.tests_sim.control_registers import OKAY, SLVERR, expect_reset
from tb.tests_sim.error_bench import ErrorBench
from tb.tests_sim.errors_images import joined
from tb.tests_sim.errors_overflow import trapped, with_trap

GAPS = (7, 90, 6)  # stalls of a stream: seed, rate, burst
MANY = 200
CLEAR = (regs.CTRL.address, regs.CTRL.fields["clear"].mask, 15)
# Cases that also run with a reset of one cycle.
SHORTENED = (
    "idle",
    "in a good image",
    "2 beats into a frame packet",
    "waiting",
    "halted",
    "while FIRE RAW runs",
)


async def junk(bench: ErrorBench) -> None:
    """Images, registers and frames with gaps in which wires turn over, a write's address or data first."""
    await bench.fresh(start=False)
    bench.bfm.stall("image", *GAPS)
    await bench.send_images(*bench.one.to_packets())
    bench.bfm.stall("image", 1, 0, 1)
    await bench.expect_status("after the images", running=0, program_valid=1)
    await bench.start()
    utterance = bench.utterance("good", 12)
    bench.play(bench.packets(utterance), stall=GAPS)
    enable, accesses, wanted = regs.IRQ_ENABLE.address, [], []
    for value in (1, 2, 0, 3) * 12:
        accesses += [(enable, value, 15), (enable, 0, 0), (enable, None, 15), (regs.ID.address, None, 15)]
        wanted += [(0, OKAY), (0, OKAY), (value, OKAY), (regs.ID.reset, OKAY)]
    accesses += [(0xFFC, None, 15), (enable, 2, 15)]
    wanted += [(0, SLVERR), (0, OKAY)]
    bench.bfm.stall("axil", *GAPS)
    bench.expect("answers", await bench.past_agent(*accesses), wanted)
    bench.bfm.stall("axil", 1, 0, 1)
    await bench.judge([utterance], await bench.ends(len(utterance)))
    await bench.expect_error(None)
    await bench.stop()


async def many_clears(bench: ErrorBench) -> None:
    """CLEAR again and again, halted, waiting and in a frame: the next frame starts from zero state, once."""
    images, _ = with_trap(bench)
    await bench.fresh(images)
    utterance = trapped(bench, "trapped", 5, {0})
    beats = bench.packets(utterance)
    bench.play(beats[0])
    await bench.ends(1)
    await bench.clear_error()
    await bench.past_agent(*[CLEAR] * MANY)
    bench.goes_on(1)
    bench.play(beats[1])
    await bench.begun()
    await bench.past_agent(*[CLEAR] * MANY)
    await bench.judge([utterance[1:2]], await bench.ends(1))
    bench.play(beats[2:4])
    first = await bench.ends(2)
    bench.play(beats[4:])
    await bench.judge([utterance[2:]], joined(first, await bench.ends(1)))
    await bench.expect_error(None)
    await bench.stop()


async def in_access(bench: ErrorBench) -> None:
    """Reset in every cycle of a read and a write, with all answers at once or none: nothing is left of it."""
    accesses = ((regs.ID.address, None, 15), (regs.IRQ_ENABLE.address, 3, 15), (0xFFC, 3, 15))
    for stall in ((1, 0, 1), GAPS, (0xFF01, 256, 1 << 20)):
        for access in accesses:
            for moment in range(1, 9):
                bench.bfm.stall("axil", *stall)
                task = cocotb.start_soon(bench.past_agent(access))
                await bench.wait(moment)
                task.cancel()
                await bench.bfm.reset()
                await expect_reset(bench)
    await bench.again("after")


async def then_error(bench: ErrorBench) -> None:
    """Reset in a frame, and in the clear before it: an error between frames then is frame 0's, twice."""
    for begun in (False, True):
        await bench.fresh()
        await bench.good("good")
        bench.play(bench.packets(bench.utterance("good", 1)))
        await (bench.begun() if begun else bench.wait(20))
        bench.expect("frames begun", len(bench.bfm.records("starts")), int(begun))
        await bench.bfm.reset()
        await bench.write(regs.IRQ_ENABLE, 2)
        await bench.send_images(bench.program_packet([0]))
        await bench.start_bad()
        for _ in range(2):
            bench.expect_end(await bench.ends(1), ErrorBit.ILLEGAL_DESC, 0)
            await bench.expect_error(ErrorBit.ILLEGAL_DESC, 0)
            await bench.command("clear")
        await bench.ends(1)
        await bench.idle()
        await bench.clear_error()
    await bench.again("after")


async def for_one_cycle(bench: ErrorBench, run: Callable[[ErrorBench], Awaitable[None]]) -> None:
    """A case of control_reset with resets of a single cycle."""
    usual, bench.bfm.reset_cycles = bench.bfm.reset_cycles, 1
    try:
        await run(bench)
    finally:
        bench.bfm.reset_cycles = usual


def cases() -> dict[str, Callable]:
    """All cases by name."""
    resets = control_reset.cases()
    return {
        "bus: wires without VALID": junk,
        "command: CLEAR again and again": many_clears,
        "reset: in a register access": in_access,
        "reset: then an error between frames": then_error,
    } | {
        f"reset: for one cycle, {name}": partial(for_one_cycle, run=resets[f"reset: {name}"])
        for name in SHORTENED
    }
