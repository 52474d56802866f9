# SPDX-License-Identifier: Apache-2.0
"""Programs whose frames (sections) differ in work: what must leave, frame by frame.

Where an utterance begins depends on how many frames came before it: the mark does not move the program. So
utterances that begin at one section go through the model together, and each frame is compared by the plan
of its own section. Slower than tb/expected.py alone, which takes a whole batch at once.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from models.machine import MachineError
from tb.bfm import Batch
from tb.expected import Expected, SitePlan, expect

FRAME_MASK = np.uint64(0xFFFFFFFF)  # of TUSER


@dataclass
class ModelFrames:
    """A batch of the model in the order of the stream."""

    frames: list[Expected]  # one frame each
    events: int  # event cycles of the busier set, all frames
    section: int  # of the frame behind the last


def run_model(machine, plans: list[SitePlan], utterances: list[np.ndarray], section: int) -> ModelFrames:
    """Utterances [frames, elements] of one stream that begins at ``section``; each begins with a clear.

    An error behind the last of these frames is none here.
    """
    starts: list[int] = []  # section of each utterance
    sections: list[list[int]] = []  # of each of its frames
    for utterance in utterances:
        starts.append(section)
        sections.append([])
        for _ in utterance:
            sections[-1].append(section)
            section = machine.sections[section].following
    found: list[list[Expected]] = [[] for _ in utterances]
    events = 0
    for start in sorted(set(starts)):
        members = [u for u, first in enumerate(starts) if first == start]
        lengths = np.array([len(utterances[u]) for u in members])
        x = np.zeros((len(members), lengths.max(), utterances[0].shape[1]), np.int64)
        for row, u in zip(x, members, strict=True):
            row[: len(utterances[u])] = utterances[u]
        try:
            trace = machine.run(x, lengths, position=start)
        except MachineError as error:
            if error.frame < lengths.max():
                raise
            trace = error.trace
        events += int(trace.events[trace.alive].sum())
        every = {s: expect(plans[s], trace) for u in members for s in sections[u]}
        firsts = np.cumsum([0, *lengths])
        for u, at in zip(members, firsts, strict=False):
            found[u] = [one_frame(every[s], at + f) for f, s in enumerate(sections[u])]
    return ModelFrames([frame for frames in found for frame in frames], events, section)


def one_frame(expected: Expected, at: int) -> Expected:
    """Frame number ``at`` of many."""
    one = slice(at, at + 1)
    ledger = {name: amounts[one] for name, amounts in expected.ledger.items()}
    return Expected(expected.plan, expected.spikes[one], expected.membranes[one], expected.words[one], ledger)


def by_frame(batch: Batch, first: int, count: int) -> Iterator[Batch]:
    """``batch`` cut into ``count`` frames from number ``first`` on.

    What bears the number of no such frame goes to the last one, where it is too much.
    """
    numbers = {
        "results": batch.results["user"] & FRAME_MASK,
        "commits": batch.commits["frame"],
        "starts": batch.starts["frame"],
    }
    places = {name: number.astype(np.int64) - first for name, number in numbers.items()}
    for place in places.values():
        place[(place < 0) | (place >= count)] = count - 1
    for i in range(count):
        parts = {name: getattr(batch, name)[place == i] for name, place in places.items()}
        dones = batch.dones[i : i + 1] if i < count - 1 else batch.dones[i:]
        yield Batch(**parts, dones=dones, packets=batch.packets)


def in_order(batch: Batch) -> bool:
    """Whether frame numbers never fall: ``by_frame`` forgets the order between frames."""
    numbers = (batch.results["user"] & FRAME_MASK, batch.commits["frame"], batch.starts["frame"])
    return all((number[1:] >= number[:-1]).all() for number in numbers)
