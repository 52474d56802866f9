# SPDX-License-Identifier: Apache-2.0
"""Outputs of many utterances, of integers and in float, and scores of words and phones."""

from itertools import pairwise

import numpy as np
import pytest

from models import reference, scoring
from models.corpora import Segment
from models.float_network import FloatNetwork
from models.formats import REFERENCE
from models.inference import DEEP, Heard, algebra, batches, collect, compiled, densities, machine
from models.networks import digits
from models.networks.r0 import r0
from models.networks.random_net import random_frames, random_network
from models.tests.dense_network import dense


def frames_of(network, seed: int, lengths) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    return [random_frames(rng, network, length, batch=1)[0] for length in lengths]


def same(one: Heard, two: Heard) -> bool:
    pairs = zip([*one.sums, *one.best], [*two.sums, *two.best], strict=True)
    return all(np.array_equal(a, b) for a, b in pairs)


@pytest.mark.parametrize("seed", range(10))
def test_machine_and_algebra_hear_the_same(seed):
    """Programs of one frame and of two, one score tile and more, of every length."""
    net = random_network(np.random.default_rng(seed), result="raw", largest=300)
    features = frames_of(net, seed, [1, 7, 3, 12, 7])
    heard, ledger = machine(net, features)
    assert same(heard, algebra(net, features))
    assert ledger["FRAMES"] == 30
    found = densities(net, ledger)
    assert list(found) == [layer.name for layer in net.layers]
    spikes = [reference.run(net, x[None]).spikes for x in features]
    for tag, share in enumerate(found.values()):
        count = sum(int(own[tag].sum()) for own in spikes)
        assert ledger[f"SPIKES{tag}"] == count
        assert share == round(count / sum(own[tag].size for own in spikes), 4)  # neurons, steps and frames


def test_wide_outputs_are_in_their_places():
    features = frames_of(r0(), 1, [2, 5])
    assert same(machine(r0(), features)[0], algebra(r0(), features))


def test_network_that_keeps_its_outputs_is_refused():
    net = random_network(np.random.default_rng(1), result="argmax")
    with pytest.raises(ValueError, match="leaves only the largest output"):
        machine(net, [])


def test_deep_build_where_the_reference_is_too_small():
    assert compiled(digits()).config == REFERENCE
    network = dense(1)
    assert compiled(network).config == DEEP
    features = [np.random.default_rng(n).integers(-128, 128, (n, 40)) for n in (3, 5)]
    assert same(machine(network, features)[0], algebra(network, features))


def test_batches_hold_every_utterance_once():
    lengths = [3, 30_000, 1, 2, 19_000, 4]
    features = [np.full((n, 2), i, np.int8) for i, n in enumerate(lengths)]
    seen = []
    for part, frames, ends in batches(features):
        assert frames.shape[0] * frames.shape[1] <= max(20_000, frames.shape[1])
        for row, i in enumerate(part):
            assert ends[row] == lengths[i] and (frames[row, : ends[row]] == i).all()
            assert not frames[row, ends[row] :].any()
        seen += part
    assert sorted(seen) == list(range(len(lengths)))


def float_half(rng, steps: int, by_step: bool, soft: bool):
    """Sizes 5-4-3-2 and numbers that are exact in float32."""
    sizes = [5, 4, 3, 2]
    floats: dict[str, np.ndarray] = {}
    for k, (rows, n) in enumerate(pairwise(sizes[:-1]), 1):
        floats |= {
            f"in_{k}": rng.integers(-8, 8, (rows, n)) / 8, f"rec_{k}": rng.integers(-8, 8, (n, n)) / 8,
            f"theta_{k}": rng.integers(4, 9, n) / 8, f"bias_{k}": rng.integers(-2, 6, n) / 8,
            f"leak_{k}": np.array(2.0),
        }  # fmt: skip
    floats |= {"out": rng.integers(-8, 8, (3, 2)) / 8, "bias_out": rng.integers(-4, 4, 2) / 8}
    settings = {
        "hidden": [4, 3],
        "steps": steps,
        "by_step": by_step,
        "soft": soft,
        "middle": 60,
        "input_scale": 128,
    }
    return {name: np.float32(x) for name, x in floats.items()}, settings


@pytest.mark.parametrize("soft", [True, False])
@pytest.mark.parametrize(("steps", "by_step"), [(1, False), (2, False), (2, True)])
def test_float_network_neuron_by_neuron(steps, by_step, soft):
    rng = np.random.default_rng(5)
    floats, settings = float_half(rng, steps, by_step, soft)
    frames = rng.integers(0, 128, (6, 5))
    found = FloatNetwork(floats, settings, 5, 2).outputs(frames[None])[0]
    v = {1: [0.0] * 4, 2: [0.0] * 3}
    old = {k: [[0] * len(v[k]) for _ in range(steps)] for k in v}  # spikes of the frame before, by step
    for f in range(6):
        source = [[(x - 60) / 128 for x in frames[f]] for _ in range(steps)]
        for k in (1, 2):
            now: list[list[int]] = []
            for t in range(steps):
                before = now[-1] if by_step and t else old[k][-1] if by_step else old[k][t]
                spikes = []
                for j in range(len(v[k])):
                    p = v[k][j] * 0.75 + floats[f"bias_{k}"][j]
                    p += sum(x * w for x, w in zip(source[t], floats[f"in_{k}"][:, j], strict=True))
                    p += sum(s * w for s, w in zip(before, floats[f"rec_{k}"][:, j], strict=True))
                    fired = int(p >= floats[f"theta_{k}"][j])
                    v[k][j] = p - fired * (floats[f"theta_{k}"][j] if soft else p)
                    spikes.append(fired)
                now.append(spikes)
            old[k], source = now, now
        for j in range(2):
            want = floats["bias_out"][j] + sum(
                s * w for one in source for s, w in zip(one, floats["out"][:, j], strict=True)
            )
            assert found[f, j] == pytest.approx(want)


def test_float_neuron_spikes_at_its_threshold():
    """One neuron, threshold 1/2, for inputs of 64/128 and of 63/128."""
    one = np.ones((1, 1), np.float32)
    floats = {"in_1": one, "rec_1": 0 * one, "theta_1": one[0] / 2, "bias_1": 0 * one[0], "leak_1": one[0, 0]}
    settings = {"hidden": [1], "steps": 1, "by_step": False, "soft": False, "middle": 9, "input_scale": 128}
    network = FloatNetwork(floats | {"out": one, "bias_out": 0 * one[0]}, settings, 1, 1)
    assert network.outputs(np.array([[[73]], [[72]]])).flatten().tolist() == [1.0, 0.0]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"in_1": None}, "float: in_1 is missing"),
        ({"extra": np.zeros(1)}, "float: extra is none of its arrays"),
        ({"out": np.zeros((3, 3))}, r"float.out has shape \(3, 3\), want \(3, 2\)"),
    ],
)
def test_float_half_that_does_not_fit(change, said):
    floats, settings = float_half(np.random.default_rng(1), 2, False, True)
    floats = {name: x for name, x in {**floats, **change}.items() if x is not None}
    with pytest.raises(ValueError, match=said):
        FloatNetwork(floats, settings, 5, 2)
    with pytest.raises(ValueError, match="float: steps is '2', want int"):
        FloatNetwork(floats, settings | {"steps": "2"}, 5, 2)


def test_words_are_the_largest_sums_the_first_of_equals():
    heard = Heard(np.array([[1, 3, 3], [5, 0, 0]]), [])
    assert scoring.words(heard, "abc") == ["b", "a"]
    assert scoring.accuracy(["b", "a"], ["b", "b"]) == 0.5


def test_frames_take_the_label_at_their_middle():
    """Frame f hears 25 ms from 10 f ms on: its middle is 12.5 ms later."""
    segments = [Segment(0.0, 0.0125, "a"), Segment(0.0125, 0.03, "b"), Segment(0.04, 0.1, "zz")]
    assert scoring.frame_labels(segments, 4, ["b", "a"]).tolist() == [0, 0, -1, -1]


@pytest.mark.parametrize(
    ("one", "other", "edits"),
    [
        ("", "", 0),
        ("abc", "", 3),
        ("", "ab", 2),
        ("kitten", "sitting", 3),
        ("flaw", "lawn", 2),
        ("ab", "ba", 2),
    ],
)
def test_distance(one, other, edits):
    assert scoring.distance(one, other) == edits == scoring.distance(other, one)


def test_phone_scores():
    """Said a sil b, heard a sil b c, and c and a for two frames each, which is no phone: one insertion to
    two phones, 9 of 12 frames right; what comes after the last segment is no frame of any."""
    labels = ["sil", "a", "b", "c"]
    best = [np.array([1, 1, 1, 3, 3, 0, 0, 0, 2, 2, 2, 3, 3, 3, 1, 1])]
    middles = 0.0125 + 0.01 * np.arange(17) - 0.005
    segments = [
        Segment(middles[0], middles[5], "a"), Segment(middles[5], middles[8], "sil"),
        Segment(middles[8], middles[12], "b"),
    ]  # fmt: skip
    assert scoring.frame_accuracy(best, [segments], labels) == 9 / 12
    assert scoring.phone_error_rate(best, [segments], labels) == 0.5
    assert scoring.phones([1, 0, 1, 1, 2], labels) == ["a", "a", "b"]


def test_digits_hear_digits():
    """The shipped network on two synthesised words."""
    from models.audio import synthesise
    from models.features import log_mel

    features = [log_mel(*synthesise(word)) for word in ("three", "nine")]
    heard, _ = machine(digits(), features)
    assert heard.sums.argmax(axis=1).tolist() == [3, 9]


def test_what_lies_beyond_an_utterances_end_does_not_count():
    """Outputs of 1 in every frame, of utterances of other lengths side by side."""
    found = collect(
        [np.ones((n, 3), np.int8) for n in (2, 5)], lambda frames, _: np.ones((*frames.shape[:2], 4))
    )
    assert found.sums.tolist() == [[2.0] * 4, [5.0] * 4] and [len(path) for path in found.best] == [2, 5]
