# SPDX-License-Identifier: Apache-2.0
"""A side that does nothing for ten thousand cycles: the machine waits, loses nothing and reports nothing."""

from collections.abc import Callable
from functools import partial

from models.descriptors import Acc, End, Frame, Loop
from models.formats import Fmt
from tb import mur_regs as regs
from tb.items import Stall
from tb.tests_sim.control_reset import PASSES, is_new
from tb.tests_sim.error_bench import FREE, HELD, INPUTS, LIMIT, ErrorBench, Wrong
from tb.tests_sim.errors_images import joined
from tb.tests_sim.errors_rules import FOLD, RAW

PATIENCE = 10_000  # cycles
QUIET = 1_000  # cycles after which nothing moves any more behind a stream that is held
FRAMES = 5
MOSTLY = Stall(rate=200, burst=4)


async def results(bench: ErrorBench, moments: range) -> None:
    """Results not taken, from many moments of the first frames on."""
    utterance = bench.utterance("good", FRAMES)
    await bench.fresh()
    for moment in moments:
        bench.play(bench.packets(utterance))
        await bench.wait(moment)
        await bench.hold("result")
        await bench.wait(QUIET)
        names = ("results", "packets", "starts", "commits", "dones")
        before = {name: len(bench.bfm.records(name)) for name in names}
        bench.expect("frames complete", before["dones"] < FRAMES, True)
        await bench.wait(PATIENCE)
        bench.expect("seen meanwhile", {name: len(bench.bfm.records(name)) for name in names}, before)
        await bench.expect_status("meanwhile", running=1, waiting=0, halted=0)
        await bench.hold("result", False)
        await bench.judge([utterance], await bench.ends(FRAMES))
        await bench.expect_error(None)
        await bench.unmoved()
    await bench.stop()


async def stop_meanwhile(bench: ErrorBench) -> None:
    """STOP while results are not taken: the accepted frames are finished once they are, and no other."""
    utterance = bench.utterance("good", FRAMES)
    await bench.fresh()
    bench.play(bench.packets(utterance))
    await bench.hold("result")
    await bench.wait(QUIET)
    await bench.command("stop")
    await bench.wait(PATIENCE)
    await bench.expect_status("with results that wait", running=1, halted=0)
    accepted = len(bench.bfm.records("packets"))
    bench.expect("packets accepted, one ahead", accepted, 2)
    await bench.hold("result", False)
    await bench.judge([utterance[:accepted]], await bench.ends(accepted))
    await bench.stop()
    await bench.start()
    await bench.judge([utterance[accepted:]], await bench.ends(FRAMES - accepted))
    await bench.stop()


async def packet(bench: ErrorBench, beats: int) -> None:
    """A frame packet of which only so many beats come; the frame before it is finished meanwhile."""
    utterance = bench.utterance("good", 3)
    packets = bench.packets(utterance)
    await bench.fresh()
    bench.play(packets[0], packets[1][:beats])
    first = await bench.ends(1)
    await bench.wait(PATIENCE)
    await bench.expect_status("meanwhile", running=1, waiting=1, halted=0, frame_loaded=0)
    bench.took(0)
    await bench.expect_error(None)
    bench.play(packets[1][beats:], packets[2])
    await bench.judge([utterance], joined(first, await bench.ends(2)))
    await bench.stop()


async def image(bench: ErrorBench) -> None:
    """An image packet of which half comes, then nothing, then the rest: it is whole."""
    words = bench.program_packet(bench.one.program)
    await bench.fresh(start=False)
    for beats in (1, 2, len(words) // 2, len(words) - 1):
        await bench.send_images(words[:beats], last=False)
        await bench.wait(PATIENCE)
        await bench.expect_status("half an image", running=0, program_valid=0)
        await bench.send_images(words[beats:])
        await bench.expect_status("after the rest", running=0, program_valid=1)
        await bench.expect_error(None)
    await bench.start()
    await bench.good("good")
    await bench.stop()


async def response(bench: ErrorBench) -> None:
    """Register answers that are not taken, while frames run."""
    utterance = bench.utterance("good", FRAMES)
    await bench.fresh()
    for access in ((regs.ID.address, None, 15), (regs.IRQ_ENABLE.address, 0, 15)):
        bench.play(bench.packets(utterance))
        # The first stall is the whole of PATIENCE, and the access waits for it to end.
        seed, rate, _ = HELD
        bench.bfm.stall("axil", seed, rate, PATIENCE * 256 // 255 + 1)
        cycle = bench.cycle()
        await bench.past_agent(access)
        bench.expect("cycles of the access, at least", bench.cycle() - cycle >= PATIENCE, True)
        bench.bfm.stall("axil", 1, 0, 1)
        await bench.judge([utterance], await bench.ends(FRAMES))
        await bench.expect_status("after it", running=1, waiting=1)
    bench.expect("IRQ_ENABLE", await bench.read(regs.IRQ_ENABLE), [0])
    await bench.expect_error(None)
    await bench.stop()


async def mostly_stalled(bench: ErrorBench) -> None:
    """Every stream stalls in most cycles, from the images to the counters."""
    utterance = bench.utterance("good", FRAMES)
    await bench.load(bench.one, MOSTLY)
    bench.bfm.nothing_left()
    await bench.start(MOSTLY)
    bench.bfm.stall("result", 3, MOSTLY.rate, MOSTLY.burst)
    bench.play(bench.packets(utterance), stall=(5, MOSTLY.rate, MOSTLY.burst))
    await bench.judge([utterance], await bench.ends(FRAMES))
    bench.bfm.stall("result", *FREE)
    await bench.expect_error(None)
    await bench.stop(MOSTLY)


async def longest_loop(bench: ErrorBench, inner: bool) -> None:
    """A LOOP of as many passes as there can be ends, and each has been one pass; ``inner``: in another."""
    lanes, chunk = bench.config.lanes, bench.config.chunk
    add = Acc(sets=3, ctx=2, fmt=Fmt.UNSIGNED, src=0, len=1, wgt=0)
    around = [Loop(body=2, count=1)] * inner
    program = [Frame(0, INPUTS), *around, Loop(body=1, count=PASSES), add, RAW, End(wrap=1)]
    await bench.fresh(start=False)
    await bench.send_images(bench.program_packet([word.encode() for word in program]))
    await bench.start()
    frame = bench.utterance("one", 1)
    frame[0, 0] = 1
    bench.play(bench.packets(frame))
    for _ in range(40):
        await bench.wait(LIMIT)
        if len(bench.bfm.records("dones")):
            break
    else:
        raise Wrong(f"the loop did not end: {bench.bfm.progress()}")
    batch = bench.bfm.take()
    wanted = [PASSES * int(w) for w in bench.one.weights[0][0][:8]]
    bias = bench.one.bias.reshape(-1)[:8]
    found = [int(word) for beat in batch.results[::2] for word in beat["data"][:chunk]][:8]
    bench.expect("RAW of set 0", found, [w + int(b) for w, b in zip(wanted, bias, strict=True)])
    (rows,) = await bench.read(regs.ROWS_READ_LO)
    bench.expect("ROWS_READ", rows, PASSES)
    # The one digit of each pass is for set 0.
    bench.expect("ADDS and GATED", sum(await bench.read(regs.ADDS_LO, regs.GATED_LO)), PASSES * lanes)
    await bench.idle()
    await bench.again("after")


async def endless_loop(bench: ErrorBench) -> None:
    """Four thousand million passes: no error; STOP and CLEAR wait, START is CTRL_BUSY, reset ends it."""
    program = [Frame(0, INPUTS), Loop(body=2, count=PASSES), Loop(body=1, count=PASSES), FOLD, End(wrap=1)]
    await bench.fresh(start=False)
    await bench.send_images(bench.program_packet([word.encode() for word in program]))
    await bench.start()
    bench.play(bench.packets(bench.utterance("good", 1)))
    await bench.begun()
    for command in ("", "stop", "clear"):
        if command:
            await bench.command(command)
        await bench.wait(PATIENCE)
        await bench.expect_status(f"in the loop {command}", running=1, waiting=0, halted=0)
    await bench.expect_error(None)
    await is_new(bench)


def cases() -> dict[str, Callable]:
    """All cases by name."""
    found: dict[str, Callable] = {
        "patience: results, from the first frame on": partial(results, moments=range(1, 200, 40)),
        "patience: results, from later frames on": partial(results, moments=range(250, 640, 130)),
        "patience: STOP while results wait": stop_meanwhile,
        "patience: half an image": image,
        "patience: register answers": response,
        "patience: stalls in most cycles": mostly_stalled,
        "patience: the longest LOOP": partial(longest_loop, inner=False),
        "patience: the longest LOOP in another": partial(longest_loop, inner=True),
        "patience: a LOOP that would not end": endless_loop,
    }
    for beats in range(4):
        found[f"patience: {beats} beats of a frame packet"] = partial(packet, beats=beats)
    return found
