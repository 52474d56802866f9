# SPDX-License-Identifier: Apache-2.0
"""From float parameters to the integers of the machine, and the weight file that holds them.

One float unit of a layer's membrane is 2^unit integers. A 4-bit weight q of a source with scale 2^a stands
for q * 2^a; it adds q << shift to the accumulator, with shift = a + unit for spikes and a + unit - 7 for the
input bytes (a byte x stands for x / 128). The shift must lie in 0..7.
"""

import hashlib
import json
from pathlib import Path

import numpy as np

from ..arrays import read_npz

STEPS = 2
VERSION = 1
MAX_SHIFT = 7
MAX_DIGIT_SUM = 341  # of a byte recoded to signed digits
ACC_LIMIT = 1 << 23
ARRAYS = {
    "w1": ((40, 128), np.int8), "r1": ((128, 128), np.int8),
    "theta1": ((128,), np.int32), "bias1": ((128,), np.int32),
    "w2": ((128, 128), np.int8), "r2": ((128, 128), np.int8),
    "theta2": ((128,), np.int32), "bias2": ((128,), np.int32),
    "w3": ((128, 10), np.int8), "bias3": ((10,), np.int32),
}  # fmt: skip
SCALARS = (
    "in_shift1",
    "rec_shift1",
    "leak1",
    "soft1",
    "in_shift2",
    "rec_shift2",
    "leak2",
    "soft2",
    "steps",
    "version",
)


def best_exponent(weights: np.ndarray, low: int, high: int) -> int:
    """The a in low..high for which 4-bit weights q * 2^a come nearest to `weights` (least squares)."""

    def loss(a: int) -> float:
        q = np.clip(np.rint(weights / 2.0**a), -8, 7)
        return float(((q * 2.0**a - weights) ** 2).sum())

    return min(range(low, high + 1), key=loss)


def neuron_gains(matrices: list[np.ndarray], exponents: list[int]) -> np.ndarray:
    """Per neuron (column), the gain float64 [n] under which its weights suit 4 bits best.

    A LIF neuron whose weights, bias and threshold all grow by one factor spikes as before, so each may use
    the whole range of its layer's scales.
    """
    gains = 2.0 ** np.linspace(-1.5, 1.5, 49)
    losses = np.zeros((len(gains), matrices[0].shape[1]))
    for weights, a in zip(matrices, exponents, strict=True):
        for loss, gain in zip(losses, gains, strict=True):
            scaled = weights * gain / 2.0**a
            loss += (((np.clip(np.rint(scaled), -8, 7) - scaled) * (2.0**a / gain)) ** 2).sum(axis=0)
    return gains[losses.argmin(axis=0)]


def check(net: dict) -> None:
    """ValueError unless everything is there, has its shape, fits its field and cannot overflow."""
    for name, (shape, _) in ARRAYS.items():
        if name not in net or net[name].shape != shape:
            raise ValueError(
                f"{name}: shape {shape} is needed, found {net[name].shape if name in net else 'nothing'}"
            )
    for name in SCALARS:
        if name not in net:
            raise ValueError(f"{name}: missing")
    for name in ("w1", "r1", "w2", "r2", "w3"):
        if net[name].min() < -8 or net[name].max() > 7:
            raise ValueError(f"{name}: a weight lies outside -8..7")
    for layer, digits in (("1", MAX_DIGIT_SUM), ("2", 1)):
        for name in ("in_shift", "rec_shift"):
            if not 0 <= net[name + layer] <= MAX_SHIFT:
                raise ValueError(f"{name}{layer} is {net[name + layer]}: 0..{MAX_SHIFT} is possible")
        if not 0 <= net["leak" + layer] <= 15:
            raise ValueError(f"leak{layer} is {net['leak' + layer]}: 0..15 is possible")
        if net["theta" + layer].min() < 1 or net["theta" + layer].max() > 32767:
            raise ValueError(f"theta{layer}: a threshold lies outside 1..32767")
        if np.abs(net["bias" + layer]).max() > 32767:
            raise ValueError(f"bias{layer}: a bias lies outside -32767..32767")
        worst = (
            np.abs(net["w" + layer].astype(np.int64)).sum(axis=0) * digits << int(net["in_shift" + layer])
        ) + (np.abs(net["r" + layer].astype(np.int64)).sum(axis=0) << int(net["rec_shift" + layer]))
        if worst.max() >= ACC_LIMIT:
            raise ValueError(
                f"layer {layer}: a partial sum can reach {worst.max()}, the accumulator {ACC_LIMIT - 1}"
            )


def _replace(path: Path, write) -> None:
    """Write beside `path`, then rename: a reader sees the old file or the new one, never half of one."""
    part = path.with_name(path.name + ".part")
    with part.open("wb") as stream:
        write(stream)
    part.replace(path)


def save(path, net: dict, metadata: dict) -> None:
    """Check the network and write `path` (.npz) and, beside it, its metadata (.json)."""
    path = Path(path)
    arrays = {name: net[name].astype(dtype) for name, (_, dtype) in ARRAYS.items()}
    arrays |= {name: np.asarray(int(net[name]), dtype=np.int64) for name in SCALARS}
    check(arrays)
    path.parent.mkdir(parents=True, exist_ok=True)
    _replace(path, lambda stream: np.savez_compressed(stream, **arrays))
    metadata = {**metadata, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
    _replace(
        path.with_suffix(".json"),
        lambda stream: stream.write((json.dumps(metadata, indent=2) + "\n").encode()),
    )


def load(path) -> tuple[dict, dict]:
    """The network (arrays, and scalars as int) and its metadata. As `models.arrays.read_npz`, ValueError."""
    path = Path(path)
    stored = read_npz(path)
    net = {name: array if array.ndim else int(array) for name, array in stored.items()}
    check(net)
    beside = path.with_suffix(".json")
    return net, json.loads(beside.read_text()) if beside.exists() else {}
