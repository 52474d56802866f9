# SPDX-License-Identifier: Apache-2.0
"""The power-of-two scales of a quantised network: numpy only.

A matrix has an exponent (one 4-bit step is 2^a float units), a layer a unit (one float unit of its membrane
is 2^unit integers), a neuron a gain: a LIF neuron whose weights, bias and threshold all grow by one factor
spikes as before, so each may use the whole range of its layer's steps.
"""

from dataclasses import dataclass

import numpy as np

from ..formats import SHIFT_MAX

UNITS = range(6, 14)
INPUT_BITS = 7  # an input byte x stands for x / 2^7
INPUT_SHIFT = SHIFT_MAX - (INPUT_BITS - 1)  # at most: the highest bit plane of an input still has its shift
HEADROOM = 4.0  # thresholds that a membrane can reach at least before it saturates
GAINS = 2.0 ** np.linspace(-1.5, 1.5, 49)


@dataclass(frozen=True)
class Scales:
    """What turns float parameters into integers; JSON-able."""

    exponent: dict[str, int]  # of each matrix
    unit: tuple[int, ...]  # of each hidden layer
    leak: tuple[int, ...]  # its code


def loss(weights: np.ndarray, a: int) -> np.ndarray:
    """Squared error of each column when `weights` become q * 2^a, q in -8..7."""
    scaled = weights / 2.0**a
    return (((np.clip(np.rint(scaled), -8, 7) - scaled) * 2.0**a) ** 2).sum(axis=0)


def best(weights: np.ndarray, low: int, high: int) -> int:
    """The a in low..high with the least squared error."""
    return min(range(low, high + 1), key=lambda a: float(loss(weights, a).sum()))


def gains_of(matrices: list[np.ndarray], exponents: list[int]) -> np.ndarray:
    """Per neuron (column), the gain of GAINS with the least squared error, in the ungained weights."""
    pairs = list(zip(matrices, exponents, strict=True))
    losses = np.array([sum(loss(w * gain, a) for w, a in pairs) / gain**2 for gain in GAINS])
    return GAINS[losses.argmin(axis=0)]


def _layer(w: np.ndarray, r: np.ndarray, theta: np.ndarray, first: bool):
    """(unit, exponent of w, exponent of r, gains) of one layer."""
    choices: list[tuple] = []
    for unit in UNITS:
        low = (INPUT_BITS if first else 0) - unit
        gain = np.ones(w.shape[1])
        for _ in range(2):
            a = best(w * gain, low, low + (INPUT_SHIFT if first else SHIFT_MAX))
            b = best(r * gain, -unit, SHIFT_MAX - unit)
            gain = gains_of([w, r], [a, b])
        error = float(((loss(w * gain, a) + loss(r * gain, b)) / gain**2).sum())
        reach = 32767.0 / (2.0**unit * float((theta * gain).max()))
        if reach >= HEADROOM or not choices:
            choices.append((error, unit, a, b, gain))
    least = min(choice[0] for choice in choices)
    return max((c for c in choices if c[0] <= 1.02 * least), key=lambda c: c[1])[1:]


def fit(matrices: dict[str, np.ndarray], theta: list[np.ndarray], leak: tuple[int, ...]):
    """(Scales, gains [n] of each layer) for matrices in_k, rec_k and out, thresholds and leak codes."""
    exponent: dict[str, int] = {}
    units, gains = [], []
    for k, threshold in enumerate(theta, 1):
        unit, a, b, gain = _layer(matrices[f"in_{k}"], matrices[f"rec_{k}"], threshold, k == 1)
        exponent |= {f"in_{k}": a, f"rec_{k}": b}
        units.append(unit)
        gains.append(gain)
    exponent["out"] = best(matrices["out"], -12, 2)
    return Scales(exponent, tuple(units), leak), gains
