# SPDX-License-Identifier: Apache-2.0
"""From outputs to words and phones, and how many are right."""

from collections.abc import Iterable, Sequence
from itertools import groupby

import numpy as np

from models.corpora import Segment, frame_labels
from models.inference import Heard

SILENT = "sil"  # the phone that is left out of a sequence
HELD = 3  # frames, 30 ms: what is the best for less is between two phones; chosen on dev splits


def words(heard: Heard, labels: Sequence[str]) -> list[str]:
    """The word of each utterance: the largest sum, the lowest index of equals."""
    return [labels[i] for i in heard.sums.argmax(axis=1)]


def accuracy(found: Sequence[str], said: Sequence[str]) -> float:
    """Share of equal labels."""
    return sum(one == other for one, other in zip(found, said, strict=True)) / len(said)


def phones(path: Iterable[int] | Iterable[str], labels: Sequence[str] = ()) -> list[str]:
    """The sequence of phones in frames or segments: repeats are one, silence is none."""
    names = (one if isinstance(one, str) else labels[one] for one in path)
    return [name for name, _ in groupby(names) if name != SILENT]


def held(path: np.ndarray) -> np.ndarray:
    """The frames of a path that are one of HELD or more alike in a row."""
    runs = [list(run) for _, run in groupby(path.tolist())]
    return np.array([label for run in runs if len(run) >= HELD for label in run], np.int64)


def distance(one: Sequence, other: Sequence) -> int:
    """Fewest insertions, deletions and substitutions that make the one the other."""
    row = list(range(len(other) + 1))
    for i, x in enumerate(one, 1):
        last, row[0] = row[0], i
        for j, y in enumerate(other, 1):
            last, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, last + (x != y))
    return row[-1]


def frame_accuracy(
    best: Sequence[np.ndarray], segments: Sequence[Sequence[Segment]], labels: Sequence[str]
) -> float:
    """Share of right frames among those that a segment names."""
    right = frames = 0
    for path, own in zip(best, segments, strict=True):
        truth = frame_labels(own, len(path), labels)
        right += int((path == truth)[truth >= 0].sum())
        frames += int((truth >= 0).sum())
    return right / max(frames, 1)


def phone_error_rate(
    best: Sequence[np.ndarray], segments: Sequence[Sequence[Segment]], labels: Sequence[str]
) -> float:
    """Insertions, deletions and substitutions for each phone said; one is heard when it is `held`."""
    said = [phones(segment.label for segment in own) for own in segments]
    found = [phones(held(path).tolist(), labels) for path in best]
    return sum(map(distance, said, found)) / max(sum(map(len, said)), 1)
