# SPDX-License-Identifier: Apache-2.0
"""The exact overflow check of one ACC, for runs in which the static bound does not hold (see `machine`)."""

import numpy as np

from models import numerics as nm
from models.formats import Fmt
from models.machine_ops import digit_sums


def signed_digits(op, elements):
    """[(set, positive, negative)]: sums of positive and of |negative| digits, float64[B, len] each."""
    if op.fmt in (Fmt.SPIKES, Fmt.MERGED):
        sums = digit_sums(op, elements, np.float64)
        return [(k, x, np.zeros_like(x)) for k, x in enumerate(sums) if x is not None]
    parts = nm.digit_tables(op.signed)[0]
    if len(op.sets) == 1:
        parts = parts.sum(axis=0, keepdims=True)
    return [
        (k, parts[i, 0][elements].astype(np.float64), parts[i, 1][elements].astype(np.float64))
        for i, k in enumerate(op.sets)
    ]


def product_overflows(op, elements):
    """bool[B]: is there a row, a lane and a digit whose product alone leaves 24 bits?"""
    if op.fmt in (Fmt.SPIKES, Fmt.MERGED):
        return np.zeros(len(elements), bool)  # at most 8 * 2 * 2^7
    tops = nm.digit_tables(op.signed)[1]
    plus, minus = tops[0][elements].astype(np.float64), tops[1][elements].astype(np.float64)
    most, least = op.weights.max(axis=1), op.weights.min(axis=1)
    out = (plus * most > nm.ACC_MAX) | (plus * least < nm.ACC_MIN)
    out |= (-minus * most < nm.ACC_MIN) | (-minus * least > nm.ACC_MAX)
    return out.any(axis=1)


def accumulate(op, elements, acc, alive):
    """ACC into `acc` float64[2, B, LANES] (its context) in place.

    Returns None, or `(utterance, certain)` of an overflow among the utterances `alive` bool[B]: certain
    when every order of the events overflows, else only some order.
    """
    some, every = np.zeros(len(elements), bool), product_overflows(op, elements)
    up, down = np.maximum(op.weights, 0), np.maximum(-op.weights, 0)
    for k, plus, minus in signed_digits(op, elements):
        high, low = plus @ up + minus @ down, plus @ down + minus @ up
        fits = nm.fits_accumulator(acc[k] + high) & nm.fits_accumulator(acc[k] - low)
        acc[k] += high - low
        some |= ~fits.all(axis=1)
        every |= ~nm.fits_accumulator(acc[k]).all(axis=1)
    for hit, certain in ((every & alive, True), (some & alive, False)):
        if hit.any():
            return int(hit.argmax()), certain
    return None


def outside(acc, alive):
    """(utterance, True) when a value of `acc` [any, B, LANES] of an `alive` utterance is outside 24 bits,
    else None.
    """
    hit = ~nm.fits_accumulator(acc).all(axis=(0, 2)) & alive
    return (int(hit.argmax()), True) if hit.any() else None
