# SPDX-License-Identifier: Apache-2.0
"""One random illegality in an otherwise legal random case: the error that the model names, then right frames.

Programs, image packets, frame packets and commands; SPOIL=expect and SPOIL=frames corrupt the first
expectation or the first result of every case, SPOIL=before what has left before an error, to see it red.
"""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping

import numpy as np
import pyuvm

from models.compiler import compile_network
from models.formats import ErrorBit
from models.images import Images
from models.networks.illegal import BadProgram, bad_lengths, bad_packet, bad_program, wrong_command
from models.networks.random_net import random_frames, random_network
from models.networks.random_program import random_program
from regressions.registry import name_of
from tb import mur_regs as regs
from tb import records
from tb.base_test import Diverged
from tb.bfm import Batch
from tb.expected import SitePlan, expect
from tb.items import NO_STALL, Stall
from tb.tests_sim.error_bench import RED, SETTLE
from tb.tests_sim.errors_images import joined
from tb.tests_sim.lives import RandomLives, random_cut
from tb.tests_sim.stalls import random_stalls

FRAMES = 4  # of a case
Case = tuple[Images, np.ndarray]  # legal images, and int [1, FRAMES, n] for them


def prepare(params: Mapping, _seed: int) -> dict:
    """Nothing to hand over; RegistryError when SPOIL= names nothing that can be spoilt."""
    name_of("SPOIL", params["spoil"], ("expect", "frames", "before"))
    return {}


@pyuvm.test()
class Illegal(RandomLives):
    """CASES cases, each its own random network or program."""

    async def body(self) -> None:
        """All cases, the kinds in turn; the red ones are named together."""
        self.spoil = str(self.job.param("spoil", ""))
        self.to_spoil = [
            ("results", "user"), ("results", "data"), ("commits", "spikes"), ("commits", "membranes")
        ]  # fmt: skip
        kinds: tuple[Callable[..., Awaitable[None]], ...] = (
            self.program, self.image, self.packets_among_good, self.program, self.command_when_wrong,
        )  # fmt: skip
        self.seen_errors: Counter = Counter()
        cases, red = int(self.job.param("cases", 20)), []
        for n in range(cases):
            rng = self.rng(f"illegal.{n}")
            self.expected = 0
            self.doing = ""
            self.stalls = random_stalls(rng)
            try:
                await kinds[n % len(kinds)](rng)
            except RED as error:
                red.append(n)
                print(f"mur> case {n}, {self.doing}: {error}", flush=True)
                await self.recover()
        self.figures |= {"cases": cases, "networks": cases, "errors": dict(self.seen_errors), "red": red}
        if red:
            raise Diverged(f"{len(red)} of {cases} cases are red: {', '.join(map(str, red))}")

    def legal(self, rng: np.random.Generator) -> Case:
        """A random legal case."""
        if rng.random() < 0.6:
            return random_program(rng, self.config, FRAMES, 1)
        network = random_network(rng, self.config, largest=64)
        return compile_network(network, self.config), random_frames(rng, network, FRAMES)

    async def load(self, images: Images, stall: Stall = NO_STALL) -> None:
        """As every test, with this case's stalls; image packets sent past the agent later keep them."""
        await super().load(images, self.stalls["image"])

    async def start(self, stall: Stall = NO_STALL) -> None:
        """As every test, with this case's stalls."""
        await super().start(self.stalls["axil"])

    async def stop(self, stall: Stall = NO_STALL) -> None:
        """As every test, with this case's stalls."""
        await super().stop(self.stalls["axil"])

    def stalled(self, rng: np.random.Generator) -> tuple[int, int, int]:
        """Stall the results; a stall for the frames."""
        frame, result = self.stalls["frame"], self.stalls["result"]
        seeds = rng.integers(1 << 32, size=2)
        self.bfm.stall("result", int(seeds[0]), result.rate, result.burst)
        return int(seeds[1]), frame.rate, frame.burst

    def count(self, bit: ErrorBit, what: str) -> None:
        """Say what this case is about."""
        self.doing = f"{self.doing}{bit.name} by {what}; "
        self.seen_errors[bit.name] += 1

    async def right_after(self, rng: np.random.Generator) -> None:
        """STOP or reset, or a reset in another legal case; then a legal case, whole."""
        then = rng.choice(["stop", "reset", "cut"], p=[0.5, 0.25, 0.25])
        if then == "reset":
            await self.bfm.reset()
        else:
            await self.idle()
        if then == "cut":
            images, x = self.legal(rng)
            await self.cut_short(random_cut(rng), images, [x[0]])
        await self.whole(rng, self.legal(rng))

    async def whole(self, rng: np.random.Generator, case: Case, load: bool = True) -> None:
        """Load, START, the frames of a legal case, STOP."""
        images, x = case
        if load:
            await self.fresh(images)
        else:
            await self.start()
        self.play(self.packets(x[0], mark=rng.random() < 0.5), stall=self.stalled(rng))
        await self.judge([x[0]], await self.ends(len(x[0])))
        await self.stop()

    # ---- programs --------------------------------------------------------------------------------------
    async def program(self, rng: np.random.Generator) -> None:
        """A program with one bad descriptor, or data that overflow; at times CLEAR, and all once more."""
        images, x = self.legal(rng)
        bad = bad_program(rng, images, x)
        self.count(bad.error.bit, f"{bad.what} ({bad.error})")
        await self.fresh(images, start=False)
        await self.send_images(self.program_packet(bad.images.program))
        board = self.env.scoreboard
        board.follow(bad.images, images.descriptors())
        await self.start_bad()
        number = 0
        for again in range(1 + int(rng.random() < 0.4)):
            if again:
                await self.command("clear")
                self.goes_on(number)
            number = await self.stopped(rng, bad, number, mark=not again and rng.random() < 0.5)
        await self.right_after(rng)

    async def stopped(self, rng: np.random.Generator, bad: BadProgram, first: int, mark: bool) -> int:
        """Frames from number ``first`` up to the error: results, END, registers; the next number."""
        x, complete = bad.frames[0], bad.error.frame
        assert complete is not None
        if len(x):
            self.play(self.packets(x, mark), stall=self.stalled(rng))
        good, failed = self.split(await self.ends(complete + 1), first + complete)
        results = failed.results
        self.expect("beats of the frame that fails", len(results) > 0, True)
        end = Batch(results[-1:], failed.commits, failed.starts, failed.dones, failed.packets)
        self.expect_end(end, bad.error.bit, first + complete)
        self.expect("frames begun", failed.starts["frame"].tolist(), [first + complete] * bad.begun)
        if complete:
            await self.judge([x[:complete]], good)
        if bad.begun and bad.error.bit != ErrorBit.ACC_OVERFLOW:
            if self.spoil == "before":
                self.spoil_before(failed)
            self.expect_before(bad, failed)
        await self.expect_status("after the error", running=0, waiting=0, halted=1)
        await self.expect_error(bad.error.bit, bad.error.pc)
        await self.unmoved()
        return first + complete + bad.begun

    def spoil_before(self, failed: Batch) -> None:
        """Corrupt a field of the first record before the error: of those there, the one not used longest."""
        for place in self.to_spoil:
            name, field = place
            records_ = getattr(failed, name)[:-1] if name == "results" else failed.commits  # not END
            if len(records_):
                first = records_[field][:1].reshape(-1)[:1]
                first ^= first.dtype.type(1 << 32 if field == "user" else 1)
                self.to_spoil.remove(place)
                self.to_spoil.append(place)
                return

    def expect_before(self, bad: BadProgram, failed: Batch) -> None:
        """All that the descriptors before the bad one do in its frame, and nothing else."""
        machine, at = self.env.scoreboard.machine, bad.error.frame
        wanted = expect(SitePlan(machine, [bad.section]), bad.error.trace)
        beats = wanted.plan.beats[:-1]  # END is looked at by itself
        fields = records.tuser(failed.results[:-1])
        found = list(zip(*(fields[name].tolist() for name in ("kind", "index", "step")), strict=True))
        self.expect("beats before the error", found, [(b.kind, b.index, b.step) for b in beats])
        for beat, place, words in zip(failed.results[:-1], beats, wanted.words[at][:-1], strict=True):
            self.expect("words", beat["data"][: place.words].tolist(), words[: place.words].tolist())
        chunk = wanted.plan.chunk
        self.expect("spikes before the error", failed.commits["spikes"].tolist(), wanted.spikes[at].tolist())
        membranes = failed.commits["membranes"][:, :chunk].tolist()
        self.expect("membranes before the error", membranes, wanted.membranes[at].tolist())

    # ---- images ----------------------------------------------------------------------------------------
    async def image(self, rng: np.random.Generator) -> None:
        """A bad packet, before or among good ones: START is refused until all is loaded again."""
        case = self.legal(rng)
        beats, bit, what = bad_packet(rng, case[0])
        self.count(bit, what)
        await self.fresh(case[0], start=False)
        good = case[0].to_packets()
        at = int(rng.integers(len(good)))  # the program, which is last, is not sent behind it
        await self.send_images(*good[:at], beats)
        await self.expect_error(bit)
        await self.expect_status("after a bad image", running=0, program_valid=0)
        await self.command("start")
        await self.expect_error(ErrorBit.NO_PROGRAM)
        await self.whole(rng, case)

    # ---- frames ----------------------------------------------------------------------------------------
    async def packets_among_good(self, rng: np.random.Generator) -> None:
        """Frame packets too short or too long anywhere among good ones: dropped, and their marks too."""
        images, x = self.legal(rng)
        good, wanted = self.packets(x[0]), 0
        parts = []
        for packet in (*good, None):
            for size, bit in bad_lengths(rng, x.shape[2]):
                parts.append(self.junk(rng, size))
                wanted |= 1 << bit
                self.count(bit, f"{size} beats")
            parts += [packet] if packet is not None else []
        await self.fresh(images)
        self.play(*parts, stall=self.stalled(rng))
        batch = await self.ends(len(x[0]))
        for _ in range(1000):
            if len(batch.packets) == len(parts):
                break
            await self.wait(SETTLE)
            batch = joined(batch, self.bfm.take())
        self.expect("packets taken", len(batch.packets), len(parts))
        await self.judge([x[0]], batch)
        await self.wait(SETTLE)
        self.expect("ERROR", await self.read(regs.ERROR), [wanted])
        await self.expect_status("after bad packets", running=1, halted=0)
        await self.clear_error()
        await self.right_after(rng)

    @staticmethod
    def junk(rng: np.random.Generator, beats: int) -> np.ndarray:
        """A packet of random beats, marked or not."""
        packet = np.zeros(beats, records.BEAT)
        packet["data"] = rng.integers(0, 1 << 63, beats, dtype=np.uint64)
        packet["last"][-1] = 1
        packet["mark"] = rng.integers(0, 2, beats)
        return packet

    # ---- commands --------------------------------------------------------------------------------------
    async def command_when_wrong(self, rng: np.random.Generator) -> None:
        """START while frames run, or an image: refused, and the frames are right."""
        images, x = self.legal(rng)
        wrong = wrong_command(rng)
        bit = wrong.bit
        self.count(
            bit, f"{wrong.moment} cycles after the {'frame has begun' if wrong.begun else 'first beat'}"
        )
        await self.fresh(images)
        self.play(self.packets(x[0]), stall=self.stalled(rng))
        if wrong.begun:
            await self.begun()
        await self.wait(wrong.moment)
        if bit == ErrorBit.CTRL_BUSY:
            await self.command("start")
        else:
            packets = images.to_packets()
            await self.send_images(packets[rng.integers(len(packets))])
        await self.judge([x[0]], await self.ends(len(x[0])))
        await self.expect_error(bit)
        await self.expect_status(
            "after it", running=1, halted=0, program_valid=int(bit == ErrorBit.CTRL_BUSY)
        )
        await self.right_after(rng)
