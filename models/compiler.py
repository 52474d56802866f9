# SPDX-License-Identifier: Apache-2.0
"""compile_network: a Network and a build -> the Images that run it. Deterministic: equal networks
give equal images.

Proof first (`proof.py`), then storage (`storage.py`), schedule (`schedule.py`) and loops
(`loops.py`).
"""

import numpy as np

from models import loops, storage
from models.formats import SHIFT_MAX, TAG_W, Z_W, BuildConfig, Fmt
from models.images import Images, LayerPlace, Layout
from models.network import Network, OutputLayer
from models.proof import prove
from models.schedule import Hidden, Plan, Scores, schedule
from models.storage import CompileError

__all__ = ["CompileError", "compile_network"]
FIELD_MAX = 65535  # len, rank and chunk fields have 16 bits


def _refuse_shape(network: Network) -> None:
    if len(network.layers) > 1 << TAG_W:
        raise CompileError(
            f"network {network.name} has {len(network.layers)} hidden layers, tags for {1 << TAG_W} exist"
        )
    widths = {"the input": network.n_inputs, network.output.name: network.output.n}
    widths |= {layer.name: layer.n for layer in network.layers}
    for name, n in widths.items():
        if n > FIELD_MAX:
            raise CompileError(f"{name} is {n} wide, a length field reaches {FIELD_MAX}")


def _output_tiles(out: OutputLayer, both: bool, lanes: int) -> list[list[storage.Piece]]:
    """The pieces of every output tile: all on both sets, or dealt alternately to the sets, an odd
    last tile split over both.
    """
    owner = f"layer {out.name}"
    if both:
        return [[piece] for piece in storage.cut(owner, 3, out.w, out.mask, lanes)]
    tiles = storage.cut(owner, 1, out.w, out.mask, lanes)
    for index, piece in enumerate(tiles):
        piece.sets = 1 + index % 2
    split_last = len(tiles) % 2 == 1 and tiles[-1].keep.sum() >= 2
    return [[piece] for piece in tiles[: len(tiles) - split_last]] + (
        [storage.split(tiles[-1])] if split_last else []
    )


def _together(ff: list[storage.Piece], rec: list[storage.Piece]) -> list[list[storage.Piece]]:
    """Storage groups of a hidden layer. Of several tiles the two matrices interleave, so that both
    move by one stride from tile to tile and the tiles can be a LOOP.
    """
    if len(rec) > 1 and all(p.sets == 3 for p in (*ff, *rec)):
        return [[p for pair in zip(ff, rec, strict=True) for p in pair]]
    return [ff, rec]


def _planes(network: Network) -> int:
    """Bit planes of the input; a set bit of plane p is the digit +2^p of a spike."""
    me = f"network {network.name}: bit planes"
    if not network.layers:
        raise CompileError(f"{me} need a hidden layer")
    if not 0 <= network.in_min <= network.in_max < 1 << Z_W:
        raise CompileError(
            f"{me} hold numbers of 0..{(1 << Z_W) - 1}, the input is {network.in_min}..{network.in_max}"
        )
    planes, shift = network.in_max.bit_length(), network.layers[0].shift_in
    if shift + planes - 1 > SHIFT_MAX:
        raise CompileError(
            f"{me} need a shift of {shift + planes - 1} for the highest, an ACC has up to {SHIFT_MAX}"
        )
    return planes


def compile_network(network: Network, config: BuildConfig, bit_planes: bool = False) -> Images:
    """Images of `network` for a build. CompileError (one line) when it cannot be proved safe or
    does not fit.

    A network without hidden layers scores its numbers once a frame, whatever `steps` and `merged`
    say. With `bit_planes` the input goes in bit by bit, as S0 takes it, and not as signed digits: the
    same result of other events. The overflow proof holds for both, as the ones of a number never
    weigh more than its signed digits.
    """
    _refuse_shape(network)
    prove(network)
    planes = _planes(network) if bit_planes else 0
    lanes, two = config.lanes, network.steps == 2

    ff, rec = [], []
    for index, layer in enumerate(network.layers):
        both = two or index == 0  # numbers give a digit to each set, two steps take a set each
        ff.append(
            storage.cut(f"layer {layer.name}: w_in", 3 if both else 1, layer.w_in, layer.mask_in, lanes)
        )
        owner = f"layer {layer.name}: w_rec"
        rec.append(
            []
            if layer.w_rec is None
            else storage.cut(owner, 3 if two else 2, layer.w_rec, layer.mask_rec, lanes)
        )
    both = not network.layers or (two and not network.output.merged)
    tiles = _output_tiles(network.output, both, lanes)
    matrices = [group for pair in zip(ff, rec, strict=True) for group in _together(*pair)]
    weights, masks = storage.place([*matrices, [p for pieces in tiles for p in pieces]], config)

    layers, out, c = network.layers, network.output, config.chunk
    theta, neu = storage.chunks(
        [layer.theta for layer in layers], "neuron memory (theta, state)", config.neur_depth, c
    )
    bias, par = storage.chunks(
        [*(layer.bias for layer in layers), out.bias], "bias memory", config.bias_depth, c
    )
    by_step = two and network.recurrence == "step"
    # A tile that fires would overwrite the last frame's spikes, which the tiles after it still
    # need.
    places = [2 if len(r) > 1 and not by_step else 1 for r in rec]
    (x,), *spikes = storage.vectors(
        [(network.n_inputs, 1), *zip([layer.n for layer in layers], places, strict=True)], config
    )

    plan = Plan(
        config=config, x=x, n_inputs=network.n_inputs,
        number=Fmt.SIGNED if network.in_signed else Fmt.UNSIGNED, planes=planes, steps=network.steps,
        by_step=by_step,
        layers=[
            Hidden(
                ff=ff[i], rec=rec[i], shift_in=layer.shift_in, shift_rec=layer.shift_rec,
                n=layer.n, leak=layer.leak,
                soft=layer.soft, tag=i, neu=neu[i], par=par[i], places=spikes[i],
            )
            for i, layer in enumerate(layers)
        ],
        output=Scores(tiles, out.shift, out.n, par[-1], out.merged, out.result == "argmax"),
    )  # fmt: skip
    program = loops.roll(schedule(plan))
    if len(program) > config.prog_depth:
        raise CompileError(
            f"program does not fit: {len(program)} descriptors needed, {config.prog_depth} available"
        )
    for descriptor in program:
        descriptor.check(config)  # an illegal descriptor here is a defect of the scheduler
    layout = Layout(
        chunk=c, input_place=x, n_inputs=network.n_inputs,
        layers=tuple(
            LayerPlace(layer.name, i, layer.n, neu[i], par[i], spikes[i]) for i, layer in enumerate(layers)
        ),
        output=out.name, n_outputs=out.n, output_par=par[-1],
    )  # fmt: skip
    return Images(
        config=config, program=[d.encode() for d in program], weights=weights, masks=masks,
        bias=bias.astype(np.int32), theta=theta.astype(np.int32), layout=layout,
    )  # fmt: skip
