# SPDX-License-Identifier: Apache-2.0
"""The networks that come with the model: named ones, and random ones that cover every mode."""

import numpy as np
import pytest

from models.compiler import compile_network
from models.formats import REFERENCE, BuildConfig
from models.networks import by_name, r0, trained
from models.networks.random_net import random_frames, random_network
from models.weight_file import WEIGHTS


def test_compilation_is_deterministic():
    one, two = (compile_network(r0(3), REFERENCE) for _ in range(2))
    assert all(np.array_equal(a, b) for a, b in zip(one.to_packets(), two.to_packets(), strict=True))


@pytest.mark.parametrize("lanes", [8, 32, 128])
def test_random_networks_cover_the_modes_and_repeat(lanes):
    config = BuildConfig(lanes=lanes, result_w=256 if lanes == 8 else 512, wgt_depth=4096, prog_depth=1024)
    seen: set[str] = set()
    for seed in range(25):
        net = random_network(np.random.default_rng([lanes, seed]), config)
        same = random_network(np.random.default_rng([lanes, seed]), config)
        assert np.array_equal(net.output.w, same.output.w)
        frames = random_frames(np.random.default_rng(seed), net, 5, batch=2)
        assert frames.shape == (2, 5, net.n_inputs)
        assert net.in_min <= frames.min() <= frames.max() <= net.in_max
        seen |= {f"{net.steps} steps", net.recurrence, net.output.result}
        seen |= {f"merged {net.output.merged}", f"signed {net.in_signed}"}
    assert seen == {
        "1 steps", "2 steps", "frame", "step", "raw", "argmax", "merged True", "merged False",
        "signed True",
        "signed False",
    }  # fmt: skip


def test_constraints_are_kept():
    for seed in range(10):
        net = random_network(
            np.random.default_rng(seed),
            largest=33,
            steps=1,
            recurrence="step",
            hidden=2,
            merged=False,
            result="raw",
        )
        assert (net.steps, net.recurrence, len(net.layers)) == (1, "step", 2)
        assert (net.output.merged, net.output.result) == (False, "raw")
        assert max(net.n_inputs, net.output.n, *(x.n for x in net.layers)) <= 33


def test_unknown_networks_are_refused_with_the_names_there_are():
    with pytest.raises(ValueError, match=r"no network 'digit', there are: digits,.* r0"):
        by_name("digit")
    with pytest.raises(ValueError, match="digit: no such network is shipped, want digits"):
        trained("digit")
    with pytest.raises(ValueError, match="no such network is shipped"):  # nobody trained it
        trained("r0")


def test_network_by_name_or_by_file():
    assert trained("digits").card == trained(str(WEIGHTS / "digits.safetensors")).card


def test_another_file_is_no_network_file():
    with pytest.raises(ValueError, match=r"digits\.json: want a network file, NAME\.safetensors"):
        trained("models/weights/digits.json")
