# SPDX-License-Identifier: Apache-2.0
"""The built-in tests in every state: after power-up and reset, idle, while frames run, halted."""

from collections.abc import Awaitable, Callable
from functools import partial

from models.descriptors import Frame
from models.formats import ErrorBit
from tb import mur_regs as regs
from tb.registers.builtin import (
    OKAY,
    RegisterBench,
    addresses,
    bit_bash,
    mirror,
    reset_values,
    rights,
)
from tb.tests_sim.error_bench import INPUTS
from tb.tests_sim.errors_frames import bad_packet
from tb.tests_sim.errors_images import PACKETS
from tb.tests_sim.errors_overflow import trapped, with_trap

SLOW = (5, 40, 200)  # stalls of the frame stream: the machine works and waits by turns
EVERY = (1 << len(ErrorBit)) - 1
Builtin = Callable[..., Awaitable[None]]


# ---- states ----------------------------------------------------------------------------------------------
async def halt(bench: RegisterBench, *words: int) -> None:
    """Run a program that fails at once."""
    await bench.send_images(bench.program_packet(list(words)))
    await bench.start_bad()
    await bench.ends(1)


async def every_error(bench: RegisterBench) -> None:
    """Raise all errors, one after another; the machine is left halted, with every bit of ERROR set."""
    await bench.bfm.reset()
    await bench.command("start")  # NO_PROGRAM
    for name in ("magic", "count 0", "header alone", "a payload bit"):
        await bench.send_images(PACKETS[name][1](bench))
    await bench.send_images(*bench.one.to_packets())
    await bench.start_bad()
    await bench.waiting_for_frame()
    size = bench.packets(bench.utterance("good", 1)).shape[1]
    bench.play(bad_packet(bench, size - 1), bad_packet(bench, size + 1))
    await bench.wait(200)
    await bench.idle()
    images, _ = with_trap(bench)
    await bench.send_images(*images.to_packets())
    await bench.start_bad()
    bench.play(bench.packets(trapped(bench, "trapped", 1, {0})))
    await bench.ends(1)
    await bench.idle()
    await halt(bench, Frame(bench.config.vec_depth, INPUTS).encode())
    await bench.idle()
    await halt(bench, 0)
    await bench.command("start")  # CTRL_BUSY
    await bench.send_images(bench.program_packet(bench.one.program))  # IMG_BUSY
    bench.expect("ERROR after every error", await bench.front("ERROR"), EVERY)


async def at_work(bench: RegisterBench, builtin: Builtin, frames: int) -> None:
    """A built-in test while so many frames come and go, which are compared as always."""
    await bench.fresh()
    utterance = bench.utterance("good", frames)
    bench.play(bench.packets(utterance), stall=SLOW)
    await bench.begun()
    before = len(bench.bfm.records("starts"))
    await builtin(bench, live=True)
    bench.expect("frames begun meanwhile", len(bench.bfm.records("starts")) > before + 1, True)
    await bench.judge([utterance], await bench.ends(frames))
    await bench.write(regs.IRQ_STATUS, 3)
    await bench.expect_error(None)
    await bench.stop()


async def idle(bench: RegisterBench, builtin: Builtin) -> None:
    """A built-in test of the machine at rest, whose registers hold what frames have left."""
    await bench.again("before")
    await builtin(bench)
    await bench.again("after")


async def halted(bench: RegisterBench, builtin: Builtin) -> None:
    """A built-in test of the machine that an error has stopped, with every error told."""
    await every_error(bench)
    await builtin(bench)
    await bench.idle()
    await bench.clear_error()
    await bench.again("after")


# ---- reset -----------------------------------------------------------------------------------------------
async def power_up(bench: RegisterBench) -> None:
    """As the run has begun: nothing but a reset has happened, and all bits were random before."""
    await reset_values(bench)


async def reset_idle(bench: RegisterBench) -> None:
    """Of the machine that has run frames and has a program, with interrupts enabled and told."""
    await bench.again("before")
    await bench.write(regs.IRQ_ENABLE, regs.IRQ_ENABLE.mask)
    await bench.bfm.reset()
    await reset_values(bench)
    await bench.again("after")


async def reset_in_frame(bench: RegisterBench) -> None:
    """Of the working machine, early and late in a frame."""
    for cycles in (3, 70, 350):
        await bench.fresh()
        await bench.good("good")
        bench.play(bench.packets(bench.utterance("lost", 3)))
        await bench.begun()
        await bench.wait(cycles)
        await bench.bfm.reset()
        await reset_values(bench)
    await bench.again("after")


async def reset_halted(bench: RegisterBench) -> None:
    """Of the halted machine with every error set."""
    await every_error(bench)
    await bench.bfm.reset()
    await reset_values(bench)
    await bench.again("after")


# ---- write 1 to clear, commands --------------------------------------------------------------------------
async def errors_clear(bench: RegisterBench) -> None:
    """Each bit of ERROR is cleared by its own 1 alone, by all others' ones not at all."""
    error = regs.ERROR.address
    await every_error(bench)
    word = EVERY
    for bit in ErrorBit:
        answers = await bench.bus((error, EVERY & ~word), (error, None), (error, 1 << bit), (error, None))
        left = word & ~(1 << bit)
        bench.expect(f"ERROR, {bit.name} cleared", [w for w, _ in answers], [0, word, 0, left])
        bench.expect(f"ERROR by the back door, {bit.name} cleared", await bench.back("ERROR"), left)
        word = left
    for kept in ErrorBit:
        if kept % 4 == 0:
            await every_error(bench)
            await bench.bus((error, EVERY & ~(1 << kept)))
            bench.expect(f"ERROR, all but {kept.name} cleared", await bench.front("ERROR"), 1 << kept)
    await bench.idle()
    await bench.clear_error()
    await bench.again("after")


async def interrupts_clear(bench: RegisterBench) -> None:
    """Each bit of IRQ_STATUS is cleared by its own 1 alone, whatever IRQ_ENABLE says."""
    done, error = (regs.IRQ_STATUS.fields[name].mask for name in ("frame_done", "error"))
    status = regs.IRQ_STATUS.address
    for enable in range(4):
        for bit in (done, error):
            await bench.fresh()
            await bench.good("good")
            await bench.command("start")  # CTRL_BUSY
            await bench.write(regs.IRQ_ENABLE, enable)
            bench.expect("IRQ_STATUS, both told", await bench.front("IRQ_STATUS"), done | error)
            bench.expect("irq_o, both told", bench.irq(), int(enable != 0))
            other = done | error ^ bit
            answers = await bench.bus((status, bit), (status, None))
            bench.expect(f"IRQ_STATUS, {bit} cleared", answers, [(0, OKAY), (other & ~bit, OKAY)])
            bench.expect(f"irq_o, {bit} cleared", bench.irq(), int(enable & other & ~bit != 0))
            await bench.clear_error()
            await bench.stop()


async def commands(bench: RegisterBench) -> None:
    """CTRL reads 0 whatever was written, and its reserved bits command nothing."""
    control, spare = regs.CTRL.address, ~regs.CTRL.mask & 0xFFFFFFFF
    await bench.bfm.reset()
    for bit in range(3, 32):
        await bench.bus((control, 1 << bit))
    bench.expect("ERROR after reserved bits", await bench.front("ERROR"), 0)
    for data, error in ((spare, 0), (2, 0), (4, 0), (spare | 1, 1 << ErrorBit.NO_PROGRAM)):
        answers = await bench.bus((control, data), (control, None))
        bench.expect(f"CTRL after {data:#x}", answers, [(0, OKAY), (0, OKAY)])
        bench.expect(f"ERROR after {data:#x}", await bench.front("ERROR"), error)
    await bench.clear_error()
    await bench.again("after")


def cases() -> dict[str, Callable]:
    """All cases by name."""
    found: dict[str, Callable] = {
        "reset: after power-up": power_up,
        "reset: idle": reset_idle,
        "reset: in mid-frame": reset_in_frame,
        "reset: halted": reset_halted,
        "clear: ERROR": errors_clear,
        "clear: IRQ_STATUS": interrupts_clear,
        "command: CTRL": commands,
    }
    for builtin, frames in ((bit_bash, 60), (rights, 20), (addresses, 60), (mirror, 24)):
        name = builtin.__name__.replace("_", " ")
        found[f"{name}: idle"] = partial(idle, builtin=builtin)
        found[f"{name}: while frames run"] = partial(at_work, builtin=builtin, frames=frames)
        if builtin is not bit_bash:  # which clears what there is to see
            found[f"{name}: halted"] = partial(halted, builtin=builtin)
    return found
