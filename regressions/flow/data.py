# SPDX-License-Identifier: Apache-2.0
"""What the command is given: folders of sound and network files. A mistake in them is one line."""

import contextlib
import errno
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from models import corpora
from models.corpora.states import with_states
from models.networks import trained
from models.weight_file import Trained, replace_files
from regressions.paths import shown
from regressions.registry import RegistryError


@contextlib.contextmanager
def wrong() -> Iterator[None]:
    """What the models refuse with a ValueError is the user's mistake."""
    try:
        yield
    except ValueError as error:
        raise RegistryError(str(error)) from None


@contextlib.contextmanager
def made(path: Path) -> Iterator[None]:
    """A place that the system does not make is the mistake of who named it; a full disk is not."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise RegistryError(f"{shown(path)}: cannot be made: {error.strerror}") from None


def corpora_of(task: str, folders: Sequence[str], hold_out: str | None) -> list[corpora.Corpus]:
    """The sound in each folder, or synthesised (`spoken`); hold_out is of the first."""
    with wrong():
        found = [corpora.read(task, where, None if at else hold_out) for at, where in enumerate(folders)]
        return with_states(found) if task == "states" else found


def network(task: str, weights: str | None) -> Trained:
    """The network file `weights`, or the one shipped for the task; it must be for that task."""
    with wrong():
        found = trained(weights or task)
        if found.task != task:
            raise ValueError(f"{weights or task}: a network for {found.task or 'no task'}, not for {task}")
        if not found.labels or found.card["features"] is None:
            raise ValueError(f"{weights or task}: its card names no labels or no features of sound")
    return found


@dataclass(frozen=True)
class Unheard:
    """The sounds of a corpus that a network was neither trained on nor watched with."""

    utterances: list[corpora.Utterance]
    features: list[np.ndarray]  # int8 [frames, 40]
    left_out: int


def unheard(sound: corpora.Corpus, file: Trained, most: int = 0, any_label: bool = False) -> Unheard:
    """Those in `sound`; of more than `most` (0: any number) evenly spaced ones. None is a mistake, and so is
    a label that the network does not know, unless labels do not matter (`any_label`).
    """
    kind = file.card["features"]["kind"]
    with wrong():
        if not any_label:
            check_labels(sound, file.labels)
        features, marks = corpora.features(sound, kind), corpora.fingerprints(sound, kind)
    heard = set(file.card["trained_on"]["sounds"])
    places = [place for place, mark in enumerate(marks) if mark not in heard]
    left_out = len(marks) - len(places)
    if not places:
        raise RegistryError(f"{sound.name}: the network was trained on or watched with all {left_out} sounds")
    if 0 < most < len(places):
        places = [places[i * len(places) // most] for i in range(most)]
    return Unheard([sound.utterances[i] for i in places], [features[i] for i in places], left_out)


def check_labels(sound: corpora.Corpus, labels: Sequence[str]) -> None:
    """ValueError when the sound has a label that the network does not know."""
    said = {u.label for u in sound.utterances if u.label} | {
        s.label for u in sound.utterances for s in u.segments
    }
    if strange := sorted(said - set(labels)):
        raise ValueError(
            f"{sound.name}: label {strange[0]!r} is none of the network's {len(labels)}: {' '.join(labels)}"
        )


def write_json(file: Path, content: object) -> None:
    """The whole file or, OSError that names it, none."""
    replace_files({file: (json.dumps(content, indent=2) + "\n").encode()})


def read_json(file: Path) -> dict:
    """What `write_json` wrote; RegistryError when it is damaged."""
    try:
        return dict(json.loads(file.read_text()))
    except (OSError, ValueError, TypeError) as error:
        raise RegistryError(f"{shown(file)}: damaged ({error}); make it again") from None


def writable(path: str) -> Path:
    """A file that is to be written and renamed: there can be one, and it is no folder or device itself."""
    file = Path(path)
    with made(file):
        if not file.parent.is_dir():
            raise RegistryError(f"{path}: no such folder")
        if file.exists() and not file.is_file():
            raise RegistryError(f"{path}: not a plain file, want the name of one")
        part = file.with_name(f".{os.getpid()}.{file.name}")  # as `replace_files` will name it
        part.touch()
        part.unlink()
    return file
