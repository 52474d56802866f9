# SPDX-License-Identifier: Apache-2.0
"""The scoreboard: every batch of frames through the model, and everything compared.

It knows what the monitors saw on the pins: which images went in, when START was written, which frames were
accepted and what left. What layers and neurons are called in reports, the driver of images says. It counts
what it compared; a run that compared nothing is a failure of the run (regressions/judge.py).
"""

import time
from collections import Counter, deque
from collections.abc import Callable
from typing import Any

import numpy as np
from pyuvm import ConfigDB, uvm_analysis_port, uvm_scoreboard, uvm_subscriber

from models.images import Layout
from models.machine import Machine
from tb import mixed, mur_regs
from tb.bfm import Batch
from tb.compare import Context, Outcome, compare
from tb.coverage.component import TracedMachine
from tb.divergence import Divergence, rerun_with_waves
from tb.expected import Expected, expect, site_plans
from tb.items import FramesSeen, ImageLoad, ImagesSeen, LedgerRead, RegisterAccess, ResultBatch
from tb.records import LEDGER

# CYCLES is exact: the cycle of the last completion's record, less that in which the slave had taken the write
# of START, less two for the write to become the pulse of START, less one because the record comes a cycle
# after the completion (tb/harness/mur_taps.sv).
CYCLES_OFFSET = 3


class Listener(uvm_subscriber):
    """Hands what one monitor publishes to ``function`` of the scoreboard."""

    function: Callable[[Any], None]

    def write(self, item) -> None:
        """One item."""
        self.function(item)


def listen(scoreboard: uvm_scoreboard, *names: str) -> None:
    """Give ``scoreboard`` a listener of each name, for its function saw_NAME."""
    for name in names:
        listener = Listener.create(name, scoreboard)
        listener.function = getattr(scoreboard, f"saw_{name}")
        setattr(scoreboard, name, listener)


class Scoreboard(uvm_scoreboard):
    """See the module."""

    machine: Machine  # of the images that were loaded last
    layout: Layout  # of the network that was sent last

    def build_phase(self) -> None:
        """Make the listeners and empty accounts."""
        listen(self, "registers", "images", "names", "frames", "results")
        self.traces = uvm_analysis_port("traces", self)  # what the model ran, for coverage
        self.job = ConfigDB().get(self, "", "JOB")
        self.config = ConfigDB().get(self, "", "CONFIG")
        self.checks = self.mismatches = self.frames_checked = self.batches = self.utterances_seen = 0
        self.divergence: Divergence | None = None
        self.model_s = self.compare_s = 0.0
        self.events = 0  # event cycles of the busier set, all frames (docs/ledger.md)
        self.pending: tuple[deque, deque] = (deque(), deque())
        self.last_result: ResultBatch | None = None
        self.reset_run()

    def reset_run(self) -> None:
        """What START does: frame numbers and ledger from zero, the program from its first descriptor."""
        self.totals = Counter({name: 0 for name in (*LEDGER, "FRAMES")})
        self.next_frame = self.section = 0
        self.started: int | None = None  # cycle in which START was taken, where the register monitor saw it
        self.completed: int | None = None  # cycle of the last completion

    # ---- what the monitors saw -----------------------------------------------------------------------
    def saw_names(self, item: ImageLoad) -> None:
        """A network is about to be loaded."""
        assert item.images.layout is not None, "nothing has a name"
        self.layout = item.images.layout

    def saw_images(self, item: ImagesSeen) -> None:
        """It was loaded."""
        self.follow(item.images, item.images.descriptors())

    def follow(self, images, program: list) -> None:
        """From now on frames run on ``images``, whose ``program`` names descriptors in reports."""
        self.machine = TracedMachine(images, self.config, self.traces, program)
        self.plans = site_plans(self.machine)
        self.plan = self.plans[0]
        self.program = program

    def saw_registers(self, item: RegisterAccess) -> None:
        """Look for START, and compare a ledger."""
        access = item.seen["access"]
        start = (access["write"] != 0) & (access["address"] == mur_regs.CTRL.address)
        start &= access["data"] & access["strobe"] & mur_regs.CTRL.fields["start"].mask != 0
        if start.any():
            self.reset_run()
            self.started = int(item.seen["cycle"][start][-1])
        if isinstance(item, LedgerRead):
            self.check_counters(item.counters)

    def saw_frames(self, item: FramesSeen) -> None:
        """Frames went in; their results come by another monitor."""
        length = self.machine.sections[0].begin.length
        self.pending[0].append([utterance[:, :length] for utterance in item.utterances])
        self.match()

    def saw_results(self, item: ResultBatch) -> None:
        """Results of the oldest batch."""
        self.pending[1].append(item)
        self.match()

    def match(self) -> None:
        """Check every batch of which both halves are here."""
        while all(self.pending):
            self.check(self.pending[0].popleft(), self.pending[1].popleft())

    # ---- checking ------------------------------------------------------------------------------------
    def check(self, utterances: list[np.ndarray], got: ResultBatch) -> None:
        """One batch."""
        self.batches += 1
        self.last_result = got
        if len(got.batch.dones):
            self.completed = int(got.batch.dones["cycle"][-1])
        lengths = np.array([len(utterance) for utterance in utterances])
        if len(self.plans) > 1:
            self.check_mixed(utterances, got.batch)
            return
        start = time.process_time()
        frames = np.zeros((len(lengths), lengths.max(), utterances[0].shape[1]), np.int64)
        for row, utterance in zip(frames, utterances, strict=True):
            row[: len(utterance)] = utterance
        trace = self.machine.run(frames, lengths)
        middle = time.process_time()
        batch, expected = self.compared(got.batch, expect(self.plan, trace))
        context = Context(
            layout=self.layout,
            program=self.program,
            utterance=self.utterances_seen + np.repeat(np.arange(len(lengths)), lengths),
            frame=np.concatenate([np.arange(length) for length in lengths]),
            first_frame=self.next_frame,
            section=self.section,
            totals=self.totals,
        )
        self.account(compare(expected, batch, context))
        count = expected.frames
        for name, amounts in expected.ledger.items():
            self.totals[name] += int(amounts.sum())
        self.totals["FRAMES"] += count
        self.next_frame += count
        self.section = (self.section + count) % len(self.plan.pcs)
        self.frames_checked += count
        self.utterances_seen += len(lengths)
        self.events += int(trace.events[trace.alive].sum())
        self.model_s += middle - start
        self.compare_s += time.process_time() - middle

    def compared(self, batch: Batch, expected: Expected) -> tuple[Batch, Expected]:
        """What left and what should have, on its way to be compared: tb/spoilt.py gets in here."""
        return batch, expected

    def check_mixed(self, utterances: list[np.ndarray], batch: Batch) -> None:
        """One batch of a program whose frames differ in work, frame by frame."""
        start = time.process_time()
        model = mixed.run_model(self.machine, self.plans, utterances, self.section)
        middle = time.process_time()
        places = [(self.utterances_seen + u, f) for u, one in enumerate(utterances) for f in range(len(one))]
        count = len(places)
        self.account(Outcome(1, int(not mixed.in_order(batch))))
        parts = mixed.by_frame(batch, self.next_frame, count)
        for (utterance, frame), expected, part in zip(places, model.frames, parts, strict=True):
            context = Context(
                layout=self.layout, program=self.program, utterance=np.array([utterance]),
                frame=np.array([frame]), first_frame=self.next_frame, section=0, totals=self.totals,
            )  # fmt: skip
            self.account(compare(expected, part, context))
            for name, amounts in expected.ledger.items():
                self.totals[name] += int(amounts.sum())
            self.totals["FRAMES"] += 1
            self.next_frame += 1
        self.section = model.section
        self.frames_checked += count
        self.utterances_seen += len(utterances)
        self.events += model.events
        self.model_s += middle - start
        self.compare_s += time.process_time() - middle

    def account(self, outcome: Outcome) -> None:
        """Add an outcome; report its divergence if it is the run's first."""
        self.checks += outcome.checks
        self.mismatches += outcome.mismatches
        if outcome.first is None or self.divergence is not None:
            return
        self.divergence = outcome.first
        self.logger.error(outcome.first.sentence())
        for line in (*outcome.first.table(), f"rerun: {rerun_with_waves(self.job.rerun)}"):
            print(f"mur> {line}", flush=True)

    def check_counters(self, read: dict[str, int]) -> None:
        """The ledger as registers show it, against the model's totals."""
        model = dict(self.totals)
        if self.started is not None:
            cycles = self.completed - self.started - CYCLES_OFFSET if self.completed is not None else 0
            model["CYCLES"] = cycles
        wrong = {name: (read[name], total) for name, total in model.items() if read[name] != total}
        self.checks += len(model)
        self.mismatches += len(wrong)
        for name, (dut, wanted) in wrong.items():
            self.logger.error(f"register {name}: DUT {dut}, model {wanted}")
