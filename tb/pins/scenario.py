# SPDX-License-Identifier: Apache-2.0
"""What both transports do: two networks, each loaded, started, fed and stopped, from the run's seed alone."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from models.compiler import compile_network
from models.formats import BuildConfig
from models.images import Images
from models.network import Network
from tb.networks import Modes, network_of
from tb.seeds import derive

INPUTS = 12
RESULTS_FILE = "results.npy"  # in the run's folder: RESULT records (tb/records.py) of all beats in order


@dataclass(frozen=True)
class Life:
    """From START to STOP: utterances [frames, INPUTS] streamed back to back, then one frame by itself."""

    images: Images
    utterances: list[np.ndarray]
    alone: np.ndarray


def lives(seed: int, config: BuildConfig) -> tuple[Life, Life]:
    """A masked network with scores, then one of another shape with the index of the best."""
    rng = np.random.default_rng(derive(seed, "pins.scenario"))
    masked = network_of(
        rng, Modes(steps=2, soft=True, merged=True, masked=True), [INPUTS, 20, 13, 11], config.lanes
    )
    best = network_of(rng, Modes(steps=1, recurrence="step"), [INPUTS, 9, 18], config.lanes, argmax=True)

    def utterance(frames: int) -> np.ndarray:
        return rng.integers(-128, 128, (frames, INPUTS), dtype=np.int16)

    def life(network: Network, *lengths: int) -> Life:
        return Life(compile_network(network, config), [utterance(n) for n in lengths], utterance(1))

    return life(masked, 3, 1, 4), life(best, 2, 3)


def forget_results(folder: Path) -> None:
    """No file of an earlier run may be taken for this one's."""
    (folder / RESULTS_FILE).unlink(missing_ok=True)


def keep_results(folder: Path, beats: np.ndarray) -> None:
    """Leave the beats of a run for a comparison with another's."""
    np.save(folder / RESULTS_FILE, beats)


def differences(a: np.ndarray, b: np.ndarray) -> list[str]:
    """How two runs' beats differ, a sentence each. Cycles may differ, and words that TKEEP leaves out."""
    if len(a) != len(b):
        return [f"{len(a)} beats and {len(b)}"]
    kept = a["keep"][:, None] >> np.arange(0, 64, 4, dtype=np.uint64) & np.uint64(1) == 1
    found = {name: a[name] != b[name] for name in ("user", "keep", "last")}
    found["data"] = ((a["data"] != b["data"]) & kept).any(axis=1)
    return [
        f"beat {i}: {name} {a[name][i]} and {b[name][i]}"
        for name, wrong in found.items()
        for i in np.flatnonzero(wrong)
    ]
