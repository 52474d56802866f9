# SPDX-License-Identifier: Apache-2.0
"""Where an utterance's samples come from, and what they are known by."""

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from ..audio import read_audio, trim
from ..features import RATE

SUFFIXES = (".wav", ".flac", ".ogg")


def files(folder: Path) -> list[Path]:
    """The sound files in a folder, by name; hidden ones are left out."""
    found = (path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)
    return sorted(path for path in found if not path.name.startswith("."))


def _read(path: Path) -> tuple[np.ndarray, int]:
    """The samples of a file; ValueError also for a rate below that of the features."""
    samples, rate = read_audio(path)
    if rate < RATE:
        raise ValueError(f"{path}: {rate} Hz, want {RATE} Hz or more: the upper bands would be empty")
    return samples, rate


def _digest(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise ValueError(f"{path}: cannot be read: {error.strerror}") from None


@dataclass(frozen=True)
class Recording:
    """A sound file; with `trim_db` without what is below that at either end (see `audio.trim`)."""

    path: Path
    trim_db: float | None = None

    def __call__(self) -> tuple[np.ndarray, int]:
        """The samples; ValueError names the file."""
        samples, rate = _read(self.path)
        return (samples if self.trim_db is None else trim(samples, rate, self.trim_db)), rate

    def key(self) -> str:
        """SHA-256 of the file and how it is trimmed; ValueError when it cannot be read."""
        return f"{_digest(self.path)} trim {self.trim_db}"


_noise = lru_cache(maxsize=8)(_read)  # each is cut many times
_noise_digest = lru_cache(maxsize=8)(_digest)


@dataclass(frozen=True)
class Cut:
    """A second of a long sound file: from which part of it, where in that part, and how loud; shares of 1."""

    path: Path
    part: tuple[float, float]
    at: float
    gain: float

    def __call__(self) -> tuple[np.ndarray, int]:
        """The samples; ValueError names the file, as when it is shorter than a second."""
        samples, rate = _noise(self.path)
        first, end = (int(share * len(samples)) for share in self.part)
        if end - first < rate:
            least = 1 / (self.part[1] - self.part[0])
            raise ValueError(
                f"{self.path}: {len(samples) / rate:.2g} s of noise, want {least:.3g} s or more to cut from"
            )
        begin = first + int(self.at * (end - first - rate))
        return samples[begin : begin + rate] * np.float32(self.gain), rate

    def key(self) -> str:
        """SHA-256 of the file and what is taken from it; ValueError when it cannot be read."""
        return f"{_noise_digest(self.path)} {self.part} {self.at} {self.gain}"


def fingerprint(samples: np.ndarray) -> str:
    """What a network's card knows a sound by: 8 hexadecimal digits of SHA-256 of its samples in 16 bits."""
    whole = np.clip(np.rint(samples.astype(np.float64) * 32768.0), -32768, 32767).astype("<i2")
    return hashlib.sha256(whole.tobytes()).hexdigest()[:8]
