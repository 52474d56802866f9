# SPDX-License-Identifier: Apache-2.0
"""What a program that ran covers by itself: its descriptors, modes, sizes and numbers.

Read from the model's plan (loops unrolled, images unpacked) once for a program, and counted once for every
batch of frames it ran.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from models.descriptors import Acc, End, Fire, Fold, Loop, selected
from models.formats import GROUP, THETA_MAX, Fmt, Kind, Op
from models.machine import Machine
from models.machine_ops import Accumulate
from models.machine_ops import Fire as Fired
from models.network import BIAS_MAX
from tb.coverage.groups_program import FIELDS

SETS = {1: "set 0", 2: "set 1", 3: "both"}
FORMATS = {fmt: fmt.name.lower() for fmt in Fmt}
HALF = 1 << 15  # strides from here on move backward


def shade(share: float, names: tuple[str, str, str, str]) -> str:
    """none, up to a half, more, all."""
    return names[0] if share == 0 else names[3] if share == 1 else names[1 if share <= 0.5 else 2]


def corner(n: int, corners: dict[str, int], other: str = "else") -> str:
    """The first of ``corners`` that ``n`` is."""
    return next((label for label, value in corners.items() if n == value), other)


@dataclass
class Readers:
    """ACCs that read the same elements: classes of their masks, counted, and (signed, sets) of them."""

    masks: Counter = field(default_factory=Counter)
    kinds: set[tuple[bool, str]] = field(default_factory=set)


class Program:
    """A program on a build, with what sampling its frames needs to know of it."""

    def __init__(self, machine: Machine, descriptors: list) -> None:
        """``descriptors``: the program decoded, from the same images as ``machine``."""
        self.machine, self.config, self.descriptors = machine, machine.config, descriptors
        self.ops = [op for section in machine.sections for op in section.ops]
        self.accs = [op for op in self.ops if isinstance(op, Accumulate)]
        self.fires = [op for op in self.ops if isinstance(op, Fired)]
        self.lifs = [op for op in self.fires if op.kind == Kind.LIF]

    @cached_property
    def time(self) -> str:
        """How time steps are done."""
        if not self.lifs:
            return "no neurons"
        if any(op.steps == 2 for op in self.lifs):
            return "T2 together"
        return "T2 one by one" if len({op.bit0 for op in self.lifs}) > 1 else "T1"

    def mask(self, op: Accumulate) -> str:
        """The class of the mask of one ACC."""
        if not self.descriptors[op.pc].masked:
            return "no mask"
        return shade(op.kept.mean(), ("nothing kept", "few kept", "most kept", "all kept"))

    def density(self, op: Accumulate) -> str:
        """The same with its corners, which number.mask tells apart, in the class beside them."""
        mask = self.mask(op)
        return {"nothing kept": "few kept", "all kept": "most kept"}.get(mask, mask)

    @cached_property
    def number_readers(self) -> dict[int, dict[tuple[int, int], "Readers"]]:
        """Who reads numbers of a frame, by section and by the elements read (first, one past the last)."""
        found: dict[int, dict] = {}
        for number, section in enumerate(self.machine.sections):
            if section.begin is None:
                continue
            base, length = section.begin.base, section.begin.length
            spans = found[number] = defaultdict(Readers)
            for op in section.ops:
                numbers = isinstance(op, Accumulate) and op.fmt in (Fmt.UNSIGNED, Fmt.SIGNED)
                if numbers and base <= op.base < base + length:
                    readers = spans[op.base - base, min(op.base - base + op.length, length)]
                    readers.masks[self.density(op)] += 1
                    readers.kinds.add((op.signed, "both sets" if len(op.sets) == 2 else "one set"))
        return found

    @cached_property
    def spike_readers(self) -> Counter:
        """Who reads a layer's spikes: (spikes or merged, class of the mask, tag of the layer), counted."""
        found: Counter = Counter()
        for op in self.accs:
            if op.fmt in (Fmt.SPIKES, Fmt.MERGED):
                for tag, spans in self.spans.items():
                    if any(a <= op.base < b for a, b in spans):
                        found[FORMATS[Fmt(op.fmt)], self.density(op), tag] += 1
        return found

    @cached_property
    def counts(self) -> dict[str, Counter]:
        """Labels of all groups of groups_program, counted."""
        found: dict[str, Counter] = defaultdict(Counter)
        self._descriptors(found)
        self._loops(found)
        self._network(found)
        self._sizes(found)
        self._numbers(found)
        return found

    # ---- descriptors ----------------------------------------------------------------------------------
    def _descriptors(self, found: dict[str, Counter]) -> None:
        for d in self.descriptors:
            found["descriptor.kind"][d.op.name] += 1
            if isinstance(d, Acc):
                self._acc(d, found)
            elif isinstance(d, Fire):
                self._fire(d, found)
            elif isinstance(d, Fold):
                found["descriptor.context"][f"FOLD {d.src} to {d.ctx}"] += 1
            elif isinstance(d, End):
                found["descriptor.end"]["wrap" if d.wrap else "on"] += 1

    @staticmethod
    def _acc(d: Acc, found: dict[str, Counter]) -> None:
        sets, fmt = SETS[d.sets], FORMATS[Fmt(d.fmt)]
        found["descriptor.acc"][sets, fmt, "masked" if d.masked else "whole"] += 1
        found["descriptor.shift"][fmt, str(d.shift)] += 1
        found["descriptor.context"][f"ACC {d.ctx}"] += 1
        if d.sets == 3:
            found["descriptor.bank"][f"bank {d.bank}"] += 1
        if d.fmt in (Fmt.SPIKES, Fmt.MERGED):
            enabled = [f"sel{k}" for k, sel in enumerate((d.sel0, d.sel1)) if selected(sel) is not None]
            found["descriptor.select"][sets, fmt, " and ".join(enabled)] += 1

    @staticmethod
    def _fire(d: Fire, found: dict[str, Counter]) -> None:
        kind = Kind(d.kind).name
        take = "sum" if d.sum else "two steps" if d.take == 3 else SETS[d.take]
        found["descriptor.fire"][kind, take] += 1
        found["descriptor.context"][f"FIRE {d.ctx}"] += 1
        if d.kind == Kind.LIF:
            found["descriptor.leak"][str(d.leak), "soft" if d.soft else "hard"] += 1
            found["descriptor.tag"][str(d.tag)] += 1
            found["descriptor.bit"][str(d.bit0), "two steps" if d.steps == 2 else "one step"] += 1
        elif d.kind == Kind.ARGMAX:
            parts = {(1, 1): "whole", (1, 0): "first", (0, 0): "middle", (0, 1): "last"}
            found["descriptor.argmax"][parts[d.first, d.last]] += 1

    def _loops(self, found: dict[str, Counter]) -> None:
        loops = [(pc, d, pc + d.body) for pc, d in enumerate(self.descriptors) if isinstance(d, Loop)]
        for pc, loop, last in loops:
            inner = any(at < pc <= end for at, _, end in loops)
            outer = any(pc < at <= last for at, _, _ in loops)
            level = "inner" if inner else "outer" if outer else "alone"
            passes = str(loop.count) if loop.count < 3 else "3 to 8" if loop.count <= 8 else "more"
            found["descriptor.loop"][level, passes] += 1
            if loop.count == 1:
                continue  # moves nothing
            for d in self.descriptors[pc + 1 : last + 1]:
                for place in FIELDS:
                    stride = getattr(loop, "d_src" if place == "dst" else f"d_{place}")
                    if stride and getattr(d, f"mv_{place}", 0):
                        found["descriptor.level"][place, level] += 1
                        found["descriptor.move"][place, "backward" if stride >= HALF else "forward"] += 1

    # ---- the network -----------------------------------------------------------------------------------
    def _network(self, found: dict[str, Counter]) -> None:
        sections = [section for section in self.machine.sections if section.begin is not None]
        found["network.layers"][str(len({op.tag for op in self.lifs}))] += 1
        found["network.sections"][str(len(sections)) if len(sections) < 3 else "more"] += 1
        has_load = any(d.op == Op.LOAD for d in self.descriptors)
        found["network.load"]["LOAD" if has_load else "no LOAD"] += 1
        found["build.lanes"][str(self.config.lanes)] += 1
        found["build.result"][str(self.config.result_w)] += 1
        scores = [op for op in self.fires if op.kind != Kind.LIF]
        if not self.lifs or not scores:
            return
        soft = {op.soft for op in self.lifs}
        found["network.modes"][
            self.time,
            "both" if len(soft) == 2 else "soft" if soft == {True} else "hard",
            "merged" if any(op.fmt == Fmt.MERGED for op in self.accs) else "apart",
            "masked" if any(self.descriptors[op.pc].masked for op in self.accs) else "whole",
            Kind(scores[0].kind).name,
        ] += 1
        tags = {op.tag for op in self.lifs}
        share = len(self._recurrent(sections)) / len(tags)
        found["network.recurrence"][self.time, shade(share, ("none", "some", "some", "all"))] += 1

    def _recurrent(self, sections: list) -> set[int]:
        """Tags of the layers into whose sums their own spikes went, sums over the frame's end included."""
        own: set[int] = set()
        read: dict[int, list[int]] = defaultdict(list)  # elements that a context holds the sums of
        for op in [op for section in sections for op in section.ops] * 2:
            if isinstance(op, Accumulate):
                read[op.ctx].append(op.base)
            elif isinstance(op, Fired):
                if op.kind == Kind.LIF and any(
                    a <= base < b for base in read[op.ctx] for a, b in self.spans[op.tag]
                ):
                    own.add(op.tag)
                read[op.ctx] = []
            else:
                read[op.dst] += read.pop(op.src, [])
        return own

    @cached_property
    def spans(self) -> dict[int, list[tuple[int, int]]]:
        """Elements of the vector memory that each layer tag writes: (first, one past the last)."""
        found: dict[int, list[tuple[int, int]]] = defaultdict(list)
        for op in self.lifs:
            found[op.tag].append((op.vector, op.vector + op.extent))
        return found

    def _sizes(self, found: dict[str, Counter]) -> None:
        c, lanes = self.config.chunk, self.config.lanes
        tile = {"1": 1, "lanes": lanes, "lanes-1": lanes - 1, "C-1": c - 1, "C": c, "C+1": c + 1}
        rows = {"1": 1, "127": 127, "128": 128, "129": 129, "C-1": c - 1, "C": c, "C+1": c + 1}
        wide = {"1": 1, "lanes-1": lanes - 1, "lanes": lanes, "lanes+1": lanes + 1, "2 lanes": 2 * lanes}
        for op in self.fires:
            found["width.tile"][Kind(op.kind).name, corner(op.n, tile)] += 1
        for acc in self.accs:
            what = "spikes" if acc.fmt in (Fmt.SPIKES, Fmt.MERGED) else "numbers"
            other = "else" if acc.length % GROUP else "whole groups"
            found["width.source"][what, corner(acc.length, rows, other)] += 1
        for section in self.machine.sections:
            layers: dict[tuple, dict] = defaultdict(dict)  # tiles of each layer: their places and sizes
            for op in section.ops:
                if isinstance(op, Fired):
                    hidden = op.kind == Kind.LIF
                    layers[("hidden", op.tag) if hidden else ("output", 0)][
                        op.state if hidden else op.dst
                    ] = op.n
            for (kind, _), tiles in layers.items():
                n = sum(tiles.values())
                other = "else" if n % lanes or n == 0 else "more tiles"
                found["width.layer"][kind, corner(n, wide, other)] += 1

    def _numbers(self, found: dict[str, Counter]) -> None:
        seen = np.zeros(16, bool)
        for acc in {id(acc.weights): acc for acc in self.accs}.values():
            # The plan shows the rows that a mask drops as zeros: they were never read.
            weights = acc.weights[acc.kept] / (1 << acc.shift)
            seen |= np.bincount(weights.astype(np.int64).reshape(-1) + 8, minlength=16) > 0
        for weight in np.flatnonzero(seen) - 8:
            found["number.weight"][str(weight)] += 1
        for acc in self.accs:
            if self.descriptors[acc.pc].masked:
                found["number.mask"][FORMATS[Fmt(acc.fmt)], self.mask(acc)] += 1
        for op in self.lifs:
            least, most = int((op.theta == 1).sum()), int((op.theta == THETA_MAX).sum())
            found["number.theta"] += Counter({"1": least, "between": op.n - least - most, "32767": most})
        edges = np.array([-BIAS_MAX - 1, -BIAS_MAX, 0, 1, BIAS_MAX])
        for op in self.fires:
            counts = np.bincount(np.searchsorted(edges, op.bias, side="right") - 1, minlength=5)
            for label, count in zip(("least", "negative", "0", "positive", "most"), counts, strict=True):
                found["number.bias"]["LIF" if op.kind == Kind.LIF else "output", label] += int(count)
