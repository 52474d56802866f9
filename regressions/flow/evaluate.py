# SPDX-License-Identifier: Apache-2.0
"""Scores of a network on sound that it never heard: in float, as the bit-exact model, on the RTL."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from tqdm import tqdm

from models import inference, scoring
from models.corpora import Utterance
from models.float_network import FloatNetwork
from models.inference import Heard
from models.weight_file import Trained
from regressions.flow import data, rtl

SAMPLE = 8  # utterances that both models of the integer network run
Scores = dict[str, float]


def evaluate(
    task: str,
    folders: Sequence[str],
    file: Trained,
    on_rtl: bool,
    most: int = 0,
    hold_out: str | None = None,
) -> dict:
    """What docs/flow.md lists, of the first folder. RegistryError for data or a network that does not fit."""
    sound = data.corpora_of(task, folders, hold_out)[0]
    found = data.unheard(sound, file, most)
    with data.wrong():
        model, ledger = _shown(
            "model", found, lambda show: inference.machine(file.network, found.features, show)
        )
        sample = found.features[:: -(-len(found.features) // SAMPLE)]
        _agree(model, inference.algebra(file.network, sample), len(found.features))
        halves = {"float": _float_half(file, found), "quantised": model}
    figures: dict[str, Any] = {
        "task": task, "data": folders[0], "corpus": sound.name, "about": sound.about,
        "network": file.network.name,
        "files": len(found.utterances), "left_out": found.left_out, "frames": ledger["FRAMES"],
    }  # fmt: skip
    if on_rtl:
        run = rtl.run(file, found.features)
        halves["rtl"] = run.heard
        ledger = run.ledger
        figures |= {
            "cycles_per_frame": run.cycles_per_frame,
            "ledger": ledger,
            "rtl_utterances": len(found.features),
        }
        figures["mismatches"] = _differing(run.heard, model)
    figures["spike_densities"] = inference.densities(file.network, ledger)
    return figures | _scores(task, file, found.utterances, halves)


def _shown(what: str, found: data.Unheard, work: Callable) -> Any:
    with tqdm(total=len(found.features), desc=what, unit="utterance", disable=None, leave=False) as bar:
        return work(bar.update)


def _float_half(file: Trained, found: data.Unheard) -> Heard | None:
    if not file.floats:
        return None
    half = FloatNetwork(file.floats, file.card["float"], file.network.n_inputs, file.network.output.n)
    return _shown("float", found, lambda show: half.heard(found.features, show))


def _differing(one: Heard, other: Heard) -> int:
    """Utterances with other sums, or another best output in some frame."""
    return sum(
        not np.array_equal(a, b) or not np.array_equal(x, y)
        for a, b, x, y in zip(one.sums, other.sums, one.best, other.best, strict=True)
    )


def _agree(model: Heard, second: Heard, count: int) -> None:
    step = -(-count // SAMPLE)
    if wrong := _differing(Heard(model.sums[::step], model.best[::step]), second):
        raise AssertionError(
            f"the two models of the network differ in {wrong} of {len(second.best)} utterances"
        )


def _scores(
    task: str, file: Trained, utterances: list[Utterance], halves: Mapping[str, Heard | None]
) -> dict:
    """The metric by half (float, quantised, rtl), of all and by group of speakers."""
    measure = MEASURES.get(task, _words)

    def scores(places: Sequence[int]) -> dict[str, dict[str, float] | None]:
        return {
            name: {key: round(x, 4) for key, x in measure(file, utterances, half, places).items()}
            if half
            else None
            for name, half in halves.items()
        }

    speakers = set(file.card["trained_on"]["speakers"])
    groups: dict[str, list[int]] = {}
    for place, utterance in enumerate(utterances):
        known = "unknown" if not utterance.speaker else "seen" if utterance.speaker in speakers else "unseen"
        groups.setdefault(f"{known} speakers", []).append(place)
    every = scores(range(len(utterances)))
    metric, *others = every["quantised"] or {}
    by_half = {
        key: {name: found and found[key] for name, found in every.items()} for key in (metric, *others)
    }
    return {
        "metric": metric.replace("_", " "),
        **by_half[metric],
        **({} if halves["float"] else {"float_reason": "the network file has no float half"}),
        **{key: by_half[key] for key in others},
        "groups": {
            group: {"files": len(places)} | {name: x and x[metric] for name, x in scores(places).items()}
            for group, places in sorted(groups.items())
        },
    }


def _words(file: Trained, utterances: list[Utterance], heard: Heard, places) -> Scores:
    found = scoring.words(heard, file.labels)
    right = scoring.accuracy([found[i] for i in places], [utterances[i].label for i in places])
    return {"word_accuracy": right}


def _frames(file: Trained, utterances: list[Utterance], heard: Heard, places) -> Scores:
    best, segments = [heard.best[i] for i in places], [utterances[i].segments for i in places]
    return {"frame_accuracy": scoring.frame_accuracy(best, segments, file.labels)}


def _phones(file: Trained, utterances: list[Utterance], heard: Heard, places) -> Scores:
    best, segments = [heard.best[i] for i in places], [utterances[i].segments for i in places]
    rate = scoring.phone_error_rate(best, segments, file.labels)
    return {"phone_error_rate": rate, **_frames(file, utterances, heard, places)}


# The first of the scores is the metric.
MEASURES = {"phones": _phones, "states": _frames}


def judge(figures: Mapping[str, Any]) -> None:
    """Red (SystemExit 1) when the RTL left something else than the model."""
    if figures.get("mismatches"):
        raise SystemExit(1)


def table(figures: Mapping[str, Any]) -> str:
    """The figures in lines for a person."""
    halves = [name for name in ("float", "quantised", "rtl") if name in figures]
    lines = [
        f"{figures['task']}: {figures['files']:,} files of {figures['corpus']}; {figures['left_out']:,} more "
        "left out, which the network was trained on or watched with",
        f"{figures['metric']:<20}{'files':>7}" + "".join(f"{name:>12}" for name in halves),
    ]
    for group, scores in (("all", figures), *figures["groups"].items()):
        shown = ("-" if scores[name] is None else f"{100 * scores[name]:.2f} %" for name in halves)
        lines.append(f"{group:<20}{scores['files']:>7,}" + "".join(f"{text:>12}" for text in shown))
    if figures["float"] is None:
        lines.append(f"float: {figures['float_reason']}")
    spikes = ", ".join(f"{name} {density:.3f}" for name, density in figures["spike_densities"].items())
    lines.append(f"spikes for each neuron and step: {spikes}")
    if "rtl" in figures:
        lines.append(
            f"RTL: {figures['rtl_utterances']:,} utterances, {figures['frames']:,} frames, "
            f"{figures['mismatches']} mismatches, {figures['cycles_per_frame']:,} cycles a frame"
        )
    lines.append(f"data: {figures['about']}")
    return "\n".join(lines)
