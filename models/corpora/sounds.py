# SPDX-License-Identifier: Apache-2.0
"""Where an utterance's samples come from, and what they are known by."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..audio import read_audio, trim

SUFFIXES = (".wav", ".flac", ".ogg")


@dataclass(frozen=True)
class Recording:
    """A sound file; with `trim_db` without what is below that at either end (see `audio.trim`)."""

    path: Path
    trim_db: float | None = None

    def __call__(self) -> tuple[np.ndarray, int]:
        """The samples; ValueError names the file."""
        samples, rate = read_audio(self.path)
        return (samples if self.trim_db is None else trim(samples, rate, self.trim_db)), rate

    def key(self) -> str:
        """SHA-256 of the file and how it is trimmed; ValueError when it cannot be read."""
        try:
            return f"{hashlib.sha256(self.path.read_bytes()).hexdigest()}/{self.trim_db}"
        except OSError as error:
            raise ValueError(f"{self.path}: cannot be read: {error.strerror}") from None


def fingerprint(samples: np.ndarray) -> str:
    """What a network's card knows a sound by: 8 hexadecimal digits of SHA-256 of its samples in 16 bits."""
    whole = np.clip(np.rint(samples.astype(np.float64) * 32768.0), -32768, 32767).astype("<i2")
    return hashlib.sha256(whole.tobytes()).hexdigest()[:8]
