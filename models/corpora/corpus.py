# SPDX-License-Identifier: Apache-2.0
"""What a corpus is, whoever published it."""

import hashlib
from collections import Counter
from dataclasses import dataclass
from typing import Protocol

import numpy as np

SPLITS = ("train", "dev", "test")

DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
SILENCE, UNKNOWN = "_silence_", "_unknown_"
KEYWORDS = (SILENCE, UNKNOWN, "yes", "no", "up", "down", "left", "right", "on", "off", "stop", "go")
TASKS = ("digits", "keywords", "phones", "words")


class Sound(Protocol):
    """Where an utterance's samples come from; nothing is read before the call."""

    def __call__(self) -> tuple[np.ndarray, int]:
        """(float32 [n] mono samples of full scale 1.0, rate in Hz); ValueError, one line, names the file."""

    def key(self) -> str:
        """Text that changes whenever the samples do, found without decoding them."""


@dataclass(frozen=True)
class Segment:
    """A stretch of an utterance, in seconds, and its phone."""

    start: float
    end: float
    label: str


@dataclass(frozen=True)
class Utterance:
    """One recording. `name` is unique in its corpus, `label` is "" for a sentence, which has `segments`."""

    name: str
    label: str
    speaker: str  # "" where nobody knows
    split: str  # one of SPLITS
    sound: Sound
    segments: tuple[Segment, ...] = ()


@dataclass(frozen=True)
class Corpus:
    """Utterances for a task, labels in the order of the network's outputs.

    about: how it is divided, and why its scores are not those of a publication.
    held_out: the speakers all of whose utterances are in the split "test" by request or by default.
    """

    task: str
    name: str
    licence: str
    labels: tuple[str, ...]
    utterances: tuple[Utterance, ...]
    about: str
    held_out: tuple[str, ...] = ()

    def split(self, name: str) -> list[int]:
        """The places in `utterances` of those in one of SPLITS."""
        return [place for place, utterance in enumerate(self.utterances) if utterance.split == name]

    def check_trainable(self) -> None:
        """ValueError, one line, when a label has nothing to train on, or the split dev is empty."""
        counts = Counter(u.label for u in self.utterances if u.split == "train")
        if self.task == "phones":
            counts = Counter(s.label for u in self.utterances if u.split == "train" for s in u.segments)
        if not counts:
            raise ValueError(f"{self.name}: none of its {len(self.utterances)} utterances is for training")
        if missing := [label for label in self.labels if not counts[label]]:
            few = Counter(u.label for u in self.utterances)
            raise ValueError(
                f"{self.name}: nothing to train {missing[0]!r} with ({few[missing[0]]} in all, of which none"
                f" is in the split train)"
            )
        if not self.split("dev"):
            raise ValueError(f"{self.name}: nothing in the split dev, which tells when to stop training")


def share(text: str) -> float:
    """A number from 0 to 1 drawn from a text, the same everywhere: SHA-256."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:6], "big") / 2**48
