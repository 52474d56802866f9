# SPDX-License-Identifier: Apache-2.0
"""What becomes of NIR graphs made here: what is whole comes out exactly; gains, sub-graphs, resets."""

import nir
import numpy as np
import pytest

from models import reference
from models.nir_import import Options, import_graph
from models.nir_import.fit import SPIKES, fit_layer
from models.nir_import.float_chain import Spiking
from models.tests.test_nir_refusals import DT, chain, lif, linear, ones


def imported(graph, tmp_path, **settings):
    path = tmp_path / "graph.nir"
    nir.write(path, graph, compression=None)
    return import_graph(path, Options(**settings))


def outputs(network, frames):
    return reference.run(network, frames).outputs[:, :, 0]


def drawn(rng, low, high, shape):
    return rng.integers(low, high + 1, shape).astype(np.float64)


def integrate(n, threshold):
    """A neuron without a leak as snnTorch writes it: tau and r infinite."""
    return nir.LIF(ones(n, np.inf), ones(n, np.inf), ones(n, 0), ones(n, threshold))


@pytest.mark.parametrize("reset", ["zero", "subtract", "subtract-late"])
@pytest.mark.parametrize("seed", range(8))
def test_whole_numbers_are_exact(seed, reset, tmp_path):
    """4-bit integers times any power of two, another one for each neuron, thresholds that are met exactly."""
    rng = np.random.default_rng([seed, 7])
    n_in, n, m = (int(x) for x in rng.integers(2, 40, 3))
    scale, scale2 = (2.0 ** rng.integers(-9, 9, (size, 1)) for size in (n, m))
    w, v = drawn(rng, -8, 7, (n, n_in)), drawn(rng, -4, 3, (m, n))
    rec = 2.0 ** int(rng.integers(-1, 2)) * drawn(rng, -3, 3, (n, n))
    bias = drawn(rng, -2, 2, n)
    forget = bool(seed % 2) and reset != "subtract-late"
    node = (
        lif(n, v_threshold=scale[:, 0] * 8, tau=ones(n, DT), r=ones(n))
        if forget
        else integrate(n, scale[:, 0] * 8)
    )
    graph = chain(
        nir.Affine(scale * w, scale[:, 0] * bias), node, nir.Linear(scale2 * v),
        nir.IF(ones(m), scale2[:, 0] * 5),
        n_in=n_in, n_out=m, nodes={"rec": nir.Linear(scale * rec)}, edges=[("n1", "rec"), ("rec", "n1")],
    )  # fmt: skip
    _, report = imported(graph, tmp_path, reset=reset, in_max=3)
    if reset == "zero" or forget:
        assert not report.inexact
    # A diagonal that is at the largest weight already leaves no room for the exact reset at v = threshold.
    assert all("exactly the threshold" in why for why in report.inexact)
    if not report.inexact:
        measured = report.measured
        assert measured.largest == 0 and all(equal == 1 for equal, _ in measured.layers.values())
        assert any(0 < active < 1 for _, active in measured.layers.values())


def test_membrane_of_exactly_the_threshold_does_not_spike(tmp_path):
    """NIR wants v > threshold. Currents of 2 and a threshold of 4: the membrane is 2, 4, 6."""
    frames = np.ones((1, 6, 1), int)
    graph = chain(nir.Linear(np.array([[2.0]])), nir.IF(ones(1), ones(1, 4)), n_in=1, n_out=1)
    spikes = {
        reset: outputs(imported(graph, tmp_path, reset=reset)[0], frames)[0, :, 0].tolist()
        for reset in ("zero", "subtract", "subtract-late")
    }
    # By subtraction it goes on from 6 - 4 = 2: 4, 6 again.
    assert spikes == {
        "zero": [0, 0, 1, 0, 0, 1],
        "subtract": [0, 0, 1, 0, 1, 0],
        "subtract-late": [0, 0, 1, 0, 1, 0],
    }


def test_sub_graph_is_resolved(tmp_path):
    """snnTorch's exporter makes a graph of a recurrent layer: within another it is as if written out."""
    w_rec = nir.Affine(drawn(np.random.default_rng(2), -2, 2, (5, 5)), ones(5))
    inner = nir.NIRGraph(
        {
            "input": nir.Input(np.array([5])),
            "lif": lif(5),
            "w_rec": w_rec,
            "output": nir.Output(np.array([5])),
        },
        [("input", "lif"), ("lif", "w_rec"), ("w_rec", "lif"), ("lif", "output")],
    )
    one, report = imported(chain(linear(5, 6), inner, linear(4, 5, seed=2)), tmp_path)
    flat = chain(
        linear(5, 6), lif(5), linear(4, 5, seed=2), nodes={"rec": w_rec}, edges=[("n1", "rec"), ("rec", "n1")]
    )
    other, _ = imported(flat, tmp_path)
    assert [fit.node for fit in report.fits] == ["n1.lif", "n2"] and one.layers[0].name == "n1_lif"
    for field in ("w_in", "w_rec", "theta", "bias", "shift_in", "shift_rec", "leak", "soft"):
        assert np.array_equal(getattr(one.layers[0], field), getattr(other.layers[0], field)), field
    assert np.array_equal(one.output.w, other.output.w)
    assert one.layers[0].w_rec is not None and one.layers[0].bias.any()


def test_recurrent_paths_add_up(tmp_path):
    """A matrix, and one behind a scale, are one matrix, their sum; an edge onto itself is the identity."""
    rng = np.random.default_rng(9)
    a, b = drawn(rng, -2, 2, (5, 5)), drawn(rng, -2, 2, (5, 5))
    paths = {"a": nir.Linear(a), "b": nir.Affine(b, ones(5)), "half": nir.Scale(ones(5, 0.5))}
    edges = [("n1", "a"), ("a", "n1"), ("n1", "half"), ("half", "b"), ("b", "n1"), ("n1", "n1")]
    summed = nir.Affine(a + b / 2 + np.eye(5), ones(5))
    frames = rng.integers(0, 2, (4, 50, 6))
    found = []
    for nodes, ways in ((paths, edges), ({"c": summed}, [("n1", "c"), ("c", "n1")])):
        graph = chain(linear(5, 6), nir.IF(ones(5), ones(5, 4)), n_out=5, nodes=nodes, edges=ways)
        network, report = imported(graph, tmp_path)
        assert report.measured.layers["n1"][1] > 0.05
        found.append(outputs(network, frames))
    assert np.array_equal(*found)


def test_what_lies_between_layers_is_folded(tmp_path):
    """Flatten, Scale and a second matrix give the network that their product gives."""
    rng = np.random.default_rng(4)
    w, v, scale = drawn(rng, -1, 1, (5, 6)), drawn(rng, -1, 1, (4, 5)), 2.0 ** rng.integers(-2, 3, 5)
    parts = chain(
        nir.Flatten(np.array([2, 3]), 0, 1), nir.Linear(w), nir.Scale(scale), nir.Affine(v, ones(4)),
        nir.IF(ones(4), ones(4, 2)), n_in=(2, 3),
    )  # fmt: skip
    whole = chain(nir.Affine(v @ (scale[:, None] * w), ones(4)), nir.IF(ones(4), ones(4, 2)))
    networks = [imported(graph, tmp_path)[0] for graph in (parts, whole)]
    frames = rng.integers(0, 2, (3, 40, 6))
    assert np.array_equal(outputs(networks[0], frames), outputs(networks[1], frames))
    assert networks[0].layers[0].w_in.any()


def test_gain_of_a_neuron_is_part_of_its_weights(tmp_path):
    """norse's r = 1: a current counts dt / tau. A CubaLIF whose synapse has no memory is a LIF with w_in."""
    frames = np.random.default_rng(6).integers(0, 2, (4, 60, 6))
    half, double = lif(4, threshold=3.0), lif(4, threshold=3.0)
    half.r = half.r / 2
    cuba = nir.CubaLIF(
        tau_syn=ones(4, DT),
        tau_mem=half.tau,
        r=half.r,
        v_leak=half.v_leak,
        v_threshold=ones(4, 3.0),
        w_in=ones(4, 2),
    )
    found = {
        name: outputs(imported(chain(linear(4, 6), node), tmp_path)[0], frames)
        for name, node in (("half", half), ("whole", double), ("cuba", cuba))
    }
    assert np.array_equal(found["whole"], found["cuba"])
    assert found["half"].sum() < found["whole"].sum() > 0


def test_threshold_node_is_a_layer_without_a_memory(tmp_path):
    network, report = imported(
        chain(linear(4, 6), nir.Threshold(ones(4, 2))), tmp_path, reset="subtract-late"
    )
    frames = np.random.default_rng(8).integers(0, 2, (2, 30, 6))
    assert np.array_equal(outputs(network, frames), (frames @ linear(4, 6).weight.T > 2).astype(int))
    assert not report.inexact


def test_matrix_alone_is_a_network(tmp_path):
    network, report = imported(chain(nir.Affine(linear(4, 6).weight / 8, ones(4, 0.5))), tmp_path, exact=True)
    frames = np.random.default_rng(8).integers(0, 2, (2, 30, 6))
    assert np.array_equal(outputs(network, frames) * report.unit, frames @ linear(4, 6).weight.T / 8 + 0.5)


@pytest.mark.parametrize(("low", "high", "scale"), [(-128, 127, 1 / 128), (0, 255, 0.5), (-8, 7, 1.0)])
def test_inputs_stand_for_what_the_scale_says(low, high, scale, tmp_path):
    graph = chain(linear(5, 6), nir.IF(ones(5), ones(5, 2.5)), linear(4, 5))
    network, report = imported(graph, tmp_path, in_min=low, in_max=high, in_scale=scale)
    assert (network.in_min, network.in_max, network.in_signed) == (low, high, low < 0)
    assert not report.inexact and report.measured.largest == 0
    assert 0 < report.measured.layers["n1"][1] < 1


def test_leak_within_the_tolerance(tmp_path):
    """0.9 becomes 0.875, and the report says so; what float32 does to a time constant is no matter."""
    graph = chain(linear(5, 6), lif(5, beta=0.9), linear(4, 5))
    network, report = imported(graph, tmp_path, leak_tolerance=0.026)
    assert network.layers[0].leak == 3
    assert "node n1: keeps 0.875 of its membrane, the graph 0.9" in report.inexact
    for k in range(1, 15):
        tau = np.float32(DT) / np.float32(2.0**-k)
        network, _ = imported(chain(linear(5, 6), lif(5, tau=ones(5, tau), r=ones(5, tau / DT))), tmp_path)
        assert network.layers[0].leak == k


def test_report_says_what_was_done(tmp_path):
    _, report = imported(chain(linear(5, 6), lif(5), linear(4, 5)), tmp_path)
    text = "\n".join(report.lines())
    for part in (
        "inputs 0..1 times 1, a step of 0.0001 s is a frame", "reset to zero, as NIR defines it",
        "node n1 [5]: leak 2^-1, weights << 7", "not exact: node n1: its leak rounds, by less than",
        "measured on 1,600 steps of random numbers 0..1:", "of its spikes as in the graph",
        "scores: largest difference",
    ):  # fmt: skip
        assert part in text, part


def test_little_room_for_a_membrane_is_told(tmp_path):
    """Eight steps of six inputs of 255 leave 16 bits. A membrane that does is counted and shows."""
    graph = chain(
        nir.Linear(np.array([[-7.0, -6.0, -5.0, -4.0, -3.0, -2.0]])), nir.IF(ones(1), ones(1, 2)), n_out=1
    )
    _, report = imported(graph, tmp_path, in_max=255)
    lines = report.lines()
    assert any(line.endswith(", 16 bits hold fewer than 8 steps of its largest current") for line in lines)
    assert report.measured.saturated["n1"] > 0 and any("at a limit of 16 bits" in line for line in lines)


@pytest.mark.parametrize("leak", [0, 1, 4, 15])
def test_late_reset_is_a_weight_onto_itself(leak):
    """w_rec takes off what a leak between spike and reset changes, or gives back what theta is too large."""
    beta = 0.0 if leak == 15 else 1 - 2.0**-leak if leak else 1.0
    layer = Spiking("x", np.eye(3) * 4, None, np.zeros(3), np.full(3, 16.0), beta, leak)
    lif_layer, _ = fit_layer(layer, "subtract-late", SPIKES, "x")
    unit = 16.0 / (lif_layer.theta[0] - 1)
    own = lif_layer.w_rec * 2.0**lif_layer.shift_rec * unit
    wanted = unit if leak == 0 else -(1 - beta) * 16.0
    assert np.allclose(own, np.eye(3) * wanted)
