# SPDX-License-Identifier: Apache-2.0
"""Formats: descriptors and images survive their encoding, fields do not overlap, broken ones are
refused by name.
"""

import numpy as np
import pytest

from models import formats as fm
from models.formats import Acc, BuildConfig, End, Fire, Fmt, Fold, Frame, Images, Kind, Load, Loop
from models.images import packet, parse


def random_descriptor(rng: np.random.Generator) -> fm.Descriptor:
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
            sel[bit()] = fm.select(int(rng.integers(8)))
        elif fmt == Fmt.SPIKES:
            sel[sets - 1] = fm.select(int(rng.integers(8)))
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


def test_descriptors_survive_encoding():
    rng = np.random.default_rng(1)
    seen = set()
    for _ in range(3000):
        descriptor = random_descriptor(rng)
        word = descriptor.encode()
        assert 0 <= word < 1 << 128
        assert fm.decode(word) == descriptor
        seen.add(type(descriptor))
    assert len(seen) == len(fm.Op)


@pytest.mark.parametrize("op", list(fm.Op))
def test_fields_do_not_overlap(op):
    used = 15
    for name, (low, width) in fm.FIELDS[op].items():
        mask = ((1 << width) - 1) << low
        assert not used & mask, f"{op.name} {name} overlaps"
        used |= mask
    assert used < 1 << fm.DESC_W


def test_every_bit_outside_the_fields_is_refused():
    rng = np.random.default_rng(2)
    for _ in range(40):
        word = random_descriptor(rng).encode()
        fields = fm.FIELDS[fm.Op(word & 15)].values()
        used = 15 | sum(((1 << width) - 1) << low for low, width in fields)
        for position in range(fm.DESC_W):
            if not used >> position & 1:
                with pytest.raises(fm.IllegalDescriptor, match=f"bit {position} "):
                    fm.decode(word | 1 << position)


LEGAL_ACC = dict(sets=3, ctx=0, fmt=0, src=0, len=1, wgt=0, sel0=8)
LEGAL_FIRE = dict(take=3, ctx=0, kind=0, dst=0, n=1, par=0)


@pytest.mark.parametrize(
    ("descriptor", "rule"),
    [
        (Acc(**LEGAL_ACC | dict(sets=0)), "takes no set"),
        (Acc(**LEGAL_ACC | dict(ctx=3)), "ctx"),
        (Acc(**LEGAL_ACC | dict(wfmt=1)), "wfmt"),
        (Acc(**LEGAL_ACC | dict(src=1)), "aligned"),
        (Acc(**LEGAL_ACC | dict(len=0)), "len"),
        (Acc(**LEGAL_ACC | dict(sets=1, bank=1)), "bank"),
        (Acc(**LEGAL_ACC | dict(msk=1)), "msk"),
        (Acc(**LEGAL_ACC | dict(fmt=3)), "numbers"),
        (Acc(**LEGAL_ACC | dict(sel0=7)), "no sel"),
        (Acc(**LEGAL_ACC | dict(fmt=1)), "merged"),
        (Acc(**LEGAL_ACC | dict(sets=2, bank=1)), "set 0 takes no part"),
        (Acc(**LEGAL_ACC | dict(sets=1, sel1=8)), "set 1 takes no part"),
        (Fold(3, 0), "ctx"),
        (Fold(0, 3), "src"),
        (Fold(1, 1), "equals"),
        (Fire(**LEGAL_FIRE | dict(take=0)), "takes no set"),
        (Fire(**LEGAL_FIRE | dict(take=1, sum=1)), "sum"),
        (Fire(**LEGAL_FIRE | dict(ctx=3)), "ctx"),
        (Fire(**LEGAL_FIRE | dict(kind=3)), "reserved"),
        (Fire(**LEGAL_FIRE | dict(n=0)), "n is 0"),
        (Fire(**LEGAL_FIRE | dict(n=129)), "n is 129"),
        (Fire(**LEGAL_FIRE | dict(bit0=7)), "bit 8"),
        (Fire(**LEGAL_FIRE | dict(last=1)), "first or last"),
        (Fire(**LEGAL_FIRE | dict(kind=1, tag=1)), "tag"),
        (Fire(**LEGAL_FIRE | dict(kind=1, first=1)), "first or last"),
        (Fire(**LEGAL_FIRE | dict(kind=2, neu=1)), "neu"),
        (Frame(4, 1), "aligned"),
        (Load(0, 0), "len"),
        (Loop(0, 1), "body"),
        (Loop(1, 0), "count"),
    ],
)
def test_illegal_descriptors_are_refused_by_rule(descriptor, rule):
    with pytest.raises(fm.IllegalDescriptor, match=rule):
        fm.decode(descriptor.encode())


@pytest.mark.parametrize("op", [0, *range(8, 16)])
def test_unknown_ops_are_refused(op):
    with pytest.raises(fm.IllegalDescriptor, match=f"op {op} "):
        fm.decode(op)


def test_values_too_wide_are_not_encoded():
    with pytest.raises(ValueError, match=r"ACC len = 65536"):
        Acc(**LEGAL_ACC | dict(len=65536)).encode()


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (dict(lanes=12), "lanes"),
        (dict(result_w=64), "result_w"),
        (dict(lanes=8), "chunk"),
        (dict(wgt_depth=65537), "wgt_depth"),
        (dict(vec_depth=129), "vec_depth"),
    ],
)
def test_builds_that_cannot_be_are_refused(change, word):
    with pytest.raises(ValueError, match=word):
        BuildConfig(**change)


def random_images(rng: np.random.Generator, config: BuildConfig) -> Images:
    """Images of random content and size."""

    def words(depth: int) -> int:
        return int(rng.integers(1, depth + 1))

    c = config.chunk
    return Images(
        config=config,
        program=[random_descriptor(rng).encode() for _ in range(words(config.prog_depth))],
        weights=tuple(
            rng.integers(-8, 8, (words(config.wgt_depth), config.lanes)).astype(np.int8) for _ in "01"
        ),
        masks=tuple(rng.random((words(config.mask_depth), fm.GROUP)) < 0.5 for _ in "01"),
        bias=rng.integers(-(1 << 23), 1 << 23, (words(config.bias_depth), c)).astype(np.int32),
        theta=rng.integers(0, 1 << 15, (words(config.neur_depth), c)).astype(np.int32),
    )


@pytest.mark.parametrize(
    ("lanes", "result_w"),
    [(lanes, width) for lanes in (8, 16, 64, 128) for width in (128, 256, 512) if width // 32 <= lanes],
)
def test_images_survive_their_packets(lanes, result_w):
    config = BuildConfig(lanes=lanes, result_w=result_w, wgt_depth=64)
    images = random_images(np.random.default_rng([lanes, result_w]), config)
    packets = images.to_packets()
    assert len(packets) == len(fm.Target)
    assert all(p.dtype == np.uint64 for p in packets)
    back = Images.from_packets(config, packets)
    assert back.program == images.program
    for name in ("weights", "masks"):
        for k in (0, 1):
            assert np.array_equal(getattr(back, name)[k], getattr(images, name)[k])
    assert np.array_equal(back.bias, images.bias)
    assert np.array_equal(back.theta, images.theta)


def test_word_placement_is_that_of_the_page():
    config = BuildConfig(lanes=8, result_w=128)
    weights = np.array([[1, -2, 3, 4, 5, 6, 7, -8]], np.int8)
    beats = packet(config, fm.Target.WEIGHTS1, weights, first=5)
    assert int(beats[0]) == 0x6D75 | 1 << 16 | 2 << 24 | 5 << 32 | 1 << 48
    assert int(beats[1]) == 0x876543E1  # lane 0 in the lowest four bits
    bias = packet(config, fm.Target.BIAS, np.array([[-1, 1, 2, 3]]))
    assert len(bias) == 4  # 96 bits take two beats
    assert int(bias[1]) == 0x0002_000001_FFFFFF
    assert int(bias[2]) == 0x000003_00
    mask = packet(config, fm.Target.MASKS0, np.arange(128)[None] == 65)
    assert [int(b) for b in mask[1:3]] == [0, 2]


@pytest.mark.parametrize(
    ("beat", "flip", "bit"),
    [
        (0, 1, "IMG_HEADER"), (0, 1 << 17, "IMG_HEADER"), (0, 1 << 28, "IMG_HEADER"), (0, 1 << 24,
        "IMG_HEADER"),
        (0, 1 << 47, "IMG_RANGE"), (0, 2 << 48, "IMG_RANGE"), (0, 4 << 48, "IMG_LENGTH"),
        (1, 1, "IMG_CRC"), (-1, 1 << 31, "IMG_CRC"),
    ],
)  # fmt: skip
def test_damaged_packets_are_refused(beat, flip, bit):
    beats = packet(fm.REFERENCE, fm.Target.THETA, np.ones((2, 16)))
    beats[beat] ^= np.uint64(flip)
    with pytest.raises(fm.ImageError) as error:
        parse(fm.REFERENCE, beats)
    assert error.value.bit.name == bit


def test_packets_cut_short_are_refused():
    beats = packet(fm.REFERENCE, fm.Target.THETA, np.ones((2, 16)))
    with pytest.raises(fm.ImageError, match="IMG_LENGTH"):
        parse(fm.REFERENCE, beats[:-1])


def test_memories_of_65536_words_take_two_packets():
    config = BuildConfig(lanes=8, result_w=128, wgt_depth=65536)
    images = random_images(np.random.default_rng(3), BuildConfig(lanes=8, result_w=128))
    images.config = config
    images.weights = (np.ones((65536, 8), np.int8), images.weights[1])
    packets = images.to_packets()
    assert len(packets) == len(fm.Target) + 1
    assert np.array_equal(Images.from_packets(config, packets).weights[0], images.weights[0])
