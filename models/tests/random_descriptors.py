# SPDX-License-Identifier: Apache-2.0
"""Legal descriptors at random."""

import numpy as np

from models import formats as fm
from models.descriptors import (
    Acc,
    Descriptor,
    End,
    Fire,
    Fold,
    Frame,
    Load,
    Loop,
    select,
)
from models.formats import Fmt, Kind


def random_descriptor(rng: np.random.Generator) -> Descriptor:
    """A legal descriptor of a random op for the reference build."""

    def bit() -> int:
        return int(rng.integers(2))

    def word() -> int:
        return int(rng.integers(65536))

    def aligned() -> int:
        return 8 * int(rng.integers(8192))

    op = rng.choice(list(fm.Op))
    if op in (fm.Op.FRAME, fm.Op.LOAD):
        return (Frame if op == fm.Op.FRAME else Load)(aligned(), max(1, word()))
    if op == fm.Op.FOLD:
        ctx = int(rng.integers(3))
        return Fold(ctx, (ctx + int(rng.integers(1, 3))) % 3)
    if op == fm.Op.LOOP:
        return Loop(int(rng.integers(1, 256)), max(1, word()), word(), word(), word(), word(), word())
    if op == fm.Op.END:
        return End(bit())
    if op == fm.Op.ACC:
        fmt = int(rng.integers(4))
        sets = int(rng.integers(1, 4)) if fmt != Fmt.MERGED else int(rng.integers(1, 3))
        sel = [0, 0]
        if fmt == Fmt.MERGED or (fmt == Fmt.SPIKES and sets == 3):
            sel[bit()] = select(int(rng.integers(8)))
        elif fmt == Fmt.SPIKES:
            sel[sets - 1] = select(int(rng.integers(8)))
        masked = bit()
        return Acc(
            sets=sets, ctx=int(rng.integers(3)), fmt=fmt, src=aligned(), len=max(1, word()),
            wgt=word(),
            sel0=sel[0], sel1=sel[1], shift=int(rng.integers(8)),
            bank=bit() if sets == 3 else sets - 1,
            masked=masked, msk=masked * word(), mv_src=bit(), mv_wgt=bit(), mv_msk=bit(),
        )  # fmt: skip
    kind, take = int(rng.integers(3)), int(rng.integers(1, 4))
    common = dict(
        take=take, sum=bit() if take == 3 else 0, ctx=int(rng.integers(3)), kind=kind, dst=word(),
        n=int(rng.integers(1, 129)), par=word(), mv_dst=bit(), mv_par=bit(),
    )  # fmt: skip
    if kind == Kind.LIF:
        return Fire(
            **common, neu=word(), bit0=int(rng.integers(7)), tag=int(rng.integers(8)),
            leak=int(rng.integers(16)),
            soft=bit(), mv_neu=bit(),
        )  # fmt: skip
    argmax = kind == Kind.ARGMAX
    return Fire(**common, first=bit() if argmax else 0, last=bit() if argmax else 0)
