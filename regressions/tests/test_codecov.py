# SPDX-License-Identifier: Apache-2.0
"""Code coverage: reading Verilator's files, merging, lcov, waivers, goals, pages; on files made by hand."""

import re
import subprocess
import sys
from itertools import permutations

import pytest

from regressions import codecov
from regressions.codecov import html, lcov, points, waivers
from regressions.codecov.points import CoverageError, Point
from regressions.codecov.report import gather
from regressions.codecov.table import names, table
from regressions.paths import ROOT
from regressions.registry import RegistryError

SOURCE = """\
module mur_toy (input logic a, output logic [9:0] y);
  always_comb begin
    y = '0;
    if (a) y = 10'd1;
    else if (y[0])
      y = 10'd2;
  end
endmodule
"""
TOY = "rtl/mur_toy.sv"


def point(line, column, kind, name, count, spans="", file=TOY, page="mur_toy__L8", instance="top.u_toy"):
    """A line of coverage data as Verilator 5.048 writes it."""
    keys = {
        "f": f"/somewhere/{file}",
        "l": line,
        "n": column,
        "t": kind,
        "page": f"v_{kind}/{page}",
        "o": name,
    }
    keys |= {"S": spans} if spans else {}
    text = "".join(f"\x01{key}\x02{value}" for key, value in {**keys, "h": instance}.items())
    return f"C '{text}' {count}\n"


def data(path, *entries):
    path.write_text(f"{points.HEAD}\n{''.join(entries)}")
    return path


@pytest.fixture
def root(tmp_path):
    """A tree with the source of the toy."""
    (tmp_path / "rtl" / "regs").mkdir(parents=True)
    (tmp_path / TOY).write_text(SOURCE)
    (tmp_path / "rtl" / "murmur.f").write_text(f"// the toy\nrtl/regs/toy_regs.sv\n{TOY}\n")
    (tmp_path / "rtl/regs/toy_regs.sv").write_text("// a package\n" * 3)
    return tmp_path


def small(path, block=3, then=2, chained=0, up=1, down=0):
    return data(
        path,
        point(2, 3, "line", "block", block, "2-3"),
        point(4, 5, "branch", "if", then, "4"),
        point(4, 6, "branch", "else", block - then),
        point(5, 10, "line", "elsif", chained, "5-6"),
        point(1, 50, "toggle", "y[9]:0->1", up),
        point(1, 50, "toggle", "y[9]:1->0", down),
        point(4, 9, "expr", "(a==1 && y[0]==0) => 1", 0),
        point(7, 1, "user", "seen%20%22it%22", 2),
    )


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


def test_lcov(root):
    assert list(lcov.records(gather([small(root / "a.dat")], [], root))) == [
        "TN:", f"SF:{TOY}",
        "BRDA:4,0,0,2", "BRDA:4,0,1,1", "BRDA:5,0,0,-", "BRF:3", "BRH:2",
        "DA:2,3", "DA:3,3", "DA:4,2", "DA:5,0", "DA:6,0", "LF:5", "LH:3",
        "end_of_record",
    ]  # fmt: skip


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


def test_long_lists_of_holes_are_short_in_words():
    bits = [f"y[{bit}]:{edge}" for bit in (3, 4, 5, 9) for edge in ("0->1", "1->0")]
    assert names([*bits, "y[7]:0->1", "z:1->0", "if"]) == "if, y[9,5:3], y[7]:0->1, z:1->0"


# ---- waivers ----------------------------------------------------------------------------------------------
LIST = """\
[[waiver]]
file = "rtl/mur_*.sv"
kind = "toggle"
signal = 'y\\[9\\]'
most = 2
reason = "nine is never reached"

[[waiver]]
file = "rtl/mur_toy.sv"
kind = "branch"
source = 'else if \\(y\\[0'
name = "elsif"
most = 1
reason = "y is zero there"
"""


def listed(root, text=LIST):
    path = root / "waivers.toml"
    path.write_text(text)
    return waivers.load(path)


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


def test_the_table_shows_what_is_waived(root):
    text = table(gather([small(root / "a.dat")], listed(root), root))
    assert re.search(r"^all of rtl/ +100.0 % +100.0 % +100.0 % +0.0 %", text, flags=re.M)
    assert re.search(r"^without waivers +60.0 % +66.6 % +50.0 % +0.0 %", text, flags=re.M)
    assert "waived: 4 of 12 points" in text


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


def test_the_list_of_the_project_is_good():
    listed = waivers.load()
    assert len({str(waiver) for waiver in listed}) == len(listed)


# ---- the report -------------------------------------------------------------------------------------------
def test_pages(root):
    report = gather([small(root / "a.dat")], listed(root), root)
    html.write(report, root / "code", {})
    index = (root / "code" / "index.html").read_text()
    page = (root / "code" / "mur_toy.sv.html").read_text()
    assert re.search(
        r'<a href="mur_toy.sv.html">mur_toy</a></td>\s*<td class="met" title="3 of 3">100.0 %', index
    )
    assert "y is zero there" in page
    assert re.search(r'<tr id="4" class="missed">\s*<td>4</td><td>2</td><td>    if \(a\)', page)
    assert "expr (a==1 &amp;&amp; y[0]==0) =&gt; 1" in page
    for text in (index, page):
        assert "http" not in text.replace("http-equiv", "")
        assert "prefers-color-scheme: dark" in text


def test_the_page_is_coloured_by_the_goals(root):
    report = gather([small(root / "a.dat")], [], root)
    shown = r'class="(\w+)" title="1 of 2">50.0 %'  # toggles: of the module, of all, without waivers
    for goals, colour in (({}, "hole"), ({"toggle": 51}, "hole"), ({"toggle": 50}, "met")):
        html.write(report, root / "code", goals)
        index = (root / "code" / "index.html").read_text()
        assert re.findall(shown, index) == 3 * [colour]
        assert ("toggle, goal" in index) == bool(goals)


def command(out, *args):
    line = [sys.executable, "-m", "regressions.codecov", f"--out={out}", *map(str, args)]
    return subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=False)


def test_the_command(tmp_path):
    """Real source lines, and each way for the command to end."""
    met = data(tmp_path / "met.dat", point(1, 1, "line", "block", 2, "1", file="rtl/mur_lif.sv"))
    hole = data(tmp_path / "hole.dat", point(40, 1, "branch", "if", 0, "40", file="rtl/mur_lif.sv"))
    out = tmp_path / "report"
    green = command(out, "--goal", "line", "100", met)
    # Of so few points nearly every waiver and module of the project is without, and nothing else is wrong.
    assert all(
        line.startswith("error: waiver without effect")
        or line.endswith("without a single point in these runs")
        for line in green.stderr.splitlines()
    )
    assert re.search(r"^mur_lif +100.0 %", green.stdout, flags=re.M)
    assert (out / "code.info").read_text().startswith("TN:\nSF:rtl/mur_lif.sv\n")
    red = command(out, "--goal", "branch", "100", "--holes", met, hole)
    assert red.returncode == 1
    assert "error: branch coverage 0.0 %, want 100.0 %: mur_lif.sv:40 if" in red.stderr
    assert "branch  mur_lif.sv:40 if" in red.stdout
    absent = command(out, tmp_path / "no.dat", met)
    assert absent.returncode == 1
    assert absent.stderr.startswith(f"error: {tmp_path}/no.dat: No such file")
    assert (out / "code" / "mur_lif.sv.html").is_file()
    assert command(out, met).returncode == 0
    wrong = command(out, "--goal", "fsm", "1", met)
    assert (wrong.returncode, wrong.stderr.startswith("error: fsm=1.0: want")) == (2, True)
