# SPDX-License-Identifier: Apache-2.0
"""The environment's part that measures functional coverage: it listens, and the checkers have the first word.

A value that no bin stands for makes a run red at its end, when all that was compared agrees.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pyuvm import ConfigDB, uvm_analysis_port, uvm_component, uvm_subscriber

from models.machine import Machine, MachineError
from models.machine_trace import Trace
from tb.coverage.bins import RunDatabase
from tb.coverage.frames import FrameSampler
from tb.coverage.groups import GROUPS
from tb.coverage.pins import PinSampler
from tb.coverage.program import Program


@dataclass(frozen=True)
class Ran:
    """Frames that a model ran: int [B, F, n], the stream's elements."""

    machine: "TracedMachine"
    frames: np.ndarray
    trace: Trace


class TracedMachine(Machine):
    """A model that publishes what it ran."""

    def __init__(self, images, config, port: uvm_analysis_port, program: list) -> None:
        """``program``: its descriptors; ``port``: where each run goes as a Ran."""
        super().__init__(images, config)
        self.port, self.program = port, program

    def run(self, frames, *args, **options) -> Trace:
        """See Machine. An error behind the last of these frames is published as the run it was."""
        try:
            trace = super().run(frames, *args, **options)
        except MachineError as error:
            if error.trace is not None and error.frame == np.shape(frames)[1]:
                self.port.write(Ran(self, frames, error.trace))
            raise
        self.port.write(Ran(self, frames, trace))
        return trace


class TraceListener(uvm_subscriber):
    """Samples by ``sampler`` what the scoreboard's models ran."""

    sampler: FrameSampler
    program: Program | None = None  # of the machine seen last

    def write(self, item: Ran) -> None:
        """One batch."""
        if self.program is None or self.program.machine is not item.machine:
            self.program = Program(item.machine, item.machine.program)
        self.sampler.sample(self.program, item.frames, item.trace)


class FunctionalCoverage(uvm_component):
    """Counts bins of what passes the harness (a WatchedBfm) and of what the model made of it."""

    def build_phase(self) -> None:
        """Make the samplers and watch the harness."""
        self.database = RunDatabase(GROUPS)
        self.traces = TraceListener.create("traces", self)
        self.traces.sampler = FrameSampler(self.database)
        self.pins = PinSampler(self.database, ConfigDB().get(self, "", "CONFIG"))
        ConfigDB().get(self, "", "BFM").watcher = self.pins

    def write(self, out: Path) -> None:
        """Leave what was counted."""
        ConfigDB().get(self, "", "BFM").tell()
        self.pins.catch_up()
        self.database.write(out)
