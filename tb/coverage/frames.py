# SPDX-License-Identifier: Apache-2.0
"""What a batch of frames covers: sparsity, elements, membranes, scores, ties."""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from models import numerics as nm
from models.formats import Kind
from models.machine_ops import Fire
from models.machine_trace import Trace
from tb.coverage.bins import Database
from tb.coverage.groups_frames import FIRING, SCORE, ZEROS
from tb.coverage.groups_program import ELEMENT
from tb.coverage.program import Program

LOW, HIGH = -(1 << 15), (1 << 15) - 1
SCORE_EDGES = (-(1 << 31), -(1 << 22) + 1, 0, 1, 1 << 22)
MEMBRANE_EDGES = (LOW, LOW + 1, 0, 1)


def tally(values: np.ndarray, edges: Sequence[int], labels: tuple[str, ...]) -> dict[str, int]:
    """How many ``values`` lie from each edge to before the next, by the label of that edge."""
    above = [values.size, *(int(np.count_nonzero(values >= edge)) for edge in edges[1:]), 0]
    return {label: above[i] - above[i + 1] for i, label in enumerate(labels)}


def shades(share: np.ndarray, names: tuple[str, str, str, str]) -> dict[str, int]:
    """How many of ``share`` are 0, up to a half, more, 1; names in that order."""
    counts = (share == 0, (share > 0) & (share <= 0.5), (share > 0.5) & (share < 1), share == 1)
    return {label: int(hit.sum()) for label, hit in zip(names, counts, strict=True)}


class FrameSampler:
    """Samples the frames of one program after another."""

    def __init__(self, database: Database) -> None:
        """See the class."""
        self.database = database

    def sample(self, program: Program, frames: np.ndarray, trace: Trace) -> None:
        """``frames``: int [B, F, n], the stream's elements; ``trace`` of the model's run on them."""
        for path, counts in program.counts.items():
            self.database.add_all(path, counts)
        self._inputs(program, frames.astype(np.int64) & 0xFFFF, trace)
        self._spikes(program, trace)
        self._membranes(program, trace)
        self._scores(program, trace)
        for length in trace.lengths:
            label = str(length) if length < 3 else "3 to 9" if length < 10 else "more"
            if length:
                self.database.add("frame.utterance", label)

    def _inputs(self, program: Program, elements: np.ndarray, trace: Trace) -> None:
        for section, readers in program.number_readers.items():
            x = elements[trace.alive & (trace.section == section)]
            for (a, b), how in readers.items():
                zeros = shades(1 - np.count_nonzero(x[:, a:b], axis=1) / (b - a), ZEROS[::-1])
                for mask, times in how.masks.items():
                    for label, count in zeros.items():
                        self.database.add("sparsity.input", (program.time, mask, label), count * times)
                for signed, sets in how.kinds:
                    self._elements(x[:, a:b], signed, sets)

    def _elements(self, elements: np.ndarray, signed: bool, sets: str) -> None:
        fmt = "signed" if signed else "unsigned"
        if signed:
            values = ((elements + HIGH + 1) & 0xFFFF) + LOW
            counts = tally(values, (LOW, LOW + 1, -1, 0, 1, 2, HIGH), ELEMENT)
        else:
            counts = tally(elements, (0, 1, 2, 0xFFFF), ELEMENT[3:])
        for label, count in counts.items():
            self.database.add("number.element", (fmt, label), count)
        digits = np.bincount(nm.digit_count(elements, signed).reshape(-1))
        for number, count in enumerate(digits.tolist()):
            self.database.add("number.digits", (fmt, sets, str(number)), count)

    @staticmethod
    def _ran(trace: Trace, op: Fire) -> np.ndarray:
        """bool [B, F]: the frames in which a FIRE ran."""
        return trace.alive & (trace.section == trace.fires[op.site].section)

    def _spikes(self, program: Program, trace: Trace) -> None:
        layers: dict[tuple[int, int], list[Fire]] = defaultdict(
            list
        )  # tiles by (layer, frame of the program)
        for op in program.lifs:
            layers[op.tag, trace.fires[op.site].section].append(op)
        for (tag, _), ops in layers.items():
            ran = self._ran(trace, ops[0])
            fired = sum(trace.spikes(op.site)[ran].sum(axis=(1, 2), dtype=np.int64) for op in ops)
            firing = shades(fired / sum(op.n * op.steps for op in ops), FIRING)
            for (read, mask, source), times in program.spike_readers.items():
                if source == tag:
                    for label, count in firing.items():
                        self.database.add("sparsity.spikes", (program.time, read, mask, label), count * times)

    def _membranes(self, program: Program, trace: Trace) -> None:
        labels = ("lower clamp", "negative", "0", "positive")
        for op in program.lifs:
            reset = "soft" if op.soft else "hard"
            ran = self._ran(trace, op)
            membranes = trace.membranes(op.site)[ran]
            for label, count in tally(membranes, MEMBRANE_EDGES, labels).items():
                self.database.add("number.membrane", (reset, label), count)
            if op.soft:
                fired = trace.spikes(op.site)[ran] != 0
                clamped = fired & (membranes == HIGH - op.theta)
                self.database.add("number.membrane", ("soft", "upper clamp"), int(clamped.sum()))

    def _scores(self, program: Program, trace: Trace) -> None:
        search: list[np.ndarray] = []  # the tiles of an ARGMAX so far
        for op in program.fires:
            if op.kind == Kind.LIF:
                continue
            scores = trace.results(op.site)[self._ran(trace, op)]
            kind = Kind(op.kind).name
            for label, count in tally(scores, SCORE_EDGES, SCORE).items():
                self.database.add("number.score", (kind, label), count)
            sets = "sum" if len(op.groups[0]) == 2 else "one set"
            for label, count in tally(scores - op.bias, SCORE_EDGES, SCORE).items():
                self.database.add("number.sum", (sets, label), count)
            if op.kind == Kind.RAW:
                words = op.n % program.config.chunk
                self.database.add("result.beat", {0: "C", 1: "1"}.get(words, "some"), len(scores))
                continue
            search = [] if op.first else search
            search.append(scores)
            if op.last and len({part.shape[:2] for part in search}) == 1:  # no other frame or steps
                self._search(search)

    def _search(self, tiles: list[np.ndarray]) -> None:
        """The best of all scores of a search, [N, steps, n] for each tile."""
        scores = np.concatenate(tiles, axis=2)
        best = scores.max(axis=2, keepdims=True)
        equal = scores == best
        many = equal.sum(axis=2)
        across = sum((scores_of == best).any(axis=2).astype(int) for scores_of in tiles) > 1
        total = scores.shape[2]
        if total == 1:
            self.database.add("result.tie", "only one score", many.size)
            return
        everything = many == total
        for label, hit in (
            ("all equal", everything), ("no tie", many == 1), ("tie across tiles", across & ~everything),
            ("tie in a tile", (many > 1) & ~across & ~everything),
        ):  # fmt: skip
            self.database.add("result.tie", label, int(hit.sum()))
        place = equal.argmax(axis=2)
        for label, hit in (
            ("first", place == 0), ("last", place == total - 1),
            ("between", (place > 0) & (place < total - 1)),
        ):  # fmt: skip
            self.database.add("result.winner", label, int(hit.sum()))
