# SPDX-License-Identifier: Apache-2.0
"""docs/numerics.md by hand: expected values are typed from the page or follow from a textbook definition."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import numerics as nm

ALL_PATTERNS = np.arange(1 << 16)


def textbook_naf(value):
    """Reitwiesner's recursion, which shares nothing with the 3x identity."""
    digits, s = [], 0
    while value:
        if value & 1:
            d = 2 - (value % 4)  # 1 mod 4 -> +1, 3 mod 4 -> -1, Python's modulo also for negatives
            digits.append((d, s))
            value -= d
        value >>= 1
        s += 1
    return digits


@pytest.mark.parametrize("signed", [False, True])
def test_csd_of_every_pattern(signed):
    value = nm.element_value(ALL_PATTERNS, signed)
    positive, negative = nm.csd_masks(value)
    assert np.array_equal(positive - negative, value)
    assert not (positive & negative).any()
    taken = positive | negative
    assert not (taken & (taken >> 1)).any()
    assert taken.max() < 1 << nm.DIGIT_POSITIONS


@pytest.mark.parametrize("signed", [False, True])
def test_tables_of_every_pattern_against_the_textbook(signed):
    first, second, count, weight = nm.number_tables(signed)
    value = nm.element_value(ALL_PATTERNS, signed)
    assert np.array_equal(first + second, value)
    for e in [*range(0, 1 << 16, 37), 0x7FFF, 0x8000, 0x8001, 0xAAAA, 0x5555, 0xFFFF]:
        digits = textbook_naf(int(value[e]))
        worth = [d << s for d, s in digits]
        assert nm.csd_digits(int(value[e])) == digits
        assert (count[e], weight[e]) == (len(digits), sum(map(abs, worth)))
        assert (first[e], second[e]) == (sum(worth[0::2]), sum(worth[1::2]))


@pytest.mark.parametrize(
    ("value", "digits"),
    [
        (0, []),
        (1, [(1, 0)]),
        (-1, [(-1, 0)]),
        (3, [(-1, 0), (1, 2)]),
        (7, [(-1, 0), (1, 3)]),
        (-3, [(1, 0), (-1, 2)]),
        (11, [(-1, 0), (-1, 2), (1, 4)]),
        (127, [(-1, 0), (1, 7)]),
        (-128, [(-1, 7)]),
        (65535, [(-1, 0), (1, 16)]),
        (-32768, [(-1, 15)]),
    ],
)
def test_digits_by_hand(value, digits):
    assert nm.csd_digits(value) == digits


def test_mean_digits_of_a_signed_byte_is_the_papers_figure():
    mean = nm.digit_count(np.arange(-128, 128), True).mean()
    assert round(float(mean), 2) == 2.78


def test_largest_digit_sums():
    assert nm.digit_weight(np.arange(-128, 128), True).max() == 170
    # 255 itself is two digits, 256 - 1; the worst of a range can be larger than its end.
    assert nm.digit_weight(np.array([255]), False)[0] == 257
    assert nm.digit_weight(np.arange(256), False).max() == 256 + 64 + 16 + 4 + 1


def test_elements_outside_sixteen_bits_are_refused():
    for bad in (-32769, 65536):
        with pytest.raises(ValueError):
            nm.csd_masks(bad)


@pytest.mark.parametrize(
    ("v", "code", "u"),
    [
        (1000, 0, 1000),
        (1000, 1, 500),
        (1001, 1, 501),
        (-1001, 1, -500),  # -1001 >>> 1 = -501
        (-1, 1, 0),
        (-1, 14, 0),  # -1 >>> k = -1 for every k
        (-3, 1, -1),
        (1, 1, 1),
        (32767, 14, 32766),
        (-32768, 14, -32766),
        (-32768, 1, -16384),
        (32767, 15, 0),
        (-32768, 15, 0),
        (16383, 14, 16383),
        (-16385, 14, -16383),
    ],
)
def test_leak_by_hand(v, code, u):
    assert nm.leak(np.int32(v), code) == u


@given(st.integers(-32768, 32767), st.integers(0, 15))
def test_leak_is_floor_division(v, code):
    want = {0: v, 15: 0}.get(code, v - v // (1 << code))
    assert nm.leak(np.array([v]), code)[0] == want


@pytest.mark.parametrize("code", [-1, 16])
def test_leak_code_range(code):
    with pytest.raises(ValueError):
        nm.leak(np.int32(0), code)


@pytest.mark.parametrize(
    ("v", "current", "bias", "theta", "code", "soft", "spike", "after"),
    [
        (0, 10, 0, 10, 0, True, True, 0),  # equal to the threshold fires
        (0, 9, 0, 10, 0, True, False, 9),
        (0, 25, 0, 10, 0, True, True, 15),
        (0, 25, 0, 10, 0, False, True, 0),
        (8, 0, 3, 10, 0, True, True, 1),
        (8, 0, 3, 10, 1, True, False, 7),  # 8 - 4 + 3
        (8, 0, 3, 10, 15, True, False, 3),
        (32767, 8388607, 8388607, 32767, 0, True, True, 0),
        (32767, 1, 0, 1, 0, True, True, 32766),  # saturated before the reset
        (-32768, -1, 0, 1, 0, False, False, -32768),
        (-32768, -8388608, -8388608, 1, 0, True, False, -32768),
        (-32768, 65535, 0, 32767, 0, True, True, 0),
        (-5, 0, 0, 1, 1, True, False, -2),  # -5 + 3
    ],
)
def test_lif_by_hand(v, current, bias, theta, code, soft, spike, after):
    arrays = [np.array([x], np.int32) for x in (v, current, bias, theta)]
    s, out = nm.lif_step(*arrays, code, soft)
    assert (bool(s[0]), int(out[0])) == (spike, after)


def test_saturation_corners():
    x = np.array([-32769, -32768, -32767, 32766, 32767, 32768])
    assert nm.saturate(x).tolist() == [-32768, -32768, -32767, 32766, 32767, 32767]


def test_merged_pairs():
    assert nm.merged([0, 1, 0, 1], [0, 0, 1, 1]).tolist() == [0, 1, 1, 2]


def test_put_bit_keeps_the_others():
    z = np.array([0b10101010, 0b01010101], np.uint8)
    assert nm.put_bit(z, 1, np.array([0, 1])).tolist() == [0b10101000, 0b01010111]
    assert nm.put_bit(z, 7, np.array([True, True])).tolist() == [0b10101010, 0b11010101]


def test_fold_by_hand():
    got = nm.fold(*(np.array([x]) for x in (5, -2, 100, 200)))
    assert [int(g[0]) for g in got] == [103, 203, 0, 0]


def test_accumulator_range():
    x = np.array([-(2**23) - 1, -(2**23), 2**23 - 1, 2**23])
    assert nm.fits_accumulator(x).tolist() == [False, True, True, False]


def test_argmax_ties_go_to_the_lowest_index():
    index, score = nm.argmax([[3, 7, 7, 1], [-5, -9, -5, -5]])
    assert index.tolist() == [1, 0]
    assert score.tolist() == [7, -5]
    assert nm.better(2, 7, 5, 7)
    assert not nm.better(5, 7, 2, 7)
    assert not nm.better(2, 7, 2, 7)
    assert nm.better(9, 8, 2, 7)
    assert not nm.better(0, 6, 2, 7)
