# SPDX-License-Identifier: Apache-2.0
"""What the tests `speech` and `keywords` say to the machine: its settings checked and turned into features.

The launcher calls `prepare` before it builds or starts anything, so that a wrong setting or a bad file costs
no build and leaves nothing behind; the simulation finds what it returns with `utterances`.
"""

import difflib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from models import corpora
from models.audio import complaint, read_audio
from models.corpora.corpus import DIGITS, SILENCE, SPLITS
from models.corpora.speech import Word
from models.features import BANDS, RATE, WINDOW, front_end
from models.networks import trained
from models.text import one_line
from models.weight_file import Trained
from regressions.registry import RegistryError

VOICE = "en-us"
SPEAKING_RATE = 165  # words a minute
ROOM_DB = -60.0  # of full scale
Utterance = tuple[str, str, np.ndarray]  # what was said ("" where nobody knows), group, int8 [frames, 40]


def prepare(params: Mapping, seed: int) -> dict[str, np.ndarray]:
    """The utterances that ``params`` ask for, as arrays; ``utterances`` is the way back.

    Prints a warning for silence, clipping and files left aside. RegistryError, one line, for anything wrong.
    """
    given = {name: str(params.get(name, "")) for name in ("say", "wav", "data", "split")}
    voice = str(params.get("voice", VOICE))
    chosen = [name.upper() for name in ("say", "wav", "data") if given[name]]
    if len(chosen) > 1:
        raise RegistryError(f"give only one of SAY, WAV, DATA, not {' and '.join(chosen)}")
    if given["split"] and not given["data"]:
        raise RegistryError(
            f"SPLIT={given['split']}: chooses among the recordings of DATA=, which is not given"
        )
    if voice != VOICE and (given["wav"] or given["data"]):
        raise RegistryError(f"VOICE={voice}: is the voice of SAY=, not of a recording")
    try:
        file = trained(str(params.get("weights", "digits")))
    except ValueError as error:  # here, not in the simulation
        raise RegistryError(f"WEIGHTS={error}") from None
    if file.card["features"] is None or not file.labels:
        raise RegistryError(f"WEIGHTS={params['weights']}: its card names no features of sound, or no words")
    kind = file.card["features"]["kind"]
    if given["data"]:
        found = _of_folder(given["data"], given["split"], file, kind)
    elif given["wav"]:
        found = [_of_file(given["wav"], kind)]
    else:
        found = _spoken(_words(given["say"], file.labels), voice, seed, file, kind)
    said, groups, features = zip(*found, strict=True)
    return {
        "said": np.array(said),
        "groups": np.array(groups),
        "lengths": np.array([len(one) for one in features], dtype=np.int64),
        "features": np.concatenate(features),
    }


def utterances(inputs: Mapping[str, np.ndarray]) -> list[Utterance]:
    """The utterances in what ``prepare`` returned."""
    ends = np.cumsum(inputs["lengths"])[:-1]
    features = np.split(inputs["features"], ends)
    return list(zip(inputs["said"].tolist(), inputs["groups"].tolist(), features, strict=True))


def batches(found: list[Utterance], count: int, frames: int) -> Iterator[list[Utterance]]:
    """Cut ``found`` into runs of at most ``count`` utterances and ``frames`` frames; one at least in each."""
    batch: list[Utterance] = []
    for utterance in found:
        held = sum(len(features) for _, _, features in batch)
        if batch and (len(batch) == count or held + len(utterance[2]) > frames):
            yield batch
            batch = []
        batch.append(utterance)
    yield batch


def _words(say: str, labels: Sequence[str]) -> list[str]:
    """The words to say; all that the network knows when there are none, but for `_silence_` and its like."""
    words = say.replace(",", " ").lower().split()
    known = [label for label in labels if not label.startswith("_")]
    if say and not words:
        raise RegistryError(f"SAY={say}: no word in it, known: {' '.join(known)}")
    for word in words:
        if word not in known:
            if word.isdecimal() and int(word) < len(DIGITS) and DIGITS[int(word)] in known:
                near = [DIGITS[int(word)]]
            else:
                near = difflib.get_close_matches(word, known, n=2, cutoff=0.5)
            hint = f"did you mean {' or '.join(near)}?" if near else f"known: {' '.join(known)}"
            raise RegistryError(f"SAY={say}: {word!r} is no word of this network; {hint}")
    return words or known


def _spoken(words: list[str], voice: str, seed: int, file: Trained, kind: str) -> list[Utterance]:
    """The words alone; for keywords each within a second of a quiet room, as they are recorded."""
    room = ROOM_DB if file.task == "keywords" else None
    try:
        sounds = [(word, *Word(word, voice, SPEAKING_RATE, seed - 1, room)()) for word in words]
    except ValueError as error:
        raise RegistryError(f"VOICE={voice}: {error}") from None
    return [(word, "synthesised", _features(samples, rate, kind)) for word, samples, rate in sounds]


def _features(samples: np.ndarray, rate: int, kind: str) -> np.ndarray:
    """int8 [frames, 40], a second of sound at a time, so that ten minutes do not fill the memory."""
    stream = front_end(rate, kind)
    pieces = [stream.push(samples[at : at + rate]) for at in range(0, len(samples), rate)]
    features = np.concatenate([np.zeros((0, BANDS), np.int8), *pieces])
    if not len(features):
        raise ValueError(
            f"{1000 * len(samples) / rate:.3g} ms of sound, want {1000 * WINDOW // RATE} ms or more"
        )
    return features


def _of_file(path: str, kind: str) -> Utterance:
    try:
        samples, rate = read_audio(path)
    except ValueError as error:
        raise RegistryError(f"WAV={error}") from None
    try:
        features = _features(samples, rate, kind)
    except ValueError as error:
        raise RegistryError(f"WAV={path}: {error}") from None
    if bad := complaint(samples):
        _warn(f"WAV={path}: {bad}; the word heard may mean nothing")
    return "", one_line(Path(path).name), features


def _warn(text: str) -> None:
    print(f"warning: {one_line(text)}", flush=True)


def _of_folder(folder: str, split: str, file: Trained, kind: str) -> list[Utterance]:
    """The recordings in ``folder``, all of them or those of one split."""
    found, bad = [], []
    for utterance in _chosen(folder, split, file):
        try:
            samples, rate = utterance.sound()
        except ValueError as error:
            raise RegistryError(f"DATA={folder}: {error}") from None
        try:
            found.append((utterance.label, utterance.split, _features(samples, rate, kind)))
        except ValueError as error:
            raise RegistryError(f"DATA={folder}: {utterance.name}: {error}") from None
        if utterance.label != SILENCE and (wrong := complaint(samples)):
            bad.append(f"{utterance.name}: {wrong}")
    if bad:
        _warn(f"DATA={folder}: {len(bad)} of {len(found)} are hard to hear, as {bad[0]}")
    return found


def _chosen(folder: str, split: str, file: Trained) -> list[corpora.Utterance]:
    if split not in ("", *SPLITS):
        raise RegistryError(f"SPLIT={split}: no such split, known: {', '.join(SPLITS)}")
    try:
        sound = corpora.read(file.task, folder)
    except ValueError as error:
        raise RegistryError(f"DATA={error}") from None
    if strange := sorted({utterance.label for utterance in sound.utterances} - set(file.labels)):
        raise RegistryError(f"DATA={folder}: {strange[0]!r} is no word of this network")
    chosen = [utterance for utterance in sound.utterances if split in ("", utterance.split)]
    if not chosen:
        raise RegistryError(
            f"SPLIT={split}: none of the {len(sound.utterances)} recordings in {folder} belongs to it"
        )
    return chosen
