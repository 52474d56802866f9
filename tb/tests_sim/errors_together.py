# SPDX-License-Identifier: Apache-2.0
"""Two errors in every order, and in one cycle: each is told."""

from collections.abc import Callable
from functools import partial
from itertools import combinations

import cocotb

from models.descriptors import Frame, Load
from models.formats import ErrorBit
from tb import mur_regs as regs
from tb.tests_sim.error_bench import INPUTS, ErrorBench
from tb.tests_sim.errors_frames import bad_packet
from tb.tests_sim.errors_images import theta

NEAR = 14  # cycles by which one of two that take their time about alike is sent before the other
HALTS = range(
    7, 27
)  # cycles after a frame is offered: all of it is taken, and after about 16 it has halted the machine
BEATS = -(-INPUTS // 4)


def send(bench: ErrorBench, bit: ErrorBit) -> None:
    """Begin what raises ``bit`` in a machine that waits for a frame; nothing waits for it."""
    if bit == ErrorBit.IMG_BUSY:
        cocotb.start_soon(bench.send_images(theta(bench)[:4]))
    elif bit == ErrorBit.CTRL_BUSY:
        cocotb.start_soon(bench.command("start"))
    else:
        bench.play(bad_packet(bench, BEATS + (1 if bit == ErrorBit.FRAME_LONG else -1)))


async def told(bench: ErrorBench, *bits: ErrorBit, moment: int) -> None:
    """ERROR is these bits, and they have interrupted; both are cleared."""
    word, pending = await bench.read(regs.ERROR, regs.IRQ_STATUS)
    bench.expect(f"ERROR, {moment} cycles apart", word, sum(1 << bit for bit in bits))
    bench.expect(f"IRQ_STATUS, {moment} cycles apart", pending, regs.IRQ_STATUS.fields["error"].mask)
    await bench.clear_error()


async def waiting(bench: ErrorBench, first: ErrorBit, second: ErrorBit) -> None:
    """Both in a machine that waits, ``second`` from so many cycles before ``first`` to as many behind it."""
    await bench.fresh()
    await bench.waiting_for_frame()
    for moment in range(-NEAR, NEAR + 1):
        send(bench, first if moment >= 0 else second)
        if moment:
            await bench.wait(abs(moment))
        send(bench, second if moment >= 0 else first)
        await bench.wait(60)
        await told(bench, first, second, moment=moment)
    await bench.good("good")
    await bench.stop()
    await bench.again("after")  # an image has taken the program's validity


async def halting(bench: ErrorBench, other: ErrorBit) -> None:
    """``other`` from a frame that halts the machine on, until behind the halt."""
    await bench.fresh(start=False)
    program = [Frame(0, INPUTS).encode(), Load(0, INPUTS).encode(), 0]
    await bench.send_images(bench.program_packet(program))
    await bench.start_bad()
    for number, moment in enumerate(HALTS):
        await bench.waiting_for_frame()
        bench.play(bench.packets(bench.utterance("good", 1), mark=False))
        await bench.wait(moment)
        send(bench, other)
        batch = await bench.ends(1)
        bench.expect_end(batch, ErrorBit.ILLEGAL_DESC, number)
        await bench.command("clear")
        await bench.waiting_for_frame()
        await bench.wait(60)  # a bad packet that the halted machine did not take is dropped now
        packets = 2 if other in (ErrorBit.FRAME_SHORT, ErrorBit.FRAME_LONG) else 1
        bench.took(packets - len(batch.packets))
        await told(bench, ErrorBit.ILLEGAL_DESC, other, moment=moment)
    await bench.idle()
    await bench.again("after")


def cases() -> dict[str, Callable]:
    """All cases by name."""
    others = (ErrorBit.IMG_BUSY, ErrorBit.CTRL_BUSY, ErrorBit.FRAME_SHORT, ErrorBit.FRAME_LONG)
    pairs = [pair for pair in combinations(others, 2) if pair != others[2:]]  # no packet is both
    return {
        **{f"together: a halt and {bit.name}": partial(halting, other=bit) for bit in others},
        **{f"together: {a.name} and {b.name}": partial(waiting, first=a, second=b) for a, b in pairs},
    }
