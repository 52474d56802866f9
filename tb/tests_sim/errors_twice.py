# SPDX-License-Identifier: Apache-2.0
"""Errors over errors: bits stay until each is cleared by itself, and ERROR_INFO tells the latest halt."""

from collections.abc import Callable
from functools import partial

import cocotb

from models.descriptors import Frame
from models.formats import ErrorBit
from tb import mur_regs as regs
from tb.tests_sim.error_bench import INPUTS, ErrorBench
from tb.tests_sim.errors_frames import bad_packet
from tb.tests_sim.errors_images import cut, header, spoiled, theta
from tb.tests_sim.errors_overflow import trapped, with_trap
from tb.tests_sim.errors_program import expect_halt

ERROR = regs.IRQ_STATUS.fields["error"].mask


async def rose(bench: ErrorBench, bits: int, what: str, rises: bool = True) -> None:
    """ERROR is ``bits``, none forgotten; the interrupt tells whether one of them rose, and is cleared."""
    word, pending = await bench.read(regs.ERROR, regs.IRQ_STATUS)
    bench.expect(f"ERROR after {what}", word, bits)
    bench.expect(f"IRQ_STATUS.error after {what}", bool(pending & ERROR), rises)
    await bench.write(regs.IRQ_STATUS, 3)


async def halt_of(bench: ErrorBench, word: int, bit: ErrorBit) -> None:
    """START a program of FRAME and a bad word; the error that halts it, told by END and ERROR_INFO."""
    await bench.send_images(bench.program_packet([Frame(0, INPUTS).encode(), word]))
    await bench.start_bad()
    bench.play(bench.packets(bench.utterance("good", 1)))
    bench.expect_end(await bench.ends(1), bit, 0)
    (info,) = await bench.read(regs.ERROR_INFO)
    bench.expect("ERROR_INFO", info, bit | 1 << 15 | 1 << 16)


async def every_bit(bench: ErrorBench) -> None:
    """All errors in one life, none cleared before the last: each bit adds itself; then each goes alone."""
    images, _ = with_trap(bench)
    await bench.fresh(images)
    bits = 0
    # Halting: data of this program, then a program that is all wrong, then one word of it.
    bench.play(bench.packets(trapped(bench, "trapped", 1, {0})))
    bench.expect_end(await bench.ends(1), ErrorBit.ACC_OVERFLOW, 0)
    await rose(bench, bits := bits | 1 << ErrorBit.ACC_OVERFLOW, "an overflow")
    await bench.command("start")
    await rose(bench, bits := bits | 1 << ErrorBit.CTRL_BUSY, "START of the halted machine")
    await bench.send_images(theta(bench))
    await rose(bench, bits := bits | 1 << ErrorBit.IMG_BUSY, "an image into the halted machine")
    await bench.idle()
    await bench.command("start")
    await rose(bench, bits := bits | 1 << ErrorBit.NO_PROGRAM, "START without a program")
    beyond = bench.one.program[1] | 0xFFFF << 64  # an ACC whose weights lie beyond the bank
    for word, bit in ((0, ErrorBit.ILLEGAL_DESC), (beyond, ErrorBit.ADDR_RANGE)):
        await halt_of(bench, word, bit)
        await rose(bench, bits := bits | 1 << bit, bit.name)
        await bench.idle()
    for bit, make in (
        (ErrorBit.IMG_HEADER, header(magic=0)), (ErrorBit.IMG_RANGE, header(count=0)),
        (ErrorBit.IMG_LENGTH, cut(-2)), (ErrorBit.IMG_CRC, spoiled(-1, 1)),
    ):  # fmt: skip
        await bench.send_images(make(bench))
        await rose(bench, bits := bits | 1 << bit, bit.name)
    # Loading again reports nothing new; the agents would not START with an error set.
    await bench.send_images(*images.to_packets())
    await bench.start_bad()
    await bench.waiting_for_frame()
    size = bench.packets(bench.utterance("good", 1)).shape[1]
    for bit, beats in ((ErrorBit.FRAME_SHORT, size - 1), (ErrorBit.FRAME_LONG, size + 1)):
        bench.play(bad_packet(bench, beats))
        await bench.wait(100)
        await rose(bench, bits := bits | 1 << bit, bit.name)
    bench.expect("every bit", bits, (1 << len(ErrorBit)) - 1)
    frames = trapped(bench, "fine", 2, set())
    bench.play(bench.packets(frames))
    await bench.judge([frames], await bench.ends(2))
    await bench.idle()
    await bench.write(regs.IRQ_STATUS, 3)
    for bit in sorted(ErrorBit, key=lambda bit: bit * 5 % 12):
        await bench.write(regs.ERROR, 1 << bit)
        await rose(bench, bits := bits & ~(1 << bit), f"{bit.name} was cleared", rises=False)
    await bench.again("after")


async def same_again(bench: ErrorBench) -> None:
    """The same halt again, its bit not cleared: no new interrupt, but END and ERROR_INFO tell it."""
    await bench.fresh(start=False)
    bit = ErrorBit.ILLEGAL_DESC
    for number in range(3):
        await halt_of(bench, 0, bit)
        await rose(bench, 1 << bit, f"halt {number}", rises=number == 0)
        await bench.command("clear")
        (info,) = await bench.read(regs.ERROR_INFO)
        bench.expect("ERROR_INFO after CLEAR", info, 0)
        bench.expect("ERROR after CLEAR", await bench.read(regs.ERROR), [1 << bit])
        await bench.idle()
    await bench.write(regs.ERROR, 1 << bit)
    await bench.again("after")


async def short_then_halt(bench: ErrorBench) -> None:
    """Short packets about a frame that halts, and a long one that CLEAR finds: nothing is mixed up."""
    images, at = with_trap(bench)
    await bench.fresh(images)
    utterance = trapped(bench, "trapped", 4, {1})
    beats = bench.packets(utterance)
    short, long = bad_packet(bench, 2), bad_packet(bench, beats.shape[1] + 5)
    bench.play(short, beats[0], short, beats[1], short, beats[2:3], long, beats[3:])
    good, failed = bench.split(await bench.ends(2), 1)
    bench.expect_end(failed, ErrorBit.ACC_OVERFLOW, 1)
    await bench.judge([utterance[:1]], good)
    await bench.expect_status("after the overflow", halted=1)
    await rose(bench, 1 << ErrorBit.FRAME_SHORT | 1 << ErrorBit.ACC_OVERFLOW, "short packets and a halt")
    await bench.clear_error()
    await bench.command("clear")
    bench.goes_on(2)
    await bench.judge([utterance[2:]], await bench.ends(2))
    await bench.expect_error(ErrorBit.FRAME_LONG)
    await bench.stop()
    await bench.fresh(images)
    bench.play(bench.packets(utterance[:3]))  # STOP drops the last: none is left for the next case
    good, failed = bench.split(await bench.ends(2), 1)
    await bench.judge([utterance[:1]], good)
    await expect_halt(bench, ErrorBit.ACC_OVERFLOW, at)
    await bench.idle()


async def cleared_as_it_comes(bench: ErrorBench, bit: ErrorBit, strobe: int) -> None:
    """A bit cleared in any cycle about that in which it rises: no rise is lost.

    If it was set before and stands in the end, it has interrupted again; if it was not set,
    it has interrupted whatever it is in the end. ``strobe``: the bytes that the write has.
    """
    await bench.fresh()
    await bench.waiting_for_frame()
    short, image, seen = bad_packet(bench, 2), theta(bench)[:4], set()

    def come() -> None:
        if bit == ErrorBit.FRAME_SHORT:
            bench.play(short)
        else:
            cocotb.start_soon(bench.send_images(image))

    cases = [(was_set, moment) for was_set in (True, False) for moment in range(-9, 10)]
    for was_set, moment in cases:  # the packet comes so many cycles later than the write
        if was_set:
            come()
            await bench.wait(60)
        await bench.write(regs.IRQ_STATUS, 3)
        if moment < 0:
            come()
            await bench.wait(-moment)
        task = cocotb.start_soon(bench.past_agent((regs.ERROR.address, 1 << bit, strobe)))
        if moment >= 0:
            if moment:
                await bench.wait(moment)
            come()
        await task
        await bench.wait(60)
        word, pending = await bench.read(regs.ERROR, regs.IRQ_STATUS)
        found = f"IRQ_STATUS.error, moment {moment}, ERROR {word}, set before {was_set}"
        bench.expect(found, bool(pending & ERROR), bool(word) or not was_set)
        seen.add((was_set, bool(word)))
        await bench.clear_error()
    bench.expect("cleared, and set again", len(seen), 4)
    await bench.good("good")
    await bench.stop()
    await bench.again("after")  # the image has taken the program's validity


async def written_as_it_comes(bench: ErrorBench) -> None:
    """A write of IRQ_STATUS that leaves the error's bit alone, in any cycle about that in which it rises."""
    await bench.fresh()
    await bench.waiting_for_frame()
    short = bad_packet(bench, 2)
    for moment in range(-9, 10):  # the packet comes so many cycles later than the write
        if moment < 0:
            bench.play(short)
            await bench.wait(-moment)
        task = cocotb.start_soon(bench.past_agent((regs.IRQ_STATUS.address, 1, 15)))
        if moment >= 0:
            await bench.wait(1 + moment)
            bench.play(short)
        await task
        await bench.wait(60)
        (pending,) = await bench.read(regs.IRQ_STATUS)
        bench.expect(f"IRQ_STATUS, moment {moment}", pending, ERROR)
        await bench.clear_error()
        await bench.write(regs.IRQ_STATUS, 3)
    await bench.good("good")
    await bench.stop()


def cases() -> dict[str, Callable]:
    """All cases by name."""
    return {
        "twice: every error bit at once": every_bit,
        "twice: the same halt, not cleared": same_again,
        "twice: bad packets and a halt": short_then_halt,
        "twice: IRQ_STATUS written as an error comes": written_as_it_comes,
        "twice: cleared as it comes again": partial(cleared_as_it_comes, bit=ErrorBit.FRAME_SHORT, strobe=15),
        "twice: its byte cleared as it comes again": partial(
            cleared_as_it_comes, bit=ErrorBit.IMG_BUSY, strobe=2
        ),
    }
