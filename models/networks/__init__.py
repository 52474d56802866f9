# SPDX-License-Identifier: Apache-2.0
"""Named networks of the project: those whose weights it ships, and R0."""

from pathlib import Path

from models.network import Network
from models.networks.r0 import r0
from models.weight_file import WEIGHTS, Trained, load


def names() -> list[str]:
    """What `by_name` knows."""
    return sorted(["r0", *(path.stem for path in WEIGHTS.glob("*.safetensors"))])


def shipped(name: str) -> Trained:
    """The shipped network file of that name; ValueError as `models.weight_file.load`."""
    return load(WEIGHTS / f"{name}.safetensors")


def trained(text: str) -> Trained:
    """A shipped network by its name, or a network file by its path; ValueError for neither."""
    if text.endswith(".safetensors"):
        return load(Path(text))
    if Path(text).suffix:
        raise ValueError(f"{text}: want a network file, NAME.safetensors with NAME.json beside it")
    if text not in (there := [name for name in names() if name != "r0"]):
        raise ValueError(
            f"{text}: no such network is shipped, want {' or '.join(there)}, or a .safetensors file"
        )
    return shipped(text)


def digits() -> Network:
    """The spoken-digit network, 40-128-128-10."""
    return shipped("digits").network


def by_name(name: str) -> Network:
    """The network of that name; ValueError listing the names that exist."""
    if name not in names():
        raise ValueError(f"no network {name!r}, there are: {', '.join(names())}")
    return r0() if name == "r0" else shipped(name).network
