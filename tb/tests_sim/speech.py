# SPDX-License-Identifier: Apache-2.0
"""Words: sound becomes features, features stream frame by frame into the machine, words come out.

WEIGHTS is the network, shipped or in a file. By default all its words, synthesised on the spot;
SAY="seven two" synthesises those, WAV=file reads a recording, DATA=folder runs recordings named as in Free
Spoken Digit Dataset and prints the accuracy.
`tb/speech_input.py` made features of them before the simulator was started.
Every commit point of every frame is compared with the model; the words are decoded from what left the RTL.
RECORD=1 keeps what left the RTL in record.npz (tb/demo/record.py).
words.json beside the result lists (group, said, heard) of all of them; the result itself the first ones.
"""

import json
from collections import Counter

import numpy as np
import pyuvm

from models.compiler import compile_network
from models.networks import trained
from tb import speech_input
from tb.base_test import MurTest
from tb.decode import decode
from tb.demo.record import Recorder

BATCH = 32  # utterances a wake-up of Python
BATCH_FRAMES = 60_000  # ... and their frames, where they are long: about 1 GB
SPACED_FRAMES = 20  # of the first utterance, offered one by one to measure the latency


@pyuvm.test()
class Speech(MurTest):
    """See the module."""

    async def body(self) -> None:
        """Load, start, stream, decode, stop."""
        utterances = speech_input.utterances(self.job.inputs())
        network_file = trained(self.job.param("weights", ""))
        images = compile_network(network_file.network, self.config)
        recorder = Recorder(images) if self.job.param("record", False) else None
        await self.load(images)
        await self.start()
        words: list[str] = []
        for part in speech_input.batches(utterances, BATCH, BATCH_FRAMES):
            features = [features for _, _, features in part]
            result = await self.stream(features)
            if recorder:
                recorder.add(features, result.batch)
            lengths = [len(feature) for feature in features]
            words += decode(result.batch.results, lengths, network_file.labels, self.config.chunk)
        alone = [utterances[0][2][:SPACED_FRAMES]]
        result = await self.stream(alone, spaced=True)
        await self.stop()
        if recorder:
            recorder.add(alone, result.batch, repeated=True)
            recorder.write(self.job.out_dir / "record.npz")
        self.figures["words"] = words[:BATCH]
        heard = [(group, said, word) for (said, group, _), word in zip(utterances, words, strict=True)]
        (self.job.out_dir / "words.json").write_text(json.dumps(heard) + "\n")
        self.score(utterances, words)

    def score(self, utterances: list[tuple[str, str, np.ndarray]], words: list[str]) -> None:
        """Print what was said and heard, and the accuracy of each group whose words are known."""
        right: Counter[str] = Counter()
        count: Counter[str] = Counter()
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
