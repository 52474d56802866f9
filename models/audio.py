# SPDX-License-Identifier: Apache-2.0
"""Sound from files and from a speech synthesiser.

`read_audio` reads whatever libsndfile reads (WAV, FLAC, OGG ...). `synthesise` speaks a word with the eSpeak
NG that PyPI's espeakng-loader bundles, so a recognised word needs no recording at all.
"""

import _ctypes
import ctypes
import hashlib
import os

import numpy as np

# speak_lib.h
_OUTPUT_SYNCHRONOUS = 2
_INITIALIZE_DONT_EXIT = 0x8000
_CHARS_UTF8 = 1
_POS_CHARACTER = 1
_PARAMETER_RATE, _PARAMETER_PITCH, _PARAMETER_RANGE = 1, 3, 4
_CALLBACK = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)

TRIM_DB = -40.0  # a 10 ms stretch this far below the loudest one is silence at either end of a word


def read_audio(path) -> tuple[np.ndarray, int]:
    """A sound file as (float32 [n] mono samples of full scale 1.0, rate in Hz); channels are averaged.

    ValueError, one line that names the file, when it is missing or is not sound.
    """
    import soundfile

    try:
        samples, rate = soundfile.read(os.fspath(path), dtype="float32", always_2d=True)
    except (OSError, RuntimeError) as error:  # soundfile's own error is a RuntimeError
        raise ValueError(f"{path}: not a readable sound file ({' '.join(str(error).split())})") from None
    return samples.mean(axis=1, dtype=np.float32), int(rate)


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
        if self.library.espeak_SetVoiceByName(voice.encode()) != 0:
            raise ValueError(f"eSpeak NG has no voice {voice!r} (try 'en', 'en-us' or 'en-us+f4')")
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
