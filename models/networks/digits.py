# SPDX-License-Identifier: Apache-2.0
"""The spoken-digit network: 40-128-128-10, trained by `models/train`, kept in
`models/weights/digits.npz`.
"""

import zipfile
from pathlib import Path

import numpy as np

from models.network import LifLayer, Network, OutputLayer

WEIGHTS = Path(__file__).resolve().parents[1] / "weights" / "digits.npz"
VERSION = 1
CLASSES = 10
_NAMES = (
    "w1", "r1", "theta1", "bias1", "in_shift1", "rec_shift1", "leak1", "soft1",
    "w2", "r2", "theta2", "bias2", "in_shift2", "rec_shift2", "leak2", "soft2",
    "w3", "bias3", "steps", "version",
)  # fmt: skip


def _read(path: Path) -> dict[str, np.ndarray]:
    if not path.is_file():
        raise FileNotFoundError(f"{path} is missing: it is part of the repository, `models/train` writes it")
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
    # zipfile raises NotImplementedError for a damaged header that names an unknown compression.
    except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile, NotImplementedError) as error:
        raise ValueError(f"{path} is damaged: {error}") from error
    missing = [name for name in _NAMES if name not in arrays]
    if missing:
        raise ValueError(f"{path} lacks {', '.join(missing)}")
    if int(arrays["version"]) != VERSION:
        raise ValueError(f"{path} has version {int(arrays['version'])}, expected {VERSION}")
    return arrays


def digits(path: Path = WEIGHTS) -> Network:
    """The network in `path`. FileNotFoundError when it is missing, ValueError when it is damaged or
    out of range.
    """
    a = _read(path)
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
    if output.n != CLASSES:
        raise ValueError(f"{path} has {output.n} scores, expected {CLASSES}")
    return Network(
        name="digits", n_inputs=layers[0].w_in.shape[0], in_signed=True, in_min=-128, in_max=127,
        steps=int(a["steps"]),
        recurrence="frame", layers=layers, output=output,
    )  # fmt: skip
