# SPDX-License-Identifier: Apache-2.0
"""The three stages of a run: train, prune, quantise. Each reads what the one before wrote.

RUN/float.safetensors and .json, pruned.*, then network.* in the project's format (docs/weights.md). The first
two hold float arrays, described in docs/training.md.
"""

import dataclasses
import datetime
import itertools
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import safetensors
import safetensors.numpy
import torch

from .. import corpora, weight_file
from ..corpora.corpus import Corpus
from . import fit
from . import prune as pruning
from .gru import Gru, equal_size
from .material import Material, check_same, dev_places, gather, places
from .network import MIDDLE, Network, Shape
from .quantise import integers
from .recipes import Recipe, seed_of
from .scales import INPUT_BITS

FLOAT, VERSION = "murmur-float", 1
NARROWINGS = 2  # steps in which neurons are taken away


def train(all_corpora: list[Corpus], recipe: Recipe, run: Path, show: fit.Show) -> None:
    """Train the float network (or a GRU of the pruned one's size) into RUN/float.*."""
    fit.setup()
    began, data = time.monotonic(), gather(all_corpora, recipe.features)
    run.mkdir(parents=True, exist_ok=True)
    shape = _shape(recipe, data)
    if recipe.model == "gru":
        network = Gru(shape, equal_size(shape, recipe.pruned), seed_of(recipe, "weights"))
    else:
        network = Network(shape, seed_of(recipe, "weights"), normalised=True)
    stage = fit.Stage(network, recipe, "float", recipe.epochs[0], recipe.rates[0])
    best = fit.fit(stage, data, run, show)
    if recipe.model == "snn":
        best.fold()
    _write(run, "float", best, recipe, data, time.monotonic() - began)


def prune(all_corpora: list[Corpus], recipe: Recipe, run: Path, show: fit.Show) -> None:
    """RUN/float.* -> RUN/pruned.*: fewer neurons in NARROWINGS steps, then output rows and single weights."""
    fit.setup()
    began, data = time.monotonic(), gather(all_corpora, recipe.features)
    network = _read(run, "float", data)
    epochs = recipe.epochs[1]
    short = max(1, epochs // 6)
    for step in range(1, NARROWINGS + 1):
        sizes = tuple(
            round(n * (small / n) ** (step / NARROWINGS))
            for n, small in zip(recipe.hidden, recipe.pruned, strict=True)
        )
        if sizes == network.shape.hidden:
            continue
        network = pruning.narrower(network, pruning.importance(network, data, recipe), sizes)
        stage = fit.Stage(network, recipe, f"pruned-{step}", short, recipe.rates[1])
        network = fit.fit(stage, data, run, show)
    density = _density(network, data, recipe)
    pruning.drop_rows(network, recipe.rows, density)
    pruning.drop_weights(network, recipe.zeros)
    stage = fit.Stage(network, recipe, "pruned", epochs, recipe.rates[1])
    best = fit.fit(stage, data, run, show)
    _write(run, "pruned", best, recipe, data, time.monotonic() - began)


def quantise(all_corpora: list[Corpus], recipe: Recipe, run: Path, show: fit.Show) -> None:
    """RUN/pruned.* (or float.*, when nothing was pruned) -> RUN/network.*: 4-bit weights, the machine's own
    integers."""
    fit.setup()
    source = "pruned" if (run / "pruned.json").exists() else "float"
    began, data = time.monotonic(), gather(all_corpora, recipe.features)
    network = _read(run, source, data)
    network.quantise()
    stage = fit.Stage(network, recipe, "quantised", recipe.epochs[2], recipe.rates[2])
    best = fit.fit(stage, data, run, show)
    scores = {"quantised": _scores(best, data, recipe)}
    for name in ("float", "pruned"):
        if (run / f"{name}.json").exists():
            scores[name] = json.loads((run / f"{name}.json").read_text())["scores"]
    card = _card(all_corpora, recipe) | {"scores": scores, "seconds": round(time.monotonic() - began)}
    dense = _read(run, "float", data)
    card["float"] = dataclasses.asdict(dense.shape) | {"input_scale": 2**INPUT_BITS}
    floats = {name: array.astype(np.float16) for name, array in _arrays(dense).items()}
    made = integers(best, recipe.task, recipe.features)
    weight_file.save(run / "network.safetensors", made, card, floats)


def _shape(recipe: Recipe, data: Material) -> Shape:
    return Shape(
        n_inputs=data.dev.features[0].shape[1], hidden=recipe.hidden, n_outputs=data.n_outputs,
        steps=recipe.steps, by_step=recipe.recurrence == "step", soft=recipe.soft, leaks=recipe.leaks,
        middle=MIDDLE[recipe.features],
    )  # fmt: skip


def _density(network: Network, data: Material, recipe: Recipe) -> torch.Tensor:
    """Spikes per step of each neuron of the last hidden layer, over the dev split."""
    x, inside = fit.tensors(data.dev.features[:128])
    with torch.no_grad():
        _, layers = network(x)
    return (layers[-1].mean(dim=1) * inside[:, :, None]).sum(dim=(0, 1)) / inside.sum()


def _scores(network, data: Material, recipe: Recipe) -> dict:
    found = {name: fit.score(network, getattr(data, name), recipe) for name in ("dev", "test")}
    return {name: {k: v for k, v in each.items() if k != "loss"} for name, each in found.items()}


def _arrays(network) -> dict[str, np.ndarray]:
    """Float arrays by name; pruned weights are 0 in them."""
    if isinstance(network, Gru):
        return {name: p.detach().numpy() for name, p in network.named_parameters()}
    return {  # a gain serves normalisation, which is folded by now
        name: (network.kept(name) if name in network.matrices else p).detach().numpy()
        for name, p in network.named_parameters()
        if not name.startswith("gain_")
    }


def _write(run: Path, name: str, network, recipe: Recipe, data: Material, seconds: float) -> None:
    """RUN/NAME.safetensors and .json of a float network."""
    arrays = _arrays(network)
    held = arrays | {
        f"mask_{key}": getattr(network, f"mask_{key}").numpy().astype(np.uint8)
        for key in getattr(network, "matrices", ())
    }
    described = {
        "format": FLOAT, "version": VERSION, "model": recipe.model,
        "shape": dataclasses.asdict(network.shape), "recipe": dataclasses.asdict(recipe),
        "scores": _scores(network, data, recipe),
        "parameters": int(sum(np.count_nonzero(x) for x in arrays.values())), "seconds": round(seconds),
        "versions": {"torch": torch.__version__, "numpy": np.__version__}, "data": data.mark,
    }  # fmt: skip
    weight_file.replace_files(
        {
            run / f"{name}.safetensors": safetensors.numpy.save(held),
            run / f"{name}.json": (json.dumps(described, indent=2) + "\n").encode(),
        }
    )


def _read(run: Path, name: str, data: Material) -> Network:
    """What `_write` wrote. ValueError, one line: missing, damaged, of other data, or a GRU."""
    path = run / f"{name}.safetensors"
    try:
        described = json.loads((run / f"{name}.json").read_text())
        held = safetensors.numpy.load(path.read_bytes())
    except FileNotFoundError as error:
        raise ValueError(f"{error.filename}: missing, expected from `murmur train`") from None
    except (safetensors.SafetensorError, ValueError, OSError) as error:
        raise ValueError(f"{path}: damaged ({error}); make it anew") from None
    check_same(path, described, data.mark)
    if described["model"] != "snn":
        raise ValueError(
            f"{path}: a float GRU, which is neither pruned nor quantised; want a spiking network"
        )
    shape: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in described["shape"].items()}
    network = Network(Shape(**shape))
    with torch.no_grad():
        for key, value in network.state_dict().items():
            if key in held:
                value.copy_(torch.from_numpy(held[key].astype(np.float32)))
    return network


def _card(all_corpora: list[Corpus], recipe: Recipe) -> dict:
    """The card of a network file but its scores: docs/weights.md."""
    speakers, sounds = set(), set()
    own = all_corpora[0]
    trained = places(all_corpora)
    for corpus, *chosen in zip(all_corpora, trained, dev_places(all_corpora, trained), strict=True):
        marks = corpora.fingerprints(corpus)
        for i in itertools.chain(*chosen):
            speakers.add(corpus.utterances[i].speaker)
            sounds.add(marks[i])
    return {
        "task": own.task, "name": recipe.task, "labels": list(own.labels),
        "features": {"kind": recipe.features},
        "data": [{"name": c.name, "licence": c.licence} for c in all_corpora], "split": own.about,
        "trained_on": {"speakers": sorted(speakers - {""}), "sounds": sorted(sounds)}, "seed": recipe.seed,
        "recipe": dataclasses.asdict(recipe), "date": datetime.date.today().isoformat(),
        "versions": {"torch": torch.__version__, "numpy": np.__version__},
    }  # fmt: skip
