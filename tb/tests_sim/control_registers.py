# SPDX-License-Identifier: Apache-2.0
"""Registers: reset values, rights, addresses of none, the interrupt, and the ledger against the model."""

from collections.abc import Callable

import cocotb

from models.formats import ErrorBit
from models.images import Images
from tb import mur_regs as regs
from tb import sequences
from tb.registers.model import reset_words
from tb.tests_sim.error_bench import SETTLE, ErrorBench

OKAY, SLVERR = 0, 2  # AXI responses


async def expect_reset(bench: ErrorBench) -> None:
    """Every register as it is after reset."""
    words = dict(zip(regs.REGISTERS, await bench.read(*regs.REGISTERS.values()), strict=True))
    bench.expect("registers after reset", words, reset_words(bench.config))
    bench.expect("irq_o after reset", bench.irq(), 0)


async def is_new(bench: ErrorBench, images: Images | None = None) -> None:
    """Reset now: registers as new, no program, nothing leaves; reloaded, the machine runs right."""
    await bench.bfm.reset()
    await expect_reset(bench)
    await bench.command("start")
    await bench.write(regs.IRQ_ENABLE, 2)
    await bench.expect_error(ErrorBit.NO_PROGRAM)
    bench.took(0)
    await bench.again("after", images)


async def registers(bench: ErrorBench) -> None:
    """Reset values; what may be written, byte by byte; addresses that no register has."""
    await bench.bfm.reset()
    await expect_reset(bench)
    fixed = [r for r in regs.REGISTERS.values() if r.access == "RO"]
    before = await bench.read(*fixed)
    answers = await bench.past_agent(*((r.address, 0xFFFFFFFF, 15) for r in fixed))
    bench.expect("answers to writes of what is read-only", {response for _, response in answers}, {OKAY})
    bench.expect("what is read-only", await bench.read(*fixed), before)
    enable = regs.IRQ_ENABLE
    await bench.write(enable, 0xFFFFFFFF)
    bench.expect("IRQ_ENABLE, all ones", await bench.read(enable), [3])
    await bench.past_agent((enable.address, 0, 0b1110), (enable.address, 0, 0))
    bench.expect("IRQ_ENABLE, other bytes", await bench.read(enable), [3])
    await bench.write(enable, 1)
    bench.expect("IRQ_ENABLE, 1", await bench.read(enable), [1])
    await bench.command("start")  # no program
    bench.expect("ERROR", await bench.read(regs.ERROR), [1 << ErrorBit.NO_PROGRAM])
    await bench.past_agent((regs.ERROR.address, 0xFFFFFFFF, 0b1101))
    bench.expect("ERROR, other bytes", await bench.read(regs.ERROR), [1 << ErrorBit.NO_PROGRAM])
    bench.expect("CTRL", await bench.read(regs.CTRL), [0])
    mapped = {register.address for register in regs.REGISTERS.values()}
    holes = [address for address in range(0, 0x120, 4) if address not in mapped] + [0x200, 0x800, 0xFFC]
    reads = await bench.past_agent(*((address, None, 15) for address in holes))
    bench.expect("reads of no register", set(reads), {(0, SLVERR)})
    writes = await bench.past_agent(*((address, 0xFFFFFFFF, 15) for address in holes))
    bench.expect("writes of no register", {response for _, response in writes}, {SLVERR})
    word, state, pending = await bench.read(regs.ERROR, regs.STATUS, regs.IRQ_STATUS)
    bench.expect("after all that", (word, state, pending), (1 << ErrorBit.NO_PROGRAM, 0, 2))
    await bench.clear_error()
    await bench.again("after")


async def interrupts(bench: ErrorBench) -> None:
    """irq_o is IRQ_STATUS and IRQ_ENABLE, for frame done alone; the ledger's registers are the model's."""
    await bench.fresh()
    done = regs.IRQ_STATUS.fields["frame_done"].mask
    await bench.good("good", frames=2)
    bench.expect("IRQ_STATUS", await bench.read(regs.IRQ_STATUS), [done])
    bench.expect("irq_o, not enabled", bench.irq(), 0)
    await bench.write(regs.IRQ_ENABLE, done)
    bench.expect("irq_o, enabled", bench.irq(), 1)
    await bench.write(regs.IRQ_STATUS, done)
    bench.expect("irq_o, cleared", bench.irq(), 0)
    await bench.good("more", frames=1)
    bench.expect("irq_o, another frame", bench.irq(), 1)
    await bench.write(regs.IRQ_ENABLE, 2)
    bench.expect("irq_o, not enabled again", bench.irq(), 0)
    counters = await sequences.read_ledger(bench.env.registers.sequencer)
    bench.expect("FRAMES", counters["FRAMES"], 3)
    wanted = {name: bench.env.scoreboard.totals[name] for name in counters if name != "CYCLES"}
    found = {name: counters[name] for name in wanted}
    bench.expect("counters", found, wanted)
    moved = ("EVENTS0", "EVENTS1", "ROWS_READ", "ROWS_ZERO", "ADDS", "GATED", "RESULTS", "SPIKES0", "SPIKES1")
    bench.expect("counters that moved", [name for name in moved if not found[name]], [])
    await bench.stop()


async def pending_by_enabled(bench: ErrorBench) -> None:
    """irq_o is high when something is both pending and enabled; IRQ_STATUS says what is pending."""
    await bench.fresh()
    for pending in range(4):
        if pending & 1:
            await bench.good(f"good{pending}", frames=1)
        if pending & 2:
            await bench.command("start")  # CTRL_BUSY
        for enabled in range(4):
            await bench.write(regs.IRQ_ENABLE, enabled)
            bench.expect(f"IRQ_STATUS, IRQ_ENABLE {enabled}", await bench.read(regs.IRQ_STATUS), [pending])
            bench.expect(f"irq_o, {pending} of {enabled} pending", bench.irq(), int(pending & enabled > 0))
        await bench.clear_error()
    await bench.stop()


async def done_as_cleared(bench: ErrorBench) -> None:
    """IRQ_STATUS cleared in any cycle about that in which a frame is done: irq_o tells the frame, though for
    one cycle.
    """
    await bench.fresh()
    done = regs.IRQ_STATUS.fields["frame_done"].mask
    await bench.write(regs.IRQ_ENABLE, done)
    await bench.waiting_for_frame()
    utterance, seen = bench.utterance("good", 1), set()
    bench.play(bench.packets(utterance))
    delay = await bench.until("the frame done", lambda: bool(bench.irq()))
    await bench.judge([utterance], await bench.ends(1))
    for moment in range(delay - 10, delay + 4):
        await bench.write(regs.IRQ_STATUS, done)
        bench.play(bench.packets(utterance))
        await bench.wait(moment)
        task = cocotb.start_soon(bench.write(regs.IRQ_STATUS, done))
        told = 0
        for _ in range(SETTLE):
            told |= bench.irq()
            await bench.wait(1)
        await task
        bench.expect(f"irq_o, cleared {moment - delay} cycles from the frame's end", told, 1)
        seen.update(await bench.read(regs.IRQ_STATUS))
        await bench.judge([utterance], await bench.ends(1))
    bench.expect("IRQ_STATUS, cleared before it and after it", seen, {done, 0})
    await bench.write(regs.IRQ_STATUS, done)
    await bench.stop()


def cases() -> dict[str, Callable]:
    """All cases by name."""
    return {
        "control: registers": registers,
        "control: interrupts and ledger": interrupts,
        "control: interrupts pending by enabled": pending_by_enabled,
        "control: frame done as it is cleared": done_as_cleared,
    }
