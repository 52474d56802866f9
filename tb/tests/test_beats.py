# SPDX-License-Identifier: Apache-2.0
"""What the drivers make of items, the monitors make items of."""

import numpy as np
import pytest

from tb.agents import frame, image


@pytest.mark.parametrize("mark", [False, True])
@pytest.mark.parametrize("elements", [1, 4, 13])
def test_frames_come_back(elements, mark):
    rng = np.random.default_rng(elements)
    utterances = [rng.integers(-(1 << 15), 1 << 15, (count, elements)) for count in (1, 5, 1, 2)]
    back = frame.from_beats(frame.to_beats(utterances, mark))
    assert len(back) == len(utterances)
    for one, other in zip(back, utterances, strict=True):
        assert one[:, :elements].astype(np.int16).tolist() == other.tolist()
        assert not one[:, elements:].any()


def test_image_packets_come_back():
    rng = np.random.default_rng(1)
    packets = [rng.integers(0, 1 << 63, size, dtype=np.uint64) for size in (3, 1, 7)]
    back = image.from_beats(image.to_beats(packets))
    assert [words.tolist() for words in back] == [words.tolist() for words in packets]
