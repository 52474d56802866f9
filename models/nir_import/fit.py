# SPDX-License-Identifier: Apache-2.0
"""The integers of a layer: 4-bit weights, shifts, thresholds and biases out of float ones.

A neuron's membrane counts in units s of its own: only its spikes leave it. With steps E = s 2^shift_in
and E 2^d = s 2^shift_rec the weights are w_in = E q_in and w_rec = E 2^d q_rec, d one number for the layer.
E is tried on a grid of eight values an octave, the powers of two among them, so that weights that are 4-bit
integers times a power of two come out exactly.
"""

from dataclasses import dataclass

import numpy as np

from models.formats import ACC_W, BIAS_W, SHIFT_MAX, THETA_MAX, THETA_W, WGT_MAX, WGT_MIN
from models.network import LifLayer, OutputLayer
from models.nir_import.float_chain import Reset, Spiking, retained
from models.proof import digit_sum_max

PER_OCTAVE = 8
ROOM = THETA_MAX // 2  # what a threshold may take of a membrane at the coarsest unit
MEMBRANE = 32767
DRIFT_STEPS = 8  # of the largest current, beyond the threshold: the room that a membrane gets


@dataclass(frozen=True)
class Source:
    """The numbers that a matrix is multiplied by: whole ones in low..high, 1 standing for `scale`."""

    low: int
    high: int
    scale: float = 1.0

    @property
    def largest(self) -> int:
        """Largest magnitude."""
        return max(abs(self.low), abs(self.high))

    @property
    def power(self) -> float:
        """Mean square of the whole numbers, all equally likely."""
        x = np.arange(self.low, self.high + 1, dtype=np.float64)
        return float((x * x).mean())


SPIKES = Source(0, 1)


@dataclass(frozen=True)
class Fit:
    """What became of a layer: why it is not exact (nothing: it is), and figures of what was rounded."""

    node: str
    n: int
    text: str
    inexact: tuple[str, ...]
    unit: np.ndarray | float  # s: what 1 in the machine is worth in the graph


@dataclass(frozen=True)
class Steps:
    """Of the 4-bit weights of a layer: w_in = step q_in, w_rec = step 2^d q_rec."""

    step: np.ndarray  # [n]
    d: int


def _units(exponents: np.ndarray | int) -> np.ndarray:
    return 2.0 ** (np.asarray(exponents, np.float64) / PER_OCTAVE)


def _rounded(w: np.ndarray, step: np.ndarray | float) -> np.ndarray:
    """4-bit weights [n, inputs] for steps [n, 1]."""
    return np.clip(np.rint(w / step), WGT_MIN, WGT_MAX)


def _costs(w: np.ndarray, grid: np.ndarray) -> np.ndarray:
    """Squared error [grid, n] of rounding the rows of w [n, inputs] with each step of the grid."""
    return np.stack([((w - step * _rounded(w, step)) ** 2).sum(1) for step in _units(grid)])


def _grid(w_in: np.ndarray, w_rec: np.ndarray | None, least: np.ndarray) -> np.ndarray:
    """Exponents of the steps of w_in that may be of use, none of them below `least` [n] by much."""
    top = np.abs(w_in).max(1, initial=0.0)
    high = top if w_rec is None else np.maximum(top, np.abs(w_rec).max(1))
    low = np.log2(np.where(top > 0, np.maximum(top / 16, least), least).min())
    return np.arange(
        int(np.floor(low)) * PER_OCTAVE,
        int(np.ceil(np.log2(np.maximum(high, least).max())) + 1) * PER_OCTAVE + 1,
    )


def _whole(x: np.ndarray) -> np.ndarray:
    return x == np.rint(x)


def _best(cost: np.ndarray, grid: np.ndarray, wanted: np.ndarray, finest: int) -> np.ndarray:
    """Index into the grid [n]: of the least cost [grid, n] the largest step of which, with a shift up to
    `finest`, all `wanted` [.., n] are whole multiples; where there is none, the smallest.
    """
    units = _units(grid)[:, None, None] * 2.0**-finest
    odd = ~_whole(wanted / units).all(1)
    rank = np.where(odd, 1, -1) * np.arange(len(grid))[:, None]
    return np.lexsort((rank, odd, cost), axis=0)[0]


def _steps(
    w_in: np.ndarray, w_rec: np.ndarray | None, wanted: np.ndarray, least: np.ndarray, power: float
) -> Steps:
    """The steps that lose least. `wanted` [.., n]: what should be whole multiples of s too;
    `least` [n]: the smallest s that leaves a threshold room.
    """
    grid = _grid(w_in, w_rec, least)
    cost_in = power * _costs(w_in, grid)
    if w_rec is None:
        cost = np.where(_units(grid)[:, None] < least, np.inf, cost_in)
        index = _best(cost, grid, wanted, SHIFT_MAX)
        return Steps(_units(grid[index]), 0)
    reach = SHIFT_MAX * PER_OCTAVE
    wide = np.arange(grid[0] - reach, grid[-1] + reach + 1)
    cost_rec = SPIKES.power * _costs(w_rec, wide)
    found = []
    for d in range(-SHIFT_MAX, SHIFT_MAX + 1):
        at = reach + d * PER_OCTAVE
        cost = cost_in + cost_rec[at : at + len(grid)]
        coarsest = max(0, -d)  # the smallest shift_in that leaves shift_rec >= 0
        cost = np.where(_units(grid)[:, None] < least * 2.0**coarsest, np.inf, cost)
        index = _best(cost, grid, wanted, SHIFT_MAX - max(0, d))
        found.append((cost.min(0).sum(), abs(d), d, _units(grid[index])))
    _, _, d, step = min(found, key=lambda x: x[:3])
    return Steps(step, d)


def _error(w: np.ndarray, rounded: np.ndarray) -> float:
    """Root mean square of the error, of that of the weights."""
    return float(np.sqrt(((w - rounded) ** 2).sum() / max((w * w).sum(), 1e-300)))


def _mask(q: np.ndarray) -> np.ndarray | None:
    """Weights of 0 pruned, so that a row that is 0 in a whole tile costs nothing."""
    return None if (q != 0).all() or not q.any() else q != 0


def _reach(leak: int, theta: np.ndarray, most: np.ndarray) -> np.ndarray:
    """How far from 0 a membrane [n] gets in DRIFT_STEPS steps of which none brings more than `most` [n]."""
    lasting = {0: DRIFT_STEPS, 15: 1}.get(leak, min(DRIFT_STEPS, 2**leak))
    return theta + most * lasting


def _with_late_reset(layer: Spiking, reset: Reset) -> np.ndarray | None:
    """w_rec with what takes off in the next step the part of the threshold that a reset at once would not.

    At once: beta (v - threshold). In the step after: beta v - threshold. Their difference is a recurrent
    weight of a neuron onto itself, -(1 - beta) threshold.
    """
    w_rec = layer.w_rec if layer.w_rec is None or layer.w_rec.any() else None
    if reset != "subtract-late" or not layer.memory or layer.leak == 0:
        return w_rec
    own = np.diag(-(1 - retained(layer.leak)) * layer.threshold)
    return own if w_rec is None else w_rec + own


def _ties(
    q_rec: np.ndarray | None, a: int, b: int, bias: np.ndarray, threshold: np.ndarray
) -> tuple[np.ndarray, int, int] | None:
    """A reset by subtraction without a leak that is exact at v = threshold, where no spike may come.

    theta = threshold + g with g the grid of the membrane, and a recurrent weight of g gives back what was
    taken too much. (q_rec, b, g), or None where 4 bits do not hold it.
    """
    n = len(bias)
    if q_rec is None:
        return np.eye(n), 0, 1
    g = 1 << b
    on_grid = a >= b and not (bias % g).any() and not (threshold % g).any()
    if (b and not on_grid) or (q_rec.diagonal() >= WGT_MAX).any():
        return None
    return q_rec + np.eye(n), b, g


def _shift_in(
    layer: Spiking, soft: bool, source: Source, steps: Steps, q_in: np.ndarray, q_rec: np.ndarray | None
) -> tuple[int, bool]:
    """(shift_in, whether membranes have room): finer units round less, coarser ones leave more room.

    Where the leak does not round, the coarsest unit in which bias and threshold are whole is as good as any.
    ValueError when none fits.
    """
    digits, choices = digit_sum_max(source.low, source.high), []
    first, last = (0, SHIFT_MAX) if q_rec is None else (max(0, -steps.d), SHIFT_MAX - max(0, steps.d))
    for a in range(first, last + 1):
        unit = steps.step * 2.0**-a
        theta = np.floor(layer.threshold / unit) + 1
        bias = np.abs(np.rint(layer.bias / unit))
        own = 0.0 if q_rec is None else np.abs(q_rec).sum(1) * 2.0 ** (a + steps.d)
        current = np.abs(q_in).sum(1) * 2.0**a
        fits = (theta <= THETA_MAX).all() and (bias < 1 << (BIAS_W - 1)).all()
        if not fits or (current * digits + own >= 1 << (ACC_W - 1)).any():
            continue
        room = bool((_reach(layer.leak, theta, current * source.largest + own + bias) <= MEMBRANE).all())
        exact = _whole(layer.bias / unit).all() and (not soft or _whole(layer.threshold / unit).all())
        choices.append((a, room, exact and layer.leak in (0, 15)))
    if not choices:
        raise ValueError(
            f"its weights, threshold and bias do not fit {ACC_W}-bit sums and {THETA_W}-bit thresholds"
        )
    roomy = [c for c in choices if c[1]] or choices[:1]
    a, room, _ = next((c for c in roomy if c[2]), roomy[-1])
    return a, room


def fit_layer(layer: Spiking, reset: Reset, source: Source, name: str) -> tuple[LifLayer, Fit]:
    """The layer in integers and what was rounded. ValueError when the machine has no room for it."""
    soft = reset != "zero" and layer.memory
    w_in, w_rec = layer.w_in * source.scale, _with_late_reset(layer, reset)
    least = np.maximum(layer.threshold, np.abs(layer.bias)) / ROOM
    wanted = np.stack([layer.bias, layer.threshold] if soft else [layer.bias])
    steps = _steps(w_in, w_rec, wanted, least, source.power)
    q_in, q_rec = _rounded(w_in, steps.step[:, None]), None
    losses = {"w_in": _error(w_in, q_in * steps.step[:, None])}
    if w_rec is not None:
        q_rec = _rounded(w_rec, steps.step[:, None] * 2.0**steps.d)
        losses["w_rec"] = _error(w_rec, q_rec * steps.step[:, None] * 2.0**steps.d)

    a, room = _shift_in(layer, soft, source, steps, q_in, q_rec)
    b = 0 if q_rec is None else a + steps.d
    unit = steps.step * 2.0**-a
    bias, threshold = np.rint(layer.bias / unit), layer.threshold / unit
    theta = np.floor(threshold) + 1

    inexact = [
        f"{what} takes more than 4 bits, rounding it loses {lost:.2%}"
        for what, lost in losses.items()
        if lost
    ]
    if not _whole(layer.bias / unit).all():
        inexact.append("the bias is rounded")
    if soft and not _whole(threshold).all():
        inexact.append("the threshold that a spike subtracts is rounded")
    if layer.beta != retained(layer.leak):
        inexact.append(f"keeps {retained(layer.leak):g} of its membrane, the graph {layer.beta:.6g}")
    if layer.leak not in (0, 15):
        share = 2.0**layer.leak / theta.min()
        inexact.append(f"its leak rounds, by less than {share:.2%} of the threshold in all")
    if soft and layer.leak == 0 and not inexact:
        tied = _ties(q_rec, a, b, bias, threshold)
        if tied is None:
            inexact.append("a membrane of exactly the threshold spikes")
        else:
            q_rec, b, grid = tied
            theta = threshold + grid

    lasting = {0: "no leak", 15: "keeps nothing"}.get(layer.leak, f"leak 2^-{layer.leak}")
    shifts = f"<< {a}" + ("" if q_rec is None else f", recurrent << {b}")
    text = f"{lasting}, weights {shifts}, thresholds {int(theta.min())}..{int(theta.max())}"
    text += "" if room else f", 16 bits hold fewer than {DRIFT_STEPS} steps of its largest current"
    lif = LifLayer(
        name=name, w_in=q_in.T.astype(np.int8), w_rec=None if q_rec is None else q_rec.T.astype(np.int8),
        mask_in=_mask(q_in.T), mask_rec=None if q_rec is None else _mask(q_rec.T),
        shift_in=a, shift_rec=b, theta=theta.astype(np.int32), bias=bias.astype(np.int32),
        leak=layer.leak, soft=soft,
    )  # fmt: skip
    return lif, Fit(layer.name, len(bias), text, tuple(inexact), unit)


def fit_output(
    node: str, w: np.ndarray, bias: np.ndarray, source: Source, name: str
) -> tuple[OutputLayer, Fit]:
    """The scores in integers: one unit for all of them, so that they can be compared."""
    flat, least = (w * source.scale).reshape(1, -1), np.array([max(np.abs(bias).max(), 1e-30) / (1 << 20)])
    step = _steps(flat, None, bias[:, None], least, 1.0).step
    q = _rounded(w * source.scale, step[0])
    digits = digit_sum_max(source.low, source.high)
    limit = 1 << (ACC_W - 1)
    fits = [
        a
        for a in range(SHIFT_MAX + 1)
        if (np.abs(q).sum(1) * digits * 2.0**a).max() < limit
        and (np.abs(bias) / step[0] * 2.0**a).max() < limit
    ]
    if not fits:
        raise ValueError(f"its weights and bias do not fit {ACC_W}-bit sums")
    a = next((a for a in fits if _whole(bias / step[0] * 2.0**a).all()), fits[-1])
    unit = float(step[0] * 2.0**-a)
    inexact = []
    if lost := _error(w * source.scale, q * step[0]):
        inexact.append(f"its weights take more than 4 bits, rounding them loses {lost:.2%}")
    if not _whole(bias / unit).all():
        inexact.append("the bias is rounded")
    out = OutputLayer(
        name=name, w=q.T.astype(np.int8), mask=_mask(q.T), bias=np.rint(bias / unit).astype(np.int32),
        shift=a, merged=True, result="raw",
    )  # fmt: skip
    return out, Fit(node, len(bias), f"scores, weights << {a}, 1 stands for {unit:.6g}", tuple(inexact), unit)


def spikes_out(node: str, n: int, name: str) -> tuple[OutputLayer, Fit]:
    """Scores that are the spikes of the last layer: 0 or 1 each."""
    w = np.eye(n, dtype=np.int8)
    out = OutputLayer(
        name=name, w=w, mask=_mask(w), bias=np.zeros(n, np.int32), shift=0, merged=True, result="raw"
    )
    return out, Fit(node, n, "its spikes leave as scores 0 and 1", (), 1.0)
