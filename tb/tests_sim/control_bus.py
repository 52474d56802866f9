# SPDX-License-Identifier: Apache-2.0
"""Register accesses that a user should not make: no register there, read-only, part of a word, at work."""

from collections.abc import Callable

from models.formats import ErrorBit
from tb import mur_regs as regs
from tb.tests_sim.control_registers import OKAY, SLVERR
from tb.tests_sim.error_bench import ErrorBench
from tb.tests_sim.errors_frames import bad_packet
from tb.tests_sim.errors_images import joined

SPACE = 1 << 12  # bytes that the slave decodes
ONES = 0xFFFFFFFF
SLOW = (5, 40, 200)  # stalls of the frame stream: the machine works and waits by turns


def holes() -> list[int]:
    """Word addresses that no register has."""
    mapped = {register.address for register in regs.REGISTERS.values()}
    return [address for address in range(0, SPACE, 4) if address not in mapped]


async def while_it_works(bench: ErrorBench, frames: int, accesses: list) -> list[tuple[int, int]]:
    """Do the accesses while so many frames come and go, judge these, and return the answers."""
    utterance = bench.utterance("good", frames)
    bench.play(bench.packets(utterance), stall=SLOW)
    await bench.begun()
    before = len(bench.bfm.records("starts"))
    answers = await bench.past_agent(*accesses)
    bench.expect("frames begun meanwhile", len(bench.bfm.records("starts")) > before, True)
    await bench.judge([utterance], await bench.ends(frames))
    return answers


async def no_register(bench: ErrorBench) -> None:
    """All other addresses of the space, idle and at work: SLVERR, data 0, and nothing changes."""
    await bench.fresh(start=False)
    nothing, part = holes(), [register.address for register in regs.REGISTERS.values()]
    reads = [(address, None, 15) for address in nothing]
    writes = [(address, ONES, strobe) for address in nothing for strobe in (15, 1)]
    fixed = list(regs.REGISTERS.values())
    before = await bench.read(*fixed)
    bench.expect("reads", set(await bench.past_agent(*reads)), {(0, SLVERR)})
    bench.expect("writes", {response for _, response in await bench.past_agent(*writes)}, {SLVERR})
    bench.expect("all registers after that", await bench.read(*fixed), before)
    await bench.start()
    answers = await while_it_works(bench, 24, [*reads, *writes[::7]])
    bench.expect("answers at work", {response for _, response in answers}, {SLVERR})
    bench.expect("registers that are there", await bench.past_agent(*((a, None, 15) for a in part[:2])),
                 [(register.reset, OKAY) for register in fixed[:2]])  # fmt: skip
    await bench.expect_error(None)
    await bench.stop()


async def unaligned(bench: ErrorBench) -> None:
    """The two lowest address bits are not looked at: an access is one of the whole word."""
    await bench.fresh(start=False)
    for low in range(1, 4):
        answers = await bench.past_agent(
            (regs.ID.address + low, None, 15),
            (regs.IRQ_ENABLE.address + low, low, 15),
            (regs.IRQ_ENABLE.address, None, 15),
        )
        bench.expect("answers", answers, [(regs.ID.reset, OKAY), (0, OKAY), (low, OKAY)])
    bench.expect("writes to no register", await bench.past_agent((0x27, ONES, 15)), [(0, SLVERR)])
    await bench.again("after")


async def written_at_work(bench: ErrorBench) -> None:
    """Every register written while frames run, what is read-only too: only what may change does."""
    await bench.fresh()
    fixed = [register for register in regs.REGISTERS.values() if register.access == "RO"]
    accesses = [(register.address, data, 15) for data in (ONES, 0) for register in fixed]
    commands = sum(place.mask for place in regs.CTRL.fields.values())
    accesses += [
        (regs.CTRL.address, ONES & ~commands, 15), (regs.CTRL.address, 0, 15), (regs.ERROR.address, ONES, 15),
        (regs.IRQ_STATUS.address, ONES, 15), (regs.IRQ_ENABLE.address, ONES, 15),
    ]  # fmt: skip
    constant = [register for register in fixed if register.address < regs.CTRL.address]
    before = await bench.read(*constant)
    answers = await while_it_works(bench, 16, accesses * 8)
    bench.expect("answers", set(answers), {(0, OKAY)})
    bench.expect("what never changes", await bench.read(*constant), before)
    bench.expect("IRQ_ENABLE", await bench.read(regs.IRQ_ENABLE), [3])
    await bench.write(regs.IRQ_STATUS, 3)
    await bench.expect_error(None)
    await bench.unmoved()
    await bench.good("more", mark=True)
    await bench.stop()


async def strobes(bench: ErrorBench) -> None:
    """Bytes without a strobe are not written: no command, no bit cleared."""
    control, error, pending = (register.address for register in (regs.CTRL, regs.ERROR, regs.IRQ_STATUS))
    start, stop = regs.CTRL.fields["start"].mask, regs.CTRL.fields["stop"].mask
    await bench.fresh(start=False)
    await bench.past_agent(*((control, ONES, strobe) for strobe in (0, 2, 4, 8, 14)))
    await bench.expect_status("after START in no byte", running=0, program_valid=1)
    bench.env.scoreboard.reset_run()
    await bench.past_agent((control, ONES & ~255 | start, 1))
    await bench.expect_status("after START in a byte alone", running=1)
    await bench.past_agent(*((control, stop | start, strobe) for strobe in (0, 2, 4, 8, 14)))
    await bench.expect_status("after STOP in no byte", running=1)
    await bench.expect_error(None)
    # A bit in each byte of ERROR: FRAME_SHORT and CTRL_BUSY.
    await bench.waiting_for_frame()
    bench.play(bad_packet(bench, 2))
    await bench.wait(100)
    await bench.command("start")
    low, high = 1 << ErrorBit.FRAME_SHORT, 1 << ErrorBit.CTRL_BUSY
    for strobe, left in ((0, low | high), (12, low | high), (2, low), (14, low), (1, 0)):
        await bench.past_agent((error, ONES, strobe))
        bench.expect(f"ERROR after strobe {strobe}", await bench.read(regs.ERROR), [left])
    for strobe, left in ((0, 2), (14, 2), (1, 0)):
        await bench.past_agent((pending, ONES, strobe))
        bench.expect(f"IRQ_STATUS after strobe {strobe}", await bench.read(regs.IRQ_STATUS), [left])
    await bench.good("good")
    await bench.stop()


async def commands(bench: ErrorBench) -> None:
    """Commands in one write: idle only START counts; running STOP counts, and START is CTRL_BUSY."""
    masks = {name: place.mask for name, place in regs.CTRL.fields.items()}
    every = sum(masks.values())
    await bench.fresh(start=False)
    bench.env.scoreboard.reset_run()
    await bench.past_agent((regs.CTRL.address, every, 15))
    await bench.expect_status("idle, all commands", running=1, halted=0)
    await bench.expect_error(None)
    utterance = bench.utterance("good", 4)
    beats = bench.packets(utterance)
    bench.play(beats[:2])
    first = await bench.ends(2)
    bench.play(beats[2])
    await bench.begun()
    await bench.past_agent((regs.CTRL.address, masks["start"] | masks["stop"], 15))
    last = await bench.ends(1)
    await bench.judge([utterance[:3]], joined(first, last))
    await bench.expect_error(ErrorBit.CTRL_BUSY)
    await bench.expect_status("running, START and STOP", running=0, halted=0)
    await bench.again("after")


def cases() -> dict[str, Callable]:
    """All cases by name."""
    return {
        "bus: no register there": no_register,
        "bus: addresses within a word": unaligned,
        "bus: registers written at work": written_at_work,
        "bus: part of a word": strobes,
        "bus: commands in one write": commands,
    }
