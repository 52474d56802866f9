# SPDX-License-Identifier: Apache-2.0
"""docs/integration: the wrapper lints, the C driver compiles, and both together do what the model says."""

import re
import shutil
import subprocess

import numpy as np
import pytest

from models.compiler import compile_network
from models.formats import BuildConfig, ErrorBit
from models.machine import Machine
from models.networks.walkthrough import FRAMES, walkthrough
from regressions import build, registry, toolchain
from regressions.paths import ROOT

EXAMPLE = ROOT / "docs" / "integration"
SOURCES = registry.load()["walkthrough"].build.sources
RTL = [path for path in SOURCES if path.is_relative_to(ROOT / "rtl")]
SMALL = {"LANES": 8, "RESULT_W": 128, "WGT_DEPTH": 64, "VEC_DEPTH": 128}
CONFIG = BuildConfig(lanes=8, result_w=128, wgt_depth=64, vec_depth=128)
PAGE = (ROOT / "docs" / "integration.md").read_text()


def sources(name: str) -> list:
    return [*RTL, EXAMPLE / f"{name}.sv"]


def test_wrapper_lints():
    tools = toolchain.locate()
    command = [tools.verilator, "--lint-only", "-Wall", f"-I{ROOT / 'rtl'}", "--top-module", "example_soc"]
    done = subprocess.run([*command, *sources("example_soc")], env=tools.env, capture_output=True, text=True)
    assert done.returncode == 0 and not done.stderr.strip(), done.stderr


@pytest.mark.parametrize(("compiler", "standard"), [("cc", "c11"), ("g++", "c++17")])
def test_driver_compiles_without_a_warning(compiler, standard):
    language = ["-x", "c++"] if compiler == "g++" else []
    command = [shutil.which(compiler), f"-std={standard}", "-Wall", "-Wextra", "-Werror", "-pedantic",
               "-fsyntax-only", f"-I{ROOT / 'rtl' / 'regs'}", *language, EXAMPLE / "murmur.c"]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def printed(tmp_path_factory) -> str:
    """What example_sim prints of the walkthrough network."""
    home = tmp_path_factory.mktemp("example")
    images = compile_network(walkthrough(), CONFIG)
    packets = [np.concatenate([[np.uint64(len(p))], p]) for p in images.to_packets()]
    np.concatenate(packets).astype("<u8").tofile(home / "images")
    FRAMES.astype("<i2").tofile(home / "frames")
    sim = build.build_bare(
        "example_soc", sources("example_soc"), EXAMPLE / "example_sim.cpp", params=SMALL,
        dpi_sources=[EXAMPLE / "murmur.c"], include_dirs=[ROOT / "rtl", ROOT / "rtl" / "regs", EXAMPLE],
        optimise="-O1",
    )  # fmt: skip
    command = [sim.exe, home / "images", home / "frames", str(FRAMES.shape[1])]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_driver_gets_the_models_results(printed):
    trace = Machine(compile_network(walkthrough(), CONFIG)).run(FRAMES[None])
    good = printed[printed.index("short frame") :]
    for frame, scores in enumerate(trace.results(1)[0, :, 0]):
        texts = " ".join(map(str, scores))
        assert f"frame {frame} result {texts}\nframe {frame} END 0\n" in good
    totals = " ".join(str(trace.ledger[name].sum()) for name in ("EVENTS0", "EVENTS1"))
    assert f"frames {len(FRAMES)} events {totals}\n" in good
    assert "irq 1\nstop 0\n" in good


def test_driver_meets_and_survives_every_error(printed):
    program = compile_network(walkthrough(), CONFIG).program
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
    files = "\n".join(path.read_text() for path in sorted(EXAMPLE.iterdir()))
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
