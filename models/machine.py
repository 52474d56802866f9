# SPDX-License-Identifier: Apache-2.0
"""The descriptor-level model: a compiled program and frames in, spikes, results and ledger out.

Every value is an exact integer; matrices are multiplied in floating point only where all partial sums are
proven to be exactly representable (float32 under the 2^23 bound of docs/numerics.md, else float64, whose
2^53 no ACC can reach).

Overflow. Before a run the any-order bound is carried through the program (`machine_flow.stays_in_range`);
when it holds no accumulator can leave 24 bits. When it does not, the run goes step by step and checks every
ACC exactly: with `v` the accumulator before it and P, N the sums of its positive and negative products,
some order of its events leaves 24 bits if and only if `v + P` or `v - N` does, and every order does if `v +
P - N` or one product does (`certain`). Both raise ACC_OVERFLOW. FOLD is checked as it is. Work of one
descriptor is not mixed with that of the next, because descriptors act as if sequential (docs/program.md).
"""

import numpy as np

from models.machine_flow import analyse
from models.machine_plan import MachineError, plan
from models.machine_run import Run, State
from models.machine_trace import Trace

__all__ = ["Machine", "MachineError", "State", "Trace"]


class Machine:
    """One build of the machine with a program in it."""

    def __init__(self, images, config=None):
        """Decode and unroll the program of `images` for `config` (default: the images' own).

        ValueError when the program reads words that no image holds. Illegal descriptors and addresses raise
        `MachineError` when a run gets there, as the machine does; `check()` raises it at once.
        """
        self.config = config or images.config
        self.sections, self.sites = plan(images, self.config)
        self.deferring = analyse(self.sections, self.config, defer=True)
        self.immediate = analyse(self.sections, self.config, defer=False)
        self.state, self.position = None, 0
        self._single = {}

    def check(self):
        """Raise the first `MachineError` that a run from START meets, if there is one, overflow excepted."""
        at = 0
        for _ in self.sections:  # as many steps as there are sections meet every one that a run can
            section = self.sections[at]
            if section.error is not None:
                raise section.error
            at = section.following

    def run(self, frames, lengths=None, start_of_stream=True, position=None):
        """Run `frames` [B, F, n_in] (16-bit patterns, signed or not) and return a `Trace`.

        `lengths` int[B] are the valid frames of each utterance (default F). With `start_of_stream` every
        utterance starts from a clear; without it the state of the last run goes on, which needs the same B
        and a last run in which all lengths were F. `position` is the section (frame of the program) to
        begin with: by default the first after a clear, as START does, else the next. A start-of-stream mark
        does not move the program, so a marked frame in mid-stream is `position=machine.position`.

        Raises `MachineError` (with the frames completed and their trace) and ValueError for frames that do
        not fit.
        """
        frames = np.asarray(frames)
        if frames.ndim != 3:
            raise ValueError(f"frames must be [B, F, n_in], not {frames.shape}")
        frames = (frames.astype(np.int64) & 0xFFFF).astype(np.uint16)
        batch, count, width = frames.shape
        ends = np.full(batch, count) if lengths is None else np.asarray(lengths, np.int64)
        if ends.shape != (batch,) or (ends < 0).any() or (ends > count).any():
            raise ValueError(f"lengths must be {batch} numbers of 0..{count} frames")
        for section in self.sections:
            if section.begin is not None and section.begin.length != width:
                raise ValueError(f"frames have {width} elements, the FRAME takes {section.begin.length}")
        if start_of_stream:
            self.state = State(batch, self.config)
        elif self.state is None or len(self.state.vector) != batch:
            raise ValueError(
                "no state of this many utterances to go on from: the last run was another or was ragged"
            )
        if start_of_stream or position is not None:
            self.position = position or 0
        frames[np.arange(count) >= ends[:, None]] = 0  # nobody looks at these, but the bound would count them
        run = Run(self, frames, ends)
        try:
            run.frames_all()
        except MachineError as error:
            self.state = None
            error.trace = run.finish()
            raise
        if (ends < count).any():
            self.state = None
        return run.finish()

    def single(self, op):
        """Weights of an ACC in float32; ACCs that share them share the copy."""
        key = id(op.weights)
        if key not in self._single:
            self._single[key] = op.weights.astype(np.float32)
        return self._single[key]
