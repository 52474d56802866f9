# SPDX-License-Identifier: Apache-2.0
"""The network of docs/walkthrough.md: 6-6-3, two steps, small enough to be added up by hand."""

import numpy as np

from models.formats import BuildConfig
from models.network import LifLayer, Network, OutputLayer

# The build of the `smoke` simulation, whose compiled simulator it shares.
BUILD = BuildConfig(lanes=8, result_w=128, vec_depth=256)

# Three frames of one utterance; the page follows the second.
FRAMES = np.array(
    [[9, 0, 4, 0, 0, 6], [7, 0, -3, 0, 0, 12], [0, 5, 0, 0, -6, 0]],
    np.int16,
)
SHOWN = 1

_W_IN = [
    [3, -1, 2, 0, 4, -2],
    [1, 2, -3, 5, 0, 1],
    [-2, 3, 0, 1, -1, 4],
    [2, 2, 1, -4, 3, 0],
    [0, -5, 3, 2, 1, 1],
    [1, 2, -1, 3, -2, 5],
]
_W_REC = [
    [0, 2, -4, 1, 0, 3],
    [-3, 0, 5, 0, 2, 0],
    [4, -2, 0, 3, 0, -1],
    [0, 1, 2, 0, -5, 2],
    [2, 0, -1, 4, 0, 0],
    [-1, 3, 0, 0, 2, 0],
]
_W_OUT = [[5, -2, 1], [-3, 4, 0], [2, 2, -6], [0, 0, 0], [-1, 3, 2], [4, 0, -1]]


def walkthrough() -> Network:
    """The network; row 3 of its output layer is pruned."""
    w_out = np.array(_W_OUT, np.int8)
    mask = np.ones(w_out.shape, bool)
    mask[3] = False
    layer = LifLayer(
        name="h", w_in=np.array(_W_IN, np.int8), w_rec=np.array(_W_REC, np.int8), mask_in=None, mask_rec=None,
        shift_in=0, shift_rec=2, theta=np.array([24, 30, 20, 28, 22, 40], np.int32),
        bias=np.array([2, -1, 3, 0, 1, -4], np.int32), leak=2, soft=True,
    )  # fmt: skip
    output = OutputLayer(
        name="y", w=w_out, mask=mask, bias=np.array([10, -5, 0], np.int32), shift=0, merged=True, result="raw"
    )
    return Network(
        name="walkthrough", n_inputs=6, in_signed=True, in_min=-128, in_max=127, steps=2, recurrence="frame",
        layers=(layer,), output=output,
    )  # fmt: skip
