# SPDX-License-Identifier: Apache-2.0
"""A NIR file -> its nodes and edges, sub-graphs resolved, every number checked to be one."""

from collections import Counter
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import h5py
import nir
import numpy as np
from nir.serialization import hdf2dict

from models.text import one_line

# What h5py, NIR and NumPy raise for files that are damaged or hold something else.
_DAMAGE = (
    OSError, ValueError, KeyError, TypeError, AttributeError, AssertionError, RuntimeError, MemoryError,
    RecursionError, IndexError, OverflowError,
)  # fmt: skip
LARGEST = 1 << 28  # bytes; no network that any build holds comes near
# What the libraries leave infinite or NaN on purpose: a time constant that never leaks, and what follows.
_MAY_BE_INFINITE = ("tau", "tau_mem", "r")


@dataclass(frozen=True)
class Graph:
    """Nodes by name and the edges between them. The Input and Output of a sub-graph are None: they hand on
    what they get.
    """

    nodes: dict[str, nir.NIRNode | None]
    edges: list[tuple[str, str]]

    def after(self, name: str) -> list[str]:
        """Where the edges from a node lead."""
        return [b for a, b in self.edges if a == name]

    def before(self, name: str) -> list[str]:
        """Where the edges into a node come from."""
        return [a for a, b in self.edges if b == name]


def kind(node: nir.NIRNode | None) -> str:
    """The type of a node as NIR calls it."""
    return "end of a sub-graph" if node is None else type(node).__name__


def _reason(error: BaseException) -> str:
    return one_line(" ".join(str(error).split())) or type(error).__name__


def _text(x: Any) -> str:
    return x.decode() if isinstance(x, bytes) else str(x)


def _check_numbers(where: str, node: nir.NIRNode) -> None:
    """ValueError unless every array of the node holds numbers, finite where they must be."""
    for field in fields(node):
        if field.name in ("metadata", "input_type", "output_type"):
            continue
        value = np.asarray(getattr(node, field.name))
        if value.dtype.kind == "f" and field.name not in _MAY_BE_INFINITE:
            bad = int((~np.isfinite(value)).sum())
            if bad:
                raise ValueError(f"{where}: {field.name} holds {bad} values that are NaN or infinite")
        elif value.dtype.kind not in "fiub" and isinstance(node, (nir.Linear, nir.Affine, nir.LIF, nir.IF)):
            raise ValueError(f"{where}: {field.name} holds no numbers")


def _collect(raw: dict[str, Any], prefix: str, nodes: dict[str, nir.NIRNode | None], edges: list) -> None:
    """Add what a graph in its raw form holds; `prefix` is "" or the name of the sub-graph and a dot."""
    if not isinstance(raw.get("nodes"), dict) or "edges" not in raw:
        raise ValueError("no graph: it has no nodes or no edges")
    ends: dict[str, tuple[list[str], list[str]]] = {}
    for key, value in raw["nodes"].items():
        name = prefix + key
        where = f"node {one_line(name)}"
        if not isinstance(value, dict) or "type" not in value:
            raise ValueError(f"{where} has no type")
        if value["type"] == "NIRGraph":
            _collect(value, f"{name}.", nodes, edges)
            inner = value["nodes"].items()
            found = [[f"{name}.{k}" for k, n in inner if n["type"] == end] for end in ("Input", "Output")]
            ends[name] = (found[0], found[1])
            for end in (*ends[name][0], *ends[name][1]):
                nodes[end] = None
            continue
        try:
            nodes[name] = nir.dict2NIRNode(dict(value))
        except _DAMAGE as error:
            known = hasattr(nir, str(value["type"]))
            reason = f"cannot be read: {_reason(error)}" if known else "is not a type that NIR knows here"
            raise ValueError(f"{where}, a {one_line(str(value['type']))}, {reason}") from None
        _check_numbers(where, nodes[name])
    for a, b in np.asarray(raw["edges"], object).reshape(-1, 2):
        pair = [prefix + _text(a), prefix + _text(b)]
        for i, end in enumerate(pair):
            if end in ends:
                inside = ends[end][1 - i]
                if len(inside) != 1:
                    what = ("outputs", "inputs")[i]
                    raise ValueError(f"node {one_line(end)}, a graph, has {len(inside)} {what}, want one")
                pair[i] = inside[0]
            elif end not in nodes:
                raise ValueError(f"an edge names {one_line(end)}, which is no node")
        edges.append((pair[0], pair[1]))


def _size(group: h5py.Group) -> int:
    """Bytes of all arrays in it: a damaged shape may ask for hours and for all memory."""
    return sum(_size(x) if isinstance(x, h5py.Group) else x.nbytes for x in group.values())


def read_graph(path: Path) -> Graph:
    """The graph in a file. ValueError, one line without the file's name, when there is none."""
    if not path.is_file():
        raise ValueError("is missing" if not path.exists() else "is no file")
    try:
        with h5py.File(path, "r") as file:
            if (size := _size(file["node"])) > LARGEST:
                raise ValueError(f"its arrays would take {size:,} bytes, want at most {LARGEST:,}")
            raw = hdf2dict(file["node"])
    except _DAMAGE as error:
        raise ValueError(f"is damaged, or no NIR graph: {_reason(error)}") from None
    nodes: dict[str, nir.NIRNode | None] = {}
    edges: list[tuple[str, str]] = []
    try:
        _collect(raw, "", nodes, edges)
    except (KeyError, TypeError, AttributeError, UnicodeDecodeError, RecursionError) as error:
        raise ValueError(f"is damaged, or no NIR graph: {_reason(error)}") from None
    for pair, times in Counter(edges).items():
        if times > 1:
            raise ValueError(f"the edge {one_line(pair[0])} -> {one_line(pair[1])} is there twice")
    return Graph(nodes, edges)
