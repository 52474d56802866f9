# SPDX-License-Identifier: Apache-2.0
"""mur_top by its pins: every channel driven and watched cycle by cycle, pausing at random all the time.

No line of the harness takes part. SPOIL=name corrupts one thing that is compared (tb/pins/spoils.py); the run
must then be red and name it.
"""

import random
from typing import Any

import cocotb
import numpy as np
import pyuvm
from cocotb.clock import Clock
from cocotb.handle import Immediate
from cocotb.triggers import ClockCycles, RisingEdge, Timer
from pyuvm import ConfigDB, uvm_env, uvm_test

from models.formats import BuildConfig, ErrorBit
from tb import job, sequences
from tb import mur_regs as regs
from tb.base_test import Diverged
from tb.bfm import CLOCK_NS
from tb.items import FrameBatch, ImageLoad
from tb.pins.agents import FramePinAgent, ImagePinAgent, RegisterPinAgent
from tb.pins.monitors import CHANNELS, PinMonitor
from tb.pins.scenario import Life, forget_results, keep_results, lives
from tb.pins.scoreboard import PinScoreboard
from tb.pins.spoils import SPOILS
from tb.seeds import derive

RESET_CYCLES = 8
SETTLE = 8  # cycles from the last answer of a command to a pin that shows its effect, with room
SHADOW_WRITES = 40
DONE, ERROR = regs.IRQ_STATUS.fields["frame_done"].mask, regs.IRQ_STATUS.fields["error"].mask


def names(errors: int) -> str:
    """The error bits in words."""
    return " ".join(bit.name for bit in ErrorBit if errors >> bit & 1) or "none"


class PinEnvironment(uvm_env):
    """An agent for registers, images and frames, one monitor of all pins, and the scoreboard."""

    def build_phase(self) -> None:
        """Make the parts."""
        self.registers = RegisterPinAgent.create("registers", self)
        self.images = ImagePinAgent.create("images", self)
        self.frames = FramePinAgent.create("frames", self)
        self.monitor = PinMonitor.create("monitor", self)
        self.scoreboard = PinScoreboard.create("scoreboard", self)

    def connect_phase(self) -> None:
        """The monitor feeds the scoreboard; the drivers tell it when a pause holds a beat back."""
        for name in CHANNELS:
            self.monitor.ports[name].connect(getattr(self.scoreboard, name).analysis_export)
        for agent in (self.registers, self.images, self.frames):
            self.monitor.pausing |= agent.driver.pausing()


@pyuvm.test()
class Pins(uvm_test):
    """See the module."""

    def build_phase(self) -> None:
        """Read the job, make the environment."""
        self.job = job.current()
        self.config = BuildConfig(**{name.lower(): value for name, value in self.job.build_params.items()})
        self.top: Any = cocotb.top
        values = {"PINS": self.top, "SEED": self.job.seed, "CONFIG": self.config}
        for name, value in values.items():
            ConfigDB().set(None, "*", name, value)
        self.env = PinEnvironment.create("env", self)
        forget_results(self.job.out_dir)

    async def run_phase(self) -> None:
        """Reset, body, verdict; the outcome is left whatever happens."""
        self.raise_objection()
        self.registers, self.board = self.env.registers.sequencer, self.env.scoreboard
        try:
            if spoil := self.job.param("spoil", ""):
                SPOILS[spoil](self.env)
            await self.reset()
            await self.body()
            self.env.monitor.accesses.end()
            self.verdict()
        finally:
            job.answer(self.job, self.outcome())
            self.drop_objection()

    async def reset(self) -> None:
        """Reset, asynchronous, before the first edge of the clock: registers and pins begin at random."""
        self.top.rst_ni.value = Immediate(0)
        self.top.clk_i.value = Immediate(0)
        await Timer(CLOCK_NS, "ns")
        Clock(self.top.clk_i, CLOCK_NS, "ns", impl="gpi").start()
        await ClockCycles(self.top.clk_i, RESET_CYCLES)
        self.top.rst_ni.value = 1
        await RisingEdge(self.top.clk_i)

    async def body(self) -> None:
        """Two lives of the machine with a wrong image between them."""
        first, second = lives(self.job.seed, self.config)
        await self.identity()
        await self.shadow()
        await self.life(first)
        await self.wrong_image(second)
        await self.life(second, short_frame=True)
        frames = self.env.frames.driver
        self.board.check_library(frames.beats(), self.env.registers.driver.answers)
        for name in CHANNELS:
            self.board.expect("channel paused", name, self.env.monitor.paused[name] > 0, True)
        keep_results(self.job.out_dir, np.concatenate(self.board.seen))

    # ---- what is done ------------------------------------------------------------------------------------
    async def access(self, *accesses: tuple[int, int | None]) -> list[int]:
        """Register accesses in order."""
        return await sequences.access(self.registers, list(accesses))

    async def identity(self) -> None:
        """ID, version, what was built, and an address of no register."""
        c = self.config
        wanted = (
            (regs.ID, regs.ID.reset),
            (regs.VERSION, regs.VERSION.reset),
            (regs.BUILD, c.lanes | c.chunk << 8 | 2 << 16 | 3 << 24),
            (regs.PROG_DEPTH, c.prog_depth),
            (regs.WGT_DEPTH, c.wgt_depth),
            (regs.MASK_DEPTH, c.mask_depth),
            (regs.BIAS_DEPTH, c.bias_depth),
            (regs.NEUR_DEPTH, c.neur_depth),
            (regs.VEC_DEPTH, c.vec_depth),
            (regs.STATUS, 0),
            (regs.ERROR, 0),
            (regs.IRQ_STATUS, 0),
        )
        found = await self.access(*((register.address, None) for register, _ in wanted))
        for (register, value), word in zip(wanted, found, strict=True):
            self.board.expect("register", f"{register.name} after reset", word, value)
        driver = self.env.registers.driver
        self.board.expect("register", "none at this address", (await driver.read(0x200))[0], 0)
        await driver.write(0x200, bytes(4))  # the scoreboard wants SLVERR for both

    async def shadow(self) -> None:
        """Bytes of IRQ_ENABLE written in any order, while constants are read: both sides at once."""
        rng = random.Random(derive(self.job.seed, "pins.shadow"))
        driver, shadow = self.env.registers.driver, 0

        async def constants() -> None:
            for _ in range(SHADOW_WRITES):
                word, _ = await driver.read(regs.ID.address)
                self.board.expect("register", "ID beside writes", word, regs.ID.reset)

        beside = cocotb.start_soon(constants())
        for _ in range(SHADOW_WRITES):
            first = rng.randrange(4)
            data = rng.randbytes(rng.randint(1, 4 - first))
            await driver.write(regs.IRQ_ENABLE.address + first, data)
            if first == 0:
                shadow = data[0] & (DONE | ERROR)
            word, _ = await driver.read(regs.IRQ_ENABLE.address)
            self.board.expect("register", "IRQ_ENABLE by bytes", word, shadow)
        await beside

    async def life(self, life: Life, short_frame: bool = False) -> None:
        """Load, START, utterances, one frame alone, STOP, ledger."""
        item = ImageLoad.create("load").having(images=life.images)
        await sequences.do(self.env.images.sequencer, item)
        await self.error()
        self.verdict()
        await self.access((regs.IRQ_STATUS.address, DONE | ERROR), (regs.IRQ_ENABLE.address, DONE))
        await self.irq("before a frame", 0)
        await sequences.start(self.registers)
        if short_frame:
            await self.short_frame()
        await self.stream(life.utterances)
        await self.irq("after frames", 1)
        await self.access((regs.IRQ_STATUS.address, DONE))
        await self.irq("acknowledged", 0)
        await self.stream([life.alone])
        await self.irq("after a frame alone", 1)
        completed = self.env.monitor.irq_rises[-1]
        await sequences.stop(self.registers)
        await self.error()
        counters = await sequences.read_ledger(self.registers)
        self.board.check_life(counters)
        self.board.check_cycles(counters["CYCLES"], completed)
        self.verdict()

    async def stream(self, utterances: list[np.ndarray]) -> None:
        """Frames, and STATUS read all the while."""
        item = FrameBatch.create("stream").having(utterances=utterances)
        streaming = cocotb.start_soon(sequences.do(self.env.frames.sequencer, item))
        while not streaming.done():
            (status,) = await self.access((regs.STATUS.address, None))
            self.board.expect("running", "frames streaming", regs.STATUS.fields["running"].get(status), 1)
            self.verdict()
        await streaming

    async def wrong_image(self, life: Life) -> None:
        """An image with one bit wrong: its error, no START, an interrupt; then all is well again."""
        await self.access((regs.IRQ_STATUS.address, DONE | ERROR), (regs.IRQ_ENABLE.address, ERROR))
        await self.irq("before a wrong image", 0)
        packet = life.images.to_packets()[0].copy()
        packet[1] ^= np.uint64(1)
        await self.env.images.driver.send([packet])
        await self.error(ErrorBit.IMG_CRC)
        await self.irq("after a wrong image", 1)
        start = regs.CTRL.fields["start"].mask
        _, status = await self.access((regs.CTRL.address, start), (regs.STATUS.address, None))
        self.board.expect("register", "STATUS after a START without program", status, 0)
        await self.error(ErrorBit.IMG_CRC, ErrorBit.NO_PROGRAM)
        await self.access((regs.ERROR.address, 1 << ErrorBit.IMG_CRC))
        await self.error(ErrorBit.NO_PROGRAM)
        await self.access((regs.ERROR.address, 1 << ErrorBit.NO_PROGRAM))
        await self.error()
        await self.access((regs.IRQ_STATUS.address, ERROR))
        await self.irq("acknowledged", 0)

    async def short_frame(self) -> None:
        """A frame packet that ends early is dropped, mark and all, and said to be."""
        await self.env.frames.driver.send(np.array([0x123456789ABCDEF], np.uint64), mark=True)
        await self.env.frames.driver.source.wait()
        await self.error(ErrorBit.FRAME_SHORT)
        (pending,) = await self.access((regs.IRQ_STATUS.address, None))
        self.board.expect("register", "IRQ_STATUS after a short frame", pending, ERROR)
        await self.irq("after a short frame, not enabled", 0)
        await self.access((regs.ERROR.address, 1 << ErrorBit.FRAME_SHORT))

    async def error(self, *bits: ErrorBit) -> None:
        """The ERROR register holds these bits; the scoreboard, which saw the pins, says so too."""
        wanted = sum(1 << bit for bit in bits)
        (word,) = await self.access((regs.ERROR.address, None))
        self.board.expect("register", "ERROR", word, wanted)
        self.board.expect("what stood on the pins", "ERROR", names(self.board.errors), names(wanted))

    async def irq(self, when: str, wanted: int) -> None:
        """irq_o, once a write has had its effect."""
        await ClockCycles(self.top.clk_i, SETTLE)
        self.board.expect("irq_o", when, int(self.top.irq_o.value), wanted)

    # ---- what is left ------------------------------------------------------------------------------------
    def verdict(self) -> None:
        """Raise Diverged when a rule was broken or a value differs."""
        if broken := self.env.monitor.broken:
            raise Diverged(f"{broken[0]} ({len(broken)} times a rule was broken)")
        if differ := self.board.differ:
            raise Diverged(f"{differ[0]} ({len(differ)} checks failed)")

    def outcome(self) -> dict:
        """The figures of the run; regressions/judge.py says which of them must be there."""
        monitor = self.env.monitor
        return {
            "checks": self.board.compared.total(),
            "compared": dict(self.board.compared),
            "mismatches": len(self.board.differ) + len(monitor.broken),
            "frames": self.board.frames_checked,
            "cycles": monitor.cycle,
            "ledger": self.board.ledger,
            "beats": dict(monitor.beats),
            "waited_cycles": dict(monitor.waited),
            "paused_cycles": dict(monitor.paused),
            "led": dict(monitor.accesses.led),
        }
