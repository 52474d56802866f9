# SPDX-License-Identifier: Apache-2.0
"""ILLEGAL_DESC and ADDR_RANGE: a good program, then a second frame that breaks one rule.

The first frame is that of a compiled network, which the scoreboard compares. After the error CLEAR goes back
to it, and an unmarked frame must find zero state; then STOP, and all begins anew.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np

from models.descriptors import End, Frame, Loop
from models.formats import REFERENCE, ErrorBit, Op
from tb import mur_regs as regs
from tb.tests_sim.error_bench import INPUTS, ErrorBench
from tb.tests_sim.errors_rules import (
    ACC,
    FOLD,
    FRAME,
    LOAD,
    LOOP,
    NEXT,
    RAW,
    Bad,
    free_bits,
    illegal,
    outside,
)

READ = 8  # cycles, more than a read takes


def good_words(bench: ErrorBench) -> list[int]:
    """The program of one frame, going on to what follows it."""
    return [*bench.one.program[:-1], NEXT.encode()]


async def expect_halt(bench: ErrorBench, bit: ErrorBit, descriptor: int) -> None:
    """The machine has halted at ``descriptor`` and counted nothing."""
    await bench.expect_status("after a halting error", running=0, waiting=0, halted=1, program_valid=1)
    await bench.expect_error(bit, descriptor)
    await bench.unmoved()


async def run_bad(bench: ErrorBench, name: str, kind: Callable) -> None:
    """One entry of ``illegal`` or ``outside``."""
    bad: Bad = kind(bench)[name]
    words = good_words(bench)
    fault = len(words) + bad.at
    words += [word if isinstance(word, int) else word.encode() for word in bad.section]
    await bench.fresh(start=False)
    await bench.send_images(bench.program_packet(words))
    await bench.start()
    good = bench.utterance("good", 2)
    wrong = np.zeros_like(good[:1])  # no row of it is read, so none can tell in the descriptor's place
    number = 0
    for frame in (good[:1], good[1:]):
        # The second time round the mark is left out: CLEAR alone must have cleared.
        sent = [bench.packets(frame, mark=number == 0)]
        if bad.begun:
            sent.append(bench.packets(wrong, mark=False))
        bench.play(*sent)
        first, second = bench.split(await bench.ends(2), number + 1)
        bench.expect_end(second, bad.bit, number + 1)
        bench.expect("frames begun", second.starts["frame"].tolist(), [number + 1] * bad.begun)
        await bench.judge([frame], first)
        await expect_halt(bench, bad.bit, fault)
        number += 1 + bad.begun
        await bench.command("clear")
        bench.goes_on(number)
        (info,) = await bench.read(regs.ERROR_INFO)
        bench.expect("ERROR_INFO after CLEAR", info, 0)
    await bench.idle()
    await bench.expect_error(None)
    await bench.again("after")


async def frame_beyond(bench: ErrorBench) -> None:
    """The first FRAME of a program outside the vector memory: no frame has ever begun."""
    await bench.fresh(start=False)
    await bench.send_images(bench.program_packet([Frame(bench.config.vec_depth, INPUTS).encode()]))
    await bench.start_bad()
    for _ in range(2):
        bench.expect_end(await bench.ends(1), ErrorBit.ADDR_RANGE, 0)
        await expect_halt(bench, ErrorBit.ADDR_RANGE, 0)
        await bench.command("clear")
    await bench.ends(1)
    await bench.idle()
    await bench.clear_error()
    await bench.again("after")


async def later_frame_beyond(bench: ErrorBench) -> None:
    """The second FRAME of a program outside. No LOAD goes before it, or it would be ILLEGAL_DESC."""
    words = [Loop(1, 1).encode() if word & 15 == Op.LOAD else word for word in good_words(bench)]
    words.append(Frame(bench.config.vec_depth, INPUTS).encode())
    await bench.fresh(start=False)
    await bench.send_images(bench.program_packet(words))
    await bench.start()
    frame = bench.utterance("good", 1)
    bench.play(bench.packets(frame))
    good, failed = bench.split(await bench.ends(2), 1)
    bench.expect_end(failed, ErrorBit.ADDR_RANGE, 1)
    await bench.judge([frame], good)
    await expect_halt(bench, ErrorBit.ADDR_RANGE, len(words) - 1)
    await bench.idle()
    await bench.again("after")


async def results_before(bench: ErrorBench) -> None:
    """Every result of the descriptors before the bad one leaves, as it does from a good program."""
    frame = bench.utterance("good", 1)
    await bench.fresh()
    bench.play(bench.packets(frame))
    whole = await bench.ends(1)
    await bench.judge([frame], whole)
    await bench.stop()
    words = [*bench.one.program[:-1], 0]
    await bench.send_images(bench.program_packet(words))
    await bench.start()
    bench.play(bench.packets(frame))
    cut = await bench.ends(1)
    for field in ("user", "keep", "last"):
        bench.expect(f"{field} of the beats", cut.results[field].tolist(), whole.results[field].tolist())
    bench.expect("data", cut.results["data"][:-1].tolist(), whole.results["data"][:-1].tolist())
    bench.expect("END status", int(cut.results["data"][-1, 0]), 1 + ErrorBit.ILLEGAL_DESC)
    bench.expect("membranes", cut.commits["membranes"].tolist(), whole.commits["membranes"].tolist())
    bench.expect("frames completed", len(cut.dones), 0)
    await expect_halt(bench, ErrorBit.ILLEGAL_DESC, len(words) - 1)
    await bench.idle()
    await bench.again("after")


async def rank_beyond(bench: ErrorBench) -> None:
    """A kept row that is stored beyond the bank, in either set and from both: found when it is read."""
    depth = bench.config.wgt_depth
    masks = tuple(np.ones((1, 128), bool) for _ in range(2))
    for sets, bank in ((1, 0), (2, 1), (3, 0), (3, 1)):
        acc = replace(ACC, masked=1, wgt=depth - 4, sets=sets, bank=bank)
        images = replace(bench.one, masks=masks)
        words = [FRAME.encode(), LOAD.encode(), acc.encode(), End(wrap=1).encode()]
        await bench.fresh(images, start=False)
        await bench.send_images(bench.program_packet(words))
        await bench.start()
        few = np.ones((1, INPUTS), np.int16)
        few[0, 5:] = 0  # of the rows beyond only the first holds a digit
        bench.play(bench.packets(few))
        bench.expect_end(await bench.ends(1), ErrorBit.ADDR_RANGE, 0)
        await expect_halt(bench, ErrorBit.ADDR_RANGE, 2)
        # Rows that hold no digit are not read, so the same descriptor is good for this frame.
        few[0, 4:] = 0
        await bench.command("clear")
        bench.play(bench.packets(few))
        batch = await bench.ends(1)
        bench.expect("END status of a frame that reads less", int(batch.results["data"][-1, 0]), 0)
        bench.expect("frame number", records_frames(batch), [1])
        await bench.idle()
        await bench.expect_error(None)
    await bench.again("after")


async def second_pass(bench: ErrorBench) -> None:
    """A second pass that leaves its memory: the first has its results, behind CLEAR and START as at first."""
    loop = Loop(2, 2, d_wgt=bench.config.wgt_depth)
    words = [FRAME, loop, replace(ACC, mv_wgt=1), RAW, NEXT]
    await bench.fresh(start=False)
    await bench.send_images(bench.program_packet([word.encode() for word in words]))
    await bench.start()
    frame = bench.packets(bench.utterance("good", 1))
    found = []
    for way_on in ("clear", "start", ""):
        bench.play(frame)
        batch = await bench.ends(1)
        found.append(batch.results["data"].tolist())
        bench.expect("results like the first", found[-1], found[0])
        await expect_halt(bench, ErrorBit.ADDR_RANGE, words.index(loop) + 1)
        if way_on == "clear":
            await bench.command("clear")
        elif way_on == "start":
            await bench.idle()
            await bench.start()
    bench.expect("results before the error", len(found[0]) > 1, True)
    await bench.idle()
    await bench.again("after")


async def refused_frame(bench: ErrorBench) -> None:
    """STATUS in every cycle about a FRAME that is refused: it never waits for a packet."""
    await bench.fresh(start=False)
    await bench.send_images(bench.program_packet([Frame(1, INPUTS).encode()]))
    reads = [(regs.STATUS.address, None, 15)] * 12
    for late in range(READ):
        await bench.start_bad()
        await bench.wait(max(bench.config.vec_depth, bench.config.neur_depth) - 3 * READ + late)
        seen = [word for word, _ in await bench.past_agent(*reads)]
        names = ("running", "waiting", "halted")
        found = {tuple(regs.STATUS.fields[name].get(word) for name in names) for word in seen}
        bench.expect("running, waiting, halted", found, {(1, 0, 0), (0, 0, 1)})
        await bench.idle()
        await bench.clear_error()
        bench.took(0, results=1)  # the END of the error
    await bench.again("after")


async def every_free_bit(bench: ErrorBench, descriptor) -> None:
    """A legal descriptor with each of its unused bits alone: it is that one which is at fault."""
    first = descriptor.op == Op.FRAME
    bits = free_bits(descriptor)
    bench.expect("unused bits", len(bits) > 0, True)
    await bench.fresh(start=False)
    for bit in bits:
        word = descriptor.encode() | 1 << bit
        await bench.send_images(bench.program_packet([word] if first else [FRAME.encode(), word]))
        await bench.start_bad()
        if not first:
            bench.play(bench.packets(bench.utterance("good", 1)))
        bench.expect_end(await bench.ends(1), ErrorBit.ILLEGAL_DESC, 0)
        word, info = await bench.read(regs.ERROR, regs.ERROR_INFO)
        bench.expect(f"ERROR and ERROR_INFO of bit {bit}", (word, info), (1, 1 << 15 | (not first) << 16))
        await bench.idle()
        await bench.clear_error()
    await bench.again("after")


def records_frames(batch) -> list[int]:
    """Frame numbers of the END beats."""
    return (batch.results["user"][batch.results["last"] != 0] & np.uint64(0xFFFFFFFF)).tolist()


def cases() -> dict[str, Callable]:
    """All cases by name; every build has the same names, and makes its own tables when they run."""
    tables = {
        "illegal": (illegal(REFERENCE), lambda bench: illegal(bench.config)),
        "range": (outside(REFERENCE), lambda bench: outside(bench.config)),
    }
    found = {
        f"{title}: {name}": partial(run_bad, name=name, kind=kind)
        for title, (table, kind) in tables.items()
        for name in table
    }
    for descriptor in (FRAME, LOAD, ACC, FOLD, RAW, LOOP, NEXT):
        found[f"unused: each bit of {descriptor.op.name}"] = partial(every_free_bit, descriptor=descriptor)
    return found | {
        "illegal: results before it": results_before,
        "illegal: STATUS of a refused FRAME": refused_frame,
        "range: vector, first FRAME": frame_beyond,
        "range: vector, second FRAME": later_frame_beyond,
        "range: weights by rank": rank_beyond,
        "range: in the second pass": second_pass,
    }
