# SPDX-License-Identifier: Apache-2.0
"""Functional coverage of what passes the pins hits the bins that hand-made items should hit, no others."""

import numpy as np
import pytest

from models.descriptors import Frame
from models.formats import BuildConfig, Target
from models.images import packet
from tb import mur_regs as regs
from tb import records
from tb.agents.frame import to_beats
from tb.coverage.bins import Database
from tb.coverage.groups import GROUPS
from tb.coverage.pins import PinSampler, stall_class

BUILD = BuildConfig(lanes=8, result_w=128, vec_depth=256)
START, STOP, CLEAR = (regs.CTRL.fields[name].mask for name in ("start", "stop", "clear"))


class Pins:
    """A PinSampler and a clock for what happens at its pins."""

    def __init__(self) -> None:
        """After reset."""
        self.database = Database(GROUPS)
        self.sampler = PinSampler(self.database, BUILD)
        self.cycle = 0

    def access(self, register, write: int | None = None, answer: int = 0, strobe: int = 15) -> None:
        """A read that is answered so, or a write of the bytes in ``strobe``."""
        self.cycle += 10
        access, response = np.zeros(1, records.ACCESS), np.zeros(1, records.RESPONSE)
        access[0] = (write is not None, register.address, write or 0, strobe)
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


def test_an_error_of_old_is_reported_for_nothing():
    pins = Pins()
    pins.program()
    valid = regs.ERROR_INFO.fields["valid"].mask  # ILLEGAL_DESC, descriptor 0
    pins.access(regs.ERROR_INFO, answer=valid)  # its bit was not seen
    assert pins.hits("error.descriptor") == [{}]
    pins.access(regs.ERROR, answer=1)
    pins.access(regs.ERROR_INFO, answer=valid)
    pins.access(regs.ERROR, write=1)
    pins.access(regs.ERROR_INFO, answer=valid)  # its bit was cleared
    assert pins.hits("error.descriptor") == [{"ILLEGAL_DESC, FRAME": 1}]


def test_an_error_is_in_a_frame_only_of_the_one_begun_last():
    pins = Pins()
    pins.happens(starts={"frame": 1})
    for number in (0, 1, 2):  # of a new run, whose frames count from 0; of this frame; of the next
        data = np.zeros(16, np.int64)
        data[0] = 1  # 1 + ILLEGAL_DESC
        pins.happens(results={"last": 1, "user": number, "data": data})
    pins.access(regs.STATUS, answer=8)
    assert pins.hits("error.place") == [
        {
            "ILLEGAL_DESC, between frames, first": 1,
            "ILLEGAL_DESC, in a frame, later": 1,
            "ILLEGAL_DESC, between frames, later": 1,
        }
    ]


def test_bytes_that_are_not_written_stay_enabled():
    pins = Pins()
    pins.access(regs.IRQ_ENABLE, 3)
    pins.access(regs.IRQ_ENABLE, 0, strobe=14)
    pins.access(regs.IRQ_STATUS, answer=1)
    pins.access(regs.IRQ_ENABLE, 2, strobe=1)
    pins.access(regs.IRQ_STATUS, answer=1)
    assert pins.hits("control.interrupt") == [{"frame_done, both": 1, "frame_done, error": 1}]


@pytest.mark.parametrize(
    ("rate", "name"),
    [(0, "none"), (1, "seldom"), (15, "seldom"), (16, "often"), (127, "often"), (128, "always")],
)
def test_where_a_class_of_stalls_ends(rate, name):
    assert stall_class(rate) == name
