# SPDX-License-Identifier: Apache-2.0
"""What a run has cost: cycles, processor time and the ledger, as the monitors saw them."""

from collections import Counter

import numpy as np
from pyuvm import uvm_subscriber

from tb.items import LedgerRead, ResultBatch


class Tally(uvm_subscriber):
    """Hears the monitors of registers and results; knows no model."""

    def build_phase(self) -> None:
        """Nothing seen yet."""
        self.ledger: Counter = Counter()  # of all runs from START to STOP
        self.gaps: list[np.ndarray] = []  # cycles from start to start, back-to-back frames
        self.latencies: list[np.ndarray] = []  # cycles from a frame's last beat to its END, frames alone

    def write(self, item) -> None:
        """A ledger that was read at STOP, or the results of a batch; anything else costs nothing."""
        if isinstance(item, LedgerRead) and item.stopped:
            self.ledger.update(item.counters)
        if isinstance(item, ResultBatch):
            batch = item.batch
            ends = batch.results["cycle"][batch.results["last"] != 0]
            packets = batch.packets
            alone = len(packets) == len(ends) and (packets["first_cycle"][1:] > ends[:-1]).all()
            if alone:  # each frame came when the results of the one before had left
                self.latencies.append((ends - packets["last_cycle"]).astype(np.int64))
            else:
                self.gaps.append(np.diff(batch.starts["cycle"].astype(np.int64)))

    def figures(self) -> dict[str, object]:
        """What is known, under the names that result.json and `make bench` use."""
        gaps = np.concatenate(self.gaps) if self.gaps else np.empty(0)
        latencies = np.concatenate(self.latencies) if self.latencies else np.empty(0)
        figures: dict[str, object] = {
            "ledger": dict(self.ledger),
        }
        if len(gaps):
            figures["cycles_per_frame"] = round(float(gaps.mean()), 2)
        if len(latencies):
            figures["latency_cycles"] = int(latencies.max())
        return figures
