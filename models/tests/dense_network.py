# SPDX-License-Identifier: Apache-2.0
"""A network without a pruned weight, of which nothing but a build with deep banks holds the whole."""

from itertools import pairwise

import numpy as np

from models.network import LifLayer, Network, OutputLayer


def dense(seed: int, sizes=(40, 256, 256, 1920)) -> Network:
    """Random weights; neurons spike now and then."""
    rng = np.random.default_rng(seed)

    def weights(rows: int, n: int) -> np.ndarray:
        return rng.integers(-8, 8, (rows, n)).astype(np.int8)

    layers = tuple(
        LifLayer(
            name=f"h{k}", w_in=weights(rows, n), w_rec=weights(n, n), mask_in=None, mask_rec=None, shift_in=0,
            shift_rec=1, theta=rng.integers(100, 3000 if k == 1 else 400, n).astype(np.int32),
            bias=rng.integers(-20, 60, n).astype(np.int32), leak=3, soft=True,
        )
        for k, (rows, n) in enumerate(pairwise(sizes[:-1]), 1)
    )  # fmt: skip
    scores = weights(sizes[-2], sizes[-1])
    output = OutputLayer(
        name="scores",
        w=scores,
        mask=None,
        bias=np.zeros(sizes[-1], np.int32),
        shift=0,
        merged=True,
        result="raw",
    )
    return Network(
        name="dense", n_inputs=sizes[0], in_signed=True, in_min=-128, in_max=127, steps=2, recurrence="frame",
        layers=layers, output=output,
    )  # fmt: skip
