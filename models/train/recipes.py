# SPDX-License-Identifier: Apache-2.0
"""Every number that decides how a network is trained, in one place; no PyTorch.

The values were chosen on development splits (docs/training.md says how).
"""

import dataclasses
import hashlib
from dataclasses import dataclass

import numpy as np

from ..features import KINDS

MODELS = ("snn", "gru")
RECURRENCES = ("frame", "step")
STAGES = ("float", "pruned", "quantised")
WIDEST = 4096  # neurons of a layer before pruning: far beyond any build, within any memory


@dataclass(frozen=True)
class Recipe:
    """How one task is trained. Rates are the highest of a one-cycle schedule; shares lie in 0..1."""

    task: str
    seed: int = 1
    model: str = "snn"  # or a float GRU of as many parameters
    features: str = "log-mel"  # or another kind of features.KINDS
    loss: str = "word"  # of the outputs' mean over the frames, or of every "frame"
    hidden: tuple[int, ...] = (256, 256)  # neurons at first
    pruned: tuple[int, ...] = (128, 128)  # ... and after pruning
    steps: int = 2
    recurrence: str = "frame"
    soft: bool = True  # reset by subtraction
    leaks: tuple[float, ...] = (2.0, 3.0)  # codes to begin with
    surrogate: tuple[float, float, float] = (1.0, 1.0, 0.3)  # neurons.Surrogate: width, peak, loop
    epochs: tuple[int, int, int] = (30, 16, 8)  # of the stages float, pruned, quantised
    rates: tuple[float, float, float] = (5e-3, 2.5e-3, 1e-3)
    patience: int = 20  # epochs without a better dev score until a stage stops
    batch: int = 32
    weight_decay: float = 1e-2
    drop: float = 0.0  # of the neurons of an utterance
    smoothing: float = 0.1  # of the labels
    logits: float = 8.0  # the outputs' mean times this is what the loss sees
    density: float = 0.15  # spikes per neuron and step; more costs
    idle: float = 0.01  # spikes per step below which a neuron costs, too
    averaging: tuple[float, float, float] = (0.99, 0.99, 0.998)  # of the parameters, a batch; by stage
    others: float = 0.25  # utterances of other corpora in an epoch, for one of the task's own
    strength: tuple[float, float, float] = (0.8, 0.8, 0.8)  # of the augmentation, 0..1; by stage
    masks: tuple[float, float, float] = (0.25, 0.25, 0.25)  # share of utterances without some bands, frames
    rows: float = 0.4  # share of the output layer's rows that each tile of outputs goes without
    zeros: float = 0.3  # share of the weights left in a matrix that pruning sets to zero


# What differs from the defaults above, by task.
_TASKS: dict[str, dict] = {
    # five speakers to train on: so more of other voices
    "digits": {"epochs": (40, 24, 12), "others": 0.6},
    # few recordings: in float what keeps a network from learning them by heart holds it back more than it
    # helps, afterwards it is needed
    "keywords": {
        "epochs": (50, 30, 16),
        "strength": (0.7, 0.8, 0.8),
        "masks": (0.0, 0.25, 0.25),
        "zeros": 0.2,
    },
    "words": {},
    # a few long sentences: small batches, and an average that forgets within two epochs
    "phones": {
        "loss": "frame",
        "epochs": (40, 24, 12),
        "batch": 8,
        "drop": 0.1,
        "averaging": (0.95, 0.95, 0.95),
        "surrogate": (1.0, 1.0, 0.1),
    },
    # a changed sound is of other states, and there is enough of it unchanged; with the narrow surrogate fewer
    # neurons spike
    "states": {
        "loss": "frame",
        "epochs": (20, 12, 8),
        "strength": (0.0, 0.0, 0.0),
        "surrogate": (0.5, 0.5, 1.0),
        "averaging": (0.99, 0.99, 0.99),
        "smoothing": 0.0,
        "density": 0.0,
    },
}


def recipe(task: str, **changes) -> Recipe:
    """The recipe of a task with some changes. ValueError, one line: what is no task, key or value."""
    if task not in _TASKS:
        raise ValueError(f"task {task!r}, want one of {', '.join(_TASKS)}")
    names = {field.name for field in dataclasses.fields(Recipe)}
    if strange := sorted(set(changes) - names):
        raise ValueError(f"recipe: no {strange[0]!r}, want one of {', '.join(sorted(names))}")
    lists = {key: tuple(value) if isinstance(value, list) else value for key, value in changes.items()}
    made = Recipe(**{"task": task, **_TASKS[task], **lists})
    _check(made)
    return made


def _check(made: Recipe) -> None:
    for key, legal in (
        ("model", MODELS), ("features", tuple(KINDS)), ("loss", ("word", "frame")),
        ("recurrence", RECURRENCES), ("steps", (1, 2)),
    ):  # fmt: skip
        if getattr(made, key) not in legal:
            raise ValueError(f"{key} {getattr(made, key)!r}, want {' or '.join(map(str, legal))}")
    if not made.hidden or not len(made.hidden) == len(made.pruned) == len(made.leaks):
        raise ValueError(
            f"hidden {made.hidden}, pruned {made.pruned}, leaks {made.leaks}: want as many of each"
        )
    for n, kept in zip(made.hidden, made.pruned, strict=True):
        if not 1 <= kept <= n <= WIDEST:
            raise ValueError(
                f"hidden {made.hidden}, pruned {made.pruned}: want 1 <= pruned <= hidden <= {WIDEST}"
            )
    if len(made.epochs) != len(STAGES) or min(made.epochs) < 0:
        raise ValueError(f"epochs {made.epochs}, want 0 or more of each stage: {', '.join(STAGES)}")
    for key in ("rates", "averaging", "strength", "masks"):
        if len(getattr(made, key)) != len(STAGES):
            raise ValueError(f"{key} {getattr(made, key)}, want one of each stage: {', '.join(STAGES)}")
    if len(made.surrogate) != 3 or min(made.surrogate[:2]) <= 0.0:
        raise ValueError(f"surrogate {made.surrogate}, want width and peak above 0, and the loop's share")
    if made.seed < 0:
        raise ValueError(f"seed {made.seed}, want 0 or more")


def by_stage(values: tuple[float, float, float], stage: str) -> float:
    """That of the values which is of a stage; all that is done to prune counts as one."""
    return values[STAGES.index(stage) if stage in STAGES else 1]


def generator(recipe_: Recipe, *part) -> np.random.Generator:
    """A generator of its own for one part: SHA-256 of "seed/stage/epoch/part". So resuming draws the same."""
    return np.random.default_rng(seed_of(recipe_, *part))


def seed_of(recipe_: Recipe, *part) -> int:
    """The seed, 63 bits, of one part of the training."""
    text = "/".join(str(x) for x in (recipe_.seed, *part))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "little") >> 1
