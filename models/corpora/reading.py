# SPDX-License-Identifier: Apache-2.0
"""A folder of sound: whose layout it has, and its corpus."""

from dataclasses import replace
from pathlib import Path

from ..text import one_line
from . import commands, digits, timit
from .corpus import DIGITS, KEYWORDS, SILENCE, UNKNOWN, Corpus
from .sounds import Recording, files
from .speech import spoken

SPOKEN = "spoken"  # in the place of a folder: speech that is synthesised

_FOLDERS = "a folder with .wav, .flac or .ogg files for each word"
_WANTED = {
    "digits": f"{digits.NAMED} (Free Spoken Digits), index.csv (Speech Commands) or {_FOLDERS}",
    "keywords": f"index.csv or {_FOLDERS} (Speech Commands)",
    "phones": ".phn files with .wav or .flac beside them, in a folder for each speaker (TIMIT)",
    "words": _FOLDERS,
    "states": f"{digits.NAMED} (Free Spoken Digits), index.csv (Speech Commands) or {_FOLDERS}",
}


def read(task: str, folder, hold_out: str | None = None) -> Corpus:
    """The corpus in a folder for one of TASKS, or of any words for "states" (states.py finds those); "spoken"
    in place of a folder is speech that is synthesised.

    hold_out: this speaker is test; of phones the number of a fold (see `timit`). ValueError, one line, names
    the folder, and the file, that cannot be used, and what was looked for.
    """
    if task not in _WANTED:
        raise ValueError(f"task {task!r}, want one of {', '.join(_WANTED)}")
    try:
        corpus = spoken(task) if str(folder) == SPOKEN else _find(task, Path(folder), hold_out)
        return corpus.hold_out(hold_out) if hold_out and not corpus.held_out else corpus
    except FileNotFoundError:
        raise ValueError(one_line(f"{folder}: no such folder")) from None
    except OSError as error:
        raise ValueError(one_line(f"{error.filename or folder}: cannot be read: {error.strerror}")) from None
    except ValueError as error:
        raise ValueError(one_line(str(error))) from None


def _find(task: str, folder: Path, hold_out: str | None) -> Corpus:
    entries = list(folder.iterdir())  # OSError when there is none, or it cannot be read
    if task == "phones" and (found := timit.files(folder)):
        return timit.read_timit(folder, found, hold_out)
    if task in ("digits", "states") and any(map(digits.parse, files(digits.place(folder)))):
        return digits.read_digits(folder, hold_out)
    if task in ("digits", "keywords", "states") and (folder / "index.csv").is_file():
        return _words(commands.read_index(folder), task, folder)
    if task != "phones" and any(files(inner) for inner in commands.folders(folder)):
        return _words(commands.read_folders(folder, task), task, folder)
    raise ValueError(
        f"{folder}: nothing for {task} among its {len(entries)} files; looked for {_WANTED[task]}"
    )


def _words(corpus: Corpus, task: str, folder: Path) -> Corpus:
    """A corpus of words as one for the task; ValueError when none of the task's words is in it."""
    if task in ("words", "states"):
        return corpus
    labels = {"digits": DIGITS, "keywords": KEYWORDS}[task]
    own = set(labels) - {SILENCE, UNKNOWN}
    if not any(utterance.label in own for utterance in corpus.utterances):
        some = ", ".join(corpus.labels[:8]) + (" ..." if len(corpus.labels) > 8 else "")
        raise ValueError(
            f"{folder}: none of the words of {task} in it, but {some}; looked for {_WANTED[task]}"
        )
    if task == "digits":  # without the room before and after them, as recordings of digits are
        kept = [
            replace(u, sound=replace(u.sound, trim_db=commands.TRIM_DB))
            for u in corpus.utterances
            if u.label in own and isinstance(u.sound, Recording)
        ]
    else:
        kept = [u if u.label in labels else replace(u, label=UNKNOWN) for u in corpus.utterances]
    return replace(corpus, task=task, labels=labels, utterances=tuple(kept))
