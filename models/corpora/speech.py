# SPDX-License-Identifier: Apache-2.0
"""A corpus that is spoken by eSpeak NG, for a machine without data.

Words for digits and keywords, sentences with the time of each phone for phones. A voice is an accent and a
variant, "en-us+m3"; no variant of dev and test is heard in train. Everything is the same each time.
"""

from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from itertools import product

import numpy as np

from ..audio import synthesise, synthesise_phones
from .corpus import DIGITS, KEYWORDS, OTHERS, SILENCE, UNKNOWN, Corpus, Segment, Sound, Utterance, share
from .phones import IPA, PHONES, SIL
from .sentences import SENTENCES

ACCENTS = (
    "en-us", "en", "en-gb-scotland", "en-gb-x-rp", "en-gb-x-gbclan", "en-gb-x-gbcwmd", "en-029", "en-us-nyc",
)  # fmt: skip
# None with breath (f2, victor ...): it differs from run to run, see audio.synthesise.
VARIANTS = (
    "", "m1", "m2", "m3", "m4", "m5", "m6", "m7", "f1", "f4", "ed", "john", "linda", "adam", "Andy", "Annie",
    "david", "edward", "klatt2", "michel", "robert", "steph", "travis", "zac", "belinda",
)  # fmt: skip
HELD_OUT = {
    "dev": ("en-us+m8", "en+Lee", "en-us+Alex", "en+aunty", "en-029+Gene", "en-gb-scotland+benjamin"),
    "test": (
        "en-us+Mario", "en-us+Andrea", "en-us+paul", "en+rob", "en-us-nyc+Hugo", "en-gb-x-rp+marcelo",
        "en-029+pedro", "en-gb-scotland+shelby",
    ),
}  # fmt: skip
RATES = (110, 140, 165, 190, 220)  # words a minute

NAME = "synthesised by eSpeak NG"
LICENCE = "none: made on the spot (eSpeak NG itself is GPL-3.0-or-later)"
ABOUT = (
    "a synthesiser's voices, those of test and dev not heard in training: it says little of recorded speech"
    " and is not comparable with any published score"
)

QUIET_DB = -55.0  # of the loudest: a stop's closure, which eSpeak NG counts as the end of the phone before
QUIET_STEP = 0.005  # seconds


@cache
def _engine() -> str:
    return version("espeakng-loader")


@dataclass(frozen=True)
class Word:
    """A word as `audio.synthesise` says it; with `room_db` within a second of noise of that level."""

    word: str
    voice: str
    rate: int
    seed: int
    room_db: float | None = None

    def __call__(self) -> tuple[np.ndarray, int]:
        """The samples; the same each time."""
        samples, rate = synthesise(self.word, self.voice, self.rate, self.seed)
        if self.room_db is None:
            return samples, rate
        out = _room(self.key(), rate, self.room_db)
        samples = samples[:rate]
        at = int(share(f"at/{self.key()}") * (rate - len(samples) + 1))
        out[at : at + len(samples)] += samples
        return out, rate

    def key(self) -> str:
        """What is said and how, and the version of the synthesiser."""
        return f"{self} {_engine()}"


@dataclass(frozen=True)
class Quiet:
    """A second of white noise."""

    name: str
    room_db: float

    def __call__(self) -> tuple[np.ndarray, int]:
        """The samples; the same each time."""
        return _room(self.name, 16000, self.room_db), 16000

    def key(self) -> str:
        """Its name and level."""
        return str(self)


def _room(name: str, rate: int, level_db: float) -> np.ndarray:
    rng = np.random.default_rng(int(share(f"room/{name}") * 2**48))
    return (10 ** (level_db / 20) * rng.standard_normal(rate)).astype(np.float32)


@dataclass(frozen=True)
class Sentence:
    """A sentence as `audio.synthesise_phones` says it."""

    text: str
    voice: str
    rate: int
    seed: int

    def __call__(self) -> tuple[np.ndarray, int]:
        """The samples; the same each time."""
        samples, rate, _ = synthesise_phones(self.text, self.voice, self.rate, self.seed)
        return samples, rate

    def key(self) -> str:
        """What is said and how, and the version of the synthesiser."""
        return f"{self} {_engine()}"

    def segments(self) -> tuple[Segment, ...]:
        """The folded phones; ValueError for one that IPA does not hold."""
        samples, rate, marks = synthesise_phones(self.text, self.voice, self.rate, self.seed)
        ends = [at for at, _ in marks[1:]] + [len(samples)]
        found: list[Segment] = []
        step = int(QUIET_STEP * rate)
        quiet = 10 ** (QUIET_DB / 20) * np.abs(samples).max()
        for (start, symbol), end in zip(marks, ends, strict=True):
            if symbol not in IPA:
                raise ValueError(f"{self.voice} says {symbol!r} in {self.text!r}, which is in no row of IPA")
            spoken = end
            while spoken - step > start and np.abs(samples[spoken - step : spoken]).max() < quiet:
                spoken -= step
            if end - spoken < 2 * step:
                spoken = end
            phones = IPA[symbol]
            cuts = np.linspace(start, spoken, len(phones) + 1) / rate
            found += [
                Segment(float(a), float(b), phone)
                for a, b, phone in zip(cuts[:-1], cuts[1:], phones, strict=True) if b > a
            ]  # fmt: skip
            if spoken < end:
                found.append(Segment(spoken / rate, end / rate, SIL))
        return tuple(found)


def spoken(task: str) -> Corpus:
    """The corpus of a task, "digits", "keywords" or "phones"; ValueError for words, which nobody names."""
    makers = {"digits": (_digits, DIGITS), "keywords": (_keywords, KEYWORDS), "phones": (_sentences, PHONES)}
    if task not in makers:
        raise ValueError(f"task {task}: nothing to synthesise, want one of {', '.join(makers)}")
    make, labels = makers[task]
    return Corpus(task, NAME, LICENCE, labels, tuple(u for split in SENTENCES for u in make(split)), ABOUT)


def _voices(split: str) -> tuple[str, ...]:
    if split != "train":
        return HELD_OUT[split]
    return tuple(
        f"{accent}+{variant}" if variant else accent for accent, variant in product(ACCENTS, VARIANTS)
    )


def _how(word: str, voice: str, take: int) -> tuple[int, int]:
    """Speaking rate and seed of the pitch for one take of a word."""
    drawn = share(f"{voice}/{word}/{take}")
    return RATES[int(drawn * len(RATES))], 1 + int(drawn * 1e9) % 1000


def _takes(split: str) -> int:
    return 1 if split == "train" else 3


def _digits(split: str) -> list[Utterance]:
    found = []
    for voice, word, take in product(_voices(split), DIGITS, range(_takes(split))):
        sound = Word(word, voice, *_how(word, voice, take))
        found.append(Utterance(f"{voice}/{sound.rate}/{word}{take}", word, voice, split, sound))
    return found


def _keywords(split: str) -> list[Utterance]:
    found = []
    others = (*DIGITS, *OTHERS)
    for number, voice in enumerate(_voices(split)):
        unknown = [others[(2 * number + k) % len(others)] for k in range(2)]
        for word, take in product((*KEYWORDS[2:], *unknown), range(_takes(split))):
            rate, seed = _how(word, voice, take)
            room = -70 + 40 * share(f"room/{voice}/{word}/{take}")
            label = word if word in KEYWORDS else UNKNOWN
            sound = Word(word, voice, rate, seed, room)
            found.append(Utterance(f"{voice}/{rate}/{word}{take}", label, voice, split, sound))
    for number in range(len(found) // len(KEYWORDS)):
        name = f"room/{split}{number}"
        quiet: Sound = Quiet(name, -90 + 70 * share(f"level/{name}"))
        found.append(Utterance(name, SILENCE, "", split, quiet))
    return found


def _sentences(split: str) -> list[Utterance]:
    """The variants with an American accent, as TIMIT's; each of train says half of the sentences."""
    found = []
    variants = sorted({voice.partition("+")[2] for voice in _voices(split)})
    for number, variant in enumerate(variants):
        voice = f"en-us+{variant}" if variant else "en-us"
        for place, text in enumerate(SENTENCES[split]):
            if split == "train" and (place + number) % 2:
                continue
            sound = Sentence(text, voice, *_how(text, voice, 0))
            name = f"{voice}/{sound.rate}/{split}{place}"
            found.append(Utterance(name, "", voice, split, sound, sound.segments()))
    return found
