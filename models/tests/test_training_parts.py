# SPDX-License-Identifier: Apache-2.0
"""What training needs that is no PyTorch: recipes, changes to sound and features, targets, scales."""

from types import SimpleNamespace

import numpy as np
import pytest

from models.features import log_mel
from models.formats import SHIFT_MAX
from models.train import augment, recipes, scales


@pytest.mark.parametrize("strength", [0.0, 1.0])
@pytest.mark.parametrize("samples", [900, 4000, 16000])
def test_changed_sound_and_features_are_features(samples, strength):
    """Whatever is drawn: [frames, 40] of whole numbers 0..127, the same from the same seed."""
    sound = 0.2 * np.random.default_rng(1).standard_normal(samples).astype(np.float32)
    noises = [0.1 * np.random.default_rng(2).standard_normal(3000)]
    item = SimpleNamespace(samples=sound, rate=8000, target=3)
    for draw in range(20):
        twice = []
        for _ in "12":
            random = np.random.default_rng(draw)
            x, target = augment.vary_sound(item, random, strength, noises)
            assert x.dtype == np.int8
            twice.append(augment.vary_features(x, target, random, strength, masks=True))
        (x, target), (again, _) = twice
        assert target == 3 and x.dtype == np.float32 and x.shape[1:] == (40,) and len(x) >= augment.MIN_FRAMES
        assert x.min() >= 0 and x.max() <= 127 and (x == np.rint(x)).all()
        assert np.array_equal(x, again)
    other = augment.vary_features(x, 3, np.random.default_rng(99), strength, masks=True)[0]
    assert np.array_equal(x, other) == (strength == 0.0)
    if strength == 0.0:
        assert np.array_equal(x, log_mel(sound, 8000))


def test_masks_are_whole_bands_and_whole_frames():
    """Up to 5 bands beside each other and up to 8 frames, all of one value; without masks none."""
    x = np.random.default_rng(1).integers(30, 100, (60, 40)).astype(np.int8)
    widest = [0, 0]
    for draw in range(200):
        found, _ = augment.vary_features(x, 3, np.random.default_rng(draw), 0.8, masks=True)
        plain, _ = augment.vary_features(x, 3, np.random.default_rng(draw), 0.8, masks=False)
        value = set()
        for axis in (0, 1):
            masked = np.flatnonzero(np.ptp(found, axis=axis) == 0)  # bands, then frames
            assert not (np.ptp(plain, axis=axis) == 0).any()
            assert np.array_equal(masked, np.arange(len(masked)) + masked[:1])
            widest[axis] = max(widest[axis], len(masked))
            value |= set(found.take(masked, 1 - axis).flatten())
        assert len(value) <= 1 and all(abs(v - plain.mean()) < 3 for v in value)
    assert widest == [5, 8]


def test_targets_of_frames_move_with_the_sound():
    """Loud and quiet stretches are told by their targets after any change of speed, tempo and place."""
    at = (
        1 - np.arange(16000) // 4000 % 2
    )  # 500 ms each, loud first: levels are relative to the loudest so far
    sound = (np.where(at, 0.3, 0.003) * np.random.default_rng(1).standard_normal(16000)).astype(np.float32)
    middle = np.arange(198) * 80 + 100
    item = SimpleNamespace(samples=sound, rate=8000, target=at[middle].astype(np.int64))
    agreed = []
    for draw in range(30):
        random = np.random.default_rng(draw)
        x, target = augment.vary_sound(item, random, 1.0, [])
        x, target = augment.vary_features(x, target, random, 0.5, masks=False)
        assert len(x) == len(target) and set(target) <= {-1, 0, 1}
        loud = x.mean(axis=1)
        known = target >= 0
        assert known.mean() > 0.7
        agreed.append(((loud > (loud.min() + loud.max()) / 2) == target)[known].mean())
    assert np.median(agreed) > 0.9


@pytest.mark.parametrize("shift", [-5, 0, 3])
def test_shifted_sound_mirrors_its_end(shift):
    found = augment.shifted(np.arange(10.0), shift)
    expected = {-5: [5, 6, 7, 8, 9, 8, 7, 6, 5, 4], 0: range(10), 3: [3, 2, 1, 0, 1, 2, 3, 4, 5, 6]}[shift]
    assert found.tolist() == list(expected)


@pytest.mark.parametrize(
    "task,changes,message",
    [
        ("music", {}, "task 'music', want one of digits"),
        ("digits", {"colour": 1}, "recipe: no 'colour', want one of"),
        ("digits", {"steps": 3}, "steps 3, want 1 or 2"),
        ("digits", {"features": "plp"}, "features 'plp', want log-mel or mfcc"),
        ("digits", {"recurrence": "none"}, "recurrence 'none', want frame or step"),
        ("digits", {"hidden": [64]}, "hidden .64,., pruned .128, 128., leaks .*want as many"),
        ("digits", {"hidden": [64, 128]}, "want 1 <= pruned <= hidden"),
        ("digits", {"hidden": [10**8, 128]}, "want 1 <= pruned <= hidden <= 4096"),
        ("digits", {"epochs": [5]}, "epochs .5,., want 0 or more of each stage: float, pruned, quantised"),
        (
            "digits",
            {"masks": [0.1, 0.2]},
            "masks .0.1, 0.2., want one of each stage: float, pruned, quantised",
        ),
        ("digits", {"surrogate": [0.5, 0.5]}, "surrogate .0.5, 0.5., want width and peak above 0"),
        ("digits", {"surrogate": [0.0, 0.5, 1.0]}, "surrogate .0.0, 0.5, 1.0., want width and peak above 0"),
        ("digits", {"epochs": [5, 5, -1]}, "epochs .5, 5, -1., want 0 or more"),
        ("digits", {"seed": -1}, "seed -1, want 0 or more"),
    ],
)
def test_wrong_recipes_are_refused_in_one_line(task, changes, message):
    with pytest.raises(ValueError, match=message) as error:
        recipes.recipe(task, **changes)
    assert "\n" not in str(error.value)


def test_generators_depend_on_every_part():
    made = recipes.recipe("digits")
    seeds = {
        recipes.seed_of(recipes.recipe("digits", seed=seed), stage, epoch, part)
        for seed in (1, 2) for stage in ("float", "pruned") for epoch in (0, 1, 11) for part in ("drop", "x")
    }  # fmt: skip
    assert len(seeds) == 24 and max(seeds) < 2**63
    assert recipes.generator(made, "a").random() == recipes.generator(made, "a").random()


def test_scales_fit_what_has_a_scale():
    """Weights that are whole multiples of a step come back without error, at gains of any power of two."""
    random = np.random.default_rng(1)
    step = {"in_1": 2.0**-4, "rec_1": 2.0**-5, "out": 2.0**-6}
    exact = {
        name: random.integers(-8, 8, (20, 12)) * size
        if name != "rec_1"
        else random.integers(-8, 8, (12, 12)) * size
        for name, size in step.items()
    }
    found, gains = scales.fit(exact, [np.ones(12)], (3,))
    for name, w in exact.items():
        gained = w * gains[0] if name != "out" else w
        assert scales.loss(gained, found.exponent[name]).max() < 1e-12, name
    assert found.leak == (3,)
    for name, low in (("in_1", -scales.INPUT_BITS), ("rec_1", 0)):
        assert 0 <= found.exponent[name] + found.unit[0] + low <= 7
    assert 2.0 ** found.unit[0] * gains[0].max() * scales.HEADROOM <= 32768


@pytest.mark.parametrize("size", [0.1, 1.0, 30.0])
def test_every_bit_plane_of_an_input_has_a_shift(size):
    random = np.random.default_rng(5)
    matrices = {"in_1": random.normal(0, size, (40, 12)), "rec_1": random.normal(0, 0.1, (12, 12))}
    matrices["out"] = random.normal(0, 1, (12, 3))
    found, _ = scales.fit(matrices, [np.ones(12)], (3,))
    shift = found.exponent["in_1"] + found.unit[0] - scales.INPUT_BITS
    assert 0 <= shift <= SHIFT_MAX - 6


def test_halves_of_a_step_cost_what_they_must():
    """Half a step off is a quarter of a step squared; beyond 7 steps all of the rest."""
    assert scales.loss(np.array([[0.5], [9.0], [-8.0]]), 0) == pytest.approx([0.25 + 4.0])
    assert scales.best(np.array([[7.0, -3.0]]) / 16, -10, 2) == -4


@pytest.mark.parametrize(
    ("task", "drop", "surrogate", "averaging"),
    [
        ("digits", 0.0, (1.0, 1.0, 0.3), (0.99, 0.99, 0.998)),
        ("keywords", 0.0, (1.0, 1.0, 0.3), (0.99, 0.99, 0.998)),
        ("words", 0.0, (1.0, 1.0, 0.3), (0.99, 0.99, 0.998)),
        ("phones", 0.1, (1.0, 1.0, 0.1), (0.95, 0.95, 0.95)),
        ("states", 0.0, (0.5, 0.5, 1.0), (0.99, 0.99, 0.99)),
    ],
)
def test_recipes_are_those_of_the_page(task, drop, surrogate, averaging):
    """What docs/training.md says of them."""
    made = recipes.recipe(task)
    assert (made.drop, made.surrogate, made.averaging) == (drop, surrogate, averaging)
