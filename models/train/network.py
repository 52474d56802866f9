# SPDX-License-Identifier: Apache-2.0
"""The network as it is trained: in float first, then with the machine's own integers.

One float unit of a layer's membrane is 2^unit integers. A 4-bit weight q of a matrix with scale 2^a stands
for q * 2^a; it adds q << shift to the accumulator, shift = a + unit for spikes and a + unit - 7 for the input
bytes (a byte x stands for x / 128). After `quantise`, the forward pass is docs/numerics.md to the bit, in
float32, where every sum is exact; gradients pass straight through the rounding.
"""

from dataclasses import dataclass
from itertools import pairwise

import torch

from ..formats import THETA_MAX
from . import scales
from .neurons import DEFAULT, Product, run
from .scales import INPUT_BITS

# Of the input bytes, by their kind: training sees x less this, the first biases take it over on export.
MIDDLE = {"log-mel": 60, "mfcc": 0}
THETA_LOW, THETA_HIGH = 0.25, 8.0  # of a float threshold
GAIN = 0.4  # spread of a normalised current to begin with, in thresholds
FOLLOW = 0.05  # of its mean and square, a batch
LEAK_LOW, LEAK_HIGH = 1.0, 7.0  # of a continuous leak code


@dataclass(frozen=True)
class Shape:
    """Sizes and kinds that training never changes (but pruning neurons makes another one)."""

    n_inputs: int
    hidden: tuple[int, ...]
    n_outputs: int
    steps: int = 2
    by_step: bool = False  # recurrence by step instead of by frame
    soft: bool = True
    leaks: tuple[float, ...] = (2.0, 3.0)  # to begin with, as codes: v loses v * 2^-k a step
    middle: int = MIDDLE["log-mel"]


def straight(rounded: torch.Tensor, value: torch.Tensor) -> torch.Tensor:
    """`rounded` going forward, the gradient of `value` going back."""
    return value + (rounded - value).detach()


class Network(torch.nn.Module):
    """Parameters in_k, rec_k, theta_k, bias_k, leak_k of hidden layer k = 1, 2, ...; out, bias_out.

    Masks `mask_NAME` of the matrices are buffers of 0 and 1. `scale` is None while in float.
    """

    def __init__(self, shape: Shape, seed: int = 0, normalised: bool = False):
        """Random weights from `seed`; thresholds start at 1, everything is kept.

        normalised: until `fold`, each neuron's current from the layer before is normalised over the batch.
        """
        super().__init__()
        self.shape = shape
        self.scale: scales.Scales | None = None
        self.normalised = normalised
        draw = torch.Generator().manual_seed(seed)
        widths = (shape.n_inputs, *shape.hidden)
        self.matrices: list[str] = []
        for k, (n_in, n) in enumerate(pairwise(widths), 1):
            # small recurrent weights, else the gradients grow through time
            self._matrix(f"in_{k}", n_in, n, (0.38 if k == 1 else 0.57) / n_in**0.5, draw)
            self._matrix(f"rec_{k}", n, n, 0.23 / n**0.5, draw)
            self.register_parameter(f"gain_{k}", torch.nn.Parameter(torch.full((n,), GAIN)))
            self.register_buffer(f"mean_{k}", torch.zeros(n))
            self.register_buffer(f"square_{k}", torch.ones(n))
            self.register_parameter(f"theta_{k}", torch.nn.Parameter(torch.ones(n)))
            self.register_parameter(f"bias_{k}", torch.nn.Parameter(torch.zeros(n)))
            leak = torch.tensor(float(shape.leaks[k - 1]))
            self.register_parameter(f"leak_{k}", torch.nn.Parameter(leak))
        self._matrix("out", widths[-1], shape.n_outputs, 0.57 / widths[-1] ** 0.5, draw)
        self.bias_out = torch.nn.Parameter(torch.zeros(shape.n_outputs))

    def _matrix(self, name: str, rows: int, columns: int, spread: float, draw: torch.Generator) -> None:
        weights = torch.randn(rows, columns, generator=draw) * spread
        self.register_parameter(name, torch.nn.Parameter(weights))
        self.register_buffer(f"mask_{name}", torch.ones(rows, columns))
        self.matrices.append(name)

    @property
    def depth(self) -> int:
        """Hidden layers."""
        return len(self.shape.hidden)

    def kept(self, name: str) -> torch.Tensor:
        """A matrix with its pruned weights 0, quantised when the network is."""
        w = getattr(self, name) * getattr(self, f"mask_{name}")
        if self.scale is None:
            return w
        unit = 2.0 ** self.scale.exponent[name]
        return straight((w / unit).round().clamp(-8.0, 7.0) * unit, w)

    def constant(self, name: str, unit: float, low: float) -> torch.Tensor:
        """A threshold or bias in the membrane's integers."""
        value = getattr(self, name) * unit
        return value if self.scale is None else straight(value.round().clamp(low, THETA_MAX), value)

    def forward(
        self, x: torch.Tensor, drop: float = 0.0, surrogate=DEFAULT
    ) -> tuple[torch.Tensor, list[torch.Tensor]]:
        """x [frames, batch, inputs] -> (y [frames, batch, outputs], spikes [frames, steps, batch, n] of each
        hidden layer).

        y is in float units: y / 2^exponent of `out` are the machine's merged results. drop: the share of
        neurons that an utterance goes without, the same in all its frames.
        """
        shape, scale = self.shape, self.scale
        exact = scale is not None
        source, layers = x[:, None] - shape.middle, []
        for k in range(1, self.depth + 1):
            unit = 2.0 ** scale.unit[k - 1] if scale else 1.0
            w = self.kept(f"in_{k}") * (unit * 2.0**-INPUT_BITS if k == 1 else unit)
            r = self.kept(f"rec_{k}") * unit
            theta, bias = self.constant(f"theta_{k}", unit, 1.0), self.constant(f"bias_{k}", unit, -THETA_MAX)
            code = scale.leak[k - 1] if scale else None
            keep = 1.0 - torch.exp2(-getattr(self, f"leak_{k}"))
            current = Product.apply(source, w, exact)
            if self.normalised:
                current, bias = self._normal(k, current, bias)
            spikes = run(
                current, r, theta, bias, keep, shape.steps, shape.by_step, shape.soft, code, surrogate
            )
            layers.append(spikes)
            source = spikes
            if drop:
                alive = torch.rand(spikes.shape[2:]) >= drop
                source = source * (alive / (1.0 - drop))
        bias_out = self.bias_out
        if scale:
            unit = 2.0 ** scale.exponent["out"]
            bias_out = straight((bias_out / unit).round() * unit, bias_out)
        return Product.apply(source.sum(dim=1), self.kept("out"), exact) + bias_out, layers

    def _normal(self, k: int, current: torch.Tensor, bias: torch.Tensor):
        """(current, bias): each neuron's current with its gain for a spread and, by the bias, without its
        mean: those of the batch in training, afterwards as they were there on average."""
        mean, square = getattr(self, f"mean_{k}"), getattr(self, f"square_{k}")
        if self.training:
            now, now_square = current.mean(dim=(0, 1, 2)), current.square().mean(dim=(0, 1, 2))
            with torch.no_grad():
                mean.lerp_(now, FOLLOW)
                square.lerp_(now_square, FOLLOW)
            mean, square = now, now_square
        gain = getattr(self, f"gain_{k}") / (square - mean.square() + 1e-5).sqrt()
        return current * gain, bias - mean * gain

    @torch.no_grad()
    def fold(self) -> None:
        """Take the normalisation over into weights and biases; from now on the network has none."""
        for k in range(1, self.depth + 1):
            if self.normalised:
                zero = torch.zeros_like(getattr(self, f"bias_{k}"))
                gain, shift = self.eval()._normal(k, torch.ones_like(zero), zero)
                getattr(self, f"in_{k}").mul_(gain)
                getattr(self, f"bias_{k}").add_(shift)
        self.normalised = False

    @torch.no_grad()
    def clamp(self) -> None:
        """Keep thresholds and leaks in their ranges; called after every step of the optimiser."""
        for k in range(1, self.depth + 1):
            getattr(self, f"theta_{k}").clamp_(THETA_LOW, THETA_HIGH)
            getattr(self, f"leak_{k}").clamp_(LEAK_LOW, LEAK_HIGH)

    @torch.no_grad()
    def quantise(self) -> None:
        """Fit scales, units and each neuron's gain to the float weights, and snap the leaks.

        From now on the network is the integer one.
        """
        matrices = {name: self.kept(name).double().numpy() for name in self.matrices}
        theta = [getattr(self, f"theta_{k}").double().numpy() for k in range(1, self.depth + 1)]
        leak = tuple(int(torch.round(getattr(self, f"leak_{k}"))) for k in range(1, self.depth + 1))
        found, gains = scales.fit(matrices, theta, leak)
        for k, gain in enumerate(gains, 1):
            for name in ("in", "rec", "theta", "bias"):
                getattr(self, f"{name}_{k}").mul_(torch.from_numpy(gain).float())
        self.scale = found
