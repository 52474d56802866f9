# SPDX-License-Identifier: Apache-2.0
"""The float network that a network file came from, in numpy: what quantisation is measured against.

Its arrays and settings are docs/weights.md's (`float`). An input byte x counts as
(x - middle) / input_scale.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from models.inference import Heard, collect, quiet

SETTINGS = {
    "hidden": list, "steps": int, "by_step": bool, "soft": bool, "middle": int, "input_scale": int,
}  # fmt: skip


class FloatNetwork:
    """Hidden layers of leaky integrate-and-fire neurons, and outputs that add the spikes of all steps."""

    def __init__(
        self, floats: Mapping[str, np.ndarray], settings: Mapping[str, Any], n_inputs: int, n_outputs: int
    ):
        """ValueError, one line, when arrays are missing or do not fit together."""
        for key, kind in SETTINGS.items():
            if type(settings.get(key)) is not kind:
                raise ValueError(f"float: {key} is {settings.get(key)!r:.40}, want {kind.__name__}")
        self.settings = dict(settings)
        shapes: dict[str, tuple[int, ...]] = {}
        width = n_inputs
        for k, n in enumerate(settings["hidden"], 1):
            shapes |= {f"in_{k}": (width, n), f"rec_{k}": (n, n), f"theta_{k}": (n,), f"bias_{k}": (n,)}
            shapes[f"leak_{k}"] = ()
            width = n
        shapes |= {"out": (width, n_outputs), "bias_out": (n_outputs,)}
        if shapes.keys() != floats.keys():
            odd = sorted(shapes.keys() ^ floats.keys())
            raise ValueError(f"float: {odd[0]} is {'missing' if odd[0] in shapes else 'none of its arrays'}")
        for name, shape in shapes.items():
            if floats[name].shape not in (shape, shape or (1,)):
                raise ValueError(f"float.{name} has shape {floats[name].shape}, want {shape}")
        self.arrays = {name: np.float32(floats[name]).reshape(shape) for name, shape in shapes.items()}

    def outputs(self, frames: np.ndarray) -> np.ndarray:
        """Frames [B, F, n_inputs] -> float32 [B, F, outputs]."""
        a, steps = self.arrays, self.settings["steps"]
        source = (frames.astype(np.float32) - self.settings["middle"])[:, :, None] / self.settings[
            "input_scale"
        ]
        for k in range(1, len(self.settings["hidden"]) + 1):
            current = source @ a[f"in_{k}"] + a[f"bias_{k}"]  # [B, F, steps or 1, n]
            source = self._spikes(k, np.broadcast_to(current, (*current.shape[:2], steps, current.shape[3])))
        return source.sum(axis=2) @ a["out"] + a["bias_out"]

    def _spikes(self, k: int, current: np.ndarray) -> np.ndarray:
        """float32 [B, F, steps, n] of hidden layer k."""
        batch, frames, steps, n = current.shape
        recurrent, theta = self.arrays[f"rec_{k}"], self.arrays[f"theta_{k}"]
        keep = np.float32(1 - 2.0 ** -float(self.arrays[f"leak_{k}"]))
        spikes = np.zeros(current.shape, np.float32)
        v = np.zeros((batch, n), np.float32)
        for f in range(frames):
            for t in range(steps):
                if self.settings["by_step"]:
                    before = spikes[:, f, t - 1] if t else spikes[:, f - 1, -1] if f else None
                else:
                    before = spikes[:, f - 1, t] if f else None
                p = v * keep + current[:, f, t] + (0 if before is None else before @ recurrent)
                s = spikes[:, f, t] = p >= theta
                v = p - s * (theta if self.settings["soft"] else p)
        return spikes

    def heard(self, features: Sequence[np.ndarray], show: Callable[[int], object] = quiet) -> Heard:
        """Outputs for utterances [frames, n_inputs]."""
        return collect(features, lambda frames, _lengths: self.outputs(frames), show)
