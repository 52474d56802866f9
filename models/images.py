# SPDX-License-Identifier: Apache-2.0
"""Images: what the memories of the machine hold for one network, and the packets that carry it.

Format: `docs/program.md`. A packet is a np.uint64 array [beats]: header, payload, check. A word takes
ceil(width / 64) beats, least significant first.
"""

import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from models import formats as f
from models.descriptors import Descriptor, decode

COUNT_MAX = 65535  # words in a packet


class ImageError(ValueError):
    """A packet that the machine would answer with one of the IMG_ error bits; `.bit` says which."""

    def __init__(self, bit: f.ErrorBit, message: str) -> None:
        """Error `bit` with a message for a person."""
        super().__init__(f"{bit.name}: {message}")
        self.bit = bit


@dataclass(frozen=True)
class LayerPlace:
    """Where a hidden layer's neurons live. Neuron i is at lane i % C of chunk base + i // C in
    every memory.
    """

    name: str
    tag: int  # layer tag of its FIREs
    n: int
    neu: int  # first chunk of theta and state
    par: int  # first chunk of bias
    places: tuple[int, ...]  # first vector chunk of its spikes; two places alternate frame by frame


@dataclass(frozen=True)
class Layout:
    """Translates FIRE sites to the names of a network."""

    chunk: int
    input_place: int  # first vector chunk of the frame
    n_inputs: int
    layers: tuple[LayerPlace, ...]  # in network order; tag = position
    output: str
    n_outputs: int
    output_par: int  # first bias chunk of the output layer

    def neuron(self, tag: int, neu: int, lane: int) -> tuple[str, int]:
        """Layer name and neuron index of lane `lane` (0..C-1) of state chunk `neu` in a LIF FIRE
        with this tag.

        KeyError when the site belongs to no neuron of that layer (padding lanes have none).
        """
        place = next((p for p in self.layers if p.tag == tag), None)
        index = -1 if place is None else (neu - place.neu) * self.chunk + lane
        if place is None or not 0 <= index < place.n:
            raise KeyError(f"no neuron at tag {tag}, state chunk {neu}, lane {lane}")
        return place.name, index

    def score(self, dst: int, lane: int) -> int:
        """Index of the output score in lane `lane` of output chunk `dst`; KeyError beyond the last."""
        index = dst * self.chunk + lane
        if not 0 <= index < self.n_outputs:
            raise KeyError(f"no output at chunk {dst}, lane {lane}")
        return index


def _pack(values: np.ndarray, width: int) -> np.ndarray:
    """Integers [words, k] -> beats uint64 [words * ceil(k * width / 64)], element 0 lowest."""
    raw = np.ascontiguousarray(values.astype("<i8")).view(np.uint8).reshape(*values.shape, 8)
    bits = np.unpackbits(raw, axis=2, bitorder="little")[:, :, :width].reshape(len(values), -1)
    pad = -bits.shape[1] % f.BEAT_W
    return np.packbits(np.pad(bits, ((0, 0), (0, pad))), axis=1, bitorder="little").view("<u8").reshape(-1)


def _unpack(beats: np.ndarray, words: int, k: int, width: int, signed: bool) -> np.ndarray:
    """The inverse of _pack, int64 [words, k]."""
    raw = beats.astype("<u8").view(np.uint8).reshape(words, -1)
    bits = (
        np.unpackbits(raw, axis=1, bitorder="little")[:, : k * width]
        .reshape(words, k, width)
        .astype(np.int64)
    )
    scale = np.int64(1) << np.arange(width, dtype=np.int64)
    if signed:
        scale[-1] = -scale[-1]
    return bits @ scale


def _shape(config: f.BuildConfig, target: f.Target) -> tuple[int, int, bool, int]:
    """Elements in a word, their width, whether signed, and the depth of the memory."""
    return {
        f.Target.PROGRAM: (f.DESC_W // 32, 32, False, config.prog_depth),
        f.Target.WEIGHTS0: (config.lanes, f.WGT_W, True, config.wgt_depth),
        f.Target.WEIGHTS1: (config.lanes, f.WGT_W, True, config.wgt_depth),
        f.Target.MASKS0: (f.GROUP, 1, False, config.mask_depth),
        f.Target.MASKS1: (f.GROUP, 1, False, config.mask_depth),
        f.Target.BIAS: (config.chunk, f.BIAS_W, True, config.bias_depth),
        f.Target.THETA: (config.chunk, f.THETA_W, False, config.neur_depth),
    }[target]


def packet(config: f.BuildConfig, target: f.Target, words: np.ndarray, first: int = 0) -> np.ndarray:
    """One image packet: `words` [count, elements in a word] (count 1..65535) for `target` from word
    `first` on.
    """
    k, width, _, _ = _shape(config, target)
    if words.ndim != 2 or words.shape[1] != k or not 1 <= len(words) <= COUNT_MAX:
        raise ValueError(f"image for {target.name} has shape {words.shape}, expected [1..65535, {k}]")
    header = f.IMG_MAGIC | f.IMG_VERSION << 16 | target << 24 | first << 32 | len(words) << 48
    beats = np.concatenate([np.array([header], np.uint64), _pack(words, width)])
    return np.append(beats, np.uint64(zlib.crc32(beats.astype("<u8").tobytes())))


def parse(config: f.BuildConfig, beats: np.ndarray) -> tuple[f.Target, int, np.ndarray]:
    """Target, first word and int64 [count, elements in a word] of one packet; ImageError with the
    bit of the first fault.
    """
    if beats.dtype != np.uint64 or beats.ndim != 1:
        raise ValueError(f"a packet has type {beats.dtype} and shape {beats.shape}, expected uint64 [beats]")
    if len(beats) == 0:
        raise ImageError(f.ErrorBit.IMG_LENGTH, "0 beats, expected a header, words and a check")
    header = int(beats[0])
    code, first, count = header >> 24 & 15, header >> 32 & 0xFFFF, header >> 48
    if (
        header & 0xFFFF != f.IMG_MAGIC
        or header >> 16 & 0xFF != f.IMG_VERSION
        or code > 6
        or header >> 28 & 15
    ):
        raise ImageError(f.ErrorBit.IMG_HEADER, f"header {header:#018x}")
    target = f.Target(code)
    k, width, signed, depth = _shape(config, target)
    if count == 0 or first + count > depth or (target == f.Target.PROGRAM and first):
        raise ImageError(
            f.ErrorBit.IMG_RANGE, f"{target.name}: words {first}..{first + count - 1}, depth {depth}"
        )
    expected = 2 + count * -(-k * width // f.BEAT_W)
    if len(beats) != expected:
        raise ImageError(f.ErrorBit.IMG_LENGTH, f"{target.name}: {len(beats)} beats, expected {expected}")
    if int(beats[-1]) != zlib.crc32(beats[:-1].astype("<u8").tobytes()):
        raise ImageError(f.ErrorBit.IMG_CRC, f"{target.name}: check {int(beats[-1]):#x}")
    return target, first, _unpack(beats[1:-1], count, k, width, signed)


@dataclass
class Images:
    """Contents of all memories from word 0 on; arrays are as long as the network needs, not as the
    memory is deep.
    """

    config: "f.BuildConfig"
    program: list[int]  # 128-bit words
    weights: tuple[np.ndarray, ...]  # int8 [words, lanes], bank 0 and 1
    masks: tuple[np.ndarray, ...]  # bool [words, 128], set 0 and 1; True = row kept
    bias: np.ndarray  # int32 [chunks, C]
    theta: np.ndarray  # int32 [chunks, C]; 0 in padding lanes
    layout: Layout | None = field(default=None, compare=False)

    def descriptors(self) -> list[Descriptor]:
        """The program decoded; IllegalDescriptor as decode()."""
        return [decode(word, self.config) for word in self.program]

    def _memories(self) -> dict[f.Target, np.ndarray]:
        program = np.array(
            [[w >> s & 0xFFFFFFFF for s in range(0, f.DESC_W, 32)] for w in self.program], np.int64
        )
        # The program comes last: it makes the program valid, when all it needs is there.
        return {
            f.Target.WEIGHTS0: self.weights[0],
            f.Target.WEIGHTS1: self.weights[1],
            f.Target.MASKS0: self.masks[0],
            f.Target.MASKS1: self.masks[1],
            f.Target.BIAS: self.bias,
            f.Target.THETA: self.theta,
            f.Target.PROGRAM: program,
        }

    def to_packets(self) -> list[np.ndarray]:
        """A packet (np.uint64 [beats], TLAST on the last) for every memory that holds something;
        two for 65,536 words.
        """
        return [
            packet(self.config, target, words[first : first + COUNT_MAX], first)
            for target, words in self._memories().items()
            for first in range(0, len(words), COUNT_MAX)
        ]

    @classmethod
    def from_packets(
        cls, config: f.BuildConfig, packets: Iterable[np.ndarray], before: "Images | None" = None
    ) -> "Images":
        """The memories after these packets, up to the last word written; ImageError as parse(). No
        layout. They held `before`, which stays as it is.
        """
        if before is None:
            held = {t: np.zeros((0, _shape(config, t)[0]), np.int64) for t in f.Target}
        else:
            held = before._memories()
        for beats in packets:
            target, first, words = parse(config, beats)
            missing = first + len(words) - len(held[target])
            if target == f.Target.PROGRAM:
                held[target] = words  # a program image replaces the program
                continue
            held[target] = np.pad(held[target], ((0, max(0, missing)), (0, 0)))
            held[target][first : first + len(words)] = words
        return cls(
            config=config,
            program=[
                sum(int(part) << 32 * i for i, part in enumerate(word)) for word in held[f.Target.PROGRAM]
            ],
            weights=(held[f.Target.WEIGHTS0].astype(np.int8), held[f.Target.WEIGHTS1].astype(np.int8)),
            masks=(held[f.Target.MASKS0].astype(bool), held[f.Target.MASKS1].astype(bool)),
            bias=held[f.Target.BIAS].astype(np.int32),
            theta=held[f.Target.THETA].astype(np.int32),
        )
