# SPDX-License-Identifier: Apache-2.0
"""Descriptors survive their encoding, fields do not overlap, broken ones are refused by rule."""

import numpy as np
import pytest

from models import formats as fm
from models.descriptors import (
    FIELDS,
    Acc,
    Fire,
    Fold,
    Frame,
    IllegalDescriptor,
    Load,
    Loop,
    decode,
)
from models.tests.random_descriptors import random_descriptor


def test_descriptors_survive_encoding():
    rng = np.random.default_rng(1)
    seen = set()
    for _ in range(3000):
        descriptor = random_descriptor(rng)
        word = descriptor.encode()
        assert 0 <= word < 1 << 128
        assert decode(word) == descriptor
        seen.add(type(descriptor))
    assert len(seen) == len(fm.Op)


@pytest.mark.parametrize("op", list(fm.Op))
def test_fields_do_not_overlap(op):
    used = 15
    for name, (low, width) in FIELDS[op].items():
        mask = ((1 << width) - 1) << low
        assert not used & mask, f"{op.name} {name} overlaps"
        used |= mask
    assert used < 1 << fm.DESC_W


def test_every_bit_outside_the_fields_is_refused():
    rng = np.random.default_rng(2)
    for _ in range(40):
        word = random_descriptor(rng).encode()
        fields = FIELDS[fm.Op(word & 15)].values()
        used = 15 | sum(((1 << width) - 1) << low for low, width in fields)
        for position in range(fm.DESC_W):
            if not used >> position & 1:
                with pytest.raises(IllegalDescriptor, match=f"bit {position} "):
                    decode(word | 1 << position)


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
    with pytest.raises(IllegalDescriptor, match=rule):
        decode(descriptor.encode())


@pytest.mark.parametrize("op", [0, *range(8, 16)])
def test_unknown_ops_are_refused(op):
    with pytest.raises(IllegalDescriptor, match=f"op {op} "):
        decode(op)


def test_values_too_wide_are_not_encoded():
    with pytest.raises(ValueError, match=r"ACC len = 65536"):
        Acc(**LEGAL_ACC | dict(len=65536)).encode()
