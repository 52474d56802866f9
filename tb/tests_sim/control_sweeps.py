# SPDX-License-Identifier: Apache-2.0
"""One command at many moments of a few frames: whatever it met, what follows must be exactly right."""

from collections.abc import Callable, Iterable

import cocotb
import numpy as np

from models.formats import ErrorBit
from tb import mur_regs as regs
from tb.bfm import Batch
from tb.expected import expect
from tb.tests_sim.control_registers import is_new
from tb.tests_sim.error_bench import SETTLE, ErrorBench, Wrong
from tb.tests_sim.errors_images import joined, theta
from tb.tests_sim.errors_overflow import trapped, with_trap

SPAN = 640  # cycles after START: the clear and a few frames
FRAMES = 4
LONG = 4000  # cycles, more than three frames take


def moments(bench: ErrorBench) -> range:
    """When the command is given, in cycles after the first beat is offered."""
    return range(1, SPAN + bench.config.vec_depth, int(bench.job.param("step", 31)))


def ends_of(batch: Batch) -> list[tuple[int, int]]:
    """(frame number, status) of the END beats."""
    beats = batch.results[batch.results["last"] != 0]
    return [(int(beat["user"] & np.uint64(0xFFFFFFFF)), int(beat["data"][0])) for beat in beats]


async def stopped(bench: ErrorBench, utterance: np.ndarray, moment: int) -> Batch:
    """START, frames, and STOP after ``moment`` cycles: what had left when the machine was idle."""
    await bench.start()
    bench.play(bench.packets(utterance))
    await bench.wait(moment)
    await bench.idle()
    await bench.wait(SETTLE)
    return bench.bfm.take()


async def stop(bench: ErrorBench) -> None:
    """STOP: the frames accepted by then are finished, the others wait for START."""
    await bench.fresh(start=False)
    await stop_at(bench, FRAMES, moments(bench))


async def stop_at_begin(bench: ErrorBench) -> None:
    """STOP in every cycle about the beginning of a frame: it is not lost, and no frame is."""
    await bench.fresh()
    bench.play(bench.packets(bench.utterance("good", 1)))
    begun = await bench.begun()
    await bench.judge([bench.utterance("good", 1)], await bench.ends(1))
    await bench.stop()
    await stop_at(bench, 2, range(begun - 12, begun + 4))


async def stop_at(bench: ErrorBench, frames: int, when: Iterable[int]) -> None:
    """STOP so many cycles after the first of those frames is offered to the idle machine."""
    utterance = bench.utterance("good", frames)
    for moment in when:
        before = await stopped(bench, utterance, moment)
        count = len(before.packets)
        bench.expect("frames finished", ends_of(before), [(number, 0) for number in range(count)])
        if count:
            await bench.judge([utterance[:count]], before)
        await bench.unmoved()
        await bench.start()
        if count < frames:
            await bench.judge([utterance[count:]], await bench.ends(frames - count))
        await bench.stop()


async def reset(bench: ErrorBench) -> None:
    """Reset: registers as new, no program, nothing leaves; reloaded, the machine runs right."""
    utterance = bench.utterance("good", FRAMES)
    for number, moment in enumerate(list(moments(bench))[::3]):
        images = (bench.one, bench.two)[number % 2]
        await bench.fresh(images)
        bench.play(bench.packets(utterance))
        await bench.wait(moment)
        await is_new(bench, (bench.two, bench.one)[number // 2 % 2])


def fits(bench: ErrorBench, parts: list[np.ndarray], batch: Batch) -> bool:
    """Whether these utterances of the model give the result words of ``batch``."""
    board = bench.env.scoreboard
    words = [expect(board.plan, board.machine.run(part[None])).words for part in parts]
    model = np.concatenate(words).reshape(-1, bench.config.chunk)
    found = batch.results["data"][:, : bench.config.chunk]
    raw = batch.results["last"] == 0
    nibbles = 4 * np.arange(bench.config.chunk, dtype=np.uint64)
    kept = batch.results["keep"][:, None] >> nibbles & np.uint64(1)
    return len(model) == len(found) and not ((found != model) & (kept != 0))[raw].any()


async def clear(bench: ErrorBench) -> None:
    """CLEAR while frames stream: one frame starts from zero state, the next to begin.

    A frame that lay loaded may have begun already, while the one in front is still worked on.
    """
    utterance = bench.utterance("good", FRAMES + 1)
    await bench.fresh()
    bench.expect("ERROR", await bench.read(regs.ERROR), [0])
    for moment in moments(bench):
        bench.play(bench.packets(utterance[:FRAMES]))
        await bench.wait(moment)
        begun = len(bench.bfm.records("starts"))
        await bench.command("clear")
        after = len(bench.bfm.records("starts"))
        first = await bench.ends(FRAMES)
        # One more, without a mark: a CLEAR that came behind the last frame is for this one.
        bench.play(bench.packets(utterance[FRAMES:], mark=False))
        batch = joined(first, await bench.ends(1))
        places = [at for at in range(begun, after + 2) if at <= FRAMES]
        splits = [[part for part in (utterance[:at], utterance[at:]) if len(part)] for at in places]
        found = [split for split in splits if fits(bench, split, batch)]
        if not found:
            raise Wrong(
                f"CLEAR after {moment} cycles, {begun}..{after} frames begun: none cleared of {places}"
            )
        await bench.judge(found[0], batch)
    await bench.stop()


async def clear_at_begin(bench: ErrorBench) -> None:
    """CLEAR in every cycle about the beginning of a frame: it is for this frame or for the next one."""
    utterance = bench.utterance("good", 3)
    beats = bench.packets(utterance)
    await bench.fresh()
    bench.expect("ERROR", await bench.read(regs.ERROR), [0])
    for moment in range(1, 40):
        bench.play(beats[0])
        batch = await bench.ends(1)
        bench.play(beats[1])
        await bench.wait(moment)
        await bench.command("clear")
        batch = joined(batch, await bench.ends(1))
        bench.play(beats[2])
        batch = joined(batch, await bench.ends(1))
        splits = [[utterance[:1], utterance[1:]], [utterance[:2], utterance[2:]]]
        found = [split for split in splits if fits(bench, split, batch)]
        if not found:
            raise Wrong(f"CLEAR {moment} cycles after the first beat was lost")
        await bench.judge(found[0], batch)
    await bench.stop()


async def start_in_image(bench: ErrorBench) -> None:
    """START in every cycle about an image packet: it is written whole, or IMG_BUSY; the machine runs."""
    await bench.fresh(start=False)
    words = theta(bench)
    seen = set()
    for moment in range(1, len(words) + 12):
        task = cocotb.start_soon(bench.send_images(words))
        await bench.wait(moment)
        await bench.start_bad()
        await task
        (error,) = await bench.read(regs.ERROR)
        bench.expect("ERROR", error in (0, 1 << ErrorBit.IMG_BUSY), True)
        seen.add(error)
        await bench.clear_error()
        await bench.good("good", frames=1)
        await bench.stop()
        if error:
            await bench.send_images(words, bench.program_packet(bench.one.program))
    bench.expect("both happened", len(seen), 2)


async def stop_and_error(bench: ErrorBench) -> None:
    """STOP about the time of an error: idle in the end, and every packet that was not accepted comes next."""
    images, at = with_trap(bench)
    utterance = trapped(bench, "trapped", 5, {1})
    await bench.fresh(images, start=False)
    for moment in moments(bench):
        batch = await stopped(bench, utterance, moment)
        count = len(batch.packets)
        failed = 1 + ErrorBit.ACC_OVERFLOW
        wanted = [(0, 0), (1, failed)][: min(count, 2)]
        bench.expect("packets left", ends_of(batch), wanted)
        good, _ = bench.split(batch, 1)
        if count:
            await bench.judge([utterance[:1]], good)
        await bench.expect_error(*((ErrorBit.ACC_OVERFLOW, at) if count > 1 else (None,)))
        await bench.unmoved()
        await bench.start()
        rest = utterance[count:]
        if count > 1:
            await bench.judge([rest], await bench.ends(len(rest)))
        else:
            again, _ = bench.split(await bench.ends(2 - count), 1 - count)
            if count == 0:
                await bench.judge([rest[:1]], again)
            await bench.expect_error(ErrorBit.ACC_OVERFLOW, at)
            await bench.command("clear")
            bench.goes_on(2 - count)
            await bench.judge([rest[2 - count :]], await bench.ends(len(rest) - 2 + count))
        await bench.stop()


async def clear_and_error(bench: ErrorBench) -> None:
    """CLEAR about the time of an error: one that came before is spent, a second goes on; no frame is lost."""
    images, at = with_trap(bench)
    utterance = trapped(bench, "trapped", 5, {1})
    await bench.fresh(images)
    for moment in moments(bench):
        bench.play(bench.packets(utterance))
        await bench.wait(moment)
        await bench.command("clear")
        (info,) = await bench.read(regs.ERROR_INFO)
        batch = await bench.ends(2)
        (status,) = await bench.read(regs.STATUS)
        halted = regs.STATUS.fields["halted"].get(status)
        good, rest = bench.split(batch, bench.env.scoreboard.next_frame + 1)
        number = bench.env.scoreboard.next_frame
        wanted = [(number, 0), (number + 1, 1 + ErrorBit.ACC_OVERFLOW)]
        bench.expect("packets left", ends_of(batch)[:2], wanted)
        if halted:
            await bench.judge([utterance[:1]], good)
            await bench.expect_error(ErrorBit.ACC_OVERFLOW, at)
            await bench.command("clear")
            bench.goes_on(number + 2)
            await bench.judge([utterance[2:]], await bench.ends(3))
        else:
            bench.expect("ERROR_INFO after CLEAR", info, 0)
            missing = 3 - (len(ends_of(rest)) - 1)
            rest = joined(rest, await bench.ends(missing)) if missing else rest
            # What completed stands in one list; the first is that of the frame before the error.
            good.dones, done = rest.dones[:0], joined(good, rest).dones
            good.dones, rest.dones = done[:1], done[1:]
            await bench.judge([utterance[:1]], good)
            bench.goes_on(number + 2)
            await bench.judge([utterance[2:]], after_error(rest, number + 2))
            await bench.clear_error()
    await bench.stop()


async def clear_as_it_halts(bench: ErrorBench) -> None:
    """CLEAR in every cycle about that in which the machine halts: spent before it, with ERROR_INFO left."""
    images, at = with_trap(bench)
    frames = trapped(bench, "trapped", 3, {0})
    await bench.fresh(images)
    bench.play(bench.packets(frames[:1]))
    await bench.begun()
    delay = await bench.until("an error", lambda: bool(bench.irq()))
    bench.expect_end(await bench.ends(1), ErrorBit.ACC_OVERFLOW, 0)
    seen = set()
    for moment in range(delay - 16, delay + 8):
        await bench.idle()
        await bench.clear_error()
        bench.bfm.nothing_left()
        await bench.start()
        bench.play(bench.packets(frames))
        await bench.begun()
        await bench.wait(moment)
        await bench.command("clear")
        await bench.wait(LONG)
        status, info = await bench.read(regs.STATUS, regs.ERROR_INFO)
        halted = regs.STATUS.fields["halted"].get(status)
        wanted = ErrorBit.ACC_OVERFLOW | 1 << 15 | at << 16 if halted else 0
        bench.expect(
            f"ERROR_INFO, CLEAR {moment - delay} cycles from the error, halted {halted}", info, wanted
        )
        seen.add(halted)
        if halted:
            await bench.command("clear")
        bench.goes_on(1)
        rest = after_error(await bench.ends(3), 1)
        await bench.judge([frames[1:]], rest)
    bench.expect("CLEAR before it and after it", seen, {0, 1})
    await bench.idle()
    await bench.clear_error()
    await bench.again("after")


def after_error(batch: Batch, number: int) -> Batch:
    """Frames from ``number`` on, with all that completed."""
    keys = {"results": batch.results["user"] & np.uint64(0xFFFFFFFF), "commits": batch.commits["frame"],
            "starts": batch.starts["frame"]}  # fmt: skip
    chosen = {name: getattr(batch, name)[key >= number] for name, key in keys.items()}
    return Batch(**chosen, dones=batch.dones, packets=batch.packets)


def cases() -> dict[str, Callable]:
    """All cases by name."""
    functions = (stop, stop_at_begin, reset, clear, clear_at_begin, start_in_image, stop_and_error,
                 clear_and_error, clear_as_it_halts)  # fmt: skip
    return {f"sweep: {function.__name__.replace('_', ' ')}": function for function in functions}
