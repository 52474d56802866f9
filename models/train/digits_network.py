# SPDX-License-Identifier: Apache-2.0
"""The digits network, 40-128-128-10, as it is trained: in float, then with the machine's own integers.

The second is quantisation-aware: 4-bit weights, floor in the leak, 16-bit saturation, in float32, where they
are exact; gradients pass straight through the rounding. Back propagation through the neurons is written out
(`Neurons`): spikes get a triangle for a derivative, damped by DAMPING because the recurrent gradient explodes
otherwise, and none flows through the reset.
"""

from typing import Any

import numpy as np
import torch

from ..features import BANDS
from . import dataset, export

HIDDEN = 128
LEAK = (2, 3)  # leak code of each layer
UNIT = (11, 11)  # one float unit of a layer's membrane is 2^UNIT integers
SOFT = 1
MIDDLE = 60  # of the input bytes: training sees x - MIDDLE, bias1 takes it over when the network is exported
DAMPING = 0.15
WIDTH = 1.5  # of the triangle, in thresholds, on each side of the threshold


class Neurons(torch.autograd.Function):
    """A recurrent layer of LIF neurons over an utterance.

    current [frames, 2 or 1, batch, n] (1: the same for both steps), recurrent [n, n], theta [n], bias [n]
    -> spikes [frames, 2, batch, n]. With `exact`, membranes are integers: the leak floors, the sum saturates.
    """

    @staticmethod
    def forward(ctx, current, recurrent, theta, bias, leak, exact):
        """Run the layer; keep the spikes and the surrogate's slope at each."""
        frames, _, batch, n = current.shape
        keep = 1.0 - 2.0**-leak
        spikes = torch.zeros(frames, export.STEPS, batch, n)
        slope = torch.empty(frames, export.STEPS, batch, n)
        v = torch.zeros(batch, n)
        for f in range(frames):
            total = current[f] + bias
            total = total + spikes[f - 1] @ recurrent if f else total.expand(export.STEPS, batch, n)
            for t in range(export.STEPS):
                p = (v - torch.floor(v * 2.0**-leak)) if exact else v * keep
                p = p.add_(total[t])
                if exact:
                    p.clamp_(-32768.0, 32767.0)
                s = spikes[f, t]
                torch.ge(p, theta, out=s)
                slope[f, t] = (1.0 - (p / theta - 1.0).abs_().mul_(1.0 / WIDTH)).clamp_(min=0.0)
                v = p.addcmul_(s, theta, value=-1.0)
        ctx.save_for_backward(spikes, slope, recurrent, theta)
        ctx.keep, ctx.shared = keep, current.shape[1] == 1
        return spikes

    @staticmethod
    def backward(ctx, grad_spikes):
        """Back propagation through time; gradients for current, recurrent, theta and bias."""
        spikes, slope, recurrent, theta = ctx.saved_tensors
        frames, _, batch, n = spikes.shape
        slope = slope.mul_(DAMPING / theta)
        grad_p = torch.empty_like(spikes)
        grad_theta = torch.zeros(batch, n)
        carried = torch.zeros(batch, n)  # gradient of v
        for f in reversed(range(frames)):
            grad_s = grad_spikes[f]
            if f + 1 < frames:
                grad_s = grad_s + grad_p[f + 1] @ recurrent.T
            for t in reversed(range(export.STEPS)):
                through = grad_s[t] * slope[f, t]
                grad_theta -= through
                grad_theta.addcmul_(carried, spikes[f, t], value=-1.0)
                carried = torch.add(carried, through, out=grad_p[f, t]) * ctx.keep
        grad_recurrent = spikes[:-1].reshape(-1, n).T @ grad_p[1:].reshape(-1, n)
        grad_current = grad_p.sum(dim=1, keepdim=True) if ctx.shared else grad_p
        return grad_current, grad_recurrent, grad_theta.sum(dim=0), grad_p.sum(dim=(0, 1, 2)), None, None


def _straight(rounded: torch.Tensor, value: torch.Tensor) -> torch.Tensor:
    """`rounded` going forward, the gradient of `value` going back."""
    return value + (rounded - value).detach()


class Network(torch.nn.Module):
    """The float parameters, and how the network uses them before and after `quantise` fixes the scales."""

    def __init__(self):
        """Random float parameters; a threshold starts at 1."""
        super().__init__()

        def matrix(rows, columns, spread):
            return torch.nn.Parameter(torch.randn(rows, columns) * spread)

        self.w1, self.r1 = matrix(BANDS, HIDDEN, 0.06), matrix(HIDDEN, HIDDEN, 0.02)
        self.w2, self.r2 = matrix(HIDDEN, HIDDEN, 0.05), matrix(HIDDEN, HIDDEN, 0.02)
        self.w3 = matrix(HIDDEN, len(dataset.LABELS), 0.05)
        self.theta1, self.theta2 = (torch.nn.Parameter(torch.ones(HIDDEN)) for _ in range(2))
        self.bias1, self.bias2 = (torch.nn.Parameter(torch.zeros(HIDDEN)) for _ in range(2))
        self.bias3 = torch.nn.Parameter(torch.zeros(len(dataset.LABELS)))
        self.exponent: dict[str, int] = {}  # of each matrix's scale; empty while in float

    def quantise(self) -> None:
        """Fit each matrix's power-of-two scale and each neuron's gain to the float weights.

        From now on the network is the integer one.
        """
        for name in ("w1", "r1", "w2", "r2", "w3"):
            low, high = -10, 2
            if name != "w3":
                low = (7 if name == "w1" else 0) - UNIT[int(name[1]) - 1]
                high = low + export.MAX_SHIFT
            self.exponent[name] = export.best_exponent(
                getattr(self, name).detach().double().numpy(), low, high
            )
        for layer in ("1", "2"):
            names = ("w" + layer, "r" + layer)
            matrices = [getattr(self, name).detach().double().numpy() for name in names]
            gains = torch.from_numpy(
                export.neuron_gains(matrices, [self.exponent[name] for name in names])
            ).float()
            with torch.no_grad():
                for name in (*names, "theta" + layer, "bias" + layer):
                    getattr(self, name).mul_(gains)

    def _weights(self, name: str) -> torch.Tensor:
        w = getattr(self, name)
        if not self.exponent:
            return w
        scale = 2.0 ** self.exponent[name]
        return _straight((w / scale).round().clamp(-8.0, 7.0) * scale, w)

    def _constant(self, name: str, unit: int, low: float) -> torch.Tensor:
        value = getattr(self, name) * 2.0**unit
        return _straight(value.round().clamp(low, 32767.0), value) if self.exponent else value

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, list[torch.Tensor]]:
        """x [frames, batch, 40] -> (y [frames, batch, 10], spikes [frames, 2, batch, 128] of each layer)."""
        exact = bool(self.exponent)
        layers = []
        source = x[:, None]
        for layer in (1, 2):
            unit = UNIT[layer - 1]
            w = self._weights(f"w{layer}") * 2.0 ** (unit - 7 if layer == 1 else unit)
            r = self._weights(f"r{layer}") * 2.0**unit
            theta, bias = (
                self._constant(f"theta{layer}", unit, 1.0),
                self._constant(f"bias{layer}", unit, -32767.0),
            )
            if layer == 1:
                source = source - MIDDLE
            source = Neurons.apply(source @ w, r, theta, bias, LEAK[layer - 1], exact)
            layers.append(source)
        bias3 = self.bias3
        if exact:
            scale = 2.0 ** self.exponent["w3"]
            bias3 = _straight((bias3 / scale).round() * scale, bias3)
        return layers[1].sum(dim=1) @ self._weights("w3") + bias3, layers

    def integers(self) -> dict:
        """The network as export.save takes it."""
        net: dict[str, Any] = {"steps": export.STEPS, "version": export.VERSION}
        for name, a in self.exponent.items():
            net[name] = (getattr(self, name) / 2.0**a).round().clamp(-8, 7).detach().numpy().astype(np.int8)
        for i, unit in enumerate(UNIT):
            layer = str(i + 1)
            net["theta" + layer] = (
                self._constant("theta" + layer, unit, 1.0).detach().numpy().astype(np.int32)
            )
            net["bias" + layer] = (
                self._constant("bias" + layer, unit, -32767.0).detach().numpy().astype(np.int32)
            )
            net["in_shift" + layer] = self.exponent["w" + layer] + unit - (7 if i == 0 else 0)
            net["rec_shift" + layer] = self.exponent["r" + layer] + unit
            net["leak" + layer], net["soft" + layer] = LEAK[i], SOFT
        net["bias1"] -= MIDDLE * (net["w1"].sum(axis=0, dtype=np.int32) << net["in_shift1"])
        net["bias3"] = (self.bias3 / 2.0 ** self.exponent["w3"]).round().detach().numpy().astype(np.int32)
        return net
