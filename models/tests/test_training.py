# SPDX-License-Identifier: Apache-2.0
"""The training's command, and what it feeds the network; all without PyTorch."""

import runpy
import sys

import numpy as np
import pytest

from models.features import BANDS
from models.train import train_digits, variation


@pytest.fixture(autouse=True)
def no_pytorch(monkeypatch):
    """PyTorch cannot be found, also where it is installed."""
    monkeypatch.setitem(sys.modules, "torch", None)


def test_missing_pytorch_is_one_line(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["train", "--data", "."])
    with pytest.raises(SystemExit) as end:
        runpy.run_module("models.train", run_name="__main__")
    assert end.value.code == "error: PyTorch is not installed: `make train DATA=dir` installs it"


def test_help_needs_no_pytorch(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["train", "--help"])
    with pytest.raises(SystemExit) as end:
        train_digits.main()
    assert end.value.code == 0
    assert "Needs PyTorch" in capsys.readouterr().out


@pytest.mark.parametrize("frames", [8, 40, variation.MAX_FRAMES + 30])
def test_changed_features_are_features(frames):
    """Whatever is drawn: [frames, 40] of whole numbers 0..127, not too long, the same from the same seed."""
    word = np.random.default_rng(1).integers(0, 128, (frames, BANDS)).astype(np.float32)
    for draw in range(50):
        x, again = (variation.augment(word, variation.generator(draw, "test"), late=True) for _ in "12")
        assert x.dtype == np.float32 and x.shape[1:] == (BANDS,)
        assert 8 <= len(x) <= variation.MAX_FRAMES
        assert x.min() >= 0 and x.max() <= 127 and (x == np.rint(x)).all()
        assert np.array_equal(x, again)
    assert not np.array_equal(x, variation.augment(word, variation.generator(0, "test"), late=True))
