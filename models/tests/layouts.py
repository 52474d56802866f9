# SPDX-License-Identifier: Apache-2.0
"""Small data sets of noise in the layouts of their publishers."""

import csv
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import soundfile

from models.corpora import read


def write(path: Path, seed: int = 0, rate: int = 8000, seconds: float = 0.1) -> Path:
    """A sound file, another for each seed; .WAV is NIST SPHERE, as TIMIT's."""
    path.parent.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(seed).uniform(-0.5, 0.5, int(seconds * rate))
    kind = "NIST" if path.suffix == ".WAV" else path.suffix[1:].upper()
    soundfile.write(path, noise, rate, format=kind, subtype="VORBIS" if kind == "OGG" else "PCM_16")
    return path


def fsdd(folder: Path, speakers=("jackson", "theo"), indices=(0, 4, 5, 39, 40, 44, 45, 49)) -> Path:
    """Free Spoken Digits."""
    for digit in range(10):
        for number, speaker in enumerate(speakers):
            for index in indices:
                write(folder / f"{digit}_{speaker}_{index}.wav", 1000 * digit + 100 * number + index)
    return folder


def indexed(folder: Path, rows: Iterable[tuple[str, str, str, str]]) -> Path:
    """A selection of Speech Commands: rows of (label, word, speaker, split)."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "index.csv").open("w", newline="") as stream:
        table = csv.writer(stream)
        table.writerow(("path", "label", "word", "speaker", "split"))
        for seed, (label, word, speaker, split) in enumerate(rows):
            path = f"{label}/{speaker}_nohash_{seed}.flac"
            write(folder / path, seed, 16000)
            table.writerow((path, label, word, speaker, split))
    return folder


def tree(folder: Path, words: Iterable[str], names: Iterable[str], rate: int = 16000) -> Path:
    """A folder for each word with a file of each name in it."""
    for at, word in enumerate(words):
        for seed, name in enumerate(names):
            write(folder / word / name, 1000 * at + seed, rate)
    return folder


PHN = "0 400 h#\n400 800 q\n800 1000 pcl\n1000 1200 p\n1200 1500 ix\n"


SENTENCES, SPEAKERS = ("sa1", "si1", "sx2"), ("dr1-fabc0", "dr1-mabc0")


def timit(folder: Path, sentences=SENTENCES, speakers=SPEAKERS, phn=PHN) -> Path:
    """TIMIT; names in capitals get capitals."""
    for number, speaker in enumerate(speakers):
        for seed, sentence in enumerate(sentences):
            big = speaker.isupper()
            name = f"{speaker}/{sentence.upper() if big else sentence}"
            write(folder / f"{name}.{'WAV' if big else 'flac'}", 10 * number + seed, 16000)
            (folder / f"{name}.{'PHN' if big else 'phn'}").write_text(phn)
    return folder


def refusal(task: str, folder, hold_out: str | None = None) -> str:
    """What `read` says of a data set that it refuses, one line."""
    try:
        read(task, folder, hold_out)
    except ValueError as error:
        assert "\n" not in str(error)
        return str(error)
    raise AssertionError("taken")
