# SPDX-License-Identifier: Apache-2.0
"""What a network makes of many utterances: the outputs of each, and the work that they cost."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from models import reference
from models.compiler import CompileError, compile_network
from models.formats import REFERENCE, BuildConfig, Kind
from models.images import Images
from models.machine import Machine
from models.network import Network

# Side by side: as many utterances, and as many frames where they are long.
BATCH, BATCH_FRAMES = 64, 20_000

# For networks that the reference build has no room for: the build of the test `matrix`.
DEEP = BuildConfig(wgt_depth=4096, mask_depth=1024, neur_depth=128, vec_depth=256)


@dataclass(frozen=True)
class Heard:
    """The outputs for each utterance of a list, in order."""

    sums: np.ndarray  # [utterances, outputs]: all steps and frames added; int64, or float64
    best: list[np.ndarray]  # int64 [frames]: the largest output of each frame, the lowest index of equals


def quiet(_done: int) -> None:
    """For those who want no progress."""


def batches(features: Sequence[np.ndarray]) -> Iterator[tuple[list[int], np.ndarray, np.ndarray]]:
    """(which utterances, their frames side by side int64 [B, F, n], their lengths), like lengths together."""
    order = sorted(range(len(features)), key=lambda i: -len(features[i]))
    while order:
        size = max(1, min(BATCH, BATCH_FRAMES // len(features[order[0]])))
        part, order = order[:size], order[size:]
        lengths = np.array([len(features[i]) for i in part])
        frames = np.zeros((len(part), lengths.max(), features[part[0]].shape[1]), np.int64)
        for row, i in enumerate(part):
            frames[row, : lengths[row]] = features[i]
        yield part, frames, lengths


def collect(
    features: Sequence[np.ndarray],
    outputs_of: Callable[[np.ndarray, np.ndarray], np.ndarray],
    show: Callable[[int], object] = quiet,
) -> Heard:
    """`outputs_of` makes outputs [B, F, outputs] of frames [B, F, n] and lengths. What lies beyond
    the lengths does not count. `show` is told after each batch how many utterances it had.
    """
    sums: list = [None] * len(features)
    best: list = [None] * len(features)
    for part, frames, lengths in batches(features):
        outputs = outputs_of(frames, lengths)
        for row, i in enumerate(part):
            own = outputs[row, : lengths[row]]
            sums[i], best[i] = own.sum(axis=0), own.argmax(axis=1)
        show(len(part))
    return Heard(np.array(sums), best)


def compiled(network: Network, bit_planes: bool = False) -> Images:
    """Its images for the reference build, or for DEEP where they do not fit. CompileError, one line."""
    try:
        return compile_network(network, REFERENCE, bit_planes)
    except CompileError:
        return compile_network(network, DEEP, bit_planes)


def machine(
    network: Network,
    features: Sequence[np.ndarray],
    show: Callable[[int], object] = quiet,
    bit_planes: bool = False,
) -> tuple[Heard, dict[str, int]]:
    """What the bit-exact model of the machine gives, and its ledger without CYCLES (docs/ledger.md).

    bit_planes: the input goes in as S0 takes it (`compile_network`). ValueError when the network leaves no
    raw outputs.
    """
    if network.output.result != "raw":
        raise ValueError(f"network {network.name} leaves only the largest output, want all: result 'raw'")
    images = compiled(network, bit_planes)
    model = Machine(images)
    ledger: dict[str, int] = {}

    def outputs_of(frames: np.ndarray, lengths: np.ndarray) -> np.ndarray:
        trace = model.run(frames, lengths)
        outputs = np.zeros((*frames.shape[:2], network.output.n), np.int64)
        for number, site in enumerate(trace.fires):
            if site.kind == Kind.RAW:
                first = site.dst * images.config.chunk
                outputs[:, :, first : first + site.n] += trace.results(number).sum(axis=2)
        counted = {name: int(amounts.sum()) for name, amounts in trace.ledger.items() if name != "SPIKES"}
        for tag in range(len(network.layers)):
            counted[f"SPIKES{tag}"] = int(trace.ledger["SPIKES"][:, :, tag].sum())
        for name, count in counted.items():
            ledger[name] = ledger.get(name, 0) + count
        return outputs

    return collect(features, outputs_of, show), ledger


def algebra(network: Network, features: Sequence[np.ndarray]) -> Heard:
    """What the network's plain algebra gives (`models.reference`): slow, and a second opinion."""

    def outputs_of(frames: np.ndarray, lengths: np.ndarray) -> np.ndarray:
        return reference.run(network, frames, lengths).outputs.astype(np.int64).sum(axis=2)

    return collect(features, outputs_of)


def densities(network: Network, ledger: dict[str, int]) -> dict[str, float]:
    """Spikes for each neuron and step, by hidden layer."""
    return {
        layer.name: round(ledger[f"SPIKES{tag}"] / (layer.n * network.steps * ledger["FRAMES"]), 4)
        for tag, layer in enumerate(network.layers)
    }
