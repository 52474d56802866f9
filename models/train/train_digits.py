# SPDX-License-Identifier: Apache-2.0
"""Train the digits network, 40-128-128-10, from recordings and synthesised words.

    python -m models.train.train_digits --data DIR [--commands DIR] [--seed N] [--out FILE]

Needs PyTorch, soundfile and espeakng-loader. One thread; the same numbers from the same seed and versions.

Float first, then quantisation-aware: the second part runs the machine's own integers (4-bit weights, floor in
the leak, 16-bit saturation) in float32, where they are exact, and passes gradients straight through the
rounding. Back propagation through the neurons is written out (`Neurons`): spikes get a triangle for a
derivative, damped by DAMPING because the recurrent gradient explodes otherwise, and none flows through the
reset.
"""

import argparse
import datetime
import hashlib
import sys
import time
from typing import Any

import numpy as np
import torch

from ..audio import read_audio
from ..features import BANDS, HIGH_HZ, LOW_HZ, log_mel
from . import dataset, export
from .score_digits import WEIGHTS, accuracy

HIDDEN = 128
LEAK = (2, 3)  # leak code of each layer
UNIT = (11, 11)  # one float unit of a layer's membrane is 2^UNIT integers
SOFT = 1
MIDDLE = (
    60  # of the input bytes: training sees x - MIDDLE, which goes into bias1 when the network is exported
)
DAMPING = 0.15
WIDTH = 1.5  # of the triangle, in thresholds, on each side of the threshold
DENSITY_AIM, DENSITY_WEIGHT = 0.15, 10.0  # spikes per neuron and step above the aim cost this much, squared
COMMANDS_REPEATED = 3
VARIANTS = 6  # resampled, noisy copies of each recording and synthesised word
BATCH = 64
MAX_FRAMES = 110
FLOAT_EPOCHS, QUANTISED_EPOCHS = 60, 16
FLOAT_RATE, QUANTISED_RATE = 6e-3, 1e-3
AVERAGING = 0.98  # of the parameters, per batch


class Neurons(torch.autograd.Function):
    """A recurrent layer of LIF neurons over an utterance.

    current [frames, 2 or 1, batch, n] (1: the same for both steps), recurrent [n, n], theta [n], bias [n]
    -> spikes [frames, 2, batch, n]. With `exact`, membranes are integers: the leak floors, the sum saturates.
    """

    @staticmethod
    def forward(ctx, current, recurrent, theta, bias, leak, exact):
        """Run the layer; keep the spikes and the surrogate's slope at each."""
        frames, _, batch, n = current.shape
        keep = 1.0 - 2.0**-leak
        spikes = torch.zeros(frames, export.STEPS, batch, n)
        slope = torch.empty(frames, export.STEPS, batch, n)
        v = torch.zeros(batch, n)
        for f in range(frames):
            total = current[f] + bias
            total = total + spikes[f - 1] @ recurrent if f else total.expand(export.STEPS, batch, n)
            for t in range(export.STEPS):
                p = (v - torch.floor(v * 2.0**-leak)) if exact else v * keep
                p = p.add_(total[t])
                if exact:
                    p.clamp_(-32768.0, 32767.0)
                s = spikes[f, t]
                torch.ge(p, theta, out=s)
                slope[f, t] = (1.0 - (p / theta - 1.0).abs_().mul_(1.0 / WIDTH)).clamp_(min=0.0)
                v = p.addcmul_(s, theta, value=-1.0)
        ctx.save_for_backward(spikes, slope, recurrent, theta)
        ctx.keep, ctx.shared = keep, current.shape[1] == 1
        return spikes

    @staticmethod
    def backward(ctx, grad_spikes):
        """Back propagation through time; gradients for current, recurrent, theta and bias."""
        spikes, slope, recurrent, theta = ctx.saved_tensors
        frames, _, batch, n = spikes.shape
        slope = slope.mul_(DAMPING / theta)
        grad_p = torch.empty_like(spikes)
        grad_theta = torch.zeros(batch, n)
        carried = torch.zeros(batch, n)  # gradient of v
        for f in reversed(range(frames)):
            grad_s = grad_spikes[f]
            if f + 1 < frames:
                grad_s = grad_s + grad_p[f + 1] @ recurrent.T
            for t in reversed(range(export.STEPS)):
                through = grad_s[t] * slope[f, t]
                grad_theta -= through
                grad_theta.addcmul_(carried, spikes[f, t], value=-1.0)
                carried = torch.add(carried, through, out=grad_p[f, t]) * ctx.keep
        grad_recurrent = spikes[:-1].reshape(-1, n).T @ grad_p[1:].reshape(-1, n)
        grad_current = grad_p.sum(dim=1, keepdim=True) if ctx.shared else grad_p
        return grad_current, grad_recurrent, grad_theta.sum(dim=0), grad_p.sum(dim=(0, 1, 2)), None, None


def _straight(rounded: torch.Tensor, value: torch.Tensor) -> torch.Tensor:
    """`rounded` going forward, the gradient of `value` going back."""
    return value + (rounded - value).detach()


class Network(torch.nn.Module):
    """The float parameters, and how the network uses them before and after `quantise` fixes the scales."""

    def __init__(self):
        """Random float parameters; a threshold starts at 1."""
        super().__init__()

        def matrix(rows, columns, spread):
            return torch.nn.Parameter(torch.randn(rows, columns) * spread)

        self.w1, self.r1 = matrix(BANDS, HIDDEN, 0.06), matrix(HIDDEN, HIDDEN, 0.02)
        self.w2, self.r2 = matrix(HIDDEN, HIDDEN, 0.05), matrix(HIDDEN, HIDDEN, 0.02)
        self.w3 = matrix(HIDDEN, len(dataset.LABELS), 0.05)
        self.theta1, self.theta2 = (torch.nn.Parameter(torch.ones(HIDDEN)) for _ in range(2))
        self.bias1, self.bias2 = (torch.nn.Parameter(torch.zeros(HIDDEN)) for _ in range(2))
        self.bias3 = torch.nn.Parameter(torch.zeros(len(dataset.LABELS)))
        self.exponent: dict[str, int] = {}  # of each matrix's scale; empty while in float

    def quantise(self) -> None:
        """Fit each matrix's power-of-two scale and each neuron's gain to the float weights.

        From now on the network is the integer one.
        """
        for name in ("w1", "r1", "w2", "r2", "w3"):
            low, high = -10, 2
            if name != "w3":
                low = (7 if name == "w1" else 0) - UNIT[int(name[1]) - 1]
                high = low + export.MAX_SHIFT
            self.exponent[name] = export.best_exponent(
                getattr(self, name).detach().double().numpy(), low, high
            )
        for layer in ("1", "2"):
            names = ("w" + layer, "r" + layer)
            matrices = [getattr(self, name).detach().double().numpy() for name in names]
            gains = torch.from_numpy(
                export.neuron_gains(matrices, [self.exponent[name] for name in names])
            ).float()
            with torch.no_grad():
                for name in (*names, "theta" + layer, "bias" + layer):
                    getattr(self, name).mul_(gains)

    def _weights(self, name: str) -> torch.Tensor:
        w = getattr(self, name)
        if not self.exponent:
            return w
        scale = 2.0 ** self.exponent[name]
        return _straight((w / scale).round().clamp(-8.0, 7.0) * scale, w)

    def _constant(self, name: str, unit: int, low: float) -> torch.Tensor:
        value = getattr(self, name) * 2.0**unit
        return _straight(value.round().clamp(low, 32767.0), value) if self.exponent else value

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, list[torch.Tensor]]:
        """x [frames, batch, 40] -> (y [frames, batch, 10], spikes [frames, 2, batch, 128] of each layer)."""
        exact = bool(self.exponent)
        layers = []
        source = x[:, None]
        for layer in (1, 2):
            unit = UNIT[layer - 1]
            w = self._weights(f"w{layer}") * 2.0 ** (unit - 7 if layer == 1 else unit)
            r = self._weights(f"r{layer}") * 2.0**unit
            theta, bias = (
                self._constant(f"theta{layer}", unit, 1.0),
                self._constant(f"bias{layer}", unit, -32767.0),
            )
            if layer == 1:
                source = source - MIDDLE
            source = Neurons.apply(source @ w, r, theta, bias, LEAK[layer - 1], exact)
            layers.append(source)
        bias3 = self.bias3
        if exact:
            scale = 2.0 ** self.exponent["w3"]
            bias3 = _straight((bias3 / scale).round() * scale, bias3)
        return layers[1].sum(dim=1) @ self._weights("w3") + bias3, layers

    def integers(self) -> dict:
        """The network as export.save takes it."""
        net: dict[str, Any] = {"steps": export.STEPS, "version": export.VERSION}
        for name, a in self.exponent.items():
            net[name] = (getattr(self, name) / 2.0**a).round().clamp(-8, 7).detach().numpy().astype(np.int8)
        for i, unit in enumerate(UNIT):
            layer = str(i + 1)
            net["theta" + layer] = (
                self._constant("theta" + layer, unit, 1.0).detach().numpy().astype(np.int32)
            )
            net["bias" + layer] = (
                self._constant("bias" + layer, unit, -32767.0).detach().numpy().astype(np.int32)
            )
            net["in_shift" + layer] = self.exponent["w" + layer] + unit - (7 if i == 0 else 0)
            net["rec_shift" + layer] = self.exponent["r" + layer] + unit
            net["leak" + layer], net["soft" + layer] = LEAK[i], SOFT
        net["bias1"] -= MIDDLE * (net["w1"].sum(axis=0, dtype=np.int32) << net["in_shift1"])
        net["bias3"] = (self.bias3 / 2.0 ** self.exponent["w3"]).round().detach().numpy().astype(np.int32)
        return net


def _generator(seed: int, part: str) -> np.random.Generator:
    digest = hashlib.sha256(f"{seed}/train_digits/{part}".encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:8], "little"))


def _vary(samples: np.ndarray, rate: int, random: np.random.Generator) -> np.ndarray:
    """Features of a varied copy: other speed and pitch (a false sample rate), noise, an uneven spectrum."""
    rate = round(rate * random.uniform(0.84, 1.2) / 50.0) * 50
    signal = samples.astype(np.float64)
    power = (signal**2).mean() + 1e-12
    if random.random() < 0.5:
        noise = random.standard_normal(len(signal))
        slope = random.uniform(0.0, 0.95)
        noise[1:] += slope * noise[:-1]
        noise *= np.sqrt(power / (noise**2).mean()) * 10.0 ** (-random.uniform(12.0, 45.0) / 20.0)
        signal = signal + noise
    if random.random() < 0.5:  # one zero, one echo: a microphone and a room
        tilt, delay, echo = (
            random.uniform(-0.5, 0.5),
            int(rate * random.uniform(0.002, 0.03)),
            random.uniform(0, 0.3),
        )
        signal[1:] += tilt * signal[:-1]
        if delay < len(signal):
            signal[delay:] += echo * signal[:-delay]
    return log_mel(signal, rate)


def _warp_table() -> tuple[np.ndarray, np.ndarray]:
    """Centre frequencies of the bands, Hz [40], and mel edges' step: what a vocal tract warp needs."""
    mel = np.linspace(2595.0 * np.log10(1 + LOW_HZ / 700), 2595.0 * np.log10(1 + HIGH_HZ / 700), BANDS + 2)
    return 700.0 * (10.0 ** (mel[1:-1] / 2595.0) - 1.0), mel


_CENTRE_HZ, _MEL = _warp_table()


def _augment(x: np.ndarray, random: np.random.Generator, late: bool) -> np.ndarray:
    """Cheap changes to features float32 [frames, 40], new in every epoch."""
    frames = len(x)
    # vocal tract length and tempo: read between bands and frames
    warped = 2595.0 * np.log10(1.0 + _CENTRE_HZ * random.uniform(0.9, 1.12) / 700.0)
    band = np.clip((warped - _MEL[1]) / (_MEL[1] - _MEL[0]), 0, BANDS - 1.001)
    length = max(8, min(MAX_FRAMES, round(frames * random.uniform(0.85, 1.18))))
    frame = np.linspace(0, frames - 1.001, length)
    b0, f0 = band.astype(int), frame.astype(int)
    x = x[f0] + (x[f0 + 1] - x[f0]) * (frame - f0)[:, None]
    x = x[:, b0] + (x[:, b0 + 1] - x[:, b0]) * (band - b0)[None, :]
    # level, spectral tilt and a little noise where there is sound
    tilt = np.linspace(-1, 1, BANDS) * random.normal(0.0, 7.0)
    x = np.where(x > 0, x + random.normal(0.0, 4.0) + tilt + random.normal(0.0, 2.0, x.shape), x)
    if random.random() < 0.3:  # quiet before and after the word
        before, after = random.integers(0, 14, 2)
        floor = random.uniform(-20.0, 35.0)
        quiet = random.normal(floor, 7.0, (before + after, BANDS))
        x = np.concatenate([quiet[:before], np.maximum(x, floor - 10.0), quiet[before:]])
    if late and random.random() < 0.5:
        width, first = random.integers(1, 5), random.integers(0, BANDS)
        x[:, first : first + width] = 0.0
        width, first = random.integers(1, 5), random.integers(0, len(x))
        x[first : first + width] = 0.0
    return np.clip(np.rint(x), 0, 127).astype(np.float32)[:MAX_FRAMES]


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
        _augment(pool[i][random.integers(len(pool[i]))].astype(np.float32), random, late) for i in order
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
def _float_accuracy(network, features, digits) -> float:
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


def _fit(network, pool, digits, random, epochs, rate, watch, late_from) -> Network:
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


def _training_pool(folder, commands, seed: int, excluded=()) -> tuple[list, list[int]]:
    """Each utterance as a list of variants int8 [frames, 40], the plain one first; and the digits."""
    random = _generator(seed, "variants")
    sounds = []
    for recording in dataset.load_fsdd(folder):
        if dataset.split_of(recording) == "train" and recording.speaker not in excluded:
            sounds.append((recording.digit, *read_audio(recording.path)))
    if commands:  # few, but each of another speaker
        sounds += COMMANDS_REPEATED * list(dataset.spoken_commands(commands))
    voices = [
        f"{accent}+{variant}" if variant else accent
        for accent in dataset.ACCENTS
        for variant in dataset.VARIANTS
    ]
    for voice in voices:
        rate = int(random.choice(dataset.SPEAKING_RATES))
        sounds += dataset.synthetic_words([voice], [rate], [int(random.integers(0, 4))])
    for rate in dataset.SPEAKING_RATES:  # the default voice at every rate
        sounds += dataset.synthetic_words(["en-us"], [rate], [0, 1])
    pool, digits = [], []
    for digit, samples, rate in sounds:
        variants = [log_mel(samples, rate)] + [_vary(samples, rate, random) for _ in range(VARIANTS)]
        pool.append([x for x in variants if len(x) >= 8])
        digits.append(digit)
    return pool, digits


def main() -> int:
    """Train, score and save."""
    parser = argparse.ArgumentParser(description="Train the digits network, 40-128-128-10.")
    parser.add_argument(
        "--data", required=True, help="a folder of FSDD recordings, {digit}_{speaker}_{index}.wav or .flac"
    )
    parser.add_argument(
        "--commands", help="a folder of Speech Commands with index.csv: its digits are trained on too"
    )
    parser.add_argument(
        "--out", default=WEIGHTS, help="weight file to write; its metadata goes beside it as .json"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--epochs",
        type=int,
        nargs=2,
        default=(FLOAT_EPOCHS, QUANTISED_EPOCHS),
        metavar=("FLOAT", "QUANTISED"),
    )
    parser.add_argument(
        "--exclude",
        nargs="*",
        default=(),
        help="leave these speakers out too and watch them, to choose settings",
    )
    arguments = parser.parse_args()
    start = time.monotonic()
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    torch.manual_seed(arguments.seed)
    random = _generator(arguments.seed, "batches")

    pool, digits = _training_pool(arguments.data, arguments.commands, arguments.seed, arguments.exclude)
    tests = {split: dataset.load_split(arguments.data, split) for split in dataset.SPLITS[1:]}
    tests["synthesised"] = ([], [])
    for digit, samples, rate in dataset.synthetic_words(dataset.DEV_VOICES, (130, 180), (0, 5)):
        tests["synthesised"][0].append(log_mel(samples, rate))
        tests["synthesised"][1].append(digit)
    watched = {"dev": tests["dev"], "synthesised": tests["synthesised"]}
    for speaker in arguments.exclude:
        chosen = [r for r in dataset.load_fsdd(arguments.data) if r.speaker == speaker]
        watched[speaker] = [log_mel(*read_audio(r.path)) for r in chosen], [r.digit for r in chosen]
    print(f"{len(pool)} utterances to train on, {time.monotonic() - start:.0f} s", flush=True)

    def watch(epoch, loss, seconds, average):
        scores = ", ".join(
            f"{name} {100 * _float_accuracy(average, *test):.2f} %" for name, test in watched.items()
        )
        print(f"epoch {epoch}: loss {loss:.4f}, {scores} ({seconds:.1f} s an epoch)", flush=True)

    network = Network()
    network = _fit(
        network, pool, digits, random, arguments.epochs[0], FLOAT_RATE, watch, arguments.epochs[0] // 3
    )
    scores = {split: {"float": _float_accuracy(network, *test)} for split, test in tests.items()}
    network.quantise()
    scores_now = {name: f"{100 * _float_accuracy(network, *test):.2f} %" for name, test in watched.items()}
    print(f"quantised, before fine tuning: {scores_now}; exponents {network.exponent}", flush=True)
    network = _fit(network, pool, digits, random, arguments.epochs[1], QUANTISED_RATE, watch, 0)
    net = network.integers()
    for split, test in tests.items():
        scores[split] |= accuracy(net, *test)
    for name, test in watched.items():
        if name not in scores:
            print(f"{name} (left out): {accuracy(net, *test)}")
    for split, score in scores.items():
        print(f"{split}: {score}")
    commands = {
        "name": "Google Speech Commands v0.02",
        "licence": "CC BY 4.0",
        "trained on": "digits of its split 'train'",
    }
    export.save(
        arguments.out,
        net,
        {
            "network": "digits, 40-128-128-10, 2 steps, frame recurrence",
            "labels": list(dataset.LABELS),
            "data": [
                {
                    "name": "Free Spoken Digit Dataset",
                    "licence": "CC BY-SA 4.0",
                    "trained on": "split 'train'",
                },
                *([commands] if arguments.commands else []),
                {
                    "name": "words synthesised with eSpeak NG (espeakng-loader)",
                    "licence": "the project's own speech",
                },
            ],
            "split": {
                "unseen speaker": f"every recording of {dataset.UNSEEN_SPEAKER}",
                "unseen": "other speakers, indices " + ", ".join(map(str, dataset.UNSEEN_INDICES)),
                "dev": "other speakers, indices " + ", ".join(map(str, dataset.DEV_INDICES)),
                "synthesised": "voices kept out of training: " + ", ".join(dataset.DEV_VOICES),
            },
            "scores": scores,
            "date": datetime.date.today().isoformat(),
            "seconds": round(time.monotonic() - start),
            "command": "python -m models.train.train_digits --data DIR"
            + (" --commands DIR" if arguments.commands else "")
            + f" --seed {arguments.seed} --epochs {arguments.epochs[0]} {arguments.epochs[1]}",
            "versions": {"torch": torch.__version__, "numpy": np.__version__},
        },
    )
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except ValueError as error:
        sys.exit(f"train_digits: {error}")
