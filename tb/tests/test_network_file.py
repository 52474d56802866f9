# SPDX-License-Identifier: Apache-2.0
"""Any network file runs on the RTL: what leaves it is what the plain algebra says."""

import dataclasses
from typing import Any

import numpy as np
import pytest
import safetensors.numpy

from models.corpora.corpus import KEYWORDS
from models.formats import BuildConfig
from models.inference import DEEP, algebra
from models.tests.dense_network import dense
from models.weight_file import save
from regressions.registry import RegistryError
from tb import speech_input
from tb.network_input import prepare
from tb.speech_input import utterances
from tb.tests.simulation import simulate

SMALL = BuildConfig(lanes=8, result_w=128, vec_depth=256)


def settings(config: BuildConfig) -> dict[str, Any]:
    return {name.upper(): value for name, value in dataclasses.asdict(config).items()}


def run(tmp_path, network, features, config) -> dict:
    """The result of the run; fails unless sums and best outputs are the algebra's."""
    weights, frames = tmp_path / "net.safetensors", tmp_path / "frames.safetensors"
    save(weights, network, {"labels": []})
    lengths = np.array([len(x) for x in features])
    safetensors.numpy.save_file({"features": np.concatenate(features), "lengths": lengths}, frames)
    result = simulate("network", tmp_path, WEIGHTS=weights, FEATURES=frames, **settings(config))
    assert result["status"] == "pass", result["reason"]
    want = algebra(network, features)
    with np.load(tmp_path / "network" / "1" / "heard.npz") as heard:
        assert np.array_equal(heard["sums"], want.sums)
        assert np.array_equal(heard["best"], np.concatenate(want.best))
    return result


def test_more_utterances_than_a_wake_up_of_python_takes(tmp_path):
    rng = np.random.default_rng(2)
    network = dense(4, (10, 12, 20, 9))
    features = [rng.integers(-128, 128, (n, 10)) for n in rng.integers(1, 4, 150)]
    assert run(tmp_path, network, features, SMALL)["frames"] == sum(map(len, features))
    assert len(np.unique(np.concatenate(algebra(network, features).best))) > 3


def test_dense_network_in_a_build_with_deep_banks(tmp_path):
    """40-256-256-1920 without a pruned weight."""
    network = dense(1)
    features = [np.random.default_rng(n).integers(-128, 128, (n, 40)) for n in (3, 5)]
    result = run(tmp_path, network, features, DEEP)
    spikes = result["ledger"]["SPIKES0"], result["ledger"]["SPIKES1"]
    assert all(0 < count < 8 * 2 * 256 for count in spikes)


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        (None, "cannot be read: No such file or directory"),
        ({}, "damaged, or not features and lengths: 'features'"),
        (
            {"features": np.zeros((2, 3)), "lengths": np.array([2])},
            "float64 (2, 3), want whole numbers [frames, 40]",
        ),
        (
            {"features": np.zeros((2, 40), int), "lengths": np.array([3])},
            "lengths do not add up to its 2 frames",
        ),
        (
            {"features": np.full((2, 40), 128), "lengths": np.array([2])},
            "128..128, the network takes 0..127",
        ),
    ],
)
def test_frames_that_do_not_fit(tmp_path, arrays, said):
    path = tmp_path / "frames.safetensors"
    if arrays is not None:
        safetensors.numpy.save_file(arrays, path)
    with pytest.raises(RegistryError) as refused:
        prepare({"weights": "digits", "features": str(path), "utterances": 1, "frames": 1}, 1)
    assert str(refused.value) == f"FEATURES={path}: {said}"


def test_network_file_that_is_not_there():
    with pytest.raises(RegistryError, match=r"WEIGHTS=/no/net\.safetensors is missing"):
        prepare({"weights": "/no/net.safetensors", "features": "", "utterances": 1, "frames": 1}, 1)


def test_keywords_of_a_network_file(tmp_path):
    """The ten words, each within a second of room, as a network that knows nothing hears them."""
    network = dense(2, (40, 16, 16, 12))
    weights = tmp_path / "net.safetensors"
    card = {"task": "keywords", "labels": list(KEYWORDS), "features": {"kind": "log-mel"}}
    save(weights, network, card)
    result = simulate("keywords", tmp_path, WEIGHTS=weights, **settings(SMALL))
    assert result["status"] == "pass", result["reason"]
    spoken = utterances(speech_input.prepare({"weights": str(weights)}, 1))
    assert [said for said, _, _ in spoken] == list(KEYWORDS[2:])
    assert {len(features) for _, _, features in spoken} == {98}
    heard = [KEYWORDS[i] for i in algebra(network, [x for _, _, x in spoken]).sums.argmax(axis=1)]
    assert result["words"] == heard
    assert result["frames"] == 10 * 98 + 20  # and the first once more, frame by frame


def test_words_of_a_network_without_words(tmp_path):
    save(tmp_path / "net.safetensors", dense(2, (40, 4, 4, 3)), {"labels": []})
    with pytest.raises(RegistryError, match="its card names no features of sound, or no words"):
        speech_input.prepare({"weights": str(tmp_path / "net.safetensors")}, 1)
