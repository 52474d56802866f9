# SPDX-License-Identifier: Apache-2.0
"""Sound from files and from a speech synthesiser.

`read_audio` reads the kinds of file that `models/containers.py` names. `synthesise` speaks a word with the
eSpeak NG that PyPI's espeakng-loader bundles, so a recognised word needs no recording at all.
"""

import _ctypes
import ctypes
import difflib
import hashlib
import os
import stat
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np

from models import containers
from models.text import one_line

# speak_lib.h
_OUTPUT_SYNCHRONOUS = 2
_INITIALIZE_DONT_EXIT = 0x8000
_CHARS_UTF8 = 1
_POS_CHARACTER = 1
_PARAMETER_RATE, _PARAMETER_PITCH, _PARAMETER_RANGE = 1, 3, 4
_PHONEME_EVENTS, _PHONEME_IPA = 0x0001, 0x0002  # they leave the sound as it is
_EVENT_LIST_TERMINATED, _EVENT_PHONEME = 0, 7


class _Event(ctypes.Structure):
    """espeak_EVENT."""

    _fields_ = [
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),  # ms
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("string", ctypes.c_char * 8),  # of a union: UTF-8, ended by 0 unless all eight are needed
    ]


_CALLBACK = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event)
)

MAX_SECONDS = 600  # 60,000 frames of 10 ms, in memory together
LOWEST_RATE, HIGHEST_RATE = 1000, 384000  # Hz, what models/features.py resamples

QUIET = 1e-3  # of full scale: a file that stays below is as good as silent
FULL_SCALE = 0.999
CLIPPED_SHARE = 0.01  # of the samples at full scale
LOUDEST = 16  # times full scale: floats may exceed it a bit, but not like this

_BLOCK = 1 << 18  # frames read at once: one file of many channels does not fill the memory
_UNKNOWN_LENGTH = (1 << 63) - 1  # libsndfile's, of FLAC files that do not say theirs

TRIM_DB = -40.0  # a 10 ms stretch this far below the loudest one is silence at either end of a word


def read_audio(path) -> tuple[np.ndarray, int]:
    """A sound file as (float32 [n] mono samples of full scale 1.0, rate in Hz); channels are averaged.

    ValueError, one line that begins with the file's name, when it is missing, unreadable, empty, cut short,
    not sound, of a kind not taken, not finite, far too loud or longer than MAX_SECONDS.
    """
    path = os.fspath(path)
    try:
        return _read(path)
    except ValueError as error:
        raise ValueError(one_line(f"{path}: {error}")) from None


def _read(path: str) -> tuple[np.ndarray, int]:
    import soundfile

    _check_file(path)
    try:
        with soundfile.SoundFile(path) as file:
            containers.check(path, file.format, file.subtype)
            _check_header(file)
            samples = np.concatenate([np.zeros(0, np.float32), *_mono(file)])
            rate, promised = int(file.samplerate), file.frames
    except soundfile.LibsndfileError as error:
        reason = error.error_string.strip().removeprefix("Error : ").rstrip(".")
        raise ValueError(f"not sound, or damaged ({reason})") from None
    except TypeError:  # a file called .raw, which says neither its rate nor its width
        raise ValueError("raw samples without a header, want WAV, FLAC, OGG or another with one") from None
    if len(samples) < promised:
        raise ValueError(f"cut short: {len(samples)} of {promised} samples are there")
    return samples, rate


def _mono(file) -> Iterator[np.ndarray]:
    """The samples block by block, float32 [n], channels averaged; ValueError for one that cannot be right."""
    done = 0
    while len(block := file.read(_BLOCK, dtype="float32", always_2d=True)):
        wrong = ~(np.abs(block) <= LOUDEST)  # NaN is not
        if wrong.any():
            at, value = done + np.argwhere(wrong)[0][0], block[wrong][0]
            raise ValueError(f"sample {at} is {value:.6g}, want -{LOUDEST} to {LOUDEST} (1 is full scale)")
        yield block.mean(axis=1, dtype=np.float32)
        done += len(block)


def _check_file(path: str) -> None:
    """ValueError unless it is a file with something in it that we may read; a pipe would make us wait."""
    try:
        status = Path(path).stat()
        if stat.S_ISDIR(status.st_mode):
            raise ValueError("a folder, want a sound file")
        if not stat.S_ISREG(status.st_mode):
            raise ValueError("not a plain file, want a sound file")
        if status.st_size == 0:
            raise ValueError("empty (0 bytes), want a sound file")
        with Path(path).open("rb"):
            pass
    except FileNotFoundError:
        raise ValueError("no such file") from None
    except OSError as error:
        raise ValueError(f"cannot be read: {error.strerror}") from None


def _check_header(file) -> None:
    """ValueError for a rate or a length that is not taken."""
    rate = file.samplerate
    if not LOWEST_RATE <= rate <= HIGHEST_RATE:
        raise ValueError(f"{rate} Hz, want a sample rate of {LOWEST_RATE} to {HIGHEST_RATE} Hz")
    if file.frames <= 0:
        raise ValueError("no samples in it")
    if file.frames == _UNKNOWN_LENGTH:
        raise ValueError("it does not say how long it is, so that a cut would not be seen")
    if file.frames > MAX_SECONDS * rate:
        raise ValueError(f"{file.frames / rate:.1f} s of sound, at most {MAX_SECONDS} s are taken")


def complaint(samples: np.ndarray) -> str:
    """What makes a word in these samples hard to hear: "silence ...", "clipped ..." or "" for nothing."""
    loudest = float(np.abs(samples).max(initial=0.0))
    if loudest < QUIET:
        return f"silence: nothing in it is louder than {20 * np.log10(QUIET):.0f} dB of full scale"
    share = float((np.abs(samples) >= FULL_SCALE).mean())
    if share > CLIPPED_SHARE:
        return f"clipped: {100 * share:.1f} % of its samples are at full scale"
    return ""


@cache
def _names(kind: str) -> frozenset[str]:
    """The voices ("lang") or their variants ("voices/!v") that are there."""
    import espeakng_loader

    folder = Path(espeakng_loader.get_data_path()) / kind
    return frozenset(path.name for path in folder.rglob("*") if path.is_file())


def _near(name: str, names) -> str:
    near = difflib.get_close_matches(name, sorted(names), n=3, cutoff=0.5)
    return f"; did you mean {' or '.join(near)}?" if near else ""


class _Espeak:
    """One load of the library.

    Its oscillators keep their place from word to word, in static data, so a word sounds the same each time
    only if the library is loaded afresh for it (2 ms).
    """

    def __enter__(self) -> "_Espeak":
        try:
            import espeakng_loader
        except ImportError:
            raise ValueError(
                "speech synthesis needs the package espeakng-loader (pip install espeakng-loader)"
            ) from None
        self.library = ctypes.CDLL(espeakng_loader.get_library_path())
        self.rate = self.library.espeak_Initialize(
            _OUTPUT_SYNCHRONOUS,
            0,
            espeakng_loader.get_data_path().encode(),
            _INITIALIZE_DONT_EXIT | _PHONEME_EVENTS | _PHONEME_IPA,
        )
        if self.rate <= 0:
            raise ValueError(f"eSpeak NG did not accept its data folder {espeakng_loader.get_data_path()}")
        self.chunks: list[np.ndarray] = []
        self.marks: list[tuple[int, str]] = []  # where a phone begins, its name in IPA
        self.callback = _CALLBACK(self._collect)  # kept alive: the library holds only the address
        self.library.espeak_SetSynthCallback(self.callback)
        return self

    def __exit__(self, *_error) -> None:
        self.library.espeak_Terminate()
        _ctypes.dlclose(self.library._handle)

    def _collect(self, wave, count, events) -> int:
        if wave and count > 0:
            self.chunks.append(np.ctypeslib.as_array(wave, shape=(count,)).copy())
        at = 0
        while events[at].type != _EVENT_LIST_TERMINATED:
            if events[at].type == _EVENT_PHONEME:
                self.marks.append((events[at].sample, events[at].string.decode(errors="replace")))
            at += 1
        return 0  # go on

    def speak(self, text: str, voice: str, rate: int, pitch: int, spread: int) -> np.ndarray:
        base, plus, variant = voice.partition("+")
        # An unknown variant would be left out without a word.
        if plus and variant not in _names("voices/!v"):
            raise ValueError(f"eSpeak NG has no variant {variant!r}{_near(variant, _names('voices/!v'))}")
        if self.library.espeak_SetVoiceByName(voice.encode()) != 0:
            near = _near(base.lower(), {name.lower() for name in _names("lang")})
            raise ValueError(f"eSpeak NG has no voice {voice!r}{near} (try 'en', 'en-us' or 'en-us+f4')")
        for parameter, value in (
            (_PARAMETER_RATE, rate),
            (_PARAMETER_PITCH, pitch),
            (_PARAMETER_RANGE, spread),
        ):
            self.library.espeak_SetParameter(parameter, value, 0)
        self.chunks, self.marks = [], []
        data = text.encode() + b"\0"
        status = self.library.espeak_Synth(
            data, ctypes.c_size_t(len(data)), 0, _POS_CHARACTER, 0, _CHARS_UTF8, None, None
        )
        if status != 0 or not self.chunks:
            raise ValueError(f"eSpeak NG made no sound of {text!r} (status {status})")
        return np.concatenate(self.chunks).astype(np.float32) / np.float32(32768.0)


def trim(samples: np.ndarray, rate: int, below_db: float = TRIM_DB) -> np.ndarray:
    """The samples without the near-silence before and after the word; 10 ms of it are kept at each end."""
    step = max(1, rate // 100)
    blocks = len(samples) // step
    if blocks == 0:
        return samples
    power = (samples[: blocks * step].reshape(blocks, step).astype(np.float64) ** 2).mean(axis=1)
    loud = np.flatnonzero(power > power.max() * 10.0 ** (below_db / 10.0))
    if len(loud) == 0:
        return samples
    return samples[max(0, loud[0] - 1) * step : (loud[-1] + 2) * step]


def synthesise(word: str, voice: str = "en-us", rate: int = 165, seed: int = 0) -> tuple[np.ndarray, int]:
    """Speak a word: (float32 [n] mono samples of full scale 1.0, rate in Hz), trimmed to the word.

    voice: an eSpeak NG voice, a variant after '+' ("en", "en-us+f4"); rate: words a minute, 80..450; seed: 0
    speaks at the voice's middle pitch, another number picks pitch and intonation. The same arguments give the
    same samples, except for breathy variants (f2, f3, f5, whisper ...), whose breath differs from run to run
    in eSpeak NG 1.52.
    ValueError: no such voice, no sound, or the package is missing.
    """
    samples, own, _ = synthesise_phones(word, voice, rate, seed)
    return trim(samples, own), own


def synthesise_phones(
    text: str, voice: str, rate: int, seed: int
) -> tuple[np.ndarray, int, list[tuple[int, str]]]:
    """Speak a text as `synthesise` does, but untrimmed, and say where each phone begins.

    The third value lists (sample, phone in IPA without stress, "" for a pause), in order of time.
    """
    if not 80 <= rate <= 450:
        raise ValueError(f"speaking rate {rate}: 80 to 450 words a minute are possible")
    pitch, spread = 50, 50
    if seed:
        digest = hashlib.sha256(f"{seed}/synthesise".encode()).digest()
        pitch, spread = 20 + digest[0] % 61, 20 + digest[1] % 61
    with _Espeak() as engine:
        samples = engine.speak(text, voice, rate, pitch, spread)
        return samples, engine.rate, [(at, phone.strip("ˈˌ")) for at, phone in engine.marks]
