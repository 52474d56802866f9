# SPDX-License-Identifier: Apache-2.0
"""Corpora in their publishers' layouts, made on the spot: what is read, and into which split it goes."""

import csv
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
import soundfile

from models import corpora
from models.corpora import cache
from models.corpora.corpus import DIGITS, KEYWORDS
from models.features import log_mel

RATE = 8000


def write(path, seed: int = 0, rate: int = RATE, seconds: float = 0.1):
    """A sound file of noise, another for each seed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(seed).uniform(-0.5, 0.5, int(seconds * rate))
    soundfile.write(path, noise, rate, subtype="PCM_16")
    return path


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setattr(cache, "FOLDER", tmp_path / "cache")


def fsdd(folder, speakers=("jackson", "theo"), indices=(0, 4, 5, 39, 40, 44, 45, 49)):
    for digit in range(10):
        for number, speaker in enumerate(speakers):
            for index in indices:
                write(folder / f"{digit}_{speaker}_{index}.wav", 1000 * digit + 100 * number + index)


def indexed(folder, rows):
    """A selection of Speech Commands: rows of (label, word, speaker, split)."""
    with (folder / "index.csv").open("w", newline="") as stream:
        table = csv.writer(stream)
        table.writerow(("path", "label", "word", "speaker", "split"))
        for seed, (label, word, speaker, split) in enumerate(rows):
            path = f"{label}/{speaker}_nohash_{seed}.wav"
            write(folder / path, seed, 16000)
            table.writerow((path, label, word, speaker, split))


@pytest.mark.parametrize("inner", ["", "recordings"])
def test_digits_and_their_splits(tmp_path, inner):
    fsdd(tmp_path / "d" / inner)
    corpus = corpora.read("digits", tmp_path / "d")
    assert corpus.labels == DIGITS
    assert corpus.held_out == ("theo",)
    assert len({u.name for u in corpus.utterances}) == len(corpus.utterances) == 160
    for utterance in corpus.utterances:
        digit, speaker, index = utterance.name.split("_")
        assert utterance.label == DIGITS[int(digit)]
        assert utterance.speaker == speaker
        expected = {5: "train", 39: "train", 40: "dev", 44: "dev"}.get(int(index), "test")
        assert utterance.split == ("test" if speaker == "theo" else expected)
    samples, rate = corpus.utterances[0].sound()
    assert rate == RATE
    assert samples.dtype == np.float32


def test_another_speaker_held_out(tmp_path):
    fsdd(tmp_path, indices=(7,))
    corpus = corpora.read("digits", tmp_path, hold_out="jackson")
    assert corpus.held_out == ("jackson",)
    assert {(u.speaker, u.split) for u in corpus.utterances} == {("jackson", "test"), ("theo", "train")}


def test_index_of_speech_commands(tmp_path):
    speakers = [f"{number:08x}" for number in range(200)]
    indexed(tmp_path, [("yes", "yes", s, "dev" if n % 4 == 0 else "train") for n, s in enumerate(speakers)])
    corpus = corpora.read("keywords", tmp_path)
    assert corpus.labels == KEYWORDS
    splits = Counter(u.split for u in corpus.utterances)
    assert splits["test"] == 50
    assert 5 <= splits["dev"] <= 25
    assert {u.split for u in corpus.utterances if int(u.speaker, 16) % 4 == 0} == {"test"}


def test_features_are_those_of_the_front_end_and_kept(tmp_path, monkeypatch):
    fsdd(tmp_path, speakers=("jackson",), indices=(1,))
    corpus = corpora.read("digits", tmp_path)
    found = corpora.features(corpus)
    for utterance, frames in zip(corpus.utterances, found, strict=True):
        assert np.array_equal(frames, log_mel(*utterance.sound()))
    known = corpora.fingerprints(corpus)
    assert len(set(known)) == 10
    assert all(len(one) == 8 for one in known)
    monkeypatch.setattr("models.features.extract", lambda *_: pytest.fail("computed again"))
    again = corpora.features(replace(corpus, name="another"))
    assert all(np.array_equal(a, b) for a, b in zip(found, again, strict=True))
    write(tmp_path / "3_jackson_1.wav", 12345)
    with pytest.raises(pytest.fail.Exception, match="computed again"):
        corpora.features(corpora.read("digits", tmp_path))


@pytest.mark.parametrize("spoiled", [b"", b"PK", b"some other file"])
def test_damaged_cache_is_computed_anew(tmp_path, spoiled):
    fsdd(tmp_path, speakers=("jackson",), indices=(1,))
    corpus = corpora.read("digits", tmp_path)
    found = corpora.features(corpus)
    (kept,) = cache.FOLDER.iterdir()
    whole = kept.read_bytes()
    kept.write_bytes(spoiled or whole[: len(whole) // 2])
    again = corpora.features(corpus)
    assert all(np.array_equal(a, b) for a, b in zip(found, again, strict=True))
    assert kept.read_bytes() == whole


def test_cache_that_cannot_be_written_is_done_without(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setattr(cache, "FOLDER", tmp_path / "file" / "below")
    fsdd(tmp_path, speakers=("jackson",), indices=(1,))
    assert len(corpora.features(corpora.read("digits", tmp_path))) == 10
