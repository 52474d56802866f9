# SPDX-License-Identifier: Apache-2.0
"""Descriptors: the words of a program, their fields and their rules (`docs/program.md`).

A descriptor is a frozen dataclass whose attributes are the fields of its op. `encode()` gives the 128-bit
word and only refuses values that do not fit their bits; `decode()` refuses every word that the machine would
answer with `ILLEGAL_DESC`. A test holds the structs of the RTL package to FIELDS.
"""

from dataclasses import dataclass
from typing import Any, ClassVar

from models.formats import CTX, REFERENCE, SEL_ENABLE, Z_W, BuildConfig, Fmt, Kind, Op


class IllegalDescriptor(ValueError):
    """A word that the machine answers with ILLEGAL_DESC; the message names the rule."""


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
        """The 128-bit word. ValueError when a value does not fit its field (legality is not checked)."""
        word = int(self.op)
        for name, (low, width) in FIELDS[self.op].items():
            value = int(getattr(self, name))
            if not 0 <= value < 1 << width:
                raise ValueError(f"{self.op.name} {name} = {value} does not fit {width} bits")
            word |= value << low
        return word

    def check(self, config: BuildConfig) -> None:
        """IllegalDescriptor when a condition of program.md that needs no other descriptor is broken."""


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
    """Events of one vector into one context. `sel0`, `sel1` are raw fields: see select() and selected()."""

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
    """The descriptor in a 128-bit word; IllegalDescriptor naming the rule it breaks, alone or in `config`."""
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
