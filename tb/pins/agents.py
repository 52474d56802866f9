# SPDX-License-Identifier: Apache-2.0
"""Drivers on the pins: cocotbext-axi ends that pause at random, behind sequencers that take the same items.

The sequences of tb/sequences.py run on these agents as on those of the harness. The stalls of an item are
ignored: here every channel pauses all the time (tb/pins/pauses.py).
"""

import logging
import random

import numpy as np
from cocotb import start_soon
from cocotb.triggers import SimTimeoutError, with_timeout
from cocotbext.axi import (
    AxiLiteBus,
    AxiLiteMaster,
    AxiProt,
    AxiStreamBus,
    AxiStreamFrame,
    AxiStreamSink,
    AxiStreamSource,
)
from pyuvm import ConfigDB

from tb.agents.common import DrivingAgent, ItemDriver
from tb.agents.frame import to_beats
from tb.bfm import CLOCK_NS, BusTimeout
from tb.items import FrameBatch, ImageLoad, RegisterAccess
from tb.pins.pauses import pauses
from tb.records import RESULT
from tb.seeds import derive

BEAT_BYTES = 8
CYCLES_PER_ACCESS = 2_000  # pauses included; beyond it the machine hangs
CYCLES_PER_BEAT = 2_000
CYCLES_PER_FRAME = 50_000
# The library tells every beat; the file of a run would be mostly that.
logging.getLogger("cocotb.mur_top").setLevel(logging.WARNING)


class PinDriver(ItemDriver):
    """A driver with the design's pins at hand."""

    def build_phase(self) -> None:
        """Find them and make the ends of the bus."""
        super().build_phase()
        self.top = ConfigDB().get(self, "", "PINS")
        self.connect_pins()

    def connect_pins(self) -> None:
        """Make the library's ends."""
        raise NotImplementedError

    def pausing(self) -> dict:
        """For each channel whose VALID this drives: whether a pause holds a beat back now, as a function."""
        raise NotImplementedError

    def stream(self, kind: type, prefix: str):
        """The library's end of a stream, of class ``kind``."""
        bus = AxiStreamBus.from_prefix(self.top, prefix)
        return kind(bus, self.top.clk_i, self.top.rst_ni, reset_active_level=False)

    async def within(self, cycles: int, trigger, doing: str):
        """Wait for ``trigger`` for at most so many clock cycles."""
        try:
            return await with_timeout(trigger, cycles * CLOCK_NS, "ns")
        except SimTimeoutError:
            raise BusTimeout(f"{doing}: not done after {cycles} cycles") from None


class RegisterPins(PinDriver):
    """AXI4-Lite; accesses of one kind that follow one another are on their way together.

    AxPROT, which no answer may depend on, is drawn for each.
    """

    def connect_pins(self) -> None:
        """One master with five channels that pause, each on its own."""
        bus = AxiLiteBus.from_prefix(self.top, "s_axil")
        self.master = AxiLiteMaster(bus, self.top.clk_i, self.top.rst_ni, reset_active_level=False)
        write, read = self.master.write_if, self.master.read_if
        self.ends = {"aw": write.aw_channel, "w": write.w_channel, "b": write.b_channel,
                     "ar": read.ar_channel, "r": read.r_channel}  # fmt: skip
        for name, end in self.ends.items():
            end.set_pause_generator(pauses(self.seed, name))
        self.rng = random.Random(derive(self.seed, "pins.prot"))
        # Address, data, AxPROT and response of each access as the library did it, in order.
        self.answers: dict[str, list] = {"write": [], "read": []}

    def pausing(self) -> dict:
        """See PinDriver."""

        def held(end) -> bool:
            return end.pause and not end.empty()

        return {name: lambda end=self.ends[name]: held(end) for name in ("aw", "w", "ar")}

    def prot(self) -> AxiProt:
        """Any value of AxPROT."""
        return AxiProt(self.rng.randrange(8))

    async def write(self, address: int, data: bytes) -> int:
        """Write bytes inside one word: strobes for these only. The response."""
        prot = self.prot()
        doing = start_soon(self.master.write(address, data, prot=prot))
        answer = await self.within(CYCLES_PER_ACCESS, doing, f"write {address:#05x}")
        self.answers["write"].append((address, data, int(prot), int(answer.resp)))
        return int(answer.resp)

    async def read(self, address: int) -> tuple[int, int]:
        """Read a word: data and response."""
        prot = self.prot()
        doing = start_soon(self.master.read(address, 4, prot=prot))
        answer = await self.within(CYCLES_PER_ACCESS, doing, f"read {address:#05x}")
        data = int.from_bytes(answer.data, "little")
        self.answers["read"].append((address, data, int(prot), int(answer.resp)))
        return data, int(answer.resp)

    async def drive(self, item: RegisterAccess) -> None:
        """In order; a write waits for the reads before it, a read for the writes."""
        item.values = []
        reads: list = []

        async def finish() -> None:
            for task in reads:
                item.values.append((await task)[0])
            reads.clear()

        for address, data in item.accesses:
            if data is None:
                reads.append(start_soon(self.read(address)))
                if len(reads) == 8:
                    await finish()
                continue
            await finish()
            await self.write(address, data.to_bytes(4, "little"))
            item.values.append(0)
        await finish()


def held_back(source: AxiStreamSource) -> bool:
    """Whether a pause keeps a beat of ``source`` from its pins."""
    return source.pause and (source.current_frame is not None or not source.empty())


class ImagePins(PinDriver):
    """s_axis_img."""

    def connect_pins(self) -> None:
        """One source."""
        self.source = self.stream(AxiStreamSource, "s_axis_img")
        self.source.set_pause_generator(pauses(self.seed, "img"))

    def pausing(self) -> dict:
        """See PinDriver."""
        return {"img": lambda: held_back(self.source)}

    async def send(self, packets: list[np.ndarray]) -> None:
        """Packets of 64-bit words as they are; back when the last beat has been taken."""
        for packet in packets:
            await self.source.send(packet.astype("<u8").tobytes())
        beats = sum(len(packet) for packet in packets)
        await self.within(beats * CYCLES_PER_BEAT, self.source.wait(), f"{beats} image beats")

    async def drive(self, item: ImageLoad) -> None:
        """All packets of a network."""
        await self.send(item.images.to_packets())


class FramePins(PinDriver):
    """s_axis_frm, and m_axis_res: it returns when the results of its frames have left."""

    def connect_pins(self) -> None:
        """A source and a sink."""
        self.source = self.stream(AxiStreamSource, "s_axis_frm")
        self.sink = self.stream(AxiStreamSink, "m_axis_res")
        self.source.set_pause_generator(pauses(self.seed, "frm"))
        self.sink.set_pause_generator(pauses(self.seed, "res"))
        self.results: list[AxiStreamFrame] = []  # packets as the library got them

    def pausing(self) -> dict:
        """See PinDriver."""
        return {"frm": lambda: held_back(self.source)}

    async def send(self, words: np.ndarray, mark: bool) -> None:
        """One frame packet of 64-bit words; the mark is TUSER of its first beat."""
        users = [int(mark)] * BEAT_BYTES + [0] * BEAT_BYTES * (len(words) - 1)
        await self.source.send(AxiStreamFrame(words.astype("<u8").tobytes(), tuser=users))

    async def drive(self, item: FrameBatch) -> None:
        """All frames back to back; one by one with ``spaced``."""
        beats = to_beats(item.utterances).reshape(item.frames, -1)
        for packet in beats:
            await self.send(packet["data"], packet["mark"][0])
            if item.spaced:
                await self.receive()
        if not item.spaced:
            for _ in range(item.frames):
                await self.receive()

    async def receive(self) -> None:
        """One result packet."""
        count = len(self.results)
        packet = start_soon(self.sink.recv(compact=False))
        self.results.append(await self.within(CYCLES_PER_FRAME, packet, f"result packet {count}"))

    def beats(self) -> np.ndarray:
        """All beats that the library got, as RESULT records without cycles."""
        count = sum(len(packet.tdata) // self.sink.byte_lanes for packet in self.results)
        out = np.zeros(count, RESULT)
        at, lanes = 0, self.sink.byte_lanes
        for packet in self.results:
            data = np.frombuffer(bytes(packet.tdata), "<i4").reshape(-1, lanes // 4)
            for i, words in enumerate(data):
                span = slice(i * lanes, (i + 1) * lanes)
                (user,) = set(packet.tuser[span])
                out["user"][at] = user
                out["keep"][at] = sum(bit << k for k, bit in enumerate(packet.tkeep[span]))
                out["last"][at] = i == len(data) - 1
                out["data"][at, : len(words)] = words
                at += 1
        return out


# All monitoring is in tb/pins/monitors.py.
class RegisterPinAgent(DrivingAgent):
    """Drives registers."""

    driver_type = RegisterPins


class ImagePinAgent(DrivingAgent):
    """Drives images."""

    driver_type = ImagePins


class FramePinAgent(DrivingAgent):
    """Drives frames and takes results."""

    driver_type = FramePins
