# SPDX-License-Identifier: Apache-2.0
"""Google Speech Commands, whole, its official test set or a selection, and any other folder of words.

Whole: a folder of recordings for each of 35 words, `{speaker}_nohash_{n}.wav`, testing_list.txt and
validation_list.txt, and _background_noise_, from which the silence of the keywords is cut. The test set: 12
folders named by the labels. A selection: index.csv. Any other: a folder for each word.
"""

import csv
import hashlib
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from .corpus import KEYWORDS, SILENCE, UNKNOWN, Corpus, Utterance, parts, share
from .sounds import Cut, Recording, files

COLUMNS = ("path", "label", "word", "speaker", "split")
DEV_SHARE = 0.1  # of the speakers of a selection's split train
LISTS = {"testing_list.txt": "test", "validation_list.txt": "dev"}
NOISE = "_background_noise_"
UNKNOWN_SHARE = 1 / 16  # of the 25 words of which none is a keyword: about as many as one keyword has
TRIM_DB = -25.0  # of a digit: recorded at home, the room is louder than a synthesiser's silence
NOISE_SPLITS = {"train": (0.0, 0.8), "dev": (0.8, 0.9), "test": (0.9, 1.0)}  # parts of each file of noise

_NAME, _LICENCE = "Google Speech Commands v0.02", "CC BY 4.0"
_THEIRS = re.compile(r"(?:[a-z]+_)?[0-9a-f]{8}_nohash_\d+")  # speakers as the publisher calls them
_SPEAKER = re.compile(r"(?:(?P<word>[a-z]+)_)?(?P<speaker>[^_]+)_nohash_\d+")


def read_index(folder: Path) -> Corpus:
    """A selection described by its index.csv: columns COLUMNS, split "train" or "dev", speakers disjoint.

    Its `dev` is test here; a tenth of the speakers of its `train` is dev. ValueError names file and line.
    """
    index = folder / "index.csv"
    utterances = []
    with index.open(newline="", encoding="utf-8-sig", errors="replace") as stream:
        rows = csv.DictReader(stream)
        columns = tuple(rows.fieldnames or ())
        if columns != COLUMNS:
            raise ValueError(f"{index}: columns {','.join(columns) or 'none'}, want {','.join(COLUMNS)}")
        try:
            for row in rows:
                utterances.append(_of_row(folder, row))
        except ValueError as error:
            raise ValueError(f"{index}, line {rows.line_num}: {error}") from None
        except csv.Error as error:
            raise ValueError(f"{index}, line {rows.line_num + 1}: {error}") from None
    about = (
        "a selection, the split dev of index.csv is test, a tenth of the speakers of its train is dev: not"
        " comparable with published scores"
    )
    return Corpus("words", _NAME, _LICENCE, _labels(utterances), tuple(utterances), about)


def _of_row(folder: Path, row: dict) -> Utterance:
    if None in row or None in row.values():
        raise ValueError(f"want {len(COLUMNS)} columns")
    path, word, speaker = Path(row["path"]), row["word"], row["speaker"]
    if path.is_absolute() or ".." in path.parts:
        raise ValueError(f"{row['path']}: outside the folder")
    if not (folder / path).is_file():
        raise ValueError(f"{row['path']}: no such file")
    if row["label"] != (word if word in KEYWORDS else UNKNOWN):
        raise ValueError(f"label {row['label']!r} of the word {word!r}")
    if row["split"] not in ("train", "dev"):
        raise ValueError(f"split {row['split']!r}, want train or dev")
    split = "test" if row["split"] == "dev" else "train"
    if split == "train" and share(f"speech commands/{speaker}") < DEV_SHARE:
        split = "dev"
    return Utterance(str(path.with_suffix("")), word, speaker, split, Recording(folder / path))


def _labels(utterances: list[Utterance]) -> tuple[str, ...]:
    return tuple(sorted({utterance.label for utterance in utterances}))


def folders(folder: Path) -> list[Path]:
    """The folders that stand for labels."""
    found = (path for path in folder.iterdir() if path.is_dir() and path.name != NOISE)
    return sorted(path for path in found if not path.name.startswith("."))


def read_folders(folder: Path, task: str) -> Corpus:
    """A folder of recordings for each label, divided as the publisher does it where names or lists tell.

    ValueError for a label without sound, or a listed file that is missing.
    """
    named = []
    for inner in folders(folder):
        sounds = files(inner)
        if not sounds:
            raise ValueError(f"{inner}: a label without sound, want .wav, .flac or .ogg files in it")
        named += [(f"{inner.name}/{path.stem}", path) for path in sounds]
    found = dict(named)
    of, about = _division(folder, found, task)
    utterances = []
    for name, path in named:
        word, speaker = _word(name)
        keep = task != "keywords" or word in KEYWORDS or path.parent.name == UNKNOWN
        if keep or share(f"unknown/{name}") < UNKNOWN_SHARE:
            utterances.append(Utterance(name, word, speaker, of(name), Recording(path)))
    if task == "keywords" and (folder / NOISE).is_dir() and not (folder / SILENCE).is_dir():
        utterances += _silence(folder / NOISE, utterances)
    published = all(_THEIRS.fullmatch(path.stem) for path in found.values() if path.parent.name != SILENCE)
    return Corpus(
        "words",
        _NAME if published else folder.resolve().name,
        _LICENCE if published else "that of the recordings",
        _labels(utterances),
        tuple(utterances),
        about,
    )


def _word(name: str) -> tuple[str, str]:
    """The word and the speaker, "" where nobody knows, that the name of folder and file tells."""
    label, stem = name.split("/")
    if named := _SPEAKER.fullmatch(stem):
        return named["word"] if label == UNKNOWN and named["word"] else label, named["speaker"]
    fields = stem.removeprefix(f"{label}_").rsplit("_", 1)
    known = stem.startswith(f"{label}_") and len(fields) == 2 and fields[1].isdecimal()
    return label, fields[0] if known else ""


def _division(folder: Path, found: dict[str, Path], task: str) -> tuple[Callable[[str], str], str]:
    """The split of a name, and in words how it comes about."""
    lists = {name: split for name, split in LISTS.items() if (folder / name).is_file()}
    if lists:
        listed = {name: split for file, split in lists.items() for name in _listed(folder / file, found)}
        return lambda name: listed.get(name, "train"), f"divided by the publisher's {' and '.join(lists)}"
    if task != "words" and any((folder / label).is_dir() for label in (SILENCE, UNKNOWN)):
        return lambda name: "test", "folders named as those of the official test set, so all is test"
    speakers = {name: _word(name)[1] for name in found}
    if task != "words" and all(_SPEAKER.fullmatch(path.stem) for path in found.values()):
        return lambda name: which_set(speakers[name]), "divided by speaker as the publisher does it"
    known = sorted(set(speakers.values()))
    if "" not in known and len(known) >= 3:
        of_speaker = parts(known)
        return lambda name: of_speaker[speakers[name]], "divided by speaker (SHA-256), 8:1:1"
    of_file: dict[str, str] = {}
    for label in {name.split("/")[0] for name in found}:
        of_file |= parts([name for name in found if name.startswith(f"{label}/")])
    return of_file.__getitem__, "divided by file (SHA-256), 8:1:1, so a speaker may be in every split"


def _listed(path: Path, found: dict[str, Path]) -> list[str]:
    """The names in one of LISTS that are there; words of which no folder is there are passed over.

    ValueError when one is missing, unless most are: this is a selection of what the list is of, then.
    """
    there = {name.split("/")[0] for name in found}
    lines = enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1)
    listed = {line.strip().rpartition(".")[0]: (number, line.strip()) for number, line in lines}
    names = [name for name in listed if name.split("/")[0] in there]
    missing = [name for name in names if name not in found]
    if 0 < len(missing) <= len(names) / 2:
        number, line = listed[missing[0]]
        raise ValueError(f"{path}, line {number}: lists {line}, which is not there")
    return [name for name in names if name in found]


def which_set(speaker: str) -> str:
    """The publisher's own division of speakers, 10 % each for dev and test (its README, `which_set`)."""
    most = 2**27 - 1
    percent = int(hashlib.sha1(speaker.encode()).hexdigest(), 16) % (most + 1) * (100.0 / most)
    return "dev" if percent < 10 else "test" if percent < 20 else "train"


def _silence(folder: Path, words: list[Utterance]) -> list[Utterance]:
    """Seconds of the background noise, in each split as many as a keyword has there, never the same part."""
    noises = files(folder)
    if not noises:
        raise ValueError(f"{folder}: no noise to cut {SILENCE} from, want .wav, .flac or .ogg files in it")
    counts = Counter(utterance.split for utterance in words if utterance.label in KEYWORDS[2:])
    cuts = []
    for split, region in NOISE_SPLITS.items():
        for number in range(-(-counts[split] // len(KEYWORDS[2:]))):
            path = noises[number % len(noises)]
            name = f"{NOISE}/{path.stem}/{split}{number}"
            cut = Cut(path, region, share(f"at/{name}"), share(f"gain/{name}"))
            cuts.append(Utterance(name, SILENCE, "", split, cut))
    return cuts
