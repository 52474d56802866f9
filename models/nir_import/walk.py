# SPDX-License-Identifier: Apache-2.0
"""A NIR graph -> a chain of layers, or a refusal that names the node: what feeds what, and shapes."""

from dataclasses import dataclass

import nir
import numpy as np

from models.nir_import.float_chain import Chain, Spiking
from models.nir_import.neurons import Refusal, neurons, per_element
from models.nir_import.read import Graph, kind
from models.text import one_line

_PASSES = (nir.Linear, nir.Affine, nir.Scale, nir.Flatten)
_SPIKES = (nir.LIF, nir.IF, nir.CubaLIF, nir.Threshold)
_REASONS = {
    "Conv1d": "the machine has no convolution", "Conv2d": "the machine has no convolution",
    "SumPool2d": "the machine has no pooling", "AvgPool2d": "the machine has no pooling",
    "Delay": "the machine has no delays",
    "LI": "the machine reads out no membranes, only spikes and their weighted sums",
    "CubaLI": "the machine reads out no membranes, only spikes and their weighted sums",
    "I": "the machine reads out no membranes, only spikes and their weighted sums",
}  # fmt: skip


def named(graph: Graph, name: str) -> str:
    """A node for a message."""
    return f"node {one_line(name)} ({kind(graph.nodes[name])})"


@dataclass(frozen=True)
class Signal:
    """What flows along an edge: w s + bias of the last spikes or inputs s; w None is the identity."""

    shape: tuple[int, ...]
    w: np.ndarray | None
    bias: np.ndarray | float = 0.0

    @property
    def width(self) -> int:
        """Elements."""
        return int(np.prod(self.shape))

    @property
    def matrix(self) -> np.ndarray:
        """w, the identity written out."""
        return np.eye(self.width) if self.w is None else self.w

    def vector(self, where: str) -> int:
        """Its width; Refusal unless it is one row of numbers."""
        if sum(n != 1 for n in self.shape) > 1:
            raise Refusal(
                f"{where}: gets numbers of shape {self.shape}, want a vector: put a Flatten before it"
            )
        return self.width


def through(where: str, node: nir.NIRNode | None, signal: Signal) -> Signal:
    """What a Linear, Affine, Scale or Flatten makes of a signal."""
    if node is None:
        return signal
    if isinstance(node, nir.Flatten):
        rank = len(signal.shape)
        first, last = (int(d) + (rank if d < 0 else 0) for d in (node.start_dim, node.end_dim))
        if not 0 <= first <= last < rank and rank > 1:
            raise Refusal(f"{where}: flattens dimensions {first} to {last} of shape {signal.shape}")
        if rank == 1:
            return signal
        merged = int(np.prod(signal.shape[first : last + 1]))
        return Signal((*signal.shape[:first], merged, *signal.shape[last + 1 :]), signal.w, signal.bias)
    width = signal.vector(where)
    if isinstance(node, nir.Scale):
        scale = per_element(where, "scale", node.scale, width)
        return Signal((width,), scale[:, None] * signal.matrix, scale * signal.bias)
    w = np.asarray(node.weight, np.float64)
    if w.ndim != 2 or 0 in w.shape:
        raise Refusal(f"{where}: weight has shape {w.shape}, want [outputs, inputs]")
    if w.shape[1] != width:
        raise Refusal(f"{where}: takes {w.shape[1]} numbers, gets {width}")
    bias = w @ np.broadcast_to(signal.bias, (width,))
    if isinstance(node, nir.Affine):
        bias = bias + per_element(where, "bias", node.bias, len(w))
    return Signal((len(w),), w if signal.w is None else w @ signal.w, bias)


def _onto_itself(graph: Graph, name: str, width: int) -> tuple[Signal | None, list[str]]:
    """The recurrence of a layer, its paths added up (None: none), and the nodes on it."""
    total, nodes, lasts = None, [], []
    for first in graph.after(name):
        signal, path, at = Signal((width,), None), [], first
        while at != name and (graph.nodes[at] is None or isinstance(graph.nodes[at], _PASSES)):
            if at in path or len(graph.after(at)) != 1:
                break
            path.append(at)
            at = graph.after(at)[0]
        if at != name:
            continue
        for at, source in zip(path, [name, *path], strict=False):
            if graph.before(at) != [source]:
                raise Refusal(
                    f"{named(graph, at)}: is fed by more than {one_line(name)}, which it feeds back to"
                )
            signal = through(named(graph, at), graph.nodes[at], signal)
        if signal.width != width:
            raise Refusal(f"{named(graph, path[-1])}: gives {signal.width} numbers back to {width} neurons")
        if total is not None:
            signal = Signal((width,), total.matrix + signal.matrix, total.bias + signal.bias)
        total = signal
        nodes += path
        lasts.append(path[-1] if path else name)
    return total, [*lasts, *nodes]


def _reaches(graph: Graph, start: str, goal: str) -> bool:
    seen, todo = set(), [start]
    while todo:
        at = todo.pop()
        if at == goal:
            return True
        if at not in seen:
            seen.add(at)
            todo += graph.after(at)
    return False


def _next(graph: Graph, at: str, loop: list[str]) -> str:
    """The one node that follows, its own recurrence apart."""
    onward = [b for b in graph.after(at) if b not in loop and b != at]
    if not onward:
        raise Refusal(f"{named(graph, at)}: nothing leads on from it to an Output")
    if len(onward) > 1:
        for b in onward:
            if _reaches(graph, b, at):
                raise Refusal(
                    f"{named(graph, at)}: lies on a cycle by way of {one_line(b)}; "
                    "the machine runs a layer onto itself only"
                )
        names = ", ".join(one_line(b) for b in onward)
        raise Refusal(
            f"{named(graph, at)}: feeds {names}; the machine runs a chain, without branches or skips"
        )
    return onward[0]


def _only_from(graph: Graph, name: str, source: str, loop: list[str]) -> None:
    for other in graph.before(name):
        if other != source and other not in loop:
            if _reaches(graph, name, other):
                raise Refusal(
                    f"{named(graph, name)}: lies on a cycle by way of {one_line(other)}; "
                    "the machine runs a layer onto itself only"
                )
            raise Refusal(
                f"{named(graph, name)}: is fed by {one_line(source)} and {one_line(other)}; "
                "the machine runs a chain, without branches or skips"
            )


def _ends(graph: Graph, of: type, what: str) -> str:
    found = [name for name, node in graph.nodes.items() if isinstance(node, of)]
    if len(found) != 1:
        names = f": {', '.join(one_line(name) for name in found)}" if found else ""
        raise Refusal(f"the graph has {len(found)} {what} nodes, want one{names}")
    return found[0]


def chain_of(graph: Graph, dt: float, tolerance: float) -> Chain:
    """The chain of layers. Refusal, one line that names the node, for what the machine cannot run."""
    at, end = _ends(graph, nir.Input, "Input"), _ends(graph, nir.Output, "Output")
    size = getattr(graph.nodes[at], "input_type", {}).get("input")
    if size is None or not np.size(size) or np.any(np.asarray(size) < 1):
        raise Refusal(f"{named(graph, at)}: has no shape")
    signal = Signal(tuple(int(n) for n in np.ravel(size)), None)
    layers: list[Spiking] = []
    loop: list[str] = []
    n_inputs, seen, maker = signal.width, {at}, at
    while at != end:
        before, at = at, _next(graph, at, loop)
        node, where = graph.nodes[at], named(graph, at)
        recurrence, loop = None, []
        if isinstance(node, _SPIKES):
            recurrence, loop = _onto_itself(graph, at, signal.vector(where))
        _only_from(graph, at, before, loop)
        seen |= {at, *loop}
        if isinstance(node, _SPIKES):
            signal = _layer(where, at, node, signal, recurrence, layers, dt, tolerance)
            maker = at
        elif node is None or isinstance(node, _PASSES):
            signal = through(where, node, signal)
            maker = at if isinstance(node, (nir.Linear, nir.Affine, nir.Scale)) else maker
        elif at != end:
            raise Refusal(f"{where}: {_REASONS.get(kind(node), 'the machine has nothing of the kind')}")
    if left := [name for name in graph.nodes if name not in seen]:
        raise Refusal(f"{named(graph, left[0])}: is not on the way from the Input to the Output")
    if signal.w is None and not layers:
        raise Refusal("the graph computes nothing: the Input leads straight to the Output")
    width = signal.vector(named(graph, end))
    return Chain(
        n_inputs, tuple(layers), maker, signal.w, np.broadcast_to(signal.bias, (width,)).astype(np.float64)
    )


def _layer(where, name, node, signal, recurrence, layers, dt, tolerance) -> Signal:
    """Append the layer of a node that spikes, fed by `signal`; returns its spikes."""
    n = signal.width
    gain, threshold, beta, leak = neurons(where, node, n, dt, tolerance)
    if (threshold <= 0).any():
        first = int(np.argmax(threshold <= 0))
        raise Refusal(f"{where}: the threshold of neuron {first} is {threshold[first]:g}, want more than 0")
    bias = np.broadcast_to(signal.bias, (n,)) + (0.0 if recurrence is None else recurrence.bias)
    layers.append(
        Spiking(
            name=name, w_in=gain[:, None] * signal.matrix,
            w_rec=None if recurrence is None else gain[:, None] * recurrence.matrix,
            bias=gain * bias, threshold=threshold, beta=beta, leak=leak,
            memory=not isinstance(node, nir.Threshold),
        )
    )  # fmt: skip
    return Signal((n,), None)
