# SPDX-License-Identifier: Apache-2.0
"""One run of the machine: sections as lists of closures, frame by frame; what can wait is done at the end."""

from typing import Any

import numpy as np

from models import machine_checked as checked
from models import numerics as nm
from models.formats import ErrorBit, Kind
from models.machine_flow import stays_in_range
from models.machine_ops import CONTEXT_COUNT, SET_COUNT, Accumulate, Fold, digit_sums
from models.machine_plan import MachineError
from models.machine_trace import Trace

NOTHING = (0, -(1 << 26))  # a running maximum that `first` has forgotten: any score is above it
BLOCK = 4096  # rows (frames times utterances) of one deferred matrix product: small enough to stay in a cache


class State:
    """Accumulators, vectors, neurons and running maxima of B machines side by side, cleared."""

    def __init__(self, batch, config):
        """Zero state for `batch` utterances."""
        neurons = config.neur_depth * config.chunk
        self.acc = np.zeros((SET_COUNT, CONTEXT_COUNT, batch, config.lanes))
        self.vector = np.zeros((batch, config.vec_depth * config.chunk), np.uint16)
        self.v = np.zeros((batch, neurons), np.int32)
        self.z = np.zeros((batch, neurons), np.uint8)
        self.index = np.zeros((SET_COUNT, batch), np.int64)  # running maxima, by step
        self.score = np.zeros((SET_COUNT, batch), np.int64)


class Run:
    """One call of `Machine.run`, on the machine's state."""

    def __init__(self, machine, frames, lengths):
        """`frames` uint16[B, F, n], `lengths` int64[B]."""
        self.machine, self.state, self.frames = machine, machine.state, frames
        self.chunk, self.lanes = machine.config.chunk, machine.config.lanes
        batch, count, _ = frames.shape
        state = self.state
        largest = np.abs(state.acc).max(axis=2, initial=0)
        self.safe = stays_in_range(machine.sections, machine.position, frames, state.vector, largest)
        self.dtype = np.float32 if self.safe else np.float64
        state.acc = state.acc.astype(self.dtype)
        self.flows = machine.deferring if self.safe else machine.immediate
        self.trace = Trace(machine.sites, batch, count, lengths)
        self.done = 0  # frames completed
        self.where: list[list[int]] = [[] for _ in machine.sections]  # frame numbers of each section
        most = -(-count // self.period()) if count else 0
        self.kept = [
            [np.zeros((most, batch, length), np.uint16) for _, length in flow.snapshots]
            for flow in self.flows
        ]
        self.code = [self.compile(s) for s in range(len(machine.sections))]

    def period(self):
        """A number of frames in which no section comes twice."""
        complete = [section for section in self.machine.sections if section.following is not None]
        return max(1, len(complete))

    def frames_all(self):
        """Run every frame; MachineError where the program stops."""
        machine = self.machine
        for f in range(self.frames.shape[1]):
            s = machine.position
            section = machine.sections[s]
            if section.begin is None:
                break
            self.trace.section[f] = s
            j = len(self.where[s])
            self.where[s].append(f)
            self.load(section.begin, f)
            for step in self.code[s]:
                step(f, j)
            if section.error is not None:
                self.stop(section.error)
            self.done += 1
            machine.position = section.following
        after = machine.sections[machine.position]
        if after.begin is None:
            self.stop(after.error)

    def stop(self, error, certain=True):
        """Raise `error` as the error of this run."""
        raise MachineError(error.bit, error.pc, error.message, self.done, certain)

    def overflow(self, op, found):
        """Raise ACC_OVERFLOW at `op` when `found` = (utterance, certain) is not None."""
        if found is not None:
            utterance, certain = found
            how = "in every order" if certain else "in some order"
            message = (
                f"context {op.ctx if isinstance(op, Accumulate) else op.dst}, utterance {utterance}, {how}"
            )
            self.stop(MachineError(ErrorBit.ACC_OVERFLOW, op.pc, message), certain)

    def load(self, begin, f):
        """FRAME: the elements of frame `f`, and zeros up to the end of its last chunk."""
        region = self.state.vector[:, begin.base : begin.base + begin.extent]
        region[:, : begin.length] = self.frames[:, f]
        region[:, begin.length :] = 0

    def compile(self, s):
        """Section `s` as a list of functions of (frame, how many-th frame of this section)."""
        section, flow, code, taken = self.machine.sections[s], self.flows[s], [], set()
        for i, op in enumerate(section.ops):
            if isinstance(op, Accumulate):
                if flow.read[i] not in taken:
                    taken.add(flow.read[i])
                    code.append(self.snapshot(op, self.kept[s][flow.read[i]]))
                if flow.live[i]:
                    code.append(self.accumulate(op, flow.live[i]))
            elif isinstance(op, Fold):
                code.append(self.fold(op))
            elif i not in flow.deferred:
                code.append({Kind.LIF: self.lif, Kind.RAW: self.raw, Kind.ARGMAX: self.argmax}[op.kind](op))
        return code

    def elements(self, op):
        """View of what an ACC reads, uint16[B, len]."""
        return self.state.vector[:, op.base : op.base + op.length]

    def snapshot(self, op, kept):
        """Keep the elements an ACC reads, for the ledger and for what is worked out later."""
        elements = self.elements(op)

        def step(f, j):
            kept[j] = elements

        return step

    def accumulate(self, op, sets):
        """ACC into `sets`; with the overflow check where the bound does not hold."""
        elements, acc, alive = self.elements(op), self.state.acc[:, op.ctx], self.trace.alive
        if not self.safe:
            return lambda f, j: self.overflow(op, checked.accumulate(op, elements, acc, alive[:, f]))
        weights, dtype = self.machine.single(op), self.dtype

        def step(f, j):
            sums = digit_sums(op, elements, dtype)
            for k in sets:
                if sums[k] is not None:
                    acc[k] += sums[k] @ weights

        return step

    def fold(self, op):
        """FOLD."""
        acc, alive = self.state.acc, self.trace.alive

        def step(f, j):
            if not self.safe:
                both = acc[0, op.src] + acc[1, op.src]
                self.overflow(op, checked.outside(both[None], alive[:, f]))
            acc[0, op.dst], acc[1, op.dst], acc[0, op.src], acc[1, op.src] = nm.fold(
                acc[0, op.src], acc[1, op.src], acc[0, op.dst], acc[1, op.dst]
            )
            if not self.safe:
                self.overflow(op, checked.outside(acc[:, op.dst], alive[:, f]))

        return step

    def currents(self, op):
        """A function that gives I of each step as int32[B, n] and clears the lanes read (numerics.md,
        FIRE).
        """
        acc = self.state.acc[:, op.ctx]

        def take():
            out = []
            for group in op.groups:
                current = acc[group[0], :, : op.n].astype(np.int32)
                if len(group) == 2:
                    current += acc[1, :, : op.n].astype(np.int32)
                out.append(current)
            for k in op.taken:
                acc[k, :, : op.extent] = 0
            return out

        return take

    def lif(self, op):
        """FIRE LIF."""
        state, trace, take = self.state, self.trace, self.currents(op)
        spikes, membranes = trace.spikes(op.site), trace.membranes(op.site)
        own = slice(op.state, op.state + op.n)
        padding = slice(op.state + op.n, op.state + op.extent)
        bias, theta = op.bias.astype(np.int32), op.theta.astype(np.int32)

        def step(f, j):
            v, z = state.v[:, own], state.z[:, own]
            for t, current in enumerate(take()):
                spike, v = nm.lif_step(v, current, bias, theta, op.leak, op.soft)
                z = nm.put_bit(z, op.bit0 + t, spike)
                spikes[:, f, t], membranes[:, f, t] = spike, v
            state.v[:, own], state.z[:, own] = v, z
            state.v[:, padding], state.z[:, padding] = 0, 0
            state.vector[:, op.vector : op.vector + op.n] = z
            state.vector[:, op.vector + op.n : op.vector + op.extent] = 0

        return step

    def raw(self, op):
        """FIRE RAW in its place."""
        results, take = self.trace.results(op.site), self.currents(op)
        bias = op.bias.astype(np.int32)

        def step(f, j):
            for t, current in enumerate(take()):
                results[:, f, t] = current + bias

        return step

    def argmax(self, op):
        """FIRE ARGMAX in its place; a FIRE of one step keeps to the first of the two maxima."""
        raw, trace, state = self.raw(op), self.trace, self.state
        results, (index, score) = trace.results(op.site), trace.argmax(op.site)

        def step(f, j):
            raw(f, j)
            if op.first:  # also the maximum of a step that this FIRE does not do
                state.index[:], state.score[:] = NOTHING
            for t in range(op.steps):
                best = nm.argmax(results[:, f, t].astype(np.int64))
                state.index[t], state.score[t] = self.running(op, best, (state.index[t], state.score[t]))
                index[:, f, t], score[:, f, t] = state.index[t], state.score[t]

        return step

    def running(self, op, best, old):
        """(index, score) of the running maximum after a tile whose best lane and score is `best`."""
        index, score = best[0] + op.dst * self.chunk, best[1]
        take = nm.better(index, score, *old)
        return np.where(take, index, old[0]), np.where(take, score, old[1])

    def finish(self):
        """Do what was deferred, count the ledger and hand out the trace."""
        for s, section in enumerate(self.machine.sections):
            frames = np.array(self.where[s], int)
            width = max(1, BLOCK // max(1, self.trace.batch))
            for at in range(0, len(frames), width):
                where = frames[at : at + width]
                self.late(section, self.flows[s], [kept[at : at + width] for kept in self.kept[s]], where)
                where = where[where < self.done]
                if len(where):
                    kept = [kept[at : at + len(where)] for kept in self.kept[s]]
                    self.trace.count_section(section, self.flows[s], kept, where, self.lanes)
        self.trace.silence()
        return self.trace

    def late(self, section, flow, kept, where):
        """Results of the deferred FIREs of one section for its frames `where`, all at once."""
        trace, batch, sums = self.trace, self.trace.batch, {}

        def rows(i, k):
            key = (flow.read[i], section.ops[i].operand)
            if key not in sums:
                elements = kept[flow.read[i]][: len(where)].reshape(len(where) * batch, -1)
                sums[key] = digit_sums(section.ops[i], elements, np.float32)
            return sums[key][k]

        maxima: list[Any] = [NOTHING, NOTHING]  # a pair of index and score, each step
        for i, parts in sorted(flow.deferred.items()):
            op = section.ops[i]
            results = trace.results(op.site)
            for t, group in enumerate(op.groups):
                y = np.tile(op.bias.astype(np.int32), (len(where) * batch, 1))
                for j, k in parts:
                    if k in group and rows(j, k) is not None:
                        weights = self.machine.single(section.ops[j])[:, : op.n]
                        y += (rows(j, k) @ weights).astype(np.int32)
                y = y.reshape(len(where), batch, op.n).swapaxes(0, 1)
                results[:, where, t] = y
                if op.kind == Kind.ARGMAX:
                    maxima[t] = self.running(
                        op, nm.argmax(y.astype(np.int64)), NOTHING if op.first else maxima[t]
                    )
                    index, score = trace.argmax(op.site)
                    index[:, where, t], score[:, where, t] = maxima[t]
