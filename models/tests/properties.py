# SPDX-License-Identifier: Apache-2.0
"""What must hold of every network, as functions of a seed that raise AssertionError; see test_properties."""

from dataclasses import replace

import numpy as np

from models.compiler import compile_network
from models.formats import BuildConfig
from models.machine import Machine
from models.networks.random_net import random_frames, random_network
from models.networks.random_program import random_program
from models.tests.decompile import decompile
from models.tests.hand_programs import SMALL
from models.tests.slow_machine import SlowMachine
from models.tests.test_reference import gather

BUILD = BuildConfig(
    lanes=8, result_w=128, prog_depth=1024, wgt_depth=8192, mask_depth=1024, bias_depth=256, neur_depth=128,
    vec_depth=512,
)  # fmt: skip
FRAMES, BATCH = 5, 2


def drawn(seed, **modes):
    """A random network and frames for it."""
    rng = np.random.default_rng(seed)
    network = random_network(rng, BUILD, largest=20, **modes)
    return rng, network, random_frames(rng, network, FRAMES, BATCH)


def outcome(network, x):
    """(what the machine does, trace)."""
    images = compile_network(network, BUILD)
    trace = Machine(images).run(x)
    if not network.layers:  # then numbers are scored once a frame, whatever `merged` says
        network = replace(network, output=replace(network.output, merged=True))
    return gather(images, trace, network), trace


def check_same(a, b):
    """Spikes, membranes and scores of two Outcomes are equal."""
    for one, two in zip(
        (*a.spikes, *a.membranes, a.outputs), (*b.spikes, *b.membranes, b.outputs), strict=True
    ):
        assert np.array_equal(one, two)


class Shuffled(SlowMachine):
    """The scalar machine with the additions of each ACC in another order."""

    def __init__(self, images, config, rng):
        """`rng` makes the order."""
        super().__init__(images, config)
        self.rng, self.waiting = rng, None

    def add(self, *what):
        """Now, or when the ACC has no more."""
        if self.waiting is None:
            super().add(*what)
        else:
            self.waiting.append(what)

    def accumulate(self, word, offset):
        """All additions, then each in its turn."""
        self.waiting = []
        super().accumulate(word, offset)
        events, self.waiting = self.waiting, None
        for i in self.rng.permutation(len(events)):
            super().add(*events[i])


def event_order_is_irrelevant(seed):
    """Additions of an ACC in any order, and rows in any order."""
    rng = np.random.default_rng(seed)
    config = replace(SMALL, wgt_depth=64)
    images, x = random_program(rng, config, 2, 1)
    if len(Machine(images).sections[0].ops) < 40:  # the scalar machine is slow
        machines = SlowMachine(images, config), Shuffled(images, config, rng)
        for frame in x[0]:
            one, two = (machine.frame([int(e) for e in frame]) for machine in machines)
            assert one == two
    rng, network, x = drawn(seed)
    order = rng.permutation(network.n_inputs)

    def turned(w):
        return None if w is None else w[order]

    if network.layers:
        layer = network.layers[0]
        layer = replace(layer, w_in=turned(layer.w_in), mask_in=turned(layer.mask_in))
        other = replace(network, layers=(layer, *network.layers[1:]))
    else:
        out = network.output
        other = replace(network, output=replace(out, w=turned(out.w), mask=turned(out.mask)))
    check_same(outcome(network, x)[0], outcome(other, x[:, :, order])[0])


def skipping_equals_dense(seed):
    """Rows that are zero in every frame might as well not be there; their digits cost nothing."""
    rng, network, x = drawn(seed)
    zero = rng.random(network.n_inputs) < 0.5
    zero[0] = False
    if not network.in_min <= 0 <= network.in_max:
        return
    x = np.where(zero, 0, x)
    kept = np.flatnonzero(~zero)

    def less(w):
        return None if w is None else w[kept]

    if network.layers:
        layer = network.layers[0]
        layer = replace(layer, w_in=less(layer.w_in), mask_in=less(layer.mask_in))
        other = replace(network, n_inputs=len(kept), layers=(layer, *network.layers[1:]))
    else:
        out = replace(network.output, w=less(network.output.w), mask=less(network.output.mask))
        other = replace(network, n_inputs=len(kept), output=out)
    (a, trace), (b, shorter) = outcome(network, x), outcome(other, x[:, :, kept])
    check_same(a, b)
    for name in ("EVENTS0", "EVENTS1", "ROWS_READ", "ADDS", "GATED"):
        assert np.array_equal(trace.ledger[name], shorter.ledger[name]), name


def merged_is_the_sum_of_steps(seed):
    """y = y[0] + y[1] - bias: the bias counts once."""
    _, network, x = drawn(seed, steps=2, hidden=1 + seed % 2, merged=True, result="raw")
    both = replace(network, output=replace(network.output, merged=False))
    one, two = outcome(network, x)[0].outputs, outcome(both, x)[0].outputs
    assert np.array_equal(one[:, :, 0], two.sum(axis=2) - network.output.bias)


def mask_equals_zero_weights(seed):
    """The same weights with every mask taken away."""
    _, network, x = drawn(seed)
    layers = tuple(replace(layer, mask_in=None, mask_rec=None) for layer in network.layers)
    bare = replace(network, layers=layers, output=replace(network.output, mask=None))
    (a, trace), (b, dense) = outcome(network, x), outcome(bare, x)
    check_same(a, b)
    assert np.array_equal(trace.ledger["ADDS"], dense.ledger["ADDS"])


def recurrences_agree_at_one_step(seed):
    """T = 1: `frame` and `step` are one program."""
    _, network, x = drawn(seed, steps=1, recurrence="frame")
    other = replace(network, recurrence="step")
    one, two = compile_network(network, BUILD), compile_network(other, BUILD)
    assert one.program == two.program
    check_same(outcome(network, x)[0], outcome(other, x)[0])


def decompiling_undoes_compiling(seed):
    """Weights, neurons and modes come back from the images."""
    _, network, _ = drawn(seed)
    found = decompile(compile_network(network, BUILD))

    def same(name, got, wanted, shift, layer):
        got, wanted = (0 if w is None else w for w in (got, wanted))
        assert not np.any(got - wanted), name
        assert layer.shifts.get(name, shift) == shift

    for layer, got in zip(network.layers, found.layers, strict=False):
        same("w_in", got.w_in, layer.w_in, layer.shift_in, got)
        same("w_rec", got.w_rec, layer.w_rec, layer.shift_rec, got)
        assert np.array_equal(got.theta, layer.theta)
        assert np.array_equal(got.bias, layer.bias)
        assert (got.leak, got.soft) == (layer.leak, layer.soft)
    out, got = network.output, found.layers[-1]
    same("w_in", got.w_in, out.w, out.shift, got)
    assert np.array_equal(got.bias, out.bias)
    assert found.argmax == (out.result == "argmax")
    if found.signed is not None:
        assert found.signed == network.in_signed
    if network.layers:
        assert found.steps == network.steps
        recurs = any(layer.w_rec is not None and layer.w_rec.any() for layer in network.layers)
        if network.steps == 2 and recurs:
            assert found.by_step == (network.recurrence == "step")
        if network.steps == 2 and got.w_in is not None:
            assert found.merged == out.merged
