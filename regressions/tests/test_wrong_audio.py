# SPDX-License-Identifier: Apache-2.0
"""Wrong use of `make sim TEST=speech`: what it is given to hear. docs/wrong-use.md, Audio."""

import re

import numpy as np
import pytest
import soundfile
import soxr
from click.testing import CliRunner

from models.audio import synthesise
from models.features import log_mel
from models.weight_file import WEIGHTS
from regressions.cli import cli
from regressions.paths import BUILD
from regressions.tests.shell import UNUSED
from tb.speech_input import batches, prepare, utterances
from tb.tests.simulation import simulate


@pytest.fixture(scope="module")
def seven() -> tuple[np.ndarray, int]:
    return synthesise("seven")


@pytest.fixture
def refused(monkeypatch):
    """Return a function from settings of `speech` to what is said of them; nothing may be built or left."""
    monkeypatch.setattr("regressions.launch.build", lambda *_a, **_k: pytest.fail("built"))

    def call(**settings: object) -> str:
        texts = [arg for key, value in settings.items() for arg in ("--set", f"{key}={value}")]
        result = CliRunner().invoke(cli, ["sim", "speech", "--seed", UNUSED, *texts])
        assert result.exit_code == 2, result.output
        *notes, line = result.output.splitlines()
        assert all(note.startswith("warning: ") for note in notes)
        assert line.startswith("error: ")
        assert not (BUILD / "speech" / UNUSED).exists()
        return line.removeprefix("error: ")

    return call


KINDS = [
    ("wav", "PCM_U8", 8000, 1), ("wav", "PCM_24", 16000, 1), ("wav", "FLOAT", 48000, 1),
    ("wav", "PCM_16", 44100, 2), ("flac", "PCM_16", 44100, 2), ("ogg", "VORBIS", 22050, 1),
    ("wav", "DOUBLE", 96000, 2), ("flac", "PCM_24", 48000, 1), ("wav", "ULAW", 8000, 1),
    ("WAV", "PCM_16", 11025, 6),
]  # fmt: skip


def test_every_kind_of_file_is_heard(tmp_path):
    folder = tmp_path / "recordings of all kinds"
    folder.mkdir()
    words = "zero one two three four five six seven eight nine".split()
    for digit, (suffix, subtype, rate, channels) in enumerate(KINDS):
        samples, own = synthesise(words[digit])
        samples = np.repeat(soxr.resample(samples, own, rate)[:, None], channels, axis=1)
        soundfile.write(folder / f"{digit}_voice_{digit}.{suffix}", samples, rate, subtype=subtype)
    result = simulate("speech", tmp_path, DATA=folder)
    assert result["status"] == "pass", result
    assert result["words"] == words


def test_stereo_file_of_44100_hz_is_heard(tmp_path, seven):
    samples = soxr.resample(*seven, 44100)
    soundfile.write(tmp_path / "seven.wav", np.stack([samples, 0.3 * samples], axis=1), 44100)
    result = simulate("speech", tmp_path, WAV=tmp_path / "seven.wav")
    assert result["status"] == "pass", result
    assert result["words"] == ["seven"]


def test_silence_runs_with_a_warning(tmp_path, capfd):
    soundfile.write(tmp_path / "quiet.wav", np.zeros(8000, np.int16), 8000)
    result = simulate("speech", tmp_path, WAV=tmp_path / "quiet.wav")
    assert result["status"] == "pass", result
    assert result["frames"] == 98 + 20
    assert (
        f"warning: WAV={tmp_path}/quiet.wav: silence: nothing in it is louder than -60 dB of full scale;"
        " the word heard may mean nothing\n" in capfd.readouterr().out
    )


def test_clipped_file_runs_with_a_warning(tmp_path, seven, capfd):
    samples, rate = seven
    soundfile.write(tmp_path / "loud.wav", np.clip(20 * samples, -1, 1), rate)
    result = simulate("speech", tmp_path, WAV=tmp_path / "loud.wav")
    assert result["status"] == "pass", result
    assert re.search(r"warning: WAV=.*loud.wav: clipped: [\d.]+ % of its samples", capfd.readouterr().out)


def test_file_of_10_ms(tmp_path, refused):
    soundfile.write(tmp_path / "short.wav", np.zeros(80, np.int16), 8000)
    assert refused(WAV=tmp_path / "short.wav") == (
        f"WAV={tmp_path}/short.wav: 10 ms of sound, want 25 ms or more"
    )


def test_file_of_ten_minutes_is_taken(tmp_path, seven):
    samples = np.resize(soxr.resample(*seven, 8000), 600 * 8000)
    soundfile.write(tmp_path / "long.wav", samples, 8000)
    ((said, group, features),) = utterances(prepare({"wav": str(tmp_path / "long.wav")}, 1))
    assert (said, group) == ("", "long.wav")
    assert features.shape == (59998, 40)
    assert features.any(axis=1).mean() > 0.9


def test_file_of_more_than_ten_minutes(tmp_path, refused):
    soundfile.write(tmp_path / "long.wav", np.zeros(601 * 8000, np.int16), 8000)
    assert refused(WAV=tmp_path / "long.wav") == (
        f"WAV={tmp_path}/long.wav: 601.0 s of sound, at most 600 s are taken"
    )


def test_wrong_file_costs_no_build(tmp_path, refused, seven):
    """Each reason has its own test in models/tests/test_audio.py; here is how it reaches the user."""
    (tmp_path / "text.wav").write_text("seven")
    (tmp_path / "empty.wav").touch()
    soundfile.write(tmp_path / "cut.wav", *seven)
    (tmp_path / "cut.wav").write_bytes((tmp_path / "cut.wav").read_bytes()[:5000])
    for name, said in {
        "text.wav": "not sound, or damaged (Format not recognised)",
        "empty.wav": "empty (0 bytes), want a sound file",
        "cut.wav": "cut short: 4956 of 21654 bytes of samples are there",
        "no.wav": "no such file",
        "no\n\x1b.wav": "no such file",
        ".": "a folder, want a sound file",
    }.items():
        name_shown = name.replace("\n", r"\n").replace("\x1b", r"\x1b")
        assert refused(WAV=f"{tmp_path}/{name}") == f"WAV={tmp_path}/{name_shown}: {said}"


def test_one_source_at_a_time(refused):
    said = refused(SAY="one", WAV="x.wav")
    assert said == "give only one of SAY, WAV, DATA, not SAY and WAV"
    assert refused(SAY="one", WAV="x.wav", DATA="y").endswith("not SAY and WAV and DATA")


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"SAY": "sevn two"}, "SAY=sevn two: 'sevn' is no word of this network; did you mean seven"),
        ({"SAY": "7"}, "SAY=7: '7' is no word of this network; did you mean seven?"),
        ({"SAY": "xyzzy"}, "SAY=xyzzy: 'xyzzy' is no word of this network; known: zero one two"),
        ({"SAY": ""}, "SAY=: empty"),
        ({"SAY": " , "}, "SAY= , : no word in it, known: zero one two"),
        ({"VOICE": "en-su"}, "VOICE=en-su: eSpeak NG has no voice 'en-su'; did you mean en-us"),
        ({"VOICE": "en-us+lind"}, "VOICE=en-us+lind: eSpeak NG has no variant 'lind'; did you mean linda"),
        ({"VOICE": "en", "WAV": "x.wav"}, "VOICE=en: is the voice of SAY=, not of a recording"),
        ({"VOICE": "en", "DATA": "x"}, "VOICE=en: is the voice of SAY=, not of a recording"),
        ({"SPLIT": "test", "WAV": "x.wav"}, "SPLIT=test: chooses among the recordings of DATA="),
        ({"SPLIT": "test"}, "SPLIT=test: chooses among the recordings of DATA="),
        ({"DATA": "/nodir"}, "DATA=/nodir: no such folder"),
        ({"DATA": __file__}, f"DATA={__file__}: cannot be read: Not a directory"),
        ({"WAVE": "x.wav"}, "WAVE=x.wav: test speech has no such setting, did you mean wav"),
    ],
)
def test_wrong_setting_of_speech(refused, settings, said):
    assert refused(**settings).startswith(said)


def test_capitals_do_not_matter():
    found = utterances(prepare({"say": "Seven, TWO"}, 1))
    assert [said for said, _, _ in found] == ["seven", "two"]


def test_seed_and_voice_pick_the_sound():
    def heard(seed: int, **settings: str) -> np.ndarray:
        return prepare({"say": "seven", **settings}, seed)["features"]

    assert np.array_equal(heard(3), heard(3))
    sounds = [heard(1), heard(2), heard(3), heard(1, voice="en-us+f4"), heard(1, voice="en-gb-scotland")]
    assert len({sound.tobytes() for sound in sounds}) == len(sounds)
    # seed 1, what a run without SEED has, speaks at the voice's middle pitch
    assert np.array_equal(heard(1), log_mel(*synthesise("seven", "en-us", seed=0)))


def test_folder_of_recordings(tmp_path, refused, seven):
    assert refused(DATA=tmp_path).startswith(
        f"DATA={tmp_path}: nothing for digits among its 0 files; looked for {{digit}}_{{speaker}}_{{index}}"
    )
    soundfile.write(tmp_path / "7_voice_3.wav", *seven)
    (tmp_path / "readme.txt").touch()
    assert refused(DATA=tmp_path, SPLIT="sen") == "SPLIT=sen: no such split, known: train, dev, test"
    assert refused(DATA=tmp_path, SPLIT="dev") == (
        f"SPLIT=dev: none of the 1 recordings in {tmp_path} belongs to it"
    )
    (tmp_path / "3_voice_4.wav").touch()
    assert refused(DATA=tmp_path) == (
        f"DATA={tmp_path}: {tmp_path}/3_voice_4.wav: empty (0 bytes), want a sound file"
    )
    (tmp_path / "3_voice_4.wav").rename(tmp_path / "seven.wav")
    assert refused(DATA=tmp_path).startswith(f"DATA={tmp_path}/seven.wav: not named {{digit}}_")


def test_recordings_that_are_hard_to_hear(tmp_path, seven, capsys):
    soundfile.write(tmp_path / "7_voice_3.wav", *seven)
    soundfile.write(tmp_path / "7_voice_4.wav", np.zeros(8000), 8000)
    for name in ("readme.txt", ".hidden"):
        (tmp_path / name).touch()
    found = utterances(prepare({"data": str(tmp_path)}, 1))
    assert [(said, group) for said, group, _ in found] == [("seven", "test")] * 2
    assert capsys.readouterr().out.splitlines() == [
        f"warning: DATA={tmp_path}: 1 of 2 are hard to hear, as 7_voice_4:"
        " silence: nothing in it is louder than -60 dB of full scale",
    ]


def test_names_with_control_characters_stay_on_one_line(tmp_path, seven, capsys):
    soundfile.write(tmp_path / "a\nb.wav", np.zeros(8000), 8000)
    ((_, group, _),) = utterances(prepare({"wav": str(tmp_path / "a\nb.wav")}, 1))
    assert group == r"a\nb.wav"
    (warning,) = capsys.readouterr().out.splitlines()
    assert warning.startswith(rf"warning: WAV={tmp_path}/a\nb.wav: silence: ")


def test_long_recordings_are_not_held_together():
    found = [
        ("", str(at), np.zeros((length, 40), np.int8)) for at, length in enumerate([5, 5, 1, 20, 2, 2, 2, 2])
    ]
    parts = [[int(name) for _, name, _ in part] for part in batches(found, count=3, frames=10)]
    assert parts == [[0, 1], [2], [3], [4, 5, 6], [7]]


def test_damaged_weights_cost_no_build(tmp_path, refused):
    path = tmp_path / "digits.safetensors"
    path.write_bytes((WEIGHTS / path.name).read_bytes()[:1000])
    assert refused(SAY="one", WEIGHTS=path).startswith(
        f"WEIGHTS={path} is damaged, or not a .safetensors file: "
    )
    assert refused(WEIGHTS="digit").startswith("WEIGHTS=digit: no such network is shipped, want digits")


def test_inputs_are_the_whole_of_what_the_run_gets(tmp_path):
    simulate("speech", tmp_path, SAY="three")
    with np.load(tmp_path / "speech" / "1" / "inputs.npz", allow_pickle=False) as file:
        ((said, _, features),) = utterances(dict(file))
    assert said == "three"
    assert np.array_equal(features, utterances(prepare({"say": "three"}, 1))[0][2])
    assert not list((tmp_path / "speech" / "1").glob(".inputs*"))
