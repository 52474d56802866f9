# SPDX-License-Identifier: Apache-2.0
"""Code coverage: lcov, tables, pages and the command; on files made by hand."""

import re
import subprocess
import sys

from regressions.codecov import html, lcov
from regressions.codecov.report import gather
from regressions.codecov.table import names, table
from regressions.paths import ROOT
from regressions.tests.codecov_data import TOY, data, listed, point, small


def test_lcov(root):
    assert list(lcov.records(gather([small(root / "a.dat")], [], root))) == [
        "TN:", f"SF:{TOY}",
        "BRDA:4,0,0,2", "BRDA:4,0,1,1", "BRDA:5,0,0,-", "BRF:3", "BRH:2",
        "DA:2,3", "DA:3,3", "DA:4,2", "DA:5,0", "DA:6,0", "LF:5", "LH:3",
        "end_of_record",
    ]  # fmt: skip


def test_long_lists_of_holes_are_short_in_words():
    bits = [f"y[{bit}]:{edge}" for bit in (3, 4, 5, 9) for edge in ("0->1", "1->0")]
    assert names([*bits, "y[7]:0->1", "z:1->0", "if"]) == "if, y[9,5:3], y[7]:0->1, z:1->0"


def test_the_table_shows_what_is_waived(root):
    text = table(gather([small(root / "a.dat")], listed(root), root))
    assert re.search(r"^all of rtl/ +100.0 % +100.0 % +100.0 % +0.0 %", text, flags=re.M)
    assert re.search(r"^without waivers +60.0 % +66.6 % +50.0 % +0.0 %", text, flags=re.M)
    assert "waived: 4 of 12 points" in text


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
