# SPDX-License-Identifier: Apache-2.0
"""Train the digits network, 40-128-128-10, from recordings and synthesised words; score it and save it.

    python -m models.train.train_digits --data DIR [--commands DIR] [--seed N] [--out FILE]

Needs PyTorch, soundfile and espeakng-loader. One thread; the same numbers from the same seed and versions.
"""

import argparse
import datetime
import importlib.util
import sys
import time

import numpy as np

from ..audio import read_audio
from ..features import log_mel
from . import dataset, export
from .score_digits import WEIGHTS, accuracy
from .variation import generator, training_pool

FLOAT_EPOCHS, QUANTISED_EPOCHS = 60, 16
FLOAT_RATE, QUANTISED_RATE = 6e-3, 1e-3


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description="Train the digits network, 40-128-128-10. Needs PyTorch, which `make train` installs."
    )
    parser.add_argument(
        "--data", required=True, help="a folder of FSDD recordings, {digit}_{speaker}_{index}.wav or .flac"
    )
    parser.add_argument(
        "--commands", help="a folder of Speech Commands with index.csv: its digits are trained on too"
    )
    parser.add_argument(
        "--out", default=WEIGHTS, help="weight file to write; its metadata goes beside it as .json"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--epochs",
        type=int,
        nargs=2,
        default=(FLOAT_EPOCHS, QUANTISED_EPOCHS),
        metavar=("FLOAT", "QUANTISED"),
    )
    parser.add_argument(
        "--exclude",
        nargs="*",
        default=(),
        help="leave these speakers out too and watch them, to choose settings",
    )
    return parser.parse_args()


def _tests(folder) -> dict[str, tuple[list, list[int]]]:
    """Features and digits, by name, of what is scored: the splits not trained on and synthesised words."""
    tests: dict[str, tuple[list, list[int]]] = {
        split: dataset.load_split(folder, split) for split in dataset.SPLITS[1:]
    }
    words = list(dataset.synthetic_words(dataset.DEV_VOICES, (130, 180), (0, 5)))
    tests["synthesised"] = [log_mel(samples, rate) for _, samples, rate in words], [word[0] for word in words]
    return tests


def _metadata(arguments: argparse.Namespace, scores: dict, seconds: float, torch_version: str) -> dict:
    commands = {
        "name": "Google Speech Commands v0.02",
        "licence": "CC BY 4.0",
        "trained on": "digits of its split 'train'",
    }
    return {
        "network": "digits, 40-128-128-10, 2 steps, frame recurrence",
        "labels": list(dataset.LABELS),
        "data": [
            {
                "name": "Free Spoken Digit Dataset",
                "licence": "CC BY-SA 4.0",
                "trained on": "split 'train'",
            },
            *([commands] if arguments.commands else []),
            {
                "name": "words synthesised with eSpeak NG (espeakng-loader)",
                "licence": "the project's own speech",
            },
        ],
        "split": {
            "unseen speaker": f"every recording of {dataset.UNSEEN_SPEAKER}",
            "unseen": "other speakers, indices " + ", ".join(map(str, dataset.UNSEEN_INDICES)),
            "dev": "other speakers, indices " + ", ".join(map(str, dataset.DEV_INDICES)),
            "synthesised": "voices kept out of training: " + ", ".join(dataset.DEV_VOICES),
        },
        "scores": scores,
        "date": datetime.date.today().isoformat(),
        "seconds": round(seconds),
        "command": "python -m models.train.train_digits --data DIR"
        + (" --commands DIR" if arguments.commands else "")
        + f" --seed {arguments.seed} --epochs {arguments.epochs[0]} {arguments.epochs[1]}",
        "versions": {"torch": torch_version, "numpy": np.__version__},
    }


def main() -> int:
    """Train, score and save. ValueError: what is wrong with the data, or no PyTorch."""
    arguments = _arguments()
    if importlib.util.find_spec("torch") is None:
        raise ValueError("PyTorch is not installed: `make train DATA=dir` installs it")
    import torch

    from .digits_network import Network
    from .fit import fit, float_accuracy

    start = time.monotonic()
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    torch.manual_seed(arguments.seed)
    random = generator(arguments.seed, "batches")

    pool, digits = training_pool(arguments.data, arguments.commands, arguments.seed, arguments.exclude)
    tests = _tests(arguments.data)
    watched = {"dev": tests["dev"], "synthesised": tests["synthesised"]}
    for speaker in arguments.exclude:
        chosen = [r for r in dataset.load_fsdd(arguments.data) if r.speaker == speaker]
        watched[speaker] = [log_mel(*read_audio(r.path)) for r in chosen], [r.digit for r in chosen]
    print(f"{len(pool)} utterances to train on, {time.monotonic() - start:.0f} s", flush=True)

    def watch(epoch, loss, seconds, average):
        scores = ", ".join(
            f"{name} {100 * float_accuracy(average, *test):.2f} %" for name, test in watched.items()
        )
        print(f"epoch {epoch}: loss {loss:.4f}, {scores} ({seconds:.1f} s an epoch)", flush=True)

    floats, quantised = arguments.epochs
    network = fit(Network(), pool, digits, random, floats, FLOAT_RATE, watch, floats // 3)
    scores = {split: {"float": float_accuracy(network, *test)} for split, test in tests.items()}
    network.quantise()
    scores_now = {name: f"{100 * float_accuracy(network, *test):.2f} %" for name, test in watched.items()}
    print(f"quantised, before fine tuning: {scores_now}; exponents {network.exponent}", flush=True)
    net = fit(network, pool, digits, random, quantised, QUANTISED_RATE, watch, 0).integers()
    for split, test in tests.items():
        scores[split] |= accuracy(net, *test)
    for name, test in watched.items():
        if name not in scores:
            print(f"{name} (left out): {accuracy(net, *test)}")
    for split, score in scores.items():
        print(f"{split}: {score}")
    export.save(arguments.out, net, _metadata(arguments, scores, time.monotonic() - start, torch.__version__))
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except ValueError as error:
        sys.exit(f"error: {error}")
