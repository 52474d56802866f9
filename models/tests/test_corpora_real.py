# SPDX-License-Identifier: Apache-2.0
"""The data sets themselves, where MUR_DATA names the folder with fsdd, speech_commands and timit_sample."""

import os
from collections import Counter
from pathlib import Path

import pytest

from models.corpora import Corpus, frame_labels, read
from models.corpora.phones import PHONES

DATA = os.environ.get("MUR_DATA", "")
pytestmark = pytest.mark.skipif(
    not DATA, reason="needs the data sets: MUR_DATA=folder with fsdd, speech_commands and timit_sample"
)


def counts(corpus: Corpus) -> dict[str, int]:
    return dict(Counter(utterance.split for utterance in corpus.utterances))


def speakers(corpus: Corpus, split: str) -> set[str]:
    return {utterance.speaker for utterance in corpus.utterances if utterance.split == split}


def test_free_spoken_digits():
    corpus = read("digits", Path(DATA) / "fsdd")
    corpus.check_trainable()
    assert counts(corpus) == {"train": 1750, "dev": 250, "test": 700}
    held = [utterance for utterance in corpus.utterances if utterance.speaker == "theo"]
    assert len(held) == 450
    assert {utterance.split for utterance in held} == {"test"}
    assert len(speakers(corpus, "train")) == 5


@pytest.mark.parametrize("speaker", ["george", "jackson", "lucas", "nicolas", "theo", "yweweler"])
def test_each_speaker_of_the_digits_held_out(speaker):
    corpus = read("digits", Path(DATA) / "fsdd", speaker)
    assert counts(corpus) == {"train": 1750, "dev": 250, "test": 700}
    assert speaker not in speakers(corpus, "train") | speakers(corpus, "dev")


def test_speech_commands():
    corpus = read("keywords", Path(DATA) / "speech_commands")
    corpus.check_trainable()
    assert counts(corpus) == {"train": 2455, "dev": 302, "test": 363}
    assert Counter(utterance.label for utterance in corpus.utterances) == dict.fromkeys(corpus.labels, 260)
    train, dev, test = (speakers(corpus, split) for split in ("train", "dev", "test"))
    assert not train & dev
    assert not (train | dev) & test
    assert counts(read("digits", Path(DATA) / "speech_commands")) == {"train": 110, "dev": 17, "test": 24}


@pytest.mark.parametrize("fold", range(7))
def test_timit_sample(fold):
    corpus = read("phones", Path(DATA) / "timit_sample", str(fold))
    corpus.check_trainable()
    assert counts(corpus) == {"train": 80, "dev": 16, "test": 16}
    assert [len(speakers(corpus, split)) for split in ("train", "dev", "test")] == [10, 2, 2]
    assert {who[0] for who in corpus.held_out} == {"f", "m"}
    assert {segment.label for utterance in corpus.utterances for segment in utterance.segments} == set(PHONES)
    first = corpus.utterances[0]
    assert set(frame_labels(first.segments, 100, PHONES)) <= set(range(-1, 39))
