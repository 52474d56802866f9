# SPDX-License-Identifier: Apache-2.0
"""Images survive their packets; damaged packets get the error bit of their first fault."""

import numpy as np
import pytest

from models import formats as fm
from models.formats import BuildConfig
from models.images import ImageError, Images, packet, parse
from models.tests.random_descriptors import random_descriptor


def random_images(rng: np.random.Generator, config: BuildConfig) -> Images:
    """Images of random content and size."""

    def words(depth: int) -> int:
        return int(rng.integers(1, depth + 1))

    c = config.chunk
    return Images(
        config=config,
        program=[random_descriptor(rng).encode() for _ in range(words(config.prog_depth))],
        weights=tuple(
            rng.integers(-8, 8, (words(config.wgt_depth), config.lanes)).astype(np.int8) for _ in "01"
        ),
        masks=tuple(rng.random((words(config.mask_depth), fm.GROUP)) < 0.5 for _ in "01"),
        bias=rng.integers(-(1 << 23), 1 << 23, (words(config.bias_depth), c)).astype(np.int32),
        theta=rng.integers(0, 1 << 15, (words(config.neur_depth), c)).astype(np.int32),
    )


@pytest.mark.parametrize(
    ("lanes", "result_w"),
    [(lanes, width) for lanes in (8, 16, 64, 128) for width in (128, 256, 512) if width // 32 <= lanes],
)
def test_images_survive_their_packets(lanes, result_w):
    config = BuildConfig(lanes=lanes, result_w=result_w, wgt_depth=64)
    images = random_images(np.random.default_rng([lanes, result_w]), config)
    packets = images.to_packets()
    assert len(packets) == len(fm.Target)
    assert all(p.dtype == np.uint64 for p in packets)
    back = Images.from_packets(config, packets)
    assert back.program == images.program
    for name in ("weights", "masks"):
        for k in (0, 1):
            assert np.array_equal(getattr(back, name)[k], getattr(images, name)[k])
    assert np.array_equal(back.bias, images.bias)
    assert np.array_equal(back.theta, images.theta)


def test_a_load_leaves_the_words_that_it_does_not_write():
    config = BuildConfig(lanes=8, result_w=128, wgt_depth=64)
    rng = np.random.default_rng(1)
    for _ in range(20):
        first, second = random_images(rng, config), random_images(rng, config)
        sent = first.to_packets()
        both = Images.from_packets(config, [*sent, *second.to_packets()]).to_packets()
        onto = Images.from_packets(config, second.to_packets(), first).to_packets()
        assert [words.tolist() for words in onto] == [words.tolist() for words in both]
        assert [words.tolist() for words in first.to_packets()] == [words.tolist() for words in sent]


def test_word_placement_is_that_of_the_page():
    config = BuildConfig(lanes=8, result_w=128)
    weights = np.array([[1, -2, 3, 4, 5, 6, 7, -8]], np.int8)
    beats = packet(config, fm.Target.WEIGHTS1, weights, first=5)
    assert int(beats[0]) == 0x6D75 | 1 << 16 | 2 << 24 | 5 << 32 | 1 << 48
    assert int(beats[1]) == 0x876543E1  # lane 0 in the lowest four bits
    bias = packet(config, fm.Target.BIAS, np.array([[-1, 1, 2, 3]]))
    assert len(bias) == 4  # 96 bits take two beats
    assert int(bias[1]) == 0x0002_000001_FFFFFF
    assert int(bias[2]) == 0x000003_00
    mask = packet(config, fm.Target.MASKS0, np.arange(128)[None] == 65)
    assert [int(b) for b in mask[1:3]] == [0, 2]


@pytest.mark.parametrize(
    ("beat", "flip", "bit"),
    [
        (0, 1, "IMG_HEADER"), (0, 1 << 17, "IMG_HEADER"), (0, 1 << 28, "IMG_HEADER"), (0, 1 << 24,
        "IMG_HEADER"),
        (0, 1 << 47, "IMG_RANGE"), (0, 2 << 48, "IMG_RANGE"), (0, 4 << 48, "IMG_LENGTH"),
        (1, 1, "IMG_CRC"), (-1, 1 << 31, "IMG_CRC"),
    ],
)  # fmt: skip
def test_damaged_packets_are_refused(beat, flip, bit):
    beats = packet(fm.REFERENCE, fm.Target.THETA, np.ones((2, 16)))
    beats[beat] ^= np.uint64(flip)
    with pytest.raises(ImageError) as error:
        parse(fm.REFERENCE, beats)
    assert error.value.bit.name == bit


def test_packets_cut_short_are_refused():
    beats = packet(fm.REFERENCE, fm.Target.THETA, np.ones((2, 16)))
    with pytest.raises(ImageError, match="IMG_LENGTH"):
        parse(fm.REFERENCE, beats[:-1])


def test_memories_of_65536_words_take_two_packets():
    config = BuildConfig(lanes=8, result_w=128, wgt_depth=65536)
    images = random_images(np.random.default_rng(3), BuildConfig(lanes=8, result_w=128))
    images.config = config
    images.weights = (np.ones((65536, 8), np.int8), images.weights[1])
    packets = images.to_packets()
    assert len(packets) == len(fm.Target) + 1
    assert np.array_equal(Images.from_packets(config, packets).weights[0], images.weights[0])
