# SPDX-License-Identifier: Apache-2.0
"""Free Spoken Digits, what is refused of any folder, and the cache of features."""

import errno
import hashlib
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from models import corpora
from models.corpora import cache, fingerprint
from models.corpora.corpus import DIGITS
from models.features import KINDS, extract
from models.tests.layouts import fsdd, indexed, refusal, tree, write


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setattr(cache, "FOLDER", tmp_path / "cache")


@pytest.fixture
def ten(tmp_path) -> corpora.Corpus:
    return corpora.read("digits", fsdd(tmp_path / "ten", speakers=("jackson",), indices=(1,)))


@pytest.mark.parametrize("inner", ["", "recordings"])
def test_digits_and_their_splits(tmp_path, inner):
    fsdd(tmp_path / "d" / inner)
    (tmp_path / "d" / "README.md").touch()
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
    assert rate == 8000
    assert samples.dtype == np.float32
    corpus.check_trainable()


def test_another_speaker_held_out(tmp_path):
    fsdd(tmp_path, indices=(7,))
    corpus = corpora.read("digits", tmp_path, hold_out="jackson")
    assert corpus.held_out == ("jackson",)
    assert {(u.speaker, u.split) for u in corpus.utterances} == {("jackson", "test"), ("theo", "train")}


def test_nobody_is_held_out_where_the_usual_speaker_is_not(ten):
    assert ten.held_out == ()
    assert {u.split for u in ten.utterances} == {"test"}
    with pytest.raises(ValueError, match=r"label 'zero' has 1 of the 3 recordings"):
        ten.check_trainable()


def test_speaker_that_is_not_there(tmp_path):
    said = refusal("digits", fsdd(tmp_path, indices=(7,)), "bob")
    assert said == "Free Spoken Digit Dataset: no speaker 'bob' to hold out, known: jackson, theo"


@pytest.mark.parametrize("task", ["digits", "keywords", "phones", "words", "states"])
def test_folder_without_data_for_the_task(tmp_path, task):
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "notes.txt").touch()
    assert refusal(task, tmp_path / "d").startswith(
        f"{tmp_path}/d: nothing for {task} among its 1 files; looked for "
    )


def test_folder_that_is_none(tmp_path):
    assert refusal("digits", tmp_path / "none") == f"{tmp_path}/none: no such folder"
    (tmp_path / "file").touch()
    assert refusal("digits", tmp_path / "file") == f"{tmp_path}/file: cannot be read: Not a directory"


def test_name_that_would_break_the_line(tmp_path):
    (tmp_path / "a\nb").mkdir()
    tree(tmp_path, ["yes"], ["1.wav"])
    assert refusal("words", tmp_path).startswith(f"{tmp_path}/a\\nb: a label without sound")


def test_folder_that_cannot_be_read(tmp_path, monkeypatch):
    def denied(self):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(self))

    monkeypatch.setattr(Path, "iterdir", denied)
    assert refusal("words", tmp_path) == f"{tmp_path}: cannot be read: Permission denied"


def test_unknown_task(tmp_path):
    assert refusal("digit", tmp_path) == "task 'digit', want one of digits, keywords, phones, words, states"


def test_sound_of_another_name_among_the_digits(tmp_path):
    fsdd(tmp_path, indices=(7,))
    write(tmp_path / "hello.wav")
    assert refusal("digits", tmp_path).startswith(f"{tmp_path}/hello.wav: not named {{digit}}_{{speaker}}_")


def test_same_recording_twice(tmp_path):
    fsdd(tmp_path, indices=(7,))
    write(tmp_path / "3_theo_7.flac")
    assert refusal("digits", tmp_path) == (
        "Free Spoken Digit Dataset: 3_theo_7 is there twice (.wav, .flac and .ogg do not count)"
    )
    tree(tmp_path / "words", ["yes"], ["1.wav", "1.ogg"])
    assert refusal("words", tmp_path / "words").startswith("words: yes/1 is there twice")


@pytest.mark.parametrize("kind", KINDS)
def test_features_are_those_of_the_front_end_and_kept(ten, monkeypatch, kind):
    found = corpora.features(ten, kind)
    for utterance, frames in zip(ten.utterances, found, strict=True):
        assert np.array_equal(frames, extract(*utterance.sound(), kind))
    known = corpora.fingerprints(ten, kind)
    assert known == [fingerprint(utterance.sound()[0]) for utterance in ten.utterances]
    assert len(set(known)) == 10
    monkeypatch.setattr("models.features.extract", lambda *_: pytest.fail("computed again"))
    again = corpora.features(replace(ten, name="another"), kind)
    assert all(np.array_equal(a, b) for a, b in zip(found, again, strict=True))
    write(ten.utterances[3].sound.path, 12345)
    with pytest.raises(pytest.fail.Exception, match="computed again"):
        corpora.features(ten, kind)


def test_same_sounds_in_another_order_are_others(ten):
    """Each utterance has its own features and fingerprint, whoever filled the cache."""
    found, known = corpora.features(ten), corpora.fingerprints(ten)
    turned = replace(ten, utterances=ten.utterances[::-1])
    again = corpora.features(turned)[::-1]
    assert all(np.array_equal(a, b) for a, b in zip(found, again, strict=True))
    assert corpora.fingerprints(turned)[::-1] == known


def test_another_kind_or_front_end_is_computed_anew(ten, monkeypatch):
    found = corpora.features(ten, "log-mel")
    other = corpora.features(ten, "mfcc")
    assert not any(np.array_equal(a, b) for a, b in zip(found, other, strict=True))
    monkeypatch.setattr(cache, "_front_end", lambda: "changed")
    monkeypatch.setattr("models.features.extract", lambda *_: pytest.fail("computed again"))
    with pytest.raises(pytest.fail.Exception, match="computed again"):
        corpora.features(ten, "log-mel")


def test_fingerprint_is_of_16_bit_samples():
    samples = np.array([0.0, 0.5, -1.0, 1.0], np.float32)  # 0, 16384, -32768, 32767
    expected = bytes([0, 0, 0, 0x40, 0, 0x80, 0xFF, 0x7F])
    assert fingerprint(samples) == hashlib.sha256(expected).hexdigest()[:8]


@pytest.mark.parametrize("spoiled", [b"", b"PK", b"some other file"])
def test_damaged_cache_is_computed_anew(ten, spoiled):
    found = corpora.features(ten)
    (kept,) = cache.FOLDER.iterdir()
    whole = kept.read_bytes()
    kept.write_bytes(spoiled or whole[: len(whole) // 2])
    again = corpora.features(ten)
    assert all(np.array_equal(a, b) for a, b in zip(found, again, strict=True))
    assert kept.read_bytes() == whole


def test_cache_that_cannot_be_written_is_done_without(ten, tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setattr(cache, "FOLDER", tmp_path / "file" / "below")
    assert len(corpora.features(ten)) == 10


def test_full_disk_leaves_no_part_of_a_cache(ten, monkeypatch):
    def full(stream, **_arrays):
        stream.write(b"half")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(np, "savez", full)
    assert len(corpora.features(ten)) == 10
    assert list(cache.FOLDER.iterdir()) == []


def test_sounds_of_several_rates_are_taken(tmp_path):
    for rate in (8000, 16000, 44100, 48000):
        write(tmp_path / "d" / "yes" / f"{rate}.wav", rate, rate, seconds=0.5)
    found = corpora.features(corpora.read("words", tmp_path / "d"))
    assert {len(frames) for frames in found} <= {47, 48}


def test_rate_below_that_of_the_features(tmp_path):
    path = write(tmp_path / "d" / "yes" / "low.wav", rate=6000)
    with pytest.raises(ValueError, match="low") as refused:
        corpora.features(corpora.read("words", tmp_path / "d"))
    assert str(refused.value) == f"{path}: 6000 Hz, want 8000 Hz or more: the upper bands would be empty"


def test_sound_shorter_than_a_window(tmp_path):
    path = write(tmp_path / "d" / "yes" / "short.wav", seconds=0.01)
    with pytest.raises(ValueError, match="short") as refused:
        corpora.features(corpora.read("words", tmp_path / "d"))
    assert str(refused.value) == f"{path}: 10 ms of sound, want 25 ms or more"


def test_damaged_sound_is_named(tmp_path):
    folder = tree(tmp_path / "d", ["yes"], ["a.wav"])
    (folder / "yes" / "b.wav").write_text("yes")
    corpus = corpora.read("words", folder)
    with pytest.raises(ValueError, match=f"^{folder}/yes/b.wav: not sound, or damaged"):
        corpora.features(corpus)


def test_sound_that_vanished(ten):
    path = ten.utterances[3].sound.path
    path.unlink()
    with pytest.raises(ValueError, match=f"^{path}: cannot be read: No such file or directory$"):
        corpora.features(ten)


def test_index_of_another_task(tmp_path):
    indexed(tmp_path, [("yes", "yes", "a", "train")])
    assert refusal("digits", tmp_path).startswith(f"{tmp_path}: none of the words of digits in it, but yes; ")
