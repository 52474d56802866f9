# SPDX-License-Identifier: Apache-2.0
"""The proof that no accumulator overflows: its arithmetic, and where exactly it refuses."""

from dataclasses import replace

import numpy as np
import pytest

from models.compiler import CompileError, compile_network
from models.formats import REFERENCE, BuildConfig
from models.network import Network
from models.proof import LIMIT, digit_sum_max
from models.tests.hand_networks import layer, network, output


def naf_digits(x: int) -> int:
    """Sum of |digits| of the non-adjacent form, by its textbook definition."""
    total, weight = 0, 1
    while x:
        if x & 1:
            digit = 2 - (x & 3)
            total += weight
            x -= digit
        x >>= 1
        weight *= 2
    return total


@pytest.mark.parametrize("span", [(-128, 127), (0, 255), (0, 0), (-3, 11), (-5000, -4000), (60000, 65535)])
def test_digit_sums_are_the_largest_of_the_range(span):
    assert digit_sum_max(*span) == max(naf_digits(x) for x in range(span[0], span[1] + 1))


def test_digit_sum_of_a_signed_byte_is_170():
    assert digit_sum_max(-128, 127) == 170


def test_proof_refuses_exactly_at_the_limit():
    # A constant input of 2^14 has one digit: 8 * 2^14 * 64 rows = 2^23.
    def one(rows: int) -> Network:
        first = layer("h1", rows, 2, rec=False, weight=-8)
        first.w_in[:, 0] = 0
        return network(first, out=output(2, 2), inputs=rows, in_min=1 << 14, in_max=1 << 14)

    with pytest.raises(CompileError, match=f"layer h1: neuron 1 can reach {LIMIT} in its accumulator"):
        compile_network(one(64), REFERENCE)
    compile_network(one(63), REFERENCE)


def test_proof_counts_recurrence_merged_pairs_and_shifts():
    rows = 8191  # 8191 rows * 8 << 7 = 2^23 - 2^10
    config = BuildConfig(lanes=8, result_w=128, wgt_depth=65536, bias_depth=65536,
    neur_depth=65536, vec_depth=65536,
                         prog_depth=65536)  # fmt: skip
    wide = layer("h1", 1, rows, rec=False)
    single = replace(output(rows, 1, shift=7), w=np.full((rows, 1), 7, np.int8))
    assert 7 * rows << 7 < LIMIT <= 14 * rows << 7
    compile_network(network(wide, out=replace(single, merged=False), inputs=1), config)
    compile_network(network(wide, out=single, inputs=1, steps=1), config)
    with pytest.raises(CompileError, match=f"layer scores: neuron 0 can reach {14 * rows << 7}"):
        compile_network(network(wide, out=single, inputs=1), config)

    near = layer("h1", 63, 2, weight=-8)
    near = replace(near, w_rec=np.array([[0, -8], [0, -8]], np.int8), shift_rec=7)
    safe = network(near, out=output(2, 2), inputs=63, in_min=1 << 14, in_max=1 << 14)
    compile_network(safe, REFERENCE)  # 63 * 2^17 + 2 * 8 * 2^7 < 2^23
    with pytest.raises(CompileError, match="layer h1: neuron 1 can reach"):
        compile_network(replace(safe, in_max=16640), REFERENCE)  # 2^14 + 2^8: 8 * 63 * 2^8 more
