# SPDX-License-Identifier: Apache-2.0
"""Functional coverage of many runs: merging, the plan and its checks, goals, the page, `make cov`."""

import json
import re
import subprocess
import sys
from dataclasses import replace
from itertools import permutations

import pytest
from cocotb_coverage.coverage import merge_coverage

from regressions import funccov, registry
from regressions.codecov import points
from regressions.funccov import plan, report
from regressions.funccov.merge import FileError, add_up, read
from regressions.paths import ROOT
from regressions.registry import RegistryError
from regressions.regress import cov, lists
from regressions.tests.shell import Unread
from tb.coverage.bins import Database
from tb.coverage.groups import GROUPS
from tb.tests.simulation import simulate

KIND = "descriptor.kind"


def run(path, **hits):
    """A run's file with these hits of descriptor.kind."""
    database = Database(GROUPS)
    database.add_all(KIND, hits)
    path.parent.mkdir(parents=True, exist_ok=True)
    database.write(path)
    return path


def full(path):
    """A run's file in which everything was hit."""
    database = Database(GROUPS)
    for group, definition in GROUPS.items():
        for name in definition.bins:
            database.add(group, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    database.write(path)
    return path


@pytest.fixture
def three(tmp_path):
    return [
        run(tmp_path / "a.xml", ACC=2, END=1),
        run(tmp_path / "b.xml", ACC=3, FOLD=7),
        run(tmp_path / "c.xml", LOOP=1),
    ]


# ---- merging -------------------------------------------------------------------------------------------
def test_counts_add_in_any_order(three):
    wanted = dict.fromkeys(GROUPS[KIND].bins, 0) | {"ACC": 5, "END": 1, "FOLD": 7, "LOOP": 1}
    for order in permutations(three):
        merged = add_up(order)
        assert (merged.files, merged.problems) == (3, [])
        assert merged.hits[KIND] == wanted
        assert merged.empty(KIND) == ["FRAME", "FIRE", "LOAD"]


def test_the_sum_is_the_library_s(three, tmp_path):
    out = tmp_path / "library.xml"
    merge_coverage(lambda text: None, str(out), *map(str, three))
    assert read(out) == add_up(three).hits
    funccov.merge(three, tmp_path)
    assert read(tmp_path / "functional.xml") == add_up(three).hits


def test_what_runs_leave_is_merged(tmp_path):
    assert simulate("smoke", tmp_path)["status"] == "pass"
    assert simulate("smoke", tmp_path, seed=2)["status"] == "pass"
    files = [tmp_path / "smoke" / seed / "functional.xml" for seed in "12"]
    one, other = map(read, files)
    both = add_up(files)
    assert both.hits == {g: {b: one[g][b] + other[g][b] for b in GROUPS[g].bins} for g in GROUPS}
    # The commands of two lives of the machine, each loaded, started and stopped once.
    assert both.hits["control.command"]["START, idle"] == 2
    assert both.hits["build.lanes"]["8"] > 0
    assert both.hits["network.modes"]["T2 together, soft, merged, masked, RAW"] == 4


SPOILED = {
    "half": (lambda text: text[: len(text) // 2], "not whole"),
    "empty": (lambda text: "", "not whole"),
    "a group less": (
        lambda text: re.sub(r"<kind .*?</kind>", "", text, flags=re.S),
        f"group {KIND} is in one of",
    ),
    "another bin": (lambda text: text.replace('bin="FOLD"', 'bin="BEND"'), f"{KIND} has other bins"),
    "a bin less": (lambda text: re.sub(r"<[^<]*bin=\"FOLD\"[^>]*/>", "", text), f"{KIND} has other bins"),
    "no number": (lambda text: text.replace('hits="3"', 'hits="-3"'), f"{KIND}: ACC: hits='-3'"),
    "another file": (lambda text: "<top></top>", "is in one of"),
}


@pytest.mark.parametrize("how", SPOILED)
def test_a_broken_file_is_named_and_left_out(how, three):
    spoil, wanted = SPOILED[how]
    text = three[1].read_text()
    three[1].write_text(spoil(text))
    assert three[1].read_text() != text
    merged = add_up(three)
    assert merged.files == 2
    assert merged.hits[KIND]["ACC"] == 2 and merged.hits[KIND]["LOOP"] == 1
    (line,) = merged.problems
    assert str(three[1]) in line and wanted in line and "\n" not in line
    assert line in funccov.check(merged, "toys")


def test_a_file_that_is_gone(tmp_path):
    with pytest.raises(FileError, match=r"gone\.xml: cannot be read: No such file"):
        read(tmp_path / "gone.xml")


# ---- the plan ------------------------------------------------------------------------------------------
def test_the_plan_and_the_project_agree():
    assert plan.mistakes(plan.load(), registry.load(), plan.simulations()) == []
    assert "tb/tests/test_pins.py" in plan.simulations()


def test_the_plan_s_mistakes_are_found():
    features = [
        plan.Feature("one", "i", ("smoke", "tb/tests/test_x.py"), ("a.b", "a.c"), "", "full"),
        plan.Feature("two", "i", ("random",), (), "p", "smoke"),
    ]
    first, second = features

    def wrong(
        changed=features, tests=("smoke", "random"), files=("tb/tests/test_x.py",), groups=("a.b", "a.c")
    ):
        return plan.mistakes(changed, tests, files, groups)

    assert wrong() == []
    assert wrong([replace(first, tests=(*first.tests, "nobody")), second]) == ["one: no test 'nobody'"]
    assert wrong([replace(first, bins=("a.c",)), second]) == ["bins a.b belong to no feature"]
    assert wrong([first, replace(second, bins=("a.c",))]) == ["bins a.c belong to two features"]
    assert wrong([first]) == ["test random belongs to no feature"]
    assert wrong(files=("tb/tests/test_x.py", "tb/tests/test_y.py")) == [
        "test tb/tests/test_y.py belongs to no feature"
    ]


ENTRY = 'intent = "i"\ntests = ["smoke"]\nbins = ["frame.mark"]\ntier = "full"\n'


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("[features.x", "not TOML"),
        ("[features.x]\n" + ENTRY.replace("full", "daily"), "tier = 'daily'"),
        ("[features.x]\n" + ENTRY.replace('"i"', '""'), "intent = '': want text that"),
        ("[features.x]\n" + ENTRY.replace('["smoke"]', "[]"), "tests is empty"),
        ("[features.x]\n" + ENTRY.replace('["frame.mark"]', "[]"), "want bins, or the proof"),
        ("[features.x]\n" + ENTRY.replace("mark", "bark"), "no bins 'frame.bark'"),
        ("[features.x]\n" + ENTRY + 'proof = "p"\n', "want bins, or the proof"),
        ("[features]\nx = 3", "x = 3: want a table"),
        ("[features.x]\n" + ENTRY.replace('["frame.mark"]', "[[1]]"), "x: bins 1 = [1]: want text"),
        ("", "features is missing"),
        ("[features.x]\n" + ENTRY + 'goal = "p"\n', "x: no key 'goal'"),
    ],
)
def test_a_plan_that_cannot_be_read(text, wanted, tmp_path):
    path = tmp_path / "plan.toml"
    path.write_text(text)
    with pytest.raises(RegistryError, match=re.escape(wanted)):
        plan.load(path)


def test_every_test_is_run_by_the_list_of_its_tier():
    tests = registry.load()
    ran = {
        tier: {job.test for job in lists.load(tier, registry.TESTS.parent, tests).jobs} for tier in plan.TIERS
    }
    assert ran["full"] == set(tests)
    for feature in plan.load():
        assert tests.keys() & feature.tests <= ran[feature.tier], feature.name


# ---- goals -----------------------------------------------------------------------------------------------
def test_a_goal_names_the_empty_bins(three, tmp_path):
    merged = add_up(three)
    missed = funccov.check(merged, "full")
    assert len(missed) == len(GROUPS)
    assert (
        "functional coverage of descriptors: 3 empty bins of descriptor.kind: FRAME | FIRE | LOAD" in missed
    )
    smoke, nightly = (" ".join(funccov.check(merged, tier)) for tier in ("smoke", "nightly"))
    assert "frame.mark" in smoke and "build.lanes" not in smoke
    assert "frame.mark" in nightly and "build.lanes" in nightly
    assert funccov.check(merged, "toys") == []
    everything = add_up([full(tmp_path / "full.xml")])
    assert funccov.check(everything, "full") == []
    everything.hits[KIND]["LOAD"] = 0
    assert funccov.check(everything, "full") == [
        "functional coverage of descriptors: 1 empty bin of descriptor.kind: LOAD"
    ]


# ---- the page --------------------------------------------------------------------------------------------
def test_the_page_shows_all_and_holes_first(three):
    merged = add_up(three)
    everything = {g: {b: 1234 for b in d.bins} for g, d in GROUPS.items()}
    features = plan.load()
    text = report.html({**everything, KIND: merged.hits[KIND]}, features, 3, ["file <x> is broken"])
    assert "file &lt;x&gt; is broken" in text
    assert not re.search(r"(src|href)=\"(?!#)", text)  # needs no other file
    for feature in features:
        assert f'id="{feature.name}"' in text
    bins = sum(len(group.bins) for group in GROUPS.values())
    assert f"{bins - 3} of {bins} bins, {1000 * (bins - 3) // bins / 10} %" in text
    part = text[text.index('<h2 id="descriptors"') :]
    assert text.index("<h2") == text.index('<h2 id="descriptors"')
    assert part.index("<summary") == part.index('<summary class="hole">descriptor.kind')
    order = [part.index(f"<td>{name}</td>") for name in ("FRAME", "FIRE", "LOAD", "ACC", "FOLD")]
    assert order == sorted(order)
    assert "1,234" in text and "a merged pair is for one set" in text


# ---- `make cov` --------------------------------------------------------------------------------------------
def counted(path, line, count):
    """A run's coverage.dat with one block of mur_lif."""
    keys = {"f": "/x/rtl/mur_lif.sv", "l": line, "n": 1, "t": "line", "page": "v_line/mur_lif", "o": "block"}
    text = "".join(f"\x01{key}\x02{value}" for key, value in {**keys, "S": line, "h": "top"}.items())
    path.write_text(f"{points.HEAD}\nC '{text}' {count}\n")


def summary(name, trouble="", results=()):
    """The summary of a report."""
    return json.dumps({"list": name, "trouble": trouble, "results": list(results)})


def test_cov_of_a_report_and_of_all_runs(tmp_path, capsys):
    with pytest.raises(RegistryError, match="run `make regress` first"):
        cov.main("", tmp_path)
    every = tmp_path / "regress"
    full(every / "mine" / "job" / "random" / "1" / "functional.xml")
    assert cov.main("smoke", tmp_path) == 0
    told = capsys.readouterr().out
    assert "100.0 %" in told and "no code coverage: no run was made with COVERAGE=1" in told
    assert (every / "functional.html").exists()
    (tmp_path / "report").mkdir()
    run(tmp_path / "report" / "functional.xml", ACC=1)
    (tmp_path / "report" / "summary.json").write_text(summary("smoke"))
    assert cov.main("", tmp_path) == 1
    told = capsys.readouterr()
    assert "report/functional.html" in told.out
    assert "descriptor.kind" in told.err and "build.lanes" not in told.err  # of another tier
    assert cov.main("full", tmp_path) == 1
    told = capsys.readouterr()
    assert "build.lanes" in told.err
    assert "error: functional coverage of descriptors: 6 empty bins of descriptor.kind" in told.err
    assert "error: line coverage: no points at all, want 100 %" in told.err
    with pytest.raises(RegistryError, match="LIST=mine: has no goal"):
        cov.main("mine", tmp_path)


def test_cov_shows_the_code_of_the_list_of_the_report_only(tmp_path, capsys):
    full(tmp_path / "report" / "functional.xml")
    (tmp_path / "report" / "summary.json").write_text(summary("full"))
    for name, line, count in (("full", 1, 0), ("smoke", 2, 5)):
        folder = tmp_path / "regress" / name / "job" / "random" / "1"
        folder.mkdir(parents=True)
        counted(folder / "coverage.dat", line, count)
    assert cov.main("", tmp_path) == 1
    told = capsys.readouterr()
    assert re.search(r"^mur_lif +0.0 %", told.out, flags=re.M)
    assert "error: line coverage 0.0 %, want 100 %: mur_lif.sv:1" in told.err
    assert (tmp_path / "report" / "code" / "index.html").exists()
    (tmp_path / "report" / "summary.json").write_text(summary("smoke"))
    assert cov.main("", tmp_path) == 0
    assert re.search(r"^mur_lif +100.0 %", capsys.readouterr().out, flags=re.M)


def test_cov_of_a_regression_that_did_not_end_is_red(tmp_path, capsys):
    full(tmp_path / "regress" / "smoke" / "job" / "random" / "1" / "functional.xml")
    full(tmp_path / "regress" / "nightly" / "job" / "random" / "1" / "functional.xml")
    (tmp_path / "report").mkdir()
    (tmp_path / "report" / "summary.json").write_text(summary("smoke"))
    assert cov.main("", tmp_path) == 0
    (tmp_path / "report" / "summary.json").write_text(summary("smoke", "interrupted"))
    assert cov.main("", tmp_path) == 1
    said = "error: the last regression, of smoke, did not end: interrupted\n"
    assert capsys.readouterr().err == said
    (tmp_path / "report" / ".room").write_text("")
    assert cov.main("smoke", tmp_path) == 1
    assert "the last regression did not end, or still runs" in capsys.readouterr().err


NOT_A_REPORT = [
    ("", "not JSON: "),
    ("{", "not JSON: "),
    ("[" * 100_000, "not JSON: "),
    ("[]", "summary.json = []: want a table"),
    ("{}", "list is missing"),
    (b"\xff", "not JSON: "),
    (summary("../full"), "LIST=../full: no such list"),
    (summary(3), "list = 3: want text"),
    (summary("full", 3), "trouble = 3: want text"),
]


@pytest.mark.parametrize(("text", "said"), NOT_A_REPORT)
def test_cov_of_a_report_that_is_none(tmp_path, text, said):
    (tmp_path / "report").mkdir()
    data = text if isinstance(text, bytes) else text.encode()
    (tmp_path / "report" / "summary.json").write_bytes(data)
    with pytest.raises(RegistryError, match=re.escape(said)):
        cov.main("", tmp_path)


def test_cov_leaves_its_files_when_nobody_reads(tmp_path, monkeypatch):
    full(tmp_path / "regress" / "full" / "job" / "random" / "1" / "functional.xml")
    counted(tmp_path / "regress" / "full" / "job" / "random" / "1" / "coverage.dat", 1, 1)
    monkeypatch.setattr(sys, "stdout", Unread())
    with pytest.raises(BrokenPipeError):
        cov.main("full", tmp_path)
    for file in ("functional.xml", "functional.html", "code.info", "code/index.html"):
        assert (tmp_path / "regress" / file).exists()


def test_cov_from_the_command_line():
    line = [sys.executable, "-m", "regressions.cli", "cov", "--list=mine"]
    done = subprocess.run(line, capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 2
    assert re.fullmatch(r"error: (LIST=mine|no functional coverage).*\n", done.stderr)
