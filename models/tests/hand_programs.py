# SPDX-License-Identifier: Apache-2.0
"""Small builders for hand-made programs on a build of 8 lanes."""

import numpy as np

from models.descriptors import Acc, Fire, select
from models.formats import BuildConfig, Fmt, Kind
from models.images import Images
from models.machine import Machine

SMALL = BuildConfig(
    lanes=8,
    result_w=128,
    prog_depth=64,
    wgt_depth=512,
    mask_depth=8,
    bias_depth=16,
    neur_depth=8,
    vec_depth=128,
)
GROUP = SMALL.group_chunks  # 32 chunks of 4
ON0, ON1 = select(0), select(1)


def make(program, weights=None, masks=None, bias=None, theta=None, config=SMALL):
    """Images of a hand-made program; memories not given are full of ones (weights), kept (masks), 0 and 1."""
    c = config.chunk
    full = np.ones((config.wgt_depth, config.lanes), np.int8)
    kept = np.ones((config.mask_depth, 128), bool)
    return Images(
        config=config,
        program=[d if isinstance(d, int) else d.encode() for d in program],
        weights=(full, full) if weights is None else weights,
        masks=(kept, kept) if masks is None else masks,
        bias=np.zeros((config.bias_depth, c), np.int32) if bias is None else bias,
        theta=np.ones((config.neur_depth, c), np.int32) if theta is None else theta,
    )


def run(program, x, **memories):
    """Trace of one utterance; `x` [F, n] or one frame."""
    return Machine(make(program, **memories)).run(np.atleast_2d(np.array(x))[None])


def raw(take=1, ctx=0, n=8, sum=0, par=0, **kw):
    return Fire(take=take, ctx=ctx, kind=Kind.RAW, dst=0, n=n, par=par, sum=sum, **kw)


def number(sets=3, ctx=0, length=1, fmt=Fmt.SIGNED, **kw):
    return Acc(sets=sets, ctx=ctx, fmt=fmt, src=0, len=length, wgt=0, bank=int(sets == 2), **kw)


def amounts(trace, f=0):
    return {name: int(a[0, f]) for name, a in trace.ledger.items() if name != "SPIKES"}


def lif(take=3, n=4, dst=GROUP, **kw):
    return Fire(take=take, ctx=kw.pop("ctx", 0), kind=Kind.LIF, dst=dst, n=n, par=0, **kw)
