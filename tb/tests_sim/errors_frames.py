# SPDX-License-Identifier: Apache-2.0
"""FRAME_SHORT and FRAME_LONG: bad packets among good ones, which are compared as if the bad had not been."""

from collections.abc import Callable
from functools import partial

import numpy as np

from models.compiler import compile_network
from models.formats import ErrorBit
from tb import mur_regs as regs
from tb.networks import Modes, network_of
from tb.tests_sim.error_bench import SETTLE, ErrorBench
from tb.tests_sim.errors_images import joined

SHORT, LONG = ErrorBit.FRAME_SHORT, ErrorBit.FRAME_LONG
STALLS = ((1, 0, 1), (9, 60, 6))


def bad_packet(bench: ErrorBench, beats: int, mark: bool = False) -> np.ndarray:
    """A packet of that many beats, full of what no frame holds."""
    whole = bench.packets(bench.utterance("good", 1), mark)[0]
    packet = np.resize(whole, beats)
    packet["data"] ^= np.uint64(0x5A5A5A5A5A5A5A5A)
    packet["last"] = 0
    packet["last"][-1] = 1
    packet["mark"] = 0
    packet["mark"][0] = mark
    return packet


async def among_good(bench: ErrorBench, bit: ErrorBit, change: int, stall: tuple[int, int, int]) -> None:
    """Bad packets before, between and behind good ones; a mark on a bad one is dropped with it."""
    await bench.fresh()
    good = bench.packets(bench.utterance("good", 6))
    size = good.shape[1] + change
    marked, plain = bad_packet(bench, size, mark=True), bad_packet(bench, size)
    # Marks of bad packets must not clear, so the six good frames are one utterance.
    bench.play(plain, good[:2], marked, marked, good[2:5], plain, good[5:], plain, stall=stall)
    batch = await bench.ends(6)
    await bench.wait(500)
    bench.took(11 - len(batch.packets))
    await bench.judge([bench.utterance("good", 6)], batch)
    await bench.expect_status("after bad packets", running=1, halted=0, waiting=1)
    await bench.expect_error(bit)
    await bench.good("more")
    await bench.stop()
    await bench.again("after")


async def both(bench: ErrorBench) -> None:
    """A short and a long packet set both bits, each cleared by itself."""
    await bench.fresh()
    good = bench.packets(bench.utterance("good", 2))
    size = good.shape[1]
    bench.play(bad_packet(bench, size - 1), bad_packet(bench, size + 9), good)
    await bench.judge([bench.utterance("good", 2)], await bench.ends(2))
    (word,) = await bench.read(regs.ERROR)
    bench.expect("ERROR", word, 1 << SHORT | 1 << LONG)
    await bench.write(regs.ERROR, 1 << SHORT)
    (word,) = await bench.read(regs.ERROR)
    bench.expect("ERROR after FRAME_SHORT is cleared", word, 1 << LONG)
    await bench.clear_error()
    await bench.stop()


async def rises_again(bench: ErrorBench) -> None:
    """A bit that is set already does not interrupt again; once cleared it does."""
    await bench.fresh()
    await bench.waiting_for_frame()
    short = bad_packet(bench, 2)
    for rises in (1, 0, 1):
        bench.play(short)
        await bench.wait(100)
        word, pending = await bench.read(regs.ERROR, regs.IRQ_STATUS)
        bench.expect("ERROR", word, 1 << SHORT)
        bench.expect("IRQ_STATUS.error", regs.IRQ_STATUS.fields["error"].get(pending), rises)
        bench.expect("irq_o", bench.irq(), rises)
        await bench.write(regs.IRQ_STATUS, 3)
        if not rises:
            await bench.write(regs.ERROR, 1 << SHORT)
    await bench.clear_error()
    await bench.good("good")
    await bench.stop()


async def stopped(bench: ErrorBench, change: int) -> None:
    """STOP while a bad packet is in flight: it is dropped, the machine goes idle, the next packet waits."""
    await bench.fresh()
    good = bench.packets(bench.utterance("good", 1))
    bad = bad_packet(bench, good.shape[1] + change)
    await bench.waiting_for_frame()
    bench.play(bad[:2])
    await bench.wait(50)
    await bench.command("stop")
    await bench.expect_status("with a packet in flight", running=1)
    bench.play(bad[2:], good)
    await bench.wait(300)
    await bench.expect_status("after the packet", running=0)
    bench.took(1)
    await bench.expect_error(SHORT if change < 0 else LONG)
    await bench.start()
    await bench.judge([bench.utterance("good", 1)], await bench.ends(1))
    await bench.stop()


async def marks_behind(bench: ErrorBench) -> None:
    """TUSER on any beat but the first says nothing: the state goes on."""
    await bench.fresh()
    utterance = bench.utterance("good", 5)
    beats = bench.packets(utterance)
    beats["mark"][1:4, 1:] = 1
    beats["mark"][4, -1] = 1
    bench.play(beats)
    await bench.judge([utterance], await bench.ends(5))
    await bench.expect_error(None)
    await bench.stop()


async def no_last(bench: ErrorBench) -> None:
    """No TLAST at all: all beats to come are one packet too long, until one has it; then all is well."""
    await bench.fresh()
    utterance = bench.utterance("good", 6)
    beats = bench.packets(utterance)
    beats["last"][1:4] = 0  # frames 1 to 4 are one packet
    bench.play(beats[:4])
    first = await bench.ends(1)
    await bench.wait(500)
    await bench.expect_error(LONG)
    await bench.expect_status("in the packet", running=1, waiting=1, halted=0, frame_loaded=0)
    bench.play(beats[4], beats[5])
    await bench.judge([utterance[[0, 5]]], joined(first, await bench.ends(1)))
    await bench.expect_error(None)
    await bench.stop()


async def one_beat(bench: ErrorBench) -> None:
    """Packets of a single beat: one too long is swallowed from its first beat on."""
    widths = [3, 20, 12]
    network = network_of(bench.rng("narrow"), Modes(), widths, bench.config.lanes)
    await bench.fresh(compile_network(network, bench.config))
    utterance = bench.rng("narrow.frames").integers(-128, 128, (4, widths[0]), dtype=np.int16)
    good = bench.packets(utterance)
    bench.expect("beats", good.shape[1], 1)
    bench.play(good[0])
    first = await bench.ends(1)
    for size in (2, 3):
        bench.play(bad_packet(bench, size))
        await bench.wait(SETTLE)
        await bench.expect_error(ErrorBit.FRAME_LONG)
    bench.play(good[1:])
    await bench.judge([utterance], joined(first, await bench.ends(3)))
    await bench.stop()


async def mark_waits(bench: ErrorBench) -> None:
    """STATUS while a frame with a mark lies loaded behind one whose results wait: it waits for no packet."""
    await bench.fresh()
    utterances = [bench.utterance(f"good{i}", 1) for i in range(2)]
    bench.play(*(bench.packets(utterance) for utterance in utterances))
    await bench.hold("result")
    await bench.wait(4000)  # more than both frames take
    await bench.expect_status("with results held", running=1, waiting=0, frame_loaded=1)
    await bench.hold("result", False)
    await bench.judge(utterances, await bench.ends(2))
    await bench.stop()


def cases() -> dict[str, Callable]:
    """All cases by name."""
    found: dict[str, Callable] = {}
    for number, stall in enumerate(STALLS):
        for change in (-3, -1, 1, 2, 40):
            bit = SHORT if change < 0 else LONG
            name = f"frame: {abs(change)} beats too {'few' if change < 0 else 'many'}, stall {number}"
            found[name] = partial(among_good, bit=bit, change=change, stall=stall)
    return found | {
        "frame: one short and one long": both,
        "frame: interrupts when it rises": rises_again,
        "frame: no TLAST": no_last,
        "frame: marks behind the first beat": marks_behind,
        "frame: a mark waits": mark_waits,
        "frame: one beat": one_beat,
        "frame: STOP in a short one": partial(stopped, change=-1),
        "frame: STOP in a long one": partial(stopped, change=3),
    }
