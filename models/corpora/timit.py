# SPDX-License-Identifier: Apache-2.0
"""TIMIT, whole or the sample: `.phn` files of "first last phone" in samples, the sound of each beside it.

The folder that holds a sentence is its speaker, whose sex is the first letter of the name. The sentences sa1
and sa2, the same for everybody, are dropped. The whole (TRAIN and TEST) is divided as published, a tenth of
the speakers of TRAIN for dev; the sample, and the whole where a fold is asked for, into FOLDS folds of
speakers, both sexes in each: one is test, the next dev, the others train.
"""

import re
from pathlib import Path

import soundfile

from ..audio import read_audio
from . import sounds
from .corpus import Corpus, Segment, Utterance, share
from .phones import DROPPED, FOLD, PHONES

FOLDS = 7
DEV_SHARE = 0.1
_SAME_FOR_ALL = re.compile(r"sa\d+", re.IGNORECASE)


def files(folder: Path) -> list[Path]:
    """The .phn files in a folder and those within it, upper or lower case, by name."""
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() == ".phn")


def read_timit(folder: Path, found: list[Path], hold_out: str | None) -> Corpus:
    """The sentences whose .phn files were found; hold_out: the fold that is test, "0" and so on."""
    if hold_out is not None and (not hold_out.isdecimal() or int(hold_out) >= FOLDS):
        raise ValueError(f"{folder}: fold {hold_out!r} to hold out, want 0 to {FOLDS - 1}")
    kept = [path for path in found if not _SAME_FOR_ALL.fullmatch(path.stem)]
    parts = {path: _part(path.relative_to(folder)) for path in kept}
    published = hold_out is None and {"train", "test"} <= set(parts.values())
    fold = int(hold_out or 0)
    folds = _folds(sorted({speaker(path) for path in kept}))
    splits = {fold: "test", (fold + 1) % FOLDS: "dev"}
    utterances = []
    for path in kept:
        who = speaker(path)
        split = _published(parts[path], who) if published else splits.get(folds[who], "train")
        name = str(path.relative_to(folder).with_suffix(""))
        sound, segments = _read(path)
        utterances.append(Utterance(name, "", who, split, sounds.Recording(sound), segments))
    held = sorted(who for who, number in folds.items() if number == fold)
    about = (
        f"fold {fold} of {FOLDS} by speaker: {', '.join(held)}; a few speakers only, so not comparable with"
    )
    return Corpus(
        task="phones",
        name="TIMIT",
        licence="LDC; the sample CC BY-NC-SA: no weights trained on it may be shipped",
        labels=PHONES,
        utterances=tuple(utterances),
        about="divided as published, without sa1 and sa2" if published else f"{about} published scores",
        held_out=() if published else tuple(held),
    )


def speaker(path: Path) -> str:
    """The name of the folder around a sentence, in lower case, without the sample's region, "dr1-"."""
    return re.sub(r"^dr\d-", "", path.parent.name.lower())


def _folds(speakers: list[str]) -> dict[str, int]:
    """The fold of each speaker: in turn, women and men apart."""
    rank: dict[str, int] = {}
    for sex in sorted({who[0] for who in speakers}):
        rank |= {who: at % FOLDS for at, who in enumerate(w for w in speakers if w[0] == sex)}
    return rank


def _part(path: Path) -> str:
    """The folder, "train" or "test", that a sentence is in, "" for none."""
    return next((name.lower() for name in path.parts if name.lower() in ("train", "test")), "")


def _published(part: str, who: str) -> str:
    return "test" if part == "test" else "dev" if share(f"timit/{who}") < DEV_SHARE else "train"


def _sound(path: Path) -> Path:
    """The sound beside a .phn file, as of si1.PHN si1.WAV or si1.WAV.wav; ValueError when there is none."""
    for beside in sounds.files(path.parent):
        if beside.name.partition(".")[0].lower() == path.stem.lower():
            return beside
    raise ValueError(f"{path}: no sound beside it, want {path.stem}.wav, .flac or .ogg")


def _read(path: Path) -> tuple[Path, tuple[Segment, ...]]:
    """The sound of a .phn file and the segments in it, folded; ValueError names the line that is wrong."""
    sound = _sound(path)
    try:
        header = soundfile.info(sound)
    except soundfile.LibsndfileError:
        read_audio(sound)  # says what is wrong with it
        raise
    segments, last = [], 0
    for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
        where, fields = f"{path}, line {number}", line.split()
        if not fields:
            continue
        if len(fields) != 3 or not (fields[0].isdecimal() and fields[1].isdecimal()):
            raise ValueError(f"{where}: {line.strip()!r}, want the first sample, the last and the phone")
        first, end, phone = int(fields[0]), int(fields[1]), fields[2]
        if phone != DROPPED and phone not in FOLD:
            raise ValueError(f"{where}: {phone!r} is none of TIMIT's phones")
        if not last <= first < end:
            raise ValueError(f"{where}: samples {first} to {end}, want them in order, none before {last}")
        if end > header.frames:
            raise ValueError(
                f"{where}: ends at sample {end}, {sound.name} has {header.frames}: is that of another rate?"
            )
        if phone != DROPPED:
            segments.append(Segment(first / header.samplerate, end / header.samplerate, FOLD[phone]))
        last = end
    if not segments:
        raise ValueError(f"{path}: no phones in it")
    return sound, tuple(segments)
