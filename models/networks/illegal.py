# SPDX-License-Identifier: Apache-2.0
"""One random illegality in an otherwise legal program or packet, and the error that the model names for it.

What is drawn may turn out legal, or such that docs/program.md leaves the error open; then it is drawn again.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from models.descriptors import FIELDS, Acc, End, Frame, Load, decode
from models.formats import FRAME_ELEMS, ErrorBit, Fmt, Op
from models.images import ImageError, Images, parse
from models.machine import Machine, MachineError

# The model sees a kept row beyond the bank at once, the machine when it comes to read that row.
OPEN = "kept weight words"


@dataclass(frozen=True)
class BadProgram:
    """A program that a run on `frames` cannot complete, and what the model says of it."""

    images: Images
    what: str  # descriptor and change
    error: MachineError
    frames: np.ndarray  # int [1, F, n]: complete ones, and the one that is stopped if it has begun
    section: int  # in which the error is, or which never begins

    @property
    def begun(self) -> bool:
        """Whether the frame of the error begins."""
        return self.frames.shape[1] > self.error.frame


def _bit(rng: np.random.Generator, word: int) -> tuple[str, int]:
    at = int(rng.integers(128))
    return f"bit {at}", word ^ 1 << at


def _op(rng: np.random.Generator, word: int) -> tuple[str, int]:
    op = int(rng.integers(16))
    return f"op {op}", word & ~15 | op


def _field(rng: np.random.Generator, word: int) -> tuple[str, int]:
    """A field at an end of its range, or anywhere."""
    fields = FIELDS[Op(word & 15)]
    name = str(rng.choice(list(fields)))
    low, width = fields[name]
    top = (1 << width) - 1
    value = int(rng.choice([0, 1, top, top - 1, int(rng.integers(top + 1))]))
    return f"{name} = {value}", word & ~(top << low) | value << low


def _gate(rng: np.random.Generator, word: int) -> tuple[str, int]:
    """LOAD that the next FRAME does not expect, END that does not wrap."""
    descriptor = decode(word)
    if isinstance(descriptor, End):
        return "wrap", End(wrap=1 - descriptor.wrap).encode()
    assert isinstance(descriptor, Load)
    name = str(rng.choice(["dst", "len"]))
    change = {name: getattr(descriptor, name) ^ (32 if name == "dst" else 1)}
    return f"{change}", replace(descriptor, **change).encode()


Change = Callable[[np.random.Generator, int], tuple[str, int]]
_ANY = tuple(Op)
# What is changed, in which ops, and how often.
_CHANGES: tuple[tuple[Change, tuple[Op, ...], float], ...] = (
    (_bit, _ANY, 0.2), (_op, _ANY, 0.15), (_field, _ANY, 0.45), (_gate, (Op.LOAD, Op.END), 0.2),
)  # fmt: skip
OVERFLOWS = 0.25  # of all


def bad_program(rng: np.random.Generator, images: Images, frames: np.ndarray) -> BadProgram:
    """`images` with one descriptor changed, found by runs of the model on `frames` int [1, F, n].

    The words of `images` must be legal. For an overflow one frame is made of large numbers, too.
    """
    while True:
        if rng.random() < OVERFLOWS:
            bad = _overflow(rng, images, frames)
        else:
            change, ops, _ = _CHANGES[rng.choice(len(_CHANGES), p=[chance for _, _, chance in _CHANGES])]
            places = [at for at, word in enumerate(images.program) if word & 15 in ops]
            bad = _changed(rng, images, frames, int(rng.choice(places)), change) if places else None
        if bad is not None:
            return bad


def _changed(
    rng: np.random.Generator, images: Images, frames: np.ndarray, at: int, change: Change
) -> BadProgram | None:
    what, word = change(rng, images.program[at])
    program = [*images.program[:at], word, *images.program[at + 1 :]]
    return _judged(
        replace(images, program=program), frames, f"{Op(images.program[at] & 15).name} {at}: {what}"
    )


def _overflow(rng: np.random.Generator, images: Images, frames: np.ndarray) -> BadProgram | None:
    """An ACC reads the frame as numbers with a large shift, and one of the frames is large.

    Not behind a LOAD: whether the ACC would see the next frame there depends on time.
    """
    places: dict[int, tuple[Frame, Acc]] = {}
    frame: Frame | None = None
    for at, descriptor in enumerate(images.descriptors()):
        if isinstance(descriptor, Frame):  # or LOAD
            frame = descriptor if descriptor.op == Op.FRAME else None
        elif isinstance(descriptor, Acc) and frame is not None:
            places[at] = (frame, descriptor)
    if not places:
        return None
    at = int(rng.choice(list(places)))
    begin, acc = places[at]
    shift, fmt = int(rng.integers(5, 8)), Fmt(int(rng.choice([Fmt.UNSIGNED, Fmt.SIGNED])))
    places_of = {"src": begin.dst, "len": min(acc.len, begin.len), "mv_src": 0}
    word = replace(acc, fmt=fmt, sel0=0, sel1=0, shift=shift, **places_of).encode()
    frames = frames.copy()
    large = rng.choice([0x7FFF, 0x8000, 0xFFFF, 0xAAAA], frames.shape[2])
    frames[0, rng.integers(frames.shape[1])] = large
    program = [*images.program[:at], word, *images.program[at + 1 :]]
    return _judged(replace(images, program=program), frames, f"ACC {at}: {fmt.name}, shift {shift}")


def _judged(images: Images, frames: np.ndarray, what: str) -> BadProgram | None:
    """What the model says of `images`; None without an error that the machine must raise just so."""
    try:
        machine = Machine(images)
        machine.run(frames)
    except MachineError as error:
        if error.frame is None or not error.certain or error.message.startswith(OPEN):
            return None
        begun = machine.sections[machine.position].begin is not None
        return BadProgram(images, what, error, frames[:, : error.frame + begun], machine.position)
    except ValueError:
        pass  # it reads words that no image holds, or takes other frames
    return None


def bad_packet(rng: np.random.Generator, images: Images) -> tuple[np.ndarray, ErrorBit, str]:
    """A packet of `images` with one thing wrong: (beats, error, what)."""
    config, packets = images.config, images.to_packets()
    while True:
        beats = packets[rng.integers(len(packets))].copy()
        kind = rng.choice(["header bit", "any bit", "field", "cut", "longer"])
        what = str(kind)
        if kind in ("header bit", "any bit"):
            at, bit = int(rng.integers(len(beats))) * (kind == "any bit"), int(rng.integers(64))
            beats[at] ^= np.uint64(1 << bit)
            what = f"beat {at} bit {bit}"
        elif kind == "field":
            low, width = [(0, 16), (16, 8), (24, 4), (28, 4), (32, 16), (48, 16)][rng.integers(6)]
            value = int(rng.choice([0, 1, (1 << width) - 1, int(rng.integers(1 << width))]))
            beats[0] = np.uint64(int(beats[0]) & ~(((1 << width) - 1) << low) | value << low)
            what = f"header {low + width - 1}:{low} = {value}"
        elif kind == "cut":
            beats = beats[: rng.integers(1, len(beats))]
        else:
            more = rng.integers(0, 1 << 63, int(rng.integers(1, 40)), dtype=np.uint64)
            beats = np.concatenate([beats, more])
        try:
            parse(config, beats)
        except ImageError as error:
            return beats, error.bit, f"{what}: {error}"


def bad_lengths(rng: np.random.Generator, length: int) -> list[tuple[int, ErrorBit]]:
    """Bad packets to send before a good one of `length` elements: how many beats each has, what it raises."""
    wanted = -(-length // FRAME_ELEMS)
    sizes = [
        max(1, int(rng.choice([1, wanted - 1, wanted + 1, int(rng.integers(1, 200))])))
        for _ in range(int(rng.choice([0, 1, 1, 2])))
    ]
    return [(n, ErrorBit.FRAME_SHORT if n < wanted else ErrorBit.FRAME_LONG) for n in sizes if n != wanted]


@dataclass(frozen=True)
class WrongCommand:
    """START (CTRL_BUSY) or an image (IMG_BUSY) while frames run, `moment` cycles after the first has begun.

    Or else after its first beat: most such moments are within the clear.
    """

    bit: ErrorBit
    begun: bool
    moment: int


def wrong_command(rng: np.random.Generator) -> WrongCommand:
    """Any of them."""
    bit = ErrorBit(int(rng.choice([ErrorBit.CTRL_BUSY, ErrorBit.IMG_BUSY])))
    return WrongCommand(bit, bool(rng.random() < 0.5), int(1000 ** rng.random()))
