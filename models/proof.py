# SPDX-License-Identifier: Apache-2.0
"""The overflow proof of `docs/numerics.md`: no accumulator can leave 24 bits signed, for events in
any order.

Every schedule of `models/schedule.py` feeds one accumulator, between two clears, with at most one
pass of a neuron's feed-forward rows and one of its recurrent rows; a FOLD or a `sum` only joins
parts of the same pass. So one bound per neuron

    B = 2^shift_in * sum_i |w_in[i]| * D_in + 2^shift_rec * sum_i |w_rec[i]| < 2^23

holds for every accumulator it ever uses, for single products, for FOLD and for the sum of two sets.
"""

import numpy as np

from models.formats import ACC_W
from models.network import Network
from models.storage import CompileError

LIMIT = 1 << (ACC_W - 1)


def digit_sum_max(low: int, high: int) -> int:
    """D: the largest sum of |digits| of the canonical signed digits of any number in low..high (170
    for -128..127).
    """
    x = np.arange(low, high + 1, dtype=np.int64)
    h = 3 * x
    return int((((h & ~x) >> 1) + ((x & ~h) >> 1)).max())


def _refuse_above(layer: str, bound: np.ndarray, parts: str) -> None:
    worst = int(np.argmax(bound))
    if bound[worst] >= LIMIT:
        raise CompileError(
            f"layer {layer}: neuron {worst} can reach {bound[worst]} in its accumulator, "
            f"must stay below {LIMIT} ({parts})"
        )


def prove(network: Network) -> None:
    """CompileError naming layer, neuron and bound unless every accumulator of every layer is safe."""
    digit = digit_sum_max(network.in_min, network.in_max)
    for layer in network.layers:
        bound = np.abs(layer.w_in.astype(np.int64)).sum(0) * digit << layer.shift_in
        parts = f"digits of a row sum to {digit}, shift {layer.shift_in}"
        if layer.w_rec is not None:
            bound = bound + (np.abs(layer.w_rec.astype(np.int64)).sum(0) << layer.shift_rec)
            parts += f"; recurrence shift {layer.shift_rec}"
        _refuse_above(layer.name, bound, parts)
        digit = 1
    out = network.output
    if network.layers:
        digit = 2 if out.merged and network.steps == 2 else 1
    bound = np.abs(out.w.astype(np.int64)).sum(0) * digit << out.shift
    _refuse_above(out.name, bound, f"digits of a row sum to {digit}, shift {out.shift}")
