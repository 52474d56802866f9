# SPDX-License-Identifier: Apache-2.0
"""Functional coverage of networks and programs hits the bins that hand-made ones should hit, no others."""

import numpy as np
import pytest

from models.compiler import compile_network
from models.descriptors import Acc, End, Fire, Fold, Frame, Load, Loop, select
from models.formats import BuildConfig, Fmt, Kind
from models.images import Images
from models.machine import Machine
from models.network import LifLayer, Network, OutputLayer
from tb.coverage.bins import Database, Group, Never, RunDatabase, UnknownBin
from tb.coverage.frames import FrameSampler
from tb.coverage.groups import GROUPS
from tb.coverage.program import Program

BUILD = BuildConfig(lanes=8, result_w=128, vec_depth=256)


def sampled(images: Images, utterances: list[list[list[int]]]) -> Database:
    """The database after the model ran ``utterances`` on ``images``."""
    database = Database(GROUPS)
    machine = Machine(images, BUILD)
    frames = np.zeros((len(utterances), max(map(len, utterances)), len(utterances[0][0])), np.int64)
    for row, utterance in zip(frames, utterances, strict=True):
        row[: len(utterance)] = utterance
    trace = machine.run(frames, [len(utterance) for utterance in utterances])
    FrameSampler(database).sample(Program(machine, images.descriptors()), frames, trace)
    return database


def one_neuron(**changes) -> Images:
    """Three numbers, a neuron that fires at 1, two scores that are always equal."""
    layer = {
        "name": "h", "w_in": np.array([[1], [0], [-8]], np.int8), "w_rec": None, "mask_in": None,
        "mask_rec": None, "shift_in": 0, "shift_rec": 0, "theta": np.array([1], np.int32),
        "bias": np.array([0], np.int32), "leak": 0, "soft": False,
    }  # fmt: skip
    output = OutputLayer("y", np.full((1, 2), 7, np.int8), None, np.zeros(2, np.int32), 0, False, "argmax")
    network = Network("n", 3, True, -8, 8, 1, "frame", (LifLayer(**(layer | changes)),), output)
    return compile_network(network, BUILD)


def test_a_network_hits_its_bins():
    database = sampled(one_neuron(), [[[0, 0, 0], [5, 0, 0], [0, 0, 1]], [[5, 0, 0]]])
    expected = {
        "sparsity.input": {"T1, no mask, all zero": 1, "T1, no mask, most zero": 3},
        "sparsity.spikes": {"T1, spikes, no mask, none fire": 2, "T1, spikes, no mask, all fire": 2},
        "number.element": {"signed, 0": 9, "signed, 1": 1, "signed, positive": 2},
        "number.digits": {"signed, both sets, 0": 9, "signed, both sets, 1": 1, "signed, both sets, 2": 2},
        "number.membrane": {"hard, 0": 3, "hard, negative": 1},
        "number.score": {"ARGMAX, 0": 4, "ARGMAX, positive": 4},
        "number.sum": {"one set, 0": 4, "one set, positive": 4},
        "number.weight": {"-8": 1, "0": 1, "1": 1, "7": 1},
        "number.theta": {"1": 1},
        "number.bias": {"LIF, 0": 1, "output, 0": 2},
        "number.mask": {},
        "result.tie": {"all equal": 4},
        "result.winner": {"first": 4},
        "result.beat": {},
        "frame.utterance": {"3 to 9": 1, "1": 1},
        "network.layers": {"1": 1},
        "network.sections": {"1": 1},
        "network.load": {"LOAD": 1},
        "network.modes": {"T1, hard, apart, whole, ARGMAX": 1},
        "network.recurrence": {"T1, none": 1},
        "descriptor.leak": {"0, hard": 1},
        "descriptor.tag": {"0": 1},
        "descriptor.bit": {"0, one step": 1},
        "descriptor.argmax": {"whole": 1},
        "descriptor.end": {"wrap": 1},
        "width.layer": {"hidden, 1": 1, "output, else": 1},
        "width.source": {"numbers, C-1": 1, "spikes, 1": 1},
        "build.lanes": {"8": 1},
        "build.result": {"128": 1},
    }
    assert {path: database.hits(path) for path in expected} == expected


def test_clamps_masks_and_recurrence():
    mask = np.array([[True], [False], [False]])
    images = one_neuron(
        w_in=np.array([[7], [0], [0]], np.int8), mask_in=mask, shift_in=7, soft=True, leak=15,
        theta=np.array([32767], np.int32), bias=np.array([32767], np.int32),
        w_rec=np.array([[-8]], np.int8), shift_rec=7,
    )  # fmt: skip
    # Frame 1: 32767 + 8 * 896 is clamped, fires, leaves 0. Frame 2: its spike takes 1024 off: no spike.
    # Frame 3: 32767 - 8 * 896. Frame 4: 32767 without a sum: at the clamp, not beyond it.
    database = sampled(images, [[[8, 0, 0], [0, 0, 0], [-8, 0, 0], [0, 0, 0]]])
    assert database.hits("number.membrane") == {"soft, 0": 2, "soft, positive": 2, "soft, upper clamp": 2}
    assert database.hits("number.mask") == {"signed, few kept": 1}
    assert database.hits("number.theta") == {"32767": 1}
    assert database.hits("network.recurrence") == {"T1, all": 1}
    assert database.hits("descriptor.leak") == {"15, soft": 1}


def test_loops_of_a_hand_made_program():
    program = [
        Frame(0, 4), Loop(3, 2, d_src=32, d_wgt=65535), Loop(1, 1, d_wgt=1),
        Acc(sets=1, ctx=0, fmt=Fmt.UNSIGNED, src=0, len=4, wgt=3, mv_wgt=1),
        Fire(take=1, ctx=0, kind=Kind.RAW, dst=0, n=5, par=0, mv_dst=1),
        Acc(sets=2, ctx=2, fmt=Fmt.MERGED, src=0, len=4, wgt=0, sel1=select(3), shift=5, bank=1),
        Fire(take=2, ctx=2, kind=Kind.RAW, dst=0, n=4, par=0),
        Load(0, 4), End(wrap=1),
    ]  # fmt: skip
    weights = np.ones((8, 8), np.int8)
    images = Images(
        BUILD, [d.encode() for d in program], (weights, weights), (np.zeros((0, 128), bool),) * 2,
        np.zeros((2, 4), np.int32), np.zeros((0, 4), np.int32),
    )  # fmt: skip
    database = sampled(images, [[[0, 1, 2, 65535]]])
    expected = {
        "descriptor.loop": {"outer, 2": 1, "inner, 1": 1},
        "descriptor.level": {"wgt, outer": 1, "dst, outer": 1},
        "descriptor.move": {"wgt, backward": 1, "dst, forward": 1},
        "descriptor.select": {"set 1, merged, sel1": 1},
        "descriptor.shift": {"unsigned, 0": 1, "merged, 5": 1},
        "descriptor.context": {"ACC 0": 1, "ACC 2": 1, "FIRE 0": 1, "FIRE 2": 1},
        "width.tile": {"RAW, C+1": 2, "RAW, C": 1},
        "number.element": {"unsigned, 0": 1, "unsigned, 1": 1, "unsigned, positive": 1, "unsigned, most": 1},
        "result.beat": {"1": 2, "C": 1},
        "sparsity.input": {"no neurons, no mask, few zero": 2},
        "network.layers": {"0": 1},
        "network.modes": {},
    }
    assert {path: database.hits(path) for path in expected} == expected


def test_folded_recurrence_and_two_searches():
    spikes = {"fmt": Fmt.SPIKES, "len": 1, "sel0": select(0), "wgt": 0}
    program = [
        Frame(0, 4), Acc(sets=1, ctx=1, src=32, **spikes), Fold(ctx=0, src=1),
        Fire(take=1, ctx=0, kind=Kind.LIF, dst=32, n=1, par=0), Acc(sets=1, ctx=2, src=32, **spikes),
        Fire(take=1, ctx=2, kind=Kind.ARGMAX, dst=0, n=1, par=0, first=1, last=1),
        Fire(take=2, ctx=2, kind=Kind.ARGMAX, dst=0, n=1, par=0, first=1, last=1),
        Load(0, 4), End(wrap=1),
    ]  # fmt: skip
    weights = np.ones((1, 8), np.int8)
    images = Images(
        BUILD, [d.encode() for d in program], (weights, weights), (np.zeros((0, 128), bool),) * 2,
        np.ones((1, 4), np.int32), np.ones((1, 4), np.int32),
    )  # fmt: skip
    database = sampled(images, [[[0, 1, 2, 3]]])
    assert database.hits("network.recurrence") == {"T1, all": 1}
    assert database.hits("result.tie") == {"only one score": 2}
    assert database.hits("descriptor.context")["FOLD 1 to 0"] == 1


def test_a_value_without_a_bin_is_noticed():
    never = Never("cannot be", {"a": "1", "b": ("x", "y")})
    database = Database({"g.p": Group("", {"a": ("0", "1"), "b": ("x", "y", "z")}, (never,))})
    assert database.groups["g.p"].bins == ("0, x", "0, y", "0, z", "1, z")
    database.add("g.p", ("1", "z"), 3)
    assert database.hits("g.p") == {"1, z": 3}
    for label in (("1", "x"), ("2", "z"), "0"):
        with pytest.raises(UnknownBin, match=r"g\.p: no bin"):
            database.add("g.p", label)
    run = RunDatabase(database.groups)
    run.nothing_unknown()
    run.add_all("g.p", {("1", "z"): 1, ("2", "z"): 1, ("0", "x"): 1})
    assert run.hits("g.p") == {"0, x": 1, "1, z": 1}
    with pytest.raises(UnknownBin, match="no bin '2, z'"):
        run.nothing_unknown()
