# SPDX-License-Identifier: Apache-2.0
"""A network as its mathematics: layers, integer weights and neuron constants, without a word about
tiles or memories.

Ranges are those of `docs/numerics.md`. Masks: False = pruned, and the weight there must be 0.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from models.formats import BIAS_W, SHIFT_MAX, THETA_MAX, WGT_MAX, WGT_MIN

BIAS_MAX = (1 << (BIAS_W - 1)) - 1


def _need(ok: bool, message: str) -> None:
    if not ok:
        raise ValueError(message)


def _check_weights(where: str, w: np.ndarray, mask: np.ndarray | None, shape: tuple[int, int]) -> None:
    _need(w.shape == shape, f"{where} has shape {w.shape}, expected {shape}")
    _need(w.dtype == np.int8, f"{where} has type {w.dtype}, expected int8")
    low, high = int(w.min()), int(w.max())
    _need(low >= WGT_MIN and high <= WGT_MAX, f"{where} holds {low}..{high}, legal are {WGT_MIN}..{WGT_MAX}")
    if mask is not None:
        _need(mask.shape == shape, f"{where}: its mask has shape {mask.shape}, expected {shape}")
        _need(mask.dtype == np.bool_, f"{where}: its mask has type {mask.dtype}, expected bool")
        wrong = np.argwhere((w != 0) & ~mask)
        _need(
            not len(wrong),
            f"{where}: {len(wrong)} pruned weights are not 0, the first at {wrong[:1].tolist()}",
        )


def _check_vector(where: str, x: np.ndarray, n: int, low: int, high: int) -> None:
    _need(x.shape == (n,), f"{where} has shape {x.shape}, expected ({n},)")
    _need(x.dtype == np.int32, f"{where} has type {x.dtype}, expected int32")
    bad = np.flatnonzero((x < low) | (x > high))
    if len(bad):
        raise ValueError(f"{where} of neuron {bad[0]} is {x[bad[0]]}, legal are {low}..{high}")


@dataclass(frozen=True)
class LifLayer:
    """A hidden layer of `n` LIF neurons; `w_rec` None: not recurrent."""

    name: str
    w_in: np.ndarray  # int8 [n_in, n]
    w_rec: np.ndarray | None  # int8 [n, n]
    mask_in: np.ndarray | None  # bool [n_in, n]
    mask_rec: np.ndarray | None  # bool [n, n]
    shift_in: int  # 0..7
    shift_rec: int  # 0..7
    theta: np.ndarray  # int32 [n], 1..32767
    bias: np.ndarray  # int32 [n], 24 bits signed
    leak: int  # code: 0 none, 1..14 v -= v >>> k, 15 forget all
    soft: bool

    @property
    def n(self) -> int:
        """Neurons."""
        return self.w_in.shape[1]

    def __post_init__(self) -> None:
        """ValueError naming the layer when a shape or range is wrong."""
        me = f"layer {self.name}"
        _need(
            self.w_in.ndim == 2 and self.w_in.size > 0,
            f"{me}: w_in has shape {self.w_in.shape}, expected [n_in, n]",
        )
        _check_weights(f"{me}: w_in", self.w_in, self.mask_in, self.w_in.shape)
        if self.w_rec is not None:
            _check_weights(f"{me}: w_rec", self.w_rec, self.mask_rec, (self.n, self.n))
        else:
            _need(self.mask_rec is None, f"{me}: mask_rec without w_rec")
        for name in ("shift_in", "shift_rec"):
            _need(
                0 <= getattr(self, name) <= SHIFT_MAX,
                f"{me}: {name} is {getattr(self, name)}, legal are 0..{SHIFT_MAX}",
            )
        _need(0 <= self.leak <= 15, f"{me}: leak code is {self.leak}, legal are 0..15")
        _check_vector(f"{me}: theta", self.theta, self.n, 1, THETA_MAX)
        _check_vector(f"{me}: bias", self.bias, self.n, -BIAS_MAX - 1, BIAS_MAX)


@dataclass(frozen=True)
class OutputLayer:
    """The last layer: no neurons, only scores. Merged: one score over both steps, else one for each
    step.
    """

    name: str
    w: np.ndarray  # int8 [n_in, n]
    mask: np.ndarray | None  # bool [n_in, n]
    bias: np.ndarray  # int32 [n], 24 bits signed
    shift: int  # 0..7
    merged: bool
    result: Literal["raw", "argmax"]

    @property
    def n(self) -> int:
        """Scores."""
        return self.w.shape[1]

    def __post_init__(self) -> None:
        """ValueError naming the layer when a shape or range is wrong."""
        me = f"layer {self.name}"
        _need(self.w.ndim == 2 and self.w.size > 0, f"{me}: w has shape {self.w.shape}, expected [n_in, n]")
        _check_weights(f"{me}: w", self.w, self.mask, self.w.shape)
        _need(0 <= self.shift <= SHIFT_MAX, f"{me}: shift is {self.shift}, legal are 0..{SHIFT_MAX}")
        _check_vector(f"{me}: bias", self.bias, self.n, -BIAS_MAX - 1, BIAS_MAX)
        _need(
            self.result in ("raw", "argmax"), f"{me}: result is {self.result!r}, legal are 'raw' and 'argmax'"
        )


@dataclass(frozen=True)
class Network:
    """Numbers in, `steps` time steps a frame, LIF layers, scores out."""

    name: str
    n_inputs: int
    in_signed: bool
    in_min: int  # smallest and largest input number: the overflow proof relies on them
    in_max: int
    steps: int  # 1 or 2
    recurrence: Literal["frame", "step"]
    layers: tuple[LifLayer, ...]
    output: OutputLayer

    def __post_init__(self) -> None:
        """ValueError when layers do not fit together or a range is wrong."""
        me = f"network {self.name}"
        _need(self.n_inputs >= 1, f"{me}: n_inputs is {self.n_inputs}, must be at least 1")
        low, high = (-32768, 32767) if self.in_signed else (0, 65535)
        _need(
            low <= self.in_min <= self.in_max <= high,
            f"{me}: input range {self.in_min}..{self.in_max} is not within {low}..{high}",
        )
        _need(self.steps in (1, 2), f"{me}: steps is {self.steps}, legal are 1 and 2")
        _need(
            self.recurrence in ("frame", "step"),
            f"{me}: recurrence is {self.recurrence!r}, legal are 'frame' and 'step'",
        )
        names = [*(layer.name for layer in self.layers), self.output.name]
        _need(len(set(names)) == len(names), f"{me}: two layers have one name: {names}")
        width = self.n_inputs
        for layer in self.layers:
            _need(
                layer.w_in.shape[0] == width,
                f"layer {layer.name}: w_in has {layer.w_in.shape[0]} rows, its source has {width}",
            )
            width = layer.n
        _need(
            self.output.w.shape[0] == width,
            f"layer {self.output.name}: w has {self.output.w.shape[0]} rows, its source has {width}",
        )
