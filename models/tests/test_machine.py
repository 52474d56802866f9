# SPDX-License-Identifier: Apache-2.0
"""The descriptor machine by hand-made programs: cases typed from docs/, and errors."""

from dataclasses import replace

import numpy as np
import pytest

from models.descriptors import Acc, End, Fire, Fold, Frame, Loop
from models.formats import Fmt, Kind
from models.machine import Machine
from models.tests.hand_programs import GROUP, ON0, ON1, amounts, lif, make, number, raw, run


def test_digits_alternate_between_the_sets():
    """11 = -1 - 4 + 16: set 0 gets -1 + 16, set 1 gets -4; the ledger of one row by hand."""
    trace = run([Frame(0, 1), number(), raw(take=3), End()], [11])
    assert trace.results(0)[0, 0, :, 0].tolist() == [15, -4]
    assert amounts(trace) == {
        "EVENTS0": 2, "EVENTS1": 1, "ROWS_READ": 1, "ROWS_ZERO": 0, "ROWS_MASKED": 0, "ADDS": 24, "GATED": 0,
        "RESULTS": 16, "FRAMES": 1,
    }  # fmt: skip
    assert trace.events[0, 0] == 2


def test_every_row_starts_at_set_zero():
    trace = run([Frame(0, 3), number(length=3), raw(take=3), End()], [1, 0, 8])
    assert trace.results(0)[0, 0, :, 0].tolist() == [9, 0]
    assert (amounts(trace)["ROWS_READ"], amounts(trace)["ROWS_ZERO"], trace.events[0, 0]) == (2, 1, 2)


@pytest.mark.parametrize(("fmt", "value"), [(Fmt.UNSIGNED, 65535), (Fmt.SIGNED, -1)])
def test_sign_is_the_descriptors(fmt, value):
    trace = run([Frame(0, 1), number(sets=1, fmt=fmt, shift=3), raw(), End()], [0xFFFF])
    assert trace.results(0)[0, 0, 0, 0] == 8 * value


def test_fold_puts_the_sum_into_both_sets_and_clears_the_source():
    program = [
        Frame(0, 1),
        number(ctx=1),
        number(sets=1, ctx=0),
        Fold(0, 1),
        raw(take=3),
        raw(take=3, ctx=1),
        End(),
    ]
    trace = run(program, [11])
    assert trace.results(0)[0, 0, :, 0].tolist() == [22, 11]
    assert not trace.results(1).any()


def test_an_accumulator_waits_across_frames():
    """Fired before it is filled, so each frame reads what the frame before left, and the first finds zero."""
    trace = run([Frame(0, 1), raw(sum=1, take=3), number(), End()], [[5], [-7], [9]])
    assert trace.results(0)[0, :, 0, 0].tolist() == [0, 5, -7]
    assert trace.ledger["EVENTS0"][0].tolist() == [1, 1, 1]  # 5 = 1 + 4, -7 = 1 - 8, 9 = 1 + 8


def test_lanes_beyond_the_chunks_read_keep_their_value():
    program = [Frame(0, 1), number(sets=1), raw(n=3), raw(n=8), End()]
    trace = run(program, [[5], [6]])
    assert trace.results(0)[0, :, 0, 0].tolist() == [5, 6]
    # Lanes 0..3 were read (one chunk), 4..7 not; the second FIRE takes them.
    assert trace.results(1)[0, :, 0].tolist() == [[0] * 4 + [5] * 4, [0] * 4 + [6] * 4]


def test_rank_addressing_ignores_mask_bits_beyond_len():
    weights = np.zeros((512, 8), np.int8)
    weights[:4, 0] = [1, 2, 3, 4]
    masks = np.zeros((8, 128), bool)
    masks[2, [1, 3, 100]] = True  # bit 100 is beyond len
    program = [Frame(0, 4), number(sets=1, length=4, masked=1, msk=2), raw(n=1), End()]
    trace = run(program, [10, 20, 40, 80], weights=(weights, weights), masks=(masks, ~masks))
    assert trace.results(0)[0, 0, 0, 0] == 20 * 1 + 80 * 2
    # 20 = 4 + 16 and 80 = 16 + 64: 4 events, one lane of 8 each.
    got = amounts(trace)
    assert [got[k] for k in ("ROWS_READ", "ROWS_MASKED", "EVENTS0", "ADDS", "GATED")] == [2, 2, 4, 4, 28]


def test_mask_memory_is_that_of_the_set_and_of_set_zero_for_both():
    masks = [np.zeros((8, 128), bool) for _ in range(2)]
    masks[0][0, 0], masks[1][0, 1] = True, True
    for sets, want in ((1, 1), (2, 4), (3, 1)):
        program = [
            Frame(0, 2),
            number(sets=sets, length=2, masked=1),
            raw(take=sets, sum=int(sets == 3)),
            End(),
        ]
        assert run(program, [1, 4], masks=tuple(masks)).results(0)[0, 0, 0, 0] == want


def test_a_frame_is_filled_up_with_zeros_to_its_chunk():
    """A FIRE leaves spikes in elements 1..3 of the frame's chunk; the next FRAME, of one element, clears
    them.
    """
    program = [
        Frame(0, 1),
        number(ctx=1, length=4),
        raw(ctx=1, sum=1, take=3),
        number(sets=1),
        lif(take=1, dst=0),
        End(),
    ]
    trace = run(program, [[5], [5]])
    assert trace.spikes(1)[0, 0, 0].tolist() == [1, 1, 1, 1]
    assert trace.results(0)[0, :, 0, 0].tolist() == [5, 5]


def test_a_frame_leaves_the_chunk_behind_its_last_one_alone():
    all_eight = number(sets=1, length=8, fmt=Fmt.UNSIGNED)
    spiking = [number(sets=1, length=3, fmt=Fmt.UNSIGNED), lif(take=1, dst=1)]
    trace = run([Frame(0, 3), all_eight, raw(), *spiking, End()], [[1, 1, 1], [1, 1, 1]])
    assert trace.results(0)[0, :, 0, 0].tolist() == [
        3,
        7,
    ]  # the second frame finds four spikes behind its own


def test_results_worked_out_later_leave_nothing_behind():
    """The same program with every FIRE in its place: see machine_flow, Deferral."""
    program = [
        Frame(0, 1),
        number(),
        raw(take=3),
        number(sets=1),
        Fold(1, 0),
        number(sets=1, ctx=1),
        raw(ctx=1),
        End(),
    ]
    machine, x = Machine(make(program)), np.array([[[11], [3], [-6]]])
    assert list(machine.deferring[0].deferred) == [1]
    late = machine.run(x)
    machine.deferring = machine.immediate
    for i in range(2):
        assert np.array_equal(machine.run(x).results(i), late.results(i))
    assert late.results(1)[0, :, 0, 0].tolist() == [22, 6, -12]


def test_argmax_may_wait_only_when_its_maxima_stay_in_the_frame():
    for first, waits in ((1, True), (0, False)):
        fire = replace(argmax(first, 1, 0, 0), n=8)
        machine = Machine(make([Frame(0, 1), number(sets=1), fire, raw(ctx=1), End()]))
        assert sorted(machine.deferring[0].deferred) == ([1, 2] if waits else [2])


def test_lif_keeps_other_bits_and_clears_padding():
    """Bits 2 and 3 are done by one FIRE, bit 0 by a later one; n = 3 of a chunk of 4."""
    spikes = Acc(sets=1, ctx=1, fmt=Fmt.UNSIGNED, src=GROUP, len=4, wgt=0)
    program = [
        Frame(0, 1),
        number(),
        lif(bit0=2, n=3, tag=5),
        number(sets=1),
        lif(take=1, n=3),
        spikes,
        raw(ctx=1),
        End(),
    ]
    trace = run(program, [3])  # 3 = -1 + 4: step A -1 (below theta 1), step B 4 - 1 left over = 3 fires
    assert trace.spikes(0)[0, 0].tolist() == [[0, 0, 0], [1, 1, 1]]
    assert trace.membranes(0)[0, 0].tolist() == [[-1] * 3, [0] * 3]
    assert trace.results(2)[0, 0, 0, 0] == 3 * (0b1000 + 1)
    assert trace.ledger["SPIKES"][0, 0].tolist() == [3, 0, 0, 0, 0, 3, 0, 0]


def test_merged_counts_one_event_and_adds_twice():
    both = Acc(sets=1, ctx=0, fmt=Fmt.MERGED, src=0, len=4, wgt=0, sel0=ON0, sel1=ON1)
    trace = run([Frame(0, 4), both, raw(), End()], [0, 1, 2, 3])
    assert trace.results(0)[0, 0, 0, 0] == 4
    assert (amounts(trace)["EVENTS0"], amounts(trace)["ROWS_READ"], amounts(trace)["ADDS"]) == (3, 3, 24)


def test_spikes_on_both_sets_and_a_disabled_select():
    program = [
        Frame(0, 4),
        Acc(sets=3, ctx=0, fmt=Fmt.SPIKES, src=0, len=4, wgt=0, sel0=ON0, sel1=ON1),
        raw(take=3),
    ]
    trace = run([*program, End()], [0, 1, 2, 3])
    assert trace.results(0)[0, 0, :, 0].tolist() == [2, 2]
    got = amounts(trace)
    assert [got[k] for k in ("EVENTS0", "EVENTS1", "ROWS_READ", "ROWS_ZERO")] == [2, 2, 3, 1]
    assert trace.events[0, 0] == 3
    program[1] = Acc(sets=3, ctx=0, fmt=Fmt.SPIKES, src=0, len=4, wgt=0, sel1=ON1)
    assert run([*program, End()], [0, 1, 2, 3]).results(0)[0, 0, :, 0].tolist() == [0, 2]


def test_busier_set_is_taken_over_the_frame_not_per_descriptor():
    program = [Frame(0, 1), number(sets=1), number(sets=1), number(sets=2), number(), raw(take=3), End()]
    trace = run(program, [11])  # 3 digits: set 0 alone 6, set 1 alone 3, both 2
    assert trace.events[0, 0] == 6 + 2


def argmax(first, last, dst, par, take=1, **kw):
    return Fire(take=take, ctx=0, kind=Kind.ARGMAX, dst=dst, n=4, par=par, first=first, last=last, **kw)


def test_argmax_over_tiles_ties_and_two_maxima():
    bias = np.array([[1, 9, 9, 0], [9, 9, 9, 9], [9, 10, 3, 10]], np.int32)
    program = [Frame(0, 1), argmax(1, 0, 7, 0), argmax(0, 0, 3, 1), argmax(0, 1, 9, 2), End()]
    trace = run(program, [0], bias=bias)
    got = [tuple(int(a[0, 0, 0]) for a in trace.argmax(i)) for i in range(3)]
    assert got == [(29, 9), (12, 9), (37, 10)]  # the lower tile came later and still wins the tie
    assert amounts(trace)["RESULTS"] == 1
    two = [Frame(0, 1), number(), argmax(1, 1, 0, 0, take=3), End()]
    assert [a[0, 0].tolist() for a in run(two, [11], bias=bias).argmax(0)] == [[1, 1], [24, 5]]


def test_argmax_without_first_goes_on_from_the_last_maximum():
    program = [Frame(0, 1), number(sets=1), argmax(0, 1, 1, 0), End()]
    trace = run(program, [[-5], [3], [2]])
    assert trace.argmax(0)[1][0, :, 0].tolist() == [0, 3, 3]  # a clear leaves score 0, index 0
    assert trace.argmax(0)[0][0, :, 0].tolist() == [0, 4, 4]


def test_nested_loops_add_their_offsets():
    bias = np.arange(64, dtype=np.int32).reshape(16, 4)
    program = [
        Frame(0, 1),
        Loop(body=2, count=2, d_par=5, d_src=0xFFFF),
        Loop(body=1, count=3, d_par=1, d_src=2),
        raw(mv_par=1, mv_dst=1),
        End(),
    ]
    trace = run(program, [0], bias=bias)
    assert [site.passes for site in trace.fires] == [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2)]
    assert [int(trace.results(i)[0, 0, 0, 0]) // 4 for i in range(6)] == [0, 1, 2, 5, 6, 7]
    assert [site.dst for site in trace.fires] == [0, 2, 4, 65535, 1, 3]
    assert {site.pc for site in trace.fires} == {3}


def test_programs_of_several_frames():
    program = [
        Frame(0, 1),
        number(),
        raw(sum=1, take=3),
        End(wrap=0),
        Frame(GROUP, 1),
        number(),
        raw(take=1),
        End(),
    ]
    machine = Machine(make(program))
    trace = machine.run(np.array([[[3], [7], [-2]]]))
    assert trace.section.tolist() == [0, 1, 0]
    # Frame 1 goes elsewhere, so its ACC still reads 3 = -1 + 4; the 4 in set 1 stays for frame 2.
    assert trace.results(0)[0, :, 0, 0].tolist() == [3, 0, -2 + 4]
    assert trace.results(1)[0, :, 0, 0].tolist() == [0, -1, 0]
    assert [trace.sites_of(f) for f in range(3)] == [[0], [1], [0]]
    again = machine.run(np.array([[[0]]]), start_of_stream=False)
    assert again.section.tolist() == [1]
    assert machine.run(np.array([[[1]]])).section.tolist() == [0]
    marked = machine.run(np.array([[[0], [1]]]), position=machine.position)  # a clear that moves nothing
    assert marked.section.tolist() == [1, 0]
    assert marked.results(0)[0, 1, 0, 0] == 1


def test_runs_in_pieces_equal_one_run():
    rng = np.random.default_rng(3)
    acc = Acc(sets=3, ctx=2, fmt=Fmt.SPIKES, src=GROUP, len=4, wgt=9, sel0=ON0, sel1=ON1)
    program = [Frame(0, 3), number(ctx=2, length=3), lif(ctx=2), acc, End()]
    weights = rng.integers(-8, 8, (512, 8)).astype(np.int8)
    machine, x = Machine(make(program, weights=(weights, weights))), rng.integers(-128, 128, (2, 9, 3))
    whole = machine.run(x)
    pieces = [machine.run(x[:, a:b], start_of_stream=a == 0) for a, b in ((0, 4), (4, 5), (5, 9))]
    for what in (lambda t: t.membranes(0), lambda t: t.ledger["ADDS"], lambda t: t.events):
        assert np.array_equal(np.concatenate([what(t) for t in pieces], axis=1), what(whole))
    with pytest.raises(ValueError, match="go on from"):
        machine.run(x[:1], start_of_stream=False)
