# SPDX-License-Identifier: Apache-2.0
"""What `make demo` has to show, worked out without any code of tb/demo; and how its page reads.

Sounds come from the synthesiser, spikes and scores from `models.reference`, events from `models.machine` (a
green run proved the RTL equal to both), cycles from the clock readings that the run kept.
"""

import html
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from models import reference
from models.audio import synthesise
from models.compiler import compile_network
from models.features import log_mel
from models.formats import BuildConfig
from models.machine import Machine
from models.networks import digits, shipped

LABELS = shipped("digits").labels


@dataclass(frozen=True)
class Truth:
    """One word, worked out again."""

    said: str
    samples: np.ndarray
    rate: int
    features: np.ndarray  # int8 [F, 40]
    spikes: dict[tuple[str, int], np.ndarray]  # by layer and step, uint8 [F, n]
    running: np.ndarray  # int64 [F, 10]
    events: np.ndarray  # int64 [F, 2]
    cycles: np.ndarray  # int64 [F]

    @property
    def ranking(self):
        """Labels from the best to the worst."""
        return sorted(range(len(LABELS)), key=lambda label: (-self.running[-1, label], label))

    @property
    def margin(self):
        """The best sum less the second best."""
        best, second, *_ = sorted(self.running[-1].tolist(), reverse=True)
        return best - second

    @property
    def middles(self):
        """Seconds: frame f hears 25 ms from 10 f ms on."""
        return 0.0125 + 0.01 * np.arange(len(self.features))


def worked_out(words: Sequence[str], seed: int, run: Path) -> list[Truth]:
    """What was to happen to these words, spoken one after another, in the run of that folder."""
    params = json.loads((run / "job.json").read_text())["build_params"]
    images = compile_network(digits(), BuildConfig(**{key.lower(): value for key, value in params.items()}))
    with np.load(run / "record.npz") as file:
        start, done = file["start"], file["done"]
    with np.load(run / "inputs.npz") as file:
        total = int(file["lengths"].sum())
    found, at = [], 0
    for said in words:
        samples, rate = synthesise(said, seed=seed - 1)
        features = log_mel(samples, rate)
        frames = len(features)
        outcome = reference.run(digits(), features[None])
        ledger = Machine(images).run(features[None]).ledger
        ends = [start[f + 1] if f + 1 < total else done[f] for f in range(at, at + frames)]
        found.append(
            Truth(
                said,
                samples,
                rate,
                features,
                {(f"h{k + 1}", t): outcome.spikes[k][0, :, t] for k in (0, 1) for t in (0, 1)},
                outcome.outputs[0].astype(np.int64).sum(axis=1).cumsum(axis=0),
                np.stack([ledger["EVENTS0"][0], ledger["EVENTS1"][0]], axis=1),
                np.array(ends) - start[at : at + frames],
            )
        )
        at += frames
    return found


def visible(text: str) -> str:
    """What a reader sees of a part of a page, on one line."""
    text = re.sub(r"<(style|script)>.*?</\1>", "", text, flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", text)).split())
