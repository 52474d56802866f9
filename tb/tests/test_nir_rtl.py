# SPDX-License-Identifier: Apache-2.0
"""Graphs that snnTorch and norse wrote, on the RTL: what leaves it is what the libraries compute.

The run compares every spike, membrane and result with the model; this compares the sums of the scores with
the library's own.
"""

import dataclasses

import numpy as np
import pytest
import safetensors.numpy

from models import weight_file
from models.compiler import compile_network
from models.formats import BuildConfig
from models.nir_import import import_graph
from models.tests.nir_graphs.cases import CASES, outcome_of, unpack
from tb.tests.simulation import simulate

SMALL = BuildConfig(lanes=8, result_w=128, vec_depth=256)  # shared with other tests: built once


def on_rtl(name, tmp_path):
    """(result, sums of the scores in units of the graph, the library's scores)."""
    frames, _, scores = outcome_of(name)
    network, report = import_graph(unpack(name, tmp_path), CASES[name].options, frames)
    compile_network(network, SMALL)
    weight_file.save(tmp_path / "net.safetensors", network, {})
    data = {"features": frames.reshape(-1, frames.shape[2]), "lengths": np.full(len(frames), frames.shape[1])}
    (tmp_path / "frames.safetensors").write_bytes(safetensors.numpy.save(data))
    settings = {
        key: value
        for key, value in dataclasses.asdict(SMALL).items()
        if key in ("lanes", "result_w", "vec_depth")
    }
    result = simulate(
        "network",
        tmp_path,
        weights=tmp_path / "net.safetensors",
        features=tmp_path / "frames.safetensors",
        **settings,
    )
    assert result["status"] == "pass", result["reason"]
    assert result["frames"] == frames.shape[0] * frames.shape[1]
    with np.load(tmp_path / "network" / "1" / "heard.npz") as held:
        return result, held["sums"] * report.unit, scores


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.exact])
def test_whole_graph_on_the_rtl_is_the_library(name, tmp_path):
    result, sums, scores = on_rtl(name, tmp_path)
    assert np.array_equal(sums, scores.astype(np.float64).sum(1))
    spikes = outcome_of(name)[1]
    assert [result["ledger"][f"SPIKES{k}"] for k in range(len(spikes))] == [int(s.sum()) for s in spikes]


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if not case.exact])
def test_rounded_graph_on_the_rtl_is_near_the_library(name, tmp_path):
    _, sums, scores = on_rtl(name, tmp_path)
    assert (sums.argmax(-1) == scores.sum(1).argmax(-1)).mean() >= CASES[name].winner
