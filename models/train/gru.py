# SPDX-License-Identifier: Apache-2.0
"""A float GRU in place of the spiking network, trained the same way: what the spikes are measured against."""

import torch

from .network import Shape

SPREAD = 32.0  # of the input bytes


def parameters(n_inputs: int, hidden: int, depth: int, outputs: int) -> int:
    """Numbers in a GRU of `depth` layers of `hidden` cells."""
    widths = [n_inputs] + [hidden] * (depth - 1)
    return sum(3 * hidden * (w + hidden + 2) for w in widths) + hidden * outputs + outputs


def equal_size(shape: Shape, hidden: tuple[int, ...]) -> int:
    """The cells a layer with which a GRU has most nearly the parameters of spiking layers of `hidden`."""
    widths = (shape.n_inputs, *hidden)
    wanted = sum(n * (m + n + 2) for m, n in zip(widths, hidden, strict=False))
    wanted += widths[-1] * shape.n_outputs + shape.n_outputs
    sizes = range(1, 4 * max(hidden))
    return min(sizes, key=lambda h: abs(parameters(shape.n_inputs, h, len(hidden), shape.n_outputs) - wanted))


class Gru(torch.nn.Module):
    """Same interface as `network.Network`, but no spikes."""

    def __init__(self, shape: Shape, cells: int, seed: int = 0):
        """`cells` in each of as many layers as the shape has; random weights from `seed`."""
        super().__init__()
        self.shape, self.scale = shape, None
        torch.manual_seed(seed)
        self.layers = torch.nn.GRU(shape.n_inputs, cells, len(shape.hidden))
        self.out = torch.nn.Linear(cells, shape.n_outputs)

    def forward(
        self, x: torch.Tensor, drop: float = 0.0, _surrogate=None
    ) -> tuple[torch.Tensor, list[torch.Tensor]]:
        """x [frames, batch, inputs] -> (y [frames, batch, outputs], [])."""
        self.layers.dropout = drop
        hidden, _ = self.layers((x - self.shape.middle) / SPREAD)
        if drop:
            hidden = hidden * ((torch.rand(hidden.shape[1:]) >= drop) / (1.0 - drop))
        return self.out(hidden), []

    def clamp(self) -> None:
        """Nothing has a range."""
