# SPDX-License-Identifier: Apache-2.0
"""The graphs beside this file (NAME.nir.gz), what the libraries made of them (NAME.npz), how to import each.

A .npz holds `frames` int [B, F, n_inputs], `spikes0`, `spikes1` ... uint8 [B, F, n], one for each layer, and
`scores` float32 [B, F, n_out].
"""

import gzip
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from models.nir_import import Options

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Case:
    """How to import a graph, and how near the network must come to the library."""

    options: Options
    # Shares of equal spikes, layer by layer, and of steps with the same largest score; none: all is equal.
    at_least: tuple[float, ...] = ()
    winner: float = 1.0

    @property
    def exact(self) -> bool:
        """Whether every spike and score must be the library's."""
        return not self.at_least


# norse's step. Its exporter writes tau times dt: the step of a graph written by default is dt squared.
NORSE = 1e-3
CASES = {
    "snntorch_if": Case(Options(reset="zero")),
    "snntorch_late": Case(Options(reset="subtract-late")),
    "snntorch_recurrent": Case(Options(reset="zero", in_min=-8, in_max=7)),
    "snntorch_subtract": Case(Options(reset="subtract")),
    "snntorch_binary": Case(Options(reset="subtract-late", in_min=0, in_max=255)),
    "snntorch_leaky": Case(Options(reset="zero"), (0.999, 0.999), 0.999),
    "snntorch_trained": Case(
        Options(reset="subtract-late", in_min=-128, in_max=127, in_scale=1 / 128), (0.96, 0.92), 0.95
    ),
    "norse_if": Case(Options(reset="zero", dt=NORSE)),
    "norse_leaky": Case(Options(reset="zero", dt=NORSE**2), (0.999, 0.99), 0.99),
    "norse_subtract": Case(Options(reset="subtract", dt=NORSE), (0.94,), 0.8),
}


def packed(name: str) -> Path:
    """The file of a graph, packed."""
    return FOLDER / f"{name}.nir.gz"


def unpack(name: str, folder: Path) -> Path:
    """The file of a graph, in `folder`."""
    path = folder / f"{name}.nir"
    path.write_bytes(gzip.decompress(packed(name).read_bytes()))
    return path


def outcome_of(name: str) -> tuple[np.ndarray, list[np.ndarray], np.ndarray]:
    """(frames, spikes of each layer, scores) of the library."""
    with np.load(FOLDER / f"{name}.npz") as file:
        spikes = [file[f"spikes{k}"] for k in range(len(file.files) - 2)]
        return file["frames"].astype(np.int64), spikes, file["scores"]
