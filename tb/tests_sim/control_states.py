# SPDX-License-Identifier: Apache-2.0
"""Commands, images, packets and register accesses in states that last: nothing of it may disturb a frame.

A machine whose results are not taken stays at work with another frame loaded, and goes on when they are.
"""

from collections.abc import Callable
from functools import partial

import numpy as np

from models.formats import ErrorBit, Target
from models.images import packet
from tb import mur_regs as regs
from tb.tests_sim.control_bus import ONES, holes
from tb.tests_sim.control_registers import OKAY, SLVERR
from tb.tests_sim.error_bench import LIMIT, SETTLE, ErrorBench, Wrong
from tb.tests_sim.errors_frames import LONG, SHORT, bad_packet
from tb.tests_sim.errors_images import expect_busy, expect_no_program, joined
from tb.tests_sim.errors_overflow import trapped, with_trap

QUIET = 4000  # cycles, more than two frames take
STOP, CLEAR = (regs.CTRL.fields[name].mask for name in ("stop", "clear"))


async def enter_work(bench: ErrorBench) -> list[np.ndarray]:
    """A frame in work whose results are held, and one loaded behind it; both with marks."""
    utterances = [bench.utterance(f"good{i}", 1) for i in range(2)]
    await bench.fresh()
    bench.play(*(bench.packets(utterance) for utterance in utterances))
    await bench.hold("result")
    await bench.wait(QUIET)
    await bench.expect_status("at work", running=1, waiting=0, halted=0, frame_loaded=1)
    bench.expect("frames complete", len(bench.bfm.records("dones")), 0)
    return utterances


async def finish_work(bench: ErrorBench, utterances: list[np.ndarray]) -> None:
    """Take the results: both frames are as they would have been."""
    await bench.hold("result", False)
    await bench.judge(utterances, await bench.ends(len(utterances)))


async def write_commands(bench: ErrorBench, *words: int) -> None:
    """Writes of CTRL."""
    await bench.past_agent(*((regs.CTRL.address, word, 15) for word in words))


async def commands(bench: ErrorBench) -> None:
    """All of them at work, after STOP, and idle: START is CTRL_BUSY, STOP waits for both frames."""
    utterances = await enter_work(bench)
    await write_commands(bench, 0)
    await bench.command("start")
    await bench.expect_error(ErrorBit.CTRL_BUSY)
    await write_commands(bench, STOP | CLEAR)
    await write_commands(bench, 0, STOP, CLEAR, STOP | CLEAR)
    await bench.command("start")
    await bench.expect_error(ErrorBit.CTRL_BUSY)
    await bench.expect_status("after STOP", running=1, waiting=0, halted=0)
    await finish_work(bench, utterances)
    await bench.wait(SETTLE)
    await bench.expect_status("after both frames", running=0, waiting=0, halted=0, program_valid=1)
    await write_commands(bench, 0, STOP | CLEAR)
    await bench.expect_status("idle", running=0, waiting=0, halted=0, program_valid=1)
    await bench.expect_error(None)
    await bench.unmoved()
    await bench.start()
    await bench.good("good")
    await bench.stop()


async def images(bench: ErrorBench) -> None:
    """Images at work and after STOP: IMG_BUSY, and nothing is written."""
    utterances = await enter_work(bench)
    for stops in (False, True):
        if stops:
            await bench.command("stop")
        for image in (packet(bench.config, Target.THETA, bench.one.theta + 1), bench.program_packet([0])):
            await bench.send_images(image)
            await expect_busy(bench, None)
    await finish_work(bench, utterances)
    await bench.idle()
    await expect_no_program(bench)
    await bench.send_images(bench.program_packet(bench.one.program))
    await bench.start()
    await bench.good("good")
    await bench.stop()


async def packets(bench: ErrorBench) -> None:
    """Packets too short and too long while a frame is worked on: each is told at once, and dropped."""
    images, _ = with_trap(bench)  # whose frames work long after LOAD
    utterance = trapped(bench, "trapped", 2, set())
    good = bench.packets(utterance)
    await bench.fresh(images)
    bench.play(good[0])
    await bench.begun()
    for taken, (change, bit) in enumerate(((-1, SHORT), (1, LONG)), 2):
        bench.play(bad_packet(bench, good.shape[1] + change))
        for _ in range(LIMIT):
            if len(bench.bfm.records("packets")) == taken:
                break
            await bench.wait(1)
        else:
            raise Wrong(f"a packet was not taken: {bench.bfm.progress()}")
        await bench.wait(4)  # until the register holds what the packet has raised
        await bench.expect_error(bit)
    await bench.expect_status("behind both", running=1, waiting=0, halted=0, frame_loaded=0)
    bench.expect("frames complete", len(bench.bfm.records("dones")), 0)
    first = await bench.ends(1)
    bench.play(good[1])
    await bench.judge([utterance], joined(first, await bench.ends(1)))
    await bench.stop()


async def registers(bench: ErrorBench, state: str) -> None:
    """Every register read and written, and an address of none: what only hardware may change does not."""
    utterances: list[np.ndarray] = []
    if state == "working":
        utterances = await enter_work(bench)
    else:
        await bench.fresh(start=state == "waiting")
    if state == "waiting":
        await bench.waiting_for_frame()
    if state == "halted":
        await bench.send_images(bench.program_packet([0]))
        await bench.start_bad()
        await bench.ends(1)
    every = list(regs.REGISTERS.values())
    before = await bench.read(*every)
    # Ones where nothing can be written, in IRQ_ENABLE what stands there, else zeros: no command, no clear.
    data = {"RO": ONES, "RW": regs.IRQ_ENABLE.fields["error"].mask}
    writes = [(register.address, data.get(register.access, 0), 15) for register in every]
    answers = await bench.past_agent(*writes)
    bench.expect("answers to writes", set(answers), {(0, OKAY)})
    hole = holes()[0]
    answers = await bench.past_agent((hole, None, 15), (hole, ONES, 15))
    bench.expect("answers of no register", answers, [(0, SLVERR), (0, SLVERR)])
    bench.expect("all registers after that", await bench.read(*every), before)
    if state == "working":
        await finish_work(bench, utterances)
        await bench.stop()
    elif state == "waiting":
        await bench.good("good")
        await bench.stop()
    elif state == "halted":
        await bench.expect_error(ErrorBit.ILLEGAL_DESC, 0)
        await bench.idle()
    await bench.again("after")


def cases() -> dict[str, Callable]:
    """All cases by name."""
    found: dict[str, Callable] = {
        "state: commands at work, after STOP, idle": commands,
        "state: images at work, after STOP": images,
        "state: bad packets at work": packets,
    }
    for state in ("idle", "waiting", "working", "halted"):
        found[f"state: all registers, {state}"] = partial(registers, state=state)
    return found
