# SPDX-License-Identifier: Apache-2.0
"""The constants of a node that spikes: threshold, what a step keeps of the membrane, weight of a current."""

import nir
import numpy as np

from models.nir_import.float_chain import retained

FLOAT32 = 1e-5  # relative: what float32 may have done to a time constant or a gain


class Refusal(ValueError):
    """The machine cannot run this; one line that names the node."""


def per_element(where: str, what: str, value: np.ndarray, n: int) -> np.ndarray:
    """A parameter as float64 [n]: one number stands for all."""
    value = np.asarray(value, np.float64)
    if value.size not in (1, n):
        raise Refusal(f"{where}: {what} has shape {value.shape}, want one number or {n}")
    return np.broadcast_to(value.reshape(-1), (n,)).copy()


def _one(where: str, what: str, values: np.ndarray) -> float:
    """The number that all neurons share."""
    low, high = float(values.min()), float(values.max())
    if high - low > FLOAT32 * abs(high):
        raise Refusal(
            f"{where}: {what} differs between its neurons ({low:g} to {high:g}), the machine has one a layer"
        )
    return high


def _leak(where: str, tau: np.ndarray, dt: float, tolerance: float) -> tuple[float, int]:
    """(beta, code) for v <- beta v; Refusal when no code is within the tolerance."""
    if not (tau > 0).all():
        raise Refusal(f"{where}: tau must be above 0")
    share = _one(where, "tau", dt / tau)
    beta = 1 - share
    if share > 1 + FLOAT32:
        raise Refusal(f"{where}: tau is {dt / share:g} s, shorter than a step of {dt:g} s; another --dt?")
    code = min(range(16), key=lambda k: abs(retained(k) - beta))
    off = abs(retained(code) - beta)
    if off <= FLOAT32 * max(share, 2.0**-14):
        return retained(code), code
    if off > tolerance:
        form = {0: "1", 15: "0"}.get(code, f"1 - 2^-{code} = {retained(code):g}")
        raise Refusal(
            f"{where}: keeps {beta:.6g} of its membrane in a step of {dt:g} s; the machine's nearest is "
            f"{form}, off by {off:.2g}; --leak-tolerance {float(f'{off * 1.05:.2g}'):g} takes it, "
            "or is it another --dt?"
        )
    return beta, code


def _gain(where: str, r: np.ndarray, share: np.ndarray) -> np.ndarray:
    """r dt / tau, a power of two where only float32 is in the way.

    Where r and tau are both infinite, as snnTorch writes a beta of 1, it is 1.
    """
    with np.errstate(invalid="ignore"):
        gain = np.where(np.isinf(r) & (share == 0), 1.0, r * share)
    if not np.isfinite(gain).all() or (gain == 0).any():
        raise Refusal(f"{where}: r and tau give its current no finite weight other than 0")
    near = np.sign(gain) * 2.0 ** np.rint(np.log2(np.abs(gain)))
    return np.where(np.abs(gain - near) <= FLOAT32 * np.abs(near), near, gain)


def neurons(
    where: str, node: nir.NIRNode, n: int, dt: float, tolerance: float
) -> tuple[np.ndarray, np.ndarray, float, int]:
    """(gain [n], threshold [n], beta, code) of a node that spikes."""
    if isinstance(node, nir.Threshold):
        return np.ones(n), per_element(where, "threshold", node.threshold, n), 0.0, 15
    threshold = per_element(where, "v_threshold", node.v_threshold, n)
    reset = per_element(where, "v_reset", node.v_reset, n)
    r = per_element(where, "r", node.r, n)
    if reset.any():
        raise Refusal(
            f"{where}: v_reset is {reset[reset != 0][0]:g}, the machine resets to 0 or by the threshold"
        )
    if isinstance(node, nir.IF):
        if (r == 0).any() or not np.isfinite(r).all():
            raise Refusal(f"{where}: r must be finite and other than 0")
        return r, threshold, 1.0, 0
    if (leak := per_element(where, "v_leak", node.v_leak, n)).any():
        raise Refusal(f"{where}: v_leak is {leak[leak != 0][0]:g}, the machine leaks towards 0")
    gain = np.ones(n)
    if isinstance(node, nir.CubaLIF):
        synapse = per_element(where, "tau_syn", node.tau_syn, n)
        if (np.abs(dt / np.where(synapse == 0, np.inf, synapse) - 1) > FLOAT32).any():
            raise Refusal(
                f"{where}: its synapse has a memory (tau_syn {synapse[0]:g} s, step {dt:g} s), "
                "the machine's has none"
            )
        gain = _gain(where, per_element(where, "w_in", node.w_in, n), np.ones(n))
        tau = per_element(where, "tau_mem", node.tau_mem, n)
    else:
        tau = per_element(where, "tau", node.tau, n)
    beta, code = _leak(where, tau, dt, tolerance)
    return gain * _gain(where, r, dt / tau), threshold, beta, code
