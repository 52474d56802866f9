# SPDX-License-Identifier: Apache-2.0
"""The console command from a folder of sound to the report: interrupted, gone on with, run on the RTL.

Needs PyTorch.
"""

import json
import re
import shutil
import signal
import subprocess
import time

import numpy as np
import pytest

from models import corpora, inference
from models.corpora import cache
from models.tests.pytorch import torch
from models.train.recipes import recipe
from models.weight_file import load
from regressions.flow import folder, rtl
from regressions.flow.stages import STAGES
from regressions.paths import ROOT
from regressions.tests import flow_data

if torch is None:
    pytest.skip("PyTorch is not installed", allow_module_level=True)

SIZES = ("--hidden", "8,8", "--pruned", "6,6", "--epochs", "6,2,2")


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    return flow_data.tones(tmp_path_factory.mktemp("sound") / "tones")


@pytest.fixture
def call(monkeypatch, tmp_path, capsys):
    """Return a function from arguments to (status, what was printed)."""
    monkeypatch.setattr(cache, "FOLDER", tmp_path / "features")
    monkeypatch.setattr(rtl, "HOME", tmp_path / "rtl")

    def run(*args: object) -> tuple[int, str]:
        status, out, err = flow_data.within(monkeypatch, capsys, *args)
        return status, out + err

    return run


def interrupted(*args: object, after) -> subprocess.Popen:
    """The command, told to stop once `after` has two lines."""
    process = subprocess.Popen(
        [flow_data.MURMUR, *map(str, args)], cwd=ROOT, stderr=subprocess.PIPE, text=True
    )
    until = time.monotonic() + flow_data.LIMIT_S
    while process.poll() is None and time.monotonic() < until:
        if after.exists() and len(after.read_text().splitlines()) >= 2:
            process.send_signal(signal.SIGINT)
            break
        time.sleep(0.01)
    process.wait(flow_data.LIMIT_S)
    return process


def test_from_sound_to_report(tmp_path, sound, call):
    """An interrupted run ends with the bits of one that was not; each stage reads what the last one left."""
    run, other = tmp_path / "run", tmp_path / "other"
    train = ("train", "--task", "words", "--data", sound, *SIZES)
    stopped = interrupted(*train, "--run", run, after=run / "epochs.jsonl")
    assert stopped.returncode == 130 and stopped.stderr.read().endswith("error: interrupted\n")
    assert not (run / "float.safetensors").exists()
    (run / ".999.float.checkpoint").write_bytes(b"half of one")  # as `kill -9` leaves it
    for path in (run, other):
        status, said = call(*train, "--run", path)
        assert status == 0, said
    assert (run / "float.safetensors").read_bytes() == (other / "float.safetensors").read_bytes()
    assert [path.name for path in run.iterdir() if path.name.startswith(".")] == [".lock"]

    status, said = call(*train, "--run", run, "--seed", 2)
    assert status == 2 and f"{run}: begun with seed 1, now 2; want the same or another --run" in said
    said = {}
    for stage in ("prune", "quantise", "compile", "run"):
        status, said[stage] = call(stage, "--run", run, *["--rtl"] * (stage == "run"))
        assert status == 0, said
    scores = load(run / "network.safetensors").card["scores"]
    for stage, kept, left in (("prune", "pruned", "pruned"), ("quantise", "quantised", "network")):
        dev, test = (100 * scores[kept][split]["accuracy"] for split in ("dev", "test"))
        assert f"right: dev {dev:.2f} %, test {test:.2f} %; files {run}/{left}.*\n" in said[stage]
    status, report = call("report", "--run", run)
    assert status == 0 and report.strip() == (run / "report.md").read_text().strip()

    file, found = load(run / "network.safetensors"), json.loads((run / "run.json").read_text())
    assert [layer.n for layer in file.network.layers] == [6, 6]
    assert file.labels == ("high", "low")
    assert found["files"] + found["left_out"] == 24 and found["left_out"] == len(
        file.card["trained_on"]["sounds"]
    )
    assert found["float"] is not None and found["rtl"] == found["quantised"] and found["mismatches"] == 0
    scored = {
        stage: file.card["scores"][stage]["test"]["accuracy"] for stage in ("float", "pruned", "quantised")
    }
    for stage, share in scored.items():
        assert re.search(rf"^\| {stage} \| [0-9.]+ % \| {100 * share:.2f} % \|$", report, re.M), report
    assert "40-6-6-2, T = 2" in report and f"{100 * found['rtl']:.2f} %" in report
    assert f"{json.loads((run / 'program' / 'sizes.json').read_text())['bytes']:,}" in report

    shutil.rmtree(run / "program")  # what compile leaves is what the network file alone gives
    assert call("compile", "--weights", run / "network.safetensors")[0] == 0
    status, said = call("report", "--run", run)
    assert status == 2 and "no program/sizes.json there, `murmur compile` leaves it" in said


def test_what_was_quantised_dense_makes_room_for_what_is_pruned(tmp_path, sound, call):
    run = tmp_path / "run"
    first = ("train", "--task", "words", "--data", sound, *SIZES, "--run", run)
    for stage in (first, *((name, "--run", run) for name in ("quantise", "compile", "run"))):
        status, said = call(*stage)
        assert status == 0, said
    (dense,) = {layer.n for layer in load(run / "network.safetensors").network.layers}
    assert call("prune", "--run", run)[0] == 0
    left = ("network.safetensors", "network.json", "program", "run.json", "quantised.checkpoint")
    assert not any((run / name).exists() for name in left)
    status, said = call("quantise", "--run", run)
    assert status == 0, said
    (pruned,) = {layer.n for layer in load(run / "network.safetensors").network.layers}
    assert (dense, pruned) == (8, 6)
    assert call("prune", "--run", run)[0] == 0  # the same again, of which the network is still made
    assert (run / "network.safetensors").exists()


def test_mfcc_from_sound_to_the_rtl(tmp_path, sound, call):
    """The kind of features goes from the run's recipe into the network file, and all that runs it uses that
    kind."""
    run = tmp_path / "run"
    quick = {
        "epochs": (12, 2, 3),
        "rates": (2e-2, 1e-2, 5e-3),
        "averaging": (0.5, 0.5, 0.5),
        "zeros": 0.0,
        "drop": 0.0,
    }
    made = recipe("words", features="mfcc", hidden=(16, 16), pruned=(12, 12), batch=8, **quick)
    folder.begin(run, folder.Config([str(sound)], None, made))
    STAGES["train"].run(run)
    for stage in ("prune", "quantise"):
        status, said = call(stage, "--run", run)
        assert status == 0, said
    file = load(run / "network.safetensors")
    network = file.network
    assert file.card["features"] == {"kind": "mfcc"} and file.card["float"]["middle"] == 0
    assert (network.in_signed, network.in_min, network.in_max) == (True, -127, 127)

    corpus = corpora.read("words", str(sound))
    features = corpora.features(corpus, "mfcc")
    assert min(x.min() for x in features) < -20
    model = inference.machine(network, features)[0]
    algebra = inference.algebra(network, features)
    assert np.array_equal(model.sums, algebra.sums) and len(np.unique(model.sums)) > 10
    for one, other in zip(model.best, algebra.best, strict=True):
        assert np.array_equal(one, other)
    right = model.sums.argmax(axis=1) == [file.labels.index(u.label) for u in corpus.utterances]
    for split in ("dev", "test"):
        assert right[corpus.split(split)].sum() == file.card["scores"]["quantised"][split]["correct"], split
    assert right.mean() > 0.8

    status, said = call("run", "--run", run, "--rtl")
    found = json.loads((run / "run.json").read_text())
    assert status == 0 and found["mismatches"] == 0, said
    marks, heard = corpora.fingerprints(corpus), set(file.card["trained_on"]["sounds"])
    unheard = [place for place, mark in enumerate(marks) if mark not in heard]
    spikes = [
        inference.densities(network, inference.machine(network, [own[i] for i in unheard])[1])
        for own in (features, corpora.features(corpus, "log-mel"))
    ]
    assert found["spike_densities"] == spikes[0] != spikes[1]
    assert call("compile", "--run", run)[0] == 0
    status, report = call("report", "--run", run)
    assert status == 0 and "4-bit weights, mfcc input" in report


def test_features_of_train_are_those_of_the_run(tmp_path, sound, call):
    run = tmp_path / "run"
    train = ("train", "--task", "words", "--data", sound, "--features", "mfcc", "--epochs", "0,0,0")
    assert call(*train, "--run", run)[0] == 0
    assert folder.read(run).recipe.features == "mfcc"


def test_gru_is_neither_pruned_nor_quantised(tmp_path, sound, call):
    run = tmp_path / "gru"
    assert call("train", "--task", "words", "--data", sound, *SIZES, "--model", "gru", "--run", run)[0] == 0
    status, said = call("prune", "--run", run)
    assert status == 2 and said.startswith("error: ") and "a float GRU" in said and said.count("\n") == 1
