# SPDX-License-Identifier: Apache-2.0
"""From images back to the network, for tests: descriptors followed as algebra, names taken from the layout.

What images cannot hold is not found: pruned weights within a row that is kept, the shift of a matrix without
rows, modes that change nothing (`merged` of one step, `recurrence` of one step).
"""

from dataclasses import dataclass, field

import numpy as np

from models.formats import Fmt, Kind
from models.machine import Machine
from models.machine_ops import Accumulate, Fire, Fold


@dataclass
class Found:
    """A layer as it was found; weights int64 [rows, n], None where no ACC reads such rows."""

    n: int
    w_in: np.ndarray | None = None
    w_rec: np.ndarray | None = None
    shifts: dict = field(default_factory=dict)  # "w_in", "w_rec" to shift
    theta: np.ndarray | None = None
    bias: np.ndarray | None = None
    leak: int | None = None
    soft: bool | None = None


@dataclass
class FoundNetwork:
    """All layers, the output last, and the modes."""

    layers: list[Found]
    signed: bool | None = None
    steps: int = 1
    by_step: bool = False
    merged: bool = False
    argmax: bool = False


def _rows(found, name, op, lanes, columns):
    """Add the rows of one ACC to a matrix of the layer; both steps must find the same."""
    matrix = getattr(found, name)
    if matrix is None:
        matrix = np.zeros((op.length, found.n), np.int64)
        setattr(found, name, matrix)
    weights = (op.weights[:, lanes] / 2**op.shift).astype(np.int64)
    assert found.shifts.setdefault(name, op.shift) == op.shift
    seen = (weights != 0) & (matrix[:, columns] != 0)
    assert np.array_equal(weights[seen], matrix[:, columns][seen])
    matrix[:, columns] = np.where(weights != 0, weights, matrix[:, columns])


def decompile(images):
    """The network that `images` compute."""
    machine, layout, chunk = Machine(images), images.layout, images.config.chunk
    found = FoundNetwork([Found(layer.n) for layer in layout.layers] + [Found(layout.n_outputs)])
    holds = [[[] for _ in range(3)] for _ in range(2)]  # ACCs in each set and context
    for section in machine.sections * 2:  # the second round finds what the first one left
        for op in section.ops:
            if isinstance(op, Accumulate):
                spikes = op.fmt == Fmt.SPIKES
                for k in (k for k in op.sets if not spikes or op.select[k] is not None):
                    holds[k][op.ctx].append(op)
            elif isinstance(op, Fold):
                both = [acc for k in range(2) for acc in holds[k][op.src]]
                for k in range(2):
                    holds[k][op.dst] = [*holds[k][op.dst], *both]
                    holds[k][op.src] = []
            elif isinstance(op, Fire):
                fed = [acc for k in op.taken for acc in holds[k][op.ctx]]
                for k in op.taken:
                    holds[k][op.ctx] = []
                _fire(found, layout, chunk, op, fed)
    return found


def _fire(found, layout, chunk, op, fed):
    """One FIRE: its neurons, and the rows of the ACCs behind it."""
    lif = op.kind == Kind.LIF
    number = op.tag if lif else len(found.layers) - 1
    layer = found.layers[number]
    first = (op.state // chunk - layout.layers[number].neu if lif else op.dst) * chunk
    columns = slice(first, first + op.n)
    if layer.bias is None:
        layer.bias, layer.theta = np.zeros((2, layer.n), np.int64)
    layer.bias[columns], layer.theta[columns] = op.bias, op.theta
    own = [place * chunk for place in layout.layers[number].places] if lif else []
    for acc in fed:
        _rows(layer, "w_rec" if acc.base in own else "w_in", acc, slice(op.n), columns)
        if acc.fmt in (Fmt.UNSIGNED, Fmt.SIGNED):
            found.signed = acc.fmt == Fmt.SIGNED
        found.merged |= acc.fmt == Fmt.MERGED
        if lif and op.steps == 1 and acc.base in own and acc.fmt == Fmt.SPIKES:
            found.by_step |= op.bit0 not in [bit for bit in acc.select if bit is not None]
    if lif:
        layer.leak, layer.soft = op.leak, op.soft
        found.steps = max(found.steps, op.bit0 + op.steps)
    else:
        found.argmax = op.kind == Kind.ARGMAX
