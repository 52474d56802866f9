# SPDX-License-Identifier: Apache-2.0
"""Words from results: sums over the frames of an utterance, the lowest label of equal sums."""

import numpy as np
import pytest

from tb import records
from tb.decode import DecodeError, decode

LABELS = ("zero", "one", "two", "three", "four", "five")
C = 4


def packets(scores: np.ndarray, steps: int = 1) -> np.ndarray:
    """Result records of [frames, outputs] scores; with two steps each score leaves in two parts."""
    frames, outputs = scores.shape
    beats = []
    for frame in range(frames):
        for chunk in range(-(-outputs // C)):
            words = scores[frame, chunk * C : (chunk + 1) * C]
            for step in range(steps):
                beat = np.zeros((), records.RESULT)
                beat["user"] = frame | chunk << 32 | step << 48 | 1 << 52
                beat["keep"] = (1 << 4 * len(words)) - 1
                beat["data"][:C] = 12345  # beyond TKEEP there may be anything
                beat["data"][: len(words)] = words if step == 0 else 0
                beats.append(beat)
        end = np.zeros((), records.RESULT)
        end["user"], end["keep"], end["last"] = frame | 15 << 52, 15, 1
        beats.append(end)
    return np.array(beats)


def test_sum_over_the_frames_of_each_utterance():
    scores = np.array([[5, 0, 0, 0, 0, 0], [0, 0, 0, 0, 9, 0], [0, 0, 0, 0, 0, 1], [0, 2, 0, 0, 0, -7]])
    assert decode(packets(scores), [2, 2], LABELS, C) == ["four", "one"]
    assert decode(packets(scores), [1, 1, 1, 1], LABELS, C) == ["zero", "four", "five", "one"]


@pytest.mark.parametrize("steps", [1, 2])
def test_the_lowest_of_equal_sums_wins(steps):
    scores = np.array([[0, 3, 1, 0, 0, 3], [0, 0, 2, 0, 0, 0]])
    assert decode(packets(scores, steps), [2], LABELS, C) == ["one"]


def test_negative_scores():
    assert decode(packets(np.array([[-5, -4, -9, -4, -5, -6]])), [1], LABELS, C) == ["one"]


def test_sums_do_not_wrap_at_32_bits():
    scores = np.array([[2**31 - 1, 1, 0, 0, 0, 0]] * 3)
    assert decode(packets(scores), [3], LABELS, C) == ["zero"]


def test_missing_frames_are_refused():
    with pytest.raises(DecodeError, match="2 packets for 3 frames"):
        decode(packets(np.zeros((2, 6), int)), [3], LABELS, C)


def test_a_lost_beat_is_refused():
    with pytest.raises(DecodeError, match="packet 1 lacks scores"):
        decode(np.delete(packets(np.zeros((3, 6), int)), 3), [3], LABELS, C)


def test_an_open_packet_is_refused():
    with pytest.raises(DecodeError, match="no END"):
        decode(packets(np.zeros((2, 6), int))[:-1], [2], LABELS, C)


def test_a_packet_that_an_error_closed_is_refused():
    results = packets(np.zeros((1, 6), int))
    results["data"][-1, 0] = 3
    with pytest.raises(DecodeError, match="closed by an error"):
        decode(results, [1], LABELS, C)
