# SPDX-License-Identifier: Apache-2.0
"""From the trained network to the machine's integers, `models.network.Network`."""

import numpy as np
import torch

from ..features import KINDS
from ..network import LifLayer, OutputLayer
from ..network import Network as Integers
from .network import Network
from .scales import INPUT_BITS


@torch.no_grad()
def integers(network: Network, name: str, kind: str) -> Integers:
    """The machine's network of a quantised one (`network.quantise()` was called) on features of a kind, on
    whose range the proof against overflow relies."""
    shape, scale = network.shape, network.scale
    if scale is None:
        raise ValueError(f"{name}: still in float")

    def matrix(key: str) -> np.ndarray:
        w = network.kept(key) / 2.0 ** scale.exponent[key]
        return w.round().numpy().astype(np.int8)

    layers = []
    for k in range(1, network.depth + 1):
        unit = scale.unit[k - 1]
        w_in, shift_in = matrix(f"in_{k}"), scale.exponent[f"in_{k}"] + unit
        bias = network.constant(f"bias_{k}", 2.0**unit, -32767.0).numpy().astype(np.int32)
        if k == 1:
            shift_in -= INPUT_BITS
            bias = bias - shape.middle * (w_in.sum(axis=0, dtype=np.int32) << shift_in)
        layers.append(
            LifLayer(
                name=f"h{k}", w_in=w_in, w_rec=matrix(f"rec_{k}"), mask_in=None, mask_rec=None,
                shift_in=shift_in, shift_rec=scale.exponent[f"rec_{k}"] + unit,
                theta=network.constant(f"theta_{k}", 2.0**unit, 1.0).numpy().astype(np.int32),
                bias=bias.astype(np.int32), leak=scale.leak[k - 1], soft=shape.soft,
            )
        )  # fmt: skip
    mask = network.mask_out.numpy().astype(bool)
    bias = (network.bias_out / 2.0 ** scale.exponent["out"]).round().numpy().astype(np.int32)
    output = OutputLayer(
        name="scores", w=matrix("out"), mask=None if mask.all() else mask, bias=bias, shift=0,
        merged=True, result="raw",
    )  # fmt: skip
    return Integers(
        name=name, n_inputs=shape.n_inputs, in_signed=True, in_min=KINDS[kind].low, in_max=KINDS[kind].high,
        steps=shape.steps, recurrence="step" if shape.by_step else "frame",
        layers=tuple(layers), output=output,
    )  # fmt: skip
