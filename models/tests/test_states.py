# SPDX-License-Identifier: Apache-2.0
"""Sound states: k-means finds the clusters that are there, and each frame keeps its own."""

import numpy as np
import pytest

from models.corpora import frame_labels, states


def test_clusters_that_are_there_are_found():
    random = np.random.default_rng(1)
    middles = np.array([[0, 0], [100, 0], [0, 100], [100, 100]], np.float32)
    points = np.repeat(middles, 50, axis=0) + random.normal(0, 2, (200, 2)).astype(np.float32)
    # more clusters than groups: none holds points of two groups, and none is left without points
    found = states.nearest(points, states.cluster(points, 8, random))
    assert len(set(found)) == 8
    groups = np.repeat(np.arange(4), 50)
    assert all(len(set(groups[found == one])) == 1 for one in set(found))


def test_the_nearest_is_the_nearest():
    random = np.random.default_rng(2)
    points, centres = (random.normal(0, 30, (n, 6)).astype(np.float32) for n in (states.BLOCK + 5, 7))
    distances = ((points[:, None] - centres[None]) ** 2).sum(axis=2)
    assert np.array_equal(states.nearest(points, centres), distances.argmin(axis=1))


def test_too_few_frames_are_refused():
    points = np.zeros((100, 3), np.float32)
    points[:5, 0] = np.arange(5)
    with pytest.raises(ValueError, match="5 frames that differ make no 6 states"):
        states.cluster(points, 6, np.random.default_rng(1))


def test_vectors_look_back_only():
    x = np.arange(20, dtype=np.int8)[:, None] + 1
    seen = states.vectors(x)
    assert seen.shape == (20, len(states.BACK))
    assert seen[10].tolist() == [11, 8, 5]
    assert seen[2].tolist() == [3, 0, 0]


def test_segments_give_each_frame_its_state_again():
    chosen = np.array([3, 3, 1919, 0, 0, 0, 3])
    segments = states.segments(chosen)
    assert np.array_equal(frame_labels(segments, len(chosen), states.LABELS), chosen)
    assert states.segments(np.zeros(0, np.int64)) == ()
