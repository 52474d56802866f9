# SPDX-License-Identifier: Apache-2.0
"""The report of a run: what was trained, how large it is, what it scores and what a frame costs."""

from pathlib import Path
from typing import Any

from models.weight_file import load, replace_files
from regressions.flow import data
from regressions.flow.folder import Config


def write(run: Path, config: Config) -> str:
    """Write RUN/report.md and return it. RegistryError for damaged files."""
    with data.wrong():
        card = load(run / "network.safetensors").card
    sizes, figures = (data.read_json(run / name) for name in ("program/sizes.json", "run.json"))
    text = "\n".join([*_network(config, card), *_stages(card), *_sizes(sizes), *_scores(figures)])
    replace_files({run / "report.md": text.encode()})
    return text


def _rows(head: tuple[str, ...], rows: list[tuple]) -> list[str]:
    return [f"| {' | '.join(map(str, row))} |" for row in (head, ("---",) * len(head), *rows)]


def _network(config: Config, card: dict[str, Any]) -> list[str]:
    network = card["network"]
    widths = [network["n_inputs"], *(layer["n"] for layer in network["layers"]), network["output"]["n"]]
    recipe = config.recipe
    return [
        f"# {recipe.task}, seed {recipe.seed}",
        "",
        f"{'-'.join(map(str, widths))}, T = {network['steps']}, {network['recurrence']} recurrence, "
        f"4-bit weights, {card['features']['kind']} input; "
        f"begun with {'-'.join(map(str, recipe.hidden))} neurons a layer.",
        "Data: "
        + "; ".join(f"{one['name']} ({one['licence']})" for one in card["data"])
        + f". {card['split']}.",
        "",
    ]


def _stages(card: dict[str, Any]) -> list[str]:
    """What each stage of the training came to, as it scored itself: words, or frames with a target."""
    rows = [
        (stage, *(_percent(card["scores"][stage][split]["accuracy"]) for split in ("dev", "test")))
        for stage in ("float", "pruned", "quantised")
        if stage in card["scores"]
    ]
    return [*_rows(("stage", "dev", "test"), rows), ""]


def _sizes(sizes: dict[str, Any]) -> list[str]:
    rows = [(name, f"{bits:,}") for name, bits in sizes["bits"].items()]
    weights = sizes["weights"]
    return [
        *_rows(("part", "bits"), [*rows, ("all, in bytes", f"{sizes['bytes']:,}")]),
        "",
        f"Weights: {weights['dense']:,} dense, {weights['stored']:,} stored, "
        f"{weights['not_zero']:,} not zero.",
        "",
    ]


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.2f} %"


def _scores(figures: dict[str, Any]) -> list[str]:
    halves = [name for name in ("float", "quantised", "rtl") if name in figures]
    rows = [
        (group, f"{scores['files']:,}", *(_percent(scores[name]) for name in halves))
        for group, scores in (("all", figures), *figures["groups"].items())
    ]
    lines = [
        *_rows((figures["metric"], "files", *halves), rows),
        "",
        f"{figures['corpus']}: {figures['about']}.",
        "",
    ]
    spikes = [(name, density) for name, density in figures["spike_densities"].items()]
    lines += [*_rows(("layer", "spikes for each neuron and step"), spikes), ""]
    if "rtl" in figures:
        lines += [
            f"RTL: {figures['rtl_utterances']:,} utterances, {figures['frames']:,} frames, "
            f"{figures['mismatches']} mismatches, {figures['cycles_per_frame']:,} cycles a frame.",
            "",
            *_rows(("counter", "count"), [(name, f"{count:,}") for name, count in figures["ledger"].items()]),
            "",
        ]
    return lines
