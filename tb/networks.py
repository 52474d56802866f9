# SPDX-License-Identifier: Apache-2.0
"""Networks of given modes and widths, for tests that must cover every combination of them."""

import itertools
from dataclasses import dataclass
from typing import Literal

import numpy as np

from models.network import LifLayer, Network, OutputLayer

Recurrence = Literal["frame", "step"]
RECURRENCES: tuple[Recurrence, ...] = ("frame", "step")
WIDTHS = (1, 127, 128, 129, 300)


@dataclass(frozen=True)
class Modes:
    """What a network can choose."""

    steps: int = 1
    recurrence: Recurrence = "frame"
    soft: bool = False
    merged: bool = False
    masked: bool = False

    def name(self) -> str:
        """A short name, one word for each mode."""
        return "-".join(
            (
                f"T{self.steps}",
                self.recurrence,
                "soft" if self.soft else "hard",
                "merged" if self.merged else "unmerged",
                "masked" if self.masked else "unmasked",
            )
        )


ALL_MODES = tuple(
    Modes(steps, recurrence, soft, merged, masked)
    for steps in (1, 2)
    for recurrence in RECURRENCES
    for soft, merged, masked in itertools.product((False, True), repeat=3)
)


def _matrix(rng, rows: int, columns: int, masked: bool, lanes: int) -> tuple[np.ndarray, np.ndarray | None]:
    """Weights, and a mask that drops about 40 % of the rows of each tile."""
    w = rng.integers(-8, 8, (rows, columns), dtype=np.int8)
    if not masked:
        return w, None
    tiles = -(-columns // lanes)
    keep = np.repeat(rng.random((rows, tiles)) < 0.6, lanes, axis=1)[:, :columns]
    return w * keep.astype(np.int8), keep


def network_of(rng, modes: Modes, widths: list[int], lanes: int, argmax: bool = False) -> Network:
    """A network whose layers are ``widths`` wide (input, hidden layers, output) and whose neurons live.

    Thresholds are drawn about the spread of the current, so that spikes are neither all nor none.
    """
    layers = []
    power, shift = 128.0**2 / 3, 0  # mean square of the source's elements
    for index, (rows, n) in enumerate(itertools.pairwise(widths[:-1])):
        w_in, mask_in = _matrix(rng, rows, n, modes.masked, lanes)
        w_rec, mask_rec = _matrix(rng, n, n, modes.masked, lanes)
        shift_rec = 4 if index == 0 else shift
        drive = (w_in.astype(float) ** 2).sum(0) * power * 4**shift
        drive += (w_rec.astype(float) ** 2).sum(0) * 0.3 * 4**shift_rec
        theta = np.clip(np.sqrt(drive) * rng.uniform(0.3, 2.0, n), 1, 32767).astype(np.int32)
        layers.append(
            LifLayer(
                name=f"h{index + 1}", w_in=w_in, w_rec=w_rec, mask_in=mask_in, mask_rec=mask_rec,
                shift_in=shift, shift_rec=shift_rec, theta=theta, soft=modes.soft,
                bias=(theta * rng.uniform(-0.2, 0.6, n)).astype(np.int32), leak=int(rng.integers(0, 16)),
            )
        )  # fmt: skip
        power, shift = 0.3, int(rng.integers(0, 4))
    w, mask = _matrix(rng, widths[-2], widths[-1], modes.masked, lanes)
    output = OutputLayer(
        name="scores", w=w, mask=mask, bias=rng.integers(-1000, 1001, widths[-1], dtype=np.int32),
        shift=int(rng.integers(0, 3)), merged=modes.merged, result="argmax" if argmax else "raw",
    )  # fmt: skip
    return Network(
        name=modes.name(), n_inputs=widths[0], in_signed=True, in_min=-128, in_max=127, steps=modes.steps,
        recurrence=modes.recurrence, layers=tuple(layers), output=output,
    )  # fmt: skip
