# SPDX-License-Identifier: Apache-2.0
"""The named simulations are green at their defaults, and random networks for a few seeds and builds."""

import pytest

from models.audio import synthesise
from tb.tests.simulation import simulate


def test_speech(tmp_path):
    result = simulate("speech", tmp_path)
    assert result["status"] == "pass", result
    assert len(result["words"]) == 10


def test_speech_of_a_file(tmp_path):
    import soundfile

    path = tmp_path / "word.wav"
    soundfile.write(path, *synthesise("seven"))
    result = simulate("speech", tmp_path, WAV=path)
    assert result["status"] == "pass", result
    assert len(result["words"]) == 1


def test_r0(tmp_path):
    result = simulate("r0", tmp_path)
    assert result["status"] == "pass", result
    assert result["frames"] >= 200
    assert result["cycles_per_frame"] <= 800


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_random(seed, tmp_path):
    result = simulate("random", tmp_path, seed=seed)
    assert result["status"] == "pass", result["reason"]
