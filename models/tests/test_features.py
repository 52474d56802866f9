# SPDX-License-Identifier: Apache-2.0
"""The front end: pieces give what the whole gives, silence is zero, loudness does not matter."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.audio import synthesise
from models.features import BANDS, LEVEL_FLOOR_DB, RANGE_DB, RATE, LogMel, Resampler, log_mel

RATES = [1000, 8000, 11025, 16000, 22050, 44100, 48000, 96000]


def noise(rate: int, seconds: float, seed: int = 1) -> np.ndarray:
    rng = np.random.default_rng(seed)
    samples = rng.uniform(-0.5, 0.5, int(rate * seconds)).astype(np.float32)
    return samples * np.linspace(0.01, 1, len(samples), dtype=np.float32)


@pytest.mark.parametrize("rate", RATES)
@settings(max_examples=12, deadline=None)
@given(data=st.data())
def test_pieces_give_what_the_whole_gives(rate, data):
    samples = noise(rate, 0.3)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(samples)), max_size=8)))
    front_end = LogMel(rate)
    pieces = [front_end.push(piece) for piece in np.split(samples, cuts)]
    whole = log_mel(samples, rate)
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
    front_end = LogMel(16000)
    pieces = np.concatenate([front_end.push(samples[at : at + 1]) for at in range(len(samples))])
    assert np.array_equal(pieces, log_mel(samples, 16000))


@pytest.mark.parametrize("rate", RATES)
def test_silence_is_zero(rate):
    features = log_mel(np.zeros(rate, np.float32), rate)
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
