# SPDX-License-Identifier: Apache-2.0
"""docs/integration: the wrapper lints, the C driver compiles, and both together do what the model says."""

import re
import shutil
import subprocess

import pytest

from models.compiler import compile_network
from models.formats import ErrorBit
from models.machine import Machine
from models.networks.walkthrough import FRAMES, walkthrough
from regressions import example, toolchain
from regressions.paths import ROOT
from regressions.tests.shell import make

PAGE = (ROOT / "docs" / "integration.md").read_text()


def test_wrapper_lints():
    tools = toolchain.locate()
    command = [tools.verilator, "--lint-only", "-Wall", f"-I{ROOT / 'rtl'}", "--top-module", "example_soc"]
    done = subprocess.run([*command, *example.sources()], env=tools.env, capture_output=True, text=True)
    assert done.returncode == 0 and not done.stderr.strip(), done.stderr


@pytest.mark.parametrize(("compiler", "standard"), [("cc", "c11"), ("g++", "c++17")])
def test_driver_compiles_without_a_warning(compiler, standard):
    language = ["-x", "c++"] if compiler == "g++" else []
    command = [shutil.which(compiler), f"-std={standard}", "-Wall", "-Wextra", "-Werror", "-pedantic",
               "-fsyntax-only", f"-I{ROOT / 'rtl' / 'regs'}", *language]  # fmt: skip
    done = subprocess.run([*command, example.FOLDER / "murmur.c"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def printed() -> str:
    """What `make example` prints."""
    done = make("example")
    assert done.returncode == 0, done.stderr
    return done.stdout[done.stdout.index("probe") :]  # a build says so first


def test_driver_gets_the_models_results(printed):
    trace = Machine(compile_network(walkthrough(), example.CONFIG)).run(FRAMES[None])
    good = printed[printed.index("short frame") :]
    for frame, scores in enumerate(trace.results(1)[0, :, 0]):
        texts = " ".join(map(str, scores))
        assert f"frame {frame} result {texts}\nframe {frame} END 0\n" in good
    totals = " ".join(str(trace.ledger[name].sum()) for name in ("EVENTS0", "EVENTS1"))
    assert f"frames {len(FRAMES)} events {totals}\n" in good
    assert "irq 1\nstop 0\n" in good


def test_driver_meets_and_survives_every_error(printed):
    program = compile_network(walkthrough(), example.CONFIG).program
    assert printed.startswith("probe 0\n")
    for what, bit, descriptor in (
        ("spoiled image", ErrorBit.IMG_CRC, -1),
        ("start without a program", ErrorBit.NO_PROGRAM, -1),
        ("illegal descriptor", ErrorBit.ILLEGAL_DESC, len(program) - 1),
        ("illegal descriptor again", ErrorBit.ILLEGAL_DESC, len(program) - 1),
        ("short frame", ErrorBit.FRAME_SHORT, -1),
    ):
        assert f"{what}: ERROR {1 << bit:#x} descriptor {descriptor}\n" in printed
    assert re.search(r"^frame 0 END 1$", printed, flags=re.M)


def test_page_prints_what_the_example_prints(printed):
    assert "".join(f"    {line}\n" for line in printed.splitlines()) in PAGE


def test_code_on_the_page_is_that_of_the_files():
    files = "\n".join(path.read_text() for path in sorted(example.FOLDER.iterdir()))
    blocks = re.findall(r"^```\w+\n(.*?)```", PAGE, flags=re.M | re.S)
    assert len(blocks) >= 3
    for text in blocks:
        assert text in files, text


def test_page_names_every_parameter_and_port():
    top = (ROOT / "rtl" / "mur_top.sv").read_text()
    header = top[top.index("#(") : top.index(");")]
    parameters = re.findall(r"^  parameter int unsigned (\w+) *= (\d+)", header, flags=re.M)
    ports = re.findall(r"^  (?:input|output) +logic *(?:\[[^]]*\])* +(\w+)", header, flags=re.M)
    assert len(parameters) == 8 and len(ports) > 30
    for name, default in parameters:
        assert re.search(rf"^\| `{name}` \| {default} \|", PAGE, flags=re.M), name
    stems = {re.sub(r"_(aw|w|b|ar|r|t)[a-z]+$", "", port) for port in ports}
    for stem in stems:
        assert f"`{stem}`" in PAGE, stem
