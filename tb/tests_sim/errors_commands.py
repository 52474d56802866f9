# SPDX-License-Identifier: Apache-2.0
"""STOP and CLEAR with a frame packet half accepted, rejected or lying ahead, to the cycle."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import cocotb
import numpy as np

from models.descriptors import Acc, End, Fold, Frame, Load
from models.formats import ErrorBit, Fmt
from tb import mur_regs as regs
from tb import records
from tb.tests_sim.control_sweeps import ends_of
from tb.tests_sim.error_bench import INPUTS, SETTLE, ErrorBench
from tb.tests_sim.errors_frames import bad_packet
from tb.tests_sim.errors_images import joined
from tb.tests_sim.errors_overflow import BAD, trapped, with_trap
from tb.tests_sim.errors_rules import RAW

BEATS = -(-INPUTS // 4)  # of a good packet
LONG = 4000  # cycles, more than three frames take
PULSE = 2  # cycles from the one in which a write of CTRL is taken to that of its command (tb/scoreboard.py)
STOP, CLEAR = (regs.CTRL.fields[name].mask for name in ("stop", "clear"))


async def clear_halted(bench: ErrorBench) -> None:
    """CLEAR of the halted machine waits for the end of a packet half accepted, and goes on with it."""
    images, at = with_trap(bench)
    await bench.fresh(images)
    utterance = trapped(bench, "trapped", 3, {0})
    beats = bench.packets(utterance)
    for number, half in enumerate(range(1, BEATS)):
        bench.play(beats[0], beats[1][:half])
        bench.expect_end(await bench.ends(1), ErrorBit.ACC_OVERFLOW, 3 * number)
        await bench.expect_error(ErrorBit.ACC_OVERFLOW, at)
        await bench.command("clear")
        await bench.wait(LONG)
        await bench.expect_status("after CLEAR", running=0, halted=1, frame_loaded=0)
        bench.play(beats[1][half:], beats[2])
        bench.goes_on(3 * number + 1)
        await bench.judge([utterance[1:]], await bench.ends(2))
    await bench.stop()


async def stop_halted(bench: ErrorBench, size: int) -> None:
    """STOP of the halted machine in every cycle about the end of a packet: dropped, and it raises nothing.

    Its error is raised only when the beat that shows it comes before the cycle of STOP.
    """
    images, _ = with_trap(bench)
    await bench.fresh(images, start=False)
    first, packet = bench.packets(trapped(bench, "trapped", 2, {0}))
    if size != BEATS:
        packet = bad_packet(bench, size)
    error = {-1: 1 << ErrorBit.FRAME_SHORT, 0: 0, 1: 1 << ErrorBit.FRAME_LONG}[np.sign(size - BEATS)]
    seen = set()
    for moment in range(1, 17):
        await bench.start()
        bench.play(first, packet[:2])
        bench.expect_end(await bench.ends(1), ErrorBit.ACC_OVERFLOW, 0)
        await bench.clear_error()
        task = cocotb.start_soon(bench.command("stop"))
        await bench.wait(moment)
        bench.play(packet[2:])
        await task
        await bench.wait(SETTLE)
        drop = int(bench.bfm.records("responses")["cycle"][-1]) + PULSE
        shown = int(bench.bfm.records("packets")["last_cycle"][-1]) - max(0, size - BEATS)
        bench.took(1)
        seen.add(np.sign(shown - drop))
        (word,) = await bench.read(regs.ERROR)
        bench.expect(f"ERROR, STOP {drop - shown} cycles after the beat", word, error if shown < drop else 0)
        await bench.clear_error()
        await bench.expect_status("after STOP", running=0, halted=0, frame_loaded=0)
    bench.expect("before, with and after the beat", seen, {-1, 0, 1})
    await bench.again("after")


async def stop_swallowing(bench: ErrorBench) -> None:
    """STOP while a packet too long is swallowed: idle at once, the rest of it is swallowed all the same."""
    await bench.fresh()
    good = bench.packets(bench.utterance("good", 1))
    bad = bad_packet(bench, BEATS + 5)
    await bench.waiting_for_frame()
    bench.play(bad[: BEATS + 1])
    await bench.wait(SETTLE)
    await bench.command("stop")
    await bench.expect_status("in the packet", running=0)
    bench.play(bad[BEATS + 1 :], good)
    await bench.wait(SETTLE)
    bench.expect("packets taken", len(bench.bfm.records("packets")), 1)
    await bench.expect_error(ErrorBit.FRAME_LONG)
    await bench.start()
    await bench.judge([bench.utterance("good", 1)], await bench.ends(1))
    await bench.stop()


async def stop_and_clear(bench: ErrorBench) -> None:
    """Both in one write with half a packet accepted: that frame is finished from zero state, then idle."""
    await bench.fresh()
    utterance = bench.utterance("good", 3)
    beats = bench.packets(utterance)
    bench.play(beats[:2], beats[2][:2])
    first = await bench.ends(2)
    await bench.past_agent((regs.CTRL.address, STOP | CLEAR, 15))
    await bench.expect_status("in the packet", running=1)
    bench.play(beats[2][2:])
    await bench.judge([utterance[:2], utterance[2:]], joined(first, await bench.ends(1)))
    await bench.wait(SETTLE)
    await bench.expect_status("after it", running=0, halted=0)
    await bench.again("after")


async def clear_is_spent(bench: ErrorBench) -> None:
    """After a CLEAR that STOP or a halt has spent, the first frame begins as early as without it."""
    images, _ = with_trap(bench)
    utterance = trapped(bench, "trapped", 2, {0})
    first, second = bench.packets(utterance)

    async def delay(number: int) -> int:
        """Cycles from the packet to the beginning of its frame."""
        await bench.waiting_for_frame()
        bench.bfm.nothing_left()
        bench.play(second)
        batch = await bench.ends(1)
        bench.goes_on(number)
        await bench.judge([utterance[1:]], batch)
        return int(batch.starts["cycle"][0]) - int(batch.packets["last_cycle"][0])

    await bench.fresh(images)
    wanted = await delay(0)
    await bench.command("clear")
    await bench.stop()
    await bench.start()
    bench.expect("cycles after CLEAR and STOP", await delay(0), wanted)
    bench.play(first)
    await bench.ends(1)
    await bench.command("clear")
    bench.expect("cycles after CLEAR of the halted machine", await delay(2), wanted)
    await bench.idle()
    await bench.clear_error()


async def frame_ahead(bench: ErrorBench) -> None:
    """A frame overflows when the next has already passed FRAME, its END being dispatched: none is lost."""
    depth = bench.config.wgt_depth
    bank = np.full((depth, bench.config.lanes), 7, np.int8)
    fill = Acc(sets=1, ctx=2, fmt=Fmt.UNSIGNED, src=0, len=INPUTS, wgt=0, shift=7)
    # FOLD waits for the context that RAW takes, and so for the results that are held.
    words = [Frame(0, INPUTS), fill, replace(fill, sets=2, bank=1), Load(0, INPUTS), replace(RAW, ctx=1),
             Fold(ctx=1, src=2), End(wrap=1)]  # fmt: skip
    await bench.fresh(replace(bench.one, weights=(bank, bank)), start=False)
    await bench.send_images(bench.program_packet([word.encode() for word in words]))
    utterance = bench.rng("ahead").integers(0, 60, (4, INPUTS), dtype=np.int16)
    utterance[0] = [0] * (INPUTS - 1) + [BAD]
    beats = bench.packets(utterance)
    found = []
    for bad in (False, True):
        await bench.start()
        bench.play(beats[0 if bad else 1 :])
        if bad:
            await bench.hold("result")
            await bench.wait(LONG)
            await bench.expect_status("with results held", running=1, waiting=0, frame_loaded=1)
            await bench.hold("result", False)
            failed = await bench.ends(1)
            bench.expect("END status", int(failed.results["data"][-1, 0]), 1 + ErrorBit.ACC_OVERFLOW)
            await bench.expect_error(ErrorBit.ACC_OVERFLOW, len(words) - 2)
            await bench.command("clear")
        batch = await bench.ends(3)
        fields = records.tuser(batch.results)
        bench.expect("frame numbers", sorted(set(fields["frame"] - bad)), [0, 1, 2])
        found.append(batch.results["data"][:, : bench.config.chunk].tolist())
        await bench.idle()
    bench.expect("results behind the bad frame", found[1], found[0])
    bench.expect("results differ", len({str(words) for words in found[0]}) > 2, True)
    await bench.again("after")


async def packet_behind_error(bench: ErrorBench) -> None:
    """A packet offered when an error has been met, but cannot be told yet, is taken only after CLEAR."""
    await bench.fresh(start=False)
    await bench.send_images(bench.program_packet([*bench.one.program[:-1], 0]))
    await bench.start()
    beats = bench.packets(bench.utterance("good", 2))
    failed = 1 + ErrorBit.ILLEGAL_DESC
    bench.play(beats[0])
    await bench.hold("result")
    await bench.wait(LONG)
    bench.play(beats[1])
    await bench.wait(LONG)
    await bench.expect_status("with results held", running=1, halted=0, frame_loaded=0)
    await bench.hold("result", False)
    batch = await bench.ends(1)
    bench.expect("END", (ends_of(batch), len(batch.packets)), ([(0, failed)], 1))
    await bench.expect_status("after the error", running=0, halted=1, frame_loaded=0)
    await bench.expect_error(ErrorBit.ILLEGAL_DESC, len(bench.one.program) - 1)
    await bench.command("clear")
    batch = await bench.ends(1)
    bench.expect("END after CLEAR", (ends_of(batch), len(batch.packets)), ([(1, failed)], 1))
    await bench.idle()
    await bench.clear_error()
    await bench.again("after")


def cases() -> dict[str, Callable]:
    """All cases by name."""
    found: dict[str, Callable] = {
        "command: CLEAR halted, half a packet": clear_halted,
        "command: STOP while a packet is swallowed": stop_swallowing,
        "command: STOP and CLEAR, half a packet": stop_and_clear,
        "command: a CLEAR is spent": clear_is_spent,
        "command: CLEAR with a frame ahead": frame_ahead,
        "command: a packet behind an error": packet_behind_error,
    }
    for size, name in ((BEATS - 1, "short"), (BEATS, "good"), (BEATS + 2, "long")):
        found[f"command: STOP halted, a {name} packet"] = partial(stop_halted, size=size)
    return found
