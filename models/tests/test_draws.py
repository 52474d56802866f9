# SPDX-License-Identifier: Apache-2.0
"""Generators draw every alternative of docs/verification.md, "Constraints", neither too seldom nor too often.

What was drawn is looked at, not how: a generator that lost an alternative still makes legal cases, and all
that runs them stays green.
"""

import re
from collections.abc import Callable, Iterator

import numpy as np

from models.descriptors import Acc, Descriptor, End, Fire, Fold, Frame, Load, Loop
from models.formats import BuildConfig, ErrorBit, Fmt, Kind
from models.networks.illegal import bad_lengths, bad_packet, bad_program, wrong_command
from models.networks.random_net import random_frames, random_network
from models.networks.random_program import FIELD_MAX, random_program
from models.tests.draws import Row, off

BUILD = BuildConfig(lanes=8, result_w=128, vec_depth=256)
ROOMY = BuildConfig(lanes=8, result_w=128, vec_depth=1024, prog_depth=1024)  # for many layers
DRAWS = 200
EDGES = {1, 7, 8, 9, 31, 32, 33, 63, 64}
STRIDES = ("d_src", "d_wgt", "d_msk", "d_par", "d_neu")


# ---- networks and their frames ---------------------------------------------------------------------------
def widths(net) -> list[int]:
    return [net.n_inputs, *(layer.n for layer in net.layers), net.output.n]


def matrices(net) -> Iterator[tuple[np.ndarray, np.ndarray | None]]:
    """(weights, mask) of everything that is large enough to tell a style by."""
    all_of = [(layer.w_in, layer.mask_in) for layer in net.layers]
    all_of += [(x.w_rec, x.mask_rec) for x in net.layers if x.w_rec is not None]
    return ((w, mask) for w, mask in [*all_of, (net.output.w, net.output.mask)] if w.size >= 64)


def weight_style(w: np.ndarray) -> str:
    values = set(np.unique(w).tolist())
    if values == {0}:
        return "all zero"
    if values <= {-8, 7}:
        return "only -8 and 7"
    if values <= {-1, 0, 1}:
        return "only -1..1"
    if max(values) <= 0:
        return "none positive"
    zero = np.mean(w == 0)
    return "none zero" if zero == 0 else "some zero" if zero < 0.5 else "most zero"


def mask_style(mask: np.ndarray | None) -> str:
    if mask is None:
        return "none"
    if mask.all() or not mask.any():
        return "everything" if mask.all() else "nothing"
    tiles = [mask[:, at : at + BUILD.lanes] for at in range(0, mask.shape[1], BUILD.lanes)]
    if any((tile != tile[:, :1]).any() for tile in tiles):
        return "single weights"
    if len(mask) > 16 and all((tile[1:, 0] != tile[:-1, 0]).sum() < 2 for tile in tiles):
        return "runs of rows"
    kept = {int(tile[:, 0].sum()) for tile in tiles}
    if len(kept) == 1 and len(tiles) > 1:
        return "as many rows in every tile"
    return "nearly nothing" if mask.mean() < 0.08 else "rows by tile"


def input_range(net) -> str:
    named = {(-128, 127): "bytes", (0, 0): "0..0", (-1, 0): "-1..0", (0, 65535): "0..65535",
             (-32768, 32767): "-32768..32767"}  # fmt: skip
    return named.get((net.in_min, net.in_max), "any near 0")


def corner(values: np.ndarray, *corners: int) -> list[str]:
    """Each of ``corners`` that some, or all, of several ``values`` are."""
    some = [f"{c}" for c in corners if (values == c).any()]
    every = [f"all {c}" for c in corners if values.size > 2 and (values == c).all()]
    return [*some, *every, *(["between"] if not np.isin(values, corners).all() else [])]


LEAST, MOST = -(1 << 23), (1 << 23) - 1
NETWORK = {
    "hidden layers": Row(lambda n: [len(n.layers)], range(9), 0.02, 0.5),
    "width at an edge": Row(lambda n: [w in EDGES for w in widths(n)], (True, False), 0.6),
    "time steps": Row(lambda n: [n.steps], (1, 2), 0.2, 0.8),
    "recurrence": Row(lambda n: [n.recurrence], ("frame", "step"), 0.3, 0.7),
    "merged": Row(lambda n: [n.output.merged], (True, False), 0.2, 0.8),
    "result": Row(lambda n: [n.output.result], ("raw", "argmax"), 0.2, 0.8),
    "signed": Row(lambda n: [n.in_signed], (True, False), 0.1, 0.9),
    "reset": Row(lambda n: [x.soft for x in n.layers], (True, False), 0.4, 0.9),
    "own spikes": Row(lambda n: [x.w_rec is not None for x in n.layers], (True, False), 0.2, 0.95),
    "input range": Row(
        lambda n: [input_range(n)],
        ("bytes", "0..0", "-1..0", "0..65535", "-32768..32767", "any near 0"), 0.02, 0.7,
    ),
    "weights": Row(
        lambda n: [weight_style(w) for w, _ in matrices(n)],
        ("all zero", "only -8 and 7", "only -1..1", "none positive", "none zero", "some zero", "most zero"),
        0.03,
    ),
    "masks": Row(
        lambda n: [mask_style(mask) for _, mask in matrices(n)],
        ("none", "single weights", "rows by tile", "runs of rows", "as many rows in every tile",
         "nearly nothing", "nothing", "everything"), 0.05, 0.9,
    ),
    "leak": Row(lambda n: [x.leak for x in n.layers], range(16), 0.05, 0.6),
    "theta": Row(
        lambda n: [c for x in n.layers for c in corner(x.theta, 1, 32767)],
        ("1", "all 1", "32767", "all 32767", "between"), 0.1,
    ),
    "bias": Row(
        lambda n: [c for x in (*n.layers, n.output) for c in corner(x.bias, 0, LEAST, MOST)
                   if c not in (f"all {LEAST}", f"all {MOST}")],
        ("0", "all 0", str(LEAST), str(MOST), "between"), 0.1,
    ),
    "shift": Row(lambda n: [x.shift_in for x in n.layers] + [n.output.shift], range(8), 0.05, 0.9),
}  # fmt: skip


def frame_style(draw) -> list[str]:
    """How one utterance of ten frames looks, where the range lets it be told."""
    net, x = draw
    low, high = net.in_min, net.in_max
    still = min(max(0, low), high)
    if high - low < 20 or x.shape[1] < 5:
        return []
    if (x == x[0]).all():
        return ["held"]
    if ((x == low) | (x == high)).all():
        return ["the two ends"]
    if (x == still).all(axis=1).any():
        return ["bursts"]
    return ["sparse" if np.mean(x == still) > 0.5 else "uniform"]


FRAMES = {
    "style": Row(frame_style, ("uniform", "sparse", "the two ends", "held", "bursts"), 0.05, 0.5),
    "not silent": Row(lambda d: [bool((d[1] != 0).any())], (True, False), 0.03, 0.97),
}


def test_networks():
    nets = [random_network(np.random.default_rng([1, s]), ROOMY, largest=64) for s in range(DRAWS)]
    assert off(NETWORK, nets) == []
    draws = [(n, random_frames(np.random.default_rng([2, s]), n, 10)[0]) for s, n in enumerate(nets)]
    assert off(FRAMES, draws) == []


# ---- programs --------------------------------------------------------------------------------------------
def of(kind: type) -> Callable:
    """A function from a program to its descriptors of one kind."""
    return lambda draw: [d for d in draw[0].descriptors() if isinstance(d, kind)]


ACCS, FIRES, FOLDS, LOOPS, FRAME, LOADS, ENDS = map(of, (Acc, Fire, Fold, Loop, Frame, Load, End))


def depths(draw) -> list[str]:
    """In how many LOOPs ACC, FOLD and FIRE stand."""
    program: list[Descriptor] = draw[0].descriptors()
    bodies = [range(at + 1, at + 1 + d.body) for at, d in enumerate(program) if isinstance(d, Loop)]
    return [
        f"{type(d).__name__} in {sum(at in body for body in bodies)}"
        for at, d in enumerate(program)
        if isinstance(d, Acc | Fire | Fold)
    ]


def strides(draw) -> list[str]:
    signs = [(name, getattr(loop, name)) for loop in LOOPS(draw) if loop.count > 1 for name in STRIDES]
    return [f"{name} {'0' if not x else '-' if x > FIELD_MAX // 2 else '+'}" for name, x in signs]


def density(draw) -> str:
    kept = np.mean([w != 0 for w in draw[0].weights])
    return "all zero" if kept == 0 else "few" if kept < 0.3 else "some" if kept < 0.8 else "all"


def kept(draw) -> set[str]:
    """What the groups of masks that ACCs read keep."""
    found = set()
    for acc in ACCS(draw):
        if acc.masked and not acc.mv_msk:
            share = draw[0].masks[int(acc.sets == 2)][acc.msk : acc.msk + -(-acc.len // 128)].mean()
            found.add("nothing" if share == 0 else "everything" if share == 1 else "some")
    return found


PROGRAM = {
    "frames of a program": Row(lambda d: [len(ENDS(d))], (1, 2, 3, 4), 0.1, 0.6),
    "places of frames": Row(lambda d: [len({f.dst for f in FRAME(d)})], (1, 2), 0.1, 0.9),
    "length is a corner": Row(lambda d: [f.len in (1, 127, 128, 129, 255, 256, 257) for f in FRAME(d)],
                              (True, False), 0.1, 0.9),
    "LOAD": Row(lambda d: [bool(LOADS(d))], (True, False), 0.1, 0.9),
    "LOOPs": Row(depths, [f"{k} in {n}" for k in ("Acc", "Fire", "Fold") for n in (0, 1, 2)], 0.1),
    "passes": Row(lambda d: [loop.count for loop in LOOPS(d)], (1, 2, 3, 4), 0.2, 0.8),
    "strides": Row(strides, [f"{name} {sign}" for name in STRIDES for sign in "+-0"], 0.15, 0.8),
    "address moved": Row(
        lambda d: [name for x in (*ACCS(d), *FIRES(d)) for name in dir(x)
                   if name.startswith("mv_") and getattr(x, name)],
        ("mv_src", "mv_wgt", "mv_msk", "mv_dst", "mv_par", "mv_neu"), 0.2,
    ),
    "ACC format": Row(lambda d: [a.fmt for a in ACCS(d)], Fmt, 0.5),
    "ACC sets": Row(lambda d: [a.sets for a in ACCS(d)], (1, 2, 3), 0.5),
    "ACC context": Row(lambda d: [a.ctx for a in ACCS(d)], (0, 1, 2), 0.5),
    "ACC shift": Row(lambda d: [(Fmt(a.fmt).name, a.shift) for a in ACCS(d)],
                     [(fmt.name, shift) for fmt in Fmt for shift in range(8)], 0.03, 0.8),
    "ACC masked": Row(lambda d: [a.masked for a in ACCS(d)], (0, 1), 0.5),
    "ACC bank": Row(lambda d: [a.bank for a in ACCS(d) if a.sets == 3], (0, 1), 0.3),
    "ACC select": Row(lambda d: [s for a in ACCS(d) for s in (a.sel0, a.sel1)], range(16), 0.03),
    "last weight": Row(lambda d: [a.wgt + a.len == BUILD.wgt_depth for a in ACCS(d) if not a.masked],
                       (True, False), 0.1),
    "masks keep": Row(kept, ("nothing", "some", "everything"), 0.1),
    "weights": Row(lambda d: [density(d)], ("all zero", "few", "some", "all"), 0.01, 0.7),
    "FIRE": Row(lambda d: [(Kind(f.kind).name, f.take, f.sum) for f in FIRES(d)],
                [(kind, *take) for kind in ("LIF", "RAW", "ARGMAX")
                 for take in ((1, 0), (2, 0), (3, 0), (3, 1))], 0.1),
    "FIRE context": Row(lambda d: [f.ctx for f in FIRES(d)], (0, 1, 2), 0.5),
    "FIRE bit": Row(lambda d: [f.bit0 for f in FIRES(d) if f.kind == Kind.LIF], range(8), 0.1),
    "FIRE tag": Row(lambda d: [f.tag for f in FIRES(d) if f.kind == Kind.LIF], range(8), 0.1),
    "FIRE leak": Row(lambda d: [f.leak for f in FIRES(d) if f.kind == Kind.LIF], range(16), 0.02),
    "FIRE reset": Row(lambda d: [f.soft for f in FIRES(d) if f.kind == Kind.LIF], (0, 1), 0.3),
    "FIRE first, last": Row(lambda d: [(f.first, f.last) for f in FIRES(d) if f.kind == Kind.ARGMAX],
                            [(a, b) for a in (0, 1) for b in (0, 1)], 0.1),
    "FOLD": Row(lambda d: [(f.src, f.ctx) for f in FOLDS(d)],
                [(a, b) for a in range(3) for b in range(3) if a != b], 0.05),
    "elements to": Row(lambda d: [next(top for top in (0, 1, 255, 65535) if d[1].max() <= top)],
                       (0, 1, 255, 65535), 0.05, 0.6),
}  # fmt: skip


def test_programs():
    draws = [random_program(np.random.default_rng([3, s]), BUILD, 4, 2) for s in range(DRAWS)]
    assert off(PROGRAM, draws) == []


# ---- illegalities ----------------------------------------------------------------------------------------
def change(bad) -> str:
    """What of a descriptor was changed, by what is said of it."""
    text = bad.what.partition(": ")[2]
    kinds = {"bit": r"bit \d+", "op": r"op \d+", "field": r"\w+ = \d+", "wrap": "wrap",
             "LOAD": r"\{.*\}", "numbers": r"\w+, shift \d"}  # fmt: skip
    return next(kind for kind, pattern in kinds.items() if re.fullmatch(pattern, text))


def changed(bad) -> str:
    return bad.what.partition(" ")[0]


ILLEGAL = {
    "change": Row(lambda b: [change(b)], ("bit", "op", "field", "wrap", "LOAD", "numbers"), 0.02, 0.6),
    "op": Row(lambda b: [changed(b)], ("FRAME", "ACC", "FIRE", "LOOP", "END", "LOAD", "FOLD"), 0.01, 0.6),
    "error": Row(
        lambda b: [b.error.bit], (ErrorBit.ILLEGAL_DESC, ErrorBit.ADDR_RANGE, ErrorBit.ACC_OVERFLOW), 0.1, 0.8
    ),
    "frame of the error": Row(lambda b: [b.error.frame], range(5), 0.005, 0.9),
    "in a frame": Row(lambda b: [b.begun], (True, False), 0.02, 0.98),
}
PACKET = {
    "change": Row(
        lambda p: [p[2].split()[0] + ("" if p[2].split()[1:2] != ["0"] else " 0")],
        ("beat", "beat 0", "header", "cut:", "longer:"), 0.05, 0.6,
    ),
    "error": Row(
        lambda p: [p[1]],
        (ErrorBit.IMG_HEADER, ErrorBit.IMG_RANGE, ErrorBit.IMG_LENGTH, ErrorBit.IMG_CRC), 0.03, 0.6,
    ),
}  # fmt: skip
LENGTHS = {
    "packets": Row(lambda sizes: [len(sizes)], (0, 1, 2), 0.1, 0.7),
    "beats for 10": Row(
        lambda sizes: ["1" if n == 1 else "9" if n == 9 else "11" if n == 11 else "other" for n, _ in sizes],
        ("1", "9", "11", "other"), 0.1, 0.5,
    ),
    "error": Row(lambda sizes: [bit for _, bit in sizes], (ErrorBit.FRAME_SHORT, ErrorBit.FRAME_LONG), 0.2),
}  # fmt: skip
COMMAND = {
    "command": Row(lambda c: [c.bit], (ErrorBit.CTRL_BUSY, ErrorBit.IMG_BUSY), 0.3, 0.7),
    "counted from a frame": Row(lambda c: [c.begun], (True, False), 0.3, 0.7),
    "cycles": Row(lambda c: [len(str(c.moment))], (1, 2, 3), 0.2, 0.5),
}


def test_illegalities():
    bad, packets = [], []
    for s in range(DRAWS):
        rng = np.random.default_rng([4, s])
        images, x = random_program(rng, BUILD, 4, 1)
        bad.append(bad_program(rng, images, x))
        packets.append(bad_packet(rng, images))
    assert off(ILLEGAL, bad) == []
    assert off(PACKET, packets) == []
    rng = np.random.default_rng(5)
    assert off(LENGTHS, [bad_lengths(rng, 40) for _ in range(DRAWS)]) == []
    assert off(COMMAND, [wrong_command(rng) for _ in range(DRAWS)]) == []
