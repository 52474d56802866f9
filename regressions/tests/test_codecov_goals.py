# SPDX-License-Identifier: Apache-2.0
"""Code coverage: goals, and waivers of points; on files made by hand."""

import pytest

from regressions import codecov
from regressions.codecov import waivers
from regressions.codecov.report import gather
from regressions.registry import RegistryError
from regressions.tests.codecov_data import LIST, data, listed, point, small


def test_a_missed_goal_names_the_points(root):
    report = gather([small(root / "a.dat")], [], root)
    goals = {"line": 100, "branch": 100, "toggle": 95, "expr": 100}
    assert codecov.check(report, goals) == [
        "line coverage 60.0 %, want 100 %: mur_toy.sv:5, mur_toy.sv:6",
        "branch coverage 66.6 %, want 100 %: mur_toy.sv:5 elsif",
        "toggle coverage 50.0 %, want 95 %: mur_toy.sv:1 y[9]:1->0",
        "expr coverage 0.0 %, want 100 %: mur_toy.sv:4 (a==1 && y[0]==0) => 1",
    ]
    assert codecov.check(report, {"line": 60, "branch": 66, "toggle": 50}) == []


def test_one_point_of_many_is_enough_to_miss(root):
    many = [point(4, column, "branch", "if", 1, "4") for column in range(2000)]
    whole = gather([data(root / "a.dat", *many)], [], root)
    assert codecov.check(whole, {"branch": 100}) == []
    (missed,) = codecov.check(
        gather([data(root / "b.dat", *many, point(6, 1, "branch", "else", 0))], [], root), {"branch": 100}
    )
    assert missed == "branch coverage 99.9 %, want 100 %: mur_toy.sv:6 else"


def test_a_goal_without_a_single_point_is_missed(root):
    report = gather([data(root / "a.dat", point(2, 3, "line", "block", 3, "2"))], [], root)
    assert codecov.check(report, {"toggle": 95}) == ["toggle coverage: no points at all, want 95 %"]


@pytest.mark.parametrize("goals", [{"fsm": 90}, {"line": 101}, {"line": -1}])
def test_a_goal_that_is_none(root, goals):
    with pytest.raises(ValueError, match=str(next(iter(goals)))):
        codecov.check(gather([small(root / "a.dat")], [], root), goals)


def test_a_module_of_the_file_list_without_a_point_is_red(root):
    for name in ("mur_other", "regs/toy_regs"):
        (root / "rtl" / f"{name}.sv").write_text("module m;\nendmodule\n")
    (root / "rtl" / "mur_names.sv").write_text("package mur_names;\nendpackage\n")
    with (root / "rtl" / "murmur.f").open("a") as stream:
        stream.write("rtl/lint.vlt\nrtl/mur_names.sv\nrtl/mur_other.sv\n")
    report = gather([small(root / "a.dat")], [], root)
    assert codecov.check(report, {"line": 60}) == [
        "rtl/regs/toy_regs.sv: a module without a single point in these runs",
        "rtl/mur_other.sv: a module without a single point in these runs",
    ]
    assert codecov.check(report, {}) == []


# ---- waivers ----------------------------------------------------------------------------------------------
def test_waived_points_do_not_count(root):
    report = gather([small(root / "a.dat")], listed(root), root)
    assert codecov.check(report, {"line": 100, "branch": 100, "toggle": 100}) == []
    # The lines that run with nothing but a waived arm are waived with it.
    assert {(point.kind, point.line) for point in report.waived} == {
        ("toggle", 1), ("branch", 5), ("line", 5), ("line", 6)
    }  # fmt: skip


def test_a_line_with_an_arm_beside_the_waived_one_is_still_wanted(root):
    beside = data(root / "b.dat", point(6, 7, "branch", "if", 0, "6"))
    report = gather([small(root / "a.dat"), beside], listed(root), root)
    assert [point.line for point in report.holes("line")] == [6]


def test_stale_waivers_are_an_error(root):
    met = gather([small(root / "a.dat", chained=1, down=1)], listed(root), root)
    goals = {"line": 100}
    assert codecov.check(met, goals) == [
        "waiver without effect, as nothing uncovered matches: rtl/mur_*.sv: toggle y\\[9\\]",
        "waiver without effect, as nothing uncovered matches: rtl/mur_toy.sv: branch else if \\(y\\[0 elsif",
    ]
    assert codecov.check(met, {}) == []
    gone = gather([small(root / "b.dat")], listed(root, LIST.replace("else if", "never")), root)
    assert any("never" in line for line in codecov.check(gone, goals))


@pytest.mark.parametrize(
    "change",
    [("mur_*", "other_*"), ("toggle\"\nsignal = 'y\\[9\\]'", 'expr"\nsource = "module"'), ("\\[9\\]", "")],
)
def test_a_waiver_of_something_else_excuses_nothing(root, change):
    """Of another file, of another kind, of less than the whole name of a bit."""
    report = gather([small(root / "a.dat")], listed(root, LIST.replace(*change))[:1], root)
    assert codecov.check(report, {"toggle": 100}) == [
        "toggle coverage 50.0 %, want 100 %: mur_toy.sv:1 y[9]:1->0",
        f"waiver without effect, as nothing uncovered matches: {report.stale[0]}",
    ]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("reason =", "because ="), "waiver 1: no key 'because'"),
        (('"nine is never reached"', '" "'), "waiver 1: reason = ' ': want text that is not empty"),
        (('kind = "toggle"', 'kind = "bits"'), "waiver 1: kind = 'bits': want one of line, branch"),
        (("source =", "signal ="), "waiver 2: of kind branch it has source, and no signal"),
        (("most = 2\n", ""), "waiver 1: most is missing"),
        (("most = 2", "most = -1"), "waiver 1: most = -1: want a whole number of 0 or more"),
        (("y\\[9", "y[9"), "signal=y"),
        (("[[waiver]]", "[waiver]"), "waivers.toml: not TOML"),
        (("[[waiver]]", "[[exception]]"), "no key 'exception', known: waiver"),
    ],
)
def test_a_list_that_is_no_good(root, change, says):
    with pytest.raises(RegistryError, match=says):
        listed(root, LIST.replace(*change))


@pytest.mark.parametrize("goals", [{}, {"line": 0}])
def test_a_waiver_that_fits_more_points_than_it_says_is_red(root, goals):
    """Met or not: the bound must hold in runs that meet much as in runs that meet little."""
    wide = listed(root, LIST.replace("y\\[9\\]", ".*").replace("most = 2", "most = 1"))
    for up, down in ((1, 0), (0, 0), (1, 1)):
        report = gather([small(root / "a.dat", up=up, down=down)], wide, root)
        assert "waiver too wide, it fits 2 points, most = 1: rtl/mur_*.sv: toggle .*" in codecov.check(
            report, goals
        )


def test_the_list_of_the_project_is_good():
    listed = waivers.load()
    assert len({str(waiver) for waiver in listed}) == len(listed)
