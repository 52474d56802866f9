# SPDX-License-Identifier: Apache-2.0
"""docs/results.md from docs/results.json: whoever changes the one by hand is found out by a test."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import jinja2

from models.corpora.digits import HELD_OUT
from models.waterfall import S0_MMACS, S0_SKIPPED
from regressions.paths import ROOT

TEMPLATE = Path(__file__).with_name("results.md.j2")
FIGURES, PAGE = ROOT / "docs" / "results.json", ROOT / "docs" / "results.md"
STAGES = ("float", "pruned", "quantised")


def spread(values: Iterable[float | None], scale: float = 100.0, digits: int = 1) -> str:
    """ "91.2 (90.4..92.0)": the mean, and the least and largest of several; "-" for none."""
    found = [scale * value for value in values if value is not None]
    if not found:
        return "-"
    mean = f"{sum(found) / len(found):.{digits}f}"
    return mean if len(found) == 1 else f"{mean} ({min(found):.{digits}f}..{max(found):.{digits}f})"


def _stage(one: Mapping[str, Any], stage: str) -> float | None:
    """The score of a stage, None without it. Float: of the network file's own half where there is one, whose
    products are float32; those of training may be bfloat16 (`models/train/neurons.py`)."""
    scores = one.get("scores", {})
    if stage == "float" and (exact := scores.get("frame_accuracy", scores).get("float")) is not None:
        return exact
    return one["stages"][stage]["accuracy"] if stage in one["stages"] else None


def rows(trainings: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """A line of a task's table for each row name, in the order of the plan."""
    lines = []
    for name in dict.fromkeys(one["row"] for one in trainings):
        group = [one for one in trainings if one["row"] == name]
        scored = [one["scores"] for one in group if "scores" in one]
        sizes = [one["sizes"] for one in group if "sizes" in one]
        line = {
            "name": name, "runs": str(len(group)),
            **{stage: spread(_stage(one, stage) for one in group) for stage in STAGES},
            # of phones and states the stages are frame accuracies, whatever the metric
            "rtl": spread(one.get("frame_accuracy", one).get("rtl") for one in scored),
            "equal": str(sum(one.get("rtl_utterances", 0) for one in scored if one.get("mismatches") == 0)),
            "parameters": spread((one["float_parameters"] for one in group), 1e-3, 0),
            "bytes": spread((one["bytes"] for one in sizes), 1e-3, 1),
            "cycles": spread((one.get("cycles_per_frame") for one in scored), 1.0, 0),
        }  # fmt: skip
        densities = [list(one["spike_densities"].values()) for one in scored]
        line["density"] = ", ".join(
            spread((own[k] for own in densities), 1.0, 3)
            for k in range(len(densities[0]) if densities else 0)
        )
        lines.append(line)
    return lines


def left_out(trainings: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Scores of the speaker whom each training never heard, one training a speaker, by name."""
    found: dict[str, dict[str, Any]] = {}
    for one in trainings:
        if one["task"] == "digits" and (one["hold_out"] or one["row"] == "digits"):
            group = one.get("scores", {}).get("groups", {}).get("unseen speakers")
            if group:
                found.setdefault(one["hold_out"] or HELD_OUT, group)
    return [{"speaker": speaker, **found[speaker]} for speaker in sorted(found)]


def render(figures: Mapping[str, Any]) -> str:
    """The text of docs/results.md."""
    tasks: dict[str, list[dict[str, Any]]] = {}
    for one in figures["trainings"].values():
        tasks.setdefault(one["task"], []).append(one)
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATE.parent), undefined=jinja2.StrictUndefined,
        trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True, autoescape=False,
    )  # fmt: skip
    environment.filters["percent"] = lambda share: "-" if share is None else f"{100 * share:.1f}"
    return environment.get_template(TEMPLATE.name).render(
        **figures,
        tables={task: rows(found) for task, found in tasks.items()},
        tasks=tasks,
        figures=list(figures["trainings"].values()),
        left_out=left_out(list(figures["trainings"].values())),
        s0=S0_MMACS,
        s0_skipped=S0_SKIPPED,
    )
