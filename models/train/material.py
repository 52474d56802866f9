# SPDX-License-Identifier: Apache-2.0
"""What a training sees: sounds with targets, changed anew in every epoch, and the dev and test splits.

A target is a label's number for a word, and int64 [frames] for sentences: -1 where nobody says.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import soxr

from .. import corpora
from ..corpora.corpus import SILENCE, UNKNOWN, Corpus, Utterance, frame_labels
from ..features import BANDS, HOP, KINDS, RATE, WINDOW
from . import augment
from .recipes import Recipe, by_stage, generator

LONGEST = 1000  # frames: more of an utterance is not trained on
RENEWED = 4  # epochs that a changed sound serves for; each of them changes its features
BUCKET = 16  # batches whose utterances are sorted by length together


@dataclass(frozen=True)
class Item:
    """A sound, float32 [n] at `rate` Hz, and its target."""

    samples: np.ndarray
    rate: int
    target: int | np.ndarray


@dataclass(frozen=True)
class Split:
    """Features int8 [frames, 40] and targets of what is only scored."""

    features: list[np.ndarray]
    targets: list


@dataclass(frozen=True)
class Material:
    """Everything a training needs. noises: float32 at 8 kHz, of its silences."""

    n_outputs: int
    train: list[Item]
    own: int  # of them, the first: the rest is of other corpora
    noises: list[np.ndarray]
    dev: Split
    test: Split
    mark: str = ""  # `mark_of` it
    sounds: dict[int, tuple] = field(default_factory=dict)  # of each item, the changed sound in use


def is_known(utterance: Utterance, labels: Sequence[str]) -> bool:
    """It has a target among the labels: a sentence has, and a word if it is one or there is _unknown_."""
    return bool(utterance.segments) or utterance.label in labels or UNKNOWN in labels


def target_of(utterance: Utterance, labels: Sequence[str], frames: int) -> int | np.ndarray:
    """The target of an utterance that `is_known`."""
    if utterance.segments:
        return frame_labels(utterance.segments, frames, labels)
    return labels.index(utterance.label if utterance.label in labels else UNKNOWN)


def _split(corpus: Corpus, features: list[np.ndarray], chosen: Sequence[int], labels: Sequence[str]) -> Split:
    found = [(features[i], corpus.utterances[i]) for i in chosen]
    return Split([x for x, _ in found], [target_of(u, labels, len(x)) for x, u in found])


def places(all_corpora: Sequence[Corpus]) -> list[list[int]]:
    """Which utterances of each corpus are trained on: its split train, as far as it is known, without the
    sounds that are dev or test of the first one and, in the others, without the speakers that the first one
    holds out.
    """
    own = all_corpora[0]
    marks = [corpora.fingerprints(corpus) for corpus in all_corpora]
    watched = {mark for mark, u in zip(marks[0], own.utterances, strict=True) if u.split != "train"}
    return [
        [
            i
            for i in corpus.split("train")
            if known[i] not in watched
            and corpus.utterances[i].speaker not in own.held_out
            and is_known(corpus.utterances[i], own.labels)
        ]
        for corpus, known in zip(all_corpora, marks, strict=True)
    ]


def dev_places(all_corpora: Sequence[Corpus], trained: Sequence[Sequence[int]]) -> list[list[int]]:
    """Which utterances of each corpus tell when to stop: the split dev of the first one. Where each of its
    speakers is trained on as well, or unknown, the split dev of the others joins it, as far as it is known,
    without speakers who are trained on, scored with or unknown and without any sound of the first corpus or
    that is there already. trained: their `places`.
    """
    own = all_corpora[0]
    heard = {all_corpora[k].utterances[i].speaker for k, chosen in enumerate(trained) for i in chosen} | {""}
    found = [own.split("dev")]
    if any(own.utterances[i].speaker not in heard for i in found[0]):
        return found + [[] for _ in all_corpora[1:]]
    heard |= {own.utterances[i].speaker for i in own.split("test")}
    marks = [corpora.fingerprints(corpus) for corpus in all_corpora]
    sounds = {*marks[0], *(marks[k][i] for k, chosen in enumerate(trained) for i in chosen)}
    for corpus, known in zip(all_corpora[1:], marks[1:], strict=True):
        unheard = (i for i in corpus.split("dev") if corpus.utterances[i].speaker not in heard)
        new = (i for i in unheard if known[i] not in sounds)
        found.append([i for i in new if is_known(corpus.utterances[i], own.labels)])
        sounds |= {known[i] for i in found[-1]}
    return found


def mark_of(all_corpora: Sequence[Corpus]) -> str:
    """SHA-256 of what is trained on and scored: every sound with its name, split and label."""
    digest = hashlib.sha256()
    for corpus in all_corpora:
        for mark, u in zip(corpora.fingerprints(corpus), corpus.utterances, strict=True):
            digest.update(repr((mark, u.name, u.split, u.label, u.speaker, u.segments)).encode())
    return digest.hexdigest()


def check_same(path: Path, held: Mapping[str, Any], mark: str) -> None:
    """ValueError when what `path` holds was trained on other sounds than those there now, which might
    score it with what it has heard. A file of before this was kept says nothing.
    """
    if held.get("data", mark) != mark:
        raise ValueError(f"{path}: the data have changed since, want those it was trained on or another run")


def gather(all_corpora: list[Corpus], kind: str) -> Material:
    """Read every sound to train on (`places`) or to watch with (`dev_places`): the first corpus is the task's
    own, the others are more. kind: of the features of dev and test. ValueError, one line: what is missing in
    which corpus.
    """
    own = all_corpora[0]
    own.check_trainable()
    features = corpora.features(own, kind)
    test = _split(own, features, own.split("test"), own.labels)
    trained = places(all_corpora)
    dev = Split([], [])
    for corpus, chosen in zip(all_corpora, dev_places(all_corpora, trained), strict=True):
        if chosen:
            more = _split(corpus, corpora.features(corpus, kind), chosen, own.labels)
            dev = Split(dev.features + more.features, dev.targets + more.targets)
    train, noises = [], []
    ends = []
    for corpus, chosen in zip(all_corpora, trained, strict=True):
        for utterance in (corpus.utterances[i] for i in chosen):
            samples, rate = utterance.sound()
            frames = max(0, (len(samples) * RATE // rate - WINDOW) // HOP + 1)
            target = target_of(utterance, own.labels, frames)
            if frames < augment.MIN_FRAMES:
                continue
            train.append(Item(samples, rate, target))
            if utterance.label == SILENCE:
                noises.append(soxr.resample(samples, rate, RATE).astype(np.float32))
        ends.append(len(train))
    return Material(len(own.labels), train, ends[0], noises, dev, test, mark_of(all_corpora))


def strength_at(recipe: Recipe, stage: str, progress: float) -> float:
    """Of the augmentation: from a fifth to all in the first 30 % of a stage in float, then all of it."""
    grown = 1.0 if stage.startswith(("pruned", "quantised")) else min(1.0, max(0.0, progress) / 0.3 + 0.2)
    return by_stage(recipe.strength, stage) * grown


def _sound(material: Material, place: int, recipe: Recipe, stage: str, drawn: int, epochs: int):
    """The changed sound of an item that is drawn in epoch `drawn`: (features, target)."""
    key = (recipe.seed, stage, drawn)
    if place not in material.sounds or material.sounds[place][0] != key:
        random = generator(recipe, stage, drawn, "sound", place)
        strength = strength_at(recipe, stage, drawn / epochs)
        material.sounds[place] = (
            key,
            augment.vary_sound(material.train[place], random, strength, material.noises),
        )
    return material.sounds[place][1]


def epoch(material: Material, recipe: Recipe, stage: str, number: int, epochs: int):
    """(features, targets) in an order of its own, changed as never before: of every utterance of the task's
    corpus, and of so many others, drawn anew, as the recipe says. Changes are of log-mel numbers, whatever
    kind of features they become in the end.

    In epoch `number` of `epochs`, a RENEWED-th of the sounds is changed anew, the features of all.
    """
    random = generator(recipe, stage, number, "features")
    strength = strength_at(recipe, stage, number / epochs)
    late = strength == by_stage(recipe.strength, stage)
    found = []
    others = len(material.train) - material.own
    drawn_others = random.choice(others, min(others, round(recipe.others * material.own)), replace=False)
    for place in random.permutation(np.concatenate([np.arange(material.own), material.own + drawn_others])):
        drawn = max(0, number - (number + int(place)) % RENEWED)
        x, target = _sound(material, place, recipe, stage, drawn, epochs)
        masks = late and random.random() < by_stage(recipe.masks, stage)
        x, target = augment.vary_features(x, target, random, strength, masks)
        x = KINDS[recipe.features].of_bands(x)
        found.append((x[:LONGEST], target if np.isscalar(target) else target[:LONGEST]))
    return found


def batches(lengths: Sequence[int], size: int, random: np.random.Generator) -> list[list[int]]:
    """Places in batches of like length, not of the whole set sorted, in an order of their own."""
    found = []
    for begin in range(0, len(lengths), BUCKET * size):
        part = sorted(range(begin, min(begin + BUCKET * size, len(lengths))), key=lambda i: lengths[i])
        found += [part[i : i + size] for i in range(0, len(part), size)]
    return [found[i] for i in random.permutation(len(found))]


def padded(features: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Utterances side by side: float32 [frames, batch, 40], and which frames exist, bool [frames, batch]."""
    lengths = np.array([len(x) for x in features])
    x = np.zeros((lengths.max(), len(features), BANDS), dtype=np.float32)
    for i, utterance in enumerate(features):
        x[: lengths[i], i] = utterance
    return x, np.arange(len(x))[:, None] < lengths[None, :]


def padded_targets(targets: Sequence, frames: int) -> np.ndarray:
    """int64 [batch] of words; [frames, batch] of sentences, -1 beyond their ends."""
    if not isinstance(targets[0], np.ndarray):
        return np.array(targets, np.int64)
    found = np.full((frames, len(targets)), -1, np.int64)
    for i, target in enumerate(targets):
        found[: len(target), i] = target[:frames]
    return found
