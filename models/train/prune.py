# SPDX-License-Identifier: Apache-2.0
"""Mixed-level pruning: neurons of the hidden layers, then rows of the output layer, then single weights.

The first makes a smaller dense network; the second is the pattern that the machine skips, whole rows of a
tile of 128 outputs; the third leaves zeros, which the machine gates and a compressed store need not hold.
"""

import dataclasses

import torch

from . import material
from .fit import logits_of, loss_of, tensors
from .network import Network
from .neurons import Surrogate
from .recipes import Recipe, generator

TILE = 128
SEEN = 12  # batches that decide which neurons stay


def importance(network: Network, data: material.Material, recipe: Recipe) -> list[torch.Tensor]:
    """Per hidden layer [n]: how much the loss changes, to first order, when a neuron falls silent.

    The mean over utterances of | sum over frames and steps of spike * its gradient |.
    """
    found = material.epoch(data, recipe, "importance", 0, 1)
    plan = material.batches(
        [len(x) for x, _ in found], recipe.batch, generator(recipe, "importance", "batches")
    )
    total = [torch.zeros(n) for n in network.shape.hidden]
    for places in plan[:SEEN]:
        x, inside = tensors([found[i][0] for i in places])
        target = torch.from_numpy(material.padded_targets([found[i][1] for i in places], len(x)))
        y, layers = network(x, surrogate=Surrogate(*recipe.surrogate))
        for spikes in layers:
            spikes.retain_grad()
        loss_of(logits_of(y, inside, recipe), target, recipe).backward()
        for sums, spikes in zip(total, layers, strict=True):
            sums += (spikes * spikes.grad).sum(dim=(0, 1)).abs().sum(dim=0).detach()
    network.zero_grad()
    return total


@torch.no_grad()
def narrower(network: Network, scores: list[torch.Tensor], hidden: tuple[int, ...]) -> Network:
    """The network with only its `hidden` most important neurons a layer (of equals the first)."""
    kept = [
        torch.argsort(score, descending=True, stable=True)[:n].sort().values
        for score, n in zip(scores, hidden, strict=True)
    ]
    small = Network(dataclasses.replace(network.shape, hidden=tuple(hidden)))
    sources = torch.arange(network.shape.n_inputs)
    for k, mine in enumerate(kept, 1):
        for name, rows in ((f"in_{k}", sources), (f"rec_{k}", mine)):
            for each in (name, f"mask_{name}"):
                getattr(small, each).copy_(getattr(network, each)[rows][:, mine])
        for name in (f"theta_{k}", f"bias_{k}"):
            getattr(small, name).copy_(getattr(network, name)[mine])
        getattr(small, f"leak_{k}").copy_(getattr(network, f"leak_{k}"))
        sources = mine
    for each in ("out", "mask_out"):
        getattr(small, each).copy_(getattr(network, each)[sources])
    small.bias_out.copy_(network.bias_out)
    return small


@torch.no_grad()
def drop_rows(network: Network, share: float, density: torch.Tensor) -> None:
    """Of each tile of outputs, take out the rows whose weights, times how often they spike, are least.

    share: of the rows; density [n]: spikes per step of the last hidden layer's neurons.
    """
    rows = network.out.shape[0]
    gone = int(share * rows)
    for begin in range(0, network.out.shape[1], TILE):
        tile = network.out[:, begin : begin + TILE]
        weight = tile.norm(dim=1) * density
        order = torch.argsort(weight, stable=True)[:gone]
        network.mask_out[order, begin : begin + TILE] = 0.0


@torch.no_grad()
def drop_weights(network: Network, share: float) -> None:
    """Set the least weights of each hidden matrix to zero, each measured against its neuron's threshold."""
    for k in range(1, network.depth + 1):
        theta = getattr(network, f"theta_{k}")
        for name in (f"in_{k}", f"rec_{k}"):
            size = (getattr(network, name) / theta).abs().flatten()
            least = torch.argsort(size, stable=True)[: int(share * len(size))]
            getattr(network, f"mask_{name}").view(-1)[least] = 0.0
