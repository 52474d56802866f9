# SPDX-License-Identifier: Apache-2.0
"""A corpus of a few tones, and a recipe for it that takes seconds."""

from dataclasses import dataclass

import numpy as np

from models.corpora import Corpus, Segment, Utterance

TONES = (300.0, 800.0, 2000.0)
SMALL = {
    "hidden": (16, 16), "pruned": (8, 8), "epochs": (3, 1, 2), "batch": 8, "rates": (2e-2, 1e-2, 5e-3),
    "averaging": (0.5, 0.5, 0.5),
}  # fmt: skip


@dataclass(frozen=True)
class Tone:
    """A tone with a little noise."""

    hertz: float
    seed: int
    seconds: float = 0.2

    def __call__(self):
        """The samples."""
        random = np.random.default_rng(self.seed)
        time = np.arange(int(8000 * self.seconds)) / 8000.0
        sound = 0.3 * np.sin(2 * np.pi * self.hertz * time) + 0.01 * random.standard_normal(len(time))
        return sound.astype(np.float32), 8000

    def key(self):
        """What tells them from others."""
        return f"{self.hertz}/{self.seed}/{self.seconds}"


def tones(task="words", each=8):
    """A corpus of three labels; as phones, each sound changes label in its middle."""
    found = []
    for label, hertz in enumerate(TONES):
        for seed in range(each):
            split = "test" if seed == 0 else "dev" if seed == 1 else "train"
            halves = (Segment(0.0, 0.1, f"t{label}"), Segment(0.1, 0.2, "t0")) if task == "phones" else ()
            found.append(
                Utterance(
                    f"{label}-{seed}",
                    "" if halves else f"t{label}",
                    f"s{seed}",
                    split,
                    Tone(hertz, seed),
                    halves,
                )
            )
    return Corpus(task, "tones", "none", ("t0", "t1", "t2"), tuple(found), "by number")
