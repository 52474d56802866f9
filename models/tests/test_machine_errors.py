# SPDX-License-Identifier: Apache-2.0
"""What the machine refuses: illegal descriptors, ranges, overflow, and images or frames that do not fit."""

import numpy as np
import pytest

from models.descriptors import Acc, End, Fold, Frame, Load, Loop
from models.formats import ErrorBit, Fmt
from models.machine import Machine, MachineError
from models.tests.hand_programs import GROUP, lif, make, number, raw, run

FULL = [Frame(0, 1), number(), raw(take=3), End()]
ILLEGAL, RANGE, OVER = ErrorBit.ILLEGAL_DESC, ErrorBit.ADDR_RANGE, ErrorBit.ACC_OVERFLOW


def test_a_rank_that_runs_out_of_the_bank():
    """512 words: with 2 of 3 rows kept a tile at 510 just fits, at 511 it does not."""
    masks = np.zeros((8, 128), bool)
    masks[0, [0, 2]] = True
    for wgt, bit in ((510, None), (511, RANGE)):
        acc = Acc(sets=1, ctx=0, fmt=Fmt.SIGNED, src=0, len=3, wgt=wgt, masked=1)
        program = [Frame(0, 3), acc, raw(), End()]
        if bit is None:
            assert run(program, [1, 2, 4], masks=(masks, masks)).results(0)[0, 0, 0, 0] == 5
            continue
        with pytest.raises(MachineError) as caught:
            run(program, [1, 2, 4], masks=(masks, masks))
        assert (caught.value.bit, caught.value.pc) == (bit, 1)


@pytest.mark.parametrize(
    ("program", "bit", "pc"),
    [
        ([number(), End()], ILLEGAL, 0),
        ([Frame(0, 1), Frame(0, 1), End()], ILLEGAL, 1),
        ([Frame(0, 1), 0, End()], ILLEGAL, 1),
        ([Frame(0, 1), End().encode() | 1 << 100], ILLEGAL, 1),
        ([Frame(0, 1), number()], ILLEGAL, 2),
        ([Frame(0, 1), End(wrap=0)], ILLEGAL, 2),
        ([Frame(0, 1), End(wrap=0), number()], ILLEGAL, 2),
        ([Frame(1, 1), End()], ILLEGAL, 0),
        ([Frame(4 * GROUP, 1), End()], RANGE, 0),
        ([Frame(0, 1), Load(0, 1), Load(0, 1), End()], ILLEGAL, 2),
        ([Frame(0, 1), Load(0, 2), End()], ILLEGAL, 0),
        ([Frame(0, 1), Load(GROUP, 1), End()], ILLEGAL, 0),
        ([Frame(0, 1), Load(0, 2), End(wrap=0), Frame(0, 1), raw(n=9), End()], ILLEGAL, 3),
        ([Frame(0, 1), raw(n=9), End()], ILLEGAL, 1),
        ([Frame(0, 1), raw(par=16), End()], RANGE, 1),
        ([Frame(0, 1), raw(par=15, n=5), End()], RANGE, 1),
        ([Frame(0, 1), lif(neu=8), End()], RANGE, 1),
        ([Frame(0, 1), lif(dst=127, n=5), End()], RANGE, 1),
        ([Frame(0, 1), Acc(sets=1, ctx=0, fmt=Fmt.SIGNED, src=0, len=1, wgt=512), End()], RANGE, 1),
        ([Frame(0, 1), Acc(sets=1, ctx=0, fmt=Fmt.SIGNED, src=0, len=2, wgt=511), End()], RANGE, 1),
        ([Frame(0, 1), Acc(sets=1, ctx=0, fmt=Fmt.SIGNED, src=0, len=2, wgt=511, masked=1), End()], RANGE, 1),
        ([Frame(0, 1), number(sets=1, length=257, masked=1, msk=6), End()], RANGE, 1),
        ([Frame(0, 1), Acc(sets=1, ctx=0, fmt=Fmt.SIGNED, src=96, len=129, wgt=0), End()], RANGE, 1),
        ([Frame(0, 1), Loop(1, 3, d_par=8), raw(mv_par=1), End()], RANGE, 2),
        ([Frame(0, 1), Loop(1, 2, d_src=1), number(mv_src=1), End()], ILLEGAL, 2),
        ([Frame(0, 1), Loop(1, 2), End()], ILLEGAL, 2),
        ([Frame(0, 1), Loop(9, 1), raw(), End()], ILLEGAL, 1),
        ([Frame(0, 1), Loop(2, 1), Loop(2, 1), raw(), raw(), End()], ILLEGAL, 2),
        ([Frame(0, 1), Loop(3, 1), Loop(2, 1), Loop(1, 1), raw(), End()], ILLEGAL, 3),
    ],
)
def test_halting_errors(program, bit, pc):
    machine = Machine(make(program))
    with pytest.raises(MachineError) as caught:
        machine.run(np.zeros((2, 3, 1), int))
    assert (caught.value.bit, caught.value.pc) == (bit, pc)
    with pytest.raises(MachineError) as caught:
        machine.check()
    assert (caught.value.bit, caught.value.pc) == (bit, pc)


def test_an_error_keeps_what_came_before_it():
    program = [*FULL[:3], End(wrap=0), *FULL[:3], raw(n=9), End()]
    with pytest.raises(MachineError) as caught:
        Machine(make(program)).run(np.array([[[3], [7], [1]]]))
    error = caught.value
    assert (error.frame, error.pc, error.certain) == (1, 7, True)
    assert error.trace.results(1)[0, :, 0, 0].tolist() == [0, -1, 0]
    assert error.trace.ledger["FRAMES"][0].tolist() == [1, 0, 0]
    assert error.trace.ledger["EVENTS0"][0].tolist() == [1, 0, 0]


def overflow(program, x, lane=(7, -8)):
    """(pc, certain, frame) of the overflow of a run; weights of row i are lane[i % 2]."""
    weights = np.zeros((512, 8), np.int8)
    weights[0::2], weights[1::2] = lane[0], lane[1]
    with pytest.raises(MachineError) as caught:
        run(program, x, weights=(weights, weights))
    assert caught.value.bit == OVER
    return caught.value.pc, caught.value.certain, caught.value.frame


def test_overflow_of_a_sum_and_of_frames_that_pile_up():
    row = [Frame(0, 1), number(sets=1, fmt=Fmt.UNSIGNED, shift=4), End()]
    assert overflow(row, [[32768], [32768], [32768]]) == (1, True, 2)  # 7 * 2^19 each, 2^23 is the limit
    assert overflow(row, [[32768]] * 9, lane=(-8, 0)) == (
        1,
        True,
        2,
    )  # -8 * 2^19 = -2^22: the second is just legal


def test_overflow_of_one_product_though_the_sum_would_fit():
    """2^16 * 2^7 * -1 = -2^23 fits, its negative does not; neither does 2^23 on top of a negative value."""
    program = [Frame(0, 2), number(sets=1, length=2, fmt=Fmt.UNSIGNED, shift=7), raw(), End()]
    assert (
        run(program, [65535, 0], weights=(-np.ones((512, 8), np.int8),) * 2).results(0)[0, 0, 0, 0]
        == -65535 * 128
    )
    assert overflow(program, [65535, 0], lane=(1, -1))[:2] == (1, True)


def test_overflow_that_depends_on_the_order():
    """49152 = 2^16 - 2^14, shift 4: 7 * 2^20 and 8 * 2^18 alone are 9 * 2^20, all four digits together -3 *
    2^18.
    """
    program = [Frame(0, 2), number(sets=1, length=2, fmt=Fmt.UNSIGNED, shift=4), raw(), End()]
    assert overflow(program, [49152, 49152]) == (1, False, 0)


def test_what_fits_in_every_order_is_no_overflow_though_the_bound_is_above_the_limit():
    program = [Frame(0, 2), number(sets=1, length=2, fmt=Fmt.UNSIGNED, shift=5), raw(), End()]
    weights = np.tile(np.array([[7], [-8]], np.int8), (256, 8))
    trace = run(program, [32768, 32768], weights=(weights, weights))  # 7 * 2^20 and -2^23
    assert trace.results(0)[0, 0, 0, 0] == -(2**20)


def test_overflow_of_fold():
    program = [Frame(0, 1), number(ctx=1, sets=1, shift=6), number(ctx=1, sets=2, shift=6), Fold(0, 1), End()]
    assert overflow(program, [16384]) == (3, True, 0)


def test_images_must_hold_what_is_read():
    images = make(FULL)
    images.weights = (images.weights[0][:0], images.weights[1])
    with pytest.raises(ValueError, match="loaded"):
        Machine(images)
    with pytest.raises(ValueError, match="theta"):
        Machine(make([Frame(0, 1), lif(), End()], theta=np.zeros((8, 4), np.int32)))


def test_wrong_frames_are_refused():
    machine = Machine(make(FULL))
    for shape in ((1, 1, 2), (1, 1)):
        with pytest.raises(ValueError):
            machine.run(np.zeros(shape, int))
    with pytest.raises(ValueError, match="lengths"):
        machine.run(np.zeros((2, 3, 1), int), lengths=[4, 0])
