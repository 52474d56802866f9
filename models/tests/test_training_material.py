# SPDX-License-Identifier: Apache-2.0
"""What is trained on: never a sound to watch or to score with, nor a speaker who is held out. No PyTorch."""

from dataclasses import dataclass, replace

import numpy as np
import pytest

from models import corpora
from models.corpora import Corpus, Utterance, cache, states
from models.corpora.corpus import SILENCE
from models.features import extract
from models.train import material
from models.train.recipes import recipe


@dataclass(frozen=True)
class Noise:
    """0.2 s of noise that is told from others by its seed."""

    seed: int

    def __call__(self):
        """The samples."""
        return 0.1 * np.random.default_rng(self.seed).standard_normal(1600).astype(np.float32), 8000

    def key(self):
        """What tells them from others."""
        return f"noise {self.seed}"


def corpus(first: int, speakers: str, held_out: str = "") -> Corpus:
    """Two labels and silence, of each a sound for train twice, dev and test by each speaker."""
    found = [
        Utterance(f"{label}-{speaker}-{at}", label, speaker, split, Noise(0))
        for label in ("a", "b", SILENCE)
        for speaker in speakers
        for at, split in enumerate(("train", "train", "dev", "test"))
    ]
    found = [replace(u, sound=Noise(first + at)) for at, u in enumerate(found)]
    made = Corpus("words", f"noise {first}", "none", ("a", "b", SILENCE), tuple(found), "by place")
    return made.hold_out(held_out) if held_out else made


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    """Features of these tests stay with them."""
    monkeypatch.setattr(cache, "FOLDER", tmp_path / "features")


def test_only_the_split_train_is_trained_on_and_each_other_split_is_itself():
    own, other = corpus(0, "xyz", "z"), corpus(1000, "vwz")
    same = replace(own.utterances[own.split("test")[0]], name="again", split="train", speaker="v")
    watched = replace(own.utterances[own.split("dev")[0]], name="again too", split="train", speaker="v")
    other = replace(other, utterances=(*other.utterances, same, watched))
    found = material.gather([own, other], "log-mel")
    want = [u for u in own.utterances if u.split == "train"]
    more = [u for u in other.utterances if u.split == "train" and u.speaker != "z"][:-2]
    assert len(want) == 12 and len(more) == 12 and found.own == 12
    for item, u in zip(found.train, [*want, *more], strict=True):
        assert np.array_equal(item.samples, u.sound()[0]) and item.target == own.labels.index(u.label), u.name
    silent = [u.sound()[0] for u in (*want, *more) if u.label == SILENCE]
    assert all(np.allclose(x, y, atol=1e-6) for x, y in zip(found.noises, silent, strict=True))
    features = corpora.features(own)
    for split, count in (("dev", 6), ("test", 18)):
        held = getattr(found, split)
        assert len(held.features) == len(held.targets) == count
        for at, x, target in zip(own.split(split), held.features, held.targets, strict=True):
            assert np.array_equal(x, features[at])
            assert target == own.labels.index(own.utterances[at].label)


def test_a_sound_that_is_also_scored_with_is_not_trained_on():
    own = corpus(0, "xy")
    scored = own.utterances[own.split("test")[0]]
    own = replace(own, utterances=(*own.utterances, replace(scored, name="again", split="train")))
    assert len(own.split("train")) == 13 and len(material.gather([own], "log-mel").train) == 12


def dev_places(all_corpora):
    """The places of what is watched with beside what is trained on."""
    return material.dev_places(all_corpora, material.places(all_corpora))


def with_dev(other: Corpus, *speakers: str) -> Corpus:
    """The corpus and two utterances more for dev by each speaker, one of a label that only it has."""
    more = [
        Utterance(f"{label}-{at}", label, speaker, "dev", Noise(5000 + 10 * at + len(label)))
        for at, speaker in enumerate(speakers)
        for label in ("a", "other")
    ]
    return replace(other, utterances=(*other.utterances, *more))


def test_speakers_whom_nobody_trains_on_tell_when_to_stop():
    """Of all corpora if the first one's speakers are all trained on, and not a sound to be scored with."""
    own, other = corpus(0, "xyz", "z"), with_dev(corpus(1000, "vw"), "u", "v", "x", "z", "", "t")
    scored = own.utterances[own.split("test")[0]]
    other = replace(other, utterances=(*other.utterances, replace(scored, speaker="s", split="dev")))
    first, second = dev_places([own, other])
    assert first == own.split("dev")
    chosen = [other.utterances[i] for i in second]
    assert [(u.speaker, u.label) for u in chosen] == [("u", "a"), ("t", "a")]
    dev = material.gather([own, other], "log-mel").dev
    features = corpora.features(other)
    assert len(dev.features) == len(first) + 2 and dev.targets[-2:] == [0, 0]
    assert all(np.array_equal(x, features[i]) for x, i in zip(dev.features[-2:], second, strict=True))


def test_a_split_dev_with_a_speaker_of_its_own_stays_alone():
    own, other = with_dev(corpus(0, "xy"), "t"), with_dev(corpus(1000, "vw"), "u")
    own = replace(own, utterances=own.utterances[:-1])
    assert dev_places([own, other]) == [own.split("dev"), []]


def test_a_change_of_any_sound_split_or_label_is_seen():
    own = corpus(0, "xy")
    first, *rest = own.utterances
    marks = {
        material.mark_of([replace(own, utterances=(changed, *rest))])
        for changed in (
            first, replace(first, sound=Noise(99)), replace(first, split="test"), replace(first, label="b"),
        )
    }  # fmt: skip
    assert len(marks | {material.mark_of([replace(own, utterances=tuple(rest))])}) == 5
    assert material.mark_of([own]) == material.mark_of([corpus(0, "xy")])


def test_every_sound_is_changed_anew_every_fourth_epoch():
    """A changed sound is drawn by its place and the epoch alone, so that a resumed stage has the same."""
    data, made = material.gather([corpus(0, "xyz")], "log-mel"), recipe("words")
    drawn = []
    for number in range(8):
        list(material.epoch(data, made, "float", number, 8))
        drawn.append({place: key for place, (key, _) in data.sounds.items()})
    for place in drawn[0]:
        changes = [n for n in range(1, 8) if drawn[n][place] != drawn[n - 1][place]]
        assert len(changes) in (1, 2) and np.all(np.diff(changes) == material.RENEWED), changes
    again = material.gather([corpus(0, "xyz")], "log-mel")
    for (x, t), (y, u) in zip(
        material.epoch(data, made, "float", 7, 8), material.epoch(again, made, "float", 7, 8), strict=True
    ):
        assert np.array_equal(x, y) and t == u


def test_cepstra_are_those_of_the_front_end_changed_or_not():
    """Dev and test as they are; what is trained on as `extract` has it or, with augmentation, what the
    changed log-mel numbers come to."""
    own = corpus(0, "xyz")
    data, front = material.gather([own], "mfcc"), corpora.features(own, "mfcc")
    for split in ("dev", "test"):
        places = own.split(split)
        for place, x in zip(places, getattr(data, split).features, strict=True):
            assert np.array_equal(x, front[place])
    made = recipe("words", features="mfcc", strength=(0.0, 0.0, 0.0))
    found = sorted(x.tobytes() for x, _ in material.epoch(data, made, "float", 0, 8))
    assert found == sorted(extract(item.samples, item.rate, "mfcc").tobytes() for item in data.train)
    changed = material.epoch(data, recipe("words", features="mfcc"), "float", 7, 8)
    bands = material.epoch(data, recipe("words"), "float", 7, 8)
    for (x, _), (y, _) in zip(changed, bands, strict=True):
        assert np.abs(x[:, 0] - y.mean(axis=1)).max() < 0.55 and x.min() < 0  # c_0: the mean band, rounded


def test_targets_beyond_the_end_of_a_sentence_are_none():
    found = material.padded_targets([np.array([1, 2]), np.array([0, 1, 1])], 3)
    assert found.tolist() == [[1, 0], [2, 1], [-1, 1]]


def test_a_held_out_speaker_is_in_no_other_split():
    held = corpus(0, "xyz", "z")
    assert {u.split for u in held.utterances if u.speaker == "z"} == {"test"}


def test_states_are_clusters_of_what_is_trained_on(monkeypatch):
    """Other sounds in dev and test leave the states of every sound to train on as they were."""
    monkeypatch.setattr(states, "STATES", 20)
    own = corpus(0, "xy")
    changed = tuple(
        u if u.split == "train" else replace(u, sound=Noise(u.sound.seed + 500)) for u in own.utterances
    )
    one, other = (states.with_states([c])[0] for c in (own, replace(own, utterances=changed)))
    assert all(one.utterances[i].segments == other.utterances[i].segments for i in own.split("train"))


def test_the_dev_splits_of_all_others_join_with_targets_and_features_of_the_task():
    """No sound of the first corpus or that is trained on, and none twice; labels by the first one's order."""
    own = corpus(0, "xy")
    splits = ("train", "dev", "test")
    copies = [
        replace(own.utterances[own.split(name)[0]], name=f"copy of {name}", speaker="u", split="dev")
        for name in splits
    ]
    second = with_dev(corpus(1000, "vw"), "u")
    second = replace(second, labels=("b", "a", SILENCE), utterances=(*second.utterances, *copies))
    third = with_dev(corpus(2000, "t"), "", "s")
    watched = own.utterances[own.split("dev")[0]]  # q's only sound for train, so nothing of q is trained on
    heard = replace(second.utterances[0], name="heard", speaker="q", split="dev")
    more = (replace(watched, name="w", speaker="q", split="train"), heard)
    third = replace(
        third, utterances=(*third.utterances, *more, Utterance("q", "b", "q", "dev", Noise(9000)))
    )
    _, *found, again = dev_places([own, second, third, third])
    names = [[c.utterances[i].name for i in chosen] for c, chosen in zip((second, third), found, strict=True)]
    assert (names, again) == ([["a-0"], ["a-1", "q"]], [])
    dev = material.gather([own, second, third], "mfcc").dev
    assert dev.targets[-3:] == [0, 0, 1]
    features = [
        corpora.features(c, "mfcc")[i]
        for c, chosen in zip((second, third), found, strict=True)
        for i in chosen
    ]
    assert all(np.array_equal(x, y) for x, y in zip(dev.features[-3:], features, strict=True))


def test_a_speaker_who_is_scored_with_watches_nothing():
    own, other = corpus(0, "xy"), with_dev(corpus(1000, "vw"), "z", "u")
    own = replace(own, utterances=(*own.utterances, Utterance("z", "a", "z", "test", Noise(7000))))
    assert [other.utterances[i].speaker for i in dev_places([own, other])[1]] == ["u"]
