# SPDX-License-Identifier: Apache-2.0
"""The spoken-digit network: 40-128-128-10, trained by `models/train`, kept in
`models/weights/digits.npz`.
"""

import hashlib
import json
from pathlib import Path

import numpy as np

from models.arrays import read_npz
from models.network import LifLayer, Network, OutputLayer

WEIGHTS = Path(__file__).resolve().parents[1] / "weights" / "digits.npz"
VERSION = 1
SHAPES = {
    "w1": (40, 128), "r1": (128, 128), "theta1": (128,), "bias1": (128,),
    "w2": (128, 128), "r2": (128, 128), "theta2": (128,), "bias2": (128,),
    "w3": (128, 10), "bias3": (10,),
}  # fmt: skip
SCALARS = (
    "in_shift1", "rec_shift1", "leak1", "soft1",
    "in_shift2", "rec_shift2", "leak2", "soft2", "steps", "version",
)  # fmt: skip


def _read(path: Path) -> dict[str, np.ndarray]:
    """The arrays; ValueError when one is missing, strange or of another shape or type."""
    arrays = read_npz(path)
    expected = {*SHAPES, *SCALARS}
    if missing := [name for name in (*SHAPES, *SCALARS) if name not in arrays]:
        raise ValueError(f"lacks {', '.join(missing)}")
    if strange := sorted(set(arrays) - expected):
        raise ValueError(f"holds {', '.join(strange)}, which version {VERSION} does not have")
    for name in SCALARS:
        if arrays[name].shape != () or arrays[name].dtype.kind not in "iu":
            raise ValueError(
                f"{name} has shape {arrays[name].shape} and type {arrays[name].dtype}, want a whole number"
            )
    if int(arrays["version"]) != VERSION:
        raise ValueError(f"has version {int(arrays['version'])}, expected {VERSION}: `make train` writes it")
    for name, shape in SHAPES.items():
        if arrays[name].shape != shape:
            raise ValueError(f"{name} has shape {arrays[name].shape}, expected {shape}")
    for name in ("soft1", "soft2"):
        if int(arrays[name]) not in (0, 1):
            raise ValueError(f"{name} is {int(arrays[name])}, legal are 0 and 1")
    return arrays


def _check_beside(path: Path) -> None:
    """ValueError when the .json beside the weights is damaged, or describes another file."""
    beside = path.with_suffix(".json")
    if not beside.is_file():
        return
    try:
        described = json.loads(beside.read_text())
    except ValueError as error:
        raise ValueError(f"{beside} is damaged: {error}") from None
    if not isinstance(described, dict):
        raise ValueError(f"{beside} is damaged: an object is expected")
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if described.get("sha256", found) != found:
        raise ValueError(f"{path} is not the file that {beside.name} describes: its sha256 is {found}")


def digits(path: Path = WEIGHTS) -> Network:
    """The network in `path`. FileNotFoundError when it is missing, ValueError, one line that names the file,
    when it is damaged, of another version or shape, out of range, or not what the .json beside it describes.
    """
    try:
        network = _network(_read(path))
    except ValueError as error:
        text = str(error)
        raise ValueError(text if text.startswith(str(path)) else f"{path}: {text}") from None
    _check_beside(path)
    return network


def _network(a: dict[str, np.ndarray]) -> Network:
    layers = tuple(
        LifLayer(
            name=f"h{k}", w_in=a[f"w{k}"], w_rec=a[f"r{k}"], mask_in=None, mask_rec=None,
            shift_in=int(a[f"in_shift{k}"]), shift_rec=int(a[f"rec_shift{k}"]),
            theta=a[f"theta{k}"], bias=a[f"bias{k}"],
            leak=int(a[f"leak{k}"]), soft=bool(a[f"soft{k}"]),
        )
        for k in (1, 2)
    )  # fmt: skip
    output = OutputLayer(
        name="scores", w=a["w3"], mask=None, bias=a["bias3"], shift=0, merged=True, result="raw"
    )
    return Network(
        name="digits", n_inputs=layers[0].w_in.shape[0], in_signed=True, in_min=-128, in_max=127,
        steps=int(a["steps"]),
        recurrence="frame", layers=layers, output=output,
    )  # fmt: skip
