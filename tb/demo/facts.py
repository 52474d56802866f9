# SPDX-License-Identifier: Apache-2.0
"""What the page says in words and numbers."""

from collections.abc import Mapping, Sequence

from tb.demo.figures import BUDGET
from tb.demo.word import Word

CAPTIONS = {
    "sound": "",
    "features": (
        "What the machine is given: the loudness of 40 bands, 0 to 127, a frame every 10 ms. "
        "A zero costs nothing."
    ),
    "spikes": (
        "One mark is one spike of one neuron. Each frame has two time steps, worked on at once; a layer also "
        "sees its own spikes of the frame before."
    ),
    "scores": (
        "Ten scores leave with every frame. Their sum over the word decides: the highest line at the end is "
        "the word."
    ),
    "work": (
        "Cycles from the start of a frame to the start of the next (the last frame of a word bears the clear "
        "of all state before the next word; the last of all ends with its completion). An event is one row "
        "of weights added to one set of accumulators: a digit of the input that is not zero, or a "
        "spike (a merged pair counts once)."
    ),
}


def facts(words: Sequence[Word], result: Mapping, outcome: Mapping) -> dict:
    """What the template needs beside the words: totals of the whole run, layers, captions, alternative texts.

    ``result`` and ``outcome``: the run's result.json and outcome.json.
    """
    ledger = result["ledger"]
    layers = [(layer, array.shape[2], array.shape[1]) for layer, array in words[0].spikes.items()]
    spikes = [ledger[f"SPIKES{tag}"] for tag in range(len(layers))]
    rows = sum(ledger[name] for name in ("ROWS_READ", "ROWS_ZERO", "ROWS_MASKED"))
    return {
        "budget": BUDGET,
        "mismatches": outcome["mismatches"],
        # a run of a single frame has no next one
        "cycles_per_frame": result.get("cycles_per_frame", float(words[0].cycles[0])),
        "events_per_frame": (ledger["EVENTS0"] + ledger["EVENTS1"]) / result["frames"],
        "rows_per_frame": rows / result["frames"],
        "read_per_frame": ledger["ROWS_READ"] / result["frames"],
        "layers": layers,
        "spikes": spikes,
        "activity": sum(spikes) / sum(count * steps for _, count, steps in layers) / result["frames"],
        "repeated": result["frames"] - sum(word.frames for word in words),
        "captions": CAPTIONS,
        "alts": [_alts(word) for word in words],
    }


def _alts(word: Word) -> dict[str, str]:
    """A text for each picture that says what it shows, in figures."""
    second = word.labels[word.ranking[1]]
    counts = (
        f"layer {layer} step {step} {int(array[:, step].sum()):,}"
        for layer, array in word.spikes.items()
        for step in range(array.shape[1])
    )
    return {
        "sound": f"Waveform of the word heard as {word.heard}, {word.seconds * 1000:.0f} ms long.",
        "features": (
            f"Log-mel picture, 40 bands by {word.frames} frames, "
            f"{100 * (word.features == 0).mean():.0f} % of it zero."
        ),
        "spikes": f"Spike rasters, neurons by frames. Spikes: {', '.join(counts)}.",
        "scores": (
            f"Running sums of the ten scores over {word.frames} frames. At the end {word.heard} is highest "
            f"with {int(word.running[-1].max()):,}, {word.margin:,} above {second}."
        ),
        "work": (
            f"Bars by frame. Cycles: {word.cycles.mean():.0f} on average, {int(word.cycles.max()):,} at "
            f"most, of a budget of {BUDGET:,}. Events: {word.events.sum() / word.frames:.0f} on average."
        ),
    }
