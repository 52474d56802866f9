# SPDX-License-Identifier: Apache-2.0
"""Damaged, cut, older or misshapen network files and image packets: one line, never a wrong network."""

import dataclasses
import hashlib
import json
import os
import resource
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy

from models import formats as f
from models import weight_file
from models.compiler import compile_network
from models.images import ImageError, parse
from models.network import Network
from models.networks import digits
from models.networks.random_net import random_network
from models.train.recipes import recipe
from models.weight_file import WEIGHTS, Trained, beside, load, save

DIGITS = WEIGHTS / "digits.safetensors"
RNG = np.random.default_rng(20)


@pytest.fixture
def path(tmp_path) -> Path:
    """A copy of the shipped digits without their float half."""
    trained = load(DIGITS)
    save(tmp_path / "w.safetensors", trained.network, trained.card | {"float": None})
    return tmp_path / "w.safetensors"


def refusal(path) -> str:
    with pytest.raises(ValueError) as refused:
        load(path)
    text = str(refused.value)
    assert str(path.with_suffix("")) in text
    assert text.isprintable()
    return text.removeprefix(f"{path}").lstrip(": ")


def rewrite(path, held=None, version=1, **changes) -> None:
    """The file at `path` with other arrays, version or values of its card; its checksums are right again."""
    card = json.loads(beside(path).read_text()) | changes
    held = held or arrays(path)
    data = safetensors.numpy.save(held, {"murmur-network": f"{version} {weight_file._checksum(card)}"})
    path.write_bytes(data)
    beside(path).write_text(json.dumps(card | {"sha256": hashlib.sha256(data).hexdigest()}))


def arrays(path) -> dict[str, np.ndarray]:
    return {name: array.copy() for name, array in safetensors.numpy.load(path.read_bytes()).items()}


def card_of(path) -> dict:
    return json.loads(beside(path).read_text())


def same(one: Network, two: Network) -> bool:
    a, b = (compile_network(net, f.REFERENCE).to_packets() for net in (one, two))
    return all(np.array_equal(x, y) for x, y in zip(a, b, strict=True))


@pytest.mark.parametrize("seed", range(12))
def test_what_is_saved_comes_back(tmp_path, seed):
    """Any network: masks, recurrence, one layer or more, with a float half or without."""
    net = random_network(np.random.default_rng(seed), f.REFERENCE, largest=60)
    floats = {"w_in1": np.float16(RNG.normal(size=(3, 2)))} if seed % 2 else None
    card = {
        "task": "words", "labels": [f"word {i}" for i in range(net.output.n)],
        "features": {"kind": "log-mel"},
        "float": {"layers": [3, 2]} if floats else None, "scores": {"test": 0.5}, "seed": seed,
    }  # fmt: skip
    save(tmp_path / "net.safetensors", net, card, floats)
    found = load(tmp_path / "net.safetensors")
    assert same(found.network, net)
    for one, two in zip(found.network.layers, net.layers, strict=True):
        assert all(np.array_equal(a, b) for a, b in zip(vars(one).values(), vars(two).values(), strict=True))
    assert found.card.items() >= card.items()
    assert found.floats.keys() == (floats or {}).keys()
    assert all(np.array_equal(found.floats[name], floats[name]) for name in found.floats)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["net.json", "net.safetensors"]


def test_equal_networks_give_equal_files(tmp_path, path):
    trained = load(path)
    for name in ("one", "two"):
        save(tmp_path / f"{name}.safetensors", trained.network, trained.card, trained.floats)
    one, two = ((tmp_path / f"{name}.safetensors").read_bytes() for name in ("one", "two"))
    assert one == two == path.read_bytes()


def test_shipped_digits():
    trained = load(DIGITS)
    assert isinstance(trained, Trained)
    assert trained.task == "digits"
    assert trained.labels[0] == "zero" and len(trained.labels) == trained.network.output.n == 10
    assert len(trained.card["trained_on"]["sounds"]) > 1000


@pytest.mark.parametrize("task", ["digits", "keywords", "states"])
def test_shipped_networks_are_of_the_recipe_there_is(task):
    card = load(WEIGHTS / f"{task}.safetensors").card
    made = dataclasses.asdict(recipe(task, seed=card["seed"]))
    assert card["recipe"] == json.loads(json.dumps(made))


def test_missing(tmp_path):
    assert refusal(tmp_path / "w.safetensors") == "is missing"


def test_missing_description(path):
    beside(path).unlink()
    assert refusal(path) == f"{beside(path)} is missing, which describes w.safetensors"


def test_another_name(tmp_path):
    want = "named w.npz, want a network file, NAME.safetensors with NAME.json beside it"
    assert refusal(tmp_path / "w.npz") == want


def test_every_cut_is_noticed(path):
    data = path.read_bytes()
    for size in [0, 1, 10, *RNG.integers(11, len(data), 40), len(data) - 1]:
        path.write_bytes(data[:size])
        assert refusal(path).startswith("is damaged, or not a .safetensors file")


def test_no_flipped_byte_changes_the_network(path):
    """Of either file. What the machine does not depend on may differ in the .json, as a score."""
    good, refused, tried = digits(), 0, 0
    for file, most in ((path, 1.0), (beside(path), 0.0)):
        data = file.read_bytes()
        for at in [*RNG.integers(0, len(data), 60), *RNG.integers(0, 1200, 60)]:
            spoiled = bytearray(data)
            spoiled[at] ^= int(RNG.integers(1, 256))
            file.write_bytes(spoiled)
            tried += 1
            try:
                found = load(path)
            except ValueError as error:
                assert str(error).startswith(str(path.with_suffix(""))) and str(error).isprintable()
                refused += 1
            else:
                assert most == 0.0, f"byte {at} of {file.name}"
                assert same(found.network, good) and found.labels == load(DIGITS).labels
        file.write_bytes(data)
    assert refused > tried / 2


def test_other_kinds_of_file(path):
    path.write_text("weights")
    assert refusal(path).startswith("is damaged, or not a .safetensors file")
    path.write_bytes(safetensors.numpy.save({"w": np.zeros(3)}))
    assert refusal(path) == "is no network of murmur: its header has no murmur-network"
    path.unlink()
    path.mkdir()
    assert refusal(path) == "cannot be read: Is a directory"


@pytest.mark.parametrize("version", [0, 2])
def test_another_version(path, version):
    rewrite(path, version=version)
    assert refusal(path) == f"has version {version}, want 1: make it anew (docs/weights.md)"


def test_description_of_another_version(path):
    beside(path).write_text(json.dumps(card_of(path) | {"version": 0}))
    said = f"{beside(path)}: format 'murmur-network', version 0, want 'murmur-network', 1"
    assert refusal(path) == said


@pytest.mark.parametrize("name", ["h1.w_in", "h1.w_rec", "h2.theta", "h2.bias", "scores.w", "scores.bias"])
def test_missing_array(path, name):
    held = arrays(path)
    del held[name]
    rewrite(path, held)
    assert refusal(path) == f"lacks {name}"


def test_unknown_array(path):
    rewrite(path, arrays(path) | {"h3.w_in": np.zeros((3, 3), np.int8)})
    assert refusal(path) == "holds h3.w_in, which its card does not name"


@pytest.mark.parametrize("name", ["h1.w_in", "h1.w_rec", "h2.theta", "h2.bias", "scores.w", "scores.bias"])
def test_wrong_shape(path, name):
    held = arrays(path)
    expected = held[name].shape
    held[name] = held[name][1:]
    rewrite(path, held)
    assert refusal(path) == f"{name} has shape {held[name].shape}, want {expected}"


def test_mask_of_another_kind(path):
    held = arrays(path)
    for mask, said in [
        (np.full((40, 128), 2, np.uint8), "h1.mask_in holds uint8 up to 2, want uint8 of 0 and 1"),
        (np.ones((40, 128), np.int8), "h1.mask_in holds int8 up to 1, want uint8 of 0 and 1"),
        (np.ones((40, 127), np.uint8), "h1.mask_in has shape (40, 127), want (40, 128)"),
    ]:
        rewrite(path, held | {"h1.mask_in": mask})
        assert refusal(path) == said
    rewrite(path, held | {"h1.mask_in": np.zeros((40, 128), np.uint8)})
    assert "pruned weights are not 0" in refusal(path)


@pytest.mark.parametrize("name", ["h1.w_in", "h2.theta", "scores.bias"])
def test_wrong_type(path, name):
    held = arrays(path)
    right = held[name].dtype
    held[name] = held[name].astype(np.float32)
    rewrite(path, held)
    assert f"has type float32, expected {right}" in refusal(path)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("h1.w_in", 8, "w_in holds -8..8, legal are -8..7"),
        ("h2.w_rec", -9, "w_rec holds -9..7, legal are -8..7"),
        ("scores.w", 100, "100, legal are -8..7"),
        ("h1.theta", 0, "theta of neuron 0 is 0, legal are 1..32767"),
        ("scores.bias", 1 << 24, "bias of neuron 0 is 16777216, legal are -8388608..8388607"),
    ],
)
def test_number_out_of_range(path, name, value, said):
    held = arrays(path)
    held[name].flat[0] = value
    rewrite(path, held)
    assert said in refusal(path)


@pytest.mark.parametrize(
    ("place", "value", "said"),
    [
        (("layers", 0, "leak"), 16, "leak code is 16, legal are 0..15"),
        (("layers", 1, "shift_in"), -1, "shift_in is -1, legal are 0..7"),
        (("layers", 0, "soft"), 1, "network: layer 0: soft is 1, want bool"),
        (("layers", 0, "n"), 1.5, "network: layer 0: n is 1.5, want int"),
        (("layers", 0, "n"), 127, "h1.w_in has shape (40, 128), want (40, 127)"),
        (("layers", 0, "name"), "float", "network: layer 0: name is 'float', want letters, digits and _,"),
        (("layers", 0), None, "network: layer 0 is no object"),
        (("layers",), None, "network: layers is None, want list"),
        (("steps",), 3, "steps is 3, legal are 1 and 2"),
        (("recurrence",), "never", "recurrence is 'never', legal are 'frame' and 'step'"),
        (("output", "result"), "best", "result is 'best', legal are 'raw' and 'argmax'"),
    ],
)
def test_setting_out_of_range(path, place, value, said):
    network = card_of(path)["network"]
    inner = network
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = value
    rewrite(path, network=network)
    assert said in refusal(path)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"labels": ["one"]}, "1 labels for 10 scores"),
        ({"labels": ["one"] * 10}, "two labels are the same: 'one'"),
        ({"labels": [1]}, "labels are no list of texts"),
        ({"features": "log-mel"}, "features are 'log-mel', want an object with a kind, or null"),
        ({"float": {"layers": []}}, "0 float arrays beside a card whose `float` is {'layers': []}"),
        ({"trained_on": []}, "trained_on names no speakers and sounds"),
        ({"task": 3}, "name is 'digits', task 3, want texts"),
    ],
)
def test_card_that_says_something_else(path, changes, said):
    rewrite(path, **changes)
    assert refusal(path) == said


def test_float_half_that_is_no_number(path):
    rewrite(path, arrays(path) | {"float.w": np.array([np.nan], np.float16)}, float={"w": 1})
    assert refusal(path) == "float.w holds something that is no finite number"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "w.json is damaged"),
        ("[1]", "w.json is damaged: an object is expected"),
        ("[" * 100_000, "w.json is damaged"),
        ('{"format": "murmur-network", "version": 1}', "w.json is damaged: it lacks task, labels, features"),
    ],
)
def test_damaged_description(path, text, said):
    beside(path).write_text(text)
    assert said in refusal(path)


def test_description_of_another_file(path):
    card = card_of(path)
    beside(path).write_text(json.dumps(card | {"sha256": "00"}))
    assert refusal(path).startswith("is not the file that w.json describes: its sha256 is ")
    card["network"]["layers"][0]["leak"] += 1
    beside(path).write_text(json.dumps(card))
    said = f"{beside(path)} is damaged: task, labels, features, network are not those of the file beside it"
    assert refusal(path) == said


def test_wrong_card_is_not_saved(tmp_path):
    with pytest.raises(ValueError, match=r"net\.safetensors: 1 labels for 10 scores"):
        save(tmp_path / "net.safetensors", digits(), {"labels": ["one"]})
    assert not list(tmp_path.iterdir())


def test_full_disk_leaves_the_old_files(path):
    """A limit on the size of a file stands for the disk: the second file does not fit."""
    before = {file.name: file.read_bytes() for file in path.parent.iterdir()}
    code = (
        "import sys; from pathlib import Path; from models.weight_file import load, save\n"
        "path = Path(sys.argv[1]); trained = load(path)\n"
        "card = trained.card | {'scores': {'note': 'x' * 100_000}}\n"
        "try: save(path, trained.network, card)\n"
        "except OSError as error: print(error.filename, error.strerror)\n"
    )
    limit = len(before["w.safetensors"]) + 1000
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=False,
        env=os.environ | {"PYTHONPATH": str(WEIGHTS.parents[1]), "PYTHONDONTWRITEBYTECODE": "1"},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
    )  # fmt: skip
    assert done.stdout == f"{beside(path)} File too large\n", done.stderr
    assert {file.name: file.read_bytes() for file in path.parent.iterdir()} == before


def test_no_spoiled_packet_is_taken():
    for beats in compile_network(digits(), f.REFERENCE).to_packets():
        parse(f.REFERENCE, beats)
        raw = beats.view(np.uint8)
        for at in [*range(8), *RNG.integers(0, len(raw), 20)]:
            spoiled = raw.copy()
            spoiled[at] ^= int(RNG.integers(1, 256))
            with pytest.raises(ImageError):
                parse(f.REFERENCE, spoiled.view(np.uint64))
        for size in (0, 1, 2, len(beats) - 1):
            with pytest.raises(ImageError, match="IMG_LENGTH"):
                parse(f.REFERENCE, beats[:size])


@pytest.mark.parametrize("beats", [np.zeros(4, np.int64), np.zeros((2, 2), np.uint64)])
def test_packet_of_another_kind(beats):
    with pytest.raises(ValueError, match="expected uint64"):
        parse(f.REFERENCE, beats)


def test_packet_of_an_older_version():
    beats = compile_network(digits(), f.REFERENCE).to_packets()[0].copy()
    beats[0] ^= np.uint64(3 << 16)
    beats[-1] = zlib.crc32(beats[:-1].tobytes())
    with pytest.raises(ImageError, match="IMG_HEADER"):
        parse(f.REFERENCE, beats)
