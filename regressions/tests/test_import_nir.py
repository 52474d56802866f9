# SPDX-License-Identifier: Apache-2.0
"""`murmur import-nir`: a graph becomes a network file; a mistake is one line and leaves nothing."""

import json
import re

import numpy as np
import pytest
from click.testing import CliRunner

from models import reference, weight_file
from models.tests.nir_graphs.cases import CASES, outcome_of, unpack
from regressions.flow.cli import murmur
from regressions.tests.shell import error_of, make


def call(*arguments):
    """(exit status, what was printed, what was printed as an error)."""
    done = CliRunner().invoke(murmur, ["import-nir", *map(str, arguments)])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.stdout, done.stderr


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "out").mkdir()
    return tmp_path


def test_network_file_is_the_library(folder):
    """All options on the command line; the file holds the network and how it was made."""
    frames, _, scores = outcome_of("snntorch_recurrent")
    np.save(folder / "in" / "frames.npy", frames)
    out = folder / "out" / "net.safetensors"
    status, text, _ = call(
        unpack("snntorch_recurrent", folder / "in"), "--out", out, "--dt", "1e-4", "--reset", "zero",
        "--inputs", -8, 7, "--input-scale", 1, "--exact", "--frames", folder / "in" / "frames.npy",
    )  # fmt: skip
    assert status == 0 and "exact: every spike and score is the graph's" in text
    assert "measured on 360 steps of the frames given:" in text and "net.safetensors" in text
    held = weight_file.load(out)
    made = held.card["imported"]
    assert (
        made["file"] == "snntorch_recurrent.nir" and made["options"]["in_min"] == -8 and not made["rounded"]
    )
    assert (held.task, held.labels) == ("", ())
    assert np.array_equal(reference.run(held.network, frames).outputs[:, :, 0] * made["score_of_1"], scores)
    assert sorted(path.name for path in (folder / "out").iterdir()) == ["net.json", "net.safetensors"]


def test_what_was_rounded_is_printed_and_kept(folder):
    options = CASES["norse_subtract"].options
    out = folder / "out" / "net.safetensors"
    status, text, _ = call(
        unpack("norse_subtract", folder / "in"), "--out", out, "--dt", options.dt, "--reset", options.reset
    )
    assert status == 0
    assert "not exact: node 1: w_in takes more than 4 bits" in text
    made = json.loads((folder / "out" / "net.json").read_text())["imported"]
    assert made["rounded"] and 0.8 < made["measured"]["layers"]["1"][0] < 1


def test_the_target_of_make_is_the_command(folder):
    """Every option among its settings, INPUTS as two numbers; paths with spaces."""
    frames, _, _ = outcome_of("snntorch_recurrent")
    np.save(folder / "in" / "a b.npy", frames)
    graph = unpack("snntorch_recurrent", folder / "in").rename(folder / "in" / "a b.nir")
    options = {"dt": "1e-4", "reset": "zero", "leak_tolerance": "0.1", "input_scale": "1"}
    options["frames"] = str(folder / "in" / "a b.npy")
    given = [word for key, value in options.items() for word in (f"--{key.replace('_', '-')}", value)]
    plain = folder / "out" / "plain.safetensors"
    assert call(graph, "--out", plain, *given, "--inputs", -8, 7, "--exact")[0] == 0
    out = folder / "out" / "from make.safetensors"
    settings = [f"{key.upper()}={value}" for key, value in options.items()]
    done = make("import-nir", f"GRAPH={graph}", f"OUT={out}", *settings, "INPUTS=-8 7", "EXACT=1")
    assert done.returncode == 0, done.stderr
    assert out.read_bytes() == plain.read_bytes()
    cards = [json.loads(path.with_suffix(".json").read_text()) for path in (plain, out)]
    assert cards[0] == cards[1] and cards[0]["imported"]["options"]["in_min"] == -8
    assert error_of(make("import-nir", f"OUT={out}")) == "Missing argument 'GRAPH'."
    assert error_of(make("import-nir", f"OUT={out}", "GRAPH=--exact")) == "--exact: is missing"
    said = error_of(make("import-nir", f"OUT={out}", f"GRAPH={graph}", "INPUTS=* 1"))
    assert said == "Invalid value for '--inputs': '*' is not a valid integer."


@pytest.mark.parametrize(
    ("target", "flag"), [("import-nir", "exact"), ("run", "rtl"), ("evaluate", "rtl"), ("waterfall", "rtl")]
)
def test_0_of_a_flag_is_no_flag(target, flag):
    for value, there in (("0", False), ("1", True)):
        done = make("-n", target, f"{flag.upper()}={value}")
        assert done.returncode == 0 and (f" --{flag} " in f"{done.stdout} ") is there, done.stdout
    for value in ("no", "", "2", "0 1", "1 1"):
        assert refused_by_make(target, f"{flag.upper()}={value}") == f"{flag.upper()}={value}: want 0 or 1"


@pytest.mark.parametrize("value", ["", "-8", "1 2 3"])
def test_inputs_that_are_no_pair(value):
    said = refused_by_make("import-nir", "GRAPH=x", f"INPUTS={value}")
    assert said == f'INPUTS={value}: want two numbers, "LOW HIGH"'


def refused_by_make(*args):
    """What make itself says, in one line, before any command runs."""
    done = make(*args)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1), done.stderr
    return re.fullmatch(r"Makefile:\d+: \*\*\* (.*)\.  Stop\.\n", done.stderr)[1]


GRAPH = "snntorch_late"
WRONG = {
    "no such file": (["nothing.nir"], "nothing.nir: is missing"),
    "no graph": (["in/text.nir"], "in/text.nir: is damaged, or no NIR graph: "),
    "cut off": (["in/cut.nir"], "in/cut.nir: is damaged, or no NIR graph: "),
    "another step": (["in/graph.nir", "--dt", "5e-4"], "in/graph.nir: node 1 (LIF): "),
    "no step": (["in/graph.nir", "--dt", "0"], "dt is 0, want a time above 0 s"),
    "no range": (["in/graph.nir", "--inputs", "4", "1"], "the inputs 4..1 are no range within 0..65535"),
    "not exact": (["in/half.nir", "--exact"], "in/half.nir: node 1: "),
    "frames that are no file": (["in/graph.nir", "--frames", "in/no.npy"], "in/no.npy: cannot be read: "),
    "frames that are no array": (
        ["in/graph.nir", "--frames", "in/text.nir"],
        "in/text.nir: damaged, or not a .npy file",
    ),
    "frames of fractions": (
        ["in/graph.nir", "--frames", "in/half.npy"],
        "in/half.npy: want one array of whole numbers",
    ),
    "frames of another width": (
        ["in/graph.nir", "--frames", "in/wide.npy"],
        "in/graph.nir: the frames have shape",
    ),
}


@pytest.mark.parametrize("what", WRONG)
def test_mistake_is_one_line_and_leaves_nothing(folder, monkeypatch, what):
    monkeypatch.chdir(folder)
    whole = unpack(GRAPH, folder / "in").rename(folder / "in" / "graph.nir").read_bytes()
    unpack("norse_subtract", folder / "in").rename(folder / "in" / "half.nir")
    (folder / "in" / "text.nir").write_text("no graph")
    (folder / "in" / "cut.nir").write_bytes(whole[: len(whole) // 2])
    np.save(folder / "in" / "half.npy", np.full((2, 3, 12), 0.5))
    np.save(folder / "in" / "wide.npy", np.zeros((2, 3, 13), int))
    arguments, line = WRONG[what]
    if what == "another step":  # a tau that is not infinite
        arguments = ["in/leaky.nir", *arguments[1:]]
        unpack("snntorch_leaky", folder / "in").rename(folder / "in" / "leaky.nir")
        line = "in/leaky.nir: node 1 (LIF): tau is 0.0002 s, shorter than a step of 0.0005 s"
    if what == "not exact":
        arguments += ["--reset", "subtract", "--dt", "1e-3"]
    status, _, error = call(*arguments, "--out", "out/net.safetensors")
    assert status == 2, error
    assert error.startswith(f"error: {line}") and error.count("\n") == 1
    assert not list((folder / "out").iterdir())


@pytest.mark.parametrize(
    ("out", "line"),
    [
        ("out/net.npz", "out/net.npz: want a name that ends in .safetensors"),
        ("nowhere/net.safetensors", "nowhere/net.safetensors: no such folder"),
        ("out/dir.safetensors", "out/dir.safetensors: not a plain file, want the name of one"),
    ],
)
def test_place_that_cannot_be_written(folder, monkeypatch, out, line):
    monkeypatch.chdir(folder)
    (folder / "out" / "dir.safetensors").mkdir()
    status, _, error = call(unpack(GRAPH, folder / "in"), "--out", out)
    assert (status, error) == (2, f"error: {line}\n")


def test_file_that_is_there_stays_when_the_graph_is_refused(folder, monkeypatch):
    monkeypatch.chdir(folder)
    graph, out = unpack(GRAPH, folder / "in"), folder / "out" / "net.safetensors"
    assert call(graph, "--out", out, "--reset", "subtract-late")[0] == 0
    before = {path.name: path.read_bytes() for path in (folder / "out").iterdir()}
    assert call("nothing.nir", "--out", out)[0] == 2
    assert {path.name: path.read_bytes() for path in (folder / "out").iterdir()} == before
