# SPDX-License-Identifier: Apache-2.0
"""The base of every simulation: objections, reset, limits, drain, and the run's outcome.

A test overrides ``body`` and lets virtual sequences run on ``env.virtual``, or goes step by step through
``load``, ``start``, ``stream`` and ``stop``.
"""

import numpy as np
from pyuvm import ConfigDB, uvm_test

from models.formats import BuildConfig
from tb import error_log, job
from tb.bfm import Bfm
from tb.coverage.watch import WatchedBfm
from tb.env import Diverged, Environment
from tb.items import NO_STALL, ResultBatch, Stall
from tb.seeds import derive
from tb.virtual_sequences import Batch, Program, Start, Stop, Stream, VirtualSequence
from tb.watchdog import Watchdog

__all__ = ["Diverged", "MurTest"]


class LoggedError(Exception):
    """The run went to its end, but something was logged as an error."""


LAUNCHER_S = 0.9  # of the launcher's limit: the bench stops itself first, and can say how far it came


class MurTest(uvm_test):
    """See the module. ``limit_cycles`` bounds the whole run in simulated time."""

    limit_cycles = 1_000_000_000

    def build_phase(self) -> None:
        """Read the job, find the harness, make the environment."""
        self.job = job.current()
        # The build's parameters are those of BuildConfig in capitals.
        self.config = BuildConfig(**{name.lower(): value for name, value in self.job.build_params.items()})
        self.bfm = WatchedBfm()
        settings = {
            "JOB": self.job,
            "BFM": self.bfm,
            "SEED": self.job.seed,
            "CONFIG": self.config,
            "LIMIT_CYCLES": self.limit_cycles,
            "LIMIT_S": self.job.limit_s * LAUNCHER_S,
        }
        for name, value in settings.items():
            ConfigDB().set(None, "*", name, value)
        self.env = Environment.create("env", self)
        self.watchdog = Watchdog.create("watchdog", self)
        self.figures: dict[str, object] = {}
        self.errors_logged = error_log.listen()

    async def run_phase(self) -> None:
        """Reset, body, drain."""
        self.raise_objection()
        try:
            await self.bfm.reset()
            await self.body()
            await self.drain()
        except BaseException:
            self.extract_phase()  # by hand: pyuvm leaves out the phases behind one that an exception ends
            raise
        finally:
            self.drop_objection()

    async def body(self) -> None:
        """What the test does."""
        raise NotImplementedError

    def rng(self, path: str) -> np.random.Generator:
        """The random stream of ``path`` in this run."""
        return np.random.default_rng(derive(self.job.seed, path))

    # ---- the machine's life, step by step ----------------------------------------------------------------
    async def run(self, sequence: VirtualSequence) -> None:
        """Run a virtual sequence."""
        await sequence.start(self.env.virtual)

    async def load(self, images, stall: Stall = NO_STALL) -> None:
        """Load a network into the idle machine; no error may be reported."""
        await self.run(Program.create("program").having(images=images, stall=stall))

    async def start(self, stall: Stall = NO_STALL) -> None:
        """START."""
        await self.run(Start.create("start").having(stall=stall))

    async def stream(
        self, utterances: list[np.ndarray], spaced: bool = False, mark: bool = True, **stalls: Stall
    ) -> ResultBatch:
        """Stream utterances (see tb.items.FrameBatch) and check them; return what left.

        Raises Diverged at the first mismatch.
        """
        batch = Batch(utterances, {"spaced": spaced, "mark": mark, **stalls})
        await self.run(Stream.create("stream").having(batch=batch))
        result = self.env.scoreboard.last_result
        assert result is not None, "nothing was checked"
        return result

    async def stop(self, stall: Stall = NO_STALL) -> None:
        """STOP, then the counters through the registers against the model's totals."""
        await self.run(Stop.create("stop").having(stall=stall))

    async def drain(self) -> None:
        """Let the monitors hand over what they have, then look at the verdict."""
        await self.env.settle()

    @staticmethod
    def cycle() -> int:
        """Clock cycles since time zero."""
        return Bfm.cycle()

    def check_phase(self) -> None:
        """What was logged as an error is one, whichever logger it went to."""
        if self.errors_logged:
            raise LoggedError(self.errors_logged[0])

    # ---- what is left ------------------------------------------------------------------------------------
    def extract_phase(self) -> None:
        """Leave the figures of the run, whatever is thought of them; regressions/judge.py wants some."""
        board, tally = self.env.scoreboard, self.env.tally
        busy = self.bfm.stream_s + board.model_s + board.compare_s
        figures = {
            "checks": board.checks,
            "mismatches": board.mismatches,
            "frames": board.frames_checked,
            "cycles": self.cycle(),
            "batches": board.batches,
            "utterances": board.utterances_seen,
            "stream_s": round(self.bfm.stream_s, 4),
            "stream_cycles": self.bfm.stream_cycles,
            "model_s": round(board.model_s, 4),
            "compare_s": round(board.compare_s, 4),
            "event_cycles_per_frame": round(board.events / max(board.frames_checked, 1), 2),
            **tally.figures(),
        }
        if board.divergence is not None:
            figures["divergence"] = board.divergence.summary()
        if busy:
            figures["checked_frames_per_s"] = round(board.frames_checked / busy, 1)
        job.answer(self.job, figures | self.figures)
        self.env.coverage.write(self.job.out_dir / "functional.xml")
