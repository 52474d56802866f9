# SPDX-License-Identifier: Apache-2.0
"""import_graph: the file of a graph -> a Network that compiles, and a report of what was rounded."""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from models import reference
from models.formats import REFERENCE, BuildConfig
from models.inference import DEEP, compiled
from models.network import Network
from models.nir_import.fit import SPIKES, Fit, Source, fit_layer, fit_output, spikes_out
from models.nir_import.float_chain import Chain, Reset, simulate
from models.nir_import.read import read_graph
from models.nir_import.walk import chain_of
from models.text import one_line

RESETS = ("zero", "subtract", "subtract-late")
SEQUENCES, FRAMES = 32, 50  # of random numbers, where the caller has none


@dataclass(frozen=True)
class Options:
    """What the file does not say: docs/nir.md."""

    dt: float = 1e-4  # seconds a step; snnTorch's
    reset: Reset = "zero"
    leak_tolerance: float = 0.0  # of the share of the membrane that a step keeps
    in_min: int = 0
    in_max: int = 1
    in_scale: float = 1.0  # what an input number of 1 is in the graph
    exact: bool = False  # refuse what cannot be exact

    def __post_init__(self) -> None:
        """ValueError that names the option."""
        if not (np.isfinite(self.dt) and self.dt > 0):
            raise ValueError(f"dt is {self.dt:g}, want a time above 0 s")
        if self.reset not in RESETS:
            raise ValueError(f"reset is {self.reset!r}, want one of {', '.join(RESETS)}")
        if not 0 <= self.leak_tolerance < 1:
            raise ValueError(f"leak_tolerance is {self.leak_tolerance:g}, want 0 or more, below 1")
        if not (np.isfinite(self.in_scale) and self.in_scale > 0):
            raise ValueError(f"in_scale is {self.in_scale:g}, want a number above 0")
        low, high = (-32768, 32767) if self.in_min < 0 else (0, 65535)
        if not low <= self.in_min <= self.in_max <= high:
            raise ValueError(f"the inputs {self.in_min}..{self.in_max} are no range within {low}..{high}")


@dataclass(frozen=True)
class Measured:
    """Network and graph on the same numbers: shares of equal spikes, and scores in units of the graph."""

    numbers: str
    steps: int
    layers: dict[
        str, tuple[float, float]
    ]  # share of spikes that are equal, and of neurons that spike in the graph
    largest: float
    rms: float
    spread: float  # standard deviation of the graph's scores
    same_winner: float  # share of sequences in which the same score has the largest sum
    saturated: dict[str, int]  # membranes at a limit of 16 bits


def _inexact(fits: tuple[Fit, ...]) -> tuple[str, ...]:
    return tuple(f"node {one_line(fit.node)}: {why}" for fit in fits for why in fit.inexact)


@dataclass(frozen=True)
class Report:
    """What became of a graph."""

    path: Path
    options: Options
    fits: tuple[Fit, ...]  # the layers, then the scores
    measured: Measured
    build: BuildConfig  # that has room for it

    @property
    def inexact(self) -> tuple[str, ...]:
        """Why the network is not the graph to the last bit; none: it is, while no membrane leaves 16 bits."""
        return _inexact(self.fits)

    @property
    def unit(self) -> float:
        """What a score of 1 stands for in the graph."""
        return float(self.fits[-1].unit)

    def lines(self) -> list[str]:
        """For a person."""
        o, m = self.options, self.measured
        lines = [
            f"{one_line(str(self.path))}: inputs {o.in_min}..{o.in_max} times {o.in_scale:g}, "
            f"a step of {o.dt:g} s is a frame",
            {
                "zero": "reset to zero, as NIR defines it (snnTorch's own default is --reset subtract-late)",
                "subtract": "reset by subtraction of the threshold in the step of the spike",
                "subtract-late": "reset by subtraction of the threshold in the step after the spike",
            }[o.reset],
        ]
        lines += [f"  node {one_line(fit.node)} [{fit.n}]: {fit.text}" for fit in self.fits]
        if self.build != REFERENCE:
            lines.append("the reference build has no room for it; murmur run and evaluate take a deeper one")
        lines += [f"not exact: {why}" for why in self.inexact]
        if not self.inexact:
            lines.append("exact: every spike and score is the graph's, while no membrane leaves 16 bits")
        lines.append(f"measured on {m.steps:,} steps of {m.numbers}:")
        lines += [
            f"  node {one_line(name)}: {equal:.2%} of its spikes as in the graph, where {active:.2%} are 1"
            for name, (equal, active) in m.layers.items()
        ]
        lines.append(
            f"  scores: largest difference {m.largest:.4g}, root mean square {m.rms:.4g}, "
            f"of a spread of {m.spread:.4g}; the largest sum over a sequence is the same one "
            f"in {m.same_winner:.2%} of sequences"
        )
        lines += [
            f"  node {one_line(name)}: {n} membranes at a limit of 16 bits"
            for name, n in m.saturated.items()
            if n
        ]
        return lines


def _names(chain: Chain) -> list[str]:
    """A name for each layer and for the scores: the nodes' own, in letters, digits and _."""
    names: list[str] = []
    for node in (*(layer.name for layer in chain.layers), f"{chain.output}_scores"):
        plain = re.sub(r"\W", "_", node, flags=re.ASCII) or "layer"
        plain = plain if plain[0].isalpha() and plain != "float" else f"n{plain}"  # as docs/weights.md wants
        name = plain
        while name in names:
            name = f"{plain}_{len(names)}"
        names.append(name)
    return names


def _network(chain: Chain, options: Options, title: str) -> tuple[Network, tuple[Fit, ...]]:
    source = Source(options.in_min, options.in_max, options.in_scale)
    names, layers, fits = _names(chain), [], []
    for layer, name in zip(chain.layers, names, strict=False):
        try:
            lif, fit = fit_layer(layer, options.reset, source, name)
        except ValueError as error:
            raise ValueError(f"node {one_line(layer.name)}: {error}") from None
        layers.append(lif)
        fits.append(fit)
        source = SPIKES
    if chain.w_out is None:
        output, fit = spikes_out(chain.output, len(chain.bias_out), names[-1])
    else:
        try:
            output, fit = fit_output(chain.output, chain.w_out, chain.bias_out, source, names[-1])
        except ValueError as error:
            raise ValueError(f"node {one_line(chain.output)}: {error}") from None
    network = Network(
        name=re.sub(r"\W", "_", title, flags=re.ASCII) or "imported", n_inputs=chain.n_inputs,
        in_signed=options.in_min < 0, in_min=options.in_min, in_max=options.in_max, steps=1,
        recurrence="frame", layers=tuple(layers), output=output,
    )  # fmt: skip
    return network, (*fits, fit)


def _refuse_size(chain: Chain) -> None:
    """ValueError for more weights than any build holds; the compiler is exact, but comes late."""
    room, count = 2 * DEEP.wgt_depth * DEEP.lanes, 0
    matrices = [(x.name, w) for x in chain.layers for w in (x.w_in, x.w_rec)] + [(chain.output, chain.w_out)]
    for node, w in matrices:
        count += 0 if w is None else int(np.count_nonzero(w))
        if count > room:
            raise ValueError(
                f"node {one_line(node)}: brings the weights to {count:,}, the deepest build holds {room:,}"
            )


def measure(
    chain: Chain, network: Network, options: Options, unit: float, frames: np.ndarray | None
) -> Measured:
    """Run both on `frames` int [B, F, n_inputs], random ones where None."""
    numbers = "the frames given"
    if frames is None:
        numbers = f"random numbers {options.in_min}..{options.in_max}"
        frames = np.random.default_rng(1).integers(
            options.in_min, options.in_max + 1, (SEQUENCES, FRAMES, network.n_inputs)
        )
    spikes, scores = simulate(chain, frames * options.in_scale, options.reset)
    outcome = reference.run(network, frames)
    mine = outcome.outputs[:, :, 0] * unit
    off = mine - scores
    return Measured(
        numbers=numbers, steps=frames.shape[0] * frames.shape[1],
        layers={
            layer.name: (float((z[:, :, 0] == graph).mean()), float(graph.mean()))
            for layer, z, graph in zip(chain.layers, outcome.spikes, spikes, strict=True)
        },
        largest=float(np.abs(off).max()), rms=float(np.sqrt((off**2).mean())), spread=float(scores.std()),
        same_winner=float((mine.sum(1).argmax(-1) == scores.sum(1).argmax(-1)).mean()),
        saturated={
            layer.name: int((v == -32768).sum() + (v == 32767).sum())
            for layer, v in zip(chain.layers, outcome.membranes, strict=True)
        },
    )  # fmt: skip


def import_graph(path: Path, options: Options, frames: np.ndarray | None = None) -> tuple[Network, Report]:
    """A network that `build` runs as the graph in `path` says, and how near it comes on `frames`
    int [B, F, n_inputs] (None: random numbers).

    ValueError, one line that names the file and, if one is at fault, the node: no such file, damaged, or what
    the machine cannot run.
    """
    path = Path(path)
    try:
        chain = chain_of(read_graph(path), options.dt, options.leak_tolerance)
        _refuse_size(chain)
        network, fits = _network(chain, options, path.stem)
        if options.exact and (why := _inexact(fits)):
            raise ValueError(f"{why[0]}; without --exact it is imported nevertheless")
        build = compiled(network).config
        if frames is not None:
            _check_frames(frames, network)
        measured = measure(chain, network, options, float(fits[-1].unit), frames)
    except ValueError as error:
        raise ValueError(f"{one_line(str(path))}: {error}") from None
    return network, Report(path, options, fits, measured, build)


def _check_frames(frames: np.ndarray, network: Network) -> None:
    if frames.ndim != 3 or frames.shape[2] != network.n_inputs or not frames.size:
        raise ValueError(f"the frames have shape {frames.shape}, want [sequences, steps, {network.n_inputs}]")
    if frames.dtype.kind not in "iub" or frames.min() < network.in_min or frames.max() > network.in_max:
        raise ValueError(f"the frames are not whole numbers {network.in_min}..{network.in_max}")
