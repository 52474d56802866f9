# SPDX-License-Identifier: Apache-2.0
"""Sound from files and from a speech synthesiser.

`read_audio` reads whatever libsndfile reads (WAV, FLAC, OGG ...). `synthesise` speaks a word with the eSpeak
NG that PyPI's espeakng-loader bundles, so a recognised word needs no recording at all.
"""

import _ctypes
import ctypes
import difflib
import hashlib
import os
import re
import stat
from functools import cache
from pathlib import Path

import numpy as np

# speak_lib.h
_OUTPUT_SYNCHRONOUS = 2
_INITIALIZE_DONT_EXIT = 0x8000
_CHARS_UTF8 = 1
_POS_CHARACTER = 1
_PARAMETER_RATE, _PARAMETER_PITCH, _PARAMETER_RANGE = 1, 3, 4
_CALLBACK = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)

# Ten minutes of speech take the simulator with its model 20 s and 0.9 GB.
MAX_SECONDS = 600
LOWEST_RATE, HIGHEST_RATE = 1000, 384000  # Hz, what models/features.py resamples

QUIET = 1e-3  # of full scale: a file that stays below is as good as silent
FULL_SCALE = 0.999
CLIPPED_SHARE = 0.01  # of the samples at full scale

_BLOCK = 1 << 18  # frames read at once: one file of many channels does not fill the memory
# libsndfile's log of a header that promises more than there is: "data : 21654 (should be 10805)".
_SHOULD_BE = re.compile(
    r"^\s*(?:data|SSND|Data Size)\s*: (?P<promised>\d+) \(should be (?P<there>\d+)\)", re.MULTILINE
)
_UNKNOWN_SIZE = 0x7FFF0000
_OGG_PAGE = 65307  # bytes, the most that a page has

TRIM_DB = -40.0  # a 10 ms stretch this far below the loudest one is silence at either end of a word


def read_audio(path) -> tuple[np.ndarray, int]:
    """A sound file as (float32 [n] mono samples of full scale 1.0, rate in Hz); channels are averaged.

    ValueError, one line that begins with the file's name, when it is missing, unreadable, empty, cut short,
    not sound, not finite or longer than MAX_SECONDS. Nothing is read but its header to find the length.
    """
    path = os.fspath(path)
    try:
        return _read(path)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None


def _read(path: str) -> tuple[np.ndarray, int]:
    import soundfile

    _check_file(path)
    _check_ogg(Path(path))
    try:
        with soundfile.SoundFile(path) as file:
            _check_header(file)
            pieces = [
                block.mean(axis=1, dtype=np.float32)
                for block in file.blocks(_BLOCK, dtype="float32", always_2d=True)
            ]
            rate, promised = int(file.samplerate), file.frames
    except soundfile.LibsndfileError as error:
        reason = error.error_string.strip().removeprefix("Error : ").rstrip(".")
        raise ValueError(f"not sound, or damaged ({reason})") from None
    except TypeError:  # a file called .raw, which says neither its rate nor its width
        raise ValueError("raw samples without a header, want WAV, FLAC, OGG or another with one") from None
    samples = np.concatenate(pieces)
    if len(samples) < promised:
        raise ValueError(f"cut short: {len(samples)} of {promised} samples are there")
    if not np.isfinite(samples).all():
        bad = int(np.flatnonzero(~np.isfinite(samples))[0])
        raise ValueError(f"sample {bad} is {samples[bad]}, want finite numbers")
    return samples, rate


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


def _check_ogg(path: Path) -> None:
    """ValueError for an OGG file without its last page, whose end libsndfile does not miss."""
    with path.open("rb") as file:
        if file.read(4) != b"OggS":
            return
        file.seek(max(0, path.stat().st_size - _OGG_PAGE))
        tail = file.read()
    page = tail[max(0, tail.rfind(b"OggS")) :]
    segments = page[27 : 27 + page[26]] if len(page) > 26 else b""
    is_last = len(page) > 26 and page[5] & 4
    if not is_last or len(page) < 27 + page[26] + sum(segments):
        raise ValueError("cut short: its last page is not there, or not whole")


def _check_header(file) -> None:
    """ValueError for a rate, a length or an amount of data that cannot be right or is too much."""
    rate = file.samplerate
    if not LOWEST_RATE <= rate <= HIGHEST_RATE:
        raise ValueError(f"{rate} Hz, want a sample rate of {LOWEST_RATE} to {HIGHEST_RATE} Hz")
    for found in _SHOULD_BE.finditer(file.extra_info):
        # A program that writes to a pipe cannot know the length and promises the most there is.
        if int(found["there"]) < int(found["promised"]) < _UNKNOWN_SIZE:
            raise ValueError(f"cut short: {found['there']} of {found['promised']} bytes of samples are there")
    if file.frames <= 0:
        raise ValueError("no samples in it, or their beginning only")
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
            _OUTPUT_SYNCHRONOUS, 0, espeakng_loader.get_data_path().encode(), _INITIALIZE_DONT_EXIT
        )
        if self.rate <= 0:
            raise ValueError(f"eSpeak NG did not accept its data folder {espeakng_loader.get_data_path()}")
        self.chunks: list[np.ndarray] = []
        self.callback = _CALLBACK(self._collect)  # kept alive: the library holds only the address
        self.library.espeak_SetSynthCallback(self.callback)
        return self

    def __exit__(self, *_error) -> None:
        self.library.espeak_Terminate()
        _ctypes.dlclose(self.library._handle)

    def _collect(self, wave, count, _events) -> int:
        if wave and count > 0:
            self.chunks.append(np.ctypeslib.as_array(wave, shape=(count,)).copy())
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
        self.chunks = []
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
    if not 80 <= rate <= 450:
        raise ValueError(f"speaking rate {rate}: 80 to 450 words a minute are possible")
    pitch, spread = 50, 50
    if seed:
        digest = hashlib.sha256(f"{seed}/synthesise".encode()).digest()
        pitch, spread = 20 + digest[0] % 61, 20 + digest[1] % 61
    with _Espeak() as engine:
        return trim(engine.speak(word, voice, rate, pitch, spread), engine.rate), engine.rate
