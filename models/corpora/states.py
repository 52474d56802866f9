# SPDX-License-Identifier: Apache-2.0
"""Corpora of any words as one of 1,920 sound states, the targets of a network with S0's output layer.

S0 scores 1,920 phone states, which need an alignment that no recording at hand has. Here a state is a cluster
of k-means over the frames to train on, each frame seen with those 30 and 60 ms before it, so that a causal
network can know it [C].
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ..features import HOP, RATE, WINDOW
from .cache import features, remembered
from .corpus import Corpus, Segment

STATES = 1920
LABELS = tuple(f"s{number}" for number in range(STATES))
BACK = (0, 3, 6)  # frames
ROUNDS = 12
MOST = 200_000  # frames that k-means looks at
BLOCK = 8192  # frames whose distances are in memory together


def vectors(x: np.ndarray) -> np.ndarray:
    """Features int8 [frames, n] with those of BACK, float32 [frames, n len(BACK)]; zero before the first."""
    padded = np.concatenate([np.zeros((max(BACK), x.shape[1]), x.dtype), x])
    return np.concatenate(
        [padded[max(BACK) - back : len(padded) - back] for back in BACK], axis=1, dtype=np.float32
    )


def nearest(points: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """int64 [points]: the nearest of `centres` float32 [k, n], the lowest of equals."""
    half = (centres**2).sum(axis=1) / 2
    parts = [points[at : at + BLOCK] @ centres.T - half for at in range(0, len(points), BLOCK)]
    return np.concatenate([part.argmax(axis=1) for part in parts]) if parts else np.zeros(0, np.int64)


def cluster(points: np.ndarray, count: int, random: np.random.Generator) -> np.ndarray:
    """Centres float32 [count, n] of k-means; ValueError when fewer than `count` points differ.

    A cluster that loses its last point starts again from one of the points.
    """
    points = np.unique(points, axis=0)
    if len(points) < count:
        raise ValueError(f"{len(points)} frames that differ make no {count} states")
    points = random.permutation(points)[:MOST]
    centres = points[:count].copy()
    for _ in range(ROUNDS):
        chosen = nearest(points, centres)
        size = np.bincount(chosen, minlength=count)
        total = np.zeros_like(centres)
        np.add.at(total, chosen, points)
        centres = total / np.maximum(size, 1)[:, None]
        empty = np.flatnonzero(size == 0)
        centres[empty] = points[random.integers(len(points), size=len(empty))]
    return centres


def with_states(corpora: Sequence[Corpus]) -> list[Corpus]:
    """The corpora with a state for each frame as segments; clusters are of the train splits only, and the
    same for the same sounds. ValueError when their frames are too few.
    """
    seen = [[vectors(x) for x in features(corpus)] for corpus in corpora]
    train = [own[place] for corpus, own in zip(corpora, seen, strict=True) for place in corpus.split("train")]
    points = np.concatenate(train)
    centres = remembered("states", points, lambda: cluster(points, STATES, np.random.default_rng(0)))
    return [
        replace(
            corpus, task="states", labels=LABELS,
            utterances=tuple(
                replace(utterance, label="", segments=segments(nearest(points, centres)))
                for utterance, points in zip(corpus.utterances, own, strict=True)
            ),
        )
        for corpus, own in zip(corpora, seen, strict=True)
    ]  # fmt: skip


def segments(states: np.ndarray) -> tuple[Segment, ...]:
    """Runs of one state as segments that hold the middles of their frames' windows."""
    if not len(states):
        return ()
    begins = np.flatnonzero(np.diff(states, prepend=-1))
    edges = (np.append(begins, len(states)) * HOP + (WINDOW - HOP) / 2) / RATE
    return tuple(
        Segment(float(start), float(end), LABELS[states[begin]])
        for begin, start, end in zip(begins, edges, edges[1:], strict=False)
    )
