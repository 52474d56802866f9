# SPDX-License-Identifier: Apache-2.0
"""A recurrent layer of leaky integrate-and-fire neurons over an utterance, forward and backward.

Back propagation through time is written out, because PyTorch's own would keep every small tensor of every
step. What flows back is docs/training.md's: a triangle for the slope of a spike; nothing through the reset's
choice; a share of what goes round the recurrent loop; straight through the leak's floor and the membrane's
saturation.
"""

from functools import cache
from typing import NamedTuple

import torch

from .recipes import Recipe

MEMBRANE = (-32768.0, 32767.0)
FORGET = 15  # leak code: all of it is forgotten


class Surrogate(NamedTuple):
    """How spikes let the gradient through: a triangle `width` thresholds wide on each side of the threshold
    and `peak` high. Of the gradient by way of the layer's own weights, a share `loop` goes on: that is the
    way on which it grows from frame to frame."""

    width: float
    peak: float
    loop: float


DEFAULT = Surrogate(*Recipe.surrogate)


@cache
def half_is_fast() -> bool:
    """This processor multiplies matrices of bfloat16 in hardware, three to four times as fast."""
    return torch.cpu._is_avx512_bf16_supported()


def matmul(a: torch.Tensor, b: torch.Tensor, exact: bool = False) -> torch.Tensor:
    """a @ b in float32, from bfloat16 factors where that is fast and need not be exact."""
    if exact or not half_is_fast():
        return a @ b
    return (a.bfloat16() @ b.bfloat16()).float()


class Product(torch.autograd.Function):
    """a [..., k] @ b [k, n] through `matmul`; both gradients are never `exact`."""

    @staticmethod
    def forward(ctx, a, b, exact):
        """[..., n]."""
        ctx.save_for_backward(a, b)
        return matmul(a, b, exact)

    @staticmethod
    def backward(ctx, grad):
        """Gradients of a and b."""
        a, b = ctx.saved_tensors
        grad_a = matmul(grad, b.T) if ctx.needs_input_grad[0] else None
        rows = a.reshape(-1, a.shape[-1])
        return grad_a, matmul(rows.T, grad.reshape(-1, grad.shape[-1])), None


def keep_of(code: int) -> float:
    """The share of a membrane that leak code 0..15 keeps, as back propagation sees it."""
    return 1.0 if code == 0 else 0.0 if code == FORGET else 1.0 - 2.0**-code


class Neurons(torch.autograd.Function):
    """Recurrence by frame: step t of a frame sees the layer's own spikes of step t of the frame before.

    current [frames, steps or 1, batch, n] (1: the same for every step), recurrent [n, n] or None, theta [n],
    bias [n], keep (a scalar) -> spikes [frames, steps, batch, n]. code: None runs the float neuron, which
    keeps `keep` of its membrane; a leak code runs docs/numerics.md's integers, exact in float32.
    """

    @staticmethod
    def forward(ctx, current, recurrent, theta, bias, keep, steps, soft, code, surrogate):
        """Run the layer; keep what the way back needs."""
        frames, shared, batch, n = current.shape
        exact = code is not None
        half = not exact and half_is_fast()
        factor = keep_of(code) if exact else float(keep)
        spikes = torch.empty(frames, steps, batch, n)
        slope = torch.empty(frames, steps, batch, n)
        before = torch.empty(frames, steps, batch, n) if ctx.needs_input_grad[4] else None
        weights = recurrent if recurrent is None or not half else recurrent.bfloat16()
        inverse, v = 1.0 / theta, torch.zeros(batch, n)
        for f in range(frames):
            total = current[f] + bias
            if f and weights is not None:
                own = spikes[f - 1].reshape(steps * batch, n)
                fed = (own.bfloat16() @ weights).float() if half else own @ weights
                total = total + fed.view(steps, batch, n)
            for t in range(steps):
                if before is not None:
                    before[f, t] = v
                now = total[t if total.shape[0] > 1 else 0]
                if exact and 0 < code < FORGET:
                    p = (v - torch.floor(v * 2.0**-code)).add_(now).clamp_(*MEMBRANE)
                else:
                    p = torch.add(now, v, alpha=factor)
                    if exact:
                        p.clamp_(*MEMBRANE)
                s = spikes[f, t]
                torch.ge(p, theta, out=s)
                torch.mul(p, inverse, out=slope[f, t])
                v = p.addcmul_(s, theta if soft else p, value=-1.0)
        slope.sub_(1.0).abs_().mul_(-1.0 / surrogate.width).add_(1.0).clamp_(min=0.0)
        slope.mul_(surrogate.peak * inverse)
        ctx.save_for_backward(spikes, slope, recurrent, before)
        ctx.factor, ctx.soft, ctx.shared, ctx.loop = factor, soft, shared == 1, surrogate.loop
        return spikes

    @staticmethod
    def backward(ctx, grad_spikes):
        """Back propagation through time; gradients of current, recurrent, theta, bias and keep."""
        spikes, slope, recurrent, before = ctx.saved_tensors
        frames, steps, batch, n = spikes.shape
        half = half_is_fast()
        back = None if recurrent is None else (recurrent.bfloat16() if half else recurrent).T
        grad_p = torch.empty_like(spikes)
        grad_theta, carried = torch.zeros(batch, n), torch.zeros(batch, n)  # carried: gradient of v
        for f in reversed(range(frames)):
            grad_s = grad_spikes[f]
            if back is not None and f + 1 < frames:
                later = grad_p[f + 1].reshape(steps * batch, n)
                fed = (later.bfloat16() @ back).float() if half else later @ back
                grad_s = torch.add(grad_s, fed.view(steps, batch, n), alpha=ctx.loop)
            for t in reversed(range(steps)):
                through = grad_s[t] * slope[f, t]
                grad_theta -= through
                if ctx.soft:
                    grad_theta.addcmul_(carried, spikes[f, t], value=-1.0)
                else:
                    carried = carried.addcmul(carried, spikes[f, t], value=-1.0)
                carried = torch.add(carried, through, out=grad_p[f, t]) * ctx.factor
        grad_recurrent = None
        if recurrent is not None:
            grad_recurrent = matmul(spikes[:-1].reshape(-1, n).T, grad_p[1:].reshape(-1, n))
        grad_current = grad_p.sum(dim=1, keepdim=True) if ctx.shared else grad_p
        grad_keep = None if before is None else (grad_p * before).sum()
        grad_bias = grad_p.sum(dim=(0, 1, 2))
        grads = grad_current, grad_recurrent, grad_theta.sum(dim=0), grad_bias, grad_keep
        return *grads, None, None, None, None


def run(
    current, recurrent, theta, bias, keep, steps: int, by_step: bool, soft: bool, code=None, surrogate=DEFAULT
):
    """`Neurons` with either recurrence; by_step: a step sees the layer's own spikes of the step before it."""
    if not by_step or steps == 1:
        return Neurons.apply(current, recurrent, theta, bias, keep, steps, soft, code, surrogate)
    frames, _, batch, n = current.shape
    unrolled = current.expand(frames, steps, batch, n).reshape(frames * steps, 1, batch, n)
    spikes = Neurons.apply(unrolled, recurrent, theta, bias, keep, 1, soft, code, surrogate)
    return spikes.view(frames, steps, batch, n)
