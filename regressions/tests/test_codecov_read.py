# SPDX-License-Identifier: Apache-2.0
"""Code coverage: reading Verilator's files and adding them up; on files made by hand."""

from itertools import permutations

import pytest

from regressions import codecov
from regressions.codecov import lcov, points
from regressions.codecov.points import CoverageError, Point
from regressions.codecov.report import gather
from regressions.codecov.table import table
from regressions.tests.codecov_data import TOY, data, point, small


def test_every_kind_is_read(root):
    report = gather([small(root / "a.dat")], [], root)
    assert report.problems == []
    assert report.counts == {
        Point(TOY, 2, 0, "line", ""): 3,
        Point(TOY, 3, 0, "line", ""): 3,
        Point(TOY, 4, 0, "line", ""): 2,  # the most of its arms; one without a statement tells as well
        Point(TOY, 5, 0, "line", ""): 0,
        Point(TOY, 6, 0, "line", ""): 0,
        Point(TOY, 4, 5, "branch", "if"): 2,
        Point(TOY, 4, 6, "branch", "else"): 1,
        Point(TOY, 5, 10, "branch", "elsif"): 0,
        Point(TOY, 1, 50, "toggle", "y[9]:0->1"): 1,
        Point(TOY, 1, 50, "toggle", "y[9]:1->0"): 0,
        Point(TOY, 4, 9, "expr", "(a==1 && y[0]==0) => 1"): 0,
        Point(TOY, 7, 1, "user", 'seen "it"'): 2,
    }


def test_a_quote_in_a_name_ends_nothing(root):
    entry = point(4, 9, "expr", "(y > 10'sh7' 3)==1 => 1", 5)
    assert gather([data(root / "a.dat", entry)], [], root).counts == {
        Point(TOY, 4, 9, "expr", "(y > 10'sh7' 3)==1 => 1"): 5
    }


def test_builds_and_instances_of_one_place_add_up(root):
    one = point(2, 3, "line", "block", 3, "2-3", page="mur_toy__L8", instance="top.u_toy")
    other = point(2, 3, "line", "block", 4, "2-3", page="mur_toy__L128", instance="top.g[*].u_toy")
    paths = [
        data(root / "a.dat", one),
        data(root / "b.dat", other, one.replace("top.u_toy", "top.v_toy"), one),
    ]
    assert gather(paths, [], root).counts == dict.fromkeys(
        (Point(TOY, 2, 0, "line", ""), Point(TOY, 3, 0, "line", "")), 13
    )


def test_the_order_of_files_does_not_matter(root):
    paths = [
        small(root / "a.dat"),
        small(root / "b.dat", block=7, then=0, chained=2, down=1),
        data(root / "c.dat", point(1, 50, "toggle", "y[12]:0->1", 0), point(4, 5, "branch", "if", 9, "4,7")),
    ]
    texts = {"\n".join(lcov.records(gather(order, [], root))) for order in permutations(paths)}
    tables = {table(gather(order, [], root), with_holes=True) for order in permutations(paths)}
    assert len(texts) == len(tables) == 1


def test_all_of_rtl_counts_and_nothing_else(root):
    """What is generated (rtl/regs) as what is written by hand."""
    paths = [
        data(
            root / "a.dat",
            point(1, 1, "line", "block", 0, "1", file="tb/harness/mur_taps.sv"),
            point(1, 1, "line", "block", 0, "1", file="rtl/regs/toy_regs.sv"),
            point(2, 3, "line", "block", 3, "2-3"),
        )
    ]
    report = gather(paths, [], root)
    assert list(report.by_file) == [TOY, "rtl/regs/toy_regs.sv"]
    assert codecov.check(report, {"line": 100}) == ["line coverage 66.6 %, want 100 %: toy_regs.sv:1"]


BROKEN = {
    "absent": (None, "No such file"),
    "empty": ("", "no coverage data"),
    "of another program": ("TN:\nSF:x\n", "no coverage data"),
    "not text": (b"# SystemC::Coverage-3\n\xff\xfe", "want text in ASCII"),
    "without a point": (f"{points.HEAD}\n", "no points"),
    "cut off in a name": (
        f"{points.HEAD}\n{point(2, 3, 'line', 'block', 3, '2')}C '\x01f\x02/x/rt",
        "line 3 is cut",
    ),
    "cut off in a count": (f"{points.HEAD}\n{point(2, 3, 'line', 'block', 35, '2')[:-1]}", "line 2 is cut"),
    "with a count that is none": (f"{points.HEAD}\n{point(2, 3, 'line', 'block', -3, '2')}", "line 2 is cut"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_file_that_is_no_good_is_named_and_the_others_count(root, case):
    content, reason = BROKEN[case]
    bad = root / "bad.dat"
    if content is not None:
        bad.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(CoverageError, match=reason):
        points.read(bad)
    report = gather([bad, small(root / "good.dat")], [], root)
    assert report.counts == gather([root / "good.dat"], [], root).counts
    (problem,) = codecov.check(report, {})
    assert "\n" not in problem
    assert problem.startswith(f"{bad}: ")


@pytest.mark.parametrize(
    "wrong",
    [
        ("fsm", "A->B", ""), ("line", "block", "2-x"), ("line", "block", "1-9999999999"),
        ("line", "block", "3-2"), ("line", "block", "0"),
    ],
)  # fmt: skip
def test_a_point_of_unknown_meaning_is_a_problem(root, wrong):
    report = gather([data(root / "a.dat", point(2, 3, wrong[0], wrong[1], 1, wrong[2]))], [], root)
    (problem,) = codecov.check(report, {})
    assert "cannot tell" in problem


def test_no_file_at_all_is_a_problem():
    (problem,) = codecov.check(gather([], []), {})
    assert "COVERAGE=1" in problem
