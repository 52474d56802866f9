# SPDX-License-Identifier: Apache-2.0
"""The one place that touches the simulator: the harness's toggles, its queues and its records.

The harness and this process share one address space, so frames, results and commits travel by ctypes and
NumPy in bulk; Python wakes once for a list of register accesses, a load of images, or a batch of frames.
"""

import ctypes
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cocotb
import numpy as np
from cocotb.queue import Queue
from cocotb.triggers import SimTimeoutError, Timer, ValueChange, with_timeout

from tb import records

CLOCK_NS = 10


class BusTimeout(Exception):
    """The design did not answer in time; the message says how far it came."""


class Unseen(Exception):
    """The design did something that nobody has looked at."""


class Astray(Exception):
    """What was sent did not go over the pins."""


@dataclass
class Batch:
    """What left the design during one batch of frames; all arrays are copies."""

    results: np.ndarray
    commits: np.ndarray
    starts: np.ndarray
    dones: np.ndarray
    packets: np.ndarray


class Bfm:
    """The harness as seen from Python. One for each simulation."""

    def __init__(self) -> None:
        """Find the harness in this process."""
        self.top: Any = cocotb.top
        self.library = ctypes.CDLL(None)
        self.library.mur_records.restype = ctypes.c_void_p
        self.reset_cycles = 8
        self.go_state = {"rst": 0, "reg": 0, "img": 0, "frm": 0}
        # What was seen on each interface, for the monitor of the agent of that name; "bus": register accesses
        # whoever did them, and None for a reset.
        self.seen: dict[str, Queue] = {
            name: Queue() for name in ("registers", "images", "frames", "results", "bus")
        }
        self.library.mur_fold_results.restype = ctypes.c_uint64
        self.stream_s = 0.0  # processor time of the simulator in batches, whatever else the machine does
        self.stream_cycles = 0
        self.tape: list[tuple[str, np.ndarray]] | None = None
        self.signature = 0

    # ---- plain memory -----------------------------------------------------------------------------
    def records(self, name: str, first: int = 0) -> np.ndarray:
        """A copy of the records ``name`` since the last ``clear``, from number ``first`` on.

        "responses" are never cleared: accesses may be under way while frames begin.
        """
        dtype = records.BUFFERS[name]
        address, count = self._place(name)
        if count <= first:
            return np.empty(0, dtype)
        raw = ctypes.string_at(address + first * dtype.itemsize, (count - first) * dtype.itemsize)
        return np.frombuffer(raw, dtype)

    def _place(self, name: str) -> tuple[int, int]:
        """Address and number of the records ``name``."""
        count, size = ctypes.c_size_t(), ctypes.c_size_t()
        index = list(records.BUFFERS).index(name)
        address = self.library.mur_records(index, ctypes.byref(count), ctypes.byref(size))
        if size.value != records.BUFFERS[name].itemsize:
            raise TypeError(
                f"{name}: {size.value} bytes in the harness, {records.BUFFERS[name].itemsize} here"
            )
        return address, count.value

    @staticmethod
    def cycle() -> int:
        """Clock cycles since time zero."""
        return int(cocotb.utils.get_sim_time("ns")) // CLOCK_NS

    def clear(self) -> None:
        """Forget all records but responses."""
        self.library.mur_clear()

    def take(self) -> Batch:
        """All that was recorded since the last time: whoever takes it looks at it."""
        batch = Batch(**{name: self.records(name) for name in Batch.__annotations__})
        self.clear()
        return batch

    def nothing_left(self) -> None:
        """Raise Unseen when there are records that nobody took."""
        left = {name: self._place(name)[1] for name in Batch.__annotations__}
        if any(left.values()):
            counts = ", ".join(f"{count} {name}" for name, count in left.items() if count)
            raise Unseen(f"recorded outside a batch, and never compared: {counts}")

    def stall(self, stream: str, seed: int, rate: int, burst: int) -> None:
        """Stall ``stream`` from its next start on.

        A stall of 1..burst cycles begins with probability rate/256 a cycle.
        """
        self.library.mur_set_stall(
            records.STREAMS[stream], ctypes.c_uint32(seed & 0xFFFFFFFF), ctypes.c_uint32(rate),
            ctypes.c_uint32(burst),
        )  # fmt: skip

    def offer(self, stream: str, beats: np.ndarray, spaced: bool = False) -> None:
        """Fill the queue of "image" or "frame"; it is sent from the next `go` on."""
        assert beats.dtype == records.BEAT
        beats = np.ascontiguousarray(beats)
        self.library.mur_load_beats(
            records.STREAMS[stream], ctypes.c_void_p(beats.ctypes.data), ctypes.c_size_t(len(beats)),
            int(spaced),
        )  # fmt: skip

    # ---- wake-ups -----------------------------------------------------------------------------------
    async def _go(self, channel: str, limit: int, doing: str) -> None:
        """Flip the channel's `go` and wait for its `done`, at most ``limit`` clock cycles."""
        self.go_state[channel] ^= 1
        getattr(self.top, f"go_{channel}").value = self.go_state[channel]
        done = ValueChange(getattr(self.top, f"done_{channel}"))
        try:
            await with_timeout(done, limit * CLOCK_NS, "ns")
        except SimTimeoutError:
            raise BusTimeout(f"{doing}: not done after {limit} cycles; {self.progress()}") from None

    def progress(self) -> str:
        """How far the design has come since the last ``clear``, for reports of a hang."""
        names = ("packets", "starts", "commits", "results", "dones")
        found = {name: self.records(name) for name in names}
        last = max((int(array["cycle" if name != "packets" else "last_cycle"][-1])
                    for name, array in found.items() if len(array)), default=0)  # fmt: skip
        ends = int((found["results"]["last"] != 0).sum())
        return (
            f"{len(found['packets'])} frames accepted, {len(found['starts'])} begun,"
            f" {len(found['commits'])} commits, {len(found['results'])} result beats in {ends} packets,"
            f" {len(found['dones'])} frames complete; last of these in cycle {last}"
        )

    async def reset(self) -> None:
        """Reset the design for ``reset_cycles``."""
        await Timer(CLOCK_NS, "ns")  # at time zero the toggles have no value yet
        self.top.reset_cycles.value = self.reset_cycles
        await self._go("rst", 1000, "reset")
        self.seen["bus"].put_nowait(None)
        self.clear()

    async def access(self, accesses: np.ndarray, limit: int = 100_000) -> np.ndarray:
        """Do the register accesses in order and return one response for each."""
        accesses = np.ascontiguousarray(accesses, records.ACCESS)
        _, before = self._place("responses")
        self._record("reg", accesses)
        self.library.mur_load_accesses(ctypes.c_void_p(accesses.ctypes.data), ctypes.c_size_t(len(accesses)))
        await self._go("reg", limit, f"{len(accesses)} register accesses")
        responses = self.records("responses", before)
        self.seen["bus"].put_nowait(responses)
        return responses

    def storage(self) -> dict[str, int]:
        """What the design's registers hold now, by name, counters whole: no bus, no time."""
        record = np.empty(1, records.STORAGE)
        self.library.mur_peek(ctypes.c_void_p(record.ctypes.data))
        words = {name: int(record[name][0]) for name in records.STORAGE.names or () if name != "ledger"}
        return words | {name: int(value[0]) for name, value in records.ledger(record).items()}

    async def send_images(self, beats: np.ndarray, limit: int) -> None:
        """Send image packets; back when the last beat has been accepted. The monitors get nothing."""
        self._record("img", beats)
        self.offer("image", beats)
        await self._go("img", limit, f"{len(beats)} image beats")

    async def load_images(self, beats: np.ndarray, limit: int) -> None:
        """Send image packets, all of them good ones, of which the monitors get what the design took.

        Raises Astray when the pins carried something else.
        """
        _, before = self._place("image_beats")
        await self.send_images(beats, limit)
        self._publish("images", self.records("image_beats", before), beats)

    def _publish(self, name: str, taken: np.ndarray, sent: np.ndarray) -> None:
        if not np.array_equal(taken, sent):
            raise Astray(f"the design took other beats of {name} than were sent")
        self.seen[name].put_nowait(taken)

    async def stream(self, beats: np.ndarray, packets: int, spaced: bool, limit: int) -> None:
        """Send frame packets; back when ``packets`` END beats have left. The monitors get what happened.

        Raises Unseen when something has happened before, Astray when the pins carried something else.
        """
        self.nothing_left()
        self._record("spaced" if spaced else "frm", beats)
        self.offer("frame", beats, spaced)
        self.library.mur_expect_packets(ctypes.c_uint64(packets))
        start, cycle = time.process_time(), self.cycle()
        await self._go("frm", limit, f"{packets} frames")
        self.stream_s += time.process_time() - start
        self.stream_cycles += self.cycle() - cycle
        if self.tape is not None:
            self.signature = self.library.mur_fold_results(ctypes.c_uint64(self.signature))
        self._publish("frames", self.records("frame_beats"), beats)
        self.seen["results"].put_nowait(self.take())

    # ---- tape: the same stimulus for a simulator without Python --------------------------------------
    def _record(self, kind: str, records_: np.ndarray) -> None:
        if self.tape is not None:
            self.tape.append((kind, records_.copy()))

    def write_tape(self, path: Path) -> None:
        """Write what was done to the design since ``tape`` was set to a list (format: bare_main.cpp)."""
        kinds = ("reg", "img", "frm", "spaced")
        with path.open("wb") as out:
            for kind, array in self.tape or ():
                np.array([kinds.index(kind), array.size], "<u8").tofile(out)
                array.tofile(out)
