# SPDX-License-Identifier: Apache-2.0
"""Write the graphs and the libraries' own outputs: `.venv/bin/python -m models.tests.nir_graphs.make`.

Needs `.venv/bin/pip install torch==2.13.0 snntorch==1.0.0 norse==1.1.0`; nobody else does. Weights are drawn
by NumPy, so that the same files come out again. The names of the graphs are in cases.py.
"""

import gzip
import io
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nir
import numpy as np
import snntorch
import torch
from norse.torch import IAFCell, LIFBoxCell
from norse.torch.functional.iaf import IAFParameters
from norse.torch.functional.lif_box import LIFBoxParameters
from norse.torch.functional.reset import reset_subtract
from norse.torch.module.sequential import SequentialState
from norse.torch.utils.export_nir import to_nir
from snntorch.export_nir import export_to_nir
from torch import nn

from models.tests.nir_graphs.cases import CASES, FOLDER, NORSE, packed

SEQUENCES, FRAMES = 6, 60  # of the networks with drawn weights
INPUTS, CLASSES, FRAMES_OF_A_CLASS, TEST_SEQUENCES = 16, 6, 24, 40  # of the trained one
Made = tuple[nir.NIRGraph, np.ndarray, list[np.ndarray], np.ndarray]


def dense(rng: np.random.Generator, n_in: int, n: int, draw: Callable, bias: bool = True) -> nn.Linear:
    """A linear layer with weights and biases that `draw(shape)` gives."""
    layer = nn.Linear(n_in, n, bias=bias)
    with torch.no_grad():
        layer.weight[:] = torch.from_numpy(draw(rng, (n, n_in)))
        if bias:
            layer.bias[:] = torch.from_numpy(draw(rng, (n,)) / 2).round()
    return layer


def whole(low: int, high: int) -> Callable:
    """Draws whole numbers."""
    return lambda rng, shape: rng.integers(low, high + 1, shape).astype(np.float32)


def leaky(n: int, beta: float, threshold: float, **settings) -> snntorch.Leaky:
    """n neurons; snnTorch's exporter needs one beta and one threshold for each of them."""
    return snntorch.Leaky(
        torch.full((n,), beta), threshold=torch.full((n,), threshold), init_hidden=True, **settings
    )


def recurrent(rng: np.random.Generator, n: int, beta: float, threshold: float, draw: Callable, **settings):
    """The same with a recurrent linear layer."""
    layer = snntorch.RLeaky(
        torch.full((n,), beta), threshold=torch.full((n,), threshold), linear_features=n, init_hidden=True,
        **settings,
    )  # fmt: skip
    layer.recurrent = dense(rng, n, n, draw)
    return layer


def boxed(n: int, leak: float, threshold: float, **settings) -> LIFBoxCell:
    """n neurons of norse; NIR's writer needs an array of each parameter. `leak` is 1 / tau in 1/s."""
    arrays = {"tau_mem_inv": leak, "v_th": threshold, "v_leak": 0.0}
    return LIFBoxCell(LIFBoxParameters(**{k: torch.full((n,), x) for k, x in arrays.items()}, **settings))


def run_snntorch(net: nn.Sequential, x: np.ndarray) -> tuple[list[torch.Tensor], torch.Tensor]:
    """Spikes of each spiking layer and the output, all [B, F, n], for x float [B, F, n_inputs]."""
    for layer in net:
        if isinstance(layer, (snntorch.Leaky, snntorch.RLeaky)):
            layer.reset_mem()
    spikes: list[list[torch.Tensor]] = [
        [] for layer in net if isinstance(layer, (snntorch.Leaky, snntorch.RLeaky))
    ]
    scores = []
    for f in range(x.shape[1]):
        y, k = torch.from_numpy(x[:, f].astype(np.float32)), 0
        for layer in net:
            y = layer(y)
            if isinstance(layer, (snntorch.Leaky, snntorch.RLeaky)):
                spikes[k].append(y)
                k += 1
        scores.append(y)
    return [torch.stack(s, 1) for s in spikes], torch.stack(scores, 1)


def run_norse(net: SequentialState, x: np.ndarray) -> tuple[list[torch.Tensor], torch.Tensor]:
    """The same for a norse network."""
    layers = list(net.children())
    states: list[Any] = [None] * len(layers)
    found: list[list[torch.Tensor]] = [[] for layer in layers]
    for f in range(x.shape[1]):
        y = torch.from_numpy(x[:, f].astype(np.float32))
        for k, layer in enumerate(layers):
            y, states[k] = (layer(y), None) if isinstance(layer, nn.Linear) else layer(y, states[k])
            found[k].append(y)
    stacked = [torch.stack(y, 1) for y in found]
    spikes = [y for y, layer in zip(stacked, layers, strict=True) if not isinstance(layer, nn.Linear)]
    return spikes, stacked[-1]


def layers_of(name: str, rng: np.random.Generator) -> list[nn.Module]:
    """The layers of a graph, from its input on."""

    def quarter(rng, shape):
        return rng.integers(-6, 7, shape).astype(np.float32) / 4

    def small(rng, shape):
        return (rng.normal(size=shape) / 4).round(3).astype(np.float32)

    match name:
        case "snntorch_if":
            return [
                nn.Flatten(), dense(rng, 12, 20, whole(-8, 7)), leaky(20, 1.0, 9.0, reset_mechanism="zero"),
                dense(rng, 20, 16, whole(-3, 4), bias=False), leaky(16, 1.0, 5.5, reset_mechanism="zero"),
                dense(rng, 16, 5, quarter),
            ]  # fmt: skip
        case "snntorch_late":
            return [
                dense(rng, 12, 20, whole(-3, 4)), leaky(20, 1.0, 5.0), dense(rng, 20, 12, whole(-2, 3)),
                recurrent(rng, 12, 1.0, 6.0, whole(-4, 3)), dense(rng, 12, 4, whole(-2, 3)),
                leaky(4, 1.0, 4.0),
            ]  # fmt: skip
        case "snntorch_recurrent":
            zero = {"reset_mechanism": "zero", "reset_delay": False}
            return [
                dense(rng, 10, 24, quarter), recurrent(rng, 24, 1.0, 11.0, quarter, **zero),
                dense(rng, 24, 18, whole(-3, 3)), recurrent(rng, 18, 1.0, 7.0, quarter, **zero),
                dense(rng, 18, 6, quarter),
            ]  # fmt: skip
        case "snntorch_subtract":
            at_once = {"reset_delay": False}
            return [
                dense(rng, 12, 16, whole(-2, 3)), leaky(16, 1.0, 20.0, **at_once),
                dense(rng, 16, 10, whole(-2, 3)), recurrent(rng, 10, 1.0, 30.0, whole(-3, 3), **at_once),
                dense(rng, 10, 3, whole(-7, 7)),
            ]  # fmt: skip
        case "snntorch_binary":
            return [
                dense(rng, 9, 20, whole(-7, 7)), leaky(20, 0.0, 192.0), dense(rng, 20, 10, whole(-3, 3)),
                recurrent(rng, 10, 0.0, 2.0, whole(-3, 3)), dense(rng, 10, 4, whole(-7, 7)),
            ]  # fmt: skip
        case "snntorch_leaky":
            zero = {"reset_mechanism": "zero", "reset_delay": False}
            return [
                dense(rng, 12, 24, whole(-4, 5)), leaky(24, 0.5, 9.0, **zero),
                dense(rng, 24, 24, whole(-3, 4)), recurrent(rng, 24, 0.75, 7.0, whole(-3, 3), **zero),
                dense(rng, 24, 6, whole(-7, 7)),
            ]  # fmt: skip
        case "snntorch_trained":
            return [
                dense(rng, INPUTS, 32, small), leaky(32, 0.875, 1.0), dense(rng, 32, 32, small),
                recurrent(rng, 32, 0.75, 1.0, small), dense(rng, 32, CLASSES, small),
            ]  # fmt: skip
        case "norse_if":
            return [
                dense(rng, 12, 20, whole(-3, 4)), IAFCell(IAFParameters(v_th=torch.full((20,), 9.0))),
                dense(rng, 20, 5, whole(-3, 4)), IAFCell(IAFParameters(v_th=torch.full((5,), 6.0))),
            ]  # fmt: skip
        case "norse_leaky":
            return [
                dense(rng, 12, 20, whole(-4, 5)), boxed(20, 500.0, 3.0), dense(rng, 20, 16, whole(-3, 4)),
                boxed(16, 250.0, 1.0), dense(rng, 16, 5, quarter),
            ]  # fmt: skip
        case "norse_subtract":
            return [
                dense(rng, 12, 24, small), boxed(24, 125.0, 0.125, reset_method=reset_subtract),
                dense(rng, 24, 5, small),
            ]  # fmt: skip
    raise ValueError(f"no graph {name}")


def patterns(rng: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray]:
    """(numbers int8 [count, FRAMES_OF_A_CLASS, INPUTS], class of each): what the trained network tells apart.

    Each class has a course in time of its own, which every sequence follows with noise as large.
    """
    courses = np.random.default_rng(5).normal(0, 40, (CLASSES, FRAMES_OF_A_CLASS, INPUTS))
    courses = (courses + np.roll(courses, 1, axis=1) + np.roll(courses, 2, axis=1)) / np.sqrt(3)
    labels = rng.integers(0, CLASSES, count)
    numbers = courses[labels] + rng.normal(0, 60, (count, FRAMES_OF_A_CLASS, INPUTS))
    return np.clip(np.rint(numbers), -128, 127).astype(np.int8), labels


def train(net: nn.Sequential, scale: float) -> None:
    """Fit the network to the patterns: cross entropy of its scores summed over the frames."""
    optimiser = torch.optim.Adam(net.parameters(), lr=5e-3)
    for step in range(600):
        frames, labels = patterns(np.random.default_rng(1000 + step), 64)
        scores = run_snntorch(net, frames * scale)[1].sum(1)
        loss = nn.functional.cross_entropy(scores, torch.from_numpy(labels))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()


def set_weights(net: nn.Sequential) -> bool:
    """Give the network the weights of the file that is there: training elsewhere differs in the last bits."""
    if not packed("snntorch_trained").exists():
        return False
    nodes = read(packed("snntorch_trained")).nodes
    dense_layers = [net[0], net[2], net[3].recurrent, net[4]]
    for layer, name in zip(dense_layers, ("0", "2", "3.w_rec", "4"), strict=True):
        layer.weight.data = torch.from_numpy(nodes[name].weight.copy())
        layer.bias.data = torch.from_numpy(nodes[name].bias.copy())
    return True


def make(name: str) -> Made:
    """(graph, frames, spikes of each layer, scores) of a case, as the library gives them."""
    number = list(CASES).index(name)
    rng, options = np.random.default_rng(100 + number), CASES[name].options
    layers = layers_of(name, rng)
    n_inputs = next(layer.in_features for layer in layers if isinstance(layer, nn.Linear))
    frames = rng.integers(options.in_min, options.in_max + 1, (SEQUENCES, FRAMES, n_inputs)).astype(np.int16)
    x = frames * options.in_scale
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what snnTorch divides by 1 - beta = 0
        if name.startswith("norse"):
            net = SequentialState(*layers)
            # Where the default is kept, tau comes out times dt.
            graph = to_nir(net, torch.zeros(n_inputs), **({} if options.dt == NORSE**2 else {"dt": 1.0}))
            spikes, scores = run_norse(net, x)
            return graph, frames, [z.numpy().astype(np.uint8) for z in spikes], scores.numpy()
        net = nn.Sequential(*layers)
        if name == "snntorch_trained":
            frames, _ = patterns(np.random.default_rng(7), TEST_SEQUENCES)
            x = frames * options.in_scale
            if not set_weights(net):
                with torch.enable_grad():
                    train(net, options.in_scale)
        graph = export_to_nir(net, torch.zeros(1, n_inputs), ignore_dims=[0])
        spikes, scores = run_snntorch(net, x)
        return graph, frames, [z.numpy().astype(np.uint8) for z in spikes], scores.numpy()


def read(path: Path) -> nir.NIRGraph:
    """A packed graph as NIR's own reader reads it."""
    return nir.read(io.BytesIO(gzip.decompress(path.read_bytes())))


def pack(name: str, graph: nir.NIRGraph) -> None:
    """Write a graph as NIR's own writer writes it, packed: HDF5 is mostly zeros."""
    file = io.BytesIO()
    nir.write(file, graph)
    packed(name).write_bytes(gzip.compress(file.getvalue(), mtime=0))


def main() -> None:
    """Write all of them beside this file."""
    torch.set_num_threads(1)
    for name in CASES:
        graph, frames, spikes, scores = make(name)
        pack(name, graph)
        arrays: dict[str, Any] = {f"spikes{k}": s for k, s in enumerate(spikes)}
        np.savez_compressed(FOLDER / f"{name}.npz", frames=frames, scores=scores.astype(np.float32), **arrays)
        print(name, ", ".join(f"{s.mean():.1%} of {s.shape[-1]} spike" for s in spikes))


if __name__ == "__main__":
    main()
