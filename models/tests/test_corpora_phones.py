# SPDX-License-Identifier: Apache-2.0
"""TIMIT: its phones folded, its speakers divided, and files that are wrong."""

from pathlib import Path

import pytest

from models.corpora import SIL, Segment, Utterance, frame_labels, read
from models.corpora.phones import FOLD, IPA, PHONES
from models.corpora.timit import FOLDS
from models.tests.layouts import PHN, refusal, timit, write

# All that TIMIT's phoncode.doc lists.
TIMIT_61 = (
    "b d g p t k dx q jh ch s sh z zh f th v dh m n ng em en eng nx l r w y hh hv el iy ih eh ey ae aa aw ay"
    " ah ao oy ow uh uw ux er ax ix axr ax-h pau epi h# bcl dcl gcl pcl tcl kcl"
).split()  # fmt: skip
WHO = [f"{sex}{n:02}" for n in range(12) for sex in "fm"]
PEOPLE = [f"dr{1 + n % 8}-{sex}{n:02}x0" for n in range(7) for sex in "fm"]


def test_61_phones_fold_into_39():
    assert len(TIMIT_61) == len(set(TIMIT_61)) == 61
    assert set(TIMIT_61) - {"q"} == set(FOLD)
    assert set(FOLD.values()) == set(PHONES)
    assert len(PHONES) == len(set(PHONES)) == 39
    assert all(FOLD[phone] == phone for phone in PHONES if phone != SIL)
    assert {phone for phones in IPA.values() for phone in phones} == set(PHONES)


def test_page_shows_the_folding():
    page = (Path(__file__).resolve().parents[2] / "docs" / "data.md").read_text()
    table = page[page.index("| class | TIMIT |") :].split("\n\n")[0].splitlines()[2:]
    cells = [cell.strip() for row in table for cell in row.strip("|").split("|")]
    shown = dict(zip(cells[::2], cells[1::2], strict=True))
    assert shown.pop("(none)") == "q"
    shown.pop("")
    folded = {folded: " ".join(p for p in FOLD if FOLD[p] == folded) for folded in PHONES}
    assert shown == {folded: members for folded, members in folded.items() if members != folded}


def test_sentences_of_the_sample(tmp_path):
    corpus = read("phones", timit(tmp_path, speakers=PEOPLE))
    assert corpus.labels == PHONES
    assert len(corpus.utterances) == 28  # without sa1
    first = corpus.utterances[0]
    assert first.name == "dr1-f00x0/si1"
    assert (first.label, first.speaker) == ("", "f00x0")
    assert first.segments == tuple(
        Segment(start / 16000, end / 16000, label)
        for start, end, label in [(0, 400, SIL), (800, 1000, SIL), (1000, 1200, "p"), (1200, 1500, "ih")]
    )
    assert first.sound()[1] == 16000
    corpus.check_trainable()


@pytest.mark.parametrize("fold", [None, *map(str, range(FOLDS))])
def test_folds_are_apart_by_speaker(tmp_path, fold):
    corpus = read("phones", timit(tmp_path, speakers=PEOPLE), fold)
    speakers: dict[str, set[str]] = {"train": set(), "dev": set(), "test": set()}
    for utterance in corpus.utterances:
        speakers[utterance.split].add(utterance.speaker)
    assert {split: sorted(who[0] for who in found) for split, found in speakers.items()} == {
        "train": ["f"] * 5 + ["m"] * 5, "dev": ["f", "m"], "test": ["f", "m"],
    }  # fmt: skip
    assert len(set.union(*speakers.values())) == 14
    assert set(corpus.held_out) == speakers["test"]
    if fold == "1":
        assert speakers["test"] == {"f01x0", "m01x0"}


@pytest.mark.parametrize("fold", ["7", "-1", "f00x0", ""])
def test_fold_that_is_none(tmp_path, fold):
    assert refusal("phones", timit(tmp_path), fold) == f"{tmp_path}: fold {fold!r} to hold out, want 0 to 6"


@pytest.mark.parametrize("upper", [True, False])
def test_whole_is_divided_as_published(tmp_path, upper):
    people = [
        f"{'' if upper else 'timit/'}{part}/dr1/{sex}{n:02}x0"
        for part in ("train", "test")
        for n in range(12)
        for sex in "fm"
    ]
    timit(tmp_path, speakers=[who.upper() if upper else who for who in people])
    corpus = read("phones", tmp_path)
    test = [u for u in corpus.utterances if u.split == "test"]
    assert len(test) == 48
    assert all("test/" in u.name.lower() for u in test)
    others = {split: {u.speaker for u in corpus.utterances if u.split == split} for split in ("train", "dev")}
    assert others["train"]
    assert not others["train"] & others["dev"]
    samples, rate = test[0].sound()
    assert (len(samples), rate) == (1600, 16000)
    assert not corpus.held_out
    assert read("phones", tmp_path, "0").held_out  # folds, when asked for


def test_frames_have_the_phone_at_their_middle(tmp_path):
    # frame f: 10 f ms to 10 f + 25 ms, its middle at 10 f + 12.5 ms
    segments = (Segment(0, 0.0125, "p"), Segment(0.0125, 0.0324, "ih"), Segment(0.0325, 0.0425, "s"))
    sentence = Utterance("x", "", "", "train", None, segments)
    expected = [PHONES.index("ih"), PHONES.index("ih"), PHONES.index("s"), -1]
    assert frame_labels(sentence.segments, 4, PHONES).tolist() == expected


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("0 400 h#\n400 500 xx\n", ", line 2: 'xx' is none of TIMIT's phones"),
        ("0 400 h#\n300 500 p\n", ", line 2: samples 300 to 500, want them in order, none before 400"),
        ("0 400 h#\n400 400 p\n", ", line 2: samples 400 to 400, want them in order, none before 400"),
        (
            "0 400 h#\n400 3200 p\n",
            ", line 2: ends at sample 3200, si1.flac has 1600: is that of another rate?",
        ),
        ("0 400\n", ", line 1: '0 400', want the first sample, the last and the phone"),
        ("-5 400 h#\n", ", line 1: '-5 400 h#', want the first sample, the last and the phone"),
        ("0.0 0.4 h#\n", ", line 1: '0.0 0.4 h#', want the first sample, the last and the phone"),
        ("\x1b\n", r", line 1: '\x1b', want the first sample, the last and the phone"),
        ("\n", ": no phones in it"),
        ("0 400 q\n", ": no phones in it"),
    ],
)
def test_wrong_phones(tmp_path, lines, said):
    folder = timit(tmp_path, sentences=("si1",), speakers=("dr1-fabc0",), phn=lines) / "dr1-fabc0"
    assert refusal("phones", tmp_path) == f"{folder}/si1.phn{said}"


def test_phones_without_sound(tmp_path):
    folder = timit(tmp_path) / "dr1-fabc0"
    (folder / "si1.flac").unlink()
    assert refusal("phones", tmp_path) == (
        f"{folder}/si1.phn: no sound beside it, want si1.wav, .flac or .ogg"
    )


def test_sound_that_was_converted_beside_its_first_name(tmp_path):
    folder = timit(tmp_path) / "dr1-fabc0"
    (folder / "si1.flac").rename(folder / "si1.WAV.flac")
    assert read("phones", tmp_path).utterances[0].sound.path == folder / "si1.WAV.flac"


def test_phones_of_a_damaged_sound(tmp_path):
    folder = timit(tmp_path) / "dr1-fabc0"
    (folder / "si1.flac").write_text("no sound")
    assert refusal("phones", tmp_path).startswith(f"{folder}/si1.flac: not sound, or damaged")


def test_phones_times_of_another_rate(tmp_path):
    folder = timit(tmp_path, sentences=("si1",), phn=PHN) / "dr1-fabc0"
    write(folder / "si1.flac", rate=8000)
    assert refusal("phones", tmp_path).endswith(
        "si1.phn, line 3: ends at sample 1000, si1.flac has 800: is that of another rate?"
    )
