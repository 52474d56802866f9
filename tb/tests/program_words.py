# SPDX-License-Identifier: Apache-2.0
"""A program as it runs, in words: what texts of a wave file (tb/harness/mur_narrate.sv) have to say.

Layers and tiles come from the order of the FIREs, loops unrolled: they take the tiles of a layer one after
another, in each time step. The harness finds them otherwise, from addresses.
"""

from collections import Counter
from dataclasses import dataclass

from models.descriptors import Acc, Descriptor, End, Fire, Fold, Frame, Load, Loop
from models.formats import Kind


@dataclass(frozen=True)
class Step:
    """A descriptor as it is run once, and the layer and tile that its sums or elements belong to."""

    pc: int
    descriptor: Descriptor
    place: tuple[str, int]


def unrolled(program: list[tuple[int, Descriptor]]) -> list[tuple[int, Descriptor]]:
    """The descriptors in the order in which they are run (docs/program.md, LOOP)."""
    found, at = [], 0
    while at < len(program):
        found.append(program[at])
        at += 1
        if isinstance(loop := found[-1][1], Loop):
            found += unrolled(program[at : at + loop.body]) * loop.count
            at += loop.body
    return found


def placed(program: list[tuple[int, Descriptor]], tiles: dict[str, int]) -> list[Step]:
    """Each with layer and tile; those of an ACC are those of the FIRE behind it that takes its context."""
    counts: Counter = Counter()
    places: dict[int, tuple[str, int]] = {}
    for i, (_, d) in enumerate(program):
        if isinstance(d, Frame) and not isinstance(d, Load):
            counts.clear()
        if isinstance(d, Fire):
            layer = f"L{d.tag}" if d.kind == Kind.LIF else "out"
            places[i] = layer, counts[layer] % tiles[layer]
            counts[layer] += 1
    takes: dict[tuple[int, int], tuple[str, int]] = {}  # by context and set: where the next FIRE puts it
    # From behind, and twice, for an ACC whose sums are taken in the next frame.
    for i, (_, d) in reversed([*enumerate(program)] * 2):
        sets = [k for k in (0, 1) if getattr(d, "take", getattr(d, "sets", 3)) >> k & 1]
        if isinstance(d, Fire):
            takes |= {(d.ctx, k): places[i] for k in sets}
        elif isinstance(d, Fold):
            takes |= {(d.src, k): takes[d.ctx, k] for k in sets if (d.ctx, k) in takes}
        elif isinstance(d, Acc):
            (places[i],) = {takes[d.ctx, k] for k in sets if (d.ctx, k) in takes} or {("L?", 0)}
    return [Step(pc, d, places.get(i, ("L?", 0))) for i, (pc, d) in enumerate(program)]


def at(step: Step) -> str:
    """Layer and tile as the lanes name them."""
    return f"{step.place[0]} tile {step.place[1]}"


def described(step: Step) -> str:
    """What the lane `descriptor` says of a step."""
    d, name = step.descriptor, type(step.descriptor).__name__.upper()
    rest = ""
    if isinstance(d, Acc):
        rest = f" set {('', '0', '1', '0+1')[d.sets]} ctx {d.ctx} {d.len} rows {at(step)}"
    elif isinstance(d, Fold):
        rest = f" ctx {d.src} to {d.ctx}"
    elif isinstance(d, Fire):
        rest = f" {Kind(d.kind).name} ctx {d.ctx} n {d.n} {at(step)}"
    return f"{step.pc} {name}{rest}"


def scanned(step: Step, k: int) -> str:
    """What the lane `scanner k` says of a step."""
    d = step.descriptor
    if isinstance(d, End):
        return "END"
    if k and getattr(d, "sets", 3) == 3:
        return "joined by scanner 0"
    return f"FOLD {step.pc}" if isinstance(d, Fold) else f"ACC {step.pc} {at(step)}"


def fired(step: Step) -> str:
    """What the lane `FIRE` says of a step."""
    d = step.descriptor
    return f"{Kind(d.kind).name} {step.pc} {at(step)}" if isinstance(d, Fire) else "END"
