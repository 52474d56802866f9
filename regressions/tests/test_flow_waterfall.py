# SPDX-License-Identifier: Apache-2.0
"""`murmur waterfall`: the model's count and the RTL's, in bit planes and in signed digits."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest

from models import corpora, waterfall
from models.network import LifLayer, Network, OutputLayer
from models.waterfall import S0_MMACS
from models.weight_file import save
from regressions.flow.waterfall import table
from regressions.tests import flow_data


def small(width=128):
    """40-128-128-128 with an input that bit planes can feed."""
    random = np.random.default_rng(1)

    def layer(name, rows):
        return LifLayer(
            name=name, w_in=random.integers(-8, 8, (rows, width), dtype=np.int8),
            w_rec=random.integers(-8, 8, (width, width), dtype=np.int8), mask_in=None, mask_rec=None,
            shift_in=1, shift_rec=1, theta=np.full(width, 600, np.int32), bias=np.zeros(width, np.int32),
            leak=2, soft=True,
        )  # fmt: skip

    output = OutputLayer(
        "scores", random.integers(-8, 8, (width, width), dtype=np.int8), None, np.zeros(width, np.int32),
        0, True, "raw",
    )  # fmt: skip
    return Network("small", 40, False, 0, 127, 2, "frame", (layer("h1", 40), layer("h2", width)), output)


def file_of(path, network, hidden=(256, 256), kind="log-mel"):
    card = {
        "task": "states",
        "labels": [],
        "features": {"kind": kind},
        "float": {"hidden": list(hidden)},
    }
    save(path, network, card, {"w": np.zeros(1, np.float16)})
    return path


@pytest.fixture
def sound(tmp_path):
    return flow_data.digits(tmp_path / "sound")


def test_rtl_and_model_count_the_same(tmp_path, sound, monkeypatch):
    weights = file_of(tmp_path / "small.safetensors", small())
    figures = {}
    for how, flags in (("model", []), ("RTL", ["--rtl"])):
        out = tmp_path / f"{how}.json"
        done = flow_data.murmur(
            "waterfall", "--data", sound, "--weights", weights, "--most", 3, "--json", out, *flags
        )
        assert done.returncode == 0, done.stderr
        assert f"counted by the {how}" in done.stdout
        figures[how] = json.loads(out.read_text())
    model, rtl = figures["model"], figures["RTL"]
    assert model["counted"] == rtl["counted"]
    corpus = corpora.read("digits", sound)
    features = corpora.features(corpus)
    chosen = [features[i * len(features) // 3] for i in range(3)]
    frames = sum(map(len, chosen))
    assert rtl["frames"] == frames
    ones = sum(int(np.bitwise_count(x.astype(np.uint8)).sum()) for x in chosen)
    wide = np.concatenate(chosen).astype(np.int64)
    digits = int(np.bitwise_count(3 * wide ^ wide).sum())
    by_planes, by_digits = (rtl["counted"][name]["zeros skipped"] for name in ("bit planes", "signed digits"))
    assert by_planes - by_digits == pytest.approx(waterfall.mmacs(128 * (ones - digits) / frames))
    assert by_planes < rtl["shapes"]["merged spikes"] < rtl["shapes"]["dense"]
    assert rtl["bytes"]["dense, 32-bit"] == 4 * (40 * 256 + 3 * 256 * 256 + 256 * 128)


def test_every_column_stands_by_itself():
    """The figures of S0's own size, and the longest names."""
    counts = {"zeros skipped": 4.87, "zero weights gated": 3.9}
    text = table(
        {
            "shapes": dict.fromkeys(S0_MMACS, 145.8176),
            "counted": {"bit planes": counts, "signed digits": counts},
            "bytes": {"dense, 32-bit": 2793472, "stored": 108768},
            "counted_by": "RTL", "frames": 27773, "files": 700,
        }
    )  # fmt: skip
    *lines, last = text.split("\n")
    found = [re.fullmatch(r"(\S.*?\S) {2,}(\S+) {2,}(\S+)", line) for line in lines if line != "bytes"]
    assert len(found) == 11 and all(found), text
    assert [found[k].groups() for k in (5, 9)] == [
        ("zeros skipped, bit planes (counted)", "4.87", "13.86"), ("dense, 32-bit", "2,793,472", "2,790,000"),
    ]  # fmt: skip
    assert {line.end(2) for line in found} == {found[0].end(2)} and "27,773 frames of 700 files" in last


def test_networks_that_it_cannot_tell_of(tmp_path, sound):
    other = replace(small(), layers=small().layers[:1])
    file_of(tmp_path / "one.safetensors", other)
    save(tmp_path / "bare.safetensors", small(), {"features": {"kind": "log-mel"}})
    file_of(tmp_path / "signed.safetensors", replace(small(), in_signed=True, in_min=-127), kind="mfcc")
    for name, message in (
        ("one", "error: network small: want two recurrent layers, as S0 has\n"),
        ("bare", "error: network small: no float half, which says how wide it was\n"),
        ("signed", "error: network small: bit planes hold numbers of 0..255, the input is -127..127\n"),
    ):
        done = flow_data.murmur("waterfall", "--data", sound, "--weights", tmp_path / f"{name}.safetensors")
        assert (done.returncode, done.stderr) == (2, message)
