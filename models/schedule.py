# SPDX-License-Identifier: Apache-2.0
"""Descriptor scheduling: from placed tiles to the program of one frame, or of two where vectors
alternate.

Three rules make FIRE cheap (`docs/program.md`, worked listings): a layer's recurrence comes before
its feed-forward rows, so it runs while the layer before it fires; the recurrence that the first
layer needs in the next frame is done ahead, behind the last hidden FIRE, and waits in context 0
across the frame boundary; tiles take the context that was fired longest ago.
"""

from collections import deque
from dataclasses import dataclass

from models.descriptors import Acc, Descriptor, End, Fire, Fold, Frame, Load, select
from models.formats import BuildConfig, Fmt, Kind
from models.storage import Piece

CARRY = 0  # context that keeps the first layer's recurrence for the next frame


@dataclass(frozen=True)
class Hidden:
    """A placed hidden layer; `rec` empty: not recurrent."""

    ff: list[Piece]
    rec: list[Piece]
    shift_in: int
    shift_rec: int
    n: int
    leak: int
    soft: bool
    tag: int
    neu: int
    par: int
    places: tuple[int, ...]


@dataclass(frozen=True)
class Scores:
    """The placed output layer. One piece a tile; two pieces in a tile: its rows are split over both
    sets.
    """

    tiles: list[list[Piece]]
    shift: int
    n: int
    par: int
    merged: bool
    argmax: bool


@dataclass(frozen=True)
class Plan:
    """Everything that a program is made of."""

    config: BuildConfig
    x: int  # first vector chunk of the input
    n_inputs: int
    number: Fmt  # of the input
    planes: int  # 0: the input goes in as signed digits; else bit by bit, this many of its lowest
    steps: int
    by_step: bool  # `step` recurrence and two steps
    layers: list[Hidden]
    output: Scores

    @property
    def carry(self) -> bool:
        """Whether the first layer's recurrence is done ahead."""
        return bool(self.layers) and len(self.layers[0].rec) == 1


class _Contexts:
    """Hands out the accumulator context that has been free for the longest time."""

    def __init__(self, carry: bool) -> None:
        self.carry = carry
        self.free = deque([1, 2] if carry else [0, 1, 2])

    def take(self) -> int:
        return self.free.popleft()

    def give(self, ctx: int) -> None:
        if not (self.carry and ctx == CARRY):
            self.free.append(ctx)


class _Frame:
    """Writes the descriptors of one frame; `parity` says which of two alternating places is
    written.
    """

    def __init__(self, plan: Plan, parity: int) -> None:
        self.plan, self.parity = plan, parity
        self.out: list[Descriptor] = [Frame(plan.x, plan.n_inputs)]
        self.contexts = _Contexts(plan.carry)

    def spikes(self, layer: Hidden, age: int = 0) -> int:
        """Vector chunk of the layer's spikes of this frame (age 0) or the one before (age 1)."""
        return layer.places[(self.parity - age) % len(layer.places)]

    def acc(
        self, piece: Piece, ctx: int, fmt: Fmt, src: int, shift: int, bits: tuple[int | None, int | None]
    ) -> None:
        """One ACC; none when the tile has no row left. `bits`: element bits for set 0 and set 1."""
        if not piece.keep.any():
            return
        sel = [select(b) for b in bits]
        if fmt == Fmt.SPIKES:
            sel = [s if piece.sets >> k & 1 else 0 for k, s in enumerate(sel)]
        self.out.append(
            Acc(
                sets=piece.sets, ctx=ctx, fmt=fmt, src=src, len=len(piece.keep), wgt=piece.wgt,
                sel0=sel[0], sel1=sel[1],
                shift=shift, bank=piece.bank, masked=int(piece.masked), msk=piece.msk,
            )
        )  # fmt: skip

    def recur(self, index: int, tile: int, ctx: int, bits: tuple[int | None, int | None], age: int) -> None:
        """The layer's own spikes into `ctx`; nothing when it is not recurrent."""
        layer = self.plan.layers[index]
        if layer.rec:
            self.acc(layer.rec[tile], ctx, Fmt.SPIKES, self.spikes(layer, age), layer.shift_rec, bits)

    def feed(self, index: int, tile: int, ctx: int, bits: tuple[int | None, int | None]) -> None:
        """The rows of the layer's source into `ctx`."""
        layer = self.plan.layers[index]
        if index:
            source = self.spikes(self.plan.layers[index - 1])
            self.acc(layer.ff[tile], ctx, Fmt.SPIKES, source, layer.shift_in, bits)
        elif not self.plan.planes:
            self.acc(layer.ff[tile], ctx, self.plan.number, self.plan.x, layer.shift_in, (None, None))
        for plane in range(self.plan.planes if index == 0 else 0):
            self.acc(layer.ff[tile], ctx, Fmt.SPIKES, self.plan.x, layer.shift_in + plane, (plane, None))

    def feed_both(self, index: int, tile: int, ctx: int) -> None:
        """The rows of the layer's source for both steps, each set its step."""
        if index:
            self.feed(index, tile, ctx, (0, 1))
        elif self.plan.layers[0].ff[tile].keep.any():
            # Two digits a cycle, one to each set; both steps see the same input, so their sum goes
            # to both.
            both = self.contexts.take()
            self.feed(0, tile, both, (None, None))
            self.out.append(Fold(ctx=ctx, src=both))
            self.contexts.give(both)

    def loaded(self, index: int, last: bool) -> None:
        """The input is not read again in this frame: the next one may come in."""
        if index == 0 and last:
            self.out.append(Load(self.plan.x, self.plan.n_inputs))

    def fire(self, index: int, tile: int, ctx: int, take: int, bit0: int, join: bool = False) -> None:
        """LIF of one tile."""
        layer, step = self.plan.layers[index], tile * self.plan.config.tile_chunks
        lanes = self.plan.config.lanes
        self.out.append(
            Fire(
                take=take, sum=int(join), ctx=ctx, kind=Kind.LIF, bit0=bit0, tag=layer.tag,
                leak=layer.leak,
                soft=int(layer.soft), dst=self.spikes(layer) + step, n=min(lanes,
                layer.n - tile * lanes),
                par=layer.par + step, neu=layer.neu + step,
            )
        )  # fmt: skip

    def begin(self, index: int, tile: int, bits: tuple[int | None, int | None]) -> int:
        """The context of a tile, with the recurrence from the frame before in it."""
        if index == 0 and self.plan.carry:
            return CARRY
        ctx = self.contexts.take()
        self.recur(index, tile, ctx, bits, age=1)
        return ctx

    def hidden(self, index: int) -> None:
        """All tiles of one layer, in the way that its recurrence allows."""
        layer = self.plan.layers[index]
        tiles = len(layer.ff)
        by_step = self.plan.by_step and bool(layer.rec)
        if by_step and tiles > 1:
            self._hidden_passes(index)
            return
        for tile in range(tiles):
            last = tile == tiles - 1
            if self.plan.steps == 1:
                # One step: recurrence on set 1 beside the feed-forward rows on set 0.
                ctx = self.begin(index, tile, (None, 0))
                self.feed(index, tile, ctx, (0, None))
                self.loaded(index, last)
                join = bool(layer.rec) or index == 0
                self.fire(index, tile, ctx, 3 if join else 1, 0, join)
            elif by_step:
                ctx = self.begin(index, tile, (1, None))
                self.feed_both(index, tile, ctx)
                self.loaded(index, last)
                self.fire(index, tile, ctx, 1, 0)
                self.recur(index, tile, ctx, (None, 0), age=0)
                self.fire(index, tile, ctx, 2, 1)
            else:
                ctx = self.begin(index, tile, (0, 1))
                self.feed_both(index, tile, ctx)
                self.loaded(index, last)
                self.fire(index, tile, ctx, 3, 0)
            self.contexts.give(ctx)

    def _hidden_passes(self, index: int) -> None:
        """`step` recurrence over several tiles: a pass a step. All tiles of step 0 must have fired
        before step 1 begins, and there are fewer contexts than tiles may need, so the feed-forward
        rows are read again in the second pass. In place: a pass writes the bit that it does not
        read.
        """
        tiles = len(self.plan.layers[index].ff)
        for step in (0, 1):
            for tile in range(tiles):
                ctx = self.contexts.take()
                self.recur(index, tile, ctx, (1 - step, None), age=0)
                self.feed(index, tile, ctx, (None, step))
                self.loaded(index, step == 1 and tile == tiles - 1)
                self.fire(index, tile, ctx, 3, step, join=True)
                self.contexts.give(ctx)

    def scores(self) -> None:
        """The output layer: tiles in pairs, one to each set; or, not merged, each tile with a step
        on each set; or, with no hidden layer, each tile with a digit on each set.
        """
        out, config = self.plan.output, self.plan.config
        numbers = not self.plan.layers
        bits: tuple[int | None, int | None] = (0, 1) if self.plan.steps == 2 else (0, 0)
        if numbers:
            source, fmt, bits = self.plan.x, self.plan.number, (None, None)
        else:
            source = self.spikes(self.plan.layers[-1])
            fmt = Fmt.MERGED if self.plan.steps == 2 and out.merged else Fmt.SPIKES
        width = 1 if out.tiles[0][0].sets == 3 else 2
        for first in range(0, len(out.tiles), width):
            ctx = self.contexts.take()
            group = list(enumerate(out.tiles))[first : first + width]
            for piece in (p for _, pieces in group for p in pieces):
                self.acc(piece, ctx, fmt, source, out.shift, bits)
            if numbers and group[-1][0] == len(out.tiles) - 1:
                self.out.append(Load(self.plan.x, self.plan.n_inputs))
            for tile, pieces in group:
                take = sum(p.sets for p in pieces)
                self.out.append(
                    Fire(
                        take=take, sum=int(numbers or len(pieces) == 2), ctx=ctx,
                        kind=Kind.ARGMAX if out.argmax else Kind.RAW,
                        first=int(out.argmax and tile == 0),
                        last=int(out.argmax and tile == len(out.tiles) - 1),
                        dst=tile * config.tile_chunks, n=min(config.lanes,
                        out.n - tile * config.lanes),
                        par=out.par + tile * config.tile_chunks,
                    )
                )  # fmt: skip
            self.contexts.give(ctx)


def schedule(plan: Plan) -> list[Descriptor]:
    """The program without loops: one frame, or two when a layer's spikes alternate between two
    places.
    """
    frames = max((len(layer.places) for layer in plan.layers), default=1)
    program: list[Descriptor] = []
    for parity in range(frames):
        frame = _Frame(plan, parity)
        for index in range(len(plan.layers)):
            frame.hidden(index)
        if plan.carry:
            bits = {True: (1, None), False: (0, 1)}[plan.by_step] if plan.steps == 2 else (None, 0)
            frame.recur(0, 0, CARRY, bits, age=0)
        frame.scores()
        program += [*frame.out, End(wrap=int(parity == frames - 1))]
    return program
