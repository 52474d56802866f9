# SPDX-License-Identifier: Apache-2.0
"""The table of docs/nir.md: `.venv/bin/python -m models.tests.nir_graphs.measure`, without the libraries."""

import tempfile
from pathlib import Path

import numpy as np

from models import reference
from models.nir_import import import_graph
from models.tests.nir_graphs.cases import CASES, outcome_of, unpack


def row(name: str, folder: Path) -> str:
    """One graph, its network against its library on the numbers that the library had."""
    frames, spikes, scores = outcome_of(name)
    network, report = import_graph(unpack(name, folder), CASES[name].options, frames)
    found = reference.run(network, frames)
    mine = found.outputs[:, :, 0] * report.unit
    equal = ", ".join(
        f"{(z[:, :, 0] == s).mean():.2%} ({s.mean():.0%})" for z, s in zip(found.spikes, spikes, strict=True)
    )
    same = (mine.sum(1).argmax(-1) == scores.sum(1).argmax(-1)).mean()
    off = np.sqrt(((mine - scores) ** 2).mean()) / scores.std()
    shape = "-".join(str(n) for n in (network.n_inputs, *(x.n for x in network.layers), network.output.n))
    verdict = "rounded" if report.inexact else "exact"
    reset = CASES[name].options.reset
    return f"| `{name}` | {shape} | `{reset}` | {verdict} | {equal} | {off:.1%} | {same:.1%} |"


def main() -> None:
    """Print it."""
    print(
        "| graph | sizes | reset | | spikes as in the library (that are 1) "
        "| error of scores | same largest sum |"
    )
    print("|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for name in CASES:
            print(row(name, Path(folder)))


if __name__ == "__main__":
    main()
