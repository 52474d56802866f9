# SPDX-License-Identifier: Apache-2.0
"""Small networks put together by hand, and what tests want to know of a compiled program."""

from dataclasses import replace
from typing import Any

import numpy as np

from models.descriptors import Acc, Descriptor, Fire, Loop
from models.images import Images
from models.listing import listing
from models.network import LifLayer, Network, OutputLayer


def layer(name: str, rows: int, n: int, *, rec: bool = True, weight: int = 1, **fields) -> LifLayer:
    """A layer of equal weights; `fields` replace others."""
    plain = LifLayer(
        name=name, w_in=np.full((rows, n), weight, np.int8), w_rec=np.full((n, n), weight,
        np.int8) if rec else None,
        mask_in=None, mask_rec=None, shift_in=0, shift_rec=0, theta=np.full(n, 100, np.int32),
        bias=np.zeros(n, np.int32), leak=0, soft=True,
    )  # fmt: skip
    return replace(plain, **fields)


def output(rows: int, n: int, **fields) -> OutputLayer:
    """An output layer of ones."""
    plain = OutputLayer("scores", np.ones((rows, n), np.int8), None, np.zeros(n, np.int32), 0, True, "raw")
    return replace(plain, **fields)


def network(*layers: LifLayer, out: OutputLayer, inputs: int = 40, **fields) -> Network:
    """A byte-fed network of two steps."""
    plain = Network("test", inputs, True, -128, 127, 2, "frame", tuple(layers), out)
    return replace(plain, **fields)


def straight(images: Images) -> list:
    """The program with its loops unrolled."""
    out: list[Descriptor] = []
    program, at = images.descriptors(), 0
    while at < len(program):
        d = program[at]
        at += 1
        if not isinstance(d, Loop):
            out.append(d)
            continue
        for j in range(d.count):
            x: Any
            for x in program[at : at + d.body]:
                moves: tuple[tuple[str, int, int], ...]
                if isinstance(x, Acc):
                    moves = (
                        ("src", x.mv_src, d.d_src),
                        ("wgt", x.mv_wgt, d.d_wgt),
                        ("msk", x.mv_msk, d.d_msk),
                    )
                    still = dict(mv_src=0, mv_wgt=0, mv_msk=0)
                elif isinstance(x, Fire):
                    moves = (
                        ("dst", x.mv_dst, d.d_src),
                        ("par", x.mv_par, d.d_par),
                        ("neu", x.mv_neu, d.d_neu),
                    )
                    still = dict(mv_dst=0, mv_par=0, mv_neu=0)
                else:
                    moves, still = (), {}
                moved = {name: (getattr(x, name) + j * stride) % 65536 for name, on, stride in moves if on}
                out.append(replace(x, **still, **moved))
        at += d.body
    return out


def without_addresses(images: Images) -> list[str]:
    """The listing without descriptor numbers and without the addresses of weights and masks."""
    return [" ".join(w for w in line.split()[1:] if w[0] not in "@%") for line in listing(images)]


def kept_rows(images: Images, d: Acc) -> np.ndarray:
    """Rows that an ACC reads, from the images."""
    if not d.masked:
        return np.arange(d.len)
    words = images.masks[0 if d.sets == 3 else d.sets - 1][d.msk : d.msk + -(-d.len // 128)]
    return np.flatnonzero(words.reshape(-1)[: d.len])
