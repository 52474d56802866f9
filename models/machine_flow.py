# SPDX-License-Identifier: Apache-2.0
"""Facts about a plan: which results may be worked out later, and how large accumulators can become.

**Deferral.** A RAW or ARGMAX FIRE whose accumulators are filled from zero by ACCs of its own frame and left
at zero feeds nothing back, so its value is a function of the elements those ACCs read. `machine` then keeps
the elements and does the sums for all frames at once. The analysis is per (ACC, set) and conservative: what
is not proven stays live.

**Bound.** The any-order bound of numerics.md, Accumulate, carried through the program frame after frame.
"""

from dataclasses import dataclass, field

import numpy as np

from models import numerics as nm
from models.formats import Fmt, Kind
from models.machine_ops import CONTEXT_COUNT, SET_COUNT, Accumulate, Begin, Fire, Fold

RESULT_KINDS = (Kind.RAW, Kind.ARGMAX)


@dataclass
class Flow:
    """Facts of one section, by position of the op in it.

    `live[i]` sets an ACC really adds to while frames run; `deferred[i]` the (ACC position, set) pairs
    behind a FIRE that is worked out later; `read[i]` the snapshot an ACC reads and `snapshots` their (base,
    length).
    """

    live: dict[int, set[int]] = field(default_factory=dict)
    deferred: dict[int, list[tuple[int, int]]] = field(default_factory=dict)
    read: dict[int, int] = field(default_factory=dict)
    snapshots: list[tuple[int, int]] = field(default_factory=list)


def find_snapshots(section, flow, chunk):
    """Give equal snapshot numbers to ACCs that read the same elements with no write between them."""
    version: dict[int, int] = {}  # of each chunk: one past the operation that wrote it last
    numbers: dict[tuple, int] = {}
    for i, op in enumerate([section.begin, *section.ops]):
        if isinstance(op, Accumulate):
            span = range(op.base // chunk, -(-(op.base + op.length) // chunk))
            key = (op.base, op.length, tuple(version.get(c, 0) for c in span))
            if key not in numbers:
                numbers[key] = len(flow.snapshots)
                flow.snapshots.append((op.base, op.length))
            flow.read[i - 1] = numbers[key]
        elif isinstance(op, Begin) or (isinstance(op, Fire) and op.kind == Kind.LIF):
            base = op.base if isinstance(op, Begin) else op.vector
            version.update(dict.fromkeys(range(base // chunk, (base + op.extent) // chunk), i + 1))


def walk_section(section, flow, dirty, lanes, results):
    """Fill `flow.live` and `flow.deferred`; `dirty` bool[2, 3, LANES] (lanes that may be non-zero) is
    updated.

    `results` lists the kinds of FIRE that may be deferred.
    """
    pending: list[list[list[int] | None]] = [
        [None if dirty[k, c].any() else [] for c in range(CONTEXT_COUNT)] for k in range(SET_COUNT)
    ]
    flow.deferred = {}
    flow.live = {i: set(op.sets) for i, op in enumerate(section.ops) if isinstance(op, Accumulate)}
    for i, op in enumerate(section.ops):
        if isinstance(op, Accumulate):
            for k in op.sets:
                dirty[k, op.ctx] |= (op.weights != 0).any(axis=0)
                waiting = pending[k][op.ctx]
                if waiting is not None:
                    waiting.append(i)
        elif isinstance(op, Fold):
            dirty[:, op.dst] |= dirty[:, op.src].any(axis=0)
            dirty[:, op.src] = False
            for k in range(SET_COUNT):
                pending[k][op.src], pending[k][op.dst] = [], None
        elif isinstance(op, Fire):
            fed = [pending[k][op.ctx] for k in op.taken]
            for k in op.taken:
                dirty[k, op.ctx, : op.extent] = False
                pending[k][op.ctx] = None if dirty[k, op.ctx].any() else []
            if op.kind in results and None not in fed and not dirty[list(op.taken), op.ctx].any():
                flow.deferred[i] = [(j, k) for k, js in zip(op.taken, fed, strict=True) for j in js]
                for j, k in flow.deferred[i]:
                    flow.live[j].discard(k)


def settled(sections, flows, lanes, results):
    """`walk_section` over the whole program until what a frame can leave for the next is known."""
    entry = np.zeros((len(sections), SET_COUNT, CONTEXT_COUNT, lanes), bool)
    changed = True
    while changed:
        changed = False
        for s, section in enumerate(sections):
            dirty = entry[s].copy()
            walk_section(section, flows[s], dirty, lanes, results)
            t = section.following
            if t is not None and (dirty & ~entry[t]).any():
                entry[t] |= dirty
                changed = True


def argmax_is_local(section, flow):
    """May this section's running maxima be worked out later: none comes in from an earlier frame or stays
    live?
    """
    fires = [(i, op) for i, op in enumerate(section.ops) if isinstance(op, Fire) and op.kind == Kind.ARGMAX]
    return not fires or (
        fires[0][1].first
        and all(i in flow.deferred for i, _ in fires)
        and len({op.steps for _, op in fires}) == 1
    )


def analyse(sections, config, defer=True):
    """Flows of all sections; with `defer` false every FIRE is worked out in its place."""
    flows = [Flow() for _ in sections]
    for section, flow in zip(sections, flows, strict=True):
        find_snapshots(section, flow, config.chunk)
    settled(sections, flows, config.lanes, RESULT_KINDS if defer else ())
    if defer and not all(map(argmax_is_local, sections, flows)):
        settled(sections, flows, config.lanes, (Kind.RAW,))
    return flows


def element_weights(sections, frames, start):
    """Largest sum of |digits| per element of the vector memory, as (unsigned, signed) int64[elements] each.

    Over everything this run can put there: `frames` uint16[B, F, n], spike bytes, and `start` uint16[B,
    elements], the memory before the run. Which of these a descriptor really sees is not followed: the
    larger one counts.
    """
    out = []
    for signed in (False, True):
        largest = nm.digit_weight(start, signed).max(axis=0, initial=0).astype(np.int64)
        byte = int(nm.digit_weight(np.arange(256), signed).max())
        loaded = nm.digit_weight(frames, signed).max(axis=(0, 1), initial=0)
        for section in sections:
            if section.begin is not None:
                span = slice(section.begin.base, section.begin.base + section.begin.length)
                largest[span] = np.maximum(largest[span], loaded[: section.begin.length])
            for op in section.ops:
                if isinstance(op, Fire) and op.kind == Kind.LIF:
                    span = slice(op.vector, op.vector + op.extent)
                    largest[span] = np.maximum(largest[span], byte)
        out.append(largest)
    return out


def stays_in_range(sections, first, frames, start, accumulators):
    """Can no accumulator leave 24 bits, in any order of events, in this run?

    `first` is the section of the first frame, `accumulators` int64[2, 3, LANES] the largest magnitudes at
    the start. Sums |weight| * D * 2^shift for every accumulator between two clears, with FOLD and the sum
    of two sets under the same bound (numerics.md, Accumulate). True is a proof; False only says that the
    machine must look closer.
    """
    unsigned, signed = element_weights(sections, frames, start)
    added = {}

    def amount(op):
        if id(op) not in added:
            if op.fmt in (Fmt.SPIKES, Fmt.MERGED):
                rows = np.full(op.length, 2 if op.fmt == Fmt.MERGED else 1)
            else:
                rows = (signed if op.signed else unsigned)[op.base : op.base + op.length]
            added[id(op)] = rows @ np.abs(op.weights)
        return added[id(op)]

    bound = accumulators.astype(np.float64)
    seen: dict[int, np.ndarray] = {}
    s = first
    for _ in range(frames.shape[1]):
        if s is None:
            break
        if s in seen and (bound <= seen[s]).all():
            return True  # nothing grew over a whole round of the program
        seen[s] = bound.copy()
        for op in sections[s].ops:
            if isinstance(op, Accumulate):
                for k in op.sets:
                    bound[k, op.ctx] += amount(op)
            elif isinstance(op, Fold):
                bound[:, op.dst] += bound[:, op.src].sum(axis=0)
                bound[:, op.src] = 0
            elif isinstance(op, Fire):
                for k in op.taken:
                    bound[k, op.ctx, : op.extent] = 0
            if bound.max() > nm.ACC_MAX:
                return False
        s = sections[s].following
    return True
