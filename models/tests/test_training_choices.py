# SPDX-License-Identifier: Apache-2.0
"""What a training goes by: when a stage ends, what is drawn anew, what is pruned, what is measured.

Needs PyTorch.
"""

import copy
import math
from dataclasses import replace

import pytest

from models.corpora import cache
from models.tests.pytorch import torch
from models.tests.tones import SMALL, Tone, tones
from models.train.recipes import recipe

if torch is None:
    pytest.skip("PyTorch is not installed", allow_module_level=True)

from torch.nn.functional import cross_entropy, one_hot

from models.train import augment, fit, material, neurons, prune, stages
from models.train.network import Network


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    """Features of these tests stay with them; products are in float32 on every machine."""
    monkeypatch.setattr(cache, "FOLDER", tmp_path / "features")
    monkeypatch.setattr(neurons, "half_is_fast", lambda: False)


def show(_stage, _done, _of, _figures):
    """Nobody looks."""


def uneven(task="words"):
    """Tones of 0.1 to 0.3 s."""
    corpus = tones(task)
    sounds = [Tone(u.sound.hertz, u.sound.seed, 0.1 + 0.1 * (i % 3)) for i, u in enumerate(corpus.utterances)]
    pairs = zip(corpus.utterances, sounds, strict=True)
    return replace(corpus, utterances=tuple(replace(u, sound=sound) for u, sound in pairs))


def network_for(made, data):
    """One with thresholds that its neurons often reach."""
    network = Network(stages._shape(made, data), 1)
    with torch.no_grad():
        for k in range(1, network.depth + 1):
            getattr(network, f"theta_{k}").fill_(0.1)
    return network


def alone(network, x):
    """(outputs [frames, outputs], spikes [frames, steps, n] of each layer) of one utterance by itself."""
    with torch.no_grad():
        y, layers = network(torch.from_numpy(x).float()[:, None])
    return y[:, 0], [spikes[:, :, 0] for spikes in layers]


@pytest.mark.parametrize(("patience", "ends"), [(1, 3), (3, 5), (20, 8)])
def test_a_stage_ends_after_so_many_epochs_without_a_lower_loss(tmp_path, monkeypatch, patience, ends):
    """The second epoch is the best, its network is kept; one as good as that is no better."""
    losses = iter([0.9, 0.5, 0.7, 0.5, 0.6, 0.5, 0.7, 0.5])
    monkeypatch.setattr(fit, "score", lambda *_: {"loss": next(losses), "accuracy": 0.0, "density": []})

    def step(stage, *_):
        with torch.no_grad():
            stage.average.bias_out.fill_(stage.done + 1)
        return 1.0

    monkeypatch.setattr(fit.Stage, "_step", step)
    made = recipe("words", **{**SMALL, "epochs": (8, 1, 1)}, patience=patience)
    data = material.gather([tones()], "log-mel")
    stage = fit.Stage(network_for(made, data), made, "float", made.epochs[0], made.rates[0])
    best = fit.fit(stage, data, tmp_path, show)
    assert (stage.done, stage.best_epoch) == (ends, 2)
    assert best.bias_out.tolist() == [2.0] * 3


def test_neurons_to_leave_out_are_drawn_anew_in_every_epoch(monkeypatch):
    """Whatever was drawn before, so that a resumed stage leaves out the same; by stage and seed as well."""
    found = []
    monkeypatch.setattr(fit.Stage, "_step", lambda *_: found.append(tuple(torch.rand(4).tolist())) or 1.0)
    data = material.gather([tones()], "log-mel")

    def drawn(seed, name):
        made = recipe("words", **{**SMALL, "batch": 32}, seed=seed)  # one batch an epoch
        stage = fit.Stage(network_for(made, data), made, name, 3, 0.01)
        found.clear()
        for _ in range(3):
            torch.rand(seed)
            stage.epoch(data)
        return list(found)

    first = drawn(1, "float")
    assert len({*first, *drawn(1, "pruned"), *drawn(2, "float")}) == 9
    assert drawn(1, "float") == first


def test_rows_are_dropped_by_the_spikes_of_the_dev_split(tmp_path, monkeypatch):
    """Spikes per step over all frames that there are, as of each utterance by itself."""
    seen, drop_rows = [], prune.drop_rows

    def watched(network, share, density):
        seen.append((copy.deepcopy(network), density))
        drop_rows(network, share, density)

    monkeypatch.setattr(prune, "drop_rows", watched)
    made = recipe("words", **{**SMALL, "pruned": SMALL["hidden"]})  # no neuron goes
    data = material.gather([uneven()], "log-mel")
    stages._write(tmp_path, "float", network_for(made, data), made, data, 0.0)
    stages.prune([uneven()], made, tmp_path, show)
    ((network, density),) = seen
    spikes = [alone(network, x)[1][-1].mean(dim=1) for x in data.dev.features]
    assert len({len(own) for own in spikes}) > 1
    assert torch.allclose(density, torch.cat(spikes).mean(dim=0), atol=1e-6)
    assert density.max() > 0.1 and len(density.unique()) > 3


def test_neurons_are_weighed_by_what_their_silence_would_change(monkeypatch):
    """On sounds to train on, mildly changed; by hand for a layer before the outputs."""
    made = recipe("words", hidden=(9,), pruned=(6,), leaks=(2.0,), batch=64)  # one batch
    data, drawn, vary = material.gather([uneven()], "log-mel"), [], augment.vary_features

    def watched(x, target, random, strength, masks):
        drawn.append(vary(x, target, random, strength, masks))
        mild.append(0.0 < strength < made.strength[1] / 4 and not masks)
        return drawn[-1]

    mild: list[bool] = []
    monkeypatch.setattr(augment, "vary_features", watched)
    network = network_for(made, data)
    (found,) = prune.importance(network, data, made)
    assert mild == [True] * len(data.train)
    expected = torch.zeros(9)
    for x, target in drawn:
        y, (spikes,) = alone(network, x)
        share = (made.logits * y.mean(dim=0)).softmax(dim=0)
        wanted = (1.0 - made.smoothing) * one_hot(torch.tensor(target), 3) + made.smoothing / 3
        slope = made.logits * network.out.detach() @ (share - wanted) / len(x)  # of the loss, for each spike
        expected += (spikes.sum(dim=(0, 1)) * slope).abs() / len(drawn)
    assert torch.allclose(found, expected, rtol=1e-3, atol=1e-6) and expected.min() < expected.max() / 2


def test_few_batches_are_averaged_over_epochs():
    """24 tones make a batch an epoch: an average over a hundred of them would hardly leave where it began."""
    made = recipe("words", **{**SMALL, "batch": 64, "averaging": (0.99, 0.99, 0.99)})
    data = material.gather([tones()], "log-mel")
    stage = fit.Stage(network_for(made, data), made, "float", 3, 1e-2)
    before = [p.detach().clone() for p in stage.network.parameters()]
    stage.epoch(data)
    pairs = zip(before, stage.network.parameters(), stage.average.parameters(), strict=True)
    for old, now, kept in pairs:
        assert torch.allclose(kept, old + (now - old) / fit.LOOK_BACK, atol=1e-7)


def test_the_surrogate_is_that_of_the_recipe(monkeypatch):
    """To train by, and to weigh neurons by: below the last hidden layer the loss is felt through triangles
    alone, in proportion to their peak."""
    data = material.gather([uneven()], "log-mel")
    monkeypatch.setattr(torch.nn.utils, "clip_grad_norm_", lambda *_: None)

    def found(width, peak, loop):
        made = recipe("words", **{**SMALL, "batch": 32}, surrogate=(width, peak, loop), drop=0.0)
        stage = fit.Stage(network_for(made, data), made, "float", 1, 0.0)
        importance, _ = prune.importance(stage.network, data, made)
        stage.epoch(data)
        return importance, stage.network.in_1.grad

    plain = found(0.5, 0.5, 0.0)
    for changed in ((0.5, 1.0, 0.0), (1.0, 0.5, 0.0), (0.5, 0.5, 1.0)):
        for one, other in zip(found(*changed), plain, strict=True):
            assert other.any() and not torch.allclose(one, other, rtol=0.01), changed
    assert torch.allclose(found(0.5, 1.0, 0.0)[0], 2 * plain[0], rtol=1e-4)


@pytest.mark.parametrize(("task", "steps"), [("words", 1), ("words", 2), ("phones", 2)])
def test_scores_are_those_of_each_utterance_by_itself(task, steps):
    """Words, or frames that a segment names; spikes for each neuron and step."""
    made = recipe(task, hidden=(16, 12), pruned=(8, 8), steps=steps)
    data = material.gather([uneven(task)], "log-mel")
    network = network_for(made, data)
    logits, targets, spikes = [], [], []
    for x, target in zip(data.test.features, data.test.targets, strict=True):
        y, layers = alone(network, x)
        logits.append(made.logits * (y.mean(dim=0, keepdim=True) if task == "words" else y))
        targets.append(torch.tensor([target] if task == "words" else target.tolist()))
        spikes.append([own.sum(dim=(0, 1)) for own in layers])
    y, target = torch.cat(logits), torch.cat(targets)
    named = target >= 0
    frames = sum(map(len, data.test.features))
    found = fit.score(network, data.test, made)
    assert found["count"] == named.sum() == (3 if task == "words" else found["count"])
    assert found["correct"] == (y.argmax(dim=1) == target)[named].sum()
    assert found["accuracy"] == found["correct"] / found["count"]
    assert found["loss"] == pytest.approx(float(cross_entropy(y[named], target[named])), rel=1e-4)
    for k, n in enumerate(made.hidden):
        density = float(sum(own[k].sum() for own in spikes)) / (frames * steps * n)
        assert density > 0.05 and found["density"][k] == pytest.approx(density, abs=1e-4), k


STAGES = [("float", 0), ("pruned-1", 1), ("pruned", 1), ("quantised", 2)]


@pytest.mark.parametrize(("stage", "place"), STAGES)
def test_augmentation_is_the_stages_own(monkeypatch, stage, place):
    """Strength and share of masks, at the end of each stage."""
    drawn, vary = [], augment.vary_features

    def watched(x, target, random, strength, masks):
        drawn.append((strength, masks))
        return vary(x, target, random, strength, masks)

    monkeypatch.setattr(augment, "vary_features", watched)
    for on in range(3):
        masks = tuple(float(i == on) for i in range(3))
        made = recipe("words", **SMALL, strength=(0.2, 0.3, 0.4), masks=masks)
        drawn.clear()
        material.epoch(material.gather([tones()], "log-mel"), made, stage, 9, 10)
        assert set(drawn) == {((0.2, 0.3, 0.4)[place], place == on)}


@pytest.mark.parametrize(("stage", "place"), STAGES)
def test_the_average_is_the_stages_own(monkeypatch, stage, place):
    """A share of 0 is the network itself, 1 what it began as, when it may look back for ever."""
    monkeypatch.setattr(fit, "LOOK_BACK", math.inf)
    data = material.gather([tones()], "log-mel")
    for on in range(3):
        made = recipe("words", **{**SMALL, "averaging": tuple(float(i == on) for i in range(3))})
        begun = network_for(made, data)
        first = copy.deepcopy(begun)
        running = fit.Stage(begun, made, stage, 10, 1e-2)
        running.epoch(data)
        assert torch.equal(running.average.out, first.out) == (place == on)
        assert torch.equal(running.average.out, begun.out) == (place != on)
