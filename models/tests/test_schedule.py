# SPDX-License-Identifier: Apache-2.0
"""The order of descriptors: the worked listings, loops, tiles and what they cost in events."""

import numpy as np
import pytest

from models import loops
from models.compiler import compile_network
from models.descriptors import Acc, End, Fire, Frame, Load, Loop
from models.formats import REFERENCE, BuildConfig, Kind
from models.images import Images
from models.networks import digits, r0
from models.tests.hand_networks import kept_rows, layer, network, output, straight, without_addresses


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
    kept = 77  # rows of the output that pruning has left
    assert digits().output.mask.any(axis=1).sum() == kept
    assert event_cycles(images, {"x": none, "h1": full, "h2": full}) == 3 * 128 + -(-kept // 2)
