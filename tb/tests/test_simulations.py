# SPDX-License-Identifier: Apache-2.0
"""The named simulations are green at their defaults, and random networks for a few seeds and builds."""

import pytest

from models.audio import synthesise
from tb.tests.simulation import simulate


def test_speech(tmp_path):
    result = simulate("speech", tmp_path)
    assert result["status"] == "pass", result
    assert result["words"] == "zero one two three four five six seven eight nine".split()
    assert result["frames"] > 10


def test_speech_of_a_file(tmp_path):
    import soundfile

    path = tmp_path / "word.wav"
    soundfile.write(path, *synthesise("seven"))
    result = simulate("speech", tmp_path, WAV=path)
    assert result["status"] == "pass", result
    assert result["words"] == ["seven"]
    assert result["frames"] > 0


def test_r0(tmp_path):
    result = simulate("r0", tmp_path)
    assert result["status"] == "pass", result
    assert result["frames"] >= 200
    assert result["cycles_per_frame"] <= 800


def test_dense(tmp_path):
    result = simulate("dense", tmp_path, FRAMES=20, UTTERANCES=2)
    assert result["status"] == "pass", result
    assert result["frames"] == 20


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_random(seed, tmp_path):
    result = simulate("random", tmp_path, seed=seed)
    assert result["status"] == "pass", result["reason"]
    assert result["frames"] >= 6 * 2 * 5


# Depths that networks of up to 300 neurons need.
BUILDS = {
    8: {"RESULT_W": 128, "PROG_DEPTH": 1024, "WGT_DEPTH": 65536, "MASK_DEPTH": 8192, "NEUR_DEPTH": 512,
        "BIAS_DEPTH": 1024, "VEC_DEPTH": 1024},
    64: {"PROG_DEPTH": 512, "WGT_DEPTH": 16384, "MASK_DEPTH": 2048, "NEUR_DEPTH": 256, "VEC_DEPTH": 512},
}  # fmt: skip


@pytest.mark.parametrize("lanes", BUILDS)
def test_random_in_other_builds(lanes, tmp_path):
    result = simulate("random", tmp_path, LANES=lanes, NETWORKS=20, **BUILDS[lanes])
    assert result["status"] == "pass", result["reason"]
    assert result["frames"] >= 20 * 2 * 5
