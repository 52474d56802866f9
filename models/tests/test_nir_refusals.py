# SPDX-License-Identifier: Apache-2.0
"""NIR graphs that the machine cannot run, and files that are none: one line, with file and node."""

from itertools import pairwise

import h5py
import nir
import numpy as np
import pytest

from models.inference import DEEP
from models.nir_import import Options, import_graph

DT = Options().dt


def ones(n, x=1.0):
    return np.full(n, x, np.float32)


def lif(n, beta=0.5, threshold=3.0, **changes):
    """As snnTorch writes it."""
    tau = DT / (1 - beta)
    node = {
        "tau": ones(n, tau),
        "r": ones(n, tau / DT),
        "v_leak": ones(n, 0),
        "v_threshold": ones(n, threshold),
    }
    return nir.LIF(**(node | changes))


def linear(n, n_in, seed=1):
    w = np.random.default_rng(seed).integers(1, 5, (n, n_in)) * np.resize([1, -1], (n, n_in))
    return nir.Linear(w.astype(np.float32))


def chain(*nodes, n_in=6, n_out=4, **more):
    """Nodes in a row between Input and Output, named n0, n1 ..., and more nodes and edges."""
    named = {"in": nir.Input(np.atleast_1d(n_in))} | {f"n{k}": node for k, node in enumerate(nodes)}
    named |= {"out": nir.Output(np.array([n_out]))} | more.get("nodes", {})
    names = ["in", *(f"n{k}" for k in range(len(nodes))), "out"]
    edges = [*pairwise(names), *more.get("edges", [])]
    return nir.NIRGraph(named, edges, type_check=False)


def plain():
    return chain(linear(5, 6), lif(5), linear(4, 5))


@pytest.fixture
def refusal(tmp_path):
    """Import a graph, or a file as it is, and return the line that refuses it."""

    def of(graph=None, options=None, frames=None):
        path = tmp_path / "graph.nir"
        if graph is not None:
            nir.write(path, graph, compression=None)
        with pytest.raises(ValueError) as refused:
            import_graph(path, options or Options(), frames)
        text = str(refused.value)
        assert text.startswith(f"{path}: ") and "\n" not in text
        return text.removeprefix(f"{path}: ")

    return of


def test_the_graph_that_all_of_these_spoil_is_imported(tmp_path):
    nir.write(tmp_path / "graph.nir", plain())
    network, report = import_graph(tmp_path / "graph.nir", Options())
    assert (network.n_inputs, network.layers[0].n, network.output.n) == (6, 5, 4)
    assert [fit.node for fit in report.fits] == ["n1", "n2"]


NODES = {
    "convolution": (
        lambda: chain(nir.Conv1d(6, np.ones((1, 1, 1), np.float32), 1, 0, 1, 1, np.zeros(1)), lif(6)),
        "node n0 (Conv1d): the machine has no convolution",
    ),
    "pooling": (
        lambda: chain(nir.SumPool2d(np.array([2, 2]), np.array([2, 2]), np.array([0, 0])), lif(6)),
        "node n0 (SumPool2d): the machine has no pooling",
    ),
    "delay": (
        lambda: chain(linear(5, 6), nir.Delay(ones(5)), lif(5)),
        "node n1 (Delay): the machine has no delays",
    ),
    "membrane read out": (
        lambda: chain(linear(4, 6), nir.LI(ones(4), ones(4), ones(4, 0))),
        "node n1 (LI): the machine reads out no membranes, only spikes and their weighted sums",
    ),
    "synapse with a memory": (
        lambda: chain(
            linear(4, 6),
            nir.CubaLIF(ones(4, 5e-4), ones(4, 2e-4), ones(4, 2), ones(4, 0), ones(4), w_in=ones(4)),
        ),
        "node n1 (CubaLIF): its synapse has a memory (tau_syn 0.0005 s, step 0.0001 s), "
        "the machine's has none",
    ),
    "threshold of zero": (
        lambda: chain(linear(4, 6), lif(4, v_threshold=np.array([1, 1, 0, 1], np.float32))),
        "node n1 (LIF): the threshold of neuron 2 is 0, want more than 0",
    ),
    "negative threshold": (
        lambda: chain(linear(4, 6), lif(4, threshold=-1.0)),
        "node n1 (LIF): the threshold of neuron 0 is -1, want more than 0",
    ),
    "reset to another value": (
        lambda: chain(linear(4, 6), lif(4, v_reset=ones(4, -0.5))),
        "node n1 (LIF): v_reset is -0.5, the machine resets to 0 or by the threshold",
    ),
    "leak towards another value": (
        lambda: chain(linear(4, 6), lif(4, v_leak=ones(4, 0.25))),
        "node n1 (LIF): v_leak is 0.25, the machine leaks towards 0",
    ),
    "leak that the machine does not have": (
        lambda: chain(linear(4, 6), lif(4, beta=0.9)),
        "node n1 (LIF): keeps 0.9 of its membrane in a step of 0.0001 s; "
        "the machine's nearest is 1 - 2^-3 = 0.875, off by 0.025; --leak-tolerance 0.026 takes it, "
        "or is it another --dt?",
    ),
    "tau shorter than a step": (
        lambda: chain(linear(4, 6), lif(4, tau=ones(4, 5e-5))),
        "node n1 (LIF): tau is 5e-05 s, shorter than a step of 0.0001 s; another --dt?",
    ),
    "tau of zero": (
        lambda: chain(linear(4, 6), lif(4, tau=ones(4, 0))),
        "node n1 (LIF): tau must be above 0",
    ),
    "neurons that leak differently": (
        lambda: chain(linear(4, 6), lif(4, tau=np.array([2e-4, 2e-4, 4e-4, 2e-4], np.float32))),
        "node n1 (LIF): tau differs between its neurons (0.25 to 0.5), the machine has one a layer",
    ),
    "current without a weight": (
        lambda: chain(linear(4, 6), lif(4, r=ones(4, 0))),
        "node n1 (LIF): r and tau give its current no finite weight other than 0",
    ),
    "resistance of zero": (
        lambda: chain(linear(4, 6), nir.IF(ones(4, 0), ones(4))),
        "node n1 (IF): r must be finite and other than 0",
    ),
    "parameter of another size": (
        lambda: chain(linear(5, 6), lif(4)),
        "node n1 (LIF): v_threshold has shape (4,), want one number or 5",
    ),
    "weights of another size": (
        lambda: chain(linear(5, 6), lif(5), linear(4, 3)),
        "node n2 (Linear): takes 3 numbers, gets 5",
    ),
    "weights with three dimensions": (
        lambda: chain(nir.Linear(np.ones((2, 4, 6), np.float32)), lif(4)),
        "node n0 (Linear): weight has shape (2, 4, 6), want [outputs, inputs]",
    ),
    "matrix in place of a vector": (
        lambda: chain(linear(4, 3), lif(4), n_in=(2, 3)),
        "node n0 (Linear): gets numbers of shape (2, 3), want a vector: put a Flatten before it",
    ),
    "flattening that cannot be": (
        lambda: chain(nir.Flatten(np.array([2, 3]), 0, 5), linear(4, 6), n_in=(2, 3)),
        "node n0 (Flatten): flattens dimensions 0 to 5 of shape (2, 3)",
    ),
    "weights that are NaN": (
        lambda: chain(nir.Linear(np.array([[1.0, np.nan, 2.0]] * 4)), lif(4), n_in=3),
        "node n0: weight holds 4 values that are NaN or infinite",
    ),
    "bias that is infinite": (
        lambda: chain(nir.Affine(np.ones((4, 6)), np.array([0.0, np.inf, 0.0, 0.0])), lif(4)),
        "node n0: bias holds 1 values that are NaN or infinite",
    ),
    "threshold that is NaN": (
        lambda: chain(linear(4, 6), lif(4, v_threshold=ones(4, np.nan))),
        "node n1: v_threshold holds 4 values that are NaN or infinite",
    ),
    "tau that is NaN": (
        lambda: chain(linear(4, 6), lif(4, tau=ones(4, np.nan))),
        "node n1 (LIF): tau must be above 0",
    ),
    "nothing to compute": (
        lambda: chain(n_out=6),
        "the graph computes nothing: the Input leads straight to the Output",
    ),
}


@pytest.mark.parametrize("what", NODES)
def test_node_that_the_machine_cannot_run(refusal, what):
    build, line = NODES[what]
    with np.errstate(divide="ignore"):
        assert refusal(build()) == line


EDGES = {
    "cycle over two layers": (
        lambda: chain(
            linear(5, 6), lif(5), linear(4, 5), lif(4),
            nodes={"back": linear(5, 4)}, edges=[("n3", "back"), ("back", "n1")],
        ),
        "node n1 (LIF): lies on a cycle by way of back; the machine runs a layer onto itself only",
    ),
    "cycle back to a matrix": (
        lambda: chain(linear(6, 6), lif(6), n_out=6, edges=[("n1", "n0")]),
        "node n0 (Linear): lies on a cycle by way of n1; the machine runs a layer onto itself only",
    ),
    "cycle without a spike": (
        lambda: chain(
            linear(6, 6), n_out=6, nodes={"back": linear(6, 6)}, edges=[("n0", "back"), ("back", "n0")]
        ),
        "node n0 (Linear): lies on a cycle by way of back; the machine runs a layer onto itself only",
    ),
    "skip": (
        lambda: chain(linear(6, 6), lif(6), linear(6, 6), lif(6), n_out=6, edges=[("n1", "n3")]),
        "node n1 (LIF): feeds n2, n3; the machine runs a chain, without branches or skips",
    ),
    "two sources": (
        lambda: chain(linear(6, 6), lif(6), n_out=6, nodes={"lost": linear(6, 6)}, edges=[("lost", "n1")]),
        "node n1 (LIF): is fed by n0 and lost; the machine runs a chain, without branches or skips",
    ),
    "recurrence that others feed too": (
        lambda: chain(
            linear(6, 6), lif(6), n_out=6, nodes={"rec": linear(6, 6), "lost": linear(6, 6)},
            edges=[("n1", "rec"), ("rec", "n1"), ("lost", "rec")],
        ),
        "node rec (Linear): is fed by more than n1, which it feeds back to",
    ),
    "recurrence of another width": (
        lambda: chain(
            linear(6, 6), lif(6), n_out=6, nodes={"rec": linear(4, 6)}, edges=[("n1", "rec"), ("rec", "n1")]
        ),
        "node rec (Linear): gives 4 numbers back to 6 neurons",
    ),
    "node apart": (
        lambda: chain(linear(4, 6), lif(4), nodes={"lost": linear(4, 6)}),
        "node lost (Linear): is not on the way from the Input to the Output",
    ),
    "two outputs": (
        lambda: chain(
            linear(4, 6), lif(4), nodes={"more": nir.Output(np.array([4]))}, edges=[("n1", "more")]
        ),
        "the graph has 2 Output nodes, want one: more, out",
    ),
    "no input": (
        lambda: nir.NIRGraph(
            {"a": lif(4), "out": nir.Output(np.array([4]))}, [("a", "out")], type_check=False
        ),
        "the graph has 0 Input nodes, want one",
    ),
    "no output": (
        lambda: nir.NIRGraph({"in": nir.Input(np.array([4])), "a": lif(4)}, [("in", "a")], type_check=False),
        "the graph has 0 Output nodes, want one",
    ),
    "output that nothing reaches": (
        lambda: nir.NIRGraph(
            {"in": nir.Input(np.array([4])), "a": lif(4), "out": nir.Output(np.array([4]))}, [("in", "a")],
            type_check=False,
        ),
        "node a (LIF): nothing leads on from it to an Output",
    ),
    "edge twice": (
        lambda: chain(linear(4, 6), lif(4), edges=[("n0", "n1")]),
        "the edge n0 -> n1 is there twice",
    ),
    "edge to no node": (
        lambda: chain(linear(4, 6), lif(4), edges=[("n0", "n7")]),
        "an edge names n7, which is no node",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", EDGES)
def test_graph_that_is_no_chain(refusal, what):
    build, line = EDGES[what]
    assert refusal(build()) == line


def test_sub_graph_with_two_inputs(refusal):
    inner = nir.NIRGraph(
        {
            "a": nir.Input(np.array([4])),
            "b": nir.Input(np.array([4])),
            "lif": lif(4),
            "o": nir.Output(np.array([4])),
        },
        [("a", "lif"), ("b", "lif"), ("lif", "o")],
        type_check=False,
    )
    assert refusal(chain(linear(4, 6), inner)) == "node n1, a graph, has 2 inputs, want one"


def test_too_large_for_every_build(refusal):
    wide = chain(linear(2000, 2000), lif(2000), n_in=2000, n_out=2000)
    room = 2 * DEEP.wgt_depth * DEEP.lanes
    assert refusal(wide) == f"node n1: brings the weights to 4,000,000, the deepest build holds {room:,}"
    many = chain(linear(2100, 4), lif(2100), linear(4, 2100), n_in=4)
    assert refusal(many).startswith("neuron memory (theta, state) does not fit: ")


def test_sums_that_do_not_fit(refusal):
    """Many large numbers times weights that may not be rounded away: of a layer, and of the scores."""
    heavy, options = nir.Linear(np.tile(np.arange(1.0, 8.0), (4, 20))), Options(in_max=65535)
    assert refusal(chain(heavy, lif(4), n_in=140), options) == (
        "node n1: its weights, threshold and bias do not fit 24-bit sums and 16-bit thresholds"
    )
    assert refusal(chain(heavy, n_in=140), options) == "node n0: its weights and bias do not fit 24-bit sums"


def test_what_has_to_be_rounded_under_exact(refusal):
    line = refusal(plain(), Options(exact=True))
    assert line.startswith("node n1: its leak rounds, by less than ")
    assert line.endswith("; without --exact it is imported nevertheless")
    thirds = chain(nir.Linear(np.array([[1 / 3, 1.0, 0.7]] * 4)), nir.IF(ones(4), ones(4)), n_in=3)
    assert refusal(thirds, Options(exact=True)).startswith("node n1: w_in takes more than 4 bits")


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        ({"dt": 0.0}, "dt is 0, want a time above 0 s"),
        ({"dt": float("nan")}, "dt is nan, want a time above 0 s"),
        ({"reset": "none"}, "reset is 'none', want one of zero, subtract, subtract-late"),
        ({"leak_tolerance": -0.1}, "leak_tolerance is -0.1, want 0 or more, below 1"),
        ({"leak_tolerance": 1.0}, "leak_tolerance is 1, want 0 or more, below 1"),
        ({"in_scale": 0.0}, "in_scale is 0, want a number above 0"),
        ({"in_scale": float("inf")}, "in_scale is inf, want a number above 0"),
        ({"in_min": 3, "in_max": 2}, "the inputs 3..2 are no range within 0..65535"),
        ({"in_min": -1, "in_max": 40000}, "the inputs -1..40000 are no range within -32768..32767"),
        ({"in_max": 65536}, "the inputs 0..65536 are no range within 0..65535"),
    ],
    ids=str,
)
def test_option_that_cannot_be(settings, line):
    with pytest.raises(ValueError) as refused:
        Options(**settings)
    assert str(refused.value) == line


def test_frames_that_do_not_fit(refusal):
    assert "have shape (3, 6)" in refusal(plain(), frames=np.zeros((3, 6), int))
    assert "have shape (2, 3, 5)" in refusal(frames=np.zeros((2, 3, 5), int))
    assert refusal(frames=np.full((2, 3, 6), 2)) == "the frames are not whole numbers 0..1"
    assert refusal(frames=np.zeros((2, 3, 6))) == "the frames are not whole numbers 0..1"


def test_no_such_file(refusal, tmp_path):
    assert refusal() == "is missing"
    (tmp_path / "graph.nir").mkdir()
    assert refusal() == "is no file"


def test_file_that_is_no_graph(refusal, tmp_path):
    path = tmp_path / "graph.nir"
    for content in (b"", b"not HDF5", b"\x89HDF\r\n\x1a\n" + bytes(100)):
        path.write_bytes(content)
        assert refusal().startswith("is damaged, or no NIR graph: ")
    with h5py.File(path, "w") as file:
        file["something"] = 3
    assert refusal().startswith("is damaged, or no NIR graph: ")
    with h5py.File(path, "w") as file:
        file["node/type"] = "LIF"
    assert refusal() == "no graph: it has no nodes or no edges"


def spoil(path, change):
    """A whole graph in which `change(file)` changed something."""
    nir.write(path, plain())
    with h5py.File(path, "a") as file:
        change(file)


def test_graph_with_a_damaged_node(refusal, tmp_path):
    path = tmp_path / "graph.nir"

    def other_type(file):
        del file["node/nodes/n1/type"]
        file["node/nodes/n1/type"] = "Izhikevich"

    def text(file):
        del file["node/nodes/n0/weight"]
        file["node/nodes/n0/weight"] = "weights"

    changes = {
        "node n1, a Izhikevich, is not a type that NIR knows here": other_type,
        "node n1, a LIF, cannot be read: ": lambda file: file["node/nodes/n1"].__delitem__("tau"),
        "node n1 has no type": lambda file: file["node/nodes/n1"].__delitem__("type"),
        "node n0, a Linear, cannot be read: ": text,
    }
    for line, change in changes.items():
        spoil(path, change)
        assert refusal().startswith(line)


def test_array_too_large_to_read(refusal, tmp_path):
    """A file of a few kB may say that an array in it has 4 TB."""

    def huge(file):
        del file["node/nodes/n0/weight"]
        file.create_dataset("node/nodes/n0/weight", (1 << 20, 1 << 20), np.float32, chunks=(64, 64))

    spoil(tmp_path / "graph.nir", huge)
    line = refusal()
    assert line.startswith("is damaged, or no NIR graph: its arrays would take 4,398,046,5")
    assert line.endswith(" bytes, want at most 268,435,456")


def test_truncated_or_bent_at_any_place(tmp_path):
    """Whatever is cut off or changed, a refusal is one line; what is still a graph may be imported."""
    path = tmp_path / "graph.nir"
    nir.write(path, plain())
    whole, rng, refused = path.read_bytes(), np.random.default_rng(3), 0
    for trial in range(150):
        content = bytearray(whole)
        if trial % 2:
            del content[int(rng.integers(len(whole))) :]
        else:
            for at in rng.integers(0, len(whole), 40):
                content[at] ^= int(rng.integers(1, 256))
        path.write_bytes(content)
        try:
            import_graph(path, Options())
        except ValueError as error:
            refused += 1
            assert str(error).startswith(f"{path}: ") and "\n" not in str(error)
    assert refused >= 75
