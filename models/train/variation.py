# SPDX-License-Identifier: Apache-2.0
"""What the digits network is trained on: recordings and synthesised words, each in several variants.

numpy only. The same from the same seed; every part that draws has a generator of its own.
"""

import hashlib

import numpy as np

from ..audio import read_audio
from ..features import BANDS, HIGH_HZ, LOW_HZ, log_mel
from . import dataset

COMMANDS_REPEATED = 3
VARIANTS = 6  # resampled, noisy copies of each recording and synthesised word
MAX_FRAMES = 110


def generator(seed: int, part: str) -> np.random.Generator:
    """A generator of its own for one part of the training."""
    digest = hashlib.sha256(f"{seed}/train_digits/{part}".encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:8], "little"))


def _vary(samples: np.ndarray, rate: int, random: np.random.Generator) -> np.ndarray:
    """Features of a varied copy: other speed and pitch (a false sample rate), noise, an uneven spectrum."""
    rate = round(rate * random.uniform(0.84, 1.2) / 50.0) * 50
    signal = samples.astype(np.float64)
    power = (signal**2).mean() + 1e-12
    if random.random() < 0.5:
        noise = random.standard_normal(len(signal))
        slope = random.uniform(0.0, 0.95)
        noise[1:] += slope * noise[:-1]
        noise *= np.sqrt(power / (noise**2).mean()) * 10.0 ** (-random.uniform(12.0, 45.0) / 20.0)
        signal = signal + noise
    if random.random() < 0.5:  # one zero, one echo: a microphone and a room
        tilt, delay, echo = (
            random.uniform(-0.5, 0.5),
            int(rate * random.uniform(0.002, 0.03)),
            random.uniform(0, 0.3),
        )
        signal[1:] += tilt * signal[:-1]
        if delay < len(signal):
            signal[delay:] += echo * signal[:-delay]
    return log_mel(signal, rate)


def _warp_table() -> tuple[np.ndarray, np.ndarray]:
    """Centre frequencies of the bands, Hz [40], and mel edges' step: what a vocal tract warp needs."""
    mel = np.linspace(2595.0 * np.log10(1 + LOW_HZ / 700), 2595.0 * np.log10(1 + HIGH_HZ / 700), BANDS + 2)
    return 700.0 * (10.0 ** (mel[1:-1] / 2595.0) - 1.0), mel


_CENTRE_HZ, _MEL = _warp_table()


def augment(x: np.ndarray, random: np.random.Generator, late: bool) -> np.ndarray:
    """Cheap changes to features float32 [frames, 40], new in every epoch."""
    frames = len(x)
    # vocal tract length and tempo: read between bands and frames
    warped = 2595.0 * np.log10(1.0 + _CENTRE_HZ * random.uniform(0.9, 1.12) / 700.0)
    band = np.clip((warped - _MEL[1]) / (_MEL[1] - _MEL[0]), 0, BANDS - 1.001)
    length = max(8, min(MAX_FRAMES, round(frames * random.uniform(0.85, 1.18))))
    frame = np.linspace(0, frames - 1.001, length)
    b0, f0 = band.astype(int), frame.astype(int)
    x = x[f0] + (x[f0 + 1] - x[f0]) * (frame - f0)[:, None]
    x = x[:, b0] + (x[:, b0 + 1] - x[:, b0]) * (band - b0)[None, :]
    # level, spectral tilt and a little noise where there is sound
    tilt = np.linspace(-1, 1, BANDS) * random.normal(0.0, 7.0)
    x = np.where(x > 0, x + random.normal(0.0, 4.0) + tilt + random.normal(0.0, 2.0, x.shape), x)
    if random.random() < 0.3:  # quiet before and after the word
        before, after = random.integers(0, 14, 2)
        floor = random.uniform(-20.0, 35.0)
        quiet = random.normal(floor, 7.0, (before + after, BANDS))
        x = np.concatenate([quiet[:before], np.maximum(x, floor - 10.0), quiet[before:]])
    if late and random.random() < 0.5:
        width, first = random.integers(1, 5), random.integers(0, BANDS)
        x[:, first : first + width] = 0.0
        width, first = random.integers(1, 5), random.integers(0, len(x))
        x[first : first + width] = 0.0
    return np.clip(np.rint(x), 0, 127).astype(np.float32)[:MAX_FRAMES]


def training_pool(folder, commands, seed: int, excluded=()) -> tuple[list, list[int]]:
    """Each utterance as a list of variants int8 [frames, 40], the plain one first; and the digits."""
    random = generator(seed, "variants")
    sounds = []
    for recording in dataset.load_fsdd(folder):
        if dataset.split_of(recording) == "train" and recording.speaker not in excluded:
            sounds.append((recording.digit, *read_audio(recording.path)))
    if commands:  # few, but each of another speaker
        sounds += COMMANDS_REPEATED * list(dataset.spoken_commands(commands))
    voices = [
        f"{accent}+{variant}" if variant else accent
        for accent in dataset.ACCENTS
        for variant in dataset.VARIANTS
    ]
    for voice in voices:
        rate = int(random.choice(dataset.SPEAKING_RATES))
        sounds += dataset.synthetic_words([voice], [rate], [int(random.integers(0, 4))])
    for rate in dataset.SPEAKING_RATES:  # the default voice at every rate
        sounds += dataset.synthetic_words(["en-us"], [rate], [0, 1])
    pool, digits = [], []
    for digit, samples, rate in sounds:
        variants = [log_mel(samples, rate)] + [_vary(samples, rate, random) for _ in range(VARIANTS)]
        pool.append([x for x in variants if len(x) >= 8])
        digits.append(digit)
    return pool, digits
