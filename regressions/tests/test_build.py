# SPDX-License-Identifier: Apache-2.0
"""Builds: found again, made again when an input changes, clear when they fail, safe side by side."""

import subprocess
import sys

import pytest

from regressions import build
from regressions.paths import ROOT
from regressions.tests.conftest import FIXTURES

SOURCES = [FIXTURES / "toy.sv"]
DPI = [FIXTURES / "toy_dpi.cpp"]


def toy_build(**changes):
    return build.build("toy", SOURCES, **{"params": {"LIMIT": 20}, "dpi_sources": DPI, **changes})


def test_unchanged_build_is_found():
    first = toy_build()
    again = toy_build()
    assert again.exe == first.exe
    assert not again.fresh
    assert again.wall_s < 2


def test_parameter_is_part_of_the_key():
    assert toy_build(params={"LIMIT": 21}).exe != toy_build().exe


def test_source_text_is_part_of_the_key(tmp_path):
    copy = tmp_path / "toy.sv"
    keys = set()
    for text in (SOURCES[0].read_text(), SOURCES[0].read_text() + "// a change\n"):
        copy.write_text(text)
        plan = build._plan("cocotb", "toy", [copy], copy, {}, {}, (), (), (), "-O3")
        keys.add(repr(build._key(plan, "1")))
    assert len(keys) == 2


def test_header_text_is_part_of_the_key(tmp_path):
    header = tmp_path / "widths.svh"
    keys = set()
    for text in ("`define W 4\n", "`define W 5\n"):
        header.write_text(text)
        plan = build._plan("cocotb", "toy", SOURCES, DPI[0], {}, {}, (), (tmp_path,), (), "-O3")
        keys.add(repr(build._key(plan, "1")))
    assert len(keys) == 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("module bad; nonsense here; endmodule\n", "%Error: "),
        ("module bad; logic [3:0] a; assign a = 5'd17; endmodule\n", "%Warning-WIDTHTRUNC: "),
    ],
)
def test_refused_source_gives_one_clear_line(tmp_path, text, said):
    source = tmp_path / "bad.sv"
    source.write_text(text)
    with pytest.raises(build.BuildError) as refused:
        build.build("bad", [source], home=tmp_path / "sim")
    message = str(refused.value)
    assert message.startswith(said)
    assert "bad.sv:1:" in message
    assert "\n" not in message
    log = message.rsplit("log: ", 1)[1].rstrip(")")
    assert "Verilog" in (ROOT / log).read_text() or said in (ROOT / log).read_text()
    assert not list((tmp_path / "sim").glob("bad-*/sim"))


def test_refused_cpp_gives_one_clear_line(tmp_path):
    source = tmp_path / "bad.cpp"
    source.write_text('#include "Vtop__Dpi.h"\nint toy_twice(int x) { return y; }\n')
    with pytest.raises(build.BuildError, match=r"bad\.cpp:2.* error: .*'y'"):
        toy_build(dpi_sources=[source])


def test_missing_source_is_named():
    with pytest.raises(build.BuildError, match=r"no source file regressions/absent\.sv"):
        build.build("toy", [ROOT / "regressions" / "absent.sv"])


def test_builds_side_by_side_give_one_program(tmp_path):
    toy_build()  # the shared runtime is there, so the two below are short
    program = (
        "from pathlib import Path\n"
        "from regressions.build import build\n"
        "from regressions.tests.test_build import DPI, SOURCES\n"
        f"home = Path({str(tmp_path)!r})\n"
        "sim = build('toy', SOURCES, {'LIMIT': 22}, dpi_sources=DPI, home=home)\n"
        "assert sim.exe.stat().st_size\n"
        "print('fresh' if sim.fresh else 'found', sim.exe.name)\n"
    )
    command = [sys.executable, "-c", program]
    runs = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in "ab"]
    ends = sorted(run.communicate()[0].splitlines()[-1] for run in runs)
    assert ends == ["found sim", "fresh sim"] or ends == ["fresh sim", "found sim"]
    assert [run.returncode for run in runs] == [0, 0]
    assert not list(tmp_path.glob(".part-*"))


def test_bare_build_runs():
    sim = build.build_bare(
        "toy", SOURCES, FIXTURES / "toy_main.cpp", {"LIMIT": 20}, dpi_sources=DPI, timing=True
    )
    done = subprocess.run([sim.exe], capture_output=True, text=True, check=True)
    assert done.stdout == "time 1000\n"
