# SPDX-License-Identifier: Apache-2.0
"""S0's reduction of work and of storage, step by step: what shapes say, and what a ledger counted.

Work is in MMAC/s at 100 frames a second. S0 takes its 8-bit input as 8 bit planes, each once a frame, and its
spikes once a time step, so from shapes alone a frame is [A]

    8 * inputs * h1  +  T * (h1 * h1  +  h1 * h2  +  h2 * h2)  +  T * kept * outputs

with 1 in the place of the last T once spikes are merged. That reproduces 145.8 (dense), 63.1 (structured),
43.4 (output rows pruned) and 28.7 (merged) of the paper's 145.8 -> 13.86. The last step, zero-skipping,
depends on the data, so it is counted: an event is a row read for a digit that is not zero, and stands for one
MAC in each of the lanes that its weights fill.
"""

from dataclasses import dataclass

import numpy as np

from models.network import Network

FRAMES_PER_S = 100
INPUT_PLANES = 8
FLOAT_W = 32  # bits of a weight before quantisation
S0_MMACS = {"dense": 145.8, "structured": 63.1, "output rows pruned": 43.4, "merged spikes": 28.7}  # [A]
S0_SKIPPED = 13.86  # [P] MMAC/s
S0_BYTES = (2.79e6, 0.1e6)  # [P] before and after


@dataclass(frozen=True)
class Shape:
    """Widths of a network of two recurrent layers, and the share of output rows that is kept."""

    inputs: int
    h1: int
    h2: int
    outputs: int
    kept: float = 1.0

    def macs(self, merged: bool, steps: int = 2) -> float:
        """MACs a frame before anything is skipped."""
        hidden = self.h1 * self.h1 + self.h1 * self.h2 + self.h2 * self.h2
        last = self.kept * self.h2 * self.outputs * (1 if merged else steps)
        return INPUT_PLANES * self.inputs * self.h1 + steps * hidden + last

    def weights(self) -> float:
        """Weights that are stored."""
        hidden = self.inputs * self.h1 + self.h1 * self.h1 + self.h1 * self.h2 + self.h2 * self.h2
        return hidden + self.kept * self.h2 * self.outputs


def mmacs(macs: float) -> float:
    """MACs a frame as MMAC/s."""
    return macs * FRAMES_PER_S / 1e6


def kept_share(network: Network, lanes: int) -> float:
    """The share of (output row, tile of `lanes` outputs) pairs that are not pruned."""
    mask = network.output.mask
    if mask is None:
        return 1.0
    tiles = [mask[:, first : first + lanes].any(axis=1) for first in range(0, mask.shape[1], lanes)]
    return float(np.mean(tiles))


def from_shapes(before: tuple[int, int], network: Network, lanes: int) -> dict[str, float]:
    """MMAC/s by step for `network`, whose hidden layers were `before` wide; ValueError unless it has two
    recurrent ones and fills its tiles of `lanes`, without which an event would not be a MAC in each lane.
    """
    if len(network.layers) != 2 or any(layer.w_rec is None for layer in network.layers):
        raise ValueError(f"network {network.name}: want two recurrent layers, as S0 has")
    h1, h2 = (layer.n for layer in network.layers)
    inputs, outputs = network.n_inputs, network.output.n
    if partly := [n for n in (h1, h2, outputs) if n % lanes]:
        raise ValueError(f"network {network.name}: a width of {partly[0]} leaves lanes of a tile idle")
    small = Shape(inputs, h1, h2, outputs)
    pruned = Shape(inputs, h1, h2, outputs, kept_share(network, lanes))
    return {
        "dense": mmacs(Shape(inputs, *before, outputs).macs(merged=False, steps=network.steps)),
        "structured": mmacs(small.macs(merged=False, steps=network.steps)),
        "output rows pruned": mmacs(pruned.macs(merged=False, steps=network.steps)),
        "merged spikes": mmacs(pruned.macs(merged=True, steps=network.steps)),
    }


def counted(ledger: dict[str, int]) -> dict[str, float]:
    """MMAC/s of a ledger's totals: of every event in all its lanes, and of those whose weight is not zero."""
    frames = ledger["FRAMES"]
    return {
        "zeros skipped": mmacs((ledger["ADDS"] + ledger["GATED"]) / frames),
        "zero weights gated": mmacs(ledger["ADDS"] / frames),
    }


def dense_bytes(shape: Shape) -> float:
    """Bytes of a network's weights before pruning and quantisation."""
    return shape.weights() * FLOAT_W / 8
