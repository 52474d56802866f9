# SPDX-License-Identifier: Apache-2.0
"""Score the integer digits network on held-out recordings; numpy only.

    python -m models.train.score_digits --data DIR [--weights FILE] [--json FILE]

The network is written here as plain matrix algebra over a batch of utterances, straight from its formulas; it
knows nothing of events, tiles or masks, and so is also a second opinion on the engine model.
"""

import argparse
import json
import sys
from pathlib import Path

import numpy as np

from .dataset import LABELS, UNSEEN_SPEAKER, load_split
from .export import load

WEIGHTS = Path(__file__).parent.parent / "weights" / "digits.npz"


def _layer(net: dict, layer: int, inputs: np.ndarray) -> np.ndarray:
    """One layer: inputs int64 [frames, steps, batch, fan-in] -> spikes [frames, steps, batch, 128]."""
    w, r = net[f"w{layer}"].astype(np.int64), net[f"r{layer}"].astype(np.int64)
    theta, bias, leak = net[f"theta{layer}"], net[f"bias{layer}"], net[f"leak{layer}"]
    frames, steps, batch, _ = inputs.shape
    feed = (inputs @ w) << net[f"in_shift{layer}"]
    spikes = np.zeros((frames, steps, batch, w.shape[1]), dtype=np.int64)
    v = np.zeros((batch, w.shape[1]), dtype=np.int64)
    for f in range(frames):
        for t in range(steps):
            current = feed[f, t]
            if f:
                current = current + ((spikes[f - 1, t] @ r) << net[f"rec_shift{layer}"])
            u = v if leak == 0 else np.zeros_like(v) if leak == 15 else v - (v >> leak)
            p = np.clip(u + current + bias, -32768, 32767)
            s = p >= theta
            v = np.where(s, p - theta if net[f"soft{layer}"] else 0, p)
            spikes[f, t] = s
    return spikes


def run(net: dict, features: list) -> tuple[np.ndarray, np.ndarray]:
    """Run utterances, int8 [frames, 40] each, through the integer network.

    Returns (sums int64 [utterances, 10] of the output over each utterance's frames, float64 [2] the spikes
    per neuron, step and frame of each layer, a mean over the utterances' own frames).
    """
    lengths = np.array([len(x) for x in features])
    padded = np.zeros((max(1, lengths.max()), len(features), 40), dtype=np.int64)
    for i, x in enumerate(features):
        padded[: len(x), i] = x
    inside = (np.arange(len(padded))[:, None] < lengths[None, :])[:, None, :, None]  # frames that exist
    s1 = _layer(net, 1, np.repeat(padded[:, None], net["steps"], axis=1))
    s2 = _layer(net, 2, s1)
    y = s2.sum(axis=1) @ net["w3"].astype(np.int64) + net["bias3"]
    density = [float((s * inside).sum() / (lengths.sum() * s.shape[1] * s.shape[3])) for s in (s1, s2)]
    return (y * inside[:, 0]).sum(axis=0), np.array(density)


def accuracy(net: dict, features: list, digits: list[int]) -> dict:
    """{'correct', 'count', 'accuracy', 'density' (per layer)} of the integer network."""
    correct, density = 0, np.zeros(2)
    order = np.argsort([len(x) for x in features])  # batches of like length waste little on padding
    for begin in range(0, len(order), 128):
        part = order[begin : begin + 128]
        sums, spikes = run(net, [features[i] for i in part])
        correct += int((sums.argmax(axis=1) == np.array([digits[i] for i in part])).sum())
        density += spikes * sum(len(features[i]) for i in part)
    density /= sum(len(x) for x in features)
    return {
        "correct": correct,
        "count": len(digits),
        "accuracy": correct / len(digits),
        "density": [round(float(d), 4) for d in density],
    }


def main() -> int:
    """Score both held-out splits."""
    parser = argparse.ArgumentParser(description=f"Score the integer digits network ({', '.join(LABELS)}).")
    parser.add_argument(
        "--data", required=True, help="a folder of FSDD recordings, {digit}_{speaker}_{index}.wav or .flac"
    )
    parser.add_argument(
        "--weights", default=WEIGHTS, help="weight file (default: the one that the project ships)"
    )
    parser.add_argument("--json", help="write the scores here as well")
    arguments = parser.parse_args()
    net, metadata = load(arguments.weights)
    scores = {}
    for split, title in (
        ("unseen", "unseen recordings"),
        ("unseen speaker", f"unseen speaker ({UNSEEN_SPEAKER})"),
    ):
        features, digits = load_split(arguments.data, split)
        if not digits:
            print(f"{title}: none in {arguments.data}", file=sys.stderr)
            return 1
        result = accuracy(net, features, digits)
        recorded = metadata.get("scores", {}).get(split, {})
        if "float" in recorded:
            result["float"] = recorded["float"]
        scores[split] = result
        beside = f"; float {100 * result['float']:.2f} % when trained" if "float" in result else ""
        print(
            f"{title}: quantised {100 * result['accuracy']:.2f} % "
            f"({result['correct']} of {result['count']}){beside}; "
            f"spikes per neuron and step {result['density'][0]:.3f} and {result['density'][1]:.3f}"
        )
    if arguments.json:
        Path(arguments.json).write_text(json.dumps(scores, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except ValueError as error:
        sys.exit(f"score_digits: {error}")
