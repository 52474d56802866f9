# SPDX-License-Identifier: Apache-2.0
"""What a corpus is, whoever published it."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from ..features import HOP, RATE, WINDOW

SPLITS = ("train", "dev", "test")
LEAST = len(SPLITS)  # recordings of a label, to be divided

DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
SILENCE, UNKNOWN = "_silence_", "_unknown_"
KEYWORDS = (SILENCE, UNKNOWN, "yes", "no", "up", "down", "left", "right", "on", "off", "stop", "go")
# The words of Speech Commands that are neither keywords nor digits.
OTHERS = (
    "backward", "bed", "bird", "cat", "dog", "follow", "forward", "happy", "house", "learn", "marvin",
    "sheila", "tree", "visual", "wow",
)  # fmt: skip
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
    held_out: the speakers all of whose utterances were put into "test", because it was asked for or as usual.
    """

    task: str
    name: str
    licence: str
    labels: tuple[str, ...]
    utterances: tuple[Utterance, ...]
    about: str
    held_out: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """ValueError when two utterances have one name."""
        counts = Counter(utterance.name for utterance in self.utterances)
        if twice := [name for name, count in counts.items() if count > 1]:
            raise ValueError(f"{self.name}: {twice[0]} is there twice (.wav, .flac and .ogg do not count)")

    def split(self, name: str) -> list[int]:
        """The places in `utterances` of those in one of SPLITS."""
        return [place for place, utterance in enumerate(self.utterances) if utterance.split == name]

    def hold_out(self, speaker: str) -> "Corpus":
        """The same with all utterances of a speaker in the split "test"; ValueError when there is none."""
        speakers = sorted({utterance.speaker for utterance in self.utterances} - {""})
        if speaker not in speakers:
            some = ", ".join(speakers[:8]) + (" ..." if len(speakers) > 8 else "")
            raise ValueError(f"{self.name}: no speaker {speaker!r} to hold out, known: {some or 'none'}")
        moved = tuple(replace(u, split="test") if u.speaker == speaker else u for u in self.utterances)
        about = f"{self.about}; every recording of {speaker} is test"
        return replace(self, utterances=moved, about=about, held_out=(speaker,))

    def check_trainable(self) -> None:
        """ValueError, one line, when a label has nothing to train on, or a split is empty."""
        found = Counter(utterance.label for utterance in self.utterances)
        trained = Counter(utterance.label for utterance in self.utterances if utterance.split == "train")
        if len(self.labels) < 2:
            raise ValueError(f"{self.name}: only the label {self.labels[0]!r}, want 2 or more to tell apart")
        for label in self.labels if self.task not in ("phones", "states") else ():
            if found[label] < LEAST:
                raise ValueError(
                    f"{self.name}: label {label!r} has {found[label]} of the {LEAST} recordings that it takes"
                    " to divide it into train, dev and test"
                )
            if not trained[label]:
                raise ValueError(
                    f"{self.name}: label {label!r} has no recording in the split train, its"
                    f" {found[label]} are in dev and test"
                )
        for split, purpose in zip(SPLITS, ("train on", "tell when to stop with", "score with"), strict=True):
            if not self.split(split):
                raise ValueError(f"{self.name}: no recording to {purpose}, the split {split} is empty")


def frame_labels(segments: Sequence[Segment], frames: int, labels: Sequence[str]) -> np.ndarray:
    """int64 [frames]: the place in `labels` of the segment around each frame's middle, -1 where there is none
    or its label is another.

    Frame f of `models.features` covers WINDOW samples from HOP f on, at RATE.
    """
    places = {label: place for place, label in enumerate(labels)}
    middle = (np.arange(frames) * HOP + WINDOW / 2) / RATE
    found = np.full(frames, -1, dtype=np.int64)
    for segment in segments:
        begin, end = np.searchsorted(middle, (segment.start, segment.end))
        found[begin:end] = places.get(segment.label, -1)
    return found


def share(text: str) -> float:
    """A number from 0 to 1 drawn from a text, the same everywhere: SHA-256."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:6], "big") / 2**48


def parts(names: list[str]) -> dict[str, str]:
    """Divide names, a tenth but at least one into each of test and dev, the rest into train, by SHA-256."""
    ranked = sorted(names, key=lambda name: (share(name), name))
    tenth = max(1, round(len(ranked) / 10))
    return {
        name: "test" if at < tenth else "dev" if at < 2 * tenth else "train" for at, name in enumerate(ranked)
    }
