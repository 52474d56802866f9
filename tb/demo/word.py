# SPDX-License-Identifier: Apache-2.0
"""One word of the demonstration: its sound, and what the record of the run holds about its frames."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tb.demo.record import RecordError
from tb.demo.sound import Sound

HOP_S = 0.010  # a frame begins every 10 ms
WINDOW_S = 0.025  # and hears 25 ms


@dataclass(frozen=True)
class Word:
    """A word with F frames; L layers of n neurons, T steps."""

    sound: Sound
    heard: str
    labels: tuple[str, ...]
    features: np.ndarray  # int8 [F, bands]
    spikes: dict[str, np.ndarray]  # by layer, uint8 [F, T, n]
    scores: np.ndarray  # int64 [F, labels]
    cycles: np.ndarray  # int64 [F]
    events: np.ndarray  # int64 [F, 2], by accumulator set

    @property
    def frames(self) -> int:
        """F."""
        return len(self.features)

    @property
    def seconds(self) -> float:
        """Length of the sound."""
        return len(self.sound.samples) / self.sound.rate

    @property
    def running(self) -> np.ndarray:
        """int64 [F, labels]: the scores added up so far; the last row decides."""
        return self.scores.cumsum(axis=0)

    @property
    def ranking(self) -> list[int]:
        """Labels from the best to the worst at the end; of equal ones the lowest first."""
        return np.argsort(-self.running[-1], kind="stable").tolist()

    @property
    def margin(self) -> int:
        """How far the best score ends above the second best."""
        first, second = self.ranking[:2]
        return int(self.running[-1, first] - self.running[-1, second])

    def times(self) -> np.ndarray:
        """float [F]: the middle of each frame's window, in seconds."""
        return np.arange(self.frames) * HOP_S + WINDOW_S / 2


def words_of(
    sounds: Sequence[Sound], record: dict[str, np.ndarray], heard: Sequence[str], labels: Sequence[str]
) -> list[Word]:
    """Cut a record (tb/demo/record.py) into words.

    RecordError when it is not of these sounds, or its scores do not say what the run heard.
    """
    counters = record["counters"].tolist()
    events = record["ledger"][:, [counters.index("EVENTS0"), counters.index("EVENTS1")]]
    layers = {key.removeprefix("spikes_"): key for key in record if key.startswith("spikes_")}
    words = []
    for number, (sound, name) in enumerate(zip(sounds, heard, strict=True)):
        own = record["utterance"] == number
        word = Word(
            sound=sound,
            heard=name,
            labels=tuple(labels),
            features=record["features"][own],
            spikes={layer: record[key][own] for layer, key in layers.items()},
            scores=record["scores"][own],
            cycles=record["cycles"][own],
            events=events[own],
        )
        if not np.array_equal(word.features, sound.features):
            raise RecordError(f"word {number}: the frames that the RTL was given are not of this sound")
        if labels[word.ranking[0]] != name:
            raise RecordError(f"word {number}: scores say {labels[word.ranking[0]]}, the run heard {name}")
        words.append(word)
    return words
