# SPDX-License-Identifier: Apache-2.0
"""R0: the reference network of the speed figures, 40-128-128-1920, T = 2, `frame` recurrence, 4-bit
weights.

51 of 128 rows are masked in each of the 15 output tiles; input frames are uniform random signed
bytes. R0 is valid only if over 1,000 frames each hidden layer spikes at 0.345 +- 0.01 per step and
0.571 +- 0.01 in either of the two steps.

How the densities are held [C]. Without a leak and with soft reset a neuron cannot lose charge:
spikes * theta = the current that came in, up to the membrane itself. So `bias = 0.345 * theta -
mean current` holds every neuron at 0.345 for any weights, as long as the stream runs, and since
every source is held too, the mean current is known beforehand. A neuron that runs on its bias alone
would never spike in both steps (0.690 in either); the stronger its random drive is against theta,
the more often it spikes twice or not at all. The two constants RATIO were chosen by simulation such
that either = 0.571.
"""

import numpy as np

from models.network import LifLayer, Network, OutputLayer

INPUTS, HIDDEN, SCORES, TILE = 40, 128, 1920, 128
KEPT = 128 - 51  # rows of an output tile
RATE = 0.345  # spikes per neuron and step
EITHER = 0.571  # neurons that spike in at least one of the two steps
# theta over the standard deviation of a neuron's current, mean over neurons. Spread: +- 20 % from
# neuron to neuron.
RATIO = (2.35, 1.97)
SHIFT_REC1, SHIFT2 = 7, 5
BYTE_MEAN, BYTE_VAR = -0.5, (256**2 - 1) / 12


def _weights(rng: np.random.Generator, rows: int, columns: int) -> np.ndarray:
    return rng.integers(-8, 8, (rows, columns), dtype=np.int8)


def _layer(
    rng: np.random.Generator,
    name: str,
    shape: tuple[int, int],
    shifts: tuple[int, int],
    mean: float,
    var: float,
    ratio: float,
) -> LifLayer:
    """A layer of `shape` [rows, neurons] whose source has mean and variance `mean`, `var` in every row;
    `shifts` of its source and of its recurrence.
    """
    rows, n = shape
    w_in, w_rec = _weights(rng, rows, n), _weights(rng, n, n)
    a, b = w_in.astype(float) * 2 ** shifts[0], w_rec.astype(float) * 2 ** shifts[1]
    drive = np.sqrt((a**2).sum(0) * var + (b**2).sum(0) * RATE * (1 - RATE))
    theta = np.rint(ratio * drive * rng.uniform(0.8, 1.2, n))
    bias = np.rint(RATE * theta - mean * a.sum(0) - RATE * b.sum(0))
    return LifLayer(
        name=name, w_in=w_in, w_rec=w_rec, mask_in=None, mask_rec=None,
        shift_in=shifts[0], shift_rec=shifts[1],
        theta=theta.astype(np.int32), bias=bias.astype(np.int32), leak=0, soft=True,
    )  # fmt: skip


def hidden_layers(rng: np.random.Generator, n: int, ratio: tuple[float, float]) -> tuple[LifLayer, LifLayer]:
    """Two recurrent layers of `n` neurons held at RATE, the first fed by uniform signed bytes."""
    first = _layer(rng, "h1", (INPUTS, n), (0, SHIFT_REC1), BYTE_MEAN, BYTE_VAR, ratio[0])
    return first, _layer(rng, "h2", (n, n), (SHIFT2, SHIFT2), RATE, RATE * (1 - RATE), ratio[1])


def network_of(
    rng: np.random.Generator, name: str, layers: tuple[LifLayer, LifLayer], mask: np.ndarray | None
) -> Network:
    """Those layers with SCORES merged outputs behind them; `mask` bool [neurons, SCORES], None: all kept."""
    w = _weights(rng, layers[-1].n, SCORES)
    output = OutputLayer(
        name="scores", w=w if mask is None else w * mask.astype(np.int8), mask=mask,
        bias=rng.integers(-1000, 1001, SCORES, dtype=np.int32), shift=0, merged=True, result="raw",
    )  # fmt: skip
    return Network(
        name=name, n_inputs=INPUTS, in_signed=True, in_min=-128, in_max=127, steps=2, recurrence="frame",
        layers=layers, output=output,
    )  # fmt: skip


def r0(seed: int = 0, ratio=RATIO) -> Network:
    """R0 with weights, thresholds and masks drawn from `seed`."""
    rng = np.random.default_rng([0x5230, seed])
    layers = hidden_layers(rng, HIDDEN, ratio)
    keep = np.zeros((HIDDEN, SCORES // TILE), bool)
    for tile in range(SCORES // TILE):
        keep[rng.permutation(HIDDEN)[:KEPT], tile] = True
    return network_of(rng, "r0", layers, np.repeat(keep, TILE, axis=1))


def r0_frames(seed: int, count: int) -> np.ndarray:
    """Uniform random signed bytes, int16 [count, 40]."""
    rng = np.random.default_rng([0x5231, seed])
    return rng.integers(-128, 128, (count, INPUTS), dtype=np.int16)
