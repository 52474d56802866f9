# SPDX-License-Identifier: Apache-2.0
"""Features of a corpus, computed once and kept in build/features by content.

A file there holds those of PART utterances. Its name is the SHA-256 of the sounds' keys, the kind of feature
and the source of the front end, so a change of any of them misses it. A file that cannot be read is computed
anew; one that cannot be written is done without.
"""

import contextlib
import hashlib
import os
import zipfile
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from .. import audio
from .. import features as front_end
from . import sounds, speech
from .corpus import Corpus, Utterance

FOLDER = Path(__file__).resolve().parents[2] / "build" / "features"
PART = 512  # utterances in a file


def features(corpus: Corpus, kind: str = "log-mel") -> list[np.ndarray]:
    """int8 [frames, 40] for each utterance, in order; ValueError, one line, names the file that has none."""
    return _both(corpus, kind)[0]


def fingerprints(corpus: Corpus, kind: str = "log-mel") -> list[str]:
    """What a network's card knows each utterance's sound by (`sounds.fingerprint`), in order.

    kind: that of the features which are looked up, and kept, together with them.
    """
    return _both(corpus, kind)[1]


def _both(corpus: Corpus, kind: str) -> tuple[list[np.ndarray], list[str]]:
    found: list[np.ndarray] = []
    known: list[str] = []
    utterances = corpus.utterances
    with tqdm(total=len(utterances), desc=f"features of {corpus.name}", disable=None, leave=False) as bar:
        for at in range(0, len(utterances), PART):
            part = utterances[at : at + PART]
            path = FOLDER / f"{_key(part, kind)}.npz"
            held = _load(path, len(part))
            if held is None:
                held = _compute(part, kind, bar)
                _save(path, *held)
            else:
                bar.update(len(part))
            found += held[0]
            known += held[1]
    return found, known


@cache
def _front_end() -> str:
    """SHA-256 of the sources that features depend on."""
    source = b"".join(
        Path(str(module.__file__)).read_bytes() for module in (audio, front_end, sounds, speech)
    )
    return hashlib.sha256(source).hexdigest()


def _key(part: Sequence[Utterance], kind: str) -> str:
    lines = [kind, _front_end(), *(utterance.sound.key() for utterance in part)]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _compute(part: Sequence[Utterance], kind: str, bar: tqdm) -> tuple[list[np.ndarray], list[str]]:
    found, known = [], []
    for utterance in part:
        samples, rate = utterance.sound()
        frames = front_end.extract(samples, rate, kind)
        if not len(frames):
            least = 1000 * front_end.WINDOW // front_end.RATE
            name = getattr(utterance.sound, "path", utterance.name)
            raise ValueError(f"{name}: {1000 * len(samples) / rate:.3g} ms of sound, want {least} ms or more")
        found.append(frames)
        known.append(sounds.fingerprint(samples))
        bar.update()
    return found, known


def _load(path: Path, count: int) -> tuple[list[np.ndarray], list[str]] | None:
    """What a file holds, None when there is none that is whole."""
    try:
        with np.load(path) as held:
            frames, lengths, known = held["frames"], held["lengths"], held["known"]
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None
    if len(lengths) != count or len(known) != count or lengths.sum() != len(frames):
        return None
    return np.split(frames, np.cumsum(lengths)[:-1]), known.tolist()


def _save(path: Path, found: list[np.ndarray], known: list[str]) -> None:
    """Write beside, then rename; a cache that cannot be written is done without."""
    lengths = np.array([len(frames) for frames in found], dtype=np.int64)
    _write(path, frames=np.concatenate(found), lengths=lengths, known=np.array(known))


def _write(path: Path, **arrays: Any) -> None:
    beside = path.with_name(f"{path.stem}.{os.getpid()}.new")
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with beside.open("wb") as stream:
                np.savez(stream, allow_pickle=False, **arrays)
            beside.replace(path)
        finally:
            beside.unlink(missing_ok=True)


def remembered(name: str, source: np.ndarray, work: Callable[[], np.ndarray]) -> np.ndarray:
    """What `work` makes of `source`, kept under `name` for the next call with the same source."""
    path = FOLDER / f"{name}-{hashlib.sha256(np.ascontiguousarray(source).tobytes()).hexdigest()}.npz"
    with (
        contextlib.suppress(OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile),
        np.load(path) as held,
    ):
        return held["made"]
    made = work()
    _write(path, made=made)
    return made
