# SPDX-License-Identifier: Apache-2.0
"""The written-out way back through the neurons against PyTorch's own, step by step. Needs PyTorch."""

import pytest

from models.tests.pytorch import torch

if torch is None:
    pytest.skip("PyTorch is not installed", allow_module_level=True)

from models.train import neurons
from models.train.network import Network, Shape
from models.train.neurons import Surrogate


class Spike(torch.autograd.Function):
    """A spike with a triangle for a slope, for p / theta - 1."""

    @staticmethod
    def forward(ctx, x, width, peak):
        """1 where x reaches 0."""
        ctx.save_for_backward(x)
        ctx.width, ctx.peak = width, peak
        return (x >= 0).double()

    @staticmethod
    def backward(ctx, grad):
        """The triangle."""
        (x,) = ctx.saved_tensors
        return grad * ctx.peak * (1.0 - x.abs() / ctx.width).clamp(min=0.0), None, None


def plain(current, recurrent, theta, bias, keep, steps, by_step, soft, _code, surrogate):
    """The same neurons, one step at a time, for PyTorch to find the way back."""
    frames, _, batch, n = current.shape
    v, rows = torch.zeros(batch, n), []
    last = [torch.zeros(batch, n)] * steps
    for f in range(frames):
        row = []
        for t in range(steps):
            own = (row[t - 1] if t else last[-1]) if by_step else last[t]
            p = v * keep + current[f, t if current.shape[1] > 1 else 0] + bias
            if recurrent is not None:
                # as it is going forward, a share `loop` of the gradient going back
                own = surrogate.loop * own + (1.0 - surrogate.loop) * own.detach()
                p = p + own @ recurrent
            # the slope by theta is that at the threshold: d(p / theta - 1) = -1 / theta there
            s = Spike.apply((p - theta) / theta.detach(), surrogate.width, surrogate.peak)
            v = p - s.detach() * theta if soft else p * (1 - s.detach())
            row.append(s)
        rows.append(torch.stack(row))
        last = row
    return torch.stack(rows)


@pytest.mark.parametrize("surrogate", [neurons.DEFAULT, Surrogate(1.25, 0.75, 0.25)])
@pytest.mark.parametrize("soft", [True, False])
@pytest.mark.parametrize(
    "steps,by_step,shared", [(1, False, True), (2, False, True), (2, False, False), (2, True, True)]
)
def test_gradients_are_those_of_the_steps(monkeypatch, steps, by_step, shared, soft, surrogate):
    """Every gradient of a random sum of the spikes, in float64, with and without recurrence."""
    monkeypatch.setattr(neurons, "half_is_fast", lambda: False)
    default = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        draw = torch.Generator().manual_seed(1)
        n, frames, batch = 7, 6, 3

        def random(*shape):
            return torch.randn(shape, generator=draw)

        parts = [
            0.6 * random(frames, 1 if shared else steps, batch, n) + 0.3, 0.5 * random(n, n),
            0.7 + 0.3 * random(n).abs(), 0.1 * random(n), torch.tensor(0.75),
        ]  # fmt: skip
        weight = random(frames, steps, batch, n)
        for recurrent in (True, False):
            found = []
            for run in (neurons.run, plain):
                leaves = [part.clone().requires_grad_() for part in parts]
                given = [x if recurrent or i != 1 else None for i, x in enumerate(leaves)]
                spikes = run(*given, steps, by_step, soft, None, surrogate)
                (spikes * weight).sum().backward()
                found.append(
                    (spikes.detach(), [x.grad for i, x in enumerate(leaves) if given[i] is not None])
                )
            assert torch.equal(found[0][0], found[1][0]) and 0.05 < float(found[0][0].mean()) < 0.95
            for mine, theirs in zip(found[0][1], found[1][1], strict=True):
                assert theirs.abs().max() > 0
                assert torch.allclose(mine, theirs, rtol=1e-9, atol=1e-12)
    finally:
        torch.set_default_dtype(default)


def test_folding_keeps_the_outputs(monkeypatch):
    """A normalised network, seen by its means, and the same with the normalisation folded in."""
    monkeypatch.setattr(neurons, "half_is_fast", lambda: False)
    network = Network(Shape(40, (12, 10), 3), 1, normalised=True)
    x = torch.rand(30, 8, 40, generator=torch.Generator().manual_seed(1)) * 127
    with torch.no_grad():
        for k in (1, 2):
            getattr(network, f"theta_{k}").fill_(0.3)
    network.train()
    for _ in range(60):
        network(x)
    network.eval()
    with torch.no_grad():
        before, layers = network(x)
        network.fold()
        after, _ = network(x)
    assert not network.normalised and float(layers[1].mean()) > 0.01
    assert (
        (before - after).abs() < 1e-4
    ).float().mean() > 0.99  # a sum at the threshold may round either way
