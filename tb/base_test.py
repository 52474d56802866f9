# SPDX-License-Identifier: Apache-2.0
"""The base of every simulation: objections, reset, the machine's life cycle, and the run's outcome.

A test overrides ``body`` and talks to the machine through ``load``, ``start``, ``stream`` and ``stop``.
"""

import os
import signal
import time
from collections import Counter, deque

import cocotb
import numpy as np
from cocotb.triggers import Timer
from pyuvm import ConfigDB, uvm_test

from models.formats import BuildConfig
from tb import job, sequences
from tb.bfm import CLOCK_NS, Bfm
from tb.env import Environment
from tb.items import NO_STALL, ResultBatch, Stall
from tb.seeds import derive


class Diverged(Exception):
    """The machine and its model do not agree."""


class MurTest(uvm_test):
    """See the module."""

    def build_phase(self) -> None:
        """Read the job, find the harness, make the environment."""
        self.job = job.current()
        # The build's parameters are those of BuildConfig in capitals.
        self.config = BuildConfig(**{name.lower(): value for name, value in self.job.build_params.items()})
        self.bfm = Bfm()
        for name, value in (
            ("JOB", self.job),
            ("BFM", self.bfm),
            ("SEED", self.job.seed),
            ("CONFIG", self.config),
        ):
            ConfigDB().set(None, "*", name, value)
        self.env = Environment("env", self)
        self.figures: dict[str, object] = {}
        self.ledger: Counter = Counter()
        self.gaps: list[np.ndarray] = []  # cycles from start to start, back-to-back frames
        self.latencies: list[np.ndarray] = []  # cycles from a frame's last beat to its END, spaced frames
        self.stream_s = 0.0
        self.stream_cycles = 0
        self.began = time.monotonic()

    async def run_phase(self) -> None:
        """Reset, body, drain; the outcome is left whatever happens."""
        self.raise_objection()
        fault = self.job.param("fault", "")
        try:
            await self.bfm.reset()
            if fault == "dead_simulator":
                os.kill(os.getpid(), signal.SIGKILL)
            if fault == "exception":
                raise RuntimeError("a fault was asked for")
            if fault != "no_frames":
                await self.body()
            if fault == "logged_error":
                self.logger.error("a fault was asked for")
            await self.drain()
        finally:
            job.answer(self.job, self.outcome())
            self.drop_objection()

    async def body(self) -> None:
        """What the test does."""
        raise NotImplementedError

    def rng(self, path: str) -> np.random.Generator:
        """The random stream of ``path`` in this run."""
        return np.random.default_rng(derive(self.job.seed, path))

    # ---- the machine's life ------------------------------------------------------------------------------
    async def load(self, images, stall: Stall = NO_STALL) -> None:
        """Load a network into the idle machine; no error may be reported."""
        await sequences.LoadNetwork("load", images, stall).start(self.env.images.sequencer)
        await sequences.no_error(self.env.registers.sequencer)

    async def start(self, stall: Stall = NO_STALL) -> None:
        """START."""
        await sequences.start(self.env.registers.sequencer, stall)

    async def stream(
        self, utterances: list[np.ndarray], spaced: bool = False, **stalls: Stall
    ) -> ResultBatch:
        """Stream utterances and check them; return what left. Raises Diverged at the first mismatch."""
        cycle = self.cycle()
        sequence = sequences.StreamUtterances("stream", utterances, spaced=spaced, **stalls)
        await sequence.start(self.env.frames.sequencer)
        await self.drain()
        result = self.env.scoreboard.last_result
        assert result is not None, "nothing was checked"
        self.stream_s += result.cpu_s
        self.stream_cycles += self.cycle() - cycle
        batch = result.batch
        if spaced:
            ends = batch.results["cycle"][batch.results["last"] != 0]
            self.latencies.append((ends - batch.packets["last_cycle"]).astype(np.int64))
        else:
            self.gaps.append(np.diff(batch.starts["cycle"].astype(np.int64)))
        return result

    async def stop(self, stall: Stall = NO_STALL) -> None:
        """STOP, then the counters through the registers against the model's totals."""
        registers = self.env.registers.sequencer
        await sequences.stop(registers, stall)
        counters = await sequences.read_ledger(registers, stall)
        self.env.scoreboard.check_counters(counters)
        self.ledger.update(counters)
        self.verdict()

    async def drain(self) -> None:
        """Let the monitors hand over what they have, then look at the verdict."""
        for _ in range(100):
            if not any(self.env.scoreboard.pending) and not any(len(q) for q in self.waiting()):
                break
            await Timer(CLOCK_NS, "ns")
        self.verdict()

    def waiting(self) -> list[deque]:
        """What was seen on the interfaces and not yet published."""
        return [queue._queue for queue in self.bfm.seen.values()]

    def verdict(self) -> None:
        """Raise Diverged when something did not agree."""
        board = self.env.scoreboard
        if board.divergence is not None:
            raise Diverged(board.divergence.sentence())
        if board.mismatches:
            raise Diverged(f"{board.mismatches} values differ")

    @staticmethod
    def cycle() -> int:
        """Clock cycles since time zero."""
        return int(cocotb.utils.get_sim_time("ns")) // CLOCK_NS

    # ---- what is left ------------------------------------------------------------------------------------
    def outcome(self) -> dict:
        """The figures of the run; regressions/judge.py says which of them must be there."""
        board = self.env.scoreboard
        gaps = np.concatenate(self.gaps) if self.gaps else np.empty(0)
        latencies = np.concatenate(self.latencies) if self.latencies else np.empty(0)
        # Processor time of this one thread: what one core needs, whatever else the machine does.
        busy = self.stream_s + board.model_s + board.compare_s
        figures = {
            "checks": board.checks,
            "mismatches": board.mismatches,
            "frames": board.frames_checked,
            "cycles": self.cycle(),
            "batches": board.batches,
            "utterances": board.utterances_seen,
            "stream_s": round(self.stream_s, 4),
            "stream_cycles": self.stream_cycles,
            "model_s": round(board.model_s, 4),
            "compare_s": round(board.compare_s, 4),
            "ledger": dict(self.ledger),
            "event_cycles_per_frame": round(board.events / max(board.frames_checked, 1), 2),
        }
        if len(gaps):
            figures["cycles_per_frame"] = round(float(gaps.mean()), 2)
        if len(latencies):
            figures["latency_cycles"] = int(latencies.max())
        if board.divergence is not None:
            figures["divergence"] = board.divergence.summary()
        if busy:
            figures["checked_frames_per_s"] = round(board.frames_checked / busy, 1)
        return figures | self.figures
