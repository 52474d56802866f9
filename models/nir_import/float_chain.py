# SPDX-License-Identifier: Apache-2.0
"""A graph as a chain of layers in floating point, and what it does, step by step."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

Reset = Literal["zero", "subtract", "subtract-late"]


@dataclass(frozen=True)
class Spiking:
    """A layer of n neurons in the units of the graph: float64 arrays.

        v <- beta v + w_in x + w_rec z + bias,   z = v > threshold,   then the reset

    where z on the right is that of the step before.
    """

    name: str  # of the node that spikes
    w_in: np.ndarray  # [n, n_in]
    w_rec: np.ndarray | None  # [n, n]
    bias: np.ndarray  # [n]
    threshold: np.ndarray  # [n]
    beta: float
    leak: int  # the machine's code of it
    memory: bool = True  # False for a node without a membrane: its reset means nothing


@dataclass(frozen=True)
class Chain:
    """Layers one behind the other, then scores = w z + bias; w None: the spikes of the last layer leave."""

    n_inputs: int
    layers: tuple[Spiking, ...]
    output: str  # name of the node that makes the scores, or of the last layer
    w_out: np.ndarray | None  # [n_out, n]
    bias_out: np.ndarray  # [n_out]


def retained(leak: int) -> float:
    """The share of the membrane that a leak code keeps, rounding apart."""
    return 0.0 if leak == 15 else 1.0 if leak == 0 else 1 - 2.0**-leak


def simulate(chain: Chain, x: np.ndarray, reset: Reset) -> tuple[list[np.ndarray], np.ndarray]:
    """Spikes bool [B, F, n] of each layer and scores float [B, F, n_out] for numbers `x` [B, F, n_inputs].

    reset: "zero", "subtract" in the step of the spike, or "subtract-late": in the step after it.
    """
    batch, frames, _ = x.shape
    spikes = [np.zeros((batch, frames, len(layer.bias)), bool) for layer in chain.layers]
    v = [np.zeros((batch, len(layer.bias))) for layer in chain.layers]
    below = x.astype(np.float64)
    for k, layer in enumerate(chain.layers):
        current = below @ layer.w_in.T + layer.bias
        z = np.zeros((batch, len(layer.bias)))
        for f in range(frames):
            late = z * layer.threshold if reset == "subtract-late" and layer.memory else 0.0
            own = 0.0 if layer.w_rec is None else z @ layer.w_rec.T
            v[k] = layer.beta * v[k] + current[:, f] + own - late
            fired = v[k] > layer.threshold
            z = fired.astype(np.float64)
            if reset == "zero":
                v[k] = np.where(fired, 0.0, v[k])
            elif reset == "subtract":
                v[k] = v[k] - z * layer.threshold
            spikes[k][:, f] = fired
        below = spikes[k].astype(np.float64)
    scores = below if chain.w_out is None else below @ chain.w_out.T + chain.bias_out
    return spikes, scores
