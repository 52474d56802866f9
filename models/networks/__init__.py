# SPDX-License-Identifier: Apache-2.0
"""Named networks of the project."""

from collections.abc import Callable

from models.network import Network
from models.networks.digits import digits
from models.networks.r0 import r0

NETWORKS: dict[str, Callable[[], Network]] = {"digits": digits, "r0": r0}


def by_name(name: str) -> Network:
    """The network of that name; ValueError listing the names that exist."""
    if name not in NETWORKS:
        raise ValueError(f"no network {name!r}, there are: {', '.join(sorted(NETWORKS))}")
    return NETWORKS[name]()
