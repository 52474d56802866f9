# SPDX-License-Identifier: Apache-2.0
"""The arithmetic of docs/numerics.md as small pure functions on numpy integer arrays.

Nothing here holds state or knows of descriptors; `machine` and `reference` are built on it and tests pin it
to hand-computed values. Arrays broadcast; every result is exact. Arguments outside their documented range
raise `ValueError` where a wrong value would otherwise look right.
"""

from functools import cache

import numpy as np

ACC_MIN, ACC_MAX = -(1 << 23), (1 << 23) - 1  # ACC_W = 24, signed
MEM_MIN, MEM_MAX = -(1 << 15), (1 << 15) - 1  # MEM_W = 16, signed
THETA_MIN, THETA_MAX = 1, 32767
LEAK_NONE, LEAK_ALL = 0, 15  # leak codes that do not shift
DIGIT_POSITIONS = 17  # a 16-bit unsigned number needs position 16
NUMBER_BITS = 19  # width of h = 3x


def csd_masks(x):
    """Canonical signed digits of `x` (int, -32768..65535) as two bit masks (positive, negative), bits 0..16.

    numerics.md, Digits: `h = 3x` in 19 bits, positive `(h & ~x) >> 1`, negative `(x & ~h) >> 1`.
    """
    x = np.asarray(x, dtype=np.int64)
    if x.size and (x.min() < -32768 or x.max() > 65535):
        raise ValueError("an element is 16 bits: -32768..65535")
    keep = (1 << NUMBER_BITS) - 1
    h, w = (3 * x) & keep, x & keep
    return (h & ~w) >> 1, (w & ~h) >> 1


def csd_digits(value):
    """Digits of one integer as a list of (sign, position), lowest position first (numerics.md, Digits)."""
    positive, negative = (int(m) for m in csd_masks(value))
    return [
        (1 if positive >> s & 1 else -1, s) for s in range(DIGIT_POSITIONS) if (positive | negative) >> s & 1
    ]


@cache
def digit_tables(signed):
    """Look-up tables over all 65,536 element patterns: (parts, tops, count), read-only.

    `parts` int32[2, 2, 65536]: sum of the positive and the sum of the |negative| digits whose place in the
    list is even ([0]: 0th, 2nd, ...) or odd ([1]). `tops` int32[2, 65536]: the largest positive and
    |negative| digit, 0 for none. `count` int32[65536]: number of digits.
    """
    pattern = np.arange(1 << 16, dtype=np.int64)
    positive, negative = csd_masks(element_value(pattern, signed))
    parts = np.zeros((2, 2, 1 << 16), np.int32)
    tops = np.zeros((2, 1 << 16), np.int32)
    count = np.zeros(1 << 16, np.int32)
    for s in range(DIGIT_POSITIONS):
        even = (count & 1) == 0
        for sign, mask in enumerate((positive, negative)):
            here = (mask >> s & 1).astype(bool)
            parts[0, sign] += np.where(here & even, 1 << s, 0).astype(np.int32)
            parts[1, sign] += np.where(here & ~even, 1 << s, 0).astype(np.int32)
            tops[sign][here] = 1 << s
        count += ((positive | negative) >> s & 1).astype(np.int32)
    for table in (parts, tops, count):
        table.setflags(write=False)
    return parts, tops, count


@cache
def number_tables(signed):
    """Look-up tables over all 65,536 element patterns: (first, second, count, weight), each int32[65536],
    read-only.

    `first` is the sum of the digits with an even place in the list (0th, 2nd, ...) and `second` of the
    others: on both sets the digits of a row go to set 0, 1, 0, 1, ... from set 0 (ledger.md, EVENTS).
    `first + second` is the value, `count` the number of digits and `weight` the sum of |digits| (`D` of
    numerics.md, Accumulate).
    """
    parts, _, count = digit_tables(signed)
    tables = (
        parts[0, 0] - parts[0, 1],
        parts[1, 0] - parts[1, 1],
        count,
        parts.sum(axis=(0, 1), dtype=np.int32),
    )
    for table in tables:
        table.setflags(write=False)
    return tables


def digit_count(x, signed):
    """Number of canonical signed digits of elements `x` (any integers, low 16 bits used)."""
    return number_tables(bool(signed))[2][np.asarray(x) & 0xFFFF]


def digit_weight(x, signed):
    """Sum of |digits| of elements `x` (low 16 bits used): what one row adds to the overflow bound."""
    return number_tables(bool(signed))[3][np.asarray(x) & 0xFFFF]


def element_value(x, signed):
    """Elements `x` (low 16 bits used) read as signed or unsigned numbers, int64 (numerics.md, Element)."""
    pattern = np.asarray(x).astype(np.int64) & 0xFFFF
    return np.where(pattern >= 1 << 15, pattern - (1 << 16), pattern) if signed else pattern


def merged(a, b):
    """The merged pair of two spikes (0/1): 0, 1 or 2, one digit at most (numerics.md, Merged output)."""
    return np.asarray(a) + np.asarray(b)


def saturate(x, low=MEM_MIN, high=MEM_MAX):
    """`min(max(x, low), high)`; by default into the 16-bit membrane."""
    return np.minimum(np.maximum(x, low), high)


def leak(v, code):
    """`u` of numerics.md, LIF: membrane after the leak `code` 0..15; the shift rounds to minus infinity."""
    if not LEAK_NONE <= code <= LEAK_ALL:
        raise ValueError(f"leak code {code} is not 0..15")
    v = np.asarray(v)
    if code == LEAK_NONE:
        return v
    if code == LEAK_ALL:
        return np.zeros_like(v)
    return v - (v >> code)


def lif_step(v, current, bias, theta, leak_code, soft):
    """One step of LIF neurons: (spike bool, v') from membrane `v`, `current` I, `bias`, `theta`
    (numerics.md, LIF).

    Operands are signed arrays of at least 32 bits (the sum needs 27); the result keeps their type.
    """
    p = saturate(leak(v, leak_code) + current + bias)
    spike = p >= theta
    return spike, np.where(spike, p - theta if soft else 0, p)


def put_bit(z, bit, spike):
    """Spike byte `z` with bit `bit` (0..7) replaced by `spike` (0/1)."""
    return (z & (0xFF ^ (1 << bit))) | (np.asarray(spike).astype(z.dtype) << bit)


def fold(source0, source1, destination0, destination1):
    """FOLD: (destination0', destination1', source0', source1') (numerics.md, Accumulate); ranges are the
    caller's.
    """
    both = source0 + source1
    return destination0 + both, destination1 + both, np.zeros_like(source0), np.zeros_like(source1)


def fits_accumulator(x):
    """Elementwise: does `x` fit in 24 bits signed?"""
    return (x >= ACC_MIN) & (x <= ACC_MAX)


def argmax(y):
    """(index, score) of the largest value on the last axis; of equal scores the lowest index (numerics.md,
    ARGMAX).
    """
    y = np.asarray(y)
    index = y.argmax(axis=-1)
    return index, np.take_along_axis(y, index[..., None], axis=-1)[..., 0]


def better(index, score, old_index, old_score):
    """Does (index, score) replace the running maximum? Larger score, or an equal one with a lower index."""
    return (score > old_score) | ((score == old_score) & (index < old_index))
