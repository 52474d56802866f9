# SPDX-License-Identifier: Apache-2.0
"""Where the compiler puts weights and masks: rows dropped, pieces dealt to the banks."""

from dataclasses import replace

import numpy as np

from models import storage
from models.compiler import compile_network
from models.descriptors import Acc, Fire
from models.formats import REFERENCE, BuildConfig, Kind
from models.networks import digits, r0
from models.tests.hand_networks import kept_rows, layer, network, output, straight


def test_rows_pruned_in_a_whole_tile_are_dropped_and_ranked():
    rng = np.random.default_rng(5)
    rows, n = 300, 40
    keep = np.repeat(rng.random((rows, 3)) < 0.5, 16, axis=1)[:, :n]
    keep[7, 20] = True  # one column is enough to keep a row of a tile
    w = rng.integers(-8, 8, (rows, n)).astype(np.int8) * keep
    net = network(
        layer("h1", 40, rows), out=replace(output(rows, n), w=w.astype(np.int8), mask=keep, merged=False)
    )
    images = compile_network(net, BuildConfig(lanes=16, wgt_depth=20000, prog_depth=2000, neur_depth=256))
    accs = [d for d in straight(images) if isinstance(d, Acc)][-3:]
    for tile, d in enumerate(accs):
        columns = slice(16 * tile, min(n, 16 * tile + 16))
        kept = np.flatnonzero(keep[:, columns].any(1))
        assert d.masked
        assert d.len == rows
        assert np.array_equal(kept_rows(images, d), kept)
        stored = images.weights[d.bank][d.wgt : d.wgt + len(kept)]
        assert np.array_equal(stored[:, : w[:, columns].shape[1]], w[kept, columns])
        assert not stored[:, w[:, columns].shape[1] :].any()


def test_scattered_pruning_drops_no_row_and_takes_no_mask():
    mask = np.ones((8, 4), bool)
    mask[0, 0] = False
    net = network(
        layer("h1", 40, 8), out=replace(output(8, 4), w=mask.astype(np.int8), mask=mask, merged=False)
    )
    images = compile_network(net, REFERENCE)
    assert not any(d.masked for d in straight(images) if isinstance(d, Acc))
    assert [len(m) for m in images.masks] == [0, 0]


def test_a_tile_without_rows_has_no_acc():
    gone = np.zeros((8, 4), bool)
    net = network(layer("h1", 40, 8), out=replace(output(8, 4), w=np.zeros((8, 4), np.int8), mask=gone))
    program = straight(compile_network(net, REFERENCE))
    assert sum(isinstance(d, Acc) for d in program) == 2
    assert sum(isinstance(d, Fire) and d.kind == Kind.RAW for d in program) == 1


def test_pieces_do_not_overlap_and_fill_the_banks():
    for images in (compile_network(r0(), REFERENCE), compile_network(digits(), REFERENCE)):
        used = [np.zeros(len(w), int) for w in images.weights]
        places = {(d.bank, d.wgt, len(kept_rows(images, d))) for d in straight(images) if isinstance(d, Acc)}
        for bank, first, count in places:
            used[bank][first : first + count] += 1
        assert all((u == 1).all() for u in used)


def test_banks_are_balanced():
    images = compile_network(r0(), REFERENCE)
    assert abs(len(images.weights[0]) - len(images.weights[1])) < 128


def test_a_matrix_too_large_for_a_bank_is_dealt_tile_by_tile():
    pieces = storage.cut("layer h: w", 3, np.ones((60, 24), np.int8), None, 8)
    weights, _ = storage.place([pieces], BuildConfig(lanes=8, result_w=128, wgt_depth=120))
    assert [len(w) for w in weights] == [120, 60]
