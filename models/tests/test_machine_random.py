# SPDX-License-Identifier: Apache-2.0
"""Random legal programs: the machine against the scalar `slow_machine`, value by value, ledger and all."""

from dataclasses import replace

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models import formats as fm
from models.descriptors import Acc, End, Fire, Fold, Frame, Loop, select
from models.formats import ErrorBit, Fmt, Kind
from models.machine import Machine, MachineError
from models.tests.hand_programs import GROUP, SMALL, make
from models.tests.slow_machine import Overflow, SlowMachine

DEEP = replace(SMALL, mask_depth=16, bias_depth=32, neur_depth=16)  # loops move addresses by up to 3
VECTORS = (0, GROUP, 2 * GROUP, 3 * GROUP)


def accs():
    """Any legal ACC on the small build; sources are the frame and the vectors that FIREs write."""

    def finish(sets, ctx, fmt, select_, src, length, wgt, masked, msk, shift, bank, moves):
        sel = [0, 0]
        if fmt in (Fmt.SPIKES, Fmt.MERGED):
            sel = [select(select_[0]), select(select_[1])]
            if fmt == Fmt.MERGED and sets == 3:
                sets = 1
            if fmt == Fmt.SPIKES:
                sel = [s if sets >> k & 1 else 0 for k, s in enumerate(sel)]
            if not any(sel):
                sel[1 if sets == 2 else 0] = select(0)
        bank = bank if sets == 3 else sets - 1
        return Acc(
            sets=sets, ctx=ctx, fmt=fmt, src=src, len=length, wgt=wgt, sel0=sel[0], sel1=sel[1], shift=shift,
            bank=bank, masked=masked, msk=msk * masked, mv_wgt=moves, mv_msk=moves * masked,
        )  # fmt: skip

    bit = st.one_of(st.none(), st.integers(0, 3))
    return st.builds(
        finish, st.integers(1, 3), st.integers(0, 2), st.sampled_from(list(Fmt)), st.tuples(bit, bit),
        st.sampled_from(VECTORS), st.integers(1, 12), st.integers(0, 200), st.integers(0, 1),
        st.integers(0, 3), st.integers(0, 3), st.integers(0, 1), st.integers(0, 1),
    )  # fmt: skip


def fires():
    """Any legal FIRE on the small build."""

    def finish(kind, take, sum_, ctx, n, place, par, neu, bit0, tag, leak, soft, first, last, move):
        sum_ = sum_ if take == 3 else 0
        if kind == Kind.LIF:
            return Fire(
                take=take, sum=sum_, ctx=ctx, kind=kind, dst=VECTORS[place] + neu % 3, n=n, par=par, neu=neu,
                bit0=bit0, tag=tag, leak=leak, soft=soft, mv_par=move, mv_neu=move,
            )  # fmt: skip
        first, last = (first, last) if kind == Kind.ARGMAX else (0, 0)
        return Fire(
            take=take,
            sum=sum_,
            ctx=ctx,
            kind=kind,
            dst=neu,
            n=n,
            par=par,
            first=first,
            last=last,
            mv_dst=move,
            mv_par=move,
        )

    return st.builds(
        finish, st.sampled_from([Kind.LIF, Kind.LIF, Kind.RAW, Kind.ARGMAX]), st.integers(1, 3),
        st.integers(0, 1), st.integers(0, 2), st.integers(1, 8), st.integers(1, 3), st.integers(0, 10),
        st.integers(0, 4), st.integers(0, 3), st.integers(0, 7), st.integers(0, 15), st.booleans(),
        st.integers(0, 1), st.integers(0, 1), st.integers(0, 1),
    )  # fmt: skip


STEP = st.one_of(
    accs(),
    accs(),
    fires(),
    st.builds(lambda a, d: Fold(a, (a + d) % 3), st.integers(0, 2), st.integers(1, 2)),
)


@st.composite
def tidy(draw):
    """ACCs, at times a FOLD, into one context, then a FIRE that takes all of it: it may be worked out
    later.
    """
    ctx = draw(st.integers(0, 2))
    fill = [replace(acc, ctx=ctx) for acc in draw(st.lists(accs(), min_size=1, max_size=3))]
    if draw(st.integers(0, 3)) == 0:
        fill.append(Fold(ctx, (ctx + draw(st.integers(1, 2))) % 3))
    return [*fill, replace(draw(fires()), take=3, ctx=ctx, n=draw(st.integers(5, 8)))]


@st.composite
def programs(draw):
    """One or two frames of descriptors, some in a LOOP of two or three passes, at times in a LOOP of two."""
    program = []
    wild = st.lists(STEP, min_size=1, max_size=4)
    pieces = st.lists(draw(st.sampled_from([wild, tidy(), st.one_of(wild, tidy())])), max_size=6)
    for last in (0, 1) if draw(st.booleans()) else (1,):
        program.append(Frame(0, 6))
        for body in draw(pieces):
            loops = draw(st.sampled_from([0, 0, 1, 2]))
            strides = {"d_src": 3, "d_wgt": draw(st.integers(0, 9)), "d_msk": 1, "d_par": 1, "d_neu": 1}
            if loops == 2:
                program.append(Loop(body=len(body) + 1, count=2, **strides))
            if loops:
                program.append(Loop(body=len(body), count=draw(st.integers(1, 3)), **strides))
            program += body
        program.append(End(wrap=last))
    return program


def compare(images, x, defer):
    """Machine against slow machine on x [B, F, n]; True when neither met an overflow."""
    machine, slow = Machine(images), [SlowMachine(images, DEEP) for _ in x]
    if not defer:
        machine.deferring = machine.immediate
    try:
        trace, over = machine.run(x), None
    except MachineError as error:
        trace, over = error.trace, error
        assert error.bit == ErrorBit.ACC_OVERFLOW
    for f in range(x.shape[1] if over is None else over.frame):
        for b, one in enumerate(slow):
            fired = one.frame([int(e) for e in x[b, f]])
            sites = trace.sites_of(f)
            assert len(fired) == len(sites)
            for i, seen in zip(sites, fired, strict=True):
                if seen["kind"] == 0:
                    assert trace.spikes(i)[b, f].tolist() == seen["s"]
                    assert trace.membranes(i)[b, f].tolist() == seen["v"]
                else:
                    assert trace.results(i)[b, f].tolist() == seen["y"]
                if seen["kind"] == 2:
                    index, score = trace.argmax(i)
                    assert list(zip(index[b, f].tolist(), score[b, f].tolist(), strict=True)) == seen["best"]
            for name, amount in one.count.items():
                assert trace.ledger[name][b, f] == amount, name
            assert trace.ledger["SPIKES"][b, f].tolist() == one.spiked
            assert trace.events[b, f] == max(one.alone) + one.both
    if over is not None and over.certain:
        met = []
        for b, one in enumerate(slow):
            try:
                one.frame([int(e) for e in x[b, over.frame]])
            except Overflow as stop:
                met.append(stop.args[0])
        assert over.pc in met
    return over is None


@settings(
    max_examples=150, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)
@given(programs(), st.integers(0, 2**32 - 1), st.booleans(), st.sampled_from([3, 128, 32768]))
def test_random_programs_against_the_slow_machine(program, seed, defer, span):
    rng = np.random.default_rng(seed)
    weights = tuple(
        (rng.integers(-8, 8, (512, 8)) * (rng.random((512, 8)) < 0.7)).astype(np.int8) for _ in range(2)
    )
    images = make(
        program,
        config=DEEP,
        weights=weights,
        masks=tuple(rng.random((16, 128)) < 0.6 for _ in range(2)),
        bias=rng.integers(-40, 60, (32, 4)).astype(np.int32),
        theta=rng.integers(1, 200, (16, 4)).astype(np.int32),
    )
    compare(images, rng.integers(-span, span, (2, 4, 6)), defer)


def test_format_numbers_used_here():
    """The slow machine spells codes as numbers; they are those of the formats module."""
    assert [int(o) for o in fm.Op] == [1, 2, 3, 4, 5, 6, 7]
    assert [int(f) for f in Fmt] == [0, 1, 2, 3]
