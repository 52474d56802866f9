# SPDX-License-Identifier: Apache-2.0
"""Machine (compiled program, events) against reference (matrix algebra) on random small networks."""

import zlib
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from models import reference
from models.compiler import compile_network
from models.formats import BuildConfig, Kind
from models.machine import Machine
from models.network import LifLayer, Network, OutputLayer

ROOMY = {"prog_depth": 1024, "wgt_depth": 16384, "mask_depth": 1024, "bias_depth": 512, "neur_depth": 512}


def build(lanes, result_w=None):
    """A build with room for any test network."""
    width = result_w or min(512, 32 * lanes)
    return BuildConfig(lanes=lanes, result_w=width, vec_depth=2048 // (width // 32), **ROOMY)


def draw_weights(rng, rows, columns, mask):
    """int8 weights and a mask: None, "tile" (whole rows of 128-column blocks) or "fine" (single weights)."""
    w = rng.integers(-8, 8, (rows, columns)).astype(np.int8)
    if mask is None:
        return w, None
    keep = rng.random((rows, columns)) < 0.4
    if mask == "tile":
        keep = np.repeat(rng.random((rows, -(-columns // 128))) < 0.4, 128, axis=1)[:, :columns]
    return np.where(keep, w, 0).astype(np.int8), keep


def draw_network(
    rng, sizes, *, steps=2, recurrence="frame", soft=True, merged=True, result="raw", mask=None, **kw
):
    """A random network of `sizes` (inputs, hidden ..., outputs) in which a good part of the neurons fires."""
    signed = kw.get("signed", True)
    layers = []
    for i, (rows, n) in enumerate(pairwise(sizes[:-1])):
        w_in, mask_in = draw_weights(rng, rows, n, mask)
        w_rec, mask_rec = draw_weights(rng, n, n, mask) if kw.get("recurrent", True) else (None, None)
        scale = 300 * rows**0.5 if i == 0 else 8 * rows**0.5
        layers.append(
            LifLayer(
                name=f"h{i}",
                w_in=w_in,
                w_rec=w_rec,
                mask_in=mask_in,
                mask_rec=mask_rec,
                shift_in=kw.get("shift", int(rng.integers(0, 3))),
                shift_rec=int(rng.integers(0, 4)),
                theta=rng.integers(1, max(3, min(32767, int(2 * scale))), n).astype(np.int32),
                bias=rng.integers(-int(scale) - 1, int(2 * scale) + 2, n).astype(np.int32),
                leak=kw.get("leak", int(rng.integers(0, 16))),
                soft=soft,
            )
        )
    w, keep = draw_weights(rng, sizes[-2], sizes[-1], mask)
    bias = rng.integers(-3, 4, sizes[-1]).astype(np.int32) * kw.get("bias_scale", 1)
    output = OutputLayer("out", w, keep, bias, int(rng.integers(0, 4)), merged, result)
    low, high = (-128, 127) if signed else (0, 255)
    return Network("random", sizes[0], signed, low, high, steps, recurrence, tuple(layers), output)


def draw_frames(rng, network, batch, count):
    """Numbers of the network's range, a third of them zero."""
    x = rng.integers(network.in_min, network.in_max + 1, (batch, count, network.n_inputs))
    return np.where(rng.random(x.shape) < 0.33, 0, x).astype(np.int16)


def gather(images, trace, network):
    """The trace in the shape of `reference.Outcome`, by the compiler's layout; every value must be written
    once.
    """
    chunk, (batch, count) = images.layout.chunk, trace.alive.shape
    shape = (batch, count, network.steps)
    out_steps = 1 if network.output.merged else network.steps
    spikes = [np.zeros((*shape, layer.n), np.uint8) for layer in network.layers]
    membranes = [np.zeros((*shape, layer.n), np.int16) for layer in network.layers]
    outputs = np.zeros((batch, count, out_steps, network.output.n), np.int32)
    index, score = np.zeros((2, batch, count, out_steps), np.int64)
    written = [np.zeros((count, network.steps, layer.n), int) for layer in network.layers]
    written_out = np.zeros((count, out_steps, network.output.n), int)
    for f in range(count):
        for i in trace.sites_of(f):
            site = trace.fires[i]
            if site.kind == Kind.LIF:
                place = next(p for p in images.layout.layers if p.tag == site.tag)
                base, steps = (site.neu - place.neu) * chunk, slice(site.bit0, site.bit0 + site.steps)
                mine = slice(base, base + site.n)
                spikes[site.tag][:, f, steps, mine] = trace.spikes(i)[:, f]
                membranes[site.tag][:, f, steps, mine] = trace.membranes(i)[:, f]
                written[site.tag][f, steps, mine] += 1
            else:
                mine = slice(site.dst * chunk, site.dst * chunk + site.n)
                outputs[:, f, : site.steps, mine] = trace.results(i)[:, f]
                written_out[f, : site.steps, mine] += 1
                if site.kind == Kind.ARGMAX and site.last:
                    index[:, f], score[:, f] = (a[:, f] for a in trace.argmax(i))
    assert all((w == 1).all() for w in (*written, written_out))
    return reference.Outcome(spikes, membranes, outputs, index, score)


def check_ledger(trace, machine):
    """The identities of ledger.md, and what the spikes themselves say."""
    ledger = trace.ledger
    rows = np.zeros(trace.alive.shape, int)
    for f in range(trace.frames):
        ops = machine.sections[trace.section[f]].ops
        rows[:, f] = sum(getattr(op, "length", 0) for op in ops)
    assert np.array_equal(
        ledger["ROWS_READ"] + ledger["ROWS_ZERO"] + ledger["ROWS_MASKED"], rows * trace.alive
    )
    events = ledger["EVENTS0"] + ledger["EVENTS1"]
    assert np.array_equal(ledger["ADDS"] + ledger["GATED"], machine.config.lanes * events)
    assert np.array_equal(ledger["FRAMES"], trace.alive)
    assert (ledger["ROWS_READ"] <= events).all()
    assert ((trace.events >= (events + 1) // 2) & (trace.events <= events)).all()


def check(network, config, rng, batch=3, count=5, lengths=None):
    """Compile, run both, compare everything. Returns the reference's outcome and the trace."""
    images = compile_network(network, config)
    machine = Machine(images, config)
    machine.check()
    frames = draw_frames(rng, network, batch, count)
    trace = machine.run(frames, lengths)
    got, want = gather(images, trace, network), reference.run(network, frames, lengths)
    for k in range(len(network.layers)):
        assert np.array_equal(got.spikes[k], want.spikes[k]), f"spikes of layer {k}"
        assert np.array_equal(got.membranes[k], want.membranes[k]), f"membranes of layer {k}"
        assert np.array_equal(trace.ledger["SPIKES"][:, :, k], want.spikes[k].sum(axis=(2, 3), dtype=int))
    assert np.array_equal(got.outputs, want.outputs)
    words = network.output.n * want.outputs.shape[2]
    if network.output.result == "argmax":
        assert np.array_equal(got.index, want.index)
        assert np.array_equal(got.score, want.score)
        words = want.outputs.shape[2]
    assert np.array_equal(trace.ledger["RESULTS"], words * trace.alive)
    check_ledger(trace, machine)
    return want, trace


def seeded(*what):
    """A generator that depends on the case, not on the order of the tests."""
    return np.random.default_rng(zlib.crc32(repr(what).encode()))


@pytest.mark.parametrize("mask", [None, "tile", "fine"])
@pytest.mark.parametrize("result", ["raw", "argmax"])
@pytest.mark.parametrize("merged", [True, False])
@pytest.mark.parametrize("soft", [True, False])
@pytest.mark.parametrize(("steps", "recurrence"), [(1, "frame"), (1, "step"), (2, "frame"), (2, "step")])
def test_every_mode(steps, recurrence, soft, merged, result, mask):
    rng = seeded(steps, recurrence, soft, merged, result, mask)
    network = draw_network(
        rng,
        (10, 33, 20, 41),
        steps=steps,
        recurrence=recurrence,
        soft=soft,
        merged=merged,
        result=result,
        mask=mask,
    )
    want, _ = check(network, build(16), rng)
    assert all(0.02 < s.mean() < 0.98 for s in want.spikes), "the case proves little"


SIZES = [
    (1, 1, 1),
    (1, 127, 128),
    (127, 128, 129),
    (128, 129, 127),
    (129, 1, 300),
    (300, 300, 1),
    (40, 128, 128, 129),
]


@pytest.mark.parametrize("lanes", [8, 64, 128])
@pytest.mark.parametrize("sizes", SIZES)
def test_sizes_and_lanes(sizes, lanes):
    for number, (steps, recurrence) in enumerate([(2, "frame"), (2, "step"), (1, "frame")]):
        rng = seeded(sizes, lanes, steps, recurrence)
        network = draw_network(
            rng,
            sizes,
            steps=steps,
            recurrence=recurrence,
            mask=(None, "tile", "fine")[number],
            merged=number != 1,
        )
        check(network, build(lanes), rng, batch=2, count=4)


@pytest.mark.parametrize("result_w", [128, 256, 512])
def test_result_widths(result_w):
    rng = seeded("width", result_w)
    check(draw_network(rng, (20, 50, 50), result="argmax"), build(32, result_w), rng)


@pytest.mark.parametrize("leak", range(16))
def test_leak_codes(leak):
    rng = seeded("leak", leak)
    check(draw_network(rng, (12, 30, 30, 9), leak=leak), build(32), rng, count=12)


@pytest.mark.parametrize("signed", [True, False])
@pytest.mark.parametrize("recurrent", [True, False])
def test_inputs_and_recurrence(signed, recurrent):
    rng = seeded("inputs", signed, recurrent)
    check(draw_network(rng, (30, 40, 40, 12), signed=signed, recurrent=recurrent), build(64), rng)


@pytest.mark.parametrize("recurrence", ["frame", "step"])
def test_ragged_lengths_equal_single_runs(recurrence):
    rng = seeded("ragged", recurrence)
    network = draw_network(rng, (10, 40, 20), recurrence=recurrence, result="argmax", merged=False)
    lengths = [7, 0, 3, 1]
    check(network, build(8), rng, batch=4, count=7, lengths=lengths)
    machine, frames = Machine(compile_network(network, build(8))), draw_frames(rng, network, 4, 7)
    together = machine.run(frames, lengths)
    for b, length in enumerate(lengths):
        alone = machine.run(frames[b : b + 1, :length])
        for name, amounts in alone.ledger.items():
            assert np.array_equal(amounts[0], together.ledger[name][b, :length]), name
            assert not together.ledger[name][b, length:].any()
        assert np.array_equal(alone.events[0], together.events[b, :length])


def test_saturating_membranes_are_reached():
    rng = seeded("saturate")
    network = draw_network(rng, (40, 64, 32), shift=7, leak=0)
    want, _ = check(network, build(64), rng, count=10)
    assert (want.membranes[0] == -32768).any()


def test_argmax_ties_across_tiles():
    rng = seeded("ties")
    network = draw_network(rng, (10, 12, 60), result="argmax")
    tied = replace(network.output, w=np.zeros_like(network.output.w), bias=np.array([1, 5, 5] * 20, np.int32))
    want, _ = check(replace(network, output=tied), build(8), rng)
    assert (want.index == 1).all()
    assert (want.score == 5).all()


def test_the_comparison_can_fail():
    """One weight wrong by one in the images is found."""
    rng = seeded("wrong")
    network = draw_network(rng, (10, 30, 20))
    images, frames = compile_network(network, build(32)), draw_frames(rng, network, 2, 6)
    right = gather(images, Machine(images).run(frames), network)
    bank = images.weights[0]
    bank[:, 0] = np.where(bank[:, 0] > 0, bank[:, 0] - 1, bank[:, 0] + 1)
    wrong = gather(images, Machine(images).run(frames), network)
    assert not all(
        np.array_equal(a, b) for a, b in zip(right.membranes, wrong.membranes, strict=True)
    ) or not (np.array_equal(right.outputs, wrong.outputs))


def hand_network(**changes):
    """One input, one neuron, one score; every number below can be followed on paper."""
    layer = LifLayer(
        name="h",
        w_in=np.array([[3]], np.int8),
        w_rec=np.array([[-2]], np.int8),
        mask_in=None,
        mask_rec=None,
        shift_in=0,
        shift_rec=1,
        theta=np.array([10], np.int32),
        bias=np.array([1], np.int32),
        leak=1,
        soft=True,
    )
    output = OutputLayer("y", np.array([[5]], np.int8), None, np.array([-1], np.int32), 1, True, "raw")
    return replace(Network("hand", 1, True, -128, 127, 2, "frame", (layer,), output), **changes)


@pytest.mark.parametrize(
    ("recurrence", "frames", "membranes", "spikes", "outputs"),
    [
        # x = 3: I = 9. Step 0: 0 + 9 + 1 = 10 >= 10 fires, v = 0; step 1 the same. y = 5 * 2 * 2 - 1 = 19.
        # x = 3 again: both steps see their own last spike, -2 * 2: 6, then 6 - 3 + 9 - 4 + 1 = 9. y = -1.
        # x = -4, nothing to see: 9 - 4 - 12 + 1 = -6; then -6 - (-3) - 12 + 1 = -14.
        ("frame", [3, 3, -4], [[0, 0], [6, 9], [-6, -14]], [[1, 1], [0, 0], [0, 0]], [19, -1, -1]),
        # step: frame 0 fires in step 0; step 1 sees it: 0 + 9 - 4 + 1 = 6. y = 9.
        # frame 1: step 0 sees step 1 of frame 0, none: 6 - 3 + 9 + 1 = 13 fires, v = 3;
        # step 1: 3 - 1 + 9 - 4 + 1 = 8.
        ("step", [3, 3], [[0, 6], [3, 8]], [[1, 0], [1, 0]], [9, 9]),
    ],
)
def test_by_hand(recurrence, frames, membranes, spikes, outputs):
    network = hand_network(recurrence=recurrence)
    x = np.array(frames, np.int16).reshape(1, -1, 1)
    images = compile_network(network, build(8))
    for got in (reference.run(network, x), gather(images, Machine(images).run(x), network)):
        assert got.membranes[0][0, :, :, 0].tolist() == membranes
        assert got.spikes[0][0, :, :, 0].tolist() == spikes
        assert got.outputs[0, :, 0, 0].tolist() == outputs


def test_reference_refuses_the_wrong_width():
    with pytest.raises(ValueError, match="frames must be"):
        reference.run(hand_network(), np.zeros((1, 1, 2), np.int16))
