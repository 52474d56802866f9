# SPDX-License-Identifier: Apache-2.0
"""The compiler: what it refuses and in which words, where it puts things, and the schedule of the
worked listings.

That compiled programs compute the network is shown by the tests that run them on the model.
"""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from models import loops, storage
from models.compiler import CompileError, compile_network
from models.formats import (
    REFERENCE,
    Acc,
    BuildConfig,
    Descriptor,
    End,
    Fire,
    Frame,
    Images,
    Kind,
    Load,
    Loop,
)
from models.listing import listing
from models.network import LifLayer, Network, OutputLayer
from models.networks import by_name, digits, r0
from models.networks.random_net import random_frames, random_network
from models.proof import LIMIT, digit_sum_max


def layer(name: str, rows: int, n: int, *, rec: bool = True, weight: int = 1, **fields) -> LifLayer:
    """A layer of equal weights; `fields` replace others."""
    plain = LifLayer(
        name=name, w_in=np.full((rows, n), weight, np.int8), w_rec=np.full((n, n), weight,
        np.int8) if rec else None,
        mask_in=None, mask_rec=None, shift_in=0, shift_rec=0, theta=np.full(n, 100, np.int32),
        bias=np.zeros(n, np.int32), leak=0, soft=True,
    )  # fmt: skip
    return replace(plain, **fields)


def output(rows: int, n: int, **fields) -> OutputLayer:
    """An output layer of ones."""
    plain = OutputLayer("scores", np.ones((rows, n), np.int8), None, np.zeros(n, np.int32), 0, True, "raw")
    return replace(plain, **fields)


def network(*layers: LifLayer, out: OutputLayer, inputs: int = 40, **fields) -> Network:
    """A byte-fed network of two steps."""
    plain = Network("test", inputs, True, -128, 127, 2, "frame", tuple(layers), out)
    return replace(plain, **fields)


def straight(images: Images) -> list:
    """The program with its loops unrolled."""
    out: list[Descriptor] = []
    program, at = images.descriptors(), 0
    while at < len(program):
        d = program[at]
        at += 1
        if not isinstance(d, Loop):
            out.append(d)
            continue
        for j in range(d.count):
            x: Any
            for x in program[at : at + d.body]:
                moves: tuple[tuple[str, int, int], ...]
                if isinstance(x, Acc):
                    moves = (
                        ("src", x.mv_src, d.d_src),
                        ("wgt", x.mv_wgt, d.d_wgt),
                        ("msk", x.mv_msk, d.d_msk),
                    )
                    still = dict(mv_src=0, mv_wgt=0, mv_msk=0)
                elif isinstance(x, Fire):
                    moves = (
                        ("dst", x.mv_dst, d.d_src),
                        ("par", x.mv_par, d.d_par),
                        ("neu", x.mv_neu, d.d_neu),
                    )
                    still = dict(mv_dst=0, mv_par=0, mv_neu=0)
                else:
                    moves, still = (), {}
                moved = {name: (getattr(x, name) + j * stride) % 65536 for name, on, stride in moves if on}
                out.append(replace(x, **still, **moved))
        at += d.body
    return out


def without_addresses(images: Images) -> list[str]:
    """The listing without descriptor numbers and without the addresses of weights and masks."""
    return [" ".join(w for w in line.split()[1:] if w[0] not in "@%") for line in listing(images)]


def kept_rows(images: Images, d: Acc) -> np.ndarray:
    """Rows that an ACC reads, from the images."""
    if not d.masked:
        return np.arange(d.len)
    words = images.masks[0 if d.sets == 3 else d.sets - 1][d.msk : d.msk + -(-d.len // 128)]
    return np.flatnonzero(words.reshape(-1)[: d.len])


# --- refusals -------------------------------------------------------------------------------------
# --------------------


def test_networks_that_do_not_hold_together_are_refused():
    good = layer("h1", 40, 8)
    cases = [
        (lambda: replace(good, w_rec=np.ones((8, 7), np.int8)), "layer h1: w_rec has shape"),
        (lambda: replace(good, w_in=np.full((40, 8), 8, np.int8)), r"layer h1: w_in holds 8\.\.8"),
        (lambda: replace(good, w_in=np.ones((40, 8), np.int16)), "layer h1: w_in has type int16"),
        (lambda: replace(good, mask_in=np.zeros((40, 8), bool)), "layer h1: w_in: 320 pruned weights"),
        (lambda: replace(good, theta=np.zeros(8, np.int32)), "layer h1: theta of neuron 0 is 0"),
        (lambda: replace(good, bias=np.full(8, 1 << 23, np.int32)), "layer h1: bias of neuron 0 is 8388608"),
        (lambda: replace(good, leak=16), "layer h1: leak code is 16"),
        (lambda: replace(good, shift_rec=8), "layer h1: shift_rec is 8"),
        (lambda: output(8, 3, shift=-1), "layer scores: shift is -1"),
        (lambda: output(8, 3, result="max"), "layer scores: result is 'max'"),
        (lambda: output(0, 3), "layer scores: w has shape"),
        (lambda: network(good, out=output(9, 3)), "layer scores: w has 9 rows, its source has 8"),
        (lambda: network(good, out=output(8, 3), inputs=39), "layer h1: w_in has 40 rows"),
        (lambda: network(good, out=output(8, 3), steps=3), "steps is 3"),
        (lambda: network(good, out=output(8, 3), in_max=40000), "input range"),
        (lambda: network(good, layer("h1", 8, 8), out=output(8, 3)), "two layers have one name"),
        (lambda: network(good, out=output(8, 3), recurrence="none"), "recurrence"),
        (lambda: network(good, out=output(8, 3), inputs=0), "n_inputs"),
    ]
    for build, message in cases:
        with pytest.raises(ValueError, match=message):
            build()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (dict(prog_depth=12), "program does not fit: 13 descriptors needed, 12 available"),
        (dict(wgt_depth=256), "weight bank 0 does not fit: 320 words needed, 256 available"),
        (dict(bias_depth=16), "bias memory does not fit: 17 chunks needed, 16 available"),
        (dict(neur_depth=15), "neuron memory .* does not fit: 16 chunks needed, 15 available"),
        (dict(vec_depth=16), "vector memory does not fit: 24 chunks needed, 16 available"),
    ],
)
def test_networks_too_large_for_a_memory_are_refused(change, message):
    with pytest.raises(CompileError, match=message):
        compile_network(digits(), BuildConfig(**change))


def test_masks_too_many_are_refused():
    with pytest.raises(CompileError, match="mask memory of set 0 does not fit: 8 words needed, 7 available"):
        compile_network(r0(), BuildConfig(mask_depth=7))


def test_more_layers_than_tags_are_refused():
    layers = [layer("h0", 40, 4), *(layer(f"h{k}", 4, 4) for k in range(1, 9))]
    with pytest.raises(CompileError, match="9 hidden layers, tags for 8"):
        compile_network(network(*layers, out=output(4, 2)), REFERENCE)


def test_vectors_wider_than_a_length_field_are_refused():
    config = BuildConfig(lanes=8, result_w=128, vec_depth=65536)
    with pytest.raises(CompileError, match="the input is 65536 wide"):
        compile_network(network(out=output(65536, 1), inputs=65536), config)


# --- overflow proof -------------------------------------------------------------------------------
# --------------------


def naf_digits(x: int) -> int:
    """Sum of |digits| of the non-adjacent form, by its textbook definition."""
    total, weight = 0, 1
    while x:
        if x & 1:
            digit = 2 - (x & 3)
            total += weight
            x -= digit
        x >>= 1
        weight *= 2
    return total


@pytest.mark.parametrize("span", [(-128, 127), (0, 255), (0, 0), (-3, 11), (-5000, -4000), (60000, 65535)])
def test_digit_sums_are_the_largest_of_the_range(span):
    assert digit_sum_max(*span) == max(naf_digits(x) for x in range(span[0], span[1] + 1))


def test_digit_sum_of_a_signed_byte_is_170():
    assert digit_sum_max(-128, 127) == 170


def test_proof_refuses_exactly_at_the_limit():
    # A constant input of 2^14 has one digit: 8 * 2^14 * 64 rows = 2^23.
    def one(rows: int) -> Network:
        first = layer("h1", rows, 2, rec=False, weight=-8)
        first.w_in[:, 0] = 0
        return network(first, out=output(2, 2), inputs=rows, in_min=1 << 14, in_max=1 << 14)

    with pytest.raises(CompileError, match=f"layer h1: neuron 1 can reach {LIMIT} in its accumulator"):
        compile_network(one(64), REFERENCE)
    compile_network(one(63), REFERENCE)


def test_proof_counts_recurrence_merged_pairs_and_shifts():
    rows = 8191  # 8191 rows * 8 << 7 = 2^23 - 2^10
    config = BuildConfig(lanes=8, result_w=128, wgt_depth=65536, bias_depth=65536,
    neur_depth=65536, vec_depth=65536,
                         prog_depth=65536)  # fmt: skip
    wide = layer("h1", 1, rows, rec=False)
    single = replace(output(rows, 1, shift=7), w=np.full((rows, 1), 7, np.int8))
    assert 7 * rows << 7 < LIMIT <= 14 * rows << 7
    compile_network(network(wide, out=replace(single, merged=False), inputs=1), config)
    compile_network(network(wide, out=single, inputs=1, steps=1), config)
    with pytest.raises(CompileError, match=f"layer scores: neuron 0 can reach {14 * rows << 7}"):
        compile_network(network(wide, out=single, inputs=1), config)

    near = layer("h1", 63, 2, weight=-8)
    near = replace(near, w_rec=np.array([[0, -8], [0, -8]], np.int8), shift_rec=7)
    safe = network(near, out=output(2, 2), inputs=63, in_min=1 << 14, in_max=1 << 14)
    compile_network(safe, REFERENCE)  # 63 * 2^17 + 2 * 8 * 2^7 < 2^23
    with pytest.raises(CompileError, match="layer h1: neuron 1 can reach"):
        compile_network(replace(safe, in_max=16640), REFERENCE)  # 2^14 + 2^8: 8 * 63 * 2^8 more


# --- storage --------------------------------------------------------------------------------------
# --------------------


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


# --- schedule -------------------------------------------------------------------------------------
# --------------------


def test_r0_is_the_worked_listing():
    images = compile_network(r0(), REFERENCE)
    assert without_addresses(images)[:12] == [
        "FRAME x[40]",
        "ACC 0+1 Q signed x[40]",
        "FOLD Q -> P",
        "LOAD x[40]",
        "FIRE LIF P take 0,1 bit 0 leak 0 soft -> h1[0..127]",
        "ACC 0+1 R spikes(0,1) h2[128] << 5",
        "ACC 0+1 R spikes(0,1) h1[128] << 5",
        "FIRE LIF R take 0,1 bit 0 leak 0 soft -> h2[0..127]",
        "ACC 0+1 P spikes(0,1) h1[128] << 7",
        "LOOP 3 times 8 descriptors",
        "ACC 0 Q merged(0,1) h2[128] masked",
        "ACC 1 Q merged(0,1) h2[128] masked",
    ]
    program = straight(images)
    scores = [d for d in program if isinstance(d, Fire) and d.kind == Kind.RAW]
    assert [d.dst for d in scores] == [8 * tile for tile in range(15)]
    assert [d.take for d in scores] == [1, 2] * 7 + [3]
    assert scores[-1].sum
    tiles = [d for d in program if isinstance(d, Acc) and d.masked]
    assert [len(kept_rows(images, d)) for d in tiles] == [77] * 14 + [39, 38]
    both = [kept_rows(images, d) for d in tiles[-2:]]
    assert not np.intersect1d(*both).size


def test_step_recurrence_is_the_worked_listing():
    net = network(layer("h1", 40, 9), layer("h2", 9, 12), out=output(12, 3), recurrence="step")
    assert without_addresses(compile_network(net, REFERENCE)) == [
        "FRAME x[40]",
        "ACC 0+1 Q signed x[40]",
        "FOLD Q -> P",
        "LOAD x[40]",
        "FIRE LIF P take 0 bit 0 leak 0 soft -> h1[0..8]",
        "ACC 0+1 P spikes(-,0) h1[9]",
        "FIRE LIF P take 1 bit 1 leak 0 soft -> h1[0..8]",
        "ACC 0+1 R spikes(1,-) h2[12]",
        "ACC 0+1 R spikes(0,1) h1[9]",
        "FIRE LIF R take 0 bit 0 leak 0 soft -> h2[0..11]",
        "ACC 0+1 R spikes(-,0) h2[12]",
        "FIRE LIF R take 1 bit 1 leak 0 soft -> h2[0..11]",
        "ACC 0+1 P spikes(1,-) h1[9]",
        "ACC 0 Q merged(0,1) h2[12] masked",
        "ACC 1 Q merged(0,1) h2[12] masked",
        "FIRE RAW Q sum -> scores[0..2]",
        "END wrap",
    ]


@pytest.mark.parametrize(
    ("steps", "recurrence", "rec", "frames"),
    [
        (2, "frame", True, 2),
        (1, "frame", True, 2),
        (1, "step", True, 2),
        (2, "step", True, 1),
        (2, "frame", False, 1),
    ],
)
def test_spikes_alternate_only_where_tiles_would_overwrite_them(steps, recurrence, rec, frames):
    net = network(layer("h1", 40, 300, rec=rec), out=output(300, 4), steps=steps, recurrence=recurrence)
    images = compile_network(net, BuildConfig(wgt_depth=4096))
    program = straight(images)
    assert [d.wrap for d in program if isinstance(d, End)] == [0] * (frames - 1) + [1]
    assert len(images.layout.layers[0].places) == frames
    assert sum(isinstance(d, Frame) and not isinstance(d, Load) for d in program) == frames


def test_loops_change_nothing_but_length():
    config = BuildConfig(lanes=8, result_w=128, wgt_depth=8192, bias_depth=1024, neur_depth=256,
    vec_depth=512,
                         mask_depth=512)  # fmt: skip
    net = network(layer("h1", 40, 64), layer("h2", 64, 96), out=output(96, 200))
    images = compile_network(net, config)
    program = images.descriptors()
    assert sum(isinstance(d, Loop) for d in program) == 6
    assert len(straight(images)) > 2 * len(program)
    again = loops.roll(straight(images))
    assert [d.encode() for d in again] == images.program


def test_a_long_output_needs_its_loops_to_fit():
    net = network(layer("h1", 40, 8), out=output(8, 8 * 500))
    config = BuildConfig(lanes=8, result_w=128, wgt_depth=4096, prog_depth=64, bias_depth=1024)
    assert len(compile_network(net, config).program) <= 64


def test_argmax_marks_the_first_and_the_last_tile():
    net = network(layer("h1", 40, 8), out=output(8, 8 * 7, result="argmax"))
    fires = [
        d for d in straight(compile_network(net, BuildConfig(lanes=8, result_w=128))) if isinstance(d, Fire)
    ][1:]
    assert [d.first for d in fires] == [1, 0, 0, 0, 0, 0, 0]
    assert [d.last for d in fires] == [0, 0, 0, 0, 0, 0, 1]


def test_a_network_without_hidden_layers_scores_its_numbers():
    program = straight(compile_network(network(out=output(40, 300)), REFERENCE))
    assert [d.op.name for d in program] == [
        "FRAME",
        "ACC",
        "FIRE",
        "ACC",
        "FIRE",
        "ACC",
        "LOAD",
        "FIRE",
        "END",
    ]
    assert all(d.sum for d in program if isinstance(d, Fire))


def test_fires_find_their_neurons():
    config = BuildConfig(lanes=8, result_w=128, wgt_depth=4096, vec_depth=256)
    net = network(layer("a", 40, 20), layer("b", 20, 13), out=output(13, 9, merged=False))
    images = compile_network(net, config)
    found: dict[str, list[int]] = {"a": [], "b": [], "scores": []}
    for d in (d for d in straight(images) if isinstance(d, Fire)):
        for i in range(d.n):
            chunk, lane = divmod(i, config.chunk)
            if d.kind == Kind.LIF:
                name, index = images.layout.neuron(d.tag, d.neu + chunk, lane)
                found[name].append(index)
            else:
                found["scores"].append(images.layout.score(d.dst + chunk, lane))
    # Vectors of several tiles alternate: the program holds two frames.
    assert found == {"a": [*range(20)] * 2, "b": [*range(13)] * 2, "scores": [*range(9)] * 2}
    with pytest.raises(KeyError):
        images.layout.neuron(1, images.layout.layers[1].neu + 3, 1)
    with pytest.raises(KeyError):
        images.layout.score(3, 0)


def event_cycles(images: Images, vectors: dict[str, np.ndarray]) -> float:
    """Mean event cycles of the busier set (docs/ledger.md) from what each vector holds.

    `vectors`: x as int [frames, n], a layer's spikes as bool [frames, 2, n]; recurrence is taken as
    of equal density.
    """
    assert images.layout is not None
    names = {images.layout.input_place: "x"} | {p.places[0]: p.name for p in images.layout.layers}
    alone, both = [0.0, 0.0], 0.0
    for d in (d for d in straight(images) if isinstance(d, Acc)):
        held = vectors[names[d.src]][..., kept_rows(images, d)]
        if names[d.src] == "x":
            digits_of = np.vectorize(
                lambda x: bin((3 * int(x)) ^ int(x) if x >= 0 else (-3 * int(x)) ^ -int(x)).count("1")
            )
            busy = -(-digits_of(held) // 2)
        else:
            busy = held.any(1)
        cycles = float(busy.sum(-1).mean())
        if d.sets == 3:
            both += cycles
        else:
            alone[d.sets - 1] += cycles
    return both + max(alone)


def test_r0_needs_about_620_event_cycles():
    rng = np.random.default_rng(0)
    spikes = rng.random((300, 2, 128)) < 0.345
    vectors = {"x": rng.integers(-128, 128, (100, 40)), "h1": spikes, "h2": spikes[::-1]}
    assert 605 < event_cycles(compile_network(r0(), REFERENCE), vectors) < 635


def test_one_output_tile_takes_half_of_its_rows():
    images = compile_network(digits(), REFERENCE)
    full = np.ones((1, 2, 128), bool)
    none = np.zeros((1, 40), int)
    assert event_cycles(images, {"x": none, "h1": full, "h2": full}) == 3 * 128 + 64


# --- generators -----------------------------------------------------------------------------------
# --------------------


def test_compilation_is_deterministic():
    one, two = (compile_network(r0(3), REFERENCE) for _ in range(2))
    assert all(np.array_equal(a, b) for a, b in zip(one.to_packets(), two.to_packets(), strict=True))


@pytest.mark.parametrize("lanes", [8, 32, 128])
def test_random_networks_cover_the_modes_and_repeat(lanes):
    config = BuildConfig(lanes=lanes, result_w=256 if lanes == 8 else 512, wgt_depth=4096, prog_depth=1024)
    seen: set[str] = set()
    for seed in range(25):
        net = random_network(np.random.default_rng([lanes, seed]), config)
        same = random_network(np.random.default_rng([lanes, seed]), config)
        assert np.array_equal(net.output.w, same.output.w)
        frames = random_frames(np.random.default_rng(seed), net, 5, batch=2)
        assert frames.shape == (2, 5, net.n_inputs)
        assert net.in_min <= frames.min() <= frames.max() <= net.in_max
        seen |= {f"{net.steps} steps", net.recurrence, net.output.result}
        seen |= {f"merged {net.output.merged}", f"signed {net.in_signed}"}
    assert seen == {
        "1 steps", "2 steps", "frame", "step", "raw", "argmax", "merged True", "merged False",
        "signed True",
        "signed False",
    }  # fmt: skip


def test_constraints_are_kept():
    for seed in range(10):
        net = random_network(
            np.random.default_rng(seed),
            largest=33,
            steps=1,
            recurrence="step",
            hidden=2,
            merged=False,
            result="raw",
        )
        assert (net.steps, net.recurrence, len(net.layers)) == (1, "step", 2)
        assert (net.output.merged, net.output.result) == (False, "raw")
        assert max(net.n_inputs, net.output.n, *(x.n for x in net.layers)) <= 33


def test_unknown_networks_are_refused_with_the_names_there_are():
    with pytest.raises(ValueError, match="there are: digits, r0"):
        by_name("digit")


def test_damaged_weight_files_are_refused(tmp_path):
    path = tmp_path / "digits.npz"
    with pytest.raises(FileNotFoundError, match="missing"):
        digits(path)
    path.write_bytes(b"not a zip file")
    with pytest.raises(ValueError, match="damaged"):
        digits(path)
    np.savez(path, w1=np.zeros(3))
    with pytest.raises(ValueError, match="lacks r1"):
        digits(path)
