# SPDX-License-Identifier: Apache-2.0
"""The training loop: batches of like length, the loss, and an average of the parameters on the way."""

import time

import numpy as np
import torch

from ..features import BANDS
from .digits_network import Network
from .variation import augment

DENSITY_AIM, DENSITY_WEIGHT = 0.15, 10.0  # spikes per neuron and step above the aim cost this much, squared
BATCH = 64
AVERAGING = 0.98  # of the parameters, per batch


def _pad(features: list) -> tuple[torch.Tensor, torch.Tensor]:
    """Utterances side by side: x float32 [frames, batch, 40] and inside bool [frames, batch]."""
    lengths = np.array([len(x) for x in features])
    x = np.zeros((lengths.max(), len(features), BANDS), dtype=np.float32)
    for i, utterance in enumerate(features):
        x[: lengths[i], i] = utterance
    return torch.from_numpy(x), torch.from_numpy(np.arange(len(x))[:, None] < lengths[None, :])


def _epoch(network, average, optimiser, schedule, pool, digits, random, late) -> float:
    """One pass: every utterance once, in one of its variants. Returns the mean loss."""
    order = random.permutation(len(pool))
    features = [
        augment(pool[i][random.integers(len(pool[i]))].astype(np.float32), random, late) for i in order
    ]
    batches = []
    for begin in range(0, len(order), 16 * BATCH):  # like lengths together, but not the whole set sorted
        part = sorted(range(begin, min(begin + 16 * BATCH, len(order))), key=lambda i: len(features[i]))
        batches += [part[i : i + BATCH] for i in range(0, len(part), BATCH)]
    losses = []
    for b in random.permutation(len(batches)):
        x, inside = _pad([features[i] for i in batches[b]])
        y, layers = network(x)
        weight = inside.float() / inside.sum(dim=0)
        logits = 8.0 * (y * weight[:, :, None]).sum(dim=0)
        target = torch.tensor([digits[order[i]] for i in batches[b]])
        loss = torch.nn.functional.cross_entropy(logits, target, label_smoothing=0.05)
        for spikes in layers:
            density = (spikes.mean(dim=1) * (weight / len(target))[:, :, None]).sum(dim=(0, 1))  # per neuron
            loss = loss + DENSITY_WEIGHT * (density.mean() - DENSITY_AIM).clamp(min=0.0) ** 2
            idle, busy = (0.01 - density).clamp(min=0.0), (density - 0.5).clamp(min=0.0)  # neurons of no use
            loss = loss + 10.0 * idle.pow(2).sum() + busy.pow(2).mean()
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        with torch.no_grad():
            for theta in (network.theta1, network.theta2):
                theta.clamp_(0.25, 8.0)
            for kept, now in zip(average.parameters(), network.parameters(), strict=True):
                kept.lerp_(now, 1.0 - AVERAGING)
        losses.append(loss.item())
    return float(np.mean(losses))


@torch.no_grad()
def float_accuracy(network, features, digits) -> float:
    """The share of utterances, [frames, 40] each, whose summed output is largest at their digit."""
    order = sorted(range(len(features)), key=lambda i: len(features[i]))
    correct = 0
    for begin in range(0, len(order), BATCH):
        part = order[begin : begin + BATCH]
        x, inside = _pad([features[i] for i in part])
        y, _ = network(x)
        best = (y * inside[:, :, None]).sum(dim=0).argmax(dim=1).numpy()
        correct += int((best == np.array([digits[i] for i in part])).sum())
    return correct / len(digits)


def _copy(network: Network) -> Network:
    twin = Network()
    twin.load_state_dict(network.state_dict())
    twin.exponent = dict(network.exponent)
    return twin


def fit(network, pool, digits, random, epochs, rate, watch, late_from) -> Network:
    """Train for some epochs; returns the network of averaged parameters. `watch` prints a line."""
    batches = sum(-(-min(16 * BATCH, len(pool) - b) // BATCH) for b in range(0, len(pool), 16 * BATCH))
    optimiser = torch.optim.AdamW(network.parameters(), lr=rate, weight_decay=1e-3, betas=(0.9, 0.99))
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, rate, total_steps=epochs * batches, pct_start=0.15
    )
    average = _copy(network)
    for epoch in range(epochs):
        start = time.monotonic()
        loss = _epoch(network, average, optimiser, schedule, pool, digits, random, epoch >= late_from)
        if epoch % 5 == 4 or epoch == epochs - 1:
            watch(epoch + 1, loss, time.monotonic() - start, average)
    return average
