# SPDX-License-Identifier: Apache-2.0
"""The front end: pieces give what the whole gives, silence is zero, loudness does not matter."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.audio import synthesise
from models.features import (
    BANDS,
    KINDS,
    LEVEL_FLOOR_DB,
    RANGE_DB,
    RATE,
    LogMel,
    Resampler,
    extract,
    front_end,
    log_mel,
)

RATES = [1000, 8000, 11025, 16000, 22050, 44100, 48000, 96000]


def noise(rate: int, seconds: float, seed: int = 1) -> np.ndarray:
    rng = np.random.default_rng(seed)
    samples = rng.uniform(-0.5, 0.5, int(rate * seconds)).astype(np.float32)
    return samples * np.linspace(0.01, 1, len(samples), dtype=np.float32)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("rate", RATES)
@settings(max_examples=8, deadline=None)
@given(data=st.data())
def test_pieces_give_what_the_whole_gives(rate, kind, data):
    samples = noise(rate, 0.3)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(samples)), max_size=8)))
    stream = front_end(rate, kind)
    pieces = [stream.push(piece) for piece in np.split(samples, cuts)]
    whole = extract(samples, rate, kind)
    assert len(whole) >= 20
    assert np.array_equal(np.concatenate(pieces), whole)


@pytest.mark.parametrize("rate", RATES)
@settings(max_examples=12, deadline=None)
@given(data=st.data())
def test_resampler_in_pieces_gives_the_whole_to_the_bit(rate, data):
    samples = noise(rate, 0.1).astype(np.float64)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(samples)), max_size=8)))
    resampler = Resampler(rate)
    pieces = [resampler.push(piece) for piece in np.split(samples, cuts)]
    assert np.array_equal(np.concatenate(pieces), Resampler(rate).push(samples))


def test_one_sample_at_a_time():
    samples = noise(16000, 0.1)
    stream = LogMel(16000)
    pieces = np.concatenate([stream.push(samples[at : at + 1]) for at in range(len(samples))])
    assert np.array_equal(pieces, log_mel(samples, 16000))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("rate", RATES)
def test_silence_is_zero(rate, kind):
    features = extract(np.zeros(rate, np.float32), rate, kind)
    assert features.dtype == np.int8
    assert features.shape[1] == BANDS
    assert len(features) >= 95
    assert not features.any()


def test_sound_below_the_range_is_zero():
    time = np.arange(RATE) / RATE
    tone = np.sin(2 * np.pi * 1000 * time)
    below = 10 ** ((LEVEL_FLOOR_DB - RANGE_DB - 6) / 20)
    assert not log_mel(below * tone, RATE).any()
    assert log_mel(1e3 * below * tone, RATE).any()


@pytest.mark.parametrize("gain", [0.5, 0.1, 0.03])
def test_loudness_does_not_matter(gain):
    samples, rate = synthesise("seven")
    samples = samples / np.abs(samples).max()
    loud, soft = (log_mel(g * samples, rate).astype(int) for g in (1.0, gain))
    # A beginning quieter than the floor is not raised, so only what follows must agree.
    begun = int(np.argmax(soft.max(axis=1) == 127))
    assert begun < len(soft) // 2
    assert np.abs(loud[begun:] - soft[begun:]).max() <= 1


def test_numbers_stay_in_their_half():
    features = log_mel(noise(RATE, 1.0), RATE)
    assert features.min() >= 0
    assert features.max() == 127


def test_tone_shows_in_its_band():
    time = np.arange(RATE) / RATE
    loudest = [int(log_mel(np.sin(2 * np.pi * hz * time), RATE)[5].argmax()) for hz in (200, 500, 1000, 3000)]
    assert loudest == sorted(set(loudest))
    assert 0 < loudest[0] < loudest[-1] < BANDS


@pytest.mark.parametrize(("count", "frames"), [(0, 0), (199, 0), (200, 1), (279, 1), (280, 2), (8000, 98)])
def test_number_of_frames(count, frames):
    assert log_mel(np.zeros(count, np.float32), RATE).shape == (frames, BANDS)


@pytest.mark.parametrize(("rate", "hz"), [(16000, 1000.0), (44100, 440.0), (11025, 2500.0), (6000, 700.0)])
def test_resampler_keeps_a_tone(rate, hz):
    tone = np.sin(2 * np.pi * hz * np.arange(rate) / rate)
    out = Resampler(rate).push(tone)
    inner = slice(200, len(out) - 200)
    expected = np.sin(2 * np.pi * hz * np.arange(len(out)) / RATE)
    assert len(out) > 7000
    assert np.abs(out[inner] - expected[inner]).max() < 1e-3


def test_resampler_stops_what_would_fold():
    tone = np.sin(2 * np.pi * 6000 * np.arange(16000) / 16000)
    out = Resampler(16000).push(tone)
    assert np.abs(out[200:-200]).max() < 1e-4


def sound(rate: int) -> np.ndarray:
    """Two seconds of tones that glide, swell and stop, written down for each rate: nothing is resampled."""
    time = np.arange(2 * rate) / rate
    parts = [
        np.sin(2 * np.pi * (hz * time + slope * time**2))
        for hz, slope in ((150, 60), (900, 500), (3000, -700))
    ]
    return (0.2 * np.abs(np.sin(3 * time)) * sum(parts) * (time % 0.7 < 0.6)).astype(np.float32)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("rate", [16000, 44100, 48000])
def test_features_hardly_depend_on_the_rate(rate, kind):
    at_8000, found = (extract(sound(one), one, kind).astype(int) for one in (RATE, rate))
    assert len(at_8000) - len(found) in (0, 1)
    apart = np.abs(at_8000[: len(found)] - found)
    assert apart.mean() < 0.2
    assert (apart > 3).mean() < 0.01
    assert apart.max() <= 24  # where the sound stops within a sample


def test_cepstrum_is_the_stated_sum():
    samples = noise(RATE, 0.5)
    bands = extract(samples, RATE).astype(float)
    k, b = np.arange(BANDS)[:, None], np.arange(BANDS)[None, :]
    gain = np.sqrt(2 / 40) * (0.35 + 0.07 * (k - 1))
    gain[0] = 1 / 40
    expected = np.clip(bands @ (gain * np.cos(np.pi * k * (b + 0.5) / 40)).T, -127, 127)
    found = extract(samples, RATE, "mfcc")
    assert found.dtype == np.int8
    assert found.min() < -20
    assert np.abs(found - expected).max() <= 0.55  # half a number, and the matrix in 65536ths


def test_numbers_of_a_cepstrum_are_cut_off_at_the_ends(monkeypatch):
    monkeypatch.setattr(
        "models.features._CEPSTRUM",
        16000 * np.sign(np.arange(BANDS) - 20)[:, None] * np.ones((1, BANDS), int),
    )
    found = extract(noise(RATE, 0.5), RATE, "mfcc")
    assert (found.min(), found.max()) == (-127, 127)


def test_unknown_kind_is_refused():
    with pytest.raises(ValueError, match=r"^features of kind 'mel', want log-mel or mfcc$"):
        front_end(RATE, "mel")


@pytest.mark.parametrize("rate", [0, 999, 384_001, 44100.5])
def test_impossible_rate_is_refused(rate):
    with pytest.raises(ValueError, match="sample rate"):
        LogMel(rate)


@pytest.mark.parametrize(
    ("samples", "said"),
    [(np.zeros((10, 2)), "mono"), (np.array([0.0, np.nan]), "NaN"), (np.array([np.inf]), "infinity")],
)
def test_samples_that_cannot_be_are_refused(samples, said):
    with pytest.raises(ValueError, match=said):
        log_mel(samples, RATE)
