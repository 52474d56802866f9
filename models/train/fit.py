# SPDX-License-Identifier: Apache-2.0
"""One stage of training: epochs with a checkpoint after each, early stopping, averaged parameters.

Nothing is drawn from a generator that outlives an epoch, so a stage that is interrupted and begun again ends
with the same bits.
"""

import copy
import json
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch.nn.functional import cross_entropy

from . import checkpoint, material
from .neurons import Surrogate
from .recipes import Recipe, by_stage, generator, seed_of

Show = Callable[[str, int, int, dict], None]

WARM = 0.15  # of a stage, until the rate is highest
CLIP = 1.0  # of the gradient's norm
LOOK_BACK = 6  # epochs that the averaged parameters may look back on: with few batches an epoch, it is these
BUSY = 0.5  # spikes per step above which a neuron is of no use


def setup() -> None:
    """One thread and only deterministic operations: the same bits from the same seed on one machine."""
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)


def rate_at(progress: float, highest: float) -> float:
    """One cycle: up from a 25th, and down to next to nothing, along cosines."""
    if progress < WARM:
        low, part = highest / 25.0, 0.5 - 0.5 * math.cos(math.pi * progress / WARM)
        return low + (highest - low) * part
    return highest * (0.5 + 0.5 * math.cos(math.pi * (progress - WARM) / (1.0 - WARM))) + 1e-7


def tensors(features) -> tuple[torch.Tensor, torch.Tensor]:
    """Utterances side by side, float32 [frames, batch, 40], and which frames exist, bool [frames, batch]."""
    x, inside = material.padded(features)
    return torch.from_numpy(x), torch.from_numpy(inside)


def logits_of(y: torch.Tensor, inside: torch.Tensor, recipe: Recipe) -> torch.Tensor:
    """What the loss and the decoder see: [batch, outputs] of words, [frames, batch, outputs] of frames."""
    if recipe.loss == "frame":
        return recipe.logits * y
    return recipe.logits * (y * (inside.float() / inside.sum(dim=0))[:, :, None]).sum(dim=0)


def loss_of(logits: torch.Tensor, target: torch.Tensor, recipe: Recipe) -> torch.Tensor:
    """Cross entropy against the labels, smoothed."""
    chosen = target >= 0
    return cross_entropy(logits[chosen], target[chosen], label_smoothing=recipe.smoothing)


def density_cost(layers, inside: torch.Tensor, recipe: Recipe) -> torch.Tensor:
    """What spikes beyond the recipe's aim cost, and neurons that hardly ever or mostly spike."""
    weight = inside.float() / inside.sum()
    cost = torch.zeros(())
    for spikes in layers:
        density = (spikes.mean(dim=1) * weight[:, :, None]).sum(dim=(0, 1))  # per neuron
        cost = cost + 10.0 * (density.mean() - recipe.density).clamp(min=0.0) ** 2
        cost = cost + 10.0 * (recipe.idle - density).clamp(min=0.0).pow(2).sum()
        cost = cost + (density - BUSY).clamp(min=0.0).pow(2).mean()
    return cost


@torch.no_grad()
def score(network, split: material.Split, recipe: Recipe) -> dict:
    """{'correct', 'count', 'accuracy', 'loss', 'density' [per layer]} on whole utterances; count: words, or
    frames with a target."""
    network.eval()
    order = sorted(range(len(split.features)), key=lambda i: len(split.features[i]))
    correct, count, loss, frames, density = 0, 0, 0.0, 0, np.zeros(len(recipe.hidden))
    for begin in range(0, len(order), 128):
        part = order[begin : begin + 128]
        x, inside = tensors([split.features[i] for i in part])
        target = torch.from_numpy(material.padded_targets([split.targets[i] for i in part], len(x)))
        y, layers = network(x)
        logits = logits_of(y, inside, recipe)
        chosen = target >= 0
        found = int(chosen.sum())
        correct += int((logits.argmax(dim=-1) == target)[chosen].sum())
        count += found
        loss += found * float(cross_entropy(logits[chosen], target[chosen]))
        for k, spikes in enumerate(layers):
            density[k] += float((spikes.mean(dim=(1, 3)) * inside).sum())
        frames += int(inside.sum())
    network.train()
    return {
        "correct": correct, "count": count, "accuracy": correct / max(1, count), "loss": loss / max(1, count),
        "density": [round(float(d) / max(1, frames), 4) for d in density],
    }  # fmt: skip


class Stage:
    """The state between two epochs of a stage of `recipe`: network, its average, the best one, optimiser."""

    def __init__(self, network, recipe: Recipe, name: str, epochs: int, rate: float):
        """A stage about to begin."""
        self.network, self.average, self.best = network, copy.deepcopy(network), copy.deepcopy(network)
        self.recipe, self.name, self.epochs, self.rate = recipe, name, epochs, rate
        matrices = [p for p in network.parameters() if p.dim() > 1]
        others = [p for p in network.parameters() if p.dim() <= 1]
        groups = [{"params": matrices}, {"params": others, "weight_decay": 0.0}]
        self.optimiser = torch.optim.AdamW(
            groups, lr=rate, betas=(0.9, 0.99), weight_decay=recipe.weight_decay
        )
        self.done, self.best_loss, self.best_epoch = 0, math.inf, 0
        self.follow = 1.0  # how much of the parameters the average takes over after a batch
        self.lines: list[dict] = []

    def save(self, path: Path, data: str) -> None:
        """Write everything that the next epoch needs; data: the mark of the material."""
        state = {
            f"{i}.{key}": value
            for i, held in self.optimiser.state_dict()["state"].items()
            for key, value in held.items()
        }
        groups = {"optimiser": state}
        for key in ("network", "average", "best"):
            groups[key] = dict(getattr(self, key).state_dict())
        facts = {
            "stage": self.name, "done": self.done, "best_loss": self.best_loss, "best_epoch": self.best_epoch,
            "recipe": repr(self.recipe), "lines": self.lines, "data": data,
        }  # fmt: skip
        checkpoint.save(path, groups, facts)

    def resume(self, path: Path, data: str) -> None:
        """Go on from `path`. ValueError when it is damaged or of another recipe or material."""
        groups, facts = checkpoint.load(path)
        if facts["recipe"] != repr(self.recipe) or facts["stage"] != self.name:
            raise ValueError(f"{path}: of another stage or recipe; remove it to begin this one")
        material.check_same(path, facts, data)
        for key in ("network", "average", "best"):
            getattr(self, key).load_state_dict(groups[key])
        state: dict = {}
        for name, value in groups["optimiser"].items():
            i, _, key = name.partition(".")
            state.setdefault(int(i), {})[key] = value
        self.optimiser.load_state_dict(
            {"state": state, "param_groups": self.optimiser.state_dict()["param_groups"]}
        )
        self.done, self.lines = facts["done"], facts["lines"]
        self.best_loss, self.best_epoch = facts["best_loss"], facts["best_epoch"]

    def finished(self) -> bool:
        """All epochs are done, or the dev split has not got better for long enough."""
        return self.done >= self.epochs or self.done - self.best_epoch >= self.recipe.patience

    def epoch(self, data: material.Material) -> None:
        """One pass over the material; ValueError when the loss is not a number."""
        recipe = self.recipe
        torch.manual_seed(seed_of(recipe, self.name, self.done, "drop"))
        found = material.epoch(data, recipe, self.name, self.done, self.epochs)
        plan = material.batches(
            [len(x) for x, _ in found], recipe.batch, generator(recipe, self.name, self.done, "batches")
        )
        self.follow = max(1.0 - by_stage(recipe.averaging, self.name), 1.0 / (LOOK_BACK * len(plan)))
        losses = []
        for at, places in enumerate(plan):
            for group in self.optimiser.param_groups:
                group["lr"] = rate_at((self.done + at / len(plan)) / self.epochs, self.rate)
            losses.append(self._step([found[i] for i in places]))
        scored = score(self.average, data.dev, recipe)
        if not math.isfinite(scored["loss"]):
            raise ValueError(f"stage {self.name}, epoch {self.done + 1}: the dev loss is {scored['loss']}")
        self.done += 1
        if scored["loss"] < self.best_loss:
            self.best_loss, self.best_epoch = scored["loss"], self.done
            self.best.load_state_dict(self.average.state_dict())
        self.lines.append(
            {
                "stage": self.name, "epoch": self.done, "loss": round(float(np.mean(losses)), 5),
                "dev": scored["accuracy"], "dev_loss": round(scored["loss"], 5), "density": scored["density"],
            }
        )  # fmt: skip

    def _step(self, utterances) -> float:
        recipe = self.recipe
        x, inside = tensors([x for x, _ in utterances])
        target = torch.from_numpy(material.padded_targets([t for _, t in utterances], len(x)))
        y, layers = self.network(x, recipe.drop, Surrogate(*recipe.surrogate))
        loss = loss_of(logits_of(y, inside, recipe), target, recipe)
        loss = loss + density_cost(layers, inside, recipe)
        if not math.isfinite(loss.item()):
            raise ValueError(f"stage {self.name}, epoch {self.done + 1}: the loss is {loss.item()}")
        self.optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), CLIP)
        self.optimiser.step()
        self.network.clamp()
        with torch.no_grad():
            pairs = zip(self.average.state_dict().values(), self.network.state_dict().values(), strict=True)
            for kept, now in pairs:
                kept.lerp_(now, self.follow)
        return loss.item()


def fit(stage: Stage, data: material.Material, run: Path, show: Show):
    """Train to the end, from RUN/STAGE.checkpoint if there is one; the averaged network of least dev loss.

    A checkpoint is written after each epoch, and a line of JSON to RUN/epochs.jsonl. ValueError, one line:
    the loss is not a number; the checkpoint is then that of the last good epoch.
    """
    path = run / f"{stage.name}.checkpoint"
    if path.exists():
        stage.resume(path, data.mark)
    while not stage.finished():
        try:
            stage.epoch(data)
        except ValueError as error:
            raise ValueError(f"{error}, expected a number; {path} is of epoch {stage.done}") from None
        stage.save(path, data.mark)
        log(run, stage.name, stage.lines)
        show(stage.name, stage.done, stage.epochs, stage.lines[-1])
    return stage.best


def log(run: Path, name: str, lines: list[dict]) -> None:
    """RUN/epochs.jsonl with the lines of this stage, after those of the others."""
    path = run / "epochs.jsonl"
    old = path.read_text().splitlines() if path.exists() else []
    kept = [line for line in old if json.loads(line)["stage"] != name]
    part = path.with_name(f".{path.name}")
    part.write_text("".join(f"{line}\n" for line in (*kept, *(json.dumps(line) for line in lines))))
    part.replace(path)
