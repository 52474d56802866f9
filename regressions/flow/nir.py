# SPDX-License-Identifier: Apache-2.0
"""`murmur import-nir`: a network trained elsewhere becomes a network file. docs/nir.md."""

import dataclasses
import hashlib
from pathlib import Path

import click
import numpy as np

from models import weight_file
from models.nir_import import Options, import_graph
from regressions.flow import data
from regressions.paths import shown
from regressions.registry import RegistryError


def frames_in(path: str) -> np.ndarray:
    """Numbers to compare on, int64 [sequences, steps, inputs], of a .npy file; RegistryError, one line."""
    try:
        found = np.load(path, allow_pickle=False)
    except OSError as error:
        raise RegistryError(f"{path}: cannot be read: {error.strerror or 'not a .npy file'}") from None
    except (ValueError, EOFError, SyntaxError, MemoryError) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise RegistryError(f"{path}: damaged, or not a .npy file: {reason}") from None
    if not isinstance(found, np.ndarray) or found.ndim != 3 or found.dtype.kind not in "iu":
        raise RegistryError(f"{path}: want one array of whole numbers [sequences, steps, inputs]")
    return found.astype(np.int64)


def run(graph: str, out: str, frames: str | None, **settings) -> None:
    """Write the network file and print what was rounded and measured."""
    if Path(out).suffix != ".safetensors":
        raise RegistryError(f"{out}: want a name that ends in .safetensors")
    file = data.writable(out)
    with data.wrong():
        options = Options(**settings)
        network, report = import_graph(Path(graph), options, frames_in(frames) if frames else None)
        card = {
            "imported": {
                "file": Path(graph).name, "sha256": hashlib.sha256(Path(graph).read_bytes()).hexdigest(),
                "options": dataclasses.asdict(options), "score_of_1": report.unit, "rounded": report.inexact,
                "measured": dataclasses.asdict(report.measured),
            }
        }  # fmt: skip
        weight_file.save(file, network, card)
    click.echo("\n".join([*report.lines(), f"files {shown(file)}, {weight_file.beside(file).name}"]))
