# SPDX-License-Identifier: Apache-2.0
"""The network as it is trained after `quantise` is docs/numerics.md to the bit. Needs PyTorch."""

import dataclasses

import numpy as np
import pytest

from models import reference
from models.tests.pytorch import torch

if torch is None:
    pytest.skip("PyTorch is not installed", allow_module_level=True)

from models.train.network import Network, Shape
from models.train.quantise import integers

SHAPES = [
    Shape(40, (24, 16), 12),
    Shape(40, (16, 24), 12, by_step=True, soft=False, leaks=(1.0, 5.0)),
    Shape(40, (20, 20), 130, steps=1, leaks=(4.0, 2.0)),
    Shape(7, (9,), 3, soft=False, leaks=(3.0,)),
    Shape(40, (12, 10, 8), 5, by_step=True, leaks=(2.0, 3.0, 7.0)),
    Shape(40, (24, 16), 12, middle=0),
]


def quantised(shape, seed):
    """A network with random constants, strong enough to spike, partly pruned, quantised."""
    network = Network(shape, seed)
    draw = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name in network.matrices:
            getattr(network, name).mul_(3.0)
            mask = getattr(network, f"mask_{name}")
            mask.copy_((torch.rand(mask.shape, generator=draw) > 0.2).float())
        for k in range(1, network.depth + 1):
            theta, bias = getattr(network, f"theta_{k}"), getattr(network, f"bias_{k}")
            theta.copy_(0.5 + torch.rand(theta.shape, generator=draw))
            bias.copy_(0.2 * torch.randn(bias.shape, generator=draw))
        network.bias_out.copy_(torch.randn(shape.n_outputs, generator=draw))
    network.quantise()
    return network


def named(shape):
    return f"{shape.hidden}x{shape.steps}{'s' if shape.by_step else 'f'}{shape.middle}"


@pytest.mark.parametrize("shape", SHAPES, ids=named)
def test_equal_to_the_reference_to_the_bit(shape):
    """Spikes of every step and the merged results of every frame, on loud and quiet numbers: those of
    MFCC, which have a sign, where the middle is 0."""
    network = quantised(shape, 3)
    random = np.random.default_rng(3)
    low, kind = (0, "log-mel") if shape.middle else (-127, "mfcc")
    x = random.integers(low, 128, (30, 6, shape.n_inputs)) * (random.random((30, 6, 1)) < 0.8)
    with torch.no_grad():
        y, layers = network(torch.from_numpy(x.astype(np.float32)))
    made = integers(network, "random", kind)
    assert (made.in_signed, made.in_min, made.in_max) == (True, low, 127)
    machine = reference.run(made, x.transpose(1, 0, 2))
    spiked = 0
    for mine, theirs in zip(layers, machine.spikes, strict=True):
        assert np.array_equal(mine.numpy().astype(np.uint8), theirs.transpose(1, 2, 0, 3))
        spiked += int(theirs.sum())
    scores = (y / 2.0 ** network.scale.exponent["out"]).numpy()
    assert np.array_equal(scores, machine.outputs[:, :, 0].transpose(1, 0, 2))
    assert 0.02 < spiked / sum(s.size for s in machine.spikes) < 0.9


def test_leaks_at_the_ends_of_their_range():
    """Codes 0 (none) and 15 (forget all), which training never reaches by itself."""
    for code in (0, 15):
        network = quantised(Shape(40, (16,), 4, leaks=(2.0,)), 5)
        network.scale = dataclasses.replace(network.scale, leak=(code,))
        x = np.random.default_rng(5).integers(0, 128, (20, 3, 40))
        with torch.no_grad():
            _, layers = network(torch.from_numpy(x.astype(np.float32)))
        machine = reference.run(integers(network, "random", "log-mel"), x.transpose(1, 0, 2))
        assert np.array_equal(layers[0].numpy().astype(np.uint8), machine.spikes[0].transpose(1, 2, 0, 3))
