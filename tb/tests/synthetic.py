# SPDX-License-Identifier: Apache-2.0
"""What a faultless machine would leave for a small network: the bench's own test material."""

from collections import Counter

import numpy as np

from models.compiler import compile_network
from models.formats import BuildConfig
from models.machine import Machine
from tb import records
from tb.bfm import Batch
from tb.compare import Context
from tb.expected import Expected, SitePlan, expect
from tb.networks import Modes, network_of

CONFIG = BuildConfig(lanes=8, result_w=128, vec_depth=256)
LENGTHS = (3, 5)


def record(expected: Expected) -> Batch:
    """The records of a machine that does what is expected, from START on; frame i begins in cycle 100 i."""
    plan, count = expected.plan, expected.frames
    frame = np.arange(count)
    commits = np.zeros((count, len(plan.commits)), records.COMMIT)
    commits["frame"], commits["cycle"] = frame[:, None], 100 * frame[:, None] + np.arange(len(plan.commits))
    commits["pc"] = plan.pcs[frame % len(plan.pcs)]
    commits["chunk"] = [place.chunk for place in plan.commits]
    commits["step"] = [place.fire_step for place in plan.commits]
    commits["spikes"] = expected.spikes
    commits["membranes"][:, :, : plan.chunk] = expected.membranes
    commits["events"] = 1 << 31 | 3 << 16 | 9
    results = np.zeros((count, len(plan.beats)), records.RESULT)
    for k, place in enumerate(plan.beats):
        results["user"][:, k] = frame + (place.index << 32 | place.step << 48 | place.kind << 52)
        results["keep"][:, k] = (1 << 4 * place.words) - 1
        results["last"][:, k] = place.kind == records.TUSER_END
    results["data"][:, :, : plan.chunk] = expected.words
    results["cycle"] = 100 * frame[:, None] + 50
    starts = np.zeros(count, records.START)
    starts["cycle"], starts["frame"] = 100 * frame, frame
    dones = np.zeros(count, records.DONE)
    dones["cycle"], dones["frames"] = 100 * frame + 60, frame + 1
    totals = np.stack([np.cumsum(expected.ledger[name]) for name in records.LEDGER], axis=1)
    dones["ledger"] = (totals[:, :, None] >> (8 * np.arange(6)) & 0xFF).reshape(count, -1)
    packets = np.zeros(count, records.PACKET)
    return Batch(results.reshape(-1), commits.reshape(-1), starts, dones, packets)


def material(modes: Modes, seed: int = 1, argmax: bool = False) -> tuple[Expected, Batch, Context]:
    """What is expected of two utterances, what a faultless machine leaves, and their context."""
    rng = np.random.default_rng(seed)
    network = network_of(rng, modes, [12, 20, 20, 20], CONFIG.lanes, argmax)
    images = compile_network(network, CONFIG)
    assert images.layout is not None
    machine = Machine(images, CONFIG)
    frames = rng.integers(-128, 128, (len(LENGTHS), max(LENGTHS), 12), dtype=np.int16)
    trace = machine.run(frames, np.array(LENGTHS))
    expected = expect(SitePlan(machine), trace)
    context = Context(
        layout=images.layout,
        program=images.descriptors(),
        utterance=np.repeat(np.arange(len(LENGTHS)), LENGTHS),
        frame=np.concatenate([np.arange(n) for n in LENGTHS]),
        first_frame=0,
        section=0,
        totals=Counter(),
    )
    return expected, record(expected), context


def checks_of(frames: int, width: int, modes: Modes, chunk: int, argmax: bool = False) -> int:
    """Values that must be compared for a batch: two hidden layers and an output, all ``width`` wide.

    Counted from the description of the network alone, so that a comparison that is left out is seen.
    """
    chunks = -(-width // chunk)
    commits = 2 * chunks * modes.steps  # of two hidden layers, each with its place
    neurons = 2 * 2 * width * modes.steps  # spike and membrane
    steps = 1 if modes.merged else modes.steps
    beats = steps * (1 if argmax else chunks) + 1  # END is one more: TUSER, TKEEP and TLAST of each
    words = steps * (2 if argmax else width) + 1  # END has one
    ledger = 1 + 16  # FRAMES; 8 counters and 8 of spikes (docs/ledger.md)
    begun = 1  # the number of the frame
    numbers = 4  # of commits, beats, completed frames and frames begun, once a batch
    return frames * (commits + neurons + 3 * beats + words + ledger + begun) + numbers
