# SPDX-License-Identifier: Apache-2.0
"""Speech that is synthesised: the same each time, voices apart, phones where they sound."""

import re
from collections import Counter
from pathlib import Path

import espeakng_loader
import numpy as np
import pytest

from models.audio import synthesise, synthesise_phones
from models.corpora import SIL, read, speech, spoken
from models.corpora.corpus import DIGITS, KEYWORDS, SILENCE, UNKNOWN
from models.corpora.phones import IPA, PHONES
from models.corpora.sentences import SENTENCES


def variants(corpus, split: str) -> set[str]:
    return {u.speaker.partition("+")[2] for u in corpus.utterances if u.split == split and u.speaker}


@pytest.fixture
def few(monkeypatch):
    monkeypatch.setattr(speech, "VARIANTS", ("", "m3"))


@pytest.mark.parametrize(("task", "labels"), [("digits", DIGITS), ("keywords", KEYWORDS)])
def test_words(task, labels):
    corpus = read(task, "spoken")
    corpus.check_trainable()
    assert corpus.labels == labels
    assert len({u.name for u in corpus.utterances}) == len(corpus.utterances)
    for one, other in (("train", "dev"), ("train", "test"), ("dev", "test")):
        assert variants(corpus, one)
        assert not variants(corpus, one) & variants(corpus, other)
    for split in ("train", "dev", "test"):
        counts = Counter(u.label for u in corpus.utterances if u.split == split)
        assert set(counts) == set(labels)
        assert max(counts.values()) <= 2.5 * min(counts.values())


def test_every_voice_is_the_same_each_time():
    voices = {f"en+{variant}" if variant else "en" for variant in speech.VARIANTS}
    voices |= {voice for some in speech.HELD_OUT.values() for voice in some}
    for voice in sorted(voices):
        assert np.array_equal(synthesise("she", voice, 165, 2)[0], synthesise("she", voice, 165, 2)[0]), voice
    # Breath is another in each run of the program, which two calls of one run need not show.
    folder = Path(espeakng_loader.get_data_path()) / "voices" / "!v"
    variants = {voice.partition("+")[2] for voice in voices} - {""}
    breathy = [name for name in variants if re.search(r"^breath ", (folder / name).read_text(), re.MULTILINE)]
    assert breathy == []
    assert re.search(r"^breath ", (folder / "f2").read_text(), re.MULTILINE)


def test_every_accent_speaks():
    sounds = {synthesise("nowhere", accent)[0].tobytes() for accent in speech.ACCENTS}
    assert len(sounds) == len(speech.ACCENTS)


def test_keyword_lies_in_a_second_of_a_quiet_room():
    words = [u for u in spoken("keywords").utterances if u.label == "yes"][::40]
    starts = set()
    for utterance in words:
        samples, rate = utterance.sound()
        assert samples.dtype == np.float32
        assert len(samples) == rate
        assert np.array_equal(samples, utterance.sound()[0])
        loud = np.flatnonzero(np.abs(samples) > 0.1)
        starts.add(int(loud[0]))
        assert (samples[: rate // 100] != 0).mean() > 0.9  # the room is heard throughout
    assert max(starts) - min(starts) > rate // 5


def test_unknown_words_are_no_keywords_and_silence_is_quiet():
    corpus = spoken("keywords")
    unknown = {u.sound.word for u in corpus.utterances if u.label == UNKNOWN}
    assert len(unknown) == 25
    assert not unknown & set(KEYWORDS)
    quiet = [u.sound()[0] for u in corpus.utterances if u.label == SILENCE][:20]
    assert all(0 < np.sqrt((samples**2).mean()) < 0.11 for samples in quiet)
    assert len({samples.tobytes() for samples in quiet}) == 20


def test_what_is_said_is_in_the_key():
    sounds = [u.sound for u in spoken("digits").utterances[:200]]
    assert len({sound.key() for sound in sounds}) == 200


def test_sentences(few):
    corpus = read("phones", "spoken")
    corpus.check_trainable()
    assert corpus.labels == PHONES
    for one, other in (("train", "dev"), ("train", "test"), ("dev", "test")):
        assert not variants(corpus, one) & variants(corpus, other)
        assert not set(SENTENCES[one]) & set(SENTENCES[other])
    for utterance in corpus.utterances[::7]:
        samples, rate = utterance.sound()
        ends = [0.0, *(segment.end for segment in utterance.segments)]
        starts = [segment.start for segment in utterance.segments]
        assert all(start >= end for start, end in zip(starts, ends[:-1], strict=True))
        assert all(segment.end > segment.start for segment in utterance.segments)
        assert 0 <= len(samples) / rate - ends[-1] < 0.05
    heard: dict[str, set[str]] = {split: set() for split in SENTENCES}
    for utterance in corpus.utterances:
        heard[utterance.split] |= {segment.label for segment in utterance.segments}
    assert all(found == set(PHONES) for found in heard.values())


def test_each_sentence_is_of_known_phones_in_every_half(few):
    for texts in SENTENCES.values():
        for text in texts:
            phones = {phone for _, phone in synthesise_phones(text, "en-us+f4", 220, 3)[2]}
            assert phones <= set(IPA), text
    train = [u for u in spoken("phones").utterances if u.split == "train"]
    assert {u.sound.text for u in train} == set(SENTENCES["train"])


def test_phones_stand_where_they_sound():
    sentence = speech.Sentence("see a bat", "en-us", 140, 0)
    samples, rate = sentence()
    labels = [segment.label for segment in sentence.segments()]
    assert [label for label in labels if label != SIL] == ["s", "iy", "ah", "b", "ae", "t"]
    parts = {s.label: samples[int(s.start * rate) : int(s.end * rate)] for s in sentence.segments()}
    crossings = {label: (np.diff(np.sign(part)) != 0).mean() for label, part in parts.items()}
    assert crossings["s"] > 3 * max(crossings["iy"], crossings["ae"])  # a hiss, against voices
    assert labels.index("t") == labels.index("ae") + 2
    closure = sentence.segments()[labels.index("ae") + 1]
    assert closure.label == SIL
    assert np.abs(samples[int(closure.start * rate) : int(closure.end * rate)]).max() < 0.01


def test_unknown_phone_is_named(monkeypatch):
    monkeypatch.delitem(IPA, "ɹ")
    with pytest.raises(ValueError, match=r"^en-us says 'ɹ' in 'red', which is in no row of IPA$"):
        speech.Sentence("red", "en-us", 165, 0).segments()


def test_words_have_nothing_to_say():
    with pytest.raises(ValueError, match=r"^task words: nothing to synthesise, want one of digits, "):
        read("words", "spoken")


def test_voice_held_out():
    corpus = read("digits", "spoken", "en+m3")
    assert {u.split for u in corpus.utterances if u.speaker == "en+m3"} == {"test"}
