# SPDX-License-Identifier: Apache-2.0
"""Spoken digits, recorded and synthesised.

The recordings are the Free Spoken Digit Dataset's and the digits in a selection of Speech Commands.

Splits, fixed before any score was seen:

    unseen speaker   every recording of UNSEEN_SPEAKER
    unseen           of the other speakers, the recordings with an index in UNSEEN_INDICES
    dev              ... with an index in DEV_INDICES: to watch a training, never to report
    train            the rest

Speech Commands and synthesised words are training material; DEV_VOICES are kept out of it, to watch with.
"""

import csv
from collections import namedtuple
from pathlib import Path

from ..audio import read_audio, synthesise, trim
from ..features import log_mel

LABELS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")

UNSEEN_SPEAKER = "theo"
UNSEEN_INDICES = range(45, 50)
DEV_INDICES = range(40, 45)
SOUNDS = (".wav", ".flac", ".ogg")
SPLITS = ("train", "dev", "unseen", "unseen speaker")

ACCENTS = (
    "en-us",
    "en",
    "en-gb-scotland",
    "en-gb-x-rp",
    "en-gb-x-gbclan",
    "en-gb-x-gbcwmd",
    "en-029",
    "en-us-nyc",
)
VARIANTS: tuple[str, ...] = (
    "",
    "m1",
    "m2",
    "m3",
    "m4",
    "m5",
    "m6",
    "m7",
    "f1",
    "f4",
    "ed",
    "john",
    "linda",
    "adam",
)
VARIANTS += (
    "Andy",
    "Annie",
    "david",
    "edward",
    "klatt2",
    "michel",
    "robert",
    "steph",
    "travis",
    "zac",
    "belinda",
)
# not f2, f3, f5: breathy variants differ from run to run (see audio.synthesise)
DEV_VOICES = ("en-us+m8", "en+Lee", "en-us+Alex", "en+aunty", "en-029+Gene", "en-gb-scotland+benjamin")
COMMANDS_TRIM_DB = -25.0  # recorded at home: the room is louder than a synthesiser's silence
SPEAKING_RATES = (110, 140, 165, 190, 220)  # words a minute

Recording = namedtuple("Recording", "digit speaker index path")


def fsdd_files(folder) -> tuple[list[Recording], list[Path]]:
    """The recordings `{digit}_{speaker}_{index}.wav`, `.flac` or `.ogg` in a folder, or in its folder
    `recordings`, and the other files there, hidden ones left out.

    OSError when the folder cannot be read.
    """
    folder = Path(folder)
    if (folder / "recordings").is_dir():
        folder = folder / "recordings"
    found, others = [], []
    for path in sorted(p for p in folder.iterdir() if not p.name.startswith(".")):
        parts = path.stem.split("_")
        fits = len(parts) == 3 and parts[0].isdecimal() and parts[2].isdecimal() and int(parts[0]) < 10
        if fits and path.suffix.lower() in SOUNDS:
            found.append(Recording(int(parts[0]), parts[1], int(parts[2]), path))
        else:
            others.append(path)
    return found, others


def load_fsdd(folder) -> list[Recording]:
    """The recordings of `fsdd_files`; ValueError when there is none, or a sound file is named otherwise."""
    found, others = fsdd_files(folder) if Path(folder).is_dir() else ([], [])
    for path in others:
        if path.suffix.lower() in SOUNDS:
            raise ValueError(f"{path}: not named {{digit}}_{{speaker}}_{{index}}, like 7_jackson_32")
    if not found:
        raise ValueError(
            f"{folder}: looked for FSDD files named like 7_jackson_32.wav (or .flac, .ogg) and found none"
        )
    return found


def split_of(recording: Recording) -> str:
    """The name in SPLITS of the part that a recording belongs to."""
    if recording.speaker == UNSEEN_SPEAKER:
        return "unseen speaker"
    if recording.index in UNSEEN_INDICES:
        return "unseen"
    return "dev" if recording.index in DEV_INDICES else "train"


def load_split(folder, split: str) -> tuple[list, list[int]]:
    """The features (int8 [frames, 40] each) and digits of one split."""
    chosen = [r for r in load_fsdd(folder) if split_of(r) == split]
    return [log_mel(*read_audio(r.path)) for r in chosen], [r.digit for r in chosen]


def spoken_commands(folder):
    """Yield (digit, samples, rate), trimmed to the word, for every digit in a folder of Speech Commands.

    Only split 'train' of its index.csv (columns path, label, word, speaker, split). ValueError: no such file.
    """
    index = Path(folder) / "index.csv"
    if not index.is_file():
        raise ValueError(
            f"{index}: looked for the list of Speech Commands files (path,label,word,speaker,split)"
        )
    with index.open(newline="") as stream:
        for row in csv.DictReader(stream):
            if row["word"] in LABELS and row["split"] == "train":
                samples, rate = read_audio(Path(folder) / row["path"])
                yield LABELS.index(row["word"]), trim(samples, rate, COMMANDS_TRIM_DB), rate


def synthetic_words(voices, rates, seeds):
    """Yield (digit, samples, rate) for every digit, voice, speaking rate and pitch seed."""
    for digit, word in enumerate(LABELS):
        for voice in voices:
            for rate in rates:
                for seed in seeds:
                    yield (digit, *synthesise(word, voice, rate, seed))
