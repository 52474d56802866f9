# SPDX-License-Identifier: Apache-2.0
"""Train, prune and quantise on a corpus of a few tones, in seconds. Needs PyTorch."""

import dataclasses
import json

import numpy as np
import pytest

from models import reference, weight_file
from models.corpora import cache, features, fingerprints
from models.tests.pytorch import torch
from models.tests.tones import SMALL, Tone, tones
from models.train.recipes import recipe

if torch is None:
    pytest.skip("PyTorch is not installed", allow_module_level=True)

from models.train import checkpoint, fit, prune, stages
from models.train.gru import Gru
from models.train.material import gather
from models.train.network import Network, Shape


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    """Features of these tests stay with them."""
    monkeypatch.setattr(cache, "FOLDER", tmp_path / "features")


def show(_stage, _done, _of, _figures):
    """Nobody looks."""


def flow(run, made, corpus=None):
    """All three stages; the bytes of the network."""
    for stage in (stages.train, stages.prune, stages.quantise):
        stage([corpus or tones()], made, run, show)
    return (run / "network.safetensors").read_bytes()


def outputs(trained, corpus):
    """int [utterances, frames, outputs] of the file's network, by the reference; all sounds are as long."""
    found = reference.run(trained.network, np.stack(features(corpus)).astype(np.int64))
    return found.outputs.sum(axis=2, dtype=np.int64)


class Stop(Exception):
    """As if the power went."""


def test_interrupted_anywhere_it_ends_with_the_same_bits(tmp_path):
    """A run that is stopped after every single epoch, against one that is not."""
    made = recipe("words", **SMALL)
    whole = flow(tmp_path / "a", made)
    seen = []

    def stopping(stage, done, _of, _figures):
        if (stage, done) not in seen:
            seen.append((stage, done))
            raise Stop

    for stage in (stages.train, stages.prune, stages.quantise):
        for _ in range(20):
            try:
                stage([tones()], made, tmp_path / "b", stopping)
                break
            except Stop:
                continue
    assert len(seen) == 3 + 2 + 1 + 2
    assert (tmp_path / "b/network.safetensors").read_bytes() == whole
    assert (tmp_path / "a/epochs.jsonl").read_text() == (tmp_path / "b/epochs.jsonl").read_text()
    assert flow(tmp_path / "c", dataclasses.replace(made, seed=2)) != whole


def test_data_that_changed_go_no_further(tmp_path):
    """Between two epochs or two stages: what was trained on might be scored with otherwise."""
    made = recipe("words", **SMALL)
    other = tones()
    other = dataclasses.replace(other, utterances=other.utterances[1:])

    def stopping(*_):
        raise Stop

    with pytest.raises(Stop):
        stages.train([tones()], made, tmp_path, stopping)
    with pytest.raises(ValueError, match=r"float.checkpoint: the data have changed"):
        stages.train([other], made, tmp_path, show)
    stages.train([tones()], made, tmp_path, show)
    for stage in (stages.prune, stages.quantise):
        with pytest.raises(ValueError, match=r"float.safetensors: the data have changed"):
            stage([other], made, tmp_path, show)


def test_other_test_sounds_make_the_same_network(tmp_path):
    """Training, what is pruned, scales: nothing depends on the split test, of whatever corpus."""
    made, networks = recipe("words", **SMALL), []
    for name, more in (("a", 0), ("b", 1000)):
        corpora = [
            dataclasses.replace(
                corpus,
                utterances=tuple(
                    dataclasses.replace(u, sound=Tone(u.sound.hertz, u.sound.seed + first + more))
                    if u.split == "test"
                    else dataclasses.replace(u, sound=Tone(u.sound.hertz, u.sound.seed + first))
                    for u in corpus.utterances
                ),
            )
            for first, corpus in ((0, tones()), (50, tones(each=5)))
        ]
        for stage in (stages.train, stages.prune, stages.quantise):
            stage(corpora, made, tmp_path / name, show)
        networks.append((tmp_path / name / "network.safetensors").read_bytes())
    assert networks[0] == networks[1]


def test_the_dev_split_alone_decides_when_to_stop(monkeypatch, tmp_path):
    """And the split test is scored once, when the stage has ended."""
    scored, score = [], fit.score
    monkeypatch.setattr(fit, "score", lambda *at: scored.append(at[1]) or score(*at))
    held = []
    monkeypatch.setattr(stages, "gather", lambda *own: held.append(gather(*own)) or held[0])
    stages.train([tones()], recipe("words", **SMALL), tmp_path, show)
    assert [split is held[0].dev for split in scored] == [True] * 4 + [False]
    assert scored[-1] is held[0].test


def test_rows_that_count_least_are_taken_out_of_each_tile():
    """By norm times spikes; each tile of 128 outputs by itself."""
    net = Network(Shape(4, (6,), 256))
    with torch.no_grad():
        net.out.fill_(1.0)
        net.out[3, :128], net.out[5, 128:] = 0.1, 0.1
    prune.drop_rows(net, 0.34, torch.tensor([1.0, 0.2, 1.0, 1.0, 1.0, 1.0]))
    gone = [(~net.mask_out.bool())[:, at : at + 128] for at in (0, 128)]
    assert all(((tile.all(dim=1)) == tile.any(dim=1)).all() for tile in gone)
    assert [tile.all(dim=1).nonzero().flatten().tolist() for tile in gone] == [[1, 3], [1, 5]]


def test_weights_are_measured_against_their_neurons_threshold():
    net = Network(Shape(2, (2,), 3, leaks=(2.0,)))
    with torch.no_grad():
        net.in_1.copy_(torch.tensor([[0.5, 0.4], [0.6, 0.8]]))
        net.theta_1.copy_(torch.tensor([4.0, 1.0]))
    prune.drop_weights(net, 0.5)
    assert net.mask_in_1.tolist() == [[0.0, 1.0], [0.0, 1.0]]


def test_the_card_names_what_was_heard_and_nothing_else(tmp_path):
    """Train and dev of the own corpus, train of the others; no speaker where nobody knows."""
    own, other = tones(), tones(each=5)
    nameless = [
        dataclasses.replace(u, sound=Tone(u.sound.hertz, u.sound.seed + 100), speaker="")
        for u in other.utterances
    ]
    other = dataclasses.replace(other, utterances=tuple(nameless))
    card = stages._card([own, other], recipe("words", **SMALL))["trained_on"]
    heard = {
        mark
        for corpus, splits in ((own, ("train", "dev")), (other, ("train",)))
        for mark, u in zip(fingerprints(corpus), corpus.utterances, strict=True)
        if u.split in splits
    }
    assert card == {"speakers": [f"s{n}" for n in range(1, 8)], "sounds": sorted(heard)}


def test_the_card_names_whom_others_are_watched_with():
    """All speakers of the own corpus are trained on; the dev split of the other is by another one."""
    own, other = (
        dataclasses.replace(
            corpus,
            utterances=tuple(
                dataclasses.replace(
                    u, speaker=f"{who} {u.split == 'dev'}" if who == "w" else who,
                    sound=Tone(u.sound.hertz, u.sound.seed + first),
                )
                for u in corpus.utterances
            ),
        )
        for corpus, who, first in ((tones(), "s", 0), (tones(each=5), "w", 100))
    )  # fmt: skip
    card = stages._card([own, other], recipe("words", **SMALL))["trained_on"]
    assert card["speakers"] == ["s", "w False", "w True"]
    dev = {mark for mark, u in zip(fingerprints(other), other.utterances, strict=True) if u.split == "dev"}
    assert dev and dev <= set(card["sounds"])


def test_the_integers_score_as_trained_and_learn_tones(tmp_path):
    """The network file, run by models.reference, scores what the card says; it has the sizes that pruning
    leaves, and whole rows of the output layer are out."""
    made = recipe("words", **{**SMALL, "epochs": (12, 4, 4)}, rows=0.4, zeros=0.25, drop=0.0)
    flow(tmp_path, made)
    trained = weight_file.load(tmp_path / "network.safetensors")
    corpus = tones()
    said = outputs(trained, corpus).sum(axis=1).argmax(axis=1)
    right = [corpus.labels[i] == u.label for i, u in zip(said, corpus.utterances, strict=True)]
    scores = trained.card["scores"]["quantised"]
    for split in ("dev", "test"):
        assert sum(right[i] for i in corpus.split(split)) == scores[split]["correct"], split
    assert np.mean(right) > 0.8, "three tones are told apart"
    assert [layer.n for layer in trained.network.layers] == [8, 8]
    mask = trained.network.output.mask
    assert (mask == mask[:, :1]).all() and (~mask[:, 0]).sum() == 3  # 40 % of 8
    for layer in trained.network.layers:
        for w in (layer.w_in, layer.w_rec):
            assert (w == 0).mean() >= 0.25
    lines = [json.loads(line) for line in (tmp_path / "epochs.jsonl").read_text().splitlines()]
    assert [line["stage"] for line in lines].count("float") == 12


@pytest.mark.parametrize(
    "changes", [{"recurrence": "step", "soft": False}, {"steps": 1}, {"task": "phones"}], ids=str
)
def test_other_kinds_of_network_go_through(tmp_path, changes):
    """By step, T = 1 and a loss on every frame; the integers score what the card says."""
    task = changes.pop("task", "words")
    flow(tmp_path, recipe(task, **{**SMALL, "epochs": (2, 1, 1)}, **changes), tones(task))
    trained = weight_file.load(tmp_path / "network.safetensors")
    corpus = tones(task)
    y, correct = outputs(trained, corpus), 0
    for i in corpus.split("test"):
        label = int(corpus.utterances[i].name[0])
        if task == "phones":
            middle = (np.arange(y.shape[1]) * 80 + 100) / 8000
            correct += int((y[i].argmax(axis=1) == np.where(middle < 0.1, label, 0)).sum())
        else:
            correct += int(y[i].sum(axis=0).argmax()) == label
    assert correct == trained.card["scores"]["quantised"]["test"]["correct"]


def test_a_gru_takes_the_middle_of_its_features_away():
    x = torch.randint(0, 128, (9, 2, 40), generator=torch.Generator().manual_seed(1)).float()
    plain, cepstrum = (Gru(Shape(40, (8, 8), 3, middle=middle), 6, seed=1).eval() for middle in (60, 0))
    assert torch.equal(plain(x)[0], cepstrum(x - 60)[0])


def test_a_gru_trains_and_is_not_pruned(tmp_path):
    made = recipe("words", model="gru", **SMALL)
    stages.train([tones()], made, tmp_path, show)
    described = json.loads((tmp_path / "float.json").read_text())
    spiking = 40 * 8 + 8 * 8 * 3 + 8 * 3 + 3 + 4 * 8
    assert abs(described["parameters"] / spiking - 1) < 0.25
    with pytest.raises(ValueError, match=r"float.safetensors: a float GRU"):
        stages.prune([tones()], made, tmp_path, show)


def test_a_loss_that_is_no_number_stops_and_keeps_the_last_checkpoint(tmp_path, monkeypatch):
    made = recipe("words", **SMALL)
    plain = fit.Stage._step

    def spoilt(self, utterances):
        if self.done == 1:
            with torch.no_grad():
                self.network.out[0, 0] = float("nan")
        return plain(self, utterances)

    monkeypatch.setattr(fit.Stage, "_step", spoilt)
    with pytest.raises(ValueError, match=r"epoch 2: the loss is nan, expected a number.*of epoch 1") as error:
        stages.train([tones()], made, tmp_path, show)
    assert "\n" not in str(error.value)
    monkeypatch.setattr(fit.Stage, "_step", plain)
    stages.train([tones()], made, tmp_path, show)
    assert (tmp_path / "float.safetensors").exists()


def test_a_damaged_checkpoint_is_refused_by_name(tmp_path):
    made = recipe("words", **SMALL)
    stages.train([tones()], made, tmp_path, show)
    path = tmp_path / "float.checkpoint"
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ValueError, match=r"float.checkpoint: damaged"):
        stages.train([tones()], made, tmp_path, show)
    path.write_bytes(whole)
    with pytest.raises(ValueError, match=r"float.checkpoint: of another stage or recipe"):
        stages.train([tones()], dataclasses.replace(made, seed=5), tmp_path, show)
    with pytest.raises(ValueError, match=r"pruned.json: missing|float.json: missing"):
        stages.prune([tones()], made, tmp_path / "nowhere", show)


def test_a_full_disk_leaves_the_old_checkpoint(tmp_path, monkeypatch):
    path = tmp_path / "float.checkpoint"
    checkpoint.save(path, {"network": {"w": torch.ones(3)}}, {"done": 1})

    def full(self, data):
        self.open("wb").write(data[: len(data) // 2])
        raise OSError(28, "No space left on device", str(self))

    monkeypatch.setattr(type(path), "write_bytes", full)
    with pytest.raises(OSError, match="No space left") as error:
        checkpoint.save(path, {"network": {"w": torch.zeros(3)}}, {"done": 2})
    assert error.value.filename == str(path)
    monkeypatch.undo()
    groups, facts = checkpoint.load(path)
    assert facts["done"] == 1 and torch.equal(groups["network"]["w"], torch.ones(3))
    assert [file.name for file in tmp_path.iterdir()] == ["float.checkpoint"]
