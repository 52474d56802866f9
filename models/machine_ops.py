# SPDX-License-Identifier: Apache-2.0
"""What the machine executes: descriptors with loops unrolled, addresses resolved and images unpacked.

`machine_plan` makes these, `machine_flow` analyses them, `machine` runs them and `machine_trace` counts
their work.
"""

from dataclasses import dataclass, field

import numpy as np

from models import numerics as nm
from models.formats import Fmt

SET_COUNT, CONTEXT_COUNT, GROUP = 2, 3, 128  # numerics.md, Sizes


@dataclass(frozen=True, eq=False)
class Begin:
    """FRAME: `length` elements are loaded to element `base` of the vector memory, `chunks` chunks long."""

    pc: int
    base: int
    length: int
    extent: int  # elements of the whole chunks; those at and beyond `length` become zero


@dataclass(frozen=True, eq=False)
class Accumulate:
    """One executed ACC. `weights` float64[len, LANES] (masked rows zero, shift applied), `kept` bool[len]."""

    pc: int
    sets: tuple[int, ...]
    ctx: int
    fmt: int
    select: tuple[
        int | None, int | None
    ]  # element bit of set 0 and 1 (or of the two halves of a merged pair)
    base: int  # first element
    length: int
    shift: int
    weights: np.ndarray
    kept: np.ndarray
    lanes_used: np.ndarray = field(repr=False)  # int64[len], lanes with a weight that is not zero

    @property
    def operand(self):
        """What turns elements into digits: equal keys give equal digits for equal elements."""
        return (self.fmt, self.sets, self.select)

    @property
    def signed(self):
        """Is the number format two's complement?"""
        return self.fmt == Fmt.SIGNED


@dataclass(frozen=True, eq=False)
class Fold:
    """FOLD `src -> dst`, contexts."""

    pc: int
    src: int
    dst: int


@dataclass(frozen=True, eq=False)
class Fire:
    """One executed FIRE. `bias` int64[n], `theta` int64[n] (LIF), `site` the index of its `FireSite`."""

    pc: int
    site: int
    groups: tuple[tuple[int, ...], ...]  # sets that make up the current of each step
    ctx: int
    kind: int
    bit0: int
    tag: int
    leak: int
    soft: bool
    first: bool
    last: bool
    dst: int  # chunk
    n: int
    extent: int  # lanes read: whole chunks
    vector: int  # first element of the destination (LIF)
    state: int  # first neuron of theta and state (LIF)
    bias: np.ndarray
    theta: np.ndarray

    @property
    def taken(self):
        """Sets that are read and cleared."""
        return tuple(sorted(k for g in self.groups for k in g))

    @property
    def steps(self):
        """Steps done: 1 or 2."""
        return len(self.groups)


@dataclass(frozen=True)
class FireSite:
    """Where a FIRE stands: what the bench needs to line results up with the program.

    `passes` holds the pass of each enclosing LOOP, outermost first; `section` the frame of the program it
    is in.
    """

    pc: int
    passes: tuple[int, ...]
    kind: int
    tag: int
    dst: int
    neu: int
    n: int
    steps: int
    section: int
    bit0: int
    first: bool
    last: bool


@dataclass
class Section:
    """The descriptors from one FRAME to its END, or to the error that stops them.

    `begin` is None when not even a FRAME was reached. `following` is the index of the section after this one.
    """

    begin: Begin | None
    ops: list
    error: Exception | None = None
    following: int | None = None


def digit_sums(op, elements, dtype):
    """What the rows add to each set: a list of two arrays of `dtype` shaped like `elements`, None for
    nothing.

    `elements` uint16[..., len]. A set that takes no part, or has no enabled bit, gets None.
    """
    sums = [None, None]
    if op.fmt == Fmt.SPIKES:
        for k in op.sets:
            if op.select[k] is not None:
                sums[k] = ((elements >> op.select[k]) & 1).astype(dtype)
    elif op.fmt == Fmt.MERGED:
        halves = [(elements >> b) & 1 for b in op.select if b is not None]
        pair = nm.merged(*halves) if len(halves) == 2 else halves[0]
        sums[op.sets[0]] = pair.astype(dtype)
    elif len(op.sets) == 2:
        first, second, _, _ = nm.number_tables(op.signed)
        sums = [first[elements].astype(dtype), second[elements].astype(dtype)]
    else:
        sums[op.sets[0]] = nm.element_value(elements, op.signed).astype(dtype)
    return sums


def digit_counts(op, elements):
    """Events of the rows: (set 0, set 1, cycles), int64 arrays shaped like `elements` (ledger.md, EVENTS).

    `cycles` is what the ledger's "event cycles of the busier set" charges to an ACC on both sets, or, for
    one set, that set's events (one a cycle).
    """
    if op.fmt in (Fmt.SPIKES, Fmt.MERGED):
        none = np.zeros(elements.shape, np.int64)
        events = [
            none if x is None else (x != 0).astype(np.int64) for x in digit_sums(op, elements, np.int64)
        ]
        return events[0], events[1], events[0] | events[1]
    digits = nm.number_tables(op.signed)[2][elements].astype(np.int64)
    if len(op.sets) == 2:
        more = (digits + 1) >> 1  # digits go 0, 1, 0, 1: set 0 has the odd one
        return more, digits >> 1, more
    none = np.zeros_like(digits)
    return (digits, none, digits) if op.sets[0] == 0 else (none, digits, digits)
