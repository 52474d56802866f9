# SPDX-License-Identifier: Apache-2.0
"""From results that left the machine to words.

A word is the label with the largest sum of scores over the frames of its utterance; of equal sums the
lowest label wins. Nothing here knows the model: scores are taken from RAW beats as the harness recorded
them.
"""

from collections.abc import Sequence

import numpy as np

from tb.records import TUSER_END, tuser

RAW = 1


class DecodeError(Exception):
    """The results do not hold one complete packet for every frame; the message says which."""


def frame_scores(results: np.ndarray, outputs: int, chunk: int) -> np.ndarray:
    """int64 [frames, outputs]: the words of every packet in order, steps added together.

    ``results`` are records of tb.records.RESULT, ``chunk`` is C, the outputs in one unit of the output
    index. DecodeError on a packet with an error, or with scores missing.
    """
    fields = tuser(results)
    ends = np.flatnonzero(results["last"])
    if len(results) and (not len(ends) or ends[-1] != len(results) - 1):
        raise DecodeError("the last packet has no END")
    if (results["data"][ends, 0] != 0).any() or (fields["kind"][ends] != TUSER_END).any():
        raise DecodeError("a packet was closed by an error")
    packet = np.searchsorted(ends, np.arange(len(results)))
    scores = np.zeros((len(ends), outputs), np.int64)
    seen = np.zeros((len(ends), outputs), np.int64)
    words = (results["keep"][:, None] >> (4 * np.arange(chunk, dtype=np.uint64)) & np.uint64(1)).astype(bool)
    raw = np.flatnonzero(fields["kind"] == RAW)
    for word in range(chunk):
        beats = raw[words[raw, word]]
        output = fields["index"][beats] * chunk + word
        if (output >= outputs).any():
            raise DecodeError(f"a score beyond output {outputs - 1}")
        np.add.at(scores, (packet[beats], output), results["data"][beats, word].astype(np.int64))
        np.add.at(seen, (packet[beats], output), 1)
    if len(ends) and (seen.min() == 0 or seen.min() != seen.max()):
        frame = int(np.flatnonzero((seen != seen.max()).any(axis=1))[0])
        raise DecodeError(f"packet {frame} lacks scores")
    return scores


def decode(results: np.ndarray, lengths: Sequence[int], labels: Sequence[str], chunk: int) -> list[str]:
    """The word of every utterance; ``lengths`` are their frames, in the order of the packets; ``chunk`` as
    above.

    DecodeError as above, or when frames are missing.
    """
    scores = frame_scores(results, len(labels), chunk)
    if len(scores) != sum(lengths):
        raise DecodeError(f"{len(scores)} packets for {sum(lengths)} frames")
    words, at = [], 0
    for length in lengths:
        words.append(labels[int(scores[at : at + length].sum(axis=0).argmax())])
        at += length
    return words
