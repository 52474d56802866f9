# SPDX-License-Identifier: Apache-2.0
"""The Free Spoken Digit Dataset: `{digit}_{speaker}_{index}.wav`, .flac or .ogg, in one folder or in its
folder `recordings`.

Splits, fixed before any score was seen:

    test    every recording of the speaker held out; of the others the indices 0-4 (the publisher's own test
            split) and 45-49
    dev     of the others, the indices 40-44
    train   the rest
"""

from pathlib import Path

from .corpus import DIGITS, Corpus, Utterance
from .sounds import SUFFIXES, Recording

HELD_OUT = "theo"
TEST_INDICES = (*range(5), *range(45, 50))
DEV_INDICES = range(40, 45)
NAMED = "{digit}_{speaker}_{index}.wav, .flac or .ogg, like 7_jackson_32.wav"


def here(folder: Path) -> Path | None:
    """The folder with the recordings, or None where there is none."""
    inner = folder / "recordings"
    where = inner if inner.is_dir() else folder
    return where if any(_parts(path) for path in where.iterdir()) else None


def _parts(path: Path) -> tuple[int, str, int] | None:
    """(digit, speaker, index) of a file's name, None for another name."""
    parts = path.stem.split("_")
    fits = len(parts) == 3 and parts[0].isdecimal() and parts[2].isdecimal() and int(parts[0]) < 10
    if not fits or path.suffix.lower() not in SUFFIXES or path.name.startswith("."):
        return None
    return int(parts[0]), parts[1], int(parts[2])


def _split(speaker: str, index: int, held_out: str) -> str:
    if speaker == held_out or index in TEST_INDICES:
        return "test"
    return "dev" if index in DEV_INDICES else "train"


def read_digits(folder: Path, hold_out: str | None) -> Corpus:
    """The recordings, in the order of their names; ValueError for a sound file with another name."""
    where = here(folder)
    assert where
    found = []
    for path in sorted(where.iterdir()):
        parts = _parts(path)
        if parts:
            found.append((path, *parts))
        elif path.suffix.lower() in SUFFIXES and not path.name.startswith("."):
            raise ValueError(f"{path}: not named {NAMED}")
    held_out = hold_out or HELD_OUT
    speakers = sorted({speaker for _, _, speaker, _ in found})
    utterances = tuple(
        Utterance(path.stem, DIGITS[digit], speaker, _split(speaker, index, held_out), Recording(path))
        for path, digit, speaker, index in found
    )
    return Corpus(
        task="digits",
        name="Free Spoken Digit Dataset",
        licence="CC BY-SA 4.0",
        labels=DIGITS,
        utterances=utterances,
        about=f"test: every recording of {held_out}, and indices 0-4 and 45-49 of the others; dev: 40-44; "
        "our split, so not comparable with published scores",
        held_out=(held_out,) if held_out in speakers else (),
    )
