# SPDX-License-Identifier: Apache-2.0
"""`make formal` is red for everything that is not a proof.

The provers are installed by `make formal`, not by `make setup`: without them the tests that run them are
skipped, unless the environment variable MUR_REQUIRE holds the word `formal`. One small proof runs here.
"""

import json
import os
import re
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from regressions import prove
from regressions.cli import cli
from regressions.paths import ROOT
from regressions.registry import RegistryError
from regressions.tests.shell import Unread

PROOFS = prove.load()
SMALL = PROOFS["result"]


@pytest.fixture
def provers(tmp_path, monkeypatch):
    """Skip, or fail where they are required, when one is missing; run in a folder of the test's own."""
    beside = Path(sys.executable).parent
    if absent := [name for name in prove.TOOLS if not (beside / name).exists()]:
        text = f"not installed: {', '.join(absent)}; `make formal` installs them"
        if "formal" in os.environ.get("MUR_REQUIRE", "").split():
            pytest.fail(text)
        pytest.skip(text)
    monkeypatch.setattr(prove, "HOME", tmp_path)


def only(proof: prove.Proof) -> dict:
    """Run one proof; return its report."""
    (report,) = prove.prove([proof])
    return report


def wrong(proof: prove.Proof) -> str:
    """What is wrong with a proof, in one text."""
    report = only(proof)
    assert report["status"] == "red"
    return "\n".join(report["wrong"])


def outcome(status: str, asserts=("a",), covers=("c",), failed="") -> prove.Outcome:
    """What a job left, in brief."""
    return prove.Outcome(status, 1.0, asserts, covers, failed, 3 * bool(failed), prove.HOME)


def test_a_proof_stands_with_the_assertions_of_the_rtl(provers):
    report = only(SMALL)
    assert report["status"] == "proven", report["wrong"]
    assert "dut.a_result_held" in report["asserts"]
    assert len(report["covers"]) == 2
    assert all(bug["caught_by"] and bug["step"] > 1 for bug in report["planted"])
    assert "3 of 3 planted bugs caught" in prove.line(report)


def test_a_bug_in_the_rtl_is_red_with_a_trace(provers, tmp_path, monkeypatch):
    """The planted change, in the tree that is proven."""
    spoiled = SMALL.planted[0]
    for source in (*prove.INCLUDES, *prove.COMMON, *SMALL.files, "regressions/formal/fv_result.sv"):
        copy = tmp_path / "tree" / source
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text((ROOT / source).read_text())
    (tmp_path / "tree" / spoiled.file).write_text(spoiled.text())
    monkeypatch.setattr(prove, "ROOT", tmp_path / "tree")
    text = wrong(replace(SMALL, depth=5, planted=SMALL.planted[2:]))
    assert re.search(r"prove is FAIL: \S+ fails at step \d", text)
    assert list(tmp_path.glob("result/prove/job/engine_0/trace.vcd"))


def test_everything_that_is_no_proof_is_named(provers):
    """Too few steps, covers too far away, and a change that breaks nothing."""
    place, other = "assign tlast_o  = last_q;", "assign tlast_o  = !(!last_q);"
    harmless = prove.Planted("nothing changes", "rtl/mur_result.sv", place, other)
    text = wrong(replace(SMALL, depth=0, reach=2, planted=(harmless,)))
    assert re.search(r"prove is UNKNOWN: the induction step of a_kept, .*, u_stream.a_same fails; see ", text)
    assert "cover is FAIL" in text
    assert "not caught (nothing changes): PASS" in text


def test_what_takes_too_long_is_red(provers, monkeypatch):
    monkeypatch.setattr(prove, "LIMIT_S", 1)
    slow = PROOFS["scan_chunk"]
    assert re.search("prove is (TIMEOUT|ERROR)", wrong(replace(slow, planted=slow.planted[:1])))


@pytest.mark.parametrize("status", ["FAIL", "UNKNOWN", "TIMEOUT", "ERROR"])
def test_anything_but_a_proof_is_red(status):
    good, caught = outcome("PASS"), outcome("FAIL", failed="a")
    proof = replace(SMALL, planted=SMALL.planted[:1])
    assert not prove.judge(proof, good, good, [caught])
    assert prove.judge(proof, outcome(status), good, [caught])
    assert prove.judge(proof, good, outcome(status), [caught])
    assert prove.judge(proof, good, good, [outcome(status)])


def test_empty_is_red():
    proof, caught = replace(SMALL, planted=SMALL.planted[:1]), outcome("FAIL", failed="a")
    assert "no assertion" in prove.judge(proof, outcome("PASS", asserts=()), outcome("PASS"), [caught])[0]
    assert "0 covers" in prove.judge(proof, outcome("PASS"), outcome("PASS", covers=()), [caught])[0]


def test_a_job_that_left_nothing_is_an_error(tmp_path):
    (tmp_path / "sby.log").write_text("killed\n")
    assert prove.read(tmp_path, 1.0).status == "ERROR"


@pytest.mark.parametrize("proof", PROOFS.values(), ids=list(PROOFS))
def test_every_change_has_its_one_place(proof):
    """Needs no prover: a change of the RTL that moves a planted text is seen at once."""
    assert all(bug.text() for bug in proof.planted)
    assert (prove.HERE / f"fv_{proof.name}.sv").exists()


def test_every_module_of_a_proof_is_listed():
    files = {path.stem.removeprefix("fv_") for path in prove.HERE.glob("fv_*.sv")} - {"stream"}
    assert files == set(PROOFS)


def test_a_text_that_is_gone_is_an_error():
    lost = prove.Planted("", "rtl/mur_result.sv", "no such text", "")
    with pytest.raises(RegistryError, match="0 places of 'no such text'"):
        lost.text()


ENTRY = '[x]\nabout = ""\nfiles = []\ndepth = 1\nreach = 1\nplanted = []\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (ENTRY, "x plants no bug"),
        ("", "no proof, want one or more"),
        ("[x", "not TOML: "),
        (b"\xff", "not TOML: "),
        ("x = 1", "x = 1: want a table"),
        ("[x]", "x: about is missing"),
        (ENTRY.replace("planted", "plants"), "x: no key 'plants', did you mean planted or params?"),
        (ENTRY.replace("[]\n", "[3]\n"), "x: files 1 = 3: want text"),
        (None, "cannot be read: No such file"),
    ],
)
def test_a_mistake_in_the_list(tmp_path, monkeypatch, text, said):
    if text is not None:
        (tmp_path / "list.toml").write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(RegistryError, match=re.escape(said)):
        prove.load(tmp_path / "list.toml")


@pytest.fixture
def proofs(tmp_path, monkeypatch):
    """The call, with two proofs of which the second is what a test says: its wrongs, or an exception."""
    monkeypatch.setattr(prove, "REPORT", tmp_path / "formal.json")

    def call(second, *args: str):
        def reports(chosen):
            for number, proof in enumerate(chosen):
                if number and isinstance(second, BaseException):
                    raise second
                good, bugs = outcome("PASS"), [outcome("FAIL", failed="a")] * len(proof.planted)
                yield prove._report(proof, good, good, bugs, second if number else [])

        monkeypatch.setattr(prove, "prove", reports)
        monkeypatch.setattr(prove, "load", lambda: {name: PROOFS[name] for name in ("result", "digit")})
        done = CliRunner().invoke(cli, ["formal", *args])
        told = json.loads(prove.REPORT.read_text())["proofs"] if prove.REPORT.exists() else None
        return done.exit_code, done.output, told

    return call


def test_a_red_proof_is_red_to_whoever_called(proofs):
    assert proofs([])[0] == 0
    status, said, told = proofs(["cover is FAIL"])
    assert status == 1
    assert "formal: digit red" in said
    assert [proof["status"] for proof in told] == ["proven", "red"]


def test_interrupted_proofs_leave_those_that_ended(proofs):
    status, _, told = proofs(KeyboardInterrupt())
    assert status == 130
    assert [proof["name"] for proof in told] == ["result"]


def test_proofs_that_nobody_reads_leave_those_that_ended(proofs, monkeypatch):
    with monkeypatch.context() as unread:
        unread.setattr(prove.click, "echo", Unread().write)
        status, _, told = proofs([])
    assert status == 1
    assert [proof["name"] for proof in told] == ["result"]


def test_one_proof_does_not_take_the_place_of_all(proofs):
    proofs([])
    assert [proof["name"] for proof in proofs([], "--proof", "digit")[2]] == ["result", "digit"]


def test_wrong_calls(monkeypatch, tmp_path):
    done = CliRunner().invoke(cli, ["formal", "--proof", "nonsense"])
    assert done.exit_code == 2
    assert done.output.startswith("error: PROOF=nonsense: no such proof, known are result,")
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    done = CliRunner().invoke(cli, ["formal", "--proof", "result"])
    assert done.exit_code == 2
    assert done.output == "error: yowasp-sby is not installed: `make formal` installs it\n"
