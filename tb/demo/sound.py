# SPDX-License-Identifier: Apache-2.0
"""The sounds that the demonstration speaks into the RTL."""

import base64
import contextlib
import io
import wave
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from models.audio import complaint, read_audio, synthesise
from regressions.registry import RegistryError
from tb import speech_input

SAY = "three one four"
MOST_WORDS = 20
MOST_S = 10.0  # of a recording: spikes of a longer one could not be told apart


@dataclass(frozen=True)
class Sound:
    """One utterance: what was said ("" where nobody knows), a name, float32 [n] samples, their rate in Hz."""

    said: str
    name: str
    samples: np.ndarray
    rate: int
    features: np.ndarray  # int8 [frames, 40]

    @property
    def warning(self) -> str:
        """What makes a recording hard to hear, in the words of `make sim`; "" for nothing."""
        return "" if self.said else complaint(self.samples)

    def data_uri(self) -> str:
        """The sound as a WAV file of 16 bits in a data: URI."""
        file = io.BytesIO()
        with wave.open(file, "wb") as out:
            out.setnchannels(1)
            out.setsampwidth(2)
            out.setframerate(self.rate)
            out.writeframes((np.clip(self.samples, -1, 1) * 32767).astype("<i2").tobytes())
        return "data:audio/wav;base64," + base64.b64encode(file.getvalue()).decode()


def sounds(settings: Mapping[str, str], seed: int) -> list[Sound]:
    """What SAY= or WAV= ask for (keys in capitals), as the test `speech` hears it with this seed.

    RegistryError, one line, for anything that is not there, not sound, or too much for one page.
    """
    with contextlib.redirect_stdout(io.StringIO()):  # the run says its warnings itself
        inputs = speech_input.prepare({key.lower(): value for key, value in settings.items()}, seed)
    utterances = speech_input.utterances(inputs)
    if len(utterances) > MOST_WORDS:
        raise RegistryError(f"SAY=: {len(utterances)} words, the page takes at most {MOST_WORDS}")
    found = []
    for said, group, features in utterances:
        samples, rate = synthesise(said, seed=seed - 1) if said else read_audio(settings["WAV"])
        if len(samples) > MOST_S * rate:
            raise RegistryError(
                f"WAV={settings['WAV']}: {len(samples) / rate:.1f} s of sound, the page takes at most"
                f" {MOST_S:g} s (one spoken word); `make sim TEST=speech` takes more"
            )
        found.append(Sound(said, said or group, samples, rate, features))
    return found
