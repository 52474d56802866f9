# SPDX-License-Identifier: Apache-2.0
"""The records that the harness keeps in plain memory, as NumPy types: the layouts of tb/harness/mur_dpi.h."""

import numpy as np

BEAT = np.dtype([("data", "<u8"), ("last", "<u4"), ("mark", "<u4")])
ACCESS = np.dtype([("write", "<u4"), ("address", "<u4"), ("data", "<u4"), ("strobe", "<u4")])
RESPONSE = np.dtype([("data", "<u4"), ("response", "<u4"), ("cycle", "<u8"), ("access", ACCESS)])
RESULT = np.dtype(
    [("cycle", "<u8"), ("user", "<u8"), ("keep", "<u8"), ("last", "<u4"), ("reserved", "<u4"),
     ("data", "<i4", 16)]
)  # fmt: skip
COMMIT = np.dtype(
    [("cycle", "<u8"), ("step", "u1"), ("chunk", "u1"), ("pc", "<u2"), ("frame", "<u4"),
     ("spikes", "<u4"), ("reserved", "<u4"), ("membranes", "<i2", 16), ("events", "<u4", (2, 3))]
)  # fmt: skip
START = np.dtype([("cycle", "<u8"), ("frame", "<u8")])
DONE = np.dtype([("cycle", "<u8"), ("frames", "<u8"), ("ledger", "u1", 96)])
PACKET = np.dtype([("first_cycle", "<u8"), ("last_cycle", "<u8")])
STORAGE = np.dtype(
    [("STATUS", "<u4"), ("ERROR", "<u4"), ("ERROR_INFO", "<u4"), ("IRQ_ENABLE", "<u4"), ("IRQ_STATUS", "<u4"),
     ("FRAMES", "<u4"), ("CYCLES", "<u8"), ("ledger", "u1", 96)]
)  # fmt: skip

STREAMS = {"image": 0, "frame": 1, "result": 2, "axil": 3}
BUFFERS = {"responses": RESPONSE, "results": RESULT, "commits": COMMIT, "starts": START, "dones": DONE,
           "packets": PACKET, "frame_beats": BEAT, "image_beats": BEAT}  # fmt: skip
TUSER_END = 15

# ledger_t of mur_pkg.sv, lowest bits first; each counter has 48 bits.
LEDGER = (
    "RESULTS", *(f"SPIKES{tag}" for tag in range(8)),
    "GATED", "ADDS", "ROWS_MASKED", "ROWS_ZERO", "ROWS_READ", "EVENTS1", "EVENTS0",
)  # fmt: skip


def ledger(dones: np.ndarray) -> dict[str, np.ndarray]:
    """The cumulative counters of each record of ``dones`` as int64 arrays, by name (docs/ledger.md)."""
    counters = dones["ledger"].reshape(len(dones), len(LEDGER), 6).astype(np.int64)
    values = (counters << (8 * np.arange(6))).sum(axis=2)
    return {name: values[:, index] for index, name in enumerate(LEDGER)}


def tuser(results: np.ndarray) -> dict[str, np.ndarray]:
    """The fields of TUSER of each result beat (docs/program.md, "Result stream")."""
    user = results["user"]
    return {
        "frame": (user & 0xFFFFFFFF).astype(np.int64),
        "index": (user >> 32 & 0xFFFF).astype(np.int64),
        "step": (user >> 48 & 0xF).astype(np.int64),
        "kind": (user >> 52 & 0xF).astype(np.int64),
    }
