# SPDX-License-Identifier: Apache-2.0
"""A network on the RTL: the registered test `network`, with the frames that the flow gives it."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import safetensors.numpy

from models import weight_file
from models.formats import BuildConfig
from models.inference import Heard, compiled
from models.weight_file import Trained
from regressions import launch, registry
from regressions.build import BuildError
from regressions.paths import BUILD, locked, shown

HOME = BUILD / "flow" / "rtl"
FRAMES_PER_S = 100  # at least, on a slow machine; with a network of 1,920 outputs too


class RtlError(BuildError):
    """The run was red: one line and status 1, as of a build that failed."""


@dataclass(frozen=True)
class OnRtl:
    """What left the RTL, each frame of it compared with the model."""

    heard: Heard
    ledger: dict[str, int]
    cycles_per_frame: float


def run(
    file: Trained, features: Sequence[np.ndarray], bit_planes: bool = False, home: Path | None = None
) -> OnRtl:
    """Run utterances int8 [frames, n] on a build with room for the network, the input as signed digits or in
    bit planes. RtlError when the run is red.
    """
    build = compiled(file.network, bit_planes).config  # raises for what fits nowhere
    lengths = np.array([len(one) for one in features], np.int64)
    home = home or HOME
    with locked(home / ".lock", f"waiting for another run in {shown(home)}"):
        return _run(file, np.concatenate(features), lengths, build, bit_planes, home)


def _run(
    file: Trained, features: np.ndarray, lengths: np.ndarray, build: BuildConfig, bit_planes: bool, home: Path
) -> OnRtl:
    weights, frames = home / "network.safetensors", home / "features.safetensors"
    weight_file.save(weights, file.network, file.card, file.floats)
    data = safetensors.numpy.save({"features": features, "lengths": lengths})
    weight_file.replace_files({frames: data})
    settings = {name.upper(): str(value) for name, value in dataclasses.asdict(build).items()}
    settings |= {"weights": str(weights), "features": str(frames), "bit_planes": str(int(bit_planes))}
    test = registry.configure(registry.find(registry.load(), "network"), settings)
    test = dataclasses.replace(test, limit_s=test.limit_s + lengths.sum() / FRAMES_PER_S)
    call = " ".join(["make sim TEST=network", *(f"{key.upper()}={value}" for key, value in settings.items())])
    result = launch.run(test, 1, call, home=home)
    if result["status"] != "pass":
        raise RtlError(f"the RTL's run is red: {result['reason']}; again: {call}")
    with np.load(home / "network" / "1" / "heard.npz") as held:
        heard = Heard(held["sums"], np.split(held["best"], np.cumsum(lengths)[:-1]))
    layers = {f"SPIKES{tag}" for tag in range(len(file.network.layers))}
    ledger = {name: n for name, n in result["ledger"].items() if name in layers or "SPIKES" not in name}
    return OnRtl(heard, ledger, result["cycles_per_frame"])
