# SPDX-License-Identifier: Apache-2.0
"""What the cases of `errors` share: beats that break rules, expectations, and the way back to good frames.

The agents refuse what a user should not do, so bad packets and commands go to the harness past them; good
frames are handed to the scoreboard all the same, which compares them with the model bit for bit.
"""

from collections.abc import Callable

import numpy as np
from cocotb.triggers import Timer

from models.compiler import compile_network
from models.formats import HALTING, ErrorBit, Target
from models.images import Images, packet
from tb import mur_regs as regs
from tb import records, sequences
from tb.agents.frame import to_beats
from tb.agents.image import to_beats as image_beats
from tb.base_test import Diverged, MurTest
from tb.bfm import CLOCK_NS, Batch, Unseen
from tb.networks import Modes, network_of

INPUTS = 13  # not a multiple of 4, 8 or 16: every packet has elements beyond its length
SETTLE = 48  # cycles in which a beat too many, or a frame that should not begin, would be seen
LIMIT = 200_000  # cycles for anything to happen, in the deepest memories too
HELD = (0xFF01, 256, 1 << 20)  # a stall pattern whose first stall begins at once and lasts a million cycles
FREE = (1, 0, 1)  # no stall
NAMES = {bit: f"ERROR.{bit.name}" for bit in ErrorBit}


class Wrong(Exception):
    """The machine did something else than the case says."""


class ErrorBench(MurTest):
    """See the module; ``SPOIL`` corrupts what cases expect, to see them red."""

    def prepare(self) -> None:
        """The networks of the cases, and nothing expected yet."""
        self.spoil = str(self.job.param("spoil", ""))
        self.expected = 0  # expectations of this case
        lanes = self.config.lanes
        one = network_of(
            self.rng("one"), Modes(steps=2, recurrence="step", soft=True), [INPUTS, 20, 20, 20], lanes
        )
        two = network_of(self.rng("two"), Modes(steps=2), [INPUTS, lanes + 4, 12], lanes)
        self.one = compile_network(one, self.config)  # a program of one frame
        self.two = compile_network(two, self.config)  # one of two frames: a layer of two tiles alternates

    # ---- expectations --------------------------------------------------------------------------------
    def expect(self, what: str, found, wanted) -> None:
        """One check. Raises Wrong when ``found`` is not ``wanted``."""
        self.env.scoreboard.checks += 1
        self.expected += 1
        if self.spoil == "expect" and self.expected == 1:
            wanted = ("spoiled", wanted)
        if found != wanted:
            raise Wrong(f"{what}: {found}, expected {wanted}")

    async def expect_status(self, when: str, **bits: int) -> None:
        """Fields of STATUS."""
        (status,) = await self.read(regs.STATUS)
        found = {name: regs.STATUS.fields[name].get(status) for name in bits}
        self.expect(f"STATUS {when}", found, bits)

    async def expect_error(self, bit: ErrorBit | None, descriptor: int | None = None) -> None:
        """ERROR has ``bit`` and no other; ERROR_INFO the halting error at ``descriptor``; IRQ_STATUS agrees.

        With a ``descriptor`` and a ``bit`` that does not halt, ERROR_INFO still tells of an ILLEGAL_DESC.

        Then both are cleared, by writes that first leave the bits out and so must not clear them.
        """
        word, info, pending = await self.read(regs.ERROR, regs.ERROR_INFO, regs.IRQ_STATUS)
        name = NAMES[bit] if bit is not None else "no error"
        self.expect(f"ERROR ({name})", word, 0 if bit is None else 1 << bit)
        fields = {key: place.get(info) for key, place in regs.ERROR_INFO.fields.items()}
        halting = descriptor is not None
        wanted = {
            "code": bit if halting and bit in HALTING else 0,
            "valid": int(halting),
            "descriptor": descriptor or 0,
        }
        self.expect(f"ERROR_INFO ({name})", fields, wanted)
        error = regs.IRQ_STATUS.fields["error"]
        self.expect(f"IRQ_STATUS.error ({name})", error.get(pending), int(bit is not None))
        self.expect(f"irq_o ({name})", self.irq(), int(bit is not None))
        if bit is None:
            return
        await self.write(regs.ERROR, 0xFFFFFFFF & ~(1 << bit))
        await self.write(regs.IRQ_STATUS, regs.IRQ_STATUS.fields["frame_done"].mask)
        word, pending = await self.read(regs.ERROR, regs.IRQ_STATUS)
        self.expect(f"{name} after a write without it", word, 1 << bit)
        self.expect("IRQ_STATUS after a write without the error", pending, error.mask)
        await self.write(regs.ERROR, 1 << bit)
        self.expect("irq_o while IRQ_STATUS stands", self.irq(), 1)
        await self.write(regs.IRQ_STATUS, error.mask)
        word, pending = await self.read(regs.ERROR, regs.IRQ_STATUS)
        self.expect("ERROR and IRQ_STATUS cleared", (word, pending), (0, 0))
        self.expect("irq_o after IRQ_STATUS is cleared", self.irq(), 0)

    def irq(self) -> int:
        """The interrupt's level."""
        return int(self.bfm.top.irq.value)

    def expect_end(self, batch: Batch, bit: ErrorBit, number: int) -> None:
        """``batch`` is one END beat that names ``bit`` and frame ``number``, and nothing else."""
        fields = records.tuser(batch.results)
        beats = list(
            zip(*(fields[name].tolist() for name in ("kind", "frame", "index", "step")), strict=True)
        )
        self.expect("result beats", beats, [(records.TUSER_END, number, 0, 0)])
        self.expect("END status", int(batch.results["data"][0, 0]), 1 + bit)
        self.expect("END TKEEP and TLAST", (int(batch.results["keep"][0]), batch.results["last"][0]), (15, 1))
        self.expect("frames completed", len(batch.dones), 0)

    # ---- registers -----------------------------------------------------------------------------------
    async def read(self, *registers) -> list[int]:
        """Words of registers, through their agent."""
        reads: list[tuple[int, int | None]] = [(register.address, None) for register in registers]
        return await sequences.access(self.env.registers.sequencer, reads)

    async def write(self, register, word: int) -> None:
        """One write through the agent."""
        await sequences.access(self.env.registers.sequencer, [(register.address, word)])

    async def past_agent(self, *accesses: tuple[int, int | None, int]) -> list[tuple[int, int]]:
        """(data, response) of accesses (address, data or None, strobe) that the agent would refuse."""
        array = np.zeros(len(accesses), records.ACCESS)
        for record, (address, data, strobe) in zip(array, accesses, strict=True):
            record["write"], record["address"] = data is not None, address
            record["data"], record["strobe"] = data or 0, strobe
        return [(int(r["data"]), int(r["response"])) for r in await self.bfm.access(array)]

    async def command(self, name: str) -> None:
        """A bit of CTRL; START here is one that must be refused, which the scoreboard must not see."""
        await self.past_agent((regs.CTRL.address, regs.CTRL.fields[name].mask, 15))

    # ---- images --------------------------------------------------------------------------------------
    async def send_images(self, *packets: np.ndarray, last: bool = True) -> None:
        """Image packets as they are; ``last`` False: no TLAST on the last beat sent."""
        beats = image_beats(packets)
        beats["last"][-1] = last
        await self.bfm.send_images(beats, LIMIT)

    def program_packet(self, words: list[int]) -> np.ndarray:
        """The image packet of a program."""
        parts = np.array([[word >> at & 0xFFFFFFFF for at in range(0, 128, 32)] for word in words], np.int64)
        return packet(self.config, Target.PROGRAM, parts)

    async def fresh(self, images: Images | None = None, start: bool = True) -> None:
        """Into the idle machine: a network, errors interrupting, and START."""
        await self.load(images or self.one)
        await self.write(regs.IRQ_STATUS, 3)
        await self.write(regs.IRQ_ENABLE, regs.IRQ_ENABLE.fields["error"].mask)
        self.bfm.nothing_left()
        if start:
            await self.start()

    async def start_bad(self) -> None:
        """START of a program that fails at once, which the base would take for a failed START."""
        self.env.scoreboard.reset_run()
        await self.command("start")

    # ---- frames --------------------------------------------------------------------------------------
    def utterance(self, path: str, frames: int) -> np.ndarray:
        """Random frames for the networks of the cases."""
        return self.rng(path).integers(-128, 128, (frames, INPUTS), dtype=np.int16)

    @staticmethod
    def packets(utterance: np.ndarray, mark: bool = True) -> np.ndarray:
        """The packets of an utterance [frames, beats]; elements beyond the length are not zero."""
        beats = to_beats([utterance]).reshape(len(utterance), -1)
        spare = -utterance.shape[1] % 4
        if spare:
            beats["data"][:, -1] |= np.uint64((1 << 64) - (1 << 16 * (4 - spare)))
        beats["mark"][0, 0] = mark
        return beats

    def play(self, *beats: np.ndarray, stall: tuple[int, int, int] = FREE) -> None:
        """Begin to send frame beats; nothing waits for their results."""
        self.bfm.stall("frame", *stall)
        self.bfm.offer("frame", np.concatenate([array.reshape(-1) for array in beats]))
        self.bfm.library.mur_expect_packets(0)
        self.bfm.go_state["frm"] ^= 1
        self.bfm.top.go_frm.value = self.bfm.go_state["frm"]

    async def hold(self, stream: str, held: bool = True) -> None:
        """Hold "frame" or "result" from now on, or let it go; beats not yet sent stay in the queue."""
        await self.wait(2)  # a toggle before this one must have been seen
        self.bfm.stall(stream, *(HELD if held else FREE))
        self.bfm.go_state["frm"] ^= 1
        self.bfm.top.go_frm.value = self.bfm.go_state["frm"]
        await self.wait(4)

    async def wait(self, cycles: int) -> None:
        """Let the clock run."""
        await Timer(cycles * CLOCK_NS, "ns")

    async def ends(self, count: int) -> Batch:
        """Wait for ``count`` END beats and hand over all that happened since the last time."""
        for _ in range(count * LIMIT // SETTLE):
            await self.wait(SETTLE)
            if int((self.bfm.records("results")["last"] != 0).sum()) >= count:
                break
        else:
            raise Wrong(f"{count} END beats did not come: {self.bfm.progress()}")
        await self.wait(SETTLE)
        return self.bfm.take()

    async def until(self, what: str, happened: Callable[[], bool]) -> int:
        """Wait for it, and count the cycles."""
        for cycles in range(LIMIT):
            if happened():
                return cycles
            await self.wait(1)
        raise Wrong(f"{what}: not within {LIMIT:,} cycles: {self.bfm.progress()}")

    async def begun(self, frames: int = 1) -> int:
        """Wait until so many frames have begun, and count the cycles."""
        return await self.until(f"{frames} frames begun", lambda: len(self.bfm.records("starts")) >= frames)

    async def waiting_for_frame(self) -> None:
        """Wait until the machine waits for a frame: after START it clears first."""
        for _ in range(LIMIT // SETTLE):
            (status,) = await self.read(regs.STATUS)
            if regs.STATUS.fields["waiting"].get(status):
                return
        raise Wrong(f"the machine does not wait for a frame: STATUS {status:#x}")

    def took(self, packets: int, results: int = 0) -> None:
        """So many frame packets were accepted and result beats left since the last time, and nothing else."""
        batch = self.bfm.take()
        found = {name: len(getattr(batch, name)) for name in Batch.__annotations__}
        self.expect("records", found, dict.fromkeys(found, 0) | {"packets": packets, "results": results})

    @staticmethod
    def split(batch: Batch, number: int) -> tuple[Batch, Batch]:
        """The batch before frame ``number`` and from it on; completions go to the first part with beats."""
        keys = {
            "results": batch.results["user"] & np.uint64(0xFFFFFFFF),
            "commits": batch.commits["frame"],
            "starts": batch.starts["frame"],
        }
        parts = []
        for before in (True, False):
            chosen = {name: getattr(batch, name)[(key < number) == before] for name, key in keys.items()}
            dones = batch.dones if before == bool((keys["results"] < number).any()) else batch.dones[:0]
            parts.append(Batch(**chosen, dones=dones, packets=batch.packets))
        return parts[0], parts[1]

    async def judge(self, utterances: list[np.ndarray], batch: Batch) -> None:
        """What left for good frames against the model; each utterance begins with a clear."""
        if self.spoil == "frames":
            batch.results = batch.results.copy()
            batch.results["data"][0, 0] ^= 1
        self.bfm.seen["frames"].put_nowait(to_beats(utterances))  # not the bad packets between them
        self.bfm.seen["results"].put_nowait(batch)
        await self.drain()

    async def good(self, path: str, frames: int = 2, mark: bool = True) -> None:
        """Good frames from a clear, all that happens being theirs."""
        utterance = self.utterance(path, frames)
        self.play(self.packets(utterance, mark))
        await self.judge([utterance], await self.ends(frames))

    def goes_on(self, number: int, section: int = 0) -> None:
        """Tell the scoreboard where the machine goes on: its next frame number and frame of the program."""
        self.env.scoreboard.next_frame, self.env.scoreboard.section = number, section

    async def idle(self) -> None:
        """STOP, and wait until the machine is idle; what it reports stays."""
        await self.command("stop")
        for _ in range(LIMIT // SETTLE):
            (status,) = await self.read(regs.STATUS)
            if not status & (regs.STATUS.fields["running"].mask | regs.STATUS.fields["halted"].mask):
                return
            await self.wait(SETTLE)
        raise Wrong(f"STOP did not stop the machine: STATUS {status:#x}")

    async def unmoved(self) -> None:
        """Counters are what the good frames made them."""
        await sequences.read_ledger(self.env.registers.sequencer)
        await self.drain()

    async def clear_error(self) -> None:
        """Forget errors that the case has looked at before."""
        await self.write(regs.ERROR, 0xFFFFFFFF)
        await self.write(regs.IRQ_STATUS, 3)

    async def again(self, path: str, images: Images | None = None) -> None:
        """Reload, START and good frames: the idle machine is as new."""
        await self.fresh(images)
        await self.good(path)
        await self.stop()

    # ---- a case that failed --------------------------------------------------------------------------
    async def recover(self) -> None:
        """Reset machine and scoreboard after a case that failed, so that the others say more."""
        self.env.forget()
        for stream in records.STREAMS:
            self.bfm.stall(stream, *FREE)
        await self.bfm.reset()


RED = (Wrong, Diverged, Unseen, sequences.MachineError)
