# SPDX-License-Identifier: Apache-2.0
"""Changes to sound and to features that are new in every epoch: numpy and soxr.

Strength 0..1 grows over the first epochs: heavy augmentation from the first one underfits.
"""

import numpy as np
import soxr

from ..features import BANDS, HIGH_HZ, HOP, LOW_HZ, RATE, WINDOW, log_mel

SHIFT_S = 0.1  # to either side
MIN_FRAMES = 8


def shifted(signal: np.ndarray, shift: int) -> np.ndarray:
    """Later by `shift` samples, earlier when negative; what comes in is the end beside it, mirrored."""
    if shift == 0 or abs(shift) >= len(signal):
        return signal
    if shift > 0:
        return np.concatenate([signal[shift:0:-1], signal[:-shift]])
    return np.concatenate([signal[-shift:], signal[-2 : shift - 2 : -1]])[: len(signal)]


def moved(target, middle: np.ndarray):
    """The target of a word as it is; of frames, that of the frame whose middle was at sample `middle`
    [frames] of 8 kHz before, -1 where there was none."""
    if not isinstance(target, np.ndarray):
        return target
    old = np.rint((middle - WINDOW / 2) / HOP).astype(int)
    inside = (old >= 0) & (old < len(target))
    return np.where(inside, target[np.clip(old, 0, len(target) - 1)], -1)


def vary_sound(item, random: np.random.Generator, strength: float, noises):
    """A varied copy of a `material.Item`, as (features int8 [frames, 40], its target): speed and pitch
    together (a false sample rate), shift, noise (white to brown, or a stretch of one of `noises`, 8 kHz),
    gain, an uneven spectrum, an echo.
    """
    if strength == 0.0:
        return log_mel(item.samples, item.rate), item.target
    speed = 1.0 + strength * random.uniform(-0.15, 0.18)
    signal = soxr.resample(item.samples, item.rate * speed, RATE, quality="MQ").astype(np.float64)
    shift = int(RATE * strength * random.uniform(-SHIFT_S, SHIFT_S))
    signal = shifted(signal, shift)
    power = (signal**2).mean() + 1e-12
    kind = random.random()
    if kind < 0.6 * strength:
        if len(noises) and kind < 0.4 * strength:
            noise = noises[random.integers(len(noises))]
            noise = np.resize(np.roll(noise, random.integers(len(noise))), len(signal)).astype(np.float64)
        else:
            noise = random.standard_normal(len(signal))
            slope = random.uniform(0.0, 0.95)
            noise[1:] += slope * noise[:-1]
        noise *= np.sqrt(power / ((noise**2).mean() + 1e-12)) * 10.0 ** (-random.uniform(6.0, 40.0) / 20.0)
        signal = signal + noise
    if random.random() < 0.5 * strength:  # one zero, one echo: a microphone and a room
        tilt, delay = random.uniform(-0.5, 0.5), int(RATE * random.uniform(0.002, 0.03))
        signal[1:] += tilt * signal[:-1]
        if delay < len(signal):
            signal[delay:] += random.uniform(0, 0.3) * signal[:-delay]
    x = log_mel(signal * 10.0 ** (strength * random.uniform(-12.0, 12.0) / 20.0), RATE)
    return x, moved(item.target, (np.arange(len(x)) * HOP + WINDOW / 2 - shift) * speed)


def _mel(hz):
    return 2595.0 * np.log10(1.0 + hz / 700.0)


_EDGES = np.linspace(_mel(LOW_HZ), _mel(HIGH_HZ), BANDS + 2)
_CENTRE_HZ = 700.0 * (10.0 ** (_EDGES[1:-1] / 2595.0) - 1.0)


def vary_features(x: np.ndarray, target, random: np.random.Generator, strength: float, masks: bool):
    """Features [frames, 40] and their target with another tempo and vocal tract, level, tilt, a little noise
    and, with `masks`, bands and frames left out (SpecAugment); as float32 of whole numbers 0..127.
    """
    frames = len(x)
    x = x.astype(np.float32)
    if strength == 0.0:
        return x, target
    tempo = 1.0 + strength * random.uniform(-0.12, 0.12)
    warped = _mel(_CENTRE_HZ * (1.0 + strength * random.uniform(-0.1, 0.12)))
    band = np.clip((warped - _EDGES[1]) / (_EDGES[1] - _EDGES[0]), 0, BANDS - 1.001)
    length = max(MIN_FRAMES, round(frames * tempo))
    frame = np.linspace(0, frames - 1.001, length)
    target = moved(target, frame * HOP + WINDOW / 2)
    b0, f0 = band.astype(int), frame.astype(int)
    x = x[f0] + (x[f0 + 1] - x[f0]) * (frame - f0)[:, None]
    x = x[:, b0] + (x[:, b0 + 1] - x[:, b0]) * (band - b0)[None, :]
    tilt = np.linspace(-1, 1, BANDS) * random.normal(0.0, 7.0) * strength
    level = random.normal(0.0, 4.0) * strength
    x = np.where(x > 0, x + level + tilt + random.normal(0.0, 2.0, x.shape) * strength, x)
    if masks:  # filled with the mean: nothing at all would be far from what speech and silence look like
        mean = x.mean()
        width, first = random.integers(0, 6), random.integers(0, BANDS)
        x[:, first : first + width] = mean
        width, first = random.integers(0, 9), random.integers(0, len(x))
        x[first : first + width] = mean
    return np.clip(np.rint(x), 0, 127).astype(np.float32), target
