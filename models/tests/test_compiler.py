# SPDX-License-Identifier: Apache-2.0
"""What the compiler refuses, and in which words.

That compiled programs compute the network is shown by the tests that run them on the model.
"""

from dataclasses import replace

import numpy as np
import pytest

from models.compiler import CompileError, compile_network
from models.formats import REFERENCE, BuildConfig
from models.networks import digits, r0
from models.tests.hand_networks import layer, network, output


def test_networks_that_do_not_hold_together_are_refused():
    good = layer("h1", 40, 8)
    cases = [
        (lambda: replace(good, w_rec=np.ones((8, 7), np.int8)), "layer h1: w_rec has shape"),
        (lambda: replace(good, w_in=np.full((40, 8), 8, np.int8)), r"layer h1: w_in holds 8\.\.8"),
        (lambda: replace(good, w_in=np.ones((40, 8), np.int16)), "layer h1: w_in has type int16"),
        (lambda: replace(good, mask_in=np.zeros((40, 8), bool)), "layer h1: w_in: 320 pruned weights"),
        (lambda: replace(good, theta=np.zeros(8, np.int32)), "layer h1: theta of neuron 0 is 0"),
        (lambda: replace(good, bias=np.full(8, 1 << 23, np.int32)), "layer h1: bias of neuron 0 is 8388608"),
        (lambda: replace(good, leak=16), "layer h1: leak code is 16"),
        (lambda: replace(good, shift_rec=8), "layer h1: shift_rec is 8"),
        (lambda: output(8, 3, shift=-1), "layer scores: shift is -1"),
        (lambda: output(8, 3, result="max"), "layer scores: result is 'max'"),
        (lambda: output(0, 3), "layer scores: w has shape"),
        (lambda: network(good, out=output(9, 3)), "layer scores: w has 9 rows, its source has 8"),
        (lambda: network(good, out=output(8, 3), inputs=39), "layer h1: w_in has 40 rows"),
        (lambda: network(good, out=output(8, 3), steps=3), "steps is 3"),
        (lambda: network(good, out=output(8, 3), in_max=40000), "input range"),
        (lambda: network(good, layer("h1", 8, 8), out=output(8, 3)), "two layers have one name"),
        (lambda: network(good, out=output(8, 3), recurrence="none"), "recurrence"),
        (lambda: network(good, out=output(8, 3), inputs=0), "n_inputs"),
    ]
    for build, message in cases:
        with pytest.raises(ValueError, match=message):
            build()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (dict(prog_depth=12), "program does not fit: 13 descriptors needed, 12 available"),
        (dict(wgt_depth=256), "weight bank 1 does not fit: 294 words needed, 256 available"),
        (dict(bias_depth=16), "bias memory does not fit: 17 chunks needed, 16 available"),
        (dict(neur_depth=15), "neuron memory .* does not fit: 16 chunks needed, 15 available"),
        (dict(vec_depth=16), "vector memory does not fit: 24 chunks needed, 16 available"),
    ],
)
def test_networks_too_large_for_a_memory_are_refused(change, message):
    with pytest.raises(CompileError, match=message):
        compile_network(digits(), BuildConfig(**change))


def test_masks_too_many_are_refused():
    with pytest.raises(CompileError, match="mask memory of set 0 does not fit: 8 words needed, 7 available"):
        compile_network(r0(), BuildConfig(mask_depth=7))


def test_more_layers_than_tags_are_refused():
    layers = [layer("h0", 40, 4), *(layer(f"h{k}", 4, 4) for k in range(1, 9))]
    with pytest.raises(CompileError, match="9 hidden layers, tags for 8"):
        compile_network(network(*layers, out=output(4, 2)), REFERENCE)


def test_vectors_wider_than_a_length_field_are_refused():
    config = BuildConfig(lanes=8, result_w=128, vec_depth=65536)
    with pytest.raises(CompileError, match="the input is 65536 wide"):
        compile_network(network(out=output(65536, 1), inputs=65536), config)
