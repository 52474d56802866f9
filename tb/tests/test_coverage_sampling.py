# SPDX-License-Identifier: Apache-2.0
"""Functional coverage hits the bins that hand-made items should hit, these and no others."""

import numpy as np
import pytest

from models.compiler import compile_network
from models.descriptors import Acc, End, Fire, Fold, Frame, Load, Loop, select
from models.formats import BuildConfig, Fmt, Kind, Target
from models.images import Images, packet
from models.machine import Machine
from models.network import LifLayer, Network, OutputLayer
from tb import mur_regs as regs
from tb import records
from tb.agents.frame import to_beats
from tb.coverage.bins import Database, Group, Never, RunDatabase, UnknownBin
from tb.coverage.frames import FrameSampler
from tb.coverage.groups import GROUPS
from tb.coverage.pins import PinSampler
from tb.coverage.program import Program

BUILD = BuildConfig(lanes=8, result_w=128, vec_depth=256)
START, STOP, CLEAR = (regs.CTRL.fields[name].mask for name in ("start", "stop", "clear"))


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


class Pins:
    """A PinSampler and a clock for what happens at its pins."""

    def __init__(self) -> None:
        """After reset."""
        self.database = Database(GROUPS)
        self.sampler = PinSampler(self.database, BUILD)
        self.cycle = 0

    def access(self, register, write: int | None = None, answer: int = 0) -> None:
        """A read that is answered so, or a write."""
        self.cycle += 10
        access, response = np.zeros(1, records.ACCESS), np.zeros(1, records.RESPONSE)
        access[0] = (write is not None, register.address, write or 0, 15)
        response["data"], response["cycle"] = answer, self.cycle
        self.sampler.accessed(access, response)

    def happens(self, **new) -> None:
        """Records of the kinds packets, starts, dones and results, all in the next cycle."""
        self.cycle += 10
        found = {
            name: np.zeros(0, records.BUFFERS[name]) for name in ("packets", "starts", "dones", "results")
        }
        for name, fields in new.items():
            found[name] = np.zeros(1, records.BUFFERS[name])
            found[name]["first_cycle" if name == "packets" else "cycle"] = self.cycle
            for field, value in fields.items():
                found[name][field][0] = value
        self.sampler.happened(found)

    def image(self, *packets: np.ndarray) -> None:
        """Packets, one load each."""
        for words in packets:
            beats = np.zeros(len(words), records.BEAT)
            beats["data"], beats["last"][-1] = words, 1
            self.sampler.images(beats)
            self.sampler.loaded()

    def program(self) -> None:
        """A FRAME of five elements, and a word that is no descriptor."""
        words = [Frame(0, 5).encode(), 0]
        parts = np.array([[word >> at & 0xFFFFFFFF for at in range(0, 128, 32)] for word in words], np.int64)
        self.image(packet(BUILD, Target.PROGRAM, parts))

    def hits(self, *paths: str) -> list[dict[str, int]]:
        """The bins that were hit of each group."""
        return [self.database.hits(path) for path in paths]


def test_commands_frames_and_errors_by_state():
    pins = Pins()
    pins.program()
    pins.access(regs.CTRL, START)
    pins.sampler.frames(to_beats([np.zeros((3, 5), np.int64)]))
    pins.happens(packets={})
    pins.happens(starts={"frame": 0})
    pins.access(regs.CTRL, CLEAR)
    pins.happens(packets={})
    pins.access(regs.CTRL, START)
    pins.access(regs.ERROR, answer=1 << 11)
    pins.access(regs.ERROR, answer=1 << 11)  # the same bit, seen before
    pins.happens(dones={})
    pins.happens(starts={"frame": 1})
    data = np.zeros(16, np.int64)
    data[0] = 1  # 1 + ILLEGAL_DESC
    pins.happens(results={"last": 1, "user": 1, "data": data})
    pins.access(regs.ERROR, answer=1 << 11 | 1)
    pins.access(regs.ERROR_INFO, answer=1 << 15 | 1 << 16)
    pins.access(regs.CTRL, STOP)
    pins.access(regs.STATUS, answer=8)
    pins.access(regs.CTRL, STOP | CLEAR)
    assert pins.hits("control.command", "error.state", "error.place", "error.descriptor") == [
        {
            "START, idle": 1,
            "CLEAR, working": 1,
            "START, working": 1,
            "STOP, halted": 1,
            "STOP and CLEAR, idle": 1,
        },
        {"CTRL_BUSY, working": 1, "ILLEGAL_DESC, halted": 1},
        {"ILLEGAL_DESC, in a frame, later": 1},
        {"ILLEGAL_DESC, no op": 1},
    ]
    assert pins.hits("frame.packet", "frame.mark", "frame.order") == [
        {"good, mark": 1, "good, no mark": 1},
        {"mark, waiting": 1, "no mark, working": 1},
        {"alone, taken": 1, "behind another, taken": 1},
    ]


def test_packets_of_wrong_length_and_in_halves():
    pins = Pins()
    pins.program()
    pins.access(regs.CTRL, START)
    beats = np.zeros(6, records.BEAT)
    beats["last"][[0, 3]] = 1  # one beat and three, where two are right; two without an end
    beats["mark"][[1, 4]] = 1
    pins.sampler.frames(beats)
    pins.happens(packets={})
    pins.happens(packets={})
    pins.access(regs.STATUS, answer=3)
    assert pins.hits("frame.packet") == [{"short, no mark": 1, "long, mark": 1}]
    beats = np.zeros(1, records.BEAT)
    for last in (0, 1):  # its third beat, and its fourth
        beats["last"] = last
        pins.sampler.frames(beats)
    pins.happens(packets={})
    pins.access(regs.STATUS, answer=3)
    assert pins.hits("frame.packet") == [{"short, no mark": 1, "long, mark": 2}]


def test_two_frames_in_work_and_a_packet_in_three_parts():
    pins = Pins()
    pins.program()
    pins.access(regs.CTRL, START)
    beats = np.zeros(1, records.BEAT)
    beats["mark"] = 1
    for frame in range(2):
        pins.happens(starts={"frame": frame})
    pins.happens(dones={})
    pins.access(regs.CTRL, CLEAR)
    pins.happens(dones={})
    pins.access(regs.CTRL, CLEAR)
    assert pins.hits("control.command") == [{"START, idle": 1, "CLEAR, working": 1, "CLEAR, waiting": 1}]
    pins.image(packet(BUILD, Target.PROGRAM, np.zeros((1, 4), np.int64)))  # IMG_BUSY: the program stays
    pins.sampler.image.frame_beats = 3
    for last in (0, 0, 1):
        beats["last"] = last
        pins.sampler.frames(beats)
    pins.happens(packets={})
    pins.access(regs.STATUS, answer=3)
    assert pins.hits("frame.packet") == [{"good, mark": 1}]


def test_images_and_what_is_wrong_with_them():
    pins = Pins()
    good = packet(BUILD, Target.BIAS, np.zeros((2, 4), np.int64))
    whole = packet(BUILD, Target.THETA, np.zeros((64, 4), np.int64))
    pins.image(good, whole, packet(BUILD, Target.MASKS1, np.zeros((1, 128), np.int64), 7))

    def but(place: int, value: int) -> np.ndarray:
        wrong = good.copy()
        wrong[place] = np.uint64(int(wrong[place]) ^ value)
        return wrong

    pins.image(but(0, 1), but(0, 1 << 16), but(0, 2 << 24), but(0, 1 << 28), but(-1, 1), but(-1, 1 << 32))
    pins.image(but(0, 2 << 48), but(0, 0x8000 << 48), good[:-1], np.append(good, np.uint64(0)))
    pins.image(packet(BUILD, Target.PROGRAM, np.zeros((1, 4), np.int64), 3))
    assert pins.hits("image.packet", "image.header", "image.range", "image.size", "image.place") == [
        {"PROGRAM, range": 1, "MASKS1, good": 1, "BIAS, good": 1, "BIAS, range": 2, "BIAS, short": 1,
         "BIAS, long": 1, "BIAS, check": 2, "THETA, good": 1},
        {"magic": 1, "version": 1, "target": 1, "zero bits": 1},
        {"count 0": 1, "beyond": 1, "program not at 0": 1},
        {"MASKS1, 1": 1, "BIAS, some": 1, "THETA, whole memory": 1},
        {"MASKS1, later": 1, "BIAS, 0": 1, "THETA, 0": 1},
    ]  # fmt: skip
    pins.program()
    pins.access(regs.CTRL, START)
    pins.image(but(-1, 1))  # not looked at: IMG_BUSY
    assert pins.hits("image.packet")[0]["BIAS, check"] == 2
    assert pins.hits("image.state") == [{"idle": 15, "waiting": 1}]


def test_resets_stalls_registers_and_interrupts():
    pins = Pins()
    pins.sampler.reset()
    pins.sampler.stalled("image", 256)  # every cycle
    pins.sampler.images(np.zeros(3, records.BEAT))
    pins.sampler.loaded()  # but the packet has no end yet
    pins.sampler.reset()
    pins.sampler.stalled("image", 0)
    pins.program()
    pins.sampler.stalled("axil", 20)
    pins.access(regs.CTRL, START)
    pins.happens(starts={"frame": 0})
    pins.access(regs.IRQ_ENABLE, 2)
    pins.access(regs.IRQ_STATUS, answer=3)
    pins.access(regs.EVENTS1_HI)
    pins.sampler.reset()
    pins.access(regs.NEUR_DEPTH)
    pins.access(regs.Register("", 0x200, "", 0, {}), 1)
    assert pins.hits("control.reset", "control.interrupt", "stall.stream") == [
        {"idle": 1, "working": 1, "image in flight": 1},
        {"both, error": 1},
        {"image, always": 1, "image, none": 1, "axil, often": 6},
    ]
    assert pins.hits("control.register") == [
        {"CTRL, write, idle": 1, "IRQ_ENABLE, write, working": 1, "IRQ_STATUS, read, working": 1,
         "counter high, read, working": 1, "depth, read, idle": 1, "hole, write, idle": 1}
    ]  # fmt: skip
