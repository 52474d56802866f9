# SPDX-License-Identifier: Apache-2.0
"""Formats of the machine: widths, codes and the parameters of a build.

The one Python home of what `docs/numerics.md` (Sizes) and the code tables of `docs/program.md` fix; a test
holds the RTL package to it. Descriptors are in `models/descriptors.py`, image packets in `models/images.py`.
"""

from dataclasses import dataclass, fields
from enum import IntEnum

GROUP = 128  # rows covered by one mask word
SETS = 2
CTX = 3
ACC_W = 24
MEM_W = 16
ELEM_W = 16
BIAS_W = 24
THETA_W = 16
THETA_MAX = (1 << 15) - 1
WGT_W = 4
WGT_MIN, WGT_MAX = -8, 7
SHIFT_MAX = 7
Z_W = 8  # spike byte: also the number of element bits that can be spikes
TAG_W = 3
DESC_W = 128
BEAT_W = 64  # image and frame streams
FRAME_ELEMS = BEAT_W // ELEM_W
LEAK_NONE, LEAK_FORGET = 0, 15
IMG_MAGIC = 0x6D75
IMG_VERSION = 1
SEL_ENABLE = 8  # bit 3 of a sel field
RES_KIND_RAW, RES_KIND_ARGMAX, RES_KIND_END = 1, 2, 15


class Op(IntEnum):
    """Descriptor codes, bits 3:0."""

    FRAME = 1
    ACC = 2
    FOLD = 3
    FIRE = 4
    LOOP = 5
    END = 6
    LOAD = 7


class Fmt(IntEnum):
    """How an ACC reads elements."""

    SPIKES = 0
    MERGED = 1
    UNSIGNED = 2
    SIGNED = 3


class Kind(IntEnum):
    """What a FIRE makes of a tile; REQUANT and SSF are reserved."""

    LIF = 0
    RAW = 1
    ARGMAX = 2
    REQUANT = 3
    SSF = 4


class Target(IntEnum):
    """Memory an image packet is for."""

    PROGRAM = 0
    WEIGHTS0 = 1
    WEIGHTS1 = 2
    MASKS0 = 3
    MASKS1 = 4
    BIAS = 5
    THETA = 6


class ErrorBit(IntEnum):
    """Sticky error bits of the ERROR register."""

    ILLEGAL_DESC = 0
    ADDR_RANGE = 1
    ACC_OVERFLOW = 2
    FRAME_SHORT = 3
    FRAME_LONG = 4
    IMG_HEADER = 5
    IMG_RANGE = 6
    IMG_LENGTH = 7
    IMG_CRC = 8
    IMG_BUSY = 9
    NO_PROGRAM = 10
    CTRL_BUSY = 11


HALTING = frozenset({ErrorBit.ILLEGAL_DESC, ErrorBit.ADDR_RANGE, ErrorBit.ACC_OVERFLOW})


@dataclass(frozen=True)
class BuildConfig:
    """Parameters of one build of the machine; depths in the words of each memory."""

    lanes: int = 128
    result_w: int = 512
    prog_depth: int = 256
    wgt_depth: int = 1024
    mask_depth: int = 256
    bias_depth: int = 256
    neur_depth: int = 64
    vec_depth: int = 128

    def __post_init__(self) -> None:
        """ValueError for a build that the RTL would refuse to elaborate."""
        if self.lanes not in (8, 16, 32, 64, 128):
            raise ValueError(f"lanes is {self.lanes}, must be 8, 16, 32, 64 or 128")
        if self.result_w not in (128, 256, 512):
            raise ValueError(f"result_w is {self.result_w}, must be 128, 256 or 512")
        if self.chunk > self.lanes:
            raise ValueError(
                f"a chunk of {self.chunk} (result_w {self.result_w}) is wider than {self.lanes} lanes"
            )
        for field in fields(self)[2:]:
            if not 2 <= getattr(self, field.name) <= 65536:
                raise ValueError(f"{field.name} is {getattr(self, field.name)}, must be 2..65536")
        if self.vec_depth % self.group_chunks:
            raise ValueError(f"vec_depth is {self.vec_depth}, must be a multiple of {self.group_chunks}")

    @property
    def chunk(self) -> int:
        """C: elements handled by FIRE in one beat."""
        return self.result_w // 32

    @property
    def group_chunks(self) -> int:
        """Chunks in a group of 128 elements; the alignment of a source vector."""
        return GROUP // self.chunk

    @property
    def tile_chunks(self) -> int:
        """Chunks in a tile of `lanes` neurons."""
        return self.lanes // self.chunk


REFERENCE = BuildConfig()
