# SPDX-License-Identifier: Apache-2.0
"""record.npz: what went into the machine and what left it, frame by frame.

Nothing in it was computed by the model. Spikes come from the harness's records of the commits, scores from
the result beats, counters from the completions; the loaded program says to which layer a commit belongs.

With N frames in the order of the stream, T steps, n neurons, K counters:

    features    int8  [N, inputs]   what was streamed in
    utterance   int32 [N]           which utterance; -1 where a frame was repeated alone for its latency
    spikes_NAME uint8 [N, T, n]     one for each recurrent layer
    scores      int64 [N, outputs]  the result words, steps added
    start       int64 [N]           clock cycle in which the frame began
    done        int64 [N]           ... and was complete
    cycles      int64 [N]           from its start to the next one's; to its completion where none follows
    ledger      int64 [N, K]        the frame's own amounts (docs/ledger.md)
    counters    str   [K]           their names
"""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from models.descriptors import Fire
from models.formats import Kind
from tb.decode import frame_scores
from tb.records import LEDGER, ledger

if TYPE_CHECKING:  # the page reads records, and needs no simulator for it
    from models.images import Images
    from tb.bfm import Batch


class RecordError(Exception):
    """The records do not hold every neuron of every frame once; the message says where."""


class Recorder:
    """Gathers batches of one run, from START on, and writes them as one file."""

    def __init__(self, images: "Images") -> None:
        """``images``: the network that was loaded."""
        assert images.layout is not None, "no compiled network: nothing has a name"
        self.layout, self.program = images.layout, images.descriptors()
        self.parts: list[dict[str, np.ndarray]] = []
        self.counted = np.zeros(len(LEDGER), np.int64)  # the ledger before the next batch
        self.utterances = 0

    def add(self, utterances: Sequence[np.ndarray], batch: "Batch", repeated: bool = False) -> None:
        """One batch: what was streamed (int [frames, inputs] each) and all that left."""
        lengths = [len(utterance) for utterance in utterances]
        number = self.utterances + np.arange(len(lengths))
        totals = np.stack([ledger(batch.dones)[name] for name in LEDGER], axis=1)
        start, done = (records["cycle"].astype(np.int64) for records in (batch.starts, batch.dones))
        self.parts.append(
            {
                "features": np.concatenate(utterances).astype(np.int8),
                "utterance": np.repeat(np.full_like(number, -1) if repeated else number, lengths),
                "scores": frame_scores(batch.results, self.layout.n_outputs, self.layout.chunk),
                "start": start,
                "done": done,
                "cycles": np.append(start[1:], done[-1]) - start,
                "ledger": np.diff(totals, axis=0, prepend=self.counted[None]),
                **self._spikes(batch.commits, sum(lengths)),
            }
        )
        self.counted = totals[-1]
        self.utterances += 0 if repeated else len(lengths)

    def _spikes(self, commits: np.ndarray, frames: int) -> dict[str, np.ndarray]:
        """spikes_NAME of one batch from its commits; each says which descriptor, chunk and step it was."""
        chunk = self.layout.chunk
        row = commits["frame"].astype(np.int64) - int(commits["frame"][0])
        bits = commits["spikes"][:, None] >> np.arange(chunk, dtype=np.uint32) & np.uint32(1)
        found = {}
        for layer in self.layout.layers:
            fires = {
                pc: d
                for pc, d in enumerate(self.program)
                if isinstance(d, Fire) and d.kind == Kind.LIF and d.tag == layer.tag
            }
            mine = np.flatnonzero(np.isin(commits["pc"], list(fires)))
            step = np.array([fires[pc].bit0 for pc in commits["pc"][mine].tolist()]) + commits["step"][mine]
            first = np.array([fires[pc].neu for pc in commits["pc"][mine].tolist()]) - layer.neu
            chunks = -(-layer.n // chunk)
            spikes = np.zeros((frames, int(step.max()) + 1, chunks, chunk), np.uint8)
            seen = np.zeros(spikes.shape[:3], np.int64)
            place = (row[mine], step, first + commits["chunk"][mine])
            np.add.at(seen, place, 1)
            spikes[place] = bits[mine]
            if (seen != 1).any():
                frame, step_, chunk_ = np.argwhere(seen != 1)[0]
                raise RecordError(
                    f"layer {layer.name}, frame {frame}, step {step_}, chunk {chunk_}: "
                    f"{seen[frame, step_, chunk_]} commits"
                )
            found[f"spikes_{layer.name}"] = spikes.reshape(*spikes.shape[:2], -1)[:, :, : layer.n]
        return found

    def write(self, path: Path) -> None:
        """Write the file; a reader sees all of it or none."""
        part = path.with_name(f".{os.getpid()}.{path.name}")
        arrays = {name: np.concatenate([p[name] for p in self.parts]) for name in self.parts[0]}
        arrays["counters"] = np.array(LEDGER)
        np.savez_compressed(part, allow_pickle=False, **arrays)
        part.replace(path)


def load(path: Path) -> dict[str, np.ndarray]:
    """The arrays of a record by name."""
    with np.load(path, allow_pickle=False) as file:
        return {name: file[name] for name in file.files}
