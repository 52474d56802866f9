# SPDX-License-Identifier: Apache-2.0
"""Reset in every state: registers as new, no program, nothing leaves; reloaded, the machine runs right.

The reset falls with a clock edge, after it, as one that was made asynchronous outside would reach the
flip-flops. Where beats of a packet were under way, the rest of it arrives after the reset.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np

from models.descriptors import Acc, End, Fold, Frame, Load, Loop, select
from models.formats import ErrorBit, Fmt
from tb import mur_regs as regs
from tb.tests_sim.control_registers import expect_reset, is_new
from tb.tests_sim.error_bench import INPUTS, SETTLE, ErrorBench
from tb.tests_sim.errors_images import header, theta
from tb.tests_sim.errors_overflow import trapped, with_trap
from tb.tests_sim.errors_rules import ARGMAX, LIF, RAW

PASSES = 65_535  # of a LOOP: more than anybody waits for
SPAN = 93  # cycles over which a sweep of one descriptor resets
ENTRY = 60  # cycles after a frame has begun: its loop is under way


async def idle(bench: ErrorBench) -> None:
    """With a program, before any START, and after a STOP."""
    await bench.fresh(start=False)
    await is_new(bench)
    await is_new(bench, bench.two)


async def in_image(bench: ErrorBench, kind: str) -> None:
    """Within an image packet: the rest of it is no packet, which IMG_HEADER says."""
    words = {"good": bench.program_packet(bench.one.program), "bad": header(version=2)(bench)}[kind]
    for beats in sorted({1, 2, 3, len(words) // 2, len(words) - 1}):
        await bench.fresh(start=False)
        await bench.send_images(words[:beats], last=False)
        await bench.bfm.reset()
        await expect_reset(bench)
        await bench.write(regs.IRQ_ENABLE, 2)
        await bench.send_images(words[beats:])
        await bench.expect_error(ErrorBit.IMG_HEADER)
        await bench.again("after")


async def between_images(bench: ErrorBench) -> None:
    """After some of a network's packets: what had been written needs no second load, the program does."""
    await bench.fresh(start=False)
    await bench.send_images(theta(bench))
    await bench.bfm.reset()
    await expect_reset(bench)
    await bench.send_images(bench.program_packet(bench.one.program))
    await bench.start()
    await bench.good("good")
    await bench.stop()


async def in_packet(bench: ErrorBench, beats: int) -> None:
    """Within a frame packet: the rest of it is a packet too short, and the next one is right."""
    await bench.fresh()
    good = bench.packets(bench.utterance("good", 3))
    whole = np.resize(good[1], max(beats, good.shape[1]) + 2) if beats >= good.shape[1] else good[1]
    whole["last"][:-1] = 0
    whole["mark"] = 0
    bench.play(good[0], whole[:beats])
    await bench.ends(1)
    await bench.bfm.reset()
    await expect_reset(bench)
    await bench.fresh()
    bench.play(whole[beats:], good)
    await bench.judge([bench.utterance("good", 3)], await bench.ends(3))
    await bench.expect_error(ErrorBit.FRAME_SHORT)
    await bench.stop()


def works(bench: ErrorBench) -> dict[str, list]:
    """Bodies of a frame that stay with one kind of descriptor."""
    one = bench.one
    assert one.layout is not None  # a compiled network has one
    places = {"src": one.layout.layers[0].places[0], "len": 20, "wgt": 0, "ctx": 2}
    spikes = Acc(sets=3, fmt=Fmt.SPIKES, sel0=select(0), sel1=select(1), **places)
    numbers = Acc(sets=3, ctx=2, fmt=Fmt.SIGNED, src=0, len=INPUTS, wgt=0, shift=0)
    fires = {"n": bench.config.chunk}

    def often(*body) -> list:
        return [Loop(body=len(body), count=PASSES), *body]

    # What adds up is fired each time, or it would overflow.
    return {
        "ACC of spikes": often(spikes, replace(RAW, **fires)),
        "ACC, merged": often(replace(spikes, sets=1, fmt=Fmt.MERGED), replace(RAW, take=1, **fires)),
        "ACC of numbers": often(numbers, replace(RAW, **fires)),
        "ACC of numbers, set 1": often(replace(numbers, sets=2, bank=1), replace(RAW, take=2, **fires)),
        "FOLD": often(Fold(ctx=0, src=2), Fold(ctx=2, src=1)),
        "FIRE LIF": often(replace(LIF, dst=64 if bench.config.vec_depth > 64 else 0, **fires)),
        "FIRE RAW": often(replace(RAW, n=bench.config.lanes)),
        "FIRE ARGMAX": often(replace(ARGMAX, n=bench.config.lanes, first=1, last=1)),
        "LOOP": [Loop(body=2, count=PASSES), *often(Fold(ctx=0, src=2))],
    }


async def enter(bench: ErrorBench, body: list, frames: int, moment: int) -> None:
    """FRAME, LOAD, ``body``, END on frames sent at once, to ``moment`` cycles after the first has begun."""
    words = [word.encode() for word in (Frame(0, INPUTS), Load(0, INPUTS), *body, End(wrap=1))]
    await bench.fresh(start=False)
    await bench.send_images(bench.program_packet(words))
    await bench.start()
    bench.play(bench.packets(bench.utterance("good", frames)))
    await bench.begun()
    await bench.wait(moment)


async def at_work(bench: ErrorBench, name: str, index: int) -> None:
    """While descriptors of that kind run."""
    for moment in range(ENTRY + index, ENTRY + index + SPAN, int(bench.job.param("step", 31))):
        await enter(bench, works(bench)[name], 2, moment)
        await bench.expect_status("in the loop", running=1, waiting=0, halted=0, frame_loaded=1)
        bench.expect("frames complete", len(bench.bfm.records("dones")), 0)
        await is_new(bench)


async def short_frames(bench: ErrorBench) -> None:
    """While FRAME, LOAD and END follow one another."""
    for moment in range(1, SPAN, int(bench.job.param("step", 31))):
        await enter(bench, [], 40, moment)
        bench.expect("frames not yet begun", len(bench.bfm.records("starts")) < 40, True)
        await is_new(bench)


async def in_clear(bench: ErrorBench) -> None:
    """While START clears, and while the mark of a frame does."""
    for moment in (1, 2, 3, bench.config.vec_depth // 2, bench.config.vec_depth, bench.config.vec_depth + 5):
        await bench.fresh(start=False)
        await bench.command("start")
        await bench.wait(moment)
        await is_new(bench)
    await bench.fresh()
    await bench.good("good")
    bench.play(bench.packets(bench.utterance("good", 1)))
    await bench.wait(20)
    bench.expect("frames begun", len(bench.bfm.records("starts")), 0)
    await is_new(bench)


async def waiting(bench: ErrorBench) -> None:
    """While it waits for a frame, and for the end of a packet after STOP."""
    await bench.fresh()
    await bench.waiting_for_frame()
    await is_new(bench)
    await bench.fresh()
    await bench.waiting_for_frame()
    bench.play(bench.packets(bench.utterance("good", 1))[0][:2])
    await bench.wait(SETTLE)
    await bench.command("stop")
    await bench.expect_status("after STOP", running=1)
    await is_new(bench)


async def results_wait(bench: ErrorBench) -> None:
    """While results are not taken: those that waited never leave."""
    for moment in range(1, 400, 80):
        await bench.fresh()
        bench.play(bench.packets(bench.utterance("good", 4)))
        await bench.hold("result")
        await bench.wait(1000 + moment)
        bench.expect("frames begun", len(bench.bfm.records("starts")), 1)
        bench.expect("frames complete", len(bench.bfm.records("dones")), 0)
        await bench.bfm.reset()
        await bench.hold("result", False)
        await is_new(bench)


async def halted(bench: ErrorBench) -> None:
    """While halted with a frame kept, the END beat taken or not."""
    images, _ = with_trap(bench)
    for held in (False, True):
        await bench.fresh(images)
        bench.play(bench.packets(trapped(bench, "trapped", 3, {0})))
        if held:
            await bench.hold("result")
        await bench.wait(3000)
        await bench.expect_status("after the error", running=0, halted=1, frame_loaded=1)
        bench.expect("result beats", len(bench.bfm.records("results")), int(not held))
        bench.expect("irq_o", bench.irq(), 1)
        await bench.bfm.reset()
        await bench.hold("result", False)
        await is_new(bench)


async def draining(bench: ErrorBench) -> None:
    """Before an error can be told, because results of the descriptors before it are not taken."""
    await bench.fresh(start=False)
    await bench.send_images(bench.program_packet([*bench.one.program[:-1], 0]))
    await bench.start()
    bench.play(bench.packets(bench.utterance("good", 2)))
    await bench.hold("result")
    await bench.wait(3000)
    await bench.expect_status("before the error", running=1, halted=0)
    bench.expect("ERROR", await bench.read(regs.ERROR), [0])
    await bench.bfm.reset()
    await bench.hold("result", False)
    await is_new(bench)


async def errors_pending(bench: ErrorBench) -> None:
    """With error bits of images and packets set and the interrupt high."""
    await bench.fresh(start=False)
    await bench.send_images(header(magic=0)(bench))
    await bench.command("start")
    wanted = 1 << ErrorBit.IMG_HEADER | 1 << ErrorBit.NO_PROGRAM
    bench.expect("ERROR", await bench.read(regs.ERROR), [wanted])
    bench.expect("irq_o", bench.irq(), 1)
    await is_new(bench)


def cases() -> dict[str, Callable]:
    """All cases by name."""
    names = (
        "ACC of spikes", "ACC, merged", "ACC of numbers", "ACC of numbers, set 1", "FOLD", "FIRE LIF",
        "FIRE RAW", "FIRE ARGMAX", "LOOP",
    )  # fmt: skip
    found: dict[str, Callable] = {
        "reset: idle": idle,
        "reset: in a good image": partial(in_image, kind="good"),
        "reset: in a bad image": partial(in_image, kind="bad"),
        "reset: between images": between_images,
        "reset: while START clears": in_clear,
        "reset: waiting": waiting,
        "reset: short frames": short_frames,
        "reset: results not taken": results_wait,
        "reset: halted": halted,
        "reset: before an error is told": draining,
        "reset: errors pending": errors_pending,
    }
    for beats in (1, 2, 3, 6):
        found[f"reset: {beats} beats into a frame packet"] = partial(in_packet, beats=beats)
    for index, name in enumerate(names):
        found[f"reset: while {name} runs"] = partial(at_work, name=name, index=index)
    return found
