# SPDX-License-Identifier: Apache-2.0
"""Commands and marks, with good frames compared throughout."""

from collections.abc import Callable
from functools import partial

import numpy as np

from models.descriptors import Acc, End, Frame, Load, Loop
from models.formats import ErrorBit, Fmt
from tb import mur_regs as regs
from tb.tests_sim.error_bench import INPUTS, SETTLE, ErrorBench
from tb.tests_sim.errors_images import joined

LONG = 600  # cycles, more than a frame takes
LONGER = INPUTS + 8  # elements of a frame


async def stop_in_flight(bench: ErrorBench) -> None:
    """STOP with half a packet accepted: that frame is finished, then idle; the next waits for START."""
    await bench.fresh()
    utterance = bench.utterance("good", 3)
    beats = bench.packets(utterance)
    bench.play(beats[0], beats[1][:2])
    first = await bench.ends(1)
    await bench.command("stop")
    await bench.wait(LONG)
    await bench.expect_status("with a packet in flight", running=1, halted=0)
    bench.play(beats[1][2:], beats[2])
    second = await bench.ends(1)
    await bench.judge([utterance[:2]], joined(first, second))
    await bench.wait(LONG)
    await bench.expect_status("after it", running=0, waiting=0, halted=0, frame_loaded=0)
    bench.expect("packets accepted before STOP", len(second.packets), 1)
    bench.took(0)
    await bench.expect_error(None)
    await bench.unmoved()
    await bench.start()
    await bench.judge([utterance[2:]], await bench.ends(1))
    await bench.stop()


async def stop_unfinished(bench: ErrorBench) -> None:
    """STOP while results of the only frame are not taken: the machine is idle when they are, not before."""
    await bench.fresh()
    utterance = bench.utterance("good", 1)
    bench.play(bench.packets(utterance))
    await bench.hold("result")
    await bench.wait(LONG)
    await bench.command("stop")
    await bench.wait(LONG)
    await bench.expect_status("with results held", running=1, halted=0, frame_loaded=0)
    await bench.hold("result", False)
    await bench.judge([utterance], await bench.ends(1))
    await bench.expect_status("with all taken", running=0, halted=0)
    await bench.again("after")


async def stop_idle(bench: ErrorBench) -> None:
    """STOP and CLEAR of the idle machine do nothing, and nothing later."""
    await bench.fresh(start=False)
    await bench.command("stop")
    await bench.command("clear")
    await bench.expect_status("idle", running=0, halted=0, program_valid=1)
    await bench.start()
    await bench.good("good", frames=3)
    await bench.stop()


async def clear_waiting(bench: ErrorBench) -> None:
    """CLEAR of the waiting machine: the next frame, without a mark, starts from zero state; once."""
    await bench.fresh(bench.two)
    number = 0
    for frames in (3, 2, 1, 4):
        utterance = bench.utterance(f"good{number}", frames)
        bench.play(bench.packets(utterance, mark=number == 0))
        await bench.judge([utterance], await bench.ends(frames))
        number += frames
        await bench.expect_status("between frames", running=1, waiting=1)
        await bench.command("clear")
    await bench.stop()


async def clear_working(bench: ErrorBench) -> None:
    """CLEAR while a frame is worked on: it is finished as it began, the next starts from zero state."""
    await bench.fresh(bench.two)
    for number, delay in enumerate(range(1, 260, 20)):
        utterance = bench.utterance(f"good{number}", 1)
        bench.play(bench.packets(utterance, mark=number == 0))
        await bench.begun()
        await bench.wait(delay)
        await bench.command("clear")
        await bench.judge([utterance], await bench.ends(1))
    await bench.expect_error(None)
    await bench.stop()


async def mark_in_second_half(bench: ErrorBench) -> None:
    """Marks in either frame of a two-frame program clear, and the program goes on where it is."""
    await bench.fresh(bench.two)
    lengths = (3, 1, 2, 1, 1, 4, 2)
    utterances = [bench.utterance(f"good{i}", n) for i, n in enumerate(lengths)]
    bench.expect("frames of the program", len(bench.env.scoreboard.plan.pcs), 2)
    for stall in ((1, 0, 1), (3, 80, 5)):
        bench.play(*(bench.packets(utterance) for utterance in utterances), stall=stall)
        await bench.judge(utterances, await bench.ends(sum(lengths)))
        await bench.stop()
        await bench.start()
    await bench.stop()


async def error_in_second_half(bench: ErrorBench) -> None:
    """CLEAR of a machine halted in the second frame of a program goes to descriptor 0; a mark would not."""
    words = list(bench.two.program)
    words[-2] |= 1 << 9 | 3 << 7  # the last FIRE: context 3
    await bench.fresh(bench.two, start=False)
    await bench.send_images(bench.program_packet(words))
    await bench.start()
    frame = bench.utterance("good", 1)
    for number in (0, 2, 4):
        bench.play(bench.packets(frame, mark=number == 0), bench.packets(frame, mark=False))
        good, failed = bench.split(await bench.ends(2), number + 1)
        await bench.judge([frame], good)
        bench.expect("END status", int(failed.results["data"][-1, 0]), 1 + ErrorBit.ILLEGAL_DESC)
        await bench.expect_error(ErrorBit.ILLEGAL_DESC, len(words) - 2)
        await bench.command("clear")
        bench.goes_on(number + 2)
    await bench.idle()
    await bench.again("after", bench.two)


async def start_longer(bench: ErrorBench) -> int:
    """START a program whose second frame waits for one of LONGER elements, then fails where is returned."""
    acc = Acc(sets=3, ctx=2, fmt=Fmt.SIGNED, src=0, len=INPUTS, wgt=0)
    words = [*bench.one.program[:-1], End(wrap=0).encode()]
    second = [Frame(0, INPUTS), Load(0, LONGER), Loop(body=1, count=40), acc]
    words += [descriptor.encode() for descriptor in second] + [0]
    await bench.fresh(start=False)
    await bench.send_images(bench.program_packet(words))
    await bench.start()
    return len(words) - 1


async def kept_frame_does_not_fit(bench: ErrorBench) -> None:
    """A frame accepted for a longer FRAME, kept over CLEAR: ILLEGAL_DESC at descriptor 0; STOP drops it."""
    failing = await start_longer(bench)
    good = bench.utterance("good", 2)
    long = bench.rng("long").integers(-128, 128, (1, LONGER), dtype=np.int16)
    bench.play(bench.packets(good), bench.packets(long, mark=False), bench.packets(good, mark=False))
    first, failed = bench.split(await bench.ends(2), 1)
    await bench.judge([good[:1]], first)
    bench.expect_end(failed, ErrorBit.ILLEGAL_DESC, 1)
    bench.expect("packets accepted", len(first.packets), 3)
    await bench.expect_error(ErrorBit.ILLEGAL_DESC, failing)
    await bench.expect_status("with a frame kept", halted=1, frame_loaded=1)
    await bench.command("clear")
    bench.expect_end(await bench.ends(1), ErrorBit.ILLEGAL_DESC, 2)
    await bench.expect_error(ErrorBit.ILLEGAL_DESC, 0)
    await bench.expect_status("with it kept again", halted=1, frame_loaded=1)
    await bench.idle()
    await bench.expect_status("after STOP", halted=0, frame_loaded=0)
    await bench.send_images(bench.program_packet(bench.one.program))
    await bench.start()
    await bench.judge([good], await bench.ends(2))
    await bench.stop()


async def cut_packet_over_clear(bench: ErrorBench, first: str) -> None:
    """A packet begun when the machine halts ends early, before CLEAR or behind it: nothing is kept after all.

    It was for a longer FRAME, but descriptor 0 must not mind: the loader is armed for nobody.
    """
    failing = await start_longer(bench)
    good = bench.utterance("good", 2)
    beats = bench.packets(good)
    bench.play(beats, beats[1][:1])
    before, failed = bench.split(await bench.ends(2), 1)
    await bench.judge([good[:1]], before)
    bench.expect_end(failed, ErrorBit.ILLEGAL_DESC, 1)
    await bench.expect_error(ErrorBit.ILLEGAL_DESC, failing)
    if first == "clear":
        await bench.command("clear")
    bench.play(beats[1][-1:], bench.packets(good, mark=False))  # two beats of six: short
    if first == "packet":
        await bench.wait(SETTLE)
        await bench.command("clear")
    bench.goes_on(2)
    third, again = bench.split(await bench.ends(2), 3)
    await bench.judge([good[:1]], third)
    bench.expect_end(again, ErrorBit.ILLEGAL_DESC, 3)
    await bench.idle()
    word, _ = await bench.read(regs.ERROR, regs.STATUS)
    bench.expect("ERROR", word, 1 << ErrorBit.ILLEGAL_DESC | 1 << ErrorBit.FRAME_SHORT)
    await bench.clear_error()
    await bench.again("after")


async def start_twice(bench: ErrorBench) -> None:
    """START of the waiting and of the working machine: CTRL_BUSY, and the run goes on undisturbed."""
    await bench.fresh()
    utterance = bench.utterance("good", 4)
    beats = bench.packets(utterance)
    await bench.command("start")
    await bench.expect_error(ErrorBit.CTRL_BUSY)
    bench.play(beats[:2])
    await bench.wait(150)
    await bench.command("start")
    batch = await bench.ends(2)
    await bench.expect_error(ErrorBit.CTRL_BUSY)
    bench.play(beats[2:])
    await bench.judge([utterance], joined(batch, await bench.ends(2)))
    await bench.stop()


async def start_halted(bench: ErrorBench) -> None:
    """No command, and START, of the halted machine: CTRL_BUSY, it stays halted."""
    await bench.fresh(start=False)
    await bench.send_images(bench.program_packet([0]))
    await bench.start_bad()
    await bench.ends(1)
    await bench.expect_error(ErrorBit.ILLEGAL_DESC, 0)
    await bench.past_agent((regs.CTRL.address, 0, 15))
    await bench.command("start")
    await bench.expect_status("after no command and START", running=0, halted=1)
    word, info = await bench.read(regs.ERROR, regs.ERROR_INFO)
    bench.expect("ERROR and ERROR_INFO", (word, info), (1 << ErrorBit.CTRL_BUSY, 1 << 15))
    await bench.clear_error()
    await bench.idle()
    await bench.again("after")


async def stop_before_halt(bench: ErrorBench) -> None:
    """STOP given before an error takes effect though the machine halts first; a CLEAR before it is spent."""
    acc = Acc(sets=3, ctx=2, fmt=Fmt.SIGNED, src=0, len=INPUTS, wgt=0)
    words = [d.encode() for d in (Frame(0, INPUTS), Loop(body=1, count=100), acc)] + [0]
    frame = bench.packets(bench.utterance("good", 1))
    for command, halted in (("stop", 0), ("clear", 1)):
        await bench.fresh(start=False)
        await bench.send_images(bench.program_packet(words))
        await bench.start()
        bench.play(frame)
        await bench.begun()
        await bench.wait(50)
        await bench.expect_status("in the frame", running=1, waiting=0, halted=0)
        await bench.command(command)
        bench.expect_end(await bench.ends(1), ErrorBit.ILLEGAL_DESC, 0)
        await bench.expect_status(f"after {command} and the error", running=0, halted=halted)
        await bench.idle()
        await bench.clear_error()
    await bench.again("after")


async def commands_together(bench: ErrorBench) -> None:
    """STOP and CLEAR in one write of the halted machine: STOP goes first, and ERROR_INFO stays."""
    await bench.fresh(start=False)
    await bench.send_images(bench.program_packet([0]))
    await bench.start_bad()
    await bench.ends(1)
    both = regs.CTRL.fields["stop"].mask | regs.CTRL.fields["clear"].mask
    await bench.past_agent((regs.CTRL.address, both, 15))
    await bench.wait(LONG)
    await bench.expect_status("after STOP and CLEAR", running=0, halted=0)
    bench.expect("ERROR_INFO", await bench.read(regs.ERROR_INFO), [ErrorBit.ILLEGAL_DESC | 1 << 15])
    await bench.clear_error()
    await bench.again("after")


def cases() -> dict[str, Callable]:
    """All cases by name."""
    functions = (
        stop_in_flight, stop_unfinished, stop_idle, clear_waiting, clear_working, mark_in_second_half,
        error_in_second_half, kept_frame_does_not_fit, start_twice,
        start_halted, stop_before_halt, commands_together,
    )  # fmt: skip
    found: dict[str, Callable] = {f"control: {f.__name__.replace('_', ' ')}": f for f in functions}
    for first in ("packet", "clear"):
        found[f"control: a cut packet, {first} first"] = partial(cut_packet_over_clear, first=first)
    return found
