# SPDX-License-Identifier: Apache-2.0
"""Formats of the machine: widths, codes, field positions, descriptors, build parameters and images.

The one Python home of what `docs/numerics.md` (Sizes) and `docs/program.md` fix; a test holds the
RTL package to it. A descriptor is a frozen dataclass whose attributes are the fields of its op.
`encode()` gives the 128-bit word and only refuses values that do not fit their bits; `decode()`
refuses every word that the machine would answer with `ILLEGAL_DESC`.
"""

from dataclasses import dataclass, fields
from enum import IntEnum
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from models.images import ImageError as ImageError
    from models.images import Images as Images
    from models.images import LayerPlace as LayerPlace
    from models.images import Layout as Layout

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


class IllegalDescriptor(ValueError):
    """A word that the machine answers with ILLEGAL_DESC; the message names the rule."""


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
            if not 1 <= getattr(self, field.name) <= 65536:
                raise ValueError(f"{field.name} is {getattr(self, field.name)}, must be 1..65536")
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

# Field positions (lowest bit, width). "op" stands at (0, 4) in all of them.
_FRAME = {"dst": (32, 16), "len": (48, 16)}
FIELDS: dict[Op, dict[str, tuple[int, int]]] = {
    Op.FRAME: _FRAME,
    Op.LOAD: _FRAME,
    Op.ACC: {
        "sets": (4, 2), "masked": (6, 1), "ctx": (7, 2), "fmt": (9, 2), "sel0": (11, 4), "sel1": (15, 4),
        "shift": (19, 3), "wfmt": (22, 2), "bank": (24, 1),
        "mv_src": (25, 1), "mv_wgt": (26, 1), "mv_msk": (27, 1),
        "src": (32, 16), "len": (48, 16), "wgt": (64, 16), "msk": (80, 16),
    },
    Op.FOLD: {"ctx": (7, 2), "src": (9, 2)},
    Op.FIRE: {
        "take": (4, 2), "sum": (6, 1), "ctx": (7, 2), "kind": (9, 3), "bit0": (12, 3), "tag": (15, 3),
        "leak": (18, 4), "soft": (22, 1), "first": (23, 1), "last": (24, 1),
        "mv_dst": (25, 1), "mv_par": (26, 1), "mv_neu": (27, 1),
        "dst": (32, 16), "n": (48, 16), "par": (64, 16), "neu": (80, 16),
    },
    Op.LOOP: {
        "body": (4, 8), "count": (16, 16),
        "d_src": (32, 16), "d_wgt": (48, 16), "d_msk": (64, 16), "d_par": (80, 16), "d_neu": (96, 16),
    },
    Op.END: {"wrap": (4, 1)},
}  # fmt: skip


def select(bit: int | None) -> int:
    """The sel field that picks element bit `bit` (0..7); None: disabled."""
    return 0 if bit is None else SEL_ENABLE | bit


def selected(sel: int) -> int | None:
    """The element bit that a sel field picks, None when it is disabled."""
    return sel & 7 if sel & SEL_ENABLE else None


def _need(ok: bool, rule: str) -> None:
    if not ok:
        raise IllegalDescriptor(rule)


class _Descriptor:
    """Shared by all ops: packing by FIELDS[op]."""

    op: ClassVar[Op]

    def encode(self) -> int:
        """The 128-bit word. ValueError when a value does not fit its field (legality is not
        checked).
        """
        word = int(self.op)
        for name, (low, width) in FIELDS[self.op].items():
            value = int(getattr(self, name))
            if not 0 <= value < 1 << width:
                raise ValueError(f"{self.op.name} {name} = {value} does not fit {width} bits")
            word |= value << low
        return word

    def check(self, config: BuildConfig) -> None:
        """IllegalDescriptor when a condition of program.md that needs no other descriptor is
        broken.
        """


@dataclass(frozen=True)
class Frame(_Descriptor):
    """Wait for a frame of `len` elements in vector chunk `dst`; begin it."""

    op: ClassVar[Op] = Op.FRAME
    dst: int
    len: int

    def check(self, config: BuildConfig) -> None:
        """See _Descriptor.check."""
        _need(self.dst % config.group_chunks == 0, f"{self.op.name} dst {self.dst} is not group-aligned")
        _need(self.len >= 1, f"{self.op.name} len is 0")


@dataclass(frozen=True)
class Load(Frame):
    """Let the next frame be loaded ahead; `dst` and `len` as in the FRAME it serves."""

    op: ClassVar[Op] = Op.LOAD


@dataclass(frozen=True)
class Acc(_Descriptor):
    """Events of one vector into one context. `sel0`, `sel1` are raw fields: see select() and
    selected().
    """

    op: ClassVar[Op] = Op.ACC
    sets: int
    ctx: int
    fmt: int
    src: int
    len: int
    wgt: int
    sel0: int = 0
    sel1: int = 0
    shift: int = 0
    bank: int = 0
    masked: int = 0
    msk: int = 0
    wfmt: int = 0
    mv_src: int = 0
    mv_wgt: int = 0
    mv_msk: int = 0

    def check(self, config: BuildConfig) -> None:
        """See _Descriptor.check."""
        _need(self.sets != 0, "ACC takes no set")
        _need(self.ctx < CTX, f"ACC ctx is {self.ctx}, must be 0..2")
        _need(self.wfmt == 0, f"ACC wfmt {self.wfmt} is reserved")
        _need(self.src % config.group_chunks == 0, f"ACC src {self.src} is not group-aligned")
        _need(self.len >= 1, "ACC len is 0")
        _need(self.sets == 3 or self.bank == self.sets - 1, "ACC bank is not that of its only set")
        _need(self.masked == 1 or self.msk == 0, "ACC msk is not 0 though not masked")
        if self.fmt in (Fmt.UNSIGNED, Fmt.SIGNED):
            _need(self.sel0 == 0 and self.sel1 == 0, "ACC sel is not 0 for numbers")
            return
        _need(bool((self.sel0 | self.sel1) & SEL_ENABLE), "ACC has no sel enabled")
        if self.fmt == Fmt.MERGED:
            _need(self.sets != 3, "ACC merged on both sets")
        else:
            _need(bool(self.sets & 1) or self.sel0 == 0, "ACC sel0 is not 0 though set 0 takes no part")
            _need(bool(self.sets & 2) or self.sel1 == 0, "ACC sel1 is not 0 though set 1 takes no part")


@dataclass(frozen=True)
class Fold(_Descriptor):
    """Add acc0[src] + acc1[src] to context `ctx` of both sets and clear `src`."""

    op: ClassVar[Op] = Op.FOLD
    ctx: int
    src: int

    def check(self, config: BuildConfig) -> None:
        """See _Descriptor.check."""
        _need(self.ctx < CTX, f"FOLD ctx is {self.ctx}, must be 0..2")
        _need(self.src < CTX, f"FOLD src is {self.src}, must be 0..2")
        _need(self.ctx != self.src, "FOLD src equals ctx")


@dataclass(frozen=True)
class Fire(_Descriptor):
    """A tile of `n` accumulators -> elements (LIF) or results (RAW, ARGMAX)."""

    op: ClassVar[Op] = Op.FIRE
    take: int
    ctx: int
    kind: int
    dst: int
    n: int
    par: int
    neu: int = 0
    sum: int = 0
    bit0: int = 0
    tag: int = 0
    leak: int = 0
    soft: int = 0
    first: int = 0
    last: int = 0
    mv_dst: int = 0
    mv_par: int = 0
    mv_neu: int = 0

    @property
    def steps(self) -> int:
        """Time steps that this FIRE does, 1 or 2."""
        return 2 if self.take == 3 and not self.sum else 1

    def check(self, config: BuildConfig) -> None:
        """See _Descriptor.check."""
        _need(self.take != 0, "FIRE takes no set")
        _need(not self.sum or self.take == 3, "FIRE sum without take 3")
        _need(self.ctx < CTX, f"FIRE ctx is {self.ctx}, must be 0..2")
        _need(self.kind <= Kind.ARGMAX, f"FIRE kind {self.kind} is reserved")
        _need(1 <= self.n <= config.lanes, f"FIRE n is {self.n}, must be 1..{config.lanes}")
        if self.kind == Kind.LIF:
            _need(self.bit0 + self.steps <= Z_W, "FIRE second step would be element bit 8")
        else:
            for name in ("bit0", "tag", "leak", "soft", "neu", "mv_neu"):
                _need(getattr(self, name) == 0, f"FIRE {Kind(self.kind).name} with {name} not 0")
        if self.kind != Kind.ARGMAX:
            _need(not self.first and not self.last, f"FIRE {Kind(self.kind).name} with first or last")


@dataclass(frozen=True)
class Loop(_Descriptor):
    """Repeat the next `body` descriptors `count` times; strides are modulo 65,536."""

    op: ClassVar[Op] = Op.LOOP
    body: int
    count: int
    d_src: int = 0
    d_wgt: int = 0
    d_msk: int = 0
    d_par: int = 0
    d_neu: int = 0

    def check(self, config: BuildConfig) -> None:
        """See _Descriptor.check."""
        _need(self.body >= 1, "LOOP body is 0")
        _need(self.count >= 1, "LOOP count is 0")


@dataclass(frozen=True)
class End(_Descriptor):
    """The frame is complete; `wrap` goes to descriptor 0."""

    op: ClassVar[Op] = Op.END
    wrap: int = 1


Descriptor = Frame | Load | Acc | Fold | Fire | Loop | End
_CLASSES: dict[int, type[_Descriptor]] = {c.op: c for c in (Frame, Load, Acc, Fold, Fire, Loop, End)}


def decode(word: int, config: BuildConfig = REFERENCE) -> Descriptor:
    """The descriptor in a 128-bit word; IllegalDescriptor naming the rule it breaks, alone or in
    build `config`.
    """
    cls = _CLASSES.get(word & 15)
    if cls is None:
        raise IllegalDescriptor(f"op {word & 15} does not exist")
    rest = word & ~15
    values = {}
    for name, (low, width) in FIELDS[cls.op].items():
        mask = ((1 << width) - 1) << low
        values[name] = (word & mask) >> low
        rest &= ~mask
    if rest:
        raise IllegalDescriptor(
            f"{cls.op.name} has bit {(rest & -rest).bit_length() - 1} set, which must be 0"
        )
    descriptor: Any = cls(**values)
    descriptor.check(config)
    return descriptor


def __getattr__(name: str) -> Any:
    """Images and its parts: they stand in models/images.py for size only, and need this module
    complete.
    """
    if name in ("ImageError", "Images", "LayerPlace", "Layout"):
        from models import images

        return getattr(images, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
