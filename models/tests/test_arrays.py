# SPDX-License-Identifier: Apache-2.0
"""Files of arrays whose damage NumPy answers in several lines, in none, with a warning, or not at all."""

import io
import warnings
import zipfile

import numpy as np
import pytest

from models.arrays import read_npz


def npy(header: str, values: bytes = b"") -> bytes:
    """A .npy file of format 1.0 with this header."""
    text = header.encode() + b"\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text + values


def npz(path, **members: bytes):
    """A zip file of these members, as arrays are named in it."""
    with zipfile.ZipFile(path, "w") as file:
        for name, data in members.items():
            file.writestr(name, data)
    return path


def refusal(path) -> str:
    with pytest.raises(ValueError) as refused:
        read_npz(path)
    text = str(refused.value)
    assert text.startswith(f"{path} is damaged, or not a .npz file: ")
    assert "\n" not in text
    return text.removeprefix(f"{path} is damaged, or not a .npz file: ")


def test_reason_of_several_lines(tmp_path):
    path = npz(tmp_path / "a.npz", **{"w.npy": npy("{}" + 20_000 * " ")})
    assert "is large and may not be safe to load securely. To allow loading" in refusal(path)


def test_error_without_words(tmp_path, monkeypatch):
    """As some versions of zipfile end in a member that is shorter than its list says."""

    def ends(*_args, **_kwargs):
        raise EOFError

    monkeypatch.setattr(np, "load", ends)
    assert refusal(npz(tmp_path / "a.npz")) == "EOFError"


def test_member_that_is_no_array(tmp_path):
    with io.BytesIO() as stream:
        np.save(stream, np.zeros(3))
        path = npz(tmp_path / "a.npz", **{"w.npy": stream.getvalue(), "note": b"weights"})
    assert refusal(path) == "note is no array"


def test_header_of_python_2_is_read_without_a_warning(tmp_path):
    header = "{'descr': '<f8', 'fortran_order': False, 'shape': (2L,)}"
    path = npz(tmp_path / "a.npz", **{"w.npy": npy(header, bytes(16))})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.array_equal(read_npz(path)["w"], np.zeros(2))
