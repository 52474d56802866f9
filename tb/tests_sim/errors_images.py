# SPDX-License-Identifier: Apache-2.0
"""Image packets that break each rule, and START without a program.

After an error the program is invalid until a whole program image arrives; then the machine runs right.
"""

import zlib
from collections.abc import Callable
from functools import partial

import numpy as np

from models.compiler import compile_network
from models.formats import GROUP, ErrorBit, Target
from models.images import packet, parse
from tb import mur_regs as regs
from tb.agents.image import to_beats
from tb.networks import Modes, network_of
from tb.tests_sim.error_bench import INPUTS, LIMIT, ErrorBench

HEADER, RANGE, LENGTH, CRC = ErrorBit.IMG_HEADER, ErrorBit.IMG_RANGE, ErrorBit.IMG_LENGTH, ErrorBit.IMG_CRC
Maker = Callable[[ErrorBench], np.ndarray]
HALF = 5  # beats of a packet that is cut in two


def theta(bench: ErrorBench) -> np.ndarray:
    """A good packet: thetas of the network."""
    return packet(bench.config, Target.THETA, bench.one.theta)


def header(**fields: int | str) -> Maker:
    """The packet with other header fields; its check is that of the good one."""
    places = {"magic": (0, 16), "version": (16, 8), "target": (24, 4), "zero": (28, 4),
              "first": (32, 16), "count": (48, 16)}  # fmt: skip

    def make(bench: ErrorBench) -> np.ndarray:
        words = theta(bench)
        for name, value in fields.items():
            low, width = places[name]
            kept = int(words[0]) & ~(((1 << width) - 1) << low)
            depth = {"depth": bench.config.neur_depth, "program": bench.config.prog_depth + 1}
            words[0] = kept | (depth[value] if isinstance(value, str) else value) << low
        return words

    return make


def spoiled(at: int, bits: int) -> Maker:
    """The packet with bits of one beat turned over."""

    def make(bench: ErrorBench) -> np.ndarray:
        words = theta(bench)
        words[at] ^= np.uint64(bits)
        return words

    return make


def cut(beats: int) -> Maker:
    """TLAST early, or (``beats`` beyond the packet) missing on the check and late."""

    def make(bench: ErrorBench) -> np.ndarray:
        words = theta(bench)
        extra = np.full(max(0, beats), words[0], np.uint64)  # headers, and not to be taken for some
        return np.concatenate([words, extra]) if beats > 0 else words[:beats]

    return make


def beyond(target: Target) -> Maker:
    """Two words, of which the second lies beyond the memory: nothing is written, there or at word 0."""

    def make(bench: ErrorBench) -> np.ndarray:
        c = bench.config
        elements, depth = {
            Target.WEIGHTS0: (c.lanes, c.wgt_depth), Target.WEIGHTS1: (c.lanes, c.wgt_depth),
            Target.MASKS0: (GROUP, c.mask_depth), Target.MASKS1: (GROUP, c.mask_depth),
            Target.BIAS: (c.chunk, c.bias_depth), Target.THETA: (c.chunk, c.neur_depth),
        }[target]  # fmt: skip
        return packet(c, target, np.ones((2, elements), np.int64), first=depth - 1)

    return make


def broken(target: Target, fault: str) -> Maker:
    """An image of the network for that memory, or masks that nothing of it reads, with one fault."""

    def make(bench: ErrorBench) -> np.ndarray:
        masks = (Target.MASKS0, Target.MASKS1)
        images = {one: packet(bench.config, one, np.ones((2, GROUP), np.int64)) for one in masks}
        words = (images | {Target(int(w[0]) >> 24 & 15): w for w in bench.one.to_packets()})[target]
        wrong = {"short": words[:-2], "no check": words[:-1], "long": np.append(words, words[:1]),
                 "check": words.copy()}[fault]  # fmt: skip
        wrong[-1] ^= np.uint64(fault == "check")
        return wrong

    return make


def spoiled_program(at: int) -> Maker:
    """A program of which one beat has another lowest bit: none of it may be run."""

    def make(bench: ErrorBench) -> np.ndarray:
        words = bench.program_packet(bench.one.program)
        words[at] ^= np.uint64(1)
        return words

    return make


PACKETS: dict[str, tuple[ErrorBit, Maker]] = {
    "magic": (HEADER, header(magic=0x6D76)),
    "magic, its upper byte": (HEADER, header(magic=0xED75)),
    "version 0": (HEADER, header(version=0)),
    "version 2": (HEADER, header(version=2)),
    "target 7": (HEADER, header(target=7)),
    "target 14, 6 in three bits": (HEADER, header(target=14)),
    "target 15": (HEADER, header(target=15)),
    "zero bits": (HEADER, header(zero=8)),
    "count 0": (RANGE, header(count=0)),
    "first word beyond": (RANGE, header(first="depth")),
    "last word beyond": (RANGE, header(first=1, count="depth")),
    "far beyond": (RANGE, header(first=0xFFFF, count=0xFFFF)),
    "beyond, and 1 in 16 bits": (RANGE, header(first=0xFFFF, count=2)),
    "program not at 0": (RANGE, header(target=0, first=1)),
    "program too long": (RANGE, header(target=0, count="program")),
    "header goes before range": (HEADER, header(magic=0, count=0)),
    "header alone": (LENGTH, lambda bench: theta(bench)[:1]),
    "range goes before length": (RANGE, lambda bench: header(count=0)(bench)[:1]),
    "TLAST in the payload": (LENGTH, cut(-2)),
    "TLAST on the last payload beat": (LENGTH, cut(-1)),
    "no TLAST on the check": (LENGTH, cut(1)),
    "no TLAST for long": (LENGTH, cut(20)),
    "length goes before check": (LENGTH, lambda bench: spoiled(-1, 1)(bench)[[*range(len(theta(bench))), 0]]),
    "a payload bit": (CRC, spoiled(2, 1 << 63)),
    "a check bit": (CRC, spoiled(-1, 1)),
    "a check bit above 32": (CRC, spoiled(-1, 1 << 63)),
    "a program bit": (CRC, spoiled_program(1)),
    "a check bit of a program": (CRC, spoiled_program(-1)),
} | {
    f"one word beyond, {target.name}": (RANGE, beyond(target))
    for target in Target
    if target != Target.PROGRAM
}
PACKETS |= {
    f"{fault}, {target.name}": (bit, broken(target, fault))
    for target in Target
    for fault, bit in (("short", LENGTH), ("no check", LENGTH), ("long", LENGTH), ("check", CRC))
}


async def expect_no_program(bench: ErrorBench, info: int | None = None) -> None:
    """START answers NO_PROGRAM and leaves the machine idle; a refused START leaves ERROR_INFO alone, too."""
    await bench.expect_status("without a program", running=0, halted=0, program_valid=0)
    await bench.command("start")
    await bench.expect_status("after START without a program", running=0, waiting=0)
    await bench.expect_error(ErrorBit.NO_PROGRAM, info)


async def run_packet(bench: ErrorBench, name: str) -> None:
    """A bad packet into the idle machine; then the program alone makes it whole again."""
    bit, make = PACKETS[name]
    await bench.fresh(start=False)
    await bench.send_images(make(bench))
    await bench.expect_error(bit)
    await expect_no_program(bench)
    # Words before the error may have been written, so theta goes again, and first: it does not validate.
    await bench.send_images(theta(bench))
    await bench.expect_status("after a good image of another memory", program_valid=0)
    await bench.send_images(bench.program_packet(bench.one.program))
    await bench.expect_status("after a good program", program_valid=1)
    await bench.start()
    await bench.good("good")
    await bench.stop()
    await bench.again("after")


async def good_after_bad(bench: ErrorBench) -> None:
    """A bad packet and all good images in one stream: only the bad one is lost."""
    await bench.fresh(start=False)
    await bench.send_images(spoiled(2, 4)(bench), *bench.one.to_packets())
    await bench.expect_error(CRC)
    await bench.start()
    await bench.good("good")
    await bench.stop()


async def program_header(bench: ErrorBench) -> None:
    """A program that has begun to arrive is not valid before it is whole."""
    await bench.fresh(start=False)
    words = bench.program_packet(bench.one.program)
    await bench.send_images(words[:HALF], last=False)
    await expect_no_program(bench)
    await bench.send_images(words[HALF:])
    await bench.expect_status("after the rest", program_valid=1)
    await bench.start()
    await bench.good("good")
    await bench.stop()


async def busy(bench: ErrorBench, halted: bool) -> None:
    """Images into the running or halted machine: IMG_BUSY, nothing is written, running work goes on."""
    await bench.fresh(start=False)
    words = [*bench.one.program[:-1], 0] if halted else bench.one.program
    await bench.send_images(bench.program_packet(words))
    await bench.start()
    utterance = bench.utterance("good", 4)
    bench.play(bench.packets(utterance)[: 1 if halted else 2])
    before = await bench.ends(1 if halted else 2)
    if halted:
        await bench.expect_error(ErrorBit.ILLEGAL_DESC, len(words) - 1)
    other = [
        packet(bench.config, Target.WEIGHTS0, -1 - bench.one.weights[0]),
        packet(bench.config, Target.WEIGHTS1, -1 - bench.one.weights[1]),
        packet(bench.config, Target.THETA, bench.one.theta + 1),
        packet(bench.config, Target.BIAS, bench.one.bias + 1),
        bench.program_packet([0]),
    ]
    for image in other:
        await bench.send_images(image)
        info = (ErrorBit.ILLEGAL_DESC, len(bench.one.program) - 1) if halted else None
        await expect_busy(bench, info)
    await bench.expect_status("after IMG_BUSY", running=int(not halted), halted=int(halted), program_valid=0)
    if halted:
        await bench.idle()
    else:
        bench.play(bench.packets(utterance[2:], mark=False))
        after = await bench.ends(2)
        await bench.judge([utterance], joined(before, after))
        await bench.stop()
    await expect_no_program(bench, len(bench.one.program) - 1 if halted else None)
    # The memories are as they were: the program alone is loaded again.
    await bench.send_images(bench.program_packet(bench.one.program))
    await bench.start()
    await bench.good("good")
    await bench.stop()


async def expect_busy(bench: ErrorBench, info: tuple[ErrorBit, int] | None) -> None:
    """IMG_BUSY; ERROR_INFO still tells the halting error, if there was one."""
    word, kept = await bench.read(regs.ERROR, regs.ERROR_INFO)
    bench.expect("ERROR", word, 1 << ErrorBit.IMG_BUSY)
    bench.expect("ERROR_INFO", kept, 0 if info is None else info[0] | 1 << 15 | info[1] << 16)
    await bench.clear_error()


async def unused_bits(bench: ErrorBench) -> None:
    """The bits of a beat beyond its word are ignored, here all ones, in every image that has such bits."""
    c = bench.config
    widths = {Target.WEIGHTS0: 4 * c.lanes, Target.WEIGHTS1: 4 * c.lanes, Target.BIAS: 24 * c.chunk,
              Target.THETA: 16 * c.chunk}  # fmt: skip
    await bench.fresh(start=False)
    images = bench.one.to_packets()
    changed = 0
    for words in images:
        target = Target(int(words[0]) >> 24 & 15)
        spare = -widths.get(target, 64) % 64
        beats = -(-widths.get(target, 64) // 64)
        if spare:
            words[beats:-1:beats] |= np.uint64((1 << 64) - (1 << 64 - spare))
            words[-1] = zlib.crc32(words[:-1].astype("<u8").tobytes())
            changed += 1
    bench.expect("images with such bits", changed, sum(width % 64 != 0 for width in widths.values()))
    await bench.send_images(*images)
    await bench.expect_error(None)
    await bench.start()
    await bench.good("good")
    await bench.stop()


async def in_parts(bench: ErrorBench) -> None:
    """Every memory in two packets, the upper part first; the network before is gone."""
    modes = Modes(masked=True)
    images = compile_network(
        network_of(bench.rng("parts"), modes, [INPUTS, 20, 20, 20], bench.config.lanes), bench.config
    )
    await bench.fresh(start=False)
    packets = []
    *memories, program = images.to_packets()
    bench.expect("memories", len(memories), len(Target) - 1)
    for whole in memories:
        target, _, words = parse(bench.config, whole)
        half = len(words) // 2
        packets.append(packet(bench.config, target, words[half:], half))
        packets.append(packet(bench.config, target, words[:half]))
    await bench.bfm.load_images(to_beats([*packets, program]), LIMIT)
    await bench.expect_error(None)
    await bench.start()
    await bench.good("good", frames=4)
    await bench.stop()
    await bench.again("after")


def joined(*batches):
    """Batches one after another."""
    fields = batches[0].__annotations__
    return type(batches[0])(**{f: np.concatenate([getattr(b, f) for b in batches]) for f in fields})


async def busy_from_start(bench: ErrorBench) -> None:
    """START while an image is on its way: its next beat is IMG_BUSY, or what else is wrong with it."""
    words = theta(bench)
    for beats, rest, bit in (
        (HALF, words[HALF:], ErrorBit.IMG_BUSY),
        (HALF, words[HALF : HALF + 1], LENGTH),
        (-1, words[-1:], ErrorBit.IMG_BUSY),
        (-1, words[[-1, 0]], LENGTH),
        (-1, words[-1:] ^ np.uint64(1), CRC),
    ):
        await bench.fresh(start=False)
        await bench.send_images(words[:beats], last=False)
        await bench.start()
        await bench.send_images(rest)
        await bench.expect_error(bit)
        await bench.good("good")
        await bench.stop()
        await expect_no_program(bench)
    await bench.again("after")


async def busy_goes_last(bench: ErrorBench) -> None:
    """Packets of two errors into the running machine: the other is raised, and START is CTRL_BUSY alone."""
    await bench.fresh()
    for name in ("magic", "count 0", "header alone"):
        bit, make = PACKETS[name]
        await bench.send_images(make(bench))
        await bench.expect_error(bit)
    await bench.expect_status("after bad packets", running=1, program_valid=0)
    await bench.command("start")
    await bench.expect_error(ErrorBit.CTRL_BUSY)
    await bench.good("good")
    await bench.stop()
    await bench.again("after")


async def busy_to_the_end(bench: ErrorBench) -> None:
    """A packet that began while the machine ran is swallowed whole, though it ends after STOP."""
    await bench.fresh()
    words = bench.program_packet(bench.one.program)
    await bench.send_images(words[:HALF], last=False)
    await bench.expect_error(ErrorBit.IMG_BUSY)
    await bench.stop()
    await bench.send_images(words[HALF:])
    await bench.expect_error(None)
    await expect_no_program(bench)
    await bench.again("after")


def cases() -> dict[str, Callable]:
    """All cases by name."""
    found: dict[str, Callable] = {f"image: {name}": partial(run_packet, name=name) for name in PACKETS}
    return found | {
        "image: good ones behind a bad one": good_after_bad,
        "image: half a program": program_header,
        "image: unused bits": unused_bits,
        "image: in two parts": in_parts,
        "image: busy, running": partial(busy, halted=False),
        "image: busy, halted": partial(busy, halted=True),
        "image: busy from START on": busy_from_start,
        "image: busy until its end": busy_to_the_end,
        "image: another error goes before busy": busy_goes_last,
    }
