# SPDX-License-Identifier: Apache-2.0
"""Front end: sound in, one int8 vector of 40 numbers out for every 10 ms, mel bands or their cepstrum.

    samples (any rate) -> resample to 8 kHz -> 25 ms Hann window every 10 ms -> power spectrum
                       -> 40 triangular mel bands -> dB -> minus the level so far -> int8

Causal: frame f covers samples 80 f .. 80 f + 199 at 8 kHz, and its 40 numbers depend on nothing after them.
(The resampler, where one is needed, looks ahead RESAMPLE_ZEROS samples of the slower rate: 2 ms from above 8
kHz.) `front_end` takes sound in pieces of any size and `extract` takes it whole; both give the same numbers,
because the second is one push into the first.

Level: recordings differ by 30 dB, so each frame is measured against the loudest band of any frame so far,
forgotten at LEVEL_DECAY_DB a frame and never below LEVEL_FLOOR_DB. Numbers are 0..127, half of what int8
holds, so that silence is 0 in every band, which the accelerator skips.

Numbers are float64 until the last rounding; every sum runs over one frame only, in a fixed order.

MFCC, kind "mfcc": of the 40 numbers x of a log-mel frame a DCT-II,

    c_0 = sum_b x_b / 40                                                     the mean band
    c_k = sqrt(2/40) (0.35 + 0.07 (k - 1)) sum_b x_b cos(pi k (b + 1/2) / 40)    k = 1..39

rounded; what exceeds -127..127 stays there. The factor beside the orthonormal sqrt(2/40) gives each number
about the same spread in speech, and next to none is cut off. The matrix holds whole 65536ths, so the sum is
of integers and the same on every machine. Signed; silence is 0 here, too.
"""

from math import gcd

import numpy as np

RATE = 8000  # Hz, internal sample rate
WINDOW = 200  # samples, 25 ms
HOP = 80  # samples, 10 ms
FFT = 512  # points; zero padded so that the narrowest band still spans several bins
BANDS = 40
LOW_HZ, HIGH_HZ = 80.0, 3800.0

LEVEL_FLOOR_DB = -65.0  # dB re a full-scale sine; quieter sound than this is not raised
LEVEL_DECAY_DB = 0.1  # dB per frame
RANGE_DB = 60.0  # a band this far below the level is 0
TOP = 127.0  # ... and a band at the level is this

RESAMPLE_ZEROS = 16  # zero crossings of the sinc on each side
RESAMPLE_PASS = 0.92  # cut-off, as a share of the lower of the two Nyquist rates
RESAMPLE_BETA = 9.0  # Kaiser window; about 90 dB of stop band


def _mel(hz):
    return 2595.0 * np.log10(1.0 + np.asarray(hz, dtype=np.float64) / 700.0)


def _bands() -> list[tuple[int, np.ndarray]]:
    """The 40 triangular filters as (first FFT bin, weights); each sums to 1, so white noise is flat."""
    edges = np.linspace(_mel(LOW_HZ), _mel(HIGH_HZ), BANDS + 2)
    edges_hz = 700.0 * (10.0 ** (edges / 2595.0) - 1.0)
    bin_hz = np.arange(FFT // 2 + 1) * (RATE / FFT)
    bands = []
    for low, centre, high in zip(edges_hz[:-2], edges_hz[1:-1], edges_hz[2:], strict=True):
        triangle = np.minimum((bin_hz - low) / (centre - low), (high - bin_hz) / (high - centre))
        kept = np.flatnonzero(triangle > 0.0)
        weights = triangle[kept[0] : kept[-1] + 1]
        bands.append((int(kept[0]), weights / weights.sum()))
    return bands


def _cepstrum() -> np.ndarray:
    """int64 [40, 40]: the scaled DCT, row k its coefficient k, in units of 1 / _CEPSTRUM_ONE."""
    k, b = np.arange(BANDS)[:, None], np.arange(BANDS)[None, :]
    scale = np.sqrt(2.0 / BANDS) * (0.35 + 0.07 * (k - 1))
    scale[0] = 1.0 / BANDS
    return np.rint(_CEPSTRUM_ONE * scale * np.cos(np.pi * k * (b + 0.5) / BANDS)).astype(np.int64)


_CEPSTRUM_ONE = 65536
_CEPSTRUM = _cepstrum()
_HANN = np.sin(np.pi * (np.arange(WINDOW) + 0.5) / WINDOW) ** 2
_FULL_SCALE = (_HANN.sum() / 2.0) ** 2  # peak power of a sine of amplitude 1
_BANDS = _bands()
_POWER_FLOOR = 1e-13 * _FULL_SCALE


class Resampler:
    """Windowed-sinc polyphase resampler to 8 kHz that keeps its place between pushes.

    Output n is the input, low-passed, at time n / 8000 s. The last RESAMPLE_ZEROS zero crossings' worth of
    input are never followed by enough sound to be resampled and stay inside.
    """

    def __init__(self, rate: int):
        """rate: of the input, Hz, 1000..384000; ValueError otherwise."""
        if rate != int(rate) or not 1000 <= rate <= 384000:
            raise ValueError(f"sample rate {rate} Hz: a whole number from 1000 to 384000 is needed")
        common = gcd(int(rate), RATE)
        self.up, self.down = RATE // common, int(rate) // common
        self.cutoff = RESAMPLE_PASS * min(1.0, self.up / self.down)  # of the input's Nyquist rate
        self.half = int(np.ceil(RESAMPLE_ZEROS / min(1.0, self.up / self.down)))  # taps on each side
        self.next = 0  # index of the next output
        self.start = -self.half  # index of the first sample still held
        self.held = np.zeros(self.half, dtype=np.float64)

    def _taps(self, phase: np.ndarray) -> np.ndarray:
        """float64 [n, 2 half]: the filter for outputs that lie phase / up samples after an input sample."""
        x = np.arange(1 - self.half, self.half + 1)[None, :] - (phase / self.up)[:, None]
        shape = np.sqrt(np.maximum(0.0, 1.0 - (x / self.half) ** 2))
        return self.cutoff * np.sinc(self.cutoff * x) * np.i0(RESAMPLE_BETA * shape) / np.i0(RESAMPLE_BETA)

    def push(self, samples: np.ndarray) -> np.ndarray:
        """float64 [n] at the input rate -> float64 [m] at 8 kHz."""
        if self.up == self.down:
            return samples
        self.held = np.concatenate([self.held, samples])
        last = self.start + len(self.held) - 1 - self.half  # last input index that has all its taps
        count = max(0, ((last + 1) * self.up - 1) // self.down + 1 - self.next)
        at = (self.next + np.arange(count)) * self.down
        base, phase = at // self.up, at % self.up
        phases, which = np.unique(phase, return_inverse=True)
        taps = self._taps(phases)
        out = np.empty(count, dtype=np.float64)
        for begin in range(0, count, 4096):  # bounds the gather's memory
            part = slice(begin, min(count, begin + 4096))
            first = base[part] + 1 - self.half - self.start
            window = self.held[first[:, None] + np.arange(2 * self.half)[None, :]]
            out[part] = (window * taps[which[part]]).sum(axis=1)
        self.next += count
        keep = self.next * self.down // self.up + 1 - self.half  # the first tap of the next output
        drop = max(0, keep - self.start)
        self.held, self.start = self.held[drop:], self.start + drop
        return out


class LogMel:
    """The front end as a stream: push sound, get the frames that it completes, numbers from low to high."""

    low, high = 0, int(TOP)

    def __init__(self, rate: int):
        """rate: of the sound to come, Hz, 1000..384000; ValueError otherwise."""
        self.resampler = Resampler(rate)
        self.held = np.zeros(0, dtype=np.float64)
        self.level_db = LEVEL_FLOOR_DB

    def push(self, samples: np.ndarray) -> np.ndarray:
        """float [n], full scale 1.0, at the rate given -> int8 [frames, 40]."""
        samples = np.asarray(samples)
        if samples.ndim != 1:
            raise ValueError(f"mono samples [n] are needed, not an array of shape {samples.shape}")
        samples = samples.astype(np.float64)
        if not np.isfinite(samples).all():
            raise ValueError("samples hold a NaN or an infinity")
        self.held = np.concatenate([self.held, self.resampler.push(samples)])
        frames = max(0, (len(self.held) - WINDOW) // HOP + 1)
        if frames == 0:
            return np.zeros((0, BANDS), dtype=np.int8)
        index = np.arange(frames)[:, None] * HOP + np.arange(WINDOW)[None, :]
        spectrum = np.abs(np.fft.rfft(self.held[index] * _HANN, FFT, axis=1)) ** 2
        self.held = self.held[frames * HOP :]
        power = np.empty((frames, BANDS), dtype=np.float64)
        for b, (first, weights) in enumerate(_BANDS):
            # one row at a time: a matrix product may change its order of addition with the number of frames
            power[:, b] = (spectrum[:, first : first + len(weights)] * weights).sum(axis=1)
        db = 10.0 * np.log10((power + _POWER_FLOOR) / _FULL_SCALE)
        loudest = db.max(axis=1)
        out = np.empty((frames, BANDS), dtype=np.float64)
        for f in range(frames):
            self.level_db = max(loudest[f], self.level_db - LEVEL_DECAY_DB, LEVEL_FLOOR_DB)
            out[f] = (db[f] - self.level_db) * (TOP / RANGE_DB) + TOP
        return self.of_bands(np.clip(np.rint(out), 0.0, TOP).astype(np.int8))

    @classmethod
    def of_bands(cls, bands: np.ndarray) -> np.ndarray:
        """Log-mel numbers, whole, [frames, 40] as this kind has them."""
        return bands


class Mfcc(LogMel):
    """The same as a cepstrum."""

    low = -127

    @classmethod
    def of_bands(cls, bands: np.ndarray) -> np.ndarray:
        """Log-mel numbers, whole, [frames, 40] -> int8 [frames, 40]."""
        exact = bands.astype(np.int64) @ _CEPSTRUM.T
        return np.clip((exact + _CEPSTRUM_ONE // 2) // _CEPSTRUM_ONE, cls.low, cls.high).astype(np.int8)


KINDS: dict[str, type[LogMel]] = {"log-mel": LogMel, "mfcc": Mfcc}


def front_end(rate: int, kind: str = "log-mel") -> LogMel:
    """A stream of one of KINDS for sound of a rate in Hz; ValueError for another kind, an impossible rate."""
    if kind not in KINDS:
        raise ValueError(f"features of kind {kind!r}, want {' or '.join(KINDS)}")
    return KINDS[kind](rate)


def extract(samples: np.ndarray, rate: int, kind: str = "log-mel") -> np.ndarray:
    """The features of a whole utterance.

    samples: float32 [n], mono, full scale 1.0; rate: Hz; kind: one of KINDS. Returns int8 [frames, 40], and
    m samples at 8 kHz make frames = (m - 200) // 80 + 1, or none when less than one window. ValueError: not
    mono, not finite, impossible rate, unknown kind.
    """
    return front_end(rate, kind).push(samples)


def log_mel(samples: np.ndarray, rate: int) -> np.ndarray:
    """`extract` of kind "log-mel"."""
    return extract(samples, rate)
