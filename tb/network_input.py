# SPDX-License-Identifier: Apache-2.0
"""What the test `network` runs: a network file, and frames from a file or drawn.

The launcher calls `prepare` before it builds or starts anything.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import safetensors
import safetensors.numpy

from models.networks import trained
from regressions.registry import RegistryError
from tb.seeds import derive


def prepare(params: Mapping, seed: int) -> dict[str, np.ndarray]:
    """features int16 or uint16 [frames, n_inputs], lengths int64 [utterances]. RegistryError, one line."""
    try:
        network = trained(str(params["weights"])).network
    except ValueError as error:
        raise RegistryError(f"WEIGHTS={error}") from None
    if params["features"]:
        features, lengths = _read(str(params["features"]), network.n_inputs)
    else:
        rng = np.random.default_rng(derive(seed, "network.features"))
        lengths = np.full(int(params["utterances"]), int(params["frames"]), np.int64)
        shape = (int(lengths.sum()), network.n_inputs)
        features = rng.integers(network.in_min, network.in_max + 1, shape)
    if not network.in_min <= features.min() <= features.max() <= network.in_max:
        raise RegistryError(
            f"FEATURES={params['features']}: {features.min()}..{features.max()}, "
            f"the network takes {network.in_min}..{network.in_max}"
        )
    return {"features": features.astype(np.int64), "lengths": lengths}


def _read(path: str, width: int) -> tuple[np.ndarray, np.ndarray]:
    try:
        held = safetensors.numpy.load(Path(path).read_bytes())
        features, lengths = held["features"], held["lengths"]
    except OSError as error:
        raise RegistryError(f"FEATURES={path}: cannot be read: {error.strerror}") from None
    except (safetensors.SafetensorError, KeyError) as error:
        raise RegistryError(f"FEATURES={path}: damaged, or not features and lengths: {error}") from None
    if features.ndim != 2 or features.shape[1] != width or features.dtype.kind not in "iu":
        raise RegistryError(
            f"FEATURES={path}: {features.dtype} {features.shape}, want whole numbers [frames, {width}]"
        )
    if lengths.ndim != 1 or not len(lengths) or lengths.min() < 1 or lengths.sum() != len(features):
        raise RegistryError(f"FEATURES={path}: lengths do not add up to its {len(features)} frames")
    return features, lengths.astype(np.int64)
