# SPDX-License-Identifier: Apache-2.0
"""R0 is what the speed figures say it is: its densities hold over 1,000 frames, its tiles keep 77
rows.
"""

import numpy as np
import pytest

from models import reference
from models.networks.dense import dense
from models.networks.r0 import EITHER, KEPT, RATE, r0, r0_frames

FRAMES = 1000
TOLERANCE = 0.01


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_densities_hold(seed):
    outcome = reference.run(r0(seed), r0_frames(seed, FRAMES)[None])
    assert len(outcome.spikes) == 2
    for name, spikes in zip(("h1", "h2"), outcome.spikes, strict=True):
        assert spikes.shape == (1, FRAMES, 2, 128)
        for step in (0, 1):
            assert spikes[:, :, step].mean() == pytest.approx(RATE, abs=TOLERANCE), f"{name} step {step}"
        assert spikes.max(axis=2).mean() == pytest.approx(EITHER, abs=TOLERANCE), f"{name} in either step"


def test_densities_hold_as_the_stream_goes_on():
    outcome = reference.run(r0(), r0_frames(7, 5 * FRAMES)[None])
    for spikes in outcome.spikes:
        late = spikes[:, -FRAMES:]
        assert late.mean() == pytest.approx(RATE, abs=TOLERANCE)
        assert late.max(axis=2).mean() == pytest.approx(EITHER, abs=TOLERANCE)


def test_no_neuron_is_dead_or_stuck():
    outcome = reference.run(r0(), r0_frames(0, FRAMES)[None])
    for spikes in outcome.spikes:
        rate = spikes.mean(axis=(0, 1, 2))
        assert rate.min() > 0.2
        assert rate.max() < 0.5


def test_shape_and_masks():
    net = r0()
    assert (net.n_inputs, [x.n for x in net.layers], net.output.n) == (40, [128, 128], 1920)
    assert (net.steps, net.recurrence, net.output.merged) == (2, "frame", True)
    for tile in range(15):
        rows = net.output.mask[:, 128 * tile : 128 * tile + 128]
        assert rows.any(axis=1).sum() == KEPT == 77
        assert (rows.all(axis=1) == rows.any(axis=1)).all()
    weights = np.concatenate([net.layers[0].w_in.ravel(), net.layers[1].w_rec.ravel()])
    assert set(np.unique(weights)) == set(range(-8, 8))


def test_seeds_matter_and_repeat():
    assert np.array_equal(r0(4).output.w, r0(4).output.w)
    assert not np.array_equal(r0(4).output.w, r0(5).output.w)
    assert np.array_equal(r0_frames(4, 3), r0_frames(4, 5)[:3])
    frames = r0_frames(0, 2000)
    assert (frames.min(), frames.max()) == (-128, 127)


def test_the_dense_network_is_the_size_that_s0_begins_with():
    net = dense()
    matrices = [*(w for layer in net.layers for w in (layer.w_in, layer.w_rec)), net.output.w]
    assert sum(w.size for w in matrices) == 698_368
    assert all(layer.mask_in is None and layer.mask_rec is None for layer in net.layers)
    spikes = reference.run(net, r0_frames(0, 300)[None]).spikes
    assert [s.mean() for s in spikes] == pytest.approx([RATE, RATE], abs=TOLERANCE)
