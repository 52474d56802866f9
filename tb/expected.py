# SPDX-License-Identifier: Apache-2.0
"""What must leave the machine, laid out as the harness records it, from a run of the model.

A program of several frames (sections) alternates them; the machine keeps its place in the program when an
utterance begins, the model starts every utterance at the first. That is no matter where the sections do the
same work on the same neurons and differ in descriptor numbers only: then one ``SitePlan`` serves them all.
Else each section has its own, and tb/mixed.py does what this module does for all frames at once.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from models.formats import Kind
from tb.records import LEDGER, TUSER_END

RAW, ARGMAX = 1, 2  # TUSER kinds


@dataclass(frozen=True)
class CommitPlace:
    """One LIF commit of a frame: a chunk of a FIRE, one step of it."""

    site: int  # position among the sites of a section
    tag: int
    neu: int  # state chunk
    chunk: int  # within the tile
    fire_step: int  # step within the FIRE
    step: int  # time step
    lanes: int  # neurons in the chunk


@dataclass(frozen=True)
class BeatPlace:
    """One result beat of a frame."""

    kind: int
    index: int  # first output, in chunks
    step: int
    words: int


class SitePlan:
    """Commits and result beats of a frame, in order, with the descriptor numbers of every section."""

    def __init__(self, machine, sections: Iterable[int] | None = None) -> None:
        """``machine``: models.machine.Machine; ``sections`` of it that do the same work, by default all."""
        self.chunk = machine.config.chunk
        sections = range(len(machine.sections)) if sections is None else sections
        self.positions = [[i for i, site in enumerate(machine.sites) if site.section == s] for s in sections]
        self.sites = [machine.sites[i] for i in self.positions[0]]
        self.commits = [place for j, site in enumerate(self.sites) for place in self._commits(j, site)]
        self.beats = [place for site in self.sites for place in self._beats(site)]
        self.beats.append(BeatPlace(TUSER_END, 0, 0, 1))
        self.pcs = np.array(
            [[machine.sites[sites[place.site]].pc for place in self.commits] for sites in self.positions]
        ).reshape(len(self.positions), len(self.commits))

    def _chunks(self, site) -> list[tuple[int, int, int]]:
        """(chunk, step, elements) of a FIRE in the order of its beats and commits."""
        return [
            (c, t, min(self.chunk, site.n - c * self.chunk))
            for c in range(-(-site.n // self.chunk))
            for t in range(site.steps)
        ]

    def _commits(self, position: int, site) -> list[CommitPlace]:
        if site.kind != Kind.LIF:
            return []
        return [
            CommitPlace(position, site.tag, site.neu + c, c, t, site.bit0 + t, lanes)
            for c, t, lanes in self._chunks(site)
        ]

    def _beats(self, site) -> list[BeatPlace]:
        if site.kind == Kind.RAW:
            return [BeatPlace(RAW, site.dst + c, t, words) for c, t, words in self._chunks(site)]
        if site.kind == Kind.ARGMAX and site.last:
            return [BeatPlace(ARGMAX, 0, t, 2) for t in range(site.steps)]
        return []


def site_plans(machine) -> list[SitePlan]:
    """One plan for all sections of a program if they do the same work, else one for each."""
    sections = range(len(machine.sections))
    works: list[list[tuple]] = [[] for _ in sections]
    for site in machine.sites:
        where = () if site.kind == Kind.LIF else (site.dst,)
        shape = (site.kind, site.tag, site.neu, site.n, site.steps, site.bit0, site.first, site.last)
        works[site.section].append((*shape, *where))
    same = all(work == works[0] for work in works)
    return [SitePlan(machine, sections)] if same else [SitePlan(machine, [s]) for s in sections]


@dataclass
class Expected:
    """N frames of the model in the order of the stream; K commits and R beats a frame, C elements each."""

    plan: SitePlan
    spikes: np.ndarray  # uint32 [N, K], bit c = neuron c of the chunk
    membranes: np.ndarray  # int16 [N, K, C]
    words: np.ndarray  # int32 [N, R, C]
    ledger: dict[str, np.ndarray]  # int64 [N], the amounts of each frame

    @property
    def frames(self) -> int:
        """N."""
        return len(self.spikes)


def expect(plan: SitePlan, trace) -> Expected:
    """Lay out a Trace (models.machine_trace) of utterances in the order of the stream."""
    c, alive = plan.chunk, trace.alive

    def in_order(array: np.ndarray) -> np.ndarray:
        """[B, F, ...] -> [N, ...]"""
        return array.reshape(-1, *array.shape[2:]) if alive.all() else array[alive]

    def over_sections(read, position: int) -> np.ndarray:
        """The arrays of one site of every section: zero outside the frames of their own, so they add up."""
        arrays = [read(sites[position]) for sites in plan.positions]
        return arrays[0] if len(arrays) == 1 else sum(arrays[1:], arrays[0].copy())

    def in_chunks(array: np.ndarray, out: np.ndarray, at: int) -> int:
        """Write [N, steps, n] to out[:, at:] as [N, chunk and step, C]; return the next free place."""
        count, steps, n = array.shape
        whole, rest = n // c, n % c
        block = out[:, at : at + -(-n // c) * steps].reshape(count, -1, steps, c)
        block[:, :whole] = array[:, :, : whole * c].reshape(count, steps, whole, c).swapaxes(1, 2)
        if rest:
            block[:, whole, :, :rest] = array[:, :, whole * c :]
        return at + block.shape[1] * steps

    count = int(alive.sum())
    spikes = np.zeros((count, len(plan.commits), c), np.uint8)
    membranes = np.zeros((count, len(plan.commits), c), np.int16)
    words = np.zeros((count, len(plan.beats), c), np.int32)
    commit_at = beat_at = 0
    for position, site in enumerate(plan.sites):
        if site.kind == Kind.LIF:
            in_chunks(in_order(over_sections(trace.spikes, position)), spikes, commit_at)
            commit_at = in_chunks(in_order(over_sections(trace.membranes, position)), membranes, commit_at)
        elif site.kind == Kind.RAW:
            beat_at = in_chunks(in_order(over_sections(trace.results, position)), words, beat_at)
        elif site.last:
            for word in range(2):
                best = in_order(over_sections(lambda i, word=word: trace.argmax(i)[word], position))
                words[:, beat_at : beat_at + site.steps, word] = best
            beat_at += site.steps
    packed = np.packbits(spikes, axis=2, bitorder="little").astype(np.uint32)
    packed = (packed << (8 * np.arange(packed.shape[2], dtype=np.uint32))).sum(axis=2, dtype=np.uint32)
    amounts = {name: trace.ledger[name] for name in LEDGER if not name.startswith("SPIKES")}
    amounts |= {f"SPIKES{tag}": trace.ledger["SPIKES"][:, :, tag] for tag in range(8)}
    return Expected(plan, packed, membranes, words, {name: in_order(amounts[name]) for name in LEDGER})
