# SPDX-License-Identifier: Apache-2.0
"""Graphs that snnTorch and norse wrote, against what those libraries make of them.

The last test writes them anew; without the libraries it is skipped, unless the environment variable
MUR_REQUIRE holds the word `nir`.
"""

import functools
import os

import nir
import numpy as np
import pytest

from models import inference, reference
from models.nir_import import import_graph
from models.nir_import.float_chain import simulate
from models.nir_import.read import read_graph
from models.nir_import.walk import chain_of
from models.tests.nir_graphs.cases import CASES, outcome_of, packed, unpack

NAMES = pytest.mark.parametrize("name", CASES)
LIBRARIES = "torch==2.13.0 snntorch==1.0.0 norse==1.1.0"


@functools.cache
def outcome(name):
    return outcome_of(name)


@pytest.fixture(scope="module")
def imported(tmp_path_factory):
    """name -> (Network, Report), the report measured on the numbers that the library had."""
    folder = tmp_path_factory.mktemp("graphs")

    @functools.cache
    def of(name):
        return import_graph(unpack(name, folder), CASES[name].options, outcome(name)[0])

    return of


def test_every_graph_is_a_case():
    assert sorted(CASES) == sorted(
        path.name.removesuffix(".nir.gz") for path in packed("x").parent.glob("*.gz")
    )
    assert sum(case.exact for case in CASES.values()) >= 6
    assert {name.split("_")[0] for name in CASES} == {"snntorch", "norse"}


@NAMES
def test_graph_in_floating_point_is_the_library(name, tmp_path):
    """The graph is read as its library means it: what is measured against it holds for the library."""
    frames, spikes, scores = outcome(name)
    options = CASES[name].options
    chain = chain_of(read_graph(unpack(name, tmp_path)), options.dt, options.leak_tolerance)
    mine, result = simulate(chain, frames * options.in_scale, options.reset)
    assert len(mine) == len(spikes)
    for one, other in zip(mine, spikes, strict=True):
        assert np.array_equal(one, other)
    assert np.abs(result - scores).max() <= 1e-5


@NAMES
def test_network_is_the_library(name, imported):
    """Spike for spike and score for score where all is whole, else within the bound of the case."""
    case, (network, report) = CASES[name], imported(name)
    frames, spikes, scores = outcome(name)
    found = reference.run(network, frames)
    shares = [float((z[:, :, 0] == s).mean()) for z, s in zip(found.spikes, spikes, strict=True)]
    assert all(0.02 < s.mean() < 0.6 for s in spikes)  # there is something to agree on
    assert case.exact == (not report.inexact)
    if case.exact:
        assert shares == [1.0] * len(spikes)
        assert np.array_equal(found.outputs[:, :, 0] * report.unit, scores)
        return
    assert all(share >= least for share, least in zip(shares, case.at_least, strict=True)), shares
    winners = [x.sum(1).argmax(-1) for x in (found.outputs[:, :, 0], scores)]
    assert (winners[0] == winners[1]).mean() >= case.winner
    # What the command prints is measured against the graph, not the library: it must be the same.
    assert [share for share, _ in report.measured.layers.values()] == pytest.approx(shares, abs=1e-9)
    assert report.measured.same_winner == (winners[0] == winners[1]).mean()


@NAMES
def test_compiled_program_is_the_network(name, imported):
    """Descriptor by descriptor as in plain algebra, on the library's numbers."""
    network, _ = imported(name)
    frames = list(outcome(name)[0])
    heard, ledger = inference.machine(network, frames)
    again = inference.algebra(network, frames)
    assert np.array_equal(heard.sums, again.sums)
    for one, other in zip(heard.best, again.best, strict=True):
        assert np.array_equal(one, other)
    spikes = outcome(name)[1]
    if CASES[name].exact:
        assert [ledger[f"SPIKES{k}"] for k in range(len(spikes))] == [int(s.sum()) for s in spikes]


def test_trained_network_keeps_its_accuracy(imported):
    """Of the six courses that the network was trained to tell apart it takes as many right as before."""
    network, _ = imported("snntorch_trained")
    frames, _, scores = outcome("snntorch_trained")
    labels = np.random.default_rng(7).integers(0, 6, len(frames))  # as make.py draws them
    float_right = (scores.sum(1).argmax(-1) == labels).mean()
    right = (reference.run(network, frames).outputs[:, :, 0].sum(1).argmax(-1) == labels).mean()
    assert float_right >= 0.95
    assert right >= float_right - 0.05


@NAMES
def test_graph_comes_out_again(name):
    """make.py writes the same graph, and the library makes the same of it."""
    try:
        from models.tests.nir_graphs import make
    except ImportError as error:
        reason = f"{error.name} is not installed: .venv/bin/pip install {LIBRARIES}"
        if "nir" in os.environ.get("MUR_REQUIRE", "").split():
            pytest.fail(reason)
        pytest.skip(reason)
    graph, frames, spikes, scores = make.make(name)
    kept, held = make.read(packed(name)), outcome(name)
    assert sorted(graph.edges) == sorted(kept.edges) and sorted(graph.nodes) == sorted(kept.nodes)
    for key, node in kept.nodes.items():
        assert type(node) is type(graph.nodes[key])
        if isinstance(node, (nir.Input, nir.Output, nir.Flatten)):
            continue
        for field, value in node.to_dict().items():
            if field not in ("type", "metadata"):
                assert np.array_equal(value, np.asarray(getattr(graph.nodes[key], field))), (key, field)
    assert np.array_equal(frames, held[0])
    for one, other in zip(spikes, held[1], strict=True):
        assert np.array_equal(one, other)
    assert np.abs(scores - held[2]).max() <= 1e-5
