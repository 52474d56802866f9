# SPDX-License-Identifier: Apache-2.0
"""Speech Commands in each of its layouts, and any folder of words."""

from collections import Counter

import numpy as np
import pytest
import soundfile

from models.audio import trim
from models.corpora import read
from models.corpora.commands import NOISE, TRIM_DB, which_set
from models.corpora.corpus import DIGITS, KEYWORDS, SILENCE, UNKNOWN, parts, share
from models.tests.layouts import indexed, refusal, tree, write

ROW = ("yes", "yes", "a", "train")
SPEAKERS = [f"{number:08x}" for number in range(200)]
NAMES = [f"{speaker}_nohash_0.wav" for speaker in SPEAKERS[:30]]


def splits(corpus) -> dict[str, set[str]]:
    """The names in each split."""
    found: dict[str, set[str]] = {"train": set(), "dev": set(), "test": set()}
    for utterance in corpus.utterances:
        found[utterance.split].add(utterance.name)
    return found


@pytest.mark.parametrize(
    ("speaker", "name"), [("alex", "mine"), ("0000beef", "Google Speech Commands v0.02")]
)
def test_whose_recordings_they_are(tmp_path, speaker, name):
    """The publisher's speakers are eight hexadecimal digits; your own words may have the rest of the name."""
    names = [f"{speaker}_nohash_{number}.wav" for number in range(3)]
    folder = tree(tmp_path / "mine", ("yes", "no"), names)
    corpus = read("words", folder)
    assert corpus.name == name and ("CC BY" in corpus.licence) is (name != "mine")
    assert {utterance.speaker for utterance in corpus.utterances} == {speaker}


def test_index(tmp_path):
    rows = [
        (word, word, speaker, "dev" if number % 4 == 0 else "train")
        for number, speaker in enumerate(SPEAKERS[:100]) for word in ("yes", "no")
    ]  # fmt: skip
    rows += [(UNKNOWN, "bird", SPEAKERS[1], "train"), (SILENCE, SILENCE, "noise1", "dev")]
    corpus = read("keywords", indexed(tmp_path, rows))
    assert corpus.labels == KEYWORDS
    counts = Counter(u.split for u in corpus.utterances)
    assert counts["test"] == 51
    assert 4 <= counts["dev"] <= 30
    for utterance, row in zip(corpus.utterances, rows, strict=True):
        assert (utterance.label, utterance.speaker) == (row[0], row[2])
        assert (utterance.split == "test") == (row[3] == "dev")
    by_speaker: dict[str, set[str]] = {}
    for utterance in corpus.utterances:
        by_speaker.setdefault(utterance.speaker, set()).add(utterance.split)
    assert all(len(found) == 1 for found in by_speaker.values())


def test_digits_out_of_an_index_are_trimmed(tmp_path):
    indexed(tmp_path, [ROW, (UNKNOWN, "seven", "a", "train"), (UNKNOWN, "bird", "b", "dev")])
    noise = np.concatenate([np.zeros(4000), np.full(4000, 0.5), np.zeros(4000)])
    soundfile.write(tmp_path / UNKNOWN / "a_nohash_1.flac", noise, 16000)
    (seven,) = read("digits", tmp_path).utterances
    assert (seven.label, seven.name) == ("seven", f"{UNKNOWN}/a_nohash_1")
    samples, rate = seven.sound()
    assert len(samples) == len(trim(noise.astype(np.float32), rate, TRIM_DB)) < 5000


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("../a.flac,yes,yes,a,train", "../a.flac: outside the folder"),
        ("/etc/passwd,yes,yes,a,train", "/etc/passwd: outside the folder"),
        ("yes/none.flac,yes,yes,a,train", "yes/none.flac: no such file"),
        ("yes/a_nohash_0.flac,up,yes,a,train", "label 'up' of the word 'yes'"),
        ("yes/a_nohash_0.flac,yes,yes,a,Train", "split 'Train', want train or dev"),
        ("yes/a_nohash_0.flac,yes,yes,a", "want 5 columns"),
        ("yes/a_nohash_0.flac,yes,yes,a,train,x", "want 5 columns"),
        ("x" * 200_000, "field larger than field limit (131072)"),
    ],
)
def test_wrong_row_of_an_index(tmp_path, row, said):
    index = indexed(tmp_path, [ROW]) / "index.csv"
    index.write_text(f"{index.read_text()}{row}\n")
    assert refusal("keywords", tmp_path) == f"{index}, line 3: {said}"


@pytest.mark.parametrize(("head", "said"), [("path,word\n", "path,word"), ("", "none"), ("\xff\n", "\ufffd")])
def test_wrong_columns_of_an_index(tmp_path, head, said):
    (tmp_path / "index.csv").write_bytes(head.encode("latin1"))
    assert refusal("keywords", tmp_path) == (
        f"{tmp_path}/index.csv: columns {said}, want path,label,word,speaker,split"
    )


def test_index_from_a_spreadsheet(tmp_path):
    index = indexed(tmp_path, [ROW]) / "index.csv"
    index.write_bytes(b"\xef\xbb\xbf" + index.read_bytes())  # a byte order mark
    assert len(read("keywords", tmp_path).utterances) == 1


def test_row_twice_in_an_index(tmp_path):
    index = indexed(tmp_path, [ROW]) / "index.csv"
    index.write_text(index.read_text() + index.read_text().splitlines()[1] + "\n")
    assert "yes/a_nohash_0 is there twice" in refusal("keywords", tmp_path)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The publisher's whole tree: 4 words, lists, background noise."""
    folder = tree(tmp_path_factory.mktemp("whole"), ["yes", "no", "bird", "seven"], NAMES)
    for split, first in (("testing", 0), ("validation", 5)):
        some = NAMES[first : first + 5]
        lines = [f"{word}/{name}" for word in ("yes", "no", "bird", "seven", "zero") for name in some]
        (folder / f"{split}_list.txt").write_text("\n".join(lines) + "\n")
    for seed, name in enumerate(("hum.wav", "pink.wav")):
        write(folder / NOISE / name, seed, 16000, seconds=20)
    (folder / NOISE / "README.md").touch()
    return folder


def test_whole_tree_is_divided_by_its_lists(whole):
    corpus = read("keywords", whole)
    assert corpus.name == "Google Speech Commands v0.02"
    listed = {"test": range(5), "dev": range(5, 10), "train": range(10, 30)}
    for split, places in listed.items():
        expected = {f"{word}/{NAMES[at][:-4]}" for word in ("yes", "no") for at in places}
        found = {u.name for u in corpus.utterances if u.split == split and u.label in KEYWORDS[2:]}
        assert found == expected


def test_some_of_the_other_words_are_unknown(whole):
    unknown = [u for u in read("keywords", whole).utterances if u.label == UNKNOWN]
    assert 1 <= len(unknown) <= 12  # a sixteenth of 60
    assert {u.name.split("/")[0] for u in unknown} <= {"bird", "seven"}
    assert [u for u in read("keywords", whole).utterances if u.label == UNKNOWN] == unknown


def test_silence_is_cut_from_the_background_noise(whole):
    silence = [u for u in read("keywords", whole).utterances if u.label == SILENCE]
    counts = Counter(u.split for u in silence)
    assert counts == {"train": 4, "dev": 1, "test": 1}  # a tenth of 40, 10 and 10 keywords
    noise = {path.stem: soundfile.read(path, dtype="float32")[0] for path in (whole / NOISE).glob("*.wav")}
    regions = {"train": (0.0, 0.8), "dev": (0.8, 0.9), "test": (0.9, 1.0)}
    for utterance in silence:
        samples, rate = utterance.sound()
        assert (len(samples), rate) == (16000, 16000)
        source = noise[utterance.name.split("/")[1]]
        at = int(np.correlate(source, samples[:200], "valid")[: 1 - rate + 199].argmax())
        gain = samples[0] / source[at]
        np.testing.assert_allclose(samples, gain * source[at : at + rate], atol=1e-6)
        low, high = (edge * len(source) for edge in regions[utterance.split])
        assert low <= at
        assert at + rate <= high
    assert len({u.sound()[0].tobytes() for u in silence}) == len(silence)


def test_digits_out_of_the_whole_tree(whole):
    corpus = read("digits", whole)
    assert corpus.labels == DIGITS
    assert {u.label for u in corpus.utterances} == {"seven"}
    assert Counter(u.split for u in corpus.utterances) == {"train": 20, "dev": 5, "test": 5}


def test_words_of_the_whole_tree(whole):
    corpus = read("words", whole)
    assert corpus.labels == ("bird", "no", "seven", "yes")
    assert Counter(u.split for u in corpus.utterances) == {"train": 80, "dev": 20, "test": 20}
    corpus.check_trainable()


def test_listed_file_that_is_missing(tmp_path):
    tree(tmp_path, ["yes"], NAMES[:3])
    lines = ["zero/x_nohash_0.wav", "", f"yes/{NAMES[0]}", "yes/x_nohash_0.wav"]
    (tmp_path / "testing_list.txt").write_text("\n".join(lines))
    assert refusal("keywords", tmp_path) == (
        f"{tmp_path}/testing_list.txt, line 4: lists yes/x_nohash_0.wav, which is not there"
    )


def test_list_of_the_whole_beside_a_selection(tmp_path):
    tree(tmp_path, ["yes"], NAMES[:3])
    lines = [f"yes/{NAMES[0]}", "yes/x_nohash_0.wav", "yes/y_nohash_0.wav"]
    (tmp_path / "testing_list.txt").write_text("\n".join(lines))
    assert [u.split for u in read("keywords", tmp_path).utterances] == ["test", "train", "train"]


def test_background_without_noise(tmp_path):
    tree(tmp_path, ["yes"], NAMES[:3])
    (tmp_path / NOISE).mkdir()
    assert refusal("keywords", tmp_path).startswith(f"{tmp_path}/{NOISE}: no noise to cut _silence_ from")


def test_noise_that_is_too_short(tmp_path):
    tree(tmp_path, ["yes"], NAMES[:10])
    path = write(tmp_path / NOISE / "short.wav", rate=16000, seconds=2)
    silence = {u.split: u for u in read("keywords", tmp_path).utterances if u.label == SILENCE}
    assert len(silence["train"].sound()[0]) == 16000  # out of 1.6 s
    with pytest.raises(ValueError, match=f"^{path}: 2 s of noise, want 10 s or more to cut from$"):
        silence["test"].sound()


def test_publishers_own_division():
    # Speakers of the official test set; and the shares that it states.
    assert {which_set(speaker) for speaker in ("022cd682", "0bac8a71", "0fa1e7a9", "0c540988")} == {"test"}
    counts = Counter(which_set(f"{number:08x}") for number in range(10_000))
    assert counts["train"] / 10_000 == pytest.approx(0.8, abs=0.02)
    assert counts["dev"] / 10_000 == pytest.approx(0.1, abs=0.02)


def test_tree_without_lists_is_divided_by_speaker_as_published(tmp_path):
    corpus = read("keywords", tree(tmp_path, ["yes", "no"], NAMES))
    assert {u.split for u in corpus.utterances} == {"train", "dev", "test"}
    assert all(u.split == which_set(u.speaker) for u in corpus.utterances)


def test_official_test_set_is_all_test(tmp_path):
    tree(tmp_path, KEYWORDS[2:], NAMES[:2])
    tree(tmp_path, [UNKNOWN], [f"{word}_{NAMES[0]}" for word in ("eight", "bird")])
    tree(tmp_path, [SILENCE], ["1.wav", "2.wav"])
    corpus = read("keywords", tmp_path)
    assert {u.split for u in corpus.utterances} == {"test"}
    assert Counter(u.label for u in corpus.utterances) == dict.fromkeys(KEYWORDS, 2)
    assert corpus.name == "Google Speech Commands v0.02"
    (eight,) = read("digits", tmp_path).utterances
    assert (eight.label, eight.speaker) == ("eight", SPEAKERS[0])


def test_words_are_divided_by_speaker_where_names_tell(tmp_path):
    for word in ("up", "down"):
        tree(tmp_path, [word], [f"{word}_p{number}_{take}.ogg" for number in range(12) for take in range(2)])
    corpus = read("words", tmp_path)
    assert "by speaker" in corpus.about
    speakers = {split: {u.speaker for u in corpus.utterances if u.split == split} for split in splits(corpus)}
    assert {split: len(found) for split, found in speakers.items()} == {"train": 10, "dev": 1, "test": 1}
    assert len(set.union(*speakers.values())) == 12
    corpus.check_trainable()


@pytest.mark.parametrize("name", ["{}.flac", "yes_me_{}.wav"])
def test_words_of_nobody_or_one_speaker_are_divided_by_file(tmp_path, name):
    corpus = read("words", tree(tmp_path, ["yes"], [name.format(number) for number in range(20)], 8000))
    assert "by file" in corpus.about
    assert corpus.name == tmp_path.name
    assert {split: len(names) for split, names in splits(corpus).items()} == {
        "train": 16,
        "dev": 2,
        "test": 2,
    }


def test_division_does_not_depend_on_the_folder(tmp_path):
    names = [f"{number}.wav" for number in range(10)]
    first, second = (read("words", tree(tmp_path / side, ["yes", "no"], names)) for side in "ab")
    assert splits(first) == splits(second)


def test_draws_are_the_same_on_every_machine():
    assert share("murmur") == pytest.approx(0.38282711536677283, abs=1e-15)
    found = parts([str(number) for number in range(20)])
    drawn = {split: {name for name in found if found[name] == split} for split in ("test", "dev")}
    assert drawn == {"test": {"8", "9"}, "dev": {"13", "17"}}


def test_speaker_of_words_held_out(tmp_path):
    tree(tmp_path, ["yes", "no"], NAMES)
    corpus = read("words", tmp_path, SPEAKERS[3])
    assert corpus.held_out == (SPEAKERS[3],)
    assert {u.split for u in corpus.utterances if u.speaker == SPEAKERS[3]} == {"test"}


def test_label_without_sound(tmp_path):
    tree(tmp_path, ["yes"], ["1.wav"])
    (tmp_path / "no").mkdir()
    (tmp_path / "no" / "1.txt").touch()
    assert refusal("words", tmp_path) == (
        f"{tmp_path}/no: a label without sound, want .wav, .flac or .ogg files in it"
    )


@pytest.mark.parametrize("count", [1, 2])
def test_class_that_cannot_be_divided(tmp_path, count):
    tree(tmp_path / "d", ["yes"], [f"{number}.wav" for number in range(5)])
    tree(tmp_path / "d", ["no"], [f"{number}.wav" for number in range(count)])
    with pytest.raises(ValueError, match="'no'") as refused:
        read("words", tmp_path / "d").check_trainable()
    assert str(refused.value) == (
        f"d: label 'no' has {count} of the 3 recordings that it takes to divide it into train, dev and test"
    )


def test_class_of_three_can_be_divided(tmp_path):
    read("words", tree(tmp_path, ["yes", "no"], ["1.wav", "2.wav", "3.wav"])).check_trainable()


def test_class_that_only_one_speaker_of_the_test_split_said(tmp_path):
    tree(tmp_path, ["yes"], [f"yes_p{number}_0.wav" for number in range(6)])
    who = next(u.speaker for u in read("words", tmp_path).utterances if u.split == "test")
    tree(tmp_path, ["no"], [f"no_{who}_{take}.wav" for take in range(4)])
    with pytest.raises(
        ValueError, match="'no' has no recording in the split train, its 4 are in dev and test"
    ):
        read("words", tmp_path).check_trainable()


def test_one_label_is_nothing_to_tell_apart(tmp_path):
    corpus = read("words", tree(tmp_path / "d", ["yes"], ["1.wav", "2.wav", "3.wav"]))
    with pytest.raises(ValueError, match=r"^d: only the label 'yes', want 2 or more to tell apart$"):
        corpus.check_trainable()


@pytest.mark.parametrize(("indices", "empty"), [((0, 40, 5), ""), ((0, 1, 5), "dev"), ((5, 6, 40), "test")])
def test_split_that_is_empty(tmp_path, indices, empty):
    from models.tests.layouts import fsdd

    corpus = read("digits", fsdd(tmp_path, speakers=("jackson",), indices=indices))
    if not empty:
        corpus.check_trainable()
        return
    with pytest.raises(ValueError, match=f"the split {empty} is empty"):
        corpus.check_trainable()
