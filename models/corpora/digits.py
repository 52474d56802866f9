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
from .sounds import SUFFIXES, Recording, files

HELD_OUT = "theo"
TEST_INDICES = (*range(5), *range(45, 50))
DEV_INDICES = range(40, 45)
NAMED = "{digit}_{speaker}_{index}.wav, .flac or .ogg, like 7_jackson_32.wav"


def place(folder: Path) -> Path:
    """The folder with the recordings."""
    inner = folder / "recordings"
    return inner if inner.is_dir() else folder


def parse(path: Path) -> tuple[int, str, int] | None:
    """(digit, speaker, index) of a file's name, None for another name."""
    fields = path.stem.split("_")
    fits = len(fields) == 3 and fields[0].isdecimal() and fields[2].isdecimal() and int(fields[0]) < 10
    if not fits or path.suffix.lower() not in SUFFIXES:
        return None
    return int(fields[0]), fields[1], int(fields[2])


def _split(speaker: str, index: int, held_out: str) -> str:
    if speaker == held_out or index in TEST_INDICES:
        return "test"
    return "dev" if index in DEV_INDICES else "train"


def read_digits(folder: Path, hold_out: str | None) -> Corpus:
    """The recordings, in the order of their names; ValueError for a sound file with another name."""
    held_out = hold_out or HELD_OUT
    utterances = []
    for path in files(place(folder)):
        fields = parse(path)
        if not fields:
            raise ValueError(f"{path}: not named {NAMED}")
        digit, speaker, index = fields
        split = _split(speaker, index, held_out)
        utterances.append(Utterance(path.stem, DIGITS[digit], speaker, split, Recording(path)))
    corpus = Corpus(
        task="digits",
        name="Free Spoken Digit Dataset",
        licence="CC BY-SA 4.0",
        labels=DIGITS,
        utterances=tuple(utterances),
        about="test: indices 0-4 and 45-49, dev: 40-44; our split, so not comparable with published scores",
    )
    if hold_out or any(utterance.speaker == HELD_OUT for utterance in utterances):
        corpus = corpus.hold_out(held_out)
    return corpus
