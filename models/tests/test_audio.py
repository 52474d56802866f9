# SPDX-License-Identifier: Apache-2.0
"""Sound from files of every kind, and from the synthesiser; what is no sound is refused in one line."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from models.audio import MAX_SECONDS, complaint, read_audio, synthesise
from models.features import log_mel
from models.tests.sounds import refusal

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def word() -> tuple[np.ndarray, int]:
    return synthesise("seven")


@pytest.mark.parametrize(
    ("suffix", "subtype", "tolerance"),
    [
        ("wav", "PCM_U8", 2**-7), ("wav", "PCM_16", 2**-14), ("wav", "PCM_24", 2**-14),
        ("wav", "PCM_32", 2**-14), ("wav", "FLOAT", 0), ("wav", "DOUBLE", 0), ("wav", "ULAW", 0.03),
        ("wav", "ALAW", 0.03), ("au", "PCM_24", 2**-14),
        ("flac", "PCM_16", 2**-14), ("ogg", "VORBIS", 0.1), ("aiff", "PCM_16", 2**-14),
    ],
)  # fmt: skip
def test_every_kind_of_file_gives_its_samples(tmp_path, word, suffix, subtype, tolerance):
    samples, rate = word
    path = tmp_path / f"word.{suffix}"
    soundfile.write(path, samples, rate, subtype=subtype)
    read, found = read_audio(path)
    assert found == rate
    assert read.dtype == np.float32
    assert len(read) == len(samples)
    assert np.abs(read - samples).max() <= tolerance


def test_channels_are_averaged(tmp_path):
    path = tmp_path / "two.wav"
    left, right = np.linspace(-0.5, 0.5, 1000), np.linspace(0.25, -0.25, 1000)
    soundfile.write(path, np.stack([left, right], axis=1), 8000, subtype="FLOAT")
    samples, _ = read_audio(path)
    np.testing.assert_allclose(samples, (left + right) / 2, atol=1e-7)


def test_file_longer_than_a_block_is_read_whole(tmp_path):
    noise = np.random.default_rng(1).uniform(-0.5, 0.5, 600_000).astype(np.float32)
    soundfile.write(tmp_path / "long.wav", noise, 16000, subtype="FLOAT")
    assert np.array_equal(read_audio(tmp_path / "long.wav")[0], noise)


def test_missing_file(tmp_path):
    assert refusal(tmp_path / "no.wav") == "no such file"


def test_folder(tmp_path):
    assert refusal(tmp_path) == "a folder, want a sound file"


def test_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.wav")
    assert refusal(tmp_path / "pipe.wav") == "not a plain file, want a sound file"


def test_empty_file(tmp_path):
    (tmp_path / "empty.wav").touch()
    assert refusal(tmp_path / "empty.wav") == "empty (0 bytes), want a sound file"


def test_text(tmp_path):
    (tmp_path / "text.wav").write_text("seven " * 100)
    assert refusal(tmp_path / "text.wav") == "not sound, or damaged (Format not recognised)"


def test_raw_samples(tmp_path):
    (tmp_path / "word.raw").write_bytes(bytes(1000))
    assert refusal(tmp_path / "word.raw").startswith("raw samples without a header")


def test_header_without_samples(tmp_path):
    soundfile.write(tmp_path / "none.wav", np.zeros(0, np.float32), 8000)
    assert refusal(tmp_path / "none.wav") == "no samples in it"


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e38, -16.001])
@pytest.mark.parametrize("at", [7, 300_000])
def test_samples_that_cannot_be_right(tmp_path, value, at):
    samples = np.zeros((300_001, 2), np.float32)
    samples[at] = value, -value  # their mean is 0, or not a number
    soundfile.write(tmp_path / "bad.wav", samples, 8000, subtype="FLOAT")
    assert refusal(tmp_path / "bad.wav") == f"sample {at} is {value:g}, want -16 to 16 (1 is full scale)"


def test_samples_somewhat_above_full_scale(tmp_path):
    samples = np.linspace(-16, 16, 1000, dtype=np.float32)
    soundfile.write(tmp_path / "loud.wav", samples, 8000, subtype="FLOAT")
    assert np.array_equal(read_audio(tmp_path / "loud.wav")[0], samples)


def test_name_that_would_break_the_line(tmp_path):
    with pytest.raises(ValueError, match="no such file") as refused:
        read_audio(tmp_path / "a\nb\x1b\udcff\u2028 é.wav")
    assert str(refused.value) == rf"{tmp_path}/a\nb\x1b\udcff\u2028 é.wav: no such file"


@pytest.mark.parametrize("rate", [1, 999, 384_001, 2_000_000_000])
def test_rate_that_nobody_records_at(tmp_path, rate):
    soundfile.write(tmp_path / "rate.wav", np.zeros(100, np.float32), rate)
    assert refusal(tmp_path / "rate.wav") == f"{rate} Hz, want a sample rate of 1000 to 384000 Hz"


@pytest.mark.parametrize("rate", [1000, 384_000])
def test_rates_at_the_edge(tmp_path, rate):
    soundfile.write(tmp_path / "rate.wav", np.zeros(100, np.float32), rate)
    assert read_audio(tmp_path / "rate.wav")[1] == rate


def test_longest_file(tmp_path):
    path = tmp_path / "long.wav"
    soundfile.write(path, np.zeros(MAX_SECONDS * 1000, np.int16), 1000)
    assert len(read_audio(path)[0]) == MAX_SECONDS * 1000
    soundfile.write(path, np.zeros(MAX_SECONDS * 1000 + 1, np.int16), 1000)
    assert refusal(path) == "600.0 s of sound, at most 600 s are taken"


def test_unreadable_file(tmp_path, word):
    path = tmp_path / "secret.wav"
    soundfile.write(path, *word)
    path.chmod(0)
    if os.geteuid():
        assert refusal(path) == "cannot be read: Permission denied"
        return
    # root may read everything, so it becomes somebody else: after the imports, as the project's folder may be
    # closed to others; the folders on the way to the file must be open
    for folder in [tmp_path, *tmp_path.parents][:3]:
        folder.chmod(folder.stat().st_mode | 0o055)
    program = (
        "import os, soundfile\nfrom models.audio import read_audio\n"
        "os.setgroups([]); os.setuid(65534)\n"
        f"try: read_audio({str(path)!r})\nexcept ValueError as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout == f"{path}: cannot be read: Permission denied\n", done.stderr


def test_silence_and_clipping_are_named(word):
    samples, _ = word
    assert complaint(samples) == ""
    assert complaint(np.zeros(8000, np.float32)).startswith("silence: nothing in it is louder than -60 dB")
    assert complaint(samples * 1e-4).startswith("silence")
    assert complaint(np.clip(20 * samples, -1, 1)).startswith("clipped: ")
    assert complaint(samples / np.abs(samples).max()) == ""  # one sample at full scale is no clipping


def test_where_silence_and_clipping_begin():
    assert complaint(np.array([0, -1e-3])) == ""
    assert complaint(np.array([0, -0.99e-3])).startswith("silence")
    samples = np.full(1000, 0.9989)
    samples[:10] = 0.999, *[-1] * 9
    assert complaint(samples) == ""
    samples[10] = -0.999
    assert complaint(samples) == "clipped: 1.1 % of its samples are at full scale"


@pytest.mark.parametrize(("rate", "taken"), [(79, False), (80, True), (450, True), (451, False)])
def test_speaking_rates(rate, taken):
    if taken:
        assert len(synthesise("seven", rate=rate)[0])
        return
    with pytest.raises(ValueError, match=f"speaking rate {rate}: 80 to 450 words a minute are possible"):
        synthesise("seven", rate=rate)


def test_synthesis_is_repeatable():
    first = synthesise("seven", "en-us", seed=3)
    synthesise("two", "en-gb-scotland", seed=5)
    again = synthesise("seven", "en-us", seed=3)
    assert again[1] == first[1]
    assert np.array_equal(again[0], first[0])
    program = (
        "import hashlib; from models.audio import synthesise\n"
        "print(hashlib.sha256(synthesise('seven', 'en-us', seed=3)[0].tobytes()).hexdigest())"
    )
    other = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert other.stdout.strip() == hashlib.sha256(first[0].tobytes()).hexdigest()


def test_seed_word_and_voice_change_the_sound():
    sounds = [
        synthesise("seven"), synthesise("seven", seed=1), synthesise("two"),
        synthesise("seven", "en-us+f4"), synthesise("seven", rate=200),
    ]  # fmt: skip
    assert len({samples.tobytes() for samples, _ in sounds}) == len(sounds)


@pytest.mark.parametrize(
    ("voice", "said"),
    [
        ("en-su", "eSpeak NG has no voice 'en-su'; did you mean en-us"),
        ("en-us+lind", "eSpeak NG has no variant 'lind'; did you mean linda"),
        ("../../x", "eSpeak NG has no voice '../../x'"),
    ],
)
def test_unknown_voice_names_near_ones(voice, said):
    with pytest.raises(ValueError, match=r"eSpeak NG has no") as refused:
        synthesise("seven", voice)
    assert str(refused.value).startswith(said)


@pytest.mark.parametrize("rate", [8000, 16000, 44100, 48000])
def test_features_hardly_depend_on_the_files_rate(word, rate):
    import soxr

    samples, own = word
    # 8 kHz is the internal rate; the bands end at 3.8 kHz, so every file carries the whole of them
    reference = log_mel(samples, own).astype(int)
    found = log_mel(soxr.resample(samples, own, rate), rate).astype(int)
    frames = min(len(reference), len(found))
    assert abs(len(reference) - len(found)) <= 1
    assert np.abs(reference[:frames] - found[:frames]).mean() < 2
