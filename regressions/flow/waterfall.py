# SPDX-License-Identifier: Apache-2.0
"""S0's two reductions, of work and of storage, for a trained network of S0's shape on recorded sound."""

from typing import Any

from tqdm import tqdm

from models import corpora, inference
from models.formats import REFERENCE
from models.waterfall import S0_BYTES, S0_MMACS, S0_SKIPPED, Shape, counted, dense_bytes, from_shapes
from models.weight_file import Trained
from regressions.flow import data, rtl
from regressions.flow.program import sizes_of
from regressions.registry import RegistryError

INPUTS = {"bit planes": True, "signed digits": False}  # S0's way and ours


def waterfall(file: Trained, where: str, on_rtl: bool, most: int) -> dict[str, Any]:
    """Work in MMAC/s by step, from shapes and, for the last steps, counted by the ledger of the RTL or of its
    model; storage in bytes. RegistryError for a network of another shape or without its float half.
    """
    if not file.floats:
        raise RegistryError(f"network {file.network.name}: no float half, which says how wide it was")
    with data.wrong():
        sound = corpora.read("states", where)  # whatever was said
    found = data.unheard(sound, file, most, any_label=True)
    h1, h2 = file.card["float"]["hidden"]
    network = file.network
    with data.wrong():
        work = from_shapes((h1, h2), network, REFERENCE.lanes)
        count = _on_rtl if on_rtl else _on_model
        ledgers = {name: count(file, found.features, planes) for name, planes in INPUTS.items()}
    sizes = sizes_of(network, inference.compiled(network))
    return {
        "network": network.name, "files": len(found.features), "counted_by": "RTL" if on_rtl else "model",
        "frames": ledgers["bit planes"]["FRAMES"], "shapes": work,
        "counted": {name: counted(ledger) for name, ledger in ledgers.items()}, "ledgers": ledgers,
        "bytes": {
            "dense, 32-bit": round(dense_bytes(Shape(network.n_inputs, h1, h2, network.output.n))),
            "stored": sizes["bytes"],
        },
        "sizes": sizes,
    }  # fmt: skip


def _on_model(file: Trained, features: list, planes: bool) -> dict[str, int]:
    with tqdm(total=len(features), desc="model", unit="utterance", disable=None, leave=False) as bar:
        return inference.machine(file.network, features, bar.update, planes)[1]


def _on_rtl(file: Trained, features: list, planes: bool) -> dict[str, int]:
    return rtl.run(file, features, planes).ledger


def table(figures: dict[str, Any]) -> str:
    """The figures in lines for a person."""
    rows = [("MMAC/s at 100 frames/s", "this", "S0")]
    for name, value in figures["shapes"].items():
        rows.append((f"{name} (from shapes)", f"{value:.2f}", f"{S0_MMACS[name]:.2f}"))
    for how, counts in figures["counted"].items():
        for name, value in counts.items():
            beside = f"{S0_SKIPPED:.2f}" if (how, name) == ("bit planes", "zeros skipped") else "-"
            rows.append((f"{name}, {how} (counted)", f"{value:.2f}", beside))
    rows.append(("bytes", "", ""))
    for (name, size), paper in zip(figures["bytes"].items(), S0_BYTES, strict=True):
        rows.append((name, f"{size:,}", f"{paper:,.0f}"))
    lines = [f"{name:<44}{value:>10}{beside:>11}".rstrip() for name, value, beside in rows]
    frames, files = figures["frames"], figures["files"]
    lines.append(f"counted by the {figures['counted_by']} over {frames:,} frames of {files:,} files")
    return "\n".join(lines)
