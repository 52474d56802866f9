# SPDX-License-Identifier: Apache-2.0
"""Speech: sound becomes features, features stream frame by frame into the machine, words come out.

By default the ten digits, synthesised on the spot; SAY="seven two" synthesises those, WAV=file reads a
recording, DATA=folder runs recordings named as in the Free Spoken Digit Dataset and prints the accuracy.
Every commit point of every frame is compared with the model; the words are decoded from what left the RTL.
words.json beside the result lists (group, said, heard) of all of them; the result itself the first ones.
"""

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pyuvm

from models.audio import read_audio, synthesise
from models.compiler import compile_network
from models.features import log_mel
from models.networks.digits import digits
from tb.base_test import MurTest
from tb.decode import decode

LABELS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
BATCH = 32  # utterances a wake-up of Python
SPACED_FRAMES = 20  # of the first utterance, offered one by one to measure the latency


def of_folder(folder: str, split: str) -> list[tuple[str, str, np.ndarray]]:
    """(said, split, features) of the recordings in ``folder``, all of them or those of one split."""
    from models.train.dataset import load_fsdd, split_of

    if not Path(folder).is_dir():
        raise ValueError(f"DATA={folder}: no such folder")
    chosen = [r for r in load_fsdd(folder) if split in ("", split_of(r))]
    if not chosen:
        raise ValueError(f"no recording of split {split!r} in {folder}")
    return [(LABELS[r.digit], split_of(r), log_mel(*read_audio(r.path))) for r in chosen]


@pyuvm.test()
class Speech(MurTest):
    """See the module."""

    def utterances(self) -> list[tuple[str, str, np.ndarray]]:
        """(said or "", group, features) of what the job asks for."""
        say, wav, data = (str(self.job.param(name, "")) for name in ("say", "wav", "data"))
        if data:
            found = of_folder(data, str(self.job.param("split", "")))
        elif wav:
            found = [("", Path(wav).name, log_mel(*read_audio(wav)))]
        else:
            found = []
            words = say.replace(",", " ").split()
            if strange := [word for word in words if word not in LABELS]:
                raise ValueError(f"SAY: {strange[0]!r} is none of {' '.join(LABELS)}")
            for word in words or LABELS:
                voice = str(self.job.param("voice", "en-us"))
                features = log_mel(*synthesise(word, voice, seed=self.job.seed - 1))
                found.append((word, "synthesised", features))
        for said, group, features in found:
            if not len(features):
                raise ValueError(f"{said or group}: shorter than one frame of 25 ms")
        return found

    async def body(self) -> None:
        """Load, start, stream, decode, stop."""
        utterances = self.utterances()
        await self.load(compile_network(digits(), self.config))
        await self.start()
        words: list[str] = []
        for at in range(0, len(utterances), BATCH):
            features = [features for _, _, features in utterances[at : at + BATCH]]
            result = await self.stream(features)
            lengths = [len(feature) for feature in features]
            words += decode(result.batch.results, lengths, LABELS, self.config.chunk)
        await self.stream([utterances[0][2][:SPACED_FRAMES]], spaced=True)
        await self.stop()
        self.figures["words"] = words[:BATCH]
        heard = [(group, said, word) for (said, group, _), word in zip(utterances, words, strict=True)]
        (self.job.out_dir / "words.json").write_text(json.dumps(heard) + "\n")
        self.score(utterances, words)

    def score(self, utterances: list[tuple[str, str, np.ndarray]], words: list[str]) -> None:
        """Print what was said and heard, and the accuracy of each group whose words are known."""
        right, count = Counter(), Counter()
        for (said, group, features), word in zip(utterances, words, strict=True):
            if len(utterances) <= BATCH:
                known = f"said {said}, " if said else ""
                print(f"mur> {group}: {known}heard {word} ({len(features)} frames)", flush=True)
            if said:
                count[group] += 1
                right[group] += said == word
        self.figures["accuracy"] = {group: round(right[group] / count[group], 4) for group in count}
        for group in count:
            share = 100 * right[group] / count[group]
            print(f"mur> {group}: {right[group]} of {count[group]} words right ({share:.1f} %)", flush=True)
