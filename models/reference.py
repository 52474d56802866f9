# SPDX-License-Identifier: Apache-2.0
"""A second opinion: the network's mathematics in int64 matrix algebra, straight from docs/numerics.md.

It starts from a `Network`, never from compiled images, and knows nothing of events, digits, tiles,
contexts, descriptors or the order of work. It shares no arithmetic with `machine` or `numerics`; agreement
between the two is therefore evidence about the compiler and about both. Slow on purpose, and checked for
nothing but shapes.
"""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Outcome:
    """What the network did for B utterances of up to F frames of T steps; frames past an utterance's end
    are zero.

    `outputs` holds R = 1 (merged, or T = 1) or T steps; `index` and `score` are None unless the result is
    argmax.
    """

    spikes: list[np.ndarray]  # per LIF layer uint8[B, F, T, n]
    membranes: list[np.ndarray]  # per LIF layer int16[B, F, T, n], v' after each step
    outputs: np.ndarray  # int32[B, F, R, n]
    index: np.ndarray | None  # int64[B, F, R]
    score: np.ndarray | None  # int64[B, F, R]


def kept(weights, mask):
    """Weights int64 with pruned ones (mask False) zero; None stays None."""
    if weights is None:
        return None
    full = np.asarray(weights, np.int64)
    return full if mask is None else full * np.asarray(mask, np.int64)


def step_lif(layer, v, current):
    """(spike, v') of one step, numerics.md, LIF: everything int64[B, n]."""
    if layer.leak == 15:
        u = np.zeros_like(v)
    elif layer.leak == 0:
        u = v
    else:
        u = v - v // 2**layer.leak  # floor division is the arithmetic shift
    x = u + current + np.asarray(layer.bias, np.int64)
    p = np.clip(x, -32768, 32767)
    theta = np.asarray(layer.theta, np.int64)
    spike = (p >= theta).astype(np.int64)
    reset = p - theta if layer.soft else np.zeros_like(p)
    return spike, np.where(spike == 1, reset, p)


def run(network, frames, lengths=None):
    """Run `network` over `frames` int[B, F, n_inputs] (16-bit patterns), each utterance from a clear.

    `lengths` int[B] gives the valid frames of each utterance, default all. Returns an `Outcome`.
    Raises ValueError when the frames do not have the network's width.
    """
    pattern = np.asarray(frames).astype(np.int64) & 0xFFFF
    if pattern.ndim != 3 or pattern.shape[2] != network.n_inputs:
        raise ValueError(f"frames must be [B, F, {network.n_inputs}], not {pattern.shape}")
    numbers = pattern - 65536 * (pattern >= 32768) if network.in_signed else pattern
    batch, count, _ = numbers.shape
    steps = network.steps
    layers = network.layers
    w_in = [kept(x.w_in, x.mask_in) * 2**x.shift_in for x in layers]
    w_rec = [kept(x.w_rec, x.mask_rec) for x in layers]
    w_rec = [w if w is None else w * 2**x.shift_rec for w, x in zip(w_rec, layers, strict=True)]
    w_out = kept(network.output.w, network.output.mask) * 2**network.output.shift

    sizes = [x.w_in.shape[1] for x in layers]
    spikes = [np.zeros((batch, count, steps, n), np.int64) for n in sizes]
    membranes = [np.zeros((batch, count, steps, n), np.int64) for n in sizes]
    v = [np.zeros((batch, n), np.int64) for n in sizes]
    for f in range(count):
        for t in range(steps):
            below = numbers[:, f]  # the network's input is applied at every step
            for k, layer in enumerate(layers):
                current = below @ w_in[k]
                if w_rec[k] is not None:
                    if network.recurrence == "step" and t > 0:
                        own = spikes[k][:, f, t - 1]
                    elif f > 0:
                        own = spikes[k][:, f - 1, -1 if network.recurrence == "step" else t]
                    else:
                        own = np.zeros((batch, sizes[k]), np.int64)
                    current = current + own @ w_rec[k]
                below, v[k] = step_lif(layer, v[k], current)
                spikes[k][:, f, t], membranes[k][:, f, t] = below, v[k]

    if layers:
        top = spikes[-1]
        seen = top.sum(axis=2, keepdims=True) if network.output.merged else top
    else:
        seen = numbers[:, :, None]  # a network of an output layer alone reads the numbers, once a frame
    outputs = seen @ w_out + np.asarray(network.output.bias, np.int64)

    ends = np.full(batch, count) if lengths is None else np.asarray(lengths)
    alive = (np.arange(count) < ends[:, None])[:, :, None, None]
    index = score = None
    if network.output.result == "argmax":
        index = (outputs.argmax(axis=-1)) * alive[..., 0]
        score = outputs.max(axis=-1) * alive[..., 0]
    return Outcome(
        spikes=[(s * alive).astype(np.uint8) for s in spikes],
        membranes=[(m * alive).astype(np.int16) for m in membranes],
        outputs=(outputs * alive).astype(np.int32),
        index=index,
        score=score,
    )
