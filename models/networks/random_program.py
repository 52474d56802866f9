# SPDX-License-Identifier: Apache-2.0
"""Random legal programs made of descriptors, beyond what the compiler emits; and frames for them.

Sections (frames of a program) differ in work, LOOPs nest and move addresses either way, formats, sets and
contexts mix at will, accumulators live over ends of frames. docs/verification.md, "Constraints", says what is
drawn from what and why; every constraint is named where it is kept.
"""

from dataclasses import dataclass, replace

import numpy as np

from models.descriptors import Acc, Descriptor, End, Fire, Fold, Frame, Load, Loop, select
from models.formats import BIAS_W, CTX, GROUP, SHIFT_MAX, THETA_MAX, BuildConfig, Fmt, Kind
from models.images import Images, LayerPlace, Layout
from models.machine import Machine
from models.machine_flow import stays_in_range

FIELD_MAX = (1 << 16) - 1
ROWS = 2500  # of all ACCs of a frame, so that a frame stays short
WORDS = 1024  # of weights that are loaded; a deeper memory is not filled
INPUTS_MAX = 300
_LENGTHS = (1, 2, 3, 4, 15, 16, 17, 127, 128, 129, 255, 256, 257)
_BIAS_MAX = (1 << BIAS_W - 1) - 1


@dataclass
class _Place:
    """Where a descriptor stands: what its LOOPs add to an address, and the chunks it must not touch."""

    loops: list[Loop]
    closed: range  # chunks of a frame that LOAD has let in: whether they are old or new depends on time

    def offsets(self, stride: str) -> list[int]:
        """What each pass adds to an address that moves by `stride`, signed."""
        found = [0]
        for loop in self.loops:
            step = getattr(loop, stride)
            step -= (step > FIELD_MAX // 2) * (FIELD_MAX + 1)
            found = [at + j * step for at in found for j in range(loop.count)]
        return found

    @property
    def passes(self) -> int:
        """How often it is executed."""
        return int(np.prod([loop.count for loop in self.loops], initial=1))


class _Writer:
    """Writes one program for one build."""

    def __init__(self, rng: np.random.Generator, config: BuildConfig) -> None:
        """Draw the memories and where frames go."""
        self.rng, self.config = rng, config
        self.words = min(config.wgt_depth, WORDS)
        self.mask_words = min(config.mask_depth, 64)
        keep = rng.choice([0.0, 0.1, 0.5, 0.9, 1.0], (2, self.mask_words, 1))
        self.masks = rng.random((2, self.mask_words, GROUP)) < keep
        top = config.vec_depth * config.chunk
        self.inputs = self.length(min(INPUTS_MAX, top))
        extent = -(-self.inputs // config.chunk)
        starts = np.arange(0, config.vec_depth - extent + 1, config.group_chunks)
        self.frames_at = [int(x) for x in rng.choice(starts, int(rng.integers(1, 3)))]
        self.extent = extent

    def upto(self, top: int) -> int:
        """0..top."""
        return int(self.rng.integers(top + 1))

    def chance(self, p: float) -> bool:
        """True with probability `p`."""
        return bool(self.rng.random() < p)

    def length(self, top: int) -> int:
        """1..top, corners of groups and chunks as often as all else."""
        corners = [x for x in _LENGTHS if x <= top]
        return int(self.rng.choice(corners)) if self.chance(0.5) else 1 + self.upto(top - 1)

    def address(self, place: _Place, stride: str, room: int, step: int = 1) -> tuple[int, int] | None:
        """(address, move bit) so that no pass leaves 0..room (a multiple of `step`); None: no such address.

        An end of the room is as likely as a third of all else: last words of memories are read.
        """
        offsets = place.offsets(stride)
        for move in (int(self.chance(0.6)), 0):
            low, high = (-min(offsets), room - max(offsets)) if move else (0, room)
            low, high = -(-low // step), high // step
            if low <= high and not (move and any(x % step for x in offsets)):
                at = high if self.chance(0.25) else low + self.upto(high - low)
                return at * step, move
        return None

    def clash(self, place: _Place, first: int, chunks: int, move: int) -> bool:
        """Whether vector chunks of any pass are closed."""
        ends = [(first + x, first + x + chunks) for x in (place.offsets("d_src") if move else [0])]
        return any(a < place.closed.stop and place.closed.start < b for a, b in ends)

    # ---- descriptors ---------------------------------------------------------------------------------
    def acc(self, place: _Place, rows: int) -> Acc | None:
        """An ACC of at most `rows` rows."""
        c, upto = self.config, self.upto
        sets, fmt, ctx = 1 + upto(2), Fmt(upto(3)), upto(CTX - 1)
        if fmt == Fmt.MERGED and sets == 3:
            sets = 1 + upto(1)
        sel = [0, 0]
        if fmt in (Fmt.SPIKES, Fmt.MERGED):
            # A disabled select may hold any bit, except where its set takes no part.
            sel = [select(upto(7)) if self.chance(0.8) else upto(7) for _ in range(2)]
            if fmt == Fmt.SPIKES:
                sel = [x if sets >> k & 1 else 0 for k, x in enumerate(sel)]
            if not any(x & 8 for x in sel):
                sel[0 if sets & 1 or fmt == Fmt.MERGED else 1] = select(upto(7))
        length = self.length(min(rows, self.words, c.vec_depth * c.chunk, GROUP * self.mask_words))
        chunks, groups = -(-length // c.chunk), -(-length // GROUP)
        masked = int(self.chance(0.5))
        src = self.address(place, "d_src", c.vec_depth - chunks, c.group_chunks)
        wgt = self.address(place, "d_wgt", self.words - length)
        msk = self.address(place, "d_msk", self.mask_words - groups)
        if src is None or wgt is None or msk is None or self.clash(place, src[0], chunks, src[1]):
            return None
        at = wgt[0]
        if masked and not place.loops and self.chance(0.5):
            # Kept rows end with the last word of the bank: fewer words than rows are left.
            kept = self.masks[int(sets == 2), msk[0] : msk[0] + groups].reshape(-1)[:length].sum()
            at = self.words - max(1, int(kept))
        shift = int(self.rng.choice([0, 0, 1, *range(SHIFT_MAX + 1)]))
        return Acc(
            sets=sets, ctx=ctx, fmt=fmt, src=src[0], len=length, wgt=at, sel0=sel[0], sel1=sel[1],
            shift=shift, bank=upto(1) if sets == 3 else sets - 1,
            masked=masked, msk=msk[0] * masked, mv_src=src[1], mv_wgt=wgt[1], mv_msk=msk[1],
        )  # fmt: skip

    def fire(self, place: _Place) -> Fire | None:
        """A FIRE of any kind."""
        c, upto = self.config, self.upto
        kind = Kind(int(self.rng.choice([Kind.LIF, Kind.LIF, Kind.RAW, Kind.ARGMAX])))
        take = 1 + upto(2)
        joined, n = upto(1) if take == 3 else 0, self.length(c.lanes)
        steps, chunks = (2 if take == 3 and not joined else 1), -(-n // c.chunk)
        lif = kind == Kind.LIF
        # An output index leaves as 16 bits, so it ends below 65,536.
        dst = self.address(place, "d_src", (c.vec_depth if lif else FIELD_MAX) - chunks)
        par = self.address(place, "d_par", c.bias_depth - chunks)
        neu = self.address(place, "d_neu", c.neur_depth - chunks)
        if dst is None or par is None or neu is None:
            return None
        common = {"take": take, "sum": joined, "ctx": upto(CTX - 1), "kind": kind, "dst": dst[0], "n": n,
                  "par": par[0], "mv_dst": dst[1], "mv_par": par[1]}  # fmt: skip
        if not lif:
            argmax = kind == Kind.ARGMAX
            return Fire(**common, first=upto(1) * argmax, last=upto(1) * argmax)
        if self.clash(place, dst[0], chunks, dst[1]):
            return None
        leak = int(self.rng.choice([0, 15, upto(15)]))
        return Fire(**common, neu=neu[0], mv_neu=neu[1], bit0=upto(8 - steps), tag=upto(7), leak=leak,
                    soft=upto(1))  # fmt: skip

    def step(self, place: _Place, rows: int) -> Descriptor:
        """An ACC, FIRE or FOLD; FOLD where nothing else has room."""
        kind = self.rng.random()
        for _ in range(6):
            found = self.acc(place, rows) if kind < 0.55 else self.fire(place) if kind < 0.9 else None
            if found is not None:
                return found
        ctx = self.upto(CTX - 1)
        return Fold(ctx, (ctx + 1 + self.upto(1)) % CTX)

    def loop(self, body: int) -> Loop:
        """A LOOP of 1 to 4 passes; strides small and of either sign, of whole groups or not."""
        groups = self.config.group_chunks
        strides = {name: self.upto(6) - 3 for name in ("d_wgt", "d_msk", "d_par", "d_neu")}
        strides["d_src"] = int(self.rng.choice([0, groups, -groups, self.upto(6) - 3]))
        wild = self.chance(0.1)
        strides = {name: 16 * x if wild and name == "d_wgt" else x for name, x in strides.items()}
        return Loop(body, 1 + self.upto(3), **{name: x & FIELD_MAX for name, x in strides.items()})

    def piece(self, closed: range, rows: int) -> list[Descriptor]:
        """Some descriptors, bare, in a LOOP or in two; the inner LOOP at any place of the outer."""
        size, depth = 1 + self.upto(3), int(self.rng.choice([0, 0, 0, 1, 1, 2]))
        if depth == 0:
            return [self.step(_Place([], closed), rows) for _ in range(size)]
        outer, before, behind = self.loop(1), self.upto(1), self.upto(1)
        if depth == 1:
            place = _Place([outer], closed)
            each = max(1, rows // place.passes // size)
            return [replace(outer, body=size), *(self.step(place, each) for _ in range(size))]
        inner = self.loop(size)
        place, around = _Place([outer, inner], closed), _Place([outer], closed)
        each = max(1, rows // place.passes // (size + 2))
        body = [
            *(self.step(around, each) for _ in range(before)),
            inner,
            *(self.step(place, each) for _ in range(size)),
            *(self.step(around, each) for _ in range(behind)),
        ]
        return [replace(outer, body=len(body)), *body]

    def program(self) -> list[Descriptor]:
        """All sections. Every context is taken whole somewhere, so that nothing can grow for ever."""
        count = int(self.rng.choice([1, 1, 2, 3, 4]))
        at = [int(self.rng.choice(self.frames_at)) for _ in range(count)]
        whole: list[list[Descriptor]] = [[] for _ in range(count)]
        for ctx in range(CTX):
            full = Fire(take=3, ctx=ctx, kind=Kind.RAW, dst=0, n=self.config.lanes, par=0)
            whole[self.upto(count - 1)].append(full)
        program: list[Descriptor] = []
        for s in range(count):
            pieces, closed = self.upto(5), range(0)
            loads = self.upto(pieces) if self.chance(0.7) else -1
            program.append(Frame(at[s], self.inputs))
            for p in range(pieces + 1):
                if p == loads:
                    following = at[(s + 1) % count]
                    program.append(Load(following, self.inputs))
                    closed = range(following, following + self.extent)
                if whole[s] and (p == pieces or self.chance(0.3)):
                    program += [whole[s].pop() for _ in range(len(whole[s]) if p == pieces else 1)]
                if p < pieces:
                    program += self.piece(closed, ROWS // pieces)
            program.append(End(wrap=int(s == count - 1)))
        return program

    # ---- memories ------------------------------------------------------------------------------------
    def images(self) -> Images:
        """The program with its memories, all of which it may read."""
        c, rng = self.config, self.rng
        program = self.program()
        while len(program) > c.prog_depth:
            program = self.program()
        density = rng.choice([0.0, 0.1, 0.7, 1.0], p=[0.05, 0.15, 0.5, 0.3])
        weights = rng.integers(-8, 8, (2, self.words, c.lanes))
        weights = np.where(rng.random(weights.shape) < density, weights, 0).astype(np.int8)
        scale = 10.0 ** rng.uniform(0.5, 4.4)
        theta = np.clip(rng.uniform(0, 2 * scale, (c.neur_depth, c.chunk)), 1, THETA_MAX)
        bias = rng.uniform(-scale, scale, (c.bias_depth, c.chunk))
        wild = rng.random(bias.shape) < rng.choice([0.0, 0.05])
        bias = np.where(wild, rng.choice([-_BIAS_MAX - 1, _BIAS_MAX], bias.shape), bias)
        return Images(
            config=c, program=[word.encode() for word in program], weights=(weights[0], weights[1]),
            masks=(self.masks[0], self.masks[1]), bias=bias.astype(np.int32), theta=theta.astype(np.int32),
            layout=_layout(c),
        )  # fmt: skip

    def frames(self, count: int, batch: int) -> np.ndarray:
        """uint16 [batch, count, inputs]: nothing, spike bytes, bytes, or all 16 bits, thick or thin."""
        top = int(self.rng.choice([0, 1, 255, 255, 0xFFFF]))
        shape = (batch, count, self.inputs)
        x = self.rng.integers(0, top + 1, shape)
        x[: batch // 2] = np.where(self.rng.random(shape) < self.rng.random(), x, 0)[: batch // 2]
        return x.astype(np.uint16)


def _layout(config: BuildConfig) -> Layout:
    """Names for every tag over the whole state memory, for reports."""
    layers = tuple(
        LayerPlace(f"tag{tag}", tag, config.neur_depth * config.chunk, 0, 0, ()) for tag in range(8)
    )
    return Layout(config.chunk, 0, 0, layers, "scores", 1 << 20, 0)


def _proved(images: Images, frames: np.ndarray) -> bool:
    """Whether no accumulator can leave 24 bits, whichever section these frames begin at after a clear."""
    machine, c = Machine(images), images.config
    machine.check()
    none = np.zeros((1, c.vec_depth * c.chunk), np.uint16)
    clear = np.zeros((2, CTX, c.lanes), np.int64)
    return all(stays_in_range(machine.sections, s, frames, none, clear) for s in range(len(machine.sections)))


def random_program(
    rng: np.random.Generator, config: BuildConfig, frames: int, batch: int
) -> tuple[Images, np.ndarray]:
    """A legal program and uint16 [batch, frames, inputs] for it.

    The bound of docs/numerics.md, "Accumulate", holds for exactly these frames: shifts go down, and then
    weights are thinned out, until it does.
    """
    writer = _Writer(rng, config)
    images = writer.images()
    x = writer.frames(frames, batch)
    while not _proved(images, x):
        program = images.descriptors()
        accs = [i for i, word in enumerate(program) if isinstance(word, Acc) and word.shift]
        for i in accs:
            word = program[i]
            assert isinstance(word, Acc)
            program[i] = replace(word, shift=word.shift // 2)
        thin = () if accs else (rng.random(w.shape) < 0.3 for w in images.weights)
        weights = tuple(w * keep for w, keep in zip(images.weights, thin, strict=True)) if thin else None
        images = replace(
            images, program=[word.encode() for word in program], weights=weights or images.weights
        )
    return images, x
