# SPDX-License-Identifier: Apache-2.0
"""The list of planted bugs fits the sources; planting, choosing, counting and keeping do what they say."""

import json
import re
from dataclasses import replace

import pytest
from click.testing import CliRunner

from regressions import registry
from regressions.cli import cli
from regressions.mutate import command, listed, plant, trial
from regressions.mutate.listed import BOUNDED, EQUIVALENT, Kill, Listed, Mutant
from regressions.mutate.table import SURVIVED, Table
from regressions.mutate.trial import Trial
from regressions.paths import ROOT
from regressions.registry import RegistryError

EVERYTHING = listed.load()
SOURCES = registry.load()["smoke"].build.sources
# Of each a test, so that this list of bugs cannot shrink unseen.
LEAST, SAMPLE = 150, 30


def mutant(number: int = 1, old: str = "a && b", new: str = "a", **more) -> Mutant:
    """A bug of a file that is not there."""
    return Mutant(number, "mur_x.sv", old, new, "a bug", **more)


# ---- the list ---------------------------------------------------------------------------------------------
def test_every_bug_fits_the_source():
    for one in EVERYTHING.mutants:
        listed.locate(one, listed.read(one.file))
    plant.together(SOURCES, EVERYTHING.mutants)


def test_the_list_is_whole():
    rtl = {path.name for path in SOURCES if path.is_relative_to(ROOT / "rtl") and path.suffix == ".sv"}
    assert {one.file for one in EVERYTHING.mutants} >= rtl - {"mur_regs_pkg.sv"}  # which has only types
    assert len(EVERYTHING.mutants) >= LEAST
    sample = [one for one in EVERYTHING.mutants if one.sample]
    assert len(sample) == SAMPLE
    assert len({one.file for one in sample}) >= 25
    assert all(one.bug[-1] != "." and len(one.bug) > 10 for one in EVERYTHING.mutants)


def test_every_change_differs_from_the_others():
    changes = [(one.file, one.within, one.old, one.new) for one in EVERYTHING.mutants]
    assert len(changes) == len(set(changes))


@pytest.mark.parametrize(
    ("text", "count"), [("assign y = a || b;", 0), ("assign y = a && b;\nassign z = a && b;", 2)]
)
def test_a_bug_that_no_longer_fits_is_named(text, count):
    with pytest.raises(RegistryError, match=f"mutant 7: mur_x.sv has {count} times what it changes"):
        listed.locate(mutant(7), text)


def test_a_bug_in_a_file_that_is_not_there():
    with pytest.raises(RegistryError, match=r"no file mur_x.sv in rtl"):
        plant.together(SOURCES, [mutant()])


GOOD = """goal = 95
[[kill]]
name = "k"
test = "smoke"
settings = {}
[[mutant]]
id = 1
file = "mur_x.sv"
old = "a"
new = "b"
bug = "c"
"""
KILLS, MUTANTS = GOOD[GOOD.index("[[kill]]") : GOOD.index("[[mutant]]")], GOOD[GOOD.index("[[mutant]]") :]
TWICE = '[[mutant]]\nid = 1\nfile = "y"\nold = "a"\nnew = "b"\nbug = "c"'


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("id = 1", "id = 0", "mutant 0: want a number of 1 or more"),
        ('new = "b"', 'new = "a"', "mutant 1: changes nothing"),
        ('new = "b"\n', "", "mutant 1: new is missing"),
        ('bug = "c"', 'bug = "c"\nbugs = 2', "mutant 1: no key 'bugs', did you mean bug"),
        ('bug = "c"', 'bug = "c"\nkiller = "smok"', "killer 'smok' is no run of the kill list"),
        ('bug = "c"', 'bug = "c"\nverdict = "equivalent"', "want a verdict of .* with a proof"),
        ('bug = "c"', 'bug = "c"\nproof = "because"', "want a verdict of .* with a proof"),
        ('bug = "c"', 'bug = "c"\nverdict = "fine"\nproof = "p"', "want a verdict of"),
        ('bug = "c"', 'bug = "c"\nsample = true', "one of the sample names its killer"),
        ('bug = "c"', 'bug = "c"\nfires = ["m.a"]', "one that makes an assertion fail names its killer"),
        ("goal = 95", "goal = ", "not TOML: "),
        ("goal = 95", 'goal = "all"', "goal = 'all': want 0 to 100 per cent"),
        (GOOD, "", "goal is missing"),
        (GOOD, "\xff", "not TOML: "),
        (KILLS, "kill = 3\n", "kill = 3: want a list"),
        (KILLS, "kill = [1]\n", "kill 1 = 1: want a table"),
        (KILLS, "kill = []\n", "kill is empty, want one or more"),
        (MUTANTS, "mutant = []\n", "mutant is empty, want one or more"),
        ("id = 1", 'id = "one"', "mutant 1: id = 'one': want a whole number"),
        ('file = "mur_x.sv"', "file = 3", "mutant 1: file = 3: want text"),
        ("[[mutant]]", f"{TWICE}\n[[mutant]]", "mutant 1 is listed twice"),
    ],
)  # fmt: skip
def test_a_mistake_in_the_list(tmp_path, old, new, said):
    path = tmp_path / "mutants.toml"
    path.write_text(GOOD)
    assert listed.load(path).mutants[0].change == "a -> b"
    assert old in GOOD
    path.write_text(
        GOOD.replace(old, new, 1) if old != MUTANTS else new + GOOD.replace(MUTANTS, ""), "latin-1"
    )
    with pytest.raises(RegistryError, match=said):
        listed.load(path)


def test_a_list_that_is_not_there(tmp_path):
    with pytest.raises(RegistryError, match="cannot be read: No such file"):
        listed.load(tmp_path / "mutants.toml")


# ---- assertions --------------------------------------------------------------------------------------------
def test_every_assertion_is_made_to_fail_by_some_bug():
    assert not listed.unfired(EVERYTHING.mutants)
    assert {name for one in EVERYTHING.mutants for name in one.fires} == listed.assertions()


def test_an_assertion_without_a_bug_is_named(tmp_path, monkeypatch):
    (tmp_path / "mur_x.sv").write_text(
        '  `MUR_ASSERT(a_one, x, "s")\n'
        '  `MUR_ASSERT_NEXT(a_two, x, y, "s")\n'
        '  `MUR_ASSERT_HELD(a_three, v, t, d,\n  "s")\n'
        '    `MUR_EXPECT(a_four, x, ("s"))\n'
    )
    monkeypatch.setattr(listed, "FOLDERS", (tmp_path,))
    names = [f"mur_x.a_{number}" for number in ("four", "one", "three", "two")]
    assert listed.unfired([]) == names
    assert listed.unfired([mutant(fires=names[:1]), mutant(fires=names[2:])]) == names[1:2]


def test_a_bug_that_does_not_make_its_assertion_fail_is_red():
    bugs = [
        mutant(1, killer="k", fires=["mur_x.a_one", "mur_x.a_two"]),
        mutant(2, killer="k", fires=["mur_x.b"]),
    ]
    table = counted(bugs, {1, 2})
    table.trials[1].fired[:] = ["mur_x.a_two", "mur_x.a_three"]
    table.trials[2].fired[:] = ["mur_x.b"]
    assert table.faults() == ["mutant 1 does not make fail: mur_x.a_one"]


def test_what_failed_is_read_from_the_log():
    log = """mur> one
[10215] %Error: mur_digit.sv:184: Assertion failed in mur_harness.dut.u_core.g[0].u_digit.a_naf: two digits
[10225] %Error: mur_lanes.sv:136: Assertion failed in mur_harness.dut.u_lanes.gen_check[1].a_ctx: a context
%Error: mur_digit.sv:184: Assertion failed in mur_harness.dut.u_core.g[1].u_digit.a_naf: two digits
[10235] %Error: mur_digit.sv:184: Verilog $stop
"""
    assert trial.fired(log) == ["mur_digit.a_naf", "mur_lanes.a_ctx"]


# ---- planting ---------------------------------------------------------------------------------------------
def test_places_inside_one_another_keep_their_lines():
    text = "assign y = a && (b ||\n  c);\nalways @(posedge k) q <= y;\n"
    bugs = [
        mutant(1, "a && (b ||\n  c)", "a"), mutant(2, "b ||\n  c", "b"), mutant(3, "a && (b ||\n  c)", "b"),
        mutant(4, "q <= y;", ""),
    ]  # fmt: skip
    planted = plant._at_run_time(text, bugs)
    assert planted == (
        "assign y = (mur_mutant::id == 3 ? (b) : ((mur_mutant::id == 1 ? (a) : "
        "(a && ((mur_mutant::id == 2 ? (b) : (b ||\n  c)))))));\n"
        "always @(posedge k) begin if (mur_mutant::id == 4) begin  end else begin q <= y; end end\n"
    )


def test_places_that_overlap_are_refused():
    with pytest.raises(RegistryError, match=r"mutants \[1, 2\]: their places overlap"):
        plant._at_run_time("x = a && b || c;", [mutant(1, "a && b"), mutant(2, "b || c")])


def test_compiled_alone_means_the_same(monkeypatch, tmp_path):
    monkeypatch.setattr(plant, "HOME", tmp_path)
    one = next(one for one in EVERYTHING.mutants if not one.alone and not one.statement)
    (changed,) = set(plant.alone(SOURCES, one)) - set(SOURCES)
    text = listed.read(one.file)
    assert changed.read_text() == text.replace(one.within, one.within.replace(one.old, f"({one.new})")) or (
        changed.read_text() == text.replace(one.old, f"({one.new})")
    )
    assert changed.read_text().count("\n") == text.count("\n")


# ---- the call ---------------------------------------------------------------------------------------------
NONE = "is no id of mutants.toml, module with one, or sample"


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["--mutants", "99999"], f"error: MUTANTS=99999: '99999' {NONE}"),
        (["--mutants", "mur_xyz"], f"error: MUTANTS=mur_xyz: 'mur_xyz' {NONE}"),
        (["--mutants", "1,,2"], f"error: MUTANTS=1,,2: '' {NONE}"),
        (["--jobs", "0"], "error: JOBS=0: want 1 to 256"),
        (["--jobs", "two"], "error: JOBS=two: want a whole number in decimal digits"),
    ],
)  # fmt: skip
def test_a_wrong_call_gives_one_line(args, said, monkeypatch):
    monkeypatch.setattr(command, "attack", lambda *a: pytest.fail("ran"))
    result = CliRunner().invoke(cli, ["mutate", *args])
    assert (result.exit_code, result.output) == (2, said + "\n")


def test_choosing():
    bugs = [mutant(3), replace(mutant(4), file="mur_y.sv"), mutant(34, sample=True, killer="k")]
    assert [one.id for one in listed.choose(bugs, "")] == [3, 4, 34]
    assert [one.id for one in listed.choose(bugs, "3,mur_y")] == [3, 4]
    assert [one.id for one in listed.choose(bugs, "sample")] == [34]


@pytest.fixture
def home(tmp_path, monkeypatch):
    """The call on two bugs of the list, whatever is killed of them, in a folder of its own."""
    monkeypatch.setattr(plant, "HOME", tmp_path)
    monkeypatch.setattr(command, "REPORT", tmp_path / "mutants.json")
    monkeypatch.setattr(listed, "unfired", lambda mutants: [])
    bugs = [replace(one, fires=(), sample=False, verdict="", proof="") for one in EVERYTHING.mutants[:2]]
    monkeypatch.setattr(listed, "load", lambda: Listed(95, (Kill("k", "smoke", {}),), tuple(bugs)))

    def call(*killed: int, wanted: str = "") -> tuple[int, list[int]]:
        def attack(found, jobs, folder):
            store = command.Store(folder / "found.json", found.listed)
            for one in found.mutants:
                found.trials[one.id] = Trial(one.id, "k" if one.id in killed else "", "", 1.0)
                store.put(one, found.trials[one.id])

        monkeypatch.setattr(command, "attack", attack)
        done = CliRunner().invoke(cli, ["mutate", "--mutants", wanted])
        return done.exit_code, [entry["id"] for entry in json.loads(command.REPORT.read_text())]

    return call, [one.id for one in bugs]


def test_a_survivor_is_red_to_whoever_called(home):
    call, ids = home
    assert call(*ids)[0] == 0
    assert call(ids[0])[0] == 1


def test_some_bugs_do_not_take_the_place_of_all(home):
    call, ids = home
    assert call(*ids, wanted=str(ids[1])) == (0, ids[1:])
    assert call(*ids) == (0, ids)
    assert call(*ids, wanted=str(ids[0])) == (0, ids)


# ---- counting ---------------------------------------------------------------------------------------------
def counted(bugs: list[Mutant], killed: set[int], goal: float = 95) -> Table:
    """A table of which the run `k` has killed some."""
    trials = {one.id: Trial(one.id, "k" if one.id in killed else "", "", 1.0) for one in bugs}
    return Table(Listed(goal, (Kill("k", "smoke", {}),), tuple(bugs)), bugs, trials)


def test_the_score_leaves_out_what_is_proven_equivalent_only():
    bugs = [mutant(number) for number in range(1, 5)]
    bugs[0] = mutant(1, verdict=EQUIVALENT, proof="p")
    bugs[1] = mutant(2, verdict=BOUNDED, proof="p")
    table = counted(bugs, {3, 4})
    assert [table.verdict(one) for one in bugs] == [EQUIVALENT, BOUNDED, "killed", "killed"]
    assert table.score == pytest.approx(200 / 3)
    assert table.faults() == ["66.7 % killed, the goal is 95 %"]
    assert not counted(bugs, {3, 4}, goal=66).faults()


def test_a_survivor_of_the_sample_is_red():
    bugs = [mutant(number, sample=number == 1, killer="k") for number in range(1, 101)]
    table = counted(bugs, set(range(2, 101)))
    assert table.verdict(bugs[0]) == SURVIVED
    assert table.faults() == ["of the sample survived: 1"]


def test_a_wrong_proof_is_red():
    bugs = [mutant(1, verdict=EQUIVALENT, proof="p"), mutant(2)]
    assert counted(bugs, {1, 2}).faults() == ["called equivalent or not to be found, but killed: 1"]


def test_what_was_not_tried_is_red():
    table = counted([mutant(1), mutant(2)], {1, 2})
    del table.trials[2]
    assert table.faults() == ["1 mutants were not tried"]
    assert counted([], set()).faults() == ["no mutant was tried"]


def test_the_report(tmp_path):
    bugs = [one for one in EVERYTHING.mutants[:2]]
    table = counted(bugs, {bugs[0].id})
    table.write(tmp_path / "mutants.json")
    first, second = json.loads((tmp_path / "mutants.json").read_text())
    assert (first["killed_by"], first["fired"]) == ("k", [])
    assert second["verdict"] == table.verdict(bugs[1]) != "killed"
    for entry, bug in ((first, bugs[0]), (second, bugs[1])):
        line = (ROOT / entry["file"]).read_text().splitlines()[entry["line"] - 1]
        assert bug.old.split("\n")[0] in line
        assert {"id", "change", "seconds"} < set(entry)
    lines = table.lines()
    assert re.fullmatch(r"all +2 +1 +\d +\d", next(line for line in lines if line.startswith("all ")))
    assert any(line.startswith("score: ") for line in lines)


# ---- keeping ----------------------------------------------------------------------------------------------
def test_what_was_found_is_kept_until_something_changes(tmp_path, monkeypatch):
    everything = Listed(95, (Kill("k", "smoke", {}),), (mutant(1), mutant(2)))
    store = command.Store(tmp_path / "found.json", everything)
    found = Trial(1, "k", "red", 1.0)
    store.put(mutant(1), found)
    again = command.Store(tmp_path / "found.json", everything)
    assert again.get(mutant(1)) == found
    assert again.get(mutant(2)) is None
    assert again.get(mutant(1, new="b")) is None  # another change under the same number
    other = replace(everything, kills=(Kill("k", "smoke", {}, seed=2),))
    assert command.Store(tmp_path / "found.json", other).get(mutant(1)) is None
    monkeypatch.setattr(command, "digest", lambda everything: "other sources")
    assert command.Store(tmp_path / "found.json", everything).get(mutant(1)) is None
    (tmp_path / "found.json").write_text("{")
    assert command.Store(tmp_path / "found.json", everything).get(mutant(1)) is None
