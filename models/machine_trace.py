# SPDX-License-Identifier: Apache-2.0
"""What a run did: spikes, membranes, results and the ledger (docs/ledger.md), all per utterance and frame."""

import numpy as np

from models.formats import Kind
from models.machine_ops import Accumulate, Fire, digit_counts

COUNTERS = (
    "EVENTS0",
    "EVENTS1",
    "ROWS_READ",
    "ROWS_ZERO",
    "ROWS_MASKED",
    "ADDS",
    "GATED",
    "RESULTS",
    "FRAMES",
)
TAGS = 8  # SPIKES[0..7]


class Trace:
    """Record of a run over B utterances of up to F frames.

    `fires` lists every executed FIRE of the program in program order; a site belongs to one section (frame
    of the program) and its arrays are zero in the frames of other sections, in frames past an utterance's
    end and in what an error stopped. `section` int[F] names the section of each frame. `ledger` holds
    int64[B, F] per counter of ledger.md (`SPIKES` int64[B, F, 8], no `CYCLES`), the amounts of each frame;
    `events` int64[B, F] the "event cycles of the busier set".
    """

    def __init__(self, sites, batch, frames, lengths):
        """Zero arrays for `sites` (FireSite list); `lengths` int64[B]."""
        self.fires = sites
        self.batch, self.frames = batch, frames
        self.lengths = lengths
        self.section = np.full(frames, -1)
        self.alive = np.arange(frames) < lengths[:, None]  # bool[B, F]
        self._spikes, self._membranes, self._results = {}, {}, {}
        self._index, self._score = {}, {}
        for i, site in enumerate(sites):
            shape = (batch, frames, site.steps)
            if site.kind == Kind.LIF:
                self._spikes[i] = np.zeros((*shape, site.n), np.uint8)
                self._membranes[i] = np.zeros((*shape, site.n), np.int16)
            else:
                self._results[i] = np.zeros((*shape, site.n), np.int32)
            if site.kind == Kind.ARGMAX:
                self._index[i] = np.zeros(shape, np.int64)
                self._score[i] = np.zeros(shape, np.int64)
        self.ledger = {name: np.zeros((batch, frames), np.int64) for name in COUNTERS}
        self.ledger["SPIKES"] = np.zeros((batch, frames, TAGS), np.int64)
        self.events = np.zeros((batch, frames), np.int64)

    def spikes(self, site):
        """Spikes of LIF site index `site`: uint8[B, F, steps, n]. KeyError for another kind, as below."""
        return self._spikes[site]

    def membranes(self, site):
        """v' after each step of LIF site index `site`: int16[B, F, steps, n]."""
        return self._membranes[site]

    def results(self, site):
        """y of RAW or ARGMAX site index `site`: int32[B, F, steps, n]."""
        return self._results[site]

    def argmax(self, site):
        """Running maxima after ARGMAX site index `site`: (index, score), each int64[B, F, steps].

        What leaves the machine is that of the site marked `last`.
        """
        return self._index[site], self._score[site]

    def sites_of(self, frame):
        """Indices of the sites of frame `frame`, in program order."""
        return [i for i, site in enumerate(self.fires) if site.section == self.section[frame]]

    def silence(self):
        """Zero everything past the utterances' ends."""
        if self.alive.all():
            return
        dead = ~self.alive
        for arrays in (self._spikes, self._membranes, self._results, self._index, self._score):
            for array in arrays.values():
                array[dead] = 0
        for array in (*self.ledger.values(), self.events):
            array[dead] = 0

    def count_section(self, section, flow, snapshots, where, lanes):
        """Add the work of one section's frames `where` (int[N]) to the ledger.

        `snapshots` holds uint16[N, B, len] of the elements its ACCs read, by the numbers of `flow.read`.
        """
        count, batch = len(where), self.batch
        rows = {name: np.zeros(count * batch) for name in COUNTERS}
        alone, both = np.zeros((2, count * batch)), np.zeros(count * batch)
        for (number, _), ops in self._readers(section, flow).items():
            elements = snapshots[number].reshape(count * batch, -1)
            events0, events1, cycles = (x.astype(np.float64) for x in digit_counts(ops[0], elements))
            kept = np.stack([op.kept for op in ops], axis=1).astype(np.float64)
            used = np.stack([op.lanes_used for op in ops], axis=1).astype(np.float64)
            total0, total1 = events0 @ kept, events1 @ kept
            read = (cycles != 0).astype(np.float64) @ kept
            adds = (events0 + events1) @ used
            rows["EVENTS0"] += total0.sum(axis=1)
            rows["EVENTS1"] += total1.sum(axis=1)
            rows["ROWS_READ"] += read.sum(axis=1)
            rows["ROWS_ZERO"] += (kept.sum(axis=0) - read).sum(axis=1)
            rows["ROWS_MASKED"] += sum(op.length - int(op.kept.sum()) for op in ops)
            rows["ADDS"] += adds.sum(axis=1)
            rows["GATED"] += (lanes * (total0 + total1) - adds).sum(axis=1)
            if len(ops[0].sets) == 2:
                both += (cycles @ kept).sum(axis=1)
            else:
                alone[ops[0].sets[0]] += (total0 + total1).sum(axis=1)
        rows["RESULTS"] += self._words(section)
        rows["FRAMES"] += 1
        for name, amounts in rows.items():
            self.ledger[name][:, where] = amounts.reshape(count, batch).T.astype(np.int64)
        self.events[:, where] = (alone.max(axis=0) + both).reshape(count, batch).T.astype(np.int64)
        for op in section.ops:
            if isinstance(op, Fire) and op.kind == Kind.LIF:
                fired = self._spikes[op.site][:, where].sum(axis=(2, 3), dtype=np.int64)
                self.ledger["SPIKES"][:, where, op.tag] += fired

    @staticmethod
    def _readers(section, flow):
        """ACCs of a section grouped by what they read and how: one group shares its digits."""
        groups: dict[tuple, list[Accumulate]] = {}
        for i, op in enumerate(section.ops):
            if isinstance(op, Accumulate):
                groups.setdefault((flow.read[i], op.operand), []).append(op)
        return groups

    @staticmethod
    def _words(section):
        """RESULTS of one frame: RAW n a step, ARGMAX one a step when `last`."""
        fires = [op for op in section.ops if isinstance(op, Fire)]
        raw = sum(op.n * op.steps for op in fires if op.kind == Kind.RAW)
        return raw + sum(op.steps for op in fires if op.kind == Kind.ARGMAX and op.last)
