# SPDX-License-Identifier: Apache-2.0
"""Random networks that are legal by construction: every mode, odd widths, corner values; and frames
for them.

Bounds of the overflow proof are kept by drawing shifts and pruning weights; a network that does not
fit the build is drawn again, narrower.
"""

from typing import Literal

import numpy as np

from models.compiler import compile_network
from models.formats import REFERENCE, SHIFT_MAX, THETA_MAX, BuildConfig
from models.network import BIAS_MAX, LifLayer, Network, OutputLayer
from models.proof import LIMIT, digit_sum_max
from models.storage import CompileError

_WIDTHS = (1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 128, 129, 255, 256, 257, 300)
_BYTE = (-128, 127)
_HIDDEN = (0, 1, 1, 2, 2, 2, 2, 3, 3, 4, 5, 6, 7, 8)  # hidden layers: there are tags for 8
Recurrence = Literal["frame", "step"]
Result = Literal["raw", "argmax"]
# Ranges of the input; the widest numbers take so many digits that few inputs can be proved.
_RANGES = (
    _BYTE,
    _BYTE,
    _BYTE,
    (0, 255),
    (0, 1),
    (-1, 0),
    (-7, 1000),
    (0, 0),
    (-32768, 32767),
    (0, 65535),
    (-128, -100),
)


def _width(rng: np.random.Generator, largest: int) -> int:
    """1..largest: corners of chunks, tiles and groups as often as anything else."""
    corners = [w for w in _WIDTHS if w <= largest]
    return int(rng.choice(corners)) if rng.random() < 0.5 else int(rng.integers(1, largest + 1))


def _weights(rng: np.random.Generator, rows: int, n: int) -> np.ndarray:
    """int8 [rows, n] in one of several styles."""
    style = rng.choice(
        ["uniform", "sparse", "dense", "extreme", "small", "negative", "zero"],
        p=[0.4, 0.25, 0.05, 0.1, 0.1, 0.07, 0.03],
    )
    w = rng.integers(-8, 8, (rows, n))
    if style == "sparse":
        w *= rng.random((rows, n)) < rng.uniform(0, 1)
    elif style == "dense":
        w = np.where(w, w, 1)
    elif style == "extreme":
        w = np.where(w < 0, -8, 7)
    elif style == "small":
        w = np.sign(w)
    elif style == "negative":
        w = -np.abs(w)
    elif style == "zero":
        w *= 0
    return w.astype(np.int8)


def _mask(rng: np.random.Generator, rows: int, n: int, lanes: int) -> np.ndarray | None:
    """None, scattered pruning (rows seldom vanish), rows dropped tile by tile, runs of rows, all but
    nothing left, nothing left, or everything kept.
    """
    style = rng.choice(
        ["none", "scattered", "tiles", "runs", "bare", "nothing", "everything"],
        p=[0.4, 0.15, 0.22, 0.1, 0.06, 0.04, 0.03],
    )
    if style == "none":
        return None
    if style in ("nothing", "everything"):
        return np.full((rows, n), style == "everything")
    if style == "scattered":
        return rng.random((rows, n)) < rng.uniform(0.05, 0.95)
    tiles = -(-n // lanes)
    keep = rng.random((rows, tiles)) < rng.uniform(0.1, 0.9)
    if style == "tiles" and rng.random() < 0.5:
        kept = int(rng.integers(0, rows + 1))  # as many in every tile: loops
        keep = np.stack([rng.permutation(rows) < kept for _ in range(tiles)], axis=1)
    if style == "runs":
        keep = np.stack(
            [(np.arange(rows) + rng.integers(64)) // 64 % 2 == rng.integers(2) for _ in range(tiles)], axis=1
        )
    if style == "bare":
        keep = rng.random((rows, tiles)) < 1.5 / rows
    return np.repeat(keep, lanes, axis=1)[:, :n]


def _matrix(
    rng: np.random.Generator, rows: int, n: int, lanes: int, digit: int, budget: int
) -> tuple[np.ndarray, np.ndarray | None, int]:
    """Weights, mask and shift with sum |w| * digit * 2^shift below `budget` in every column."""
    w, mask = _weights(rng, rows, n), _mask(rng, rows, n, lanes)
    if mask is not None:
        w = w * mask.astype(np.int8)
    load = np.abs(w.astype(np.int64)).sum(0) * digit
    while (load >= budget).any():  # only with very wide numbers
        w = w * (rng.random(w.shape) < 0.7).astype(np.int8)
        load = np.abs(w.astype(np.int64)).sum(0) * digit
    top = max(s for s in range(SHIFT_MAX + 1) if int(load.max()) << s < budget)
    shift = top if rng.random() < 0.2 else int(rng.integers(0, top + 1))
    return w, mask, shift


def _bias(rng: np.random.Generator, n: int, scale: np.ndarray) -> np.ndarray:
    bias = np.rint(scale * rng.uniform(-0.3, 0.7, n)) if rng.random() < 0.8 else np.zeros(n)
    if rng.random() < 0.25:
        wild = rng.random(n) < rng.choice([0.1, 0.1, 1.0])
        bias = np.where(wild, rng.choice([-BIAS_MAX - 1, BIAS_MAX, -32768, 32767, 1, -1], n), bias)
    return np.clip(bias, -BIAS_MAX - 1, BIAS_MAX).astype(np.int32)


def _layer(
    rng: np.random.Generator,
    name: str,
    rows: int,
    n: int,
    lanes: int,
    digit: int,
    power: float,
    recurrent: bool,
) -> LifLayer:
    """A layer whose source rows have mean square `power`: thresholds are drawn about the drive, so
    that neurons live.
    """
    w_in, mask_in, shift_in = _matrix(rng, rows, n, lanes, digit, LIMIT // 2)
    w_rec, mask_rec, shift_rec = _matrix(rng, n, n, lanes, 1, LIMIT // 2) if recurrent else (None, None, 0)
    drive = (w_in.astype(float) ** 2).sum(0) * power * 4.0**shift_in
    if w_rec is not None:
        drive += (w_rec.astype(float) ** 2).sum(0) * 0.3 * 4.0**shift_rec
    scale = np.sqrt(drive) + 1
    theta = scale * rng.uniform(0.2, 3.0, n)
    corner = rng.random()
    if corner < 0.1:
        theta = np.ones(n)
    elif corner < 0.2:
        theta = np.full(n, THETA_MAX)
    elif corner < 0.35:
        theta = rng.integers(1, THETA_MAX + 1, n).astype(float)
    theta = np.clip(np.rint(theta), 1, THETA_MAX).astype(np.int32)
    return LifLayer(
        name=name, w_in=w_in, w_rec=w_rec, mask_in=mask_in, mask_rec=mask_rec, shift_in=shift_in,
        shift_rec=shift_rec,
        theta=theta, bias=_bias(rng, n, np.minimum(scale, theta)), leak=int(rng.choice([0, 15, *range(16)])),
        soft=bool(rng.integers(2)),
    )  # fmt: skip


def _draw(
    rng: np.random.Generator, config: BuildConfig, largest: int, steps: int | None,
    recurrence: Recurrence | None,
    hidden: int | None, merged: bool | None, result: Result | None,
) -> Network:  # fmt: skip
    low, high = _RANGES[rng.integers(len(_RANGES))]
    if rng.random() < 0.15:
        low, high = sorted(int(x) for x in rng.integers(-3000, 3001, 2))
    signed = low < 0 or (high <= 32767 and bool(rng.integers(2)))
    digit = digit_sum_max(low, high)
    power = (low * low + low * high + high * high) / 3
    rows = n_inputs = _width(rng, min(largest, 8) if digit > 10_000 else largest)
    layers = []
    count = int(rng.choice(_HIDDEN)) if hidden is None else hidden
    largest = largest // 2 + 1 if count > 4 else largest  # many layers would not fit any build
    for index in range(count):
        n = _width(rng, largest)
        layers.append(
            _layer(rng, f"h{index + 1}", rows, n, config.lanes, digit, power, bool(rng.random() < 0.8))
        )
        rows, digit, power = n, 1, 0.3
    n = _width(rng, largest)
    w, mask, shift = _matrix(rng, rows, n, config.lanes, 2 * digit, LIMIT)
    output = OutputLayer(
        name="scores", w=w, mask=mask, bias=_bias(rng, n, np.full(n, 1000.0)), shift=shift,
        merged=bool(rng.random() < 0.6) if merged is None else merged,
        result=result or ("argmax" if rng.random() < 0.4 else "raw"),
    )  # fmt: skip
    return Network(
        name="random", n_inputs=n_inputs, in_signed=signed, in_min=low, in_max=high,
        steps=steps or int(rng.choice([1, 2, 2])),
        recurrence=recurrence or ("frame" if rng.random() < 0.5 else "step"),
        layers=tuple(layers), output=output,
    )  # fmt: skip


def random_network(
    rng: np.random.Generator,
    config: BuildConfig = REFERENCE,
    *,
    largest: int = 300,
    steps: int | None = None,
    recurrence: Recurrence | None = None,
    hidden: int | None = None,
    merged: bool | None = None,
    result: Result | None = None,
) -> Network:
    """A network that compiles for `config`; widths 1..largest, the rest as demanded or at random.

    Starts narrower on builds of few lanes. RuntimeError when even the narrowest tries do not fit
    the build.
    """
    for _ in range(60):
        network = _draw(rng, config, largest, steps, recurrence, hidden, merged, result)
        try:
            compile_network(network, config)
        except CompileError as error:
            if "does not fit" not in str(error):
                raise  # legal by construction: anything else is a defect here or in the compiler
            largest = max(1, largest * 4 // 5)
            continue
        return network
    raise RuntimeError(f"no random network fits {config}")


def random_frames(rng: np.random.Generator, network: Network, count: int, batch: int = 1) -> np.ndarray:
    """int32 [batch, count, n_inputs] within the network's input range: each utterance in its own
    style.
    """
    shape = (count, network.n_inputs)
    low, high = network.in_min, network.in_max
    utterances = []
    for _ in range(batch):
        style = rng.choice(["uniform", "sparse", "extreme", "held", "bursts"])
        x = rng.integers(low, high + 1, shape)
        still = min(max(0, low), high)  # nearest to silence that the range allows
        if style == "sparse":
            x = np.where(rng.random(shape) < rng.uniform(0, 0.4), x, still)
        elif style == "extreme":
            x = np.where(rng.random(shape) < 0.5, low, high)
        elif style == "held":
            x = np.broadcast_to(x[:1], shape)
        elif style == "bursts":
            x = np.where(rng.random((count, 1)) < 0.5, x, still)
        utterances.append(x)
    return np.stack(utterances).astype(np.int32)
