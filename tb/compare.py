# SPDX-License-Identifier: Apache-2.0
"""Comparing a batch of the machine with the model: all at once in NumPy, details where they differ."""

from dataclasses import dataclass

import numpy as np

from models.images import Layout
from tb import records
from tb.bfm import Batch
from tb.divergence import Divergence, event_text
from tb.expected import ARGMAX, RAW, Expected

KIND_NAMES = {RAW: "RAW", ARGMAX: "ARGMAX", records.TUSER_END: "END"}


@dataclass
class Context:
    """Where a batch stands in its run: what its frames are called and what had been counted before."""

    layout: Layout
    program: list  # decoded descriptors
    utterance: np.ndarray  # int64 [N], the number of each frame's utterance in this run
    frame: np.ndarray  # int64 [N], the number of each frame in its utterance
    first_frame: int  # frame number of the batch's first frame since START
    section: int  # section of the program of that frame
    totals: dict[str, int]  # ledger before the batch


@dataclass
class Outcome:
    """How many values were compared, how many differed, and the first that did."""

    checks: int = 0
    mismatches: int = 0
    first: Divergence | None = None
    order: tuple[int, int, int] = (1 << 62, 0, 0)  # frame, kind of record, record: the smallest is the first

    def count(self, checks: int, wrong: int) -> None:
        """Add ``checks`` values of which ``wrong`` differed."""
        self.checks += int(checks)
        self.mismatches += int(wrong)

    def offer(self, order: tuple[int, int, int], divergence: Divergence) -> None:
        """Keep ``divergence`` if it comes before what there is."""
        if order < self.order:
            self.order, self.first = order, divergence


def compare(expected: Expected, batch: Batch, context: Context) -> Outcome:
    """Compare commits, results and ledger of every frame; ``checks`` counts values."""
    outcome = Outcome()
    _commits(expected, batch.commits, context, outcome)
    _results(expected, batch.results, context, outcome)
    _ledger(expected, batch.dones, context, outcome)
    _starts(expected, batch.starts, context, outcome)
    return outcome


def _frame_text(context: Context, i: int) -> str:
    return f"utterance {context.utterance[i]}, frame {context.frame[i]}"


def _number(name: str, found: int, wanted: int, per_frame: int, context: Context, cycle: int, kind: int,
            outcome: Outcome) -> None:  # fmt: skip
    """One check: as many records as expected; else the frame in which they end or overflow."""
    outcome.count(1, found != wanted)
    if found != wanted:
        frame = min(found, wanted - 1) // per_frame if per_frame else 0
        frame = min(frame, len(context.frame) - 1)
        order = (frame, kind, min(found, wanted) - frame * per_frame)
        outcome.offer(
            order, Divergence(_frame_text(context, frame), f"number of {name}", found, wanted, cycle)
        )


def _commits(expected: Expected, commits: np.ndarray, context: Context, outcome: Outcome) -> None:
    plan, count = expected.plan, expected.frames
    per_frame, c = len(plan.commits), plan.chunk
    cycle = int(commits["cycle"][-1]) if len(commits) else 0
    _number("commits", len(commits), count * per_frame, per_frame, context, cycle, 0, outcome)
    have = min(len(commits), count * per_frame)
    if not have:
        return
    commits = commits[:have]
    sections = (context.section + np.arange(count)) % len(plan.pcs)
    places = np.stack(
        [
            np.repeat(context.first_frame + np.arange(count), per_frame),
            plan.pcs[sections].reshape(-1),
            np.tile([place.chunk for place in plan.commits], count),
            np.tile([place.fire_step for place in plan.commits], count),
            np.zeros(count * per_frame, np.int64),
        ]
    )[:, :have]
    columns = [commits[name].astype(np.int64) for name in ("frame", "pc", "chunk", "step")]
    found = np.stack([*columns, commits["spikes"].astype(np.int64) >> c])
    wrong_place = (found != places).any(axis=0)
    spikes = expected.spikes.reshape(-1)[:have]
    membranes = expected.membranes.reshape(-1, c)[:have]
    spikes_differ = (commits["spikes"] ^ spikes) & np.uint32((1 << c) - 1)
    wrong_spike = spikes_differ != 0
    equal = np.array_equal(commits["membranes"][:, :c], membranes)
    wrong_membrane = np.zeros(have, bool) if equal else (commits["membranes"][:, :c] != membranes).any(axis=1)
    neurons = sum(place.lanes for place in plan.commits)
    values = neurons * (have // per_frame) + sum(p.lanes for p in plan.commits[: have % per_frame])
    outcome.count(have + 2 * values, wrong_place.sum() + np.bitwise_count(spikes_differ).sum())
    outcome.count(0, 0 if equal else (commits["membranes"][:, :c] != membranes).sum())
    wrong = wrong_place | wrong_spike | wrong_membrane
    if not wrong.any():
        return
    i = int(wrong.argmax())
    order = (i // per_frame, 0, i % per_frame)
    if wrong_place[i]:
        names = ("frame number", "descriptor", "chunk", "step in the FIRE", "spikes beyond the lanes")
        rows = tuple(
            (name, int(dut), int(model))
            for name, dut, model in zip(names, found[:, i], places[:, i], strict=True)
        )
        name, dut, model = next(row for row in rows if row[1] != row[2])
        where = f"{_frame_text(context, i // per_frame)}, commit {i % per_frame}"
        divergence = Divergence(where, name, dut, model, int(commits["cycle"][i]), rows=rows)
    else:
        divergence = _neuron(expected, commits[i], i, context)
    outcome.offer(order, divergence)


def _neuron(expected: Expected, commit: np.void, i: int, context: Context) -> Divergence:
    """The first neuron of commit ``i`` that differs."""
    plan = expected.plan
    frame, k = divmod(i, len(plan.commits))
    place = plan.commits[k]
    model_v, model_s = expected.membranes[frame, k], int(expected.spikes[frame, k])
    dut_v, dut_s = commit["membranes"], int(commit["spikes"])
    lanes = range(plan.chunk)
    lane = next(x for x in lanes if dut_v[x] != model_v[x] or (dut_s ^ model_s) >> x & 1)
    layer = next(p for p in context.layout.layers if p.tag == place.tag)
    neuron: int | None = None
    try:
        name, neuron = context.layout.neuron(place.tag, place.neu, lane)
    except KeyError:
        name = layer.name
    fire = context.program[int(commit["pc"])]
    sets = (0, 1) if fire.sum else ((place.fire_step,) if fire.take == 3 else (fire.take - 1,))
    texts = [event_text(int(commit["events"][s][fire.ctx]), s) for s in sets]
    rows = [("membrane", int(dut_v[lane]), int(model_v[lane])),
            ("spike", dut_s >> lane & 1, model_s >> lane & 1)]  # fmt: skip
    field, dut, model = next(row for row in rows if row[1] != row[2])
    wrong = sum(bool(dut_v[x] != model_v[x] or (dut_s ^ model_s) >> x & 1) for x in lanes)
    rows.append(("neurons of this chunk that differ", wrong, 0))
    who = f"neuron {neuron}" if neuron is not None else f"padding lane {lane} of state chunk {place.neu}"
    return Divergence(
        where=f"{_frame_text(context, frame)}, step {place.step}, layer {layer.tag} ({name}), {who}",
        field=field, dut=dut, model=model, cycle=int(commit["cycle"]),
        last_events=" and ".join(filter(None, texts)), rows=tuple(rows),
    )  # fmt: skip


def _results(expected: Expected, results: np.ndarray, context: Context, outcome: Outcome) -> None:
    plan, count = expected.plan, expected.frames
    per_frame, c = len(plan.beats), plan.chunk
    cycle = int(results["cycle"][-1]) if len(results) else 0
    _number("result beats", len(results), count * per_frame, per_frame, context, cycle, 1, outcome)
    have = min(len(results), count * per_frame)
    if not have:
        return
    results = results[:have]
    static = np.array([p.index << 32 | p.step << 48 | p.kind << 52 for p in plan.beats], np.uint64)
    numbers = (context.first_frame + np.arange(count)).astype(np.uint64)
    user = (numbers[:, None] | static).reshape(-1)[:have]
    words = np.array([p.words for p in plan.beats])
    keep = np.tile(np.array([(1 << 4 * w) - 1 for w in words.tolist()], np.uint64), count)[:have]
    last = np.tile([p.kind == records.TUSER_END for p in plan.beats], count)[:have]
    wrong_user = results["user"] != user
    wrong_keep = results["keep"] != keep
    wrong_last = (results["last"] != 0) != last
    data, model = results["data"][:, :c], expected.words.reshape(-1, c)[:have]
    differ = None
    if not np.array_equal(data, model):
        kept = np.tile(np.arange(c) < words[:, None], (count, 1))[:have]  # TKEEP says which words count
        differ = (data != model) & kept
    wrong_data = np.zeros(have, bool) if differ is None else differ.any(axis=1)
    values = int(words.sum()) * (have // per_frame) + int(words[: have % per_frame].sum())
    outcome.count(3 * have + values, wrong_user.sum() + wrong_keep.sum() + wrong_last.sum())
    outcome.count(0, 0 if differ is None else differ.sum())
    wrong = wrong_user | wrong_keep | wrong_last | wrong_data
    if not wrong.any():
        return
    i = int(wrong.argmax())
    frame, k = divmod(i, per_frame)
    place = plan.beats[k]
    rows = [
        ("TUSER", f"{int(results['user'][i]):#x}", f"{int(user[i]):#x}"),
        ("TKEEP", f"{int(results['keep'][i]):#x}", f"{int(keep[i]):#x}"),
        ("TLAST", int(results["last"][i] != 0), int(last[i])),
    ]
    what = f"{KIND_NAMES[place.kind]} beat {k}"
    if differ is not None and wrong_data[i]:
        word = int(differ[i].argmax())
        names = {RAW: f"output {place.index * c + word}", ARGMAX: ("index", "score")[word % 2]}
        name = names.get(place.kind, "status")
        rows.append((name, int(data[i, word]), int(model[i, word])))
    field, dut, wanted = next(row for row in rows if row[1] != row[2])
    where = f"{_frame_text(context, frame)}, step {place.step}, layer {context.layout.output}, {what}"
    outcome.offer(
        (frame, 1, k), Divergence(where, field, dut, wanted, int(results["cycle"][i]), rows=tuple(rows))
    )


def _ledger(expected: Expected, dones: np.ndarray, context: Context, outcome: Outcome) -> None:
    count = expected.frames
    cycle = int(dones["cycle"][-1]) if len(dones) else 0
    _number("completed frames", len(dones), count, 1, context, cycle, 2, outcome)
    have = min(len(dones), count)
    if not have:
        return
    counters = records.ledger(dones[:have]) | {"FRAMES": dones["frames"][:have].astype(np.int64)}
    frames = np.ones(count, np.int64)
    models = {
        name: context.totals[name] + np.cumsum((expected.ledger | {"FRAMES": frames})[name])[:have]
        for name in counters
    }
    wrong = np.array([counters[name] != models[name] for name in counters])
    outcome.count(wrong.size, wrong.sum())
    if not wrong.any():
        return
    i = int(wrong.any(axis=0).argmax())
    rows = tuple((name, int(counters[name][i]), int(models[name][i])) for name in counters)
    name, dut, model = next(row for row in rows if row[1] != row[2])
    where = f"{_frame_text(context, i)}, ledger"
    outcome.offer((i, 2, 0), Divergence(where, name, dut, model, int(dones["cycle"][i]), rows=rows))


def _starts(expected: Expected, starts: np.ndarray, context: Context, outcome: Outcome) -> None:
    count = expected.frames
    cycle = int(starts["cycle"][-1]) if len(starts) else 0
    _number("frames begun", len(starts), count, 1, context, cycle, 3, outcome)
    have = min(len(starts), count)
    wanted = context.first_frame + np.arange(have)
    wrong = starts["frame"][:have].astype(np.int64) != wanted
    outcome.count(have, wrong.sum())
    if wrong.any():
        i = int(wrong.argmax())
        divergence = Divergence(
            _frame_text(context, i), "frame number begun", int(starts["frame"][i]), int(wanted[i]),
            int(starts["cycle"][i]),
        )  # fmt: skip
        outcome.offer((i, 3, 0), divergence)
