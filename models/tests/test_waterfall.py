# SPDX-License-Identifier: Apache-2.0
"""The waterfall gives S0's printed figures from S0's shapes, and its counted step is what a ledger holds."""

import numpy as np
import pytest

from models import waterfall
from models.compiler import CompileError, compile_network
from models.formats import REFERENCE, BuildConfig, Kind
from models.machine import Machine
from models.networks.r0 import r0
from models.tests.hand_networks import layer, network, output
from models.waterfall import S0_BYTES, S0_MMACS, Shape

DEEP = BuildConfig(wgt_depth=4096)


def test_the_arithmetic_gives_the_papers_figures():
    steps = waterfall.from_shapes((256, 256), r0(), 128)
    assert list(steps) == list(S0_MMACS)
    for name, value in S0_MMACS.items():
        assert steps[name] == pytest.approx(value, abs=0.1), name
    assert waterfall.dense_bytes(Shape(40, 256, 256, 1920)) == pytest.approx(S0_BYTES[0], rel=0.002)
    # 40 % exactly, which 51 of 128 rows come near
    assert Shape(40, 128, 128, 1920, 0.6).weights() / 2 == pytest.approx(S0_BYTES[1], rel=0.01)


@pytest.mark.parametrize(
    ("net", "message"),
    [
        (network(layer("h1", 40, 8), out=output(8, 3)), "want two recurrent layers, as S0 has"),
        (
            network(layer("h1", 40, 8), layer("h2", 8, 8, rec=False), out=output(8, 8)),
            "want two recurrent layers",
        ),
        (
            network(layer("h1", 40, 8), layer("h2", 8, 8), out=output(8, 10)),
            "a width of 10 leaves lanes of a tile idle",
        ),
    ],
)
def test_only_s0s_shape_has_a_waterfall(net, message):
    with pytest.raises(ValueError, match=message):
        waterfall.from_shapes((256, 256), net, 8)


def test_work_is_counted_in_every_lane_of_a_tile():
    ledger = {"FRAMES": 4, "ADDS": 300, "GATED": 100}
    assert waterfall.counted(ledger) == pytest.approx({"zeros skipped": 0.01, "zero weights gated": 0.0075})


@pytest.mark.parametrize("steps", [1, 2])
@pytest.mark.parametrize("recurrence", ["frame", "step"])
@pytest.mark.parametrize("width", [8, 200])
def test_bit_planes_change_the_events_and_nothing_else(steps, recurrence, width):
    rng = np.random.default_rng(width + steps)
    layers = [
        layer("h1", 40, width, w_in=rng.integers(-8, 8, (40, width), dtype=np.int8), shift_in=1),
        layer("h2", width, 8, theta=np.full(8, 3, np.int32)),
    ]
    net = network(
        *layers, out=output(8, 3), steps=steps, recurrence=recurrence, in_signed=False, in_min=0, in_max=127
    )
    frames = rng.integers(0, 128, (2, 6, 40), dtype=np.int16)
    digits_run = Machine(compile_network(net, DEEP)).run(frames)
    planes_run = Machine(compile_network(net, DEEP, bit_planes=True)).run(frames)
    fired = 0
    for i, site in enumerate(digits_run.fires):
        read = digits_run.spikes if site.kind == Kind.LIF else digits_run.results
        again = planes_run.spikes if site.kind == Kind.LIF else planes_run.results
        assert np.array_equal(read(i), again(i)), site
        fired += int(read(i).any())
    assert fired == len(digits_run.fires) > 0
    events = [run.ledger["EVENTS0"] + run.ledger["EVENTS1"] for run in (digits_run, planes_run)]
    passes = -(-width // 128) * (steps if recurrence == "step" and width > 128 else 1)
    ones = np.bitwise_count(frames.astype(np.uint8)).sum(axis=2).astype(np.int64)
    tables = 3 * frames.astype(np.int64)
    nonzero = np.bitwise_count(tables ^ frames).sum(axis=2).astype(np.int64)
    assert np.array_equal(events[1] - events[0], passes * (ones - nonzero))


@pytest.mark.parametrize(
    ("net", "message"),
    [
        (
            network(layer("h1", 40, 8), out=output(8, 3)),
            "bit planes hold numbers of 0..255, the input is -128",
        ),
        (
            network(layer("h1", 40, 8, shift_in=2), out=output(8, 3), in_min=0),
            "bit planes need a shift of 8 for the highest, an ACC has up to 7",
        ),
        (network(out=output(40, 3), in_min=0), "bit planes need a hidden layer"),
    ],
)
def test_networks_that_bit_planes_cannot_feed_are_refused(net, message):
    with pytest.raises(CompileError, match=message):
        compile_network(net, REFERENCE, bit_planes=True)


def test_a_row_of_a_tile_is_kept_as_long_as_one_weight_of_it_is():
    mask = np.zeros((2, 16), bool)
    mask[0, 3] = mask[1, 12] = mask[1, 9] = True
    net = network(layer("h1", 40, 2), out=output(2, 16, w=mask.astype(np.int8), mask=mask))
    assert waterfall.kept_share(net, 8) == 0.5
    assert waterfall.kept_share(net, 16) == 1.0
    assert waterfall.kept_share(network(layer("h1", 40, 2), out=output(2, 16)), 8) == 1.0
