# SPDX-License-Identifier: Apache-2.0
"""Damaged, cut, older or misshapen weight files and image packets: one line, never a wrong network."""

import json
import pickle
import zlib

import numpy as np
import pytest

from models import formats as f
from models.arrays import read_npz
from models.compiler import compile_network
from models.images import ImageError, parse
from models.network import Network
from models.networks.digits import SCALARS, SHAPES, WEIGHTS, digits

RNG = np.random.default_rng(20)


@pytest.fixture
def arrays() -> dict[str, np.ndarray]:
    return read_npz(WEIGHTS)


def refusal(path) -> str:
    with pytest.raises((ValueError, FileNotFoundError)) as refused:
        digits(path)
    text = str(refused.value)
    assert str(path.with_suffix("")) in text
    assert "\n" not in text
    return text.removeprefix(f"{path}").lstrip(": ")


def written(path, arrays):
    np.savez_compressed(path, **arrays)
    return path


def same(one: Network, two: Network) -> bool:
    a, b = (compile_network(net, f.REFERENCE).to_packets() for net in (one, two))
    return all(np.array_equal(x, y) for x, y in zip(a, b, strict=True))


def test_own_weights_have_their_checksum():
    assert len(json.loads(WEIGHTS.with_suffix(".json").read_text())["sha256"]) == 64
    assert same(digits(), digits(WEIGHTS))


def test_missing(tmp_path):
    assert refusal(tmp_path / "w.npz") == "is missing"


def test_every_cut_is_noticed(tmp_path):
    data = WEIGHTS.read_bytes()
    path = tmp_path / "w.npz"
    for size in [0, 1, 10, *RNG.integers(11, len(data), 40), len(data) - 1]:
        path.write_bytes(data[:size])
        assert refusal(path).startswith("is damaged, or not a .npz file")


def test_no_flipped_byte_changes_the_network(tmp_path):
    data = WEIGHTS.read_bytes()
    path = tmp_path / "w.npz"
    good = digits()
    refused = 0
    # The directory at the end holds names, sizes and checksums: try it harder than the rest.
    places = [*RNG.integers(0, len(data), 150), *RNG.integers(len(data) - 1200, len(data), 150)]
    for at in places:
        spoiled = bytearray(data)
        spoiled[at] ^= int(RNG.integers(1, 256))
        path.write_bytes(spoiled)
        try:
            found = digits(path)
        except ValueError as error:
            assert str(error).startswith(str(path)) and "\n" not in str(error)
            refused += 1
        else:  # a date or the like
            assert same(found, good)
    assert refused > len(places) / 2


def test_other_kinds_of_file(tmp_path):
    path = tmp_path / "w.npz"
    path.write_text("weights")
    assert refusal(path).startswith("is damaged, or not a .npz file")
    np.save(tmp_path / "one.npy", np.zeros(3))
    (tmp_path / "one.npy").rename(path)
    assert refusal(path) == "is damaged, or not a .npz file: one array, not a file of several"


def test_pickled_objects_are_not_loaded(tmp_path, arrays):
    class Bomb:
        def __reduce__(self):
            return (open, (str(tmp_path / "boom"), "w"))

    path = tmp_path / "w.npz"
    np.savez(path, **{**arrays, "w1": np.array([Bomb()], dtype=object)})
    (tmp_path / "boom").unlink(missing_ok=True)
    assert "allow_pickle=False" in refusal(path)
    path.write_bytes(pickle.dumps(Bomb()))
    (tmp_path / "boom").unlink(missing_ok=True)
    refusal(path)
    assert not (tmp_path / "boom").exists()


@pytest.mark.parametrize("name", [*SHAPES, *SCALARS])
def test_missing_array(tmp_path, arrays, name):
    del arrays[name]
    assert refusal(written(tmp_path / "w.npz", arrays)) == f"lacks {name}"


def test_unknown_array(tmp_path, arrays):
    path = written(tmp_path / "w.npz", {**arrays, "w4": np.zeros(3)})
    assert refusal(path) == "holds w4, which version 1 does not have"


@pytest.mark.parametrize("version", [0, 2])
def test_another_version(tmp_path, arrays, version):
    arrays["version"] = np.asarray(version)
    path = written(tmp_path / "w.npz", arrays)
    assert refusal(path) == f"has version {version}, expected 1: `make train` writes it"


@pytest.mark.parametrize("name", SHAPES)
def test_wrong_shape(tmp_path, arrays, name):
    arrays[name] = arrays[name][1:]
    shape, expected = arrays[name].shape, SHAPES[name]
    path = written(tmp_path / "w.npz", arrays)
    assert refusal(path) == f"{name} has shape {shape}, expected {expected}"


@pytest.mark.parametrize("name", SHAPES)
def test_wrong_type(tmp_path, arrays, name):
    right = arrays[name].dtype
    arrays[name] = arrays[name].astype(np.float32)
    assert f"has type float32, expected {right}" in refusal(written(tmp_path / "w.npz", arrays))


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("w1", 8, "w_in holds -7..8, legal are -8..7"),
        ("r2", -9, "w_rec holds -9..7, legal are -8..7"),
        ("w3", 100, "100, legal are -8..7"),
        ("theta1", 0, "theta of neuron 0 is 0, legal are 1..32767"),
        ("bias3", 1 << 24, "bias of neuron 0 is 16777216, legal are -8388608..8388607"),
    ],
)
def test_number_out_of_range(tmp_path, arrays, name, value, said):
    arrays[name].flat[0] = value
    assert said in refusal(written(tmp_path / "w.npz", arrays))


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("leak1", 16, "leak code is 16, legal are 0..15"),
        ("in_shift2", -1, "shift_in is -1, legal are 0..7"),
        ("steps", 3, "steps is 3, legal are 1 and 2"),
        ("soft1", 2, "soft1 is 2, legal are 0 and 1"),
        ("soft2", 0.5, "soft2 has shape () and type float64, want a whole number"),
        ("version", [1, 1], "version has shape (2,) and type int64, want a whole number"),
    ],
)
def test_setting_out_of_range(tmp_path, arrays, name, value, said):
    arrays[name] = np.asarray(value)
    assert said in refusal(written(tmp_path / "w.npz", arrays))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "w.json is damaged"),
        ("[1]", "w.json is damaged: an object is expected"),
        ('{"sha256": "00"}', "is not the file that w.json describes: its sha256 is "),
    ],
)
def test_description_beside_the_weights(tmp_path, arrays, text, said):
    path = written(tmp_path / "w.npz", arrays)
    assert digits(path)
    path.with_suffix(".json").write_text(text)
    assert said in refusal(path)


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
