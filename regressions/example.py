# SPDX-License-Identifier: Apache-2.0
"""`make example`: the C driver of docs/integration on the RTL, with the network of docs/walkthrough.md."""

import subprocess

import numpy as np

from models.compiler import compile_network
from models.formats import BuildConfig
from models.networks.walkthrough import FRAMES, walkthrough
from regressions import build, registry
from regressions.paths import BUILD, ROOT

FOLDER = ROOT / "docs" / "integration"
CONFIG = BuildConfig(lanes=8, result_w=128, wgt_depth=64, vec_depth=128)
PARAMS = {name: getattr(CONFIG, name.lower()) for name in ("LANES", "RESULT_W", "WGT_DEPTH", "VEC_DEPTH")}


def sources() -> list:
    """The RTL and the wrapper around it, in the order of compilation."""
    murmur = registry.load()["walkthrough"].build.sources
    return [*(path for path in murmur if path.is_relative_to(ROOT / "rtl")), FOLDER / "example_soc.sv"]


def main() -> int:
    """Build the example, run it, and return its status; it prints what it does. Raises as `build` does."""
    sim = build.build_bare(
        "example_soc", sources(), FOLDER / "example_sim.cpp", params=PARAMS,
        dpi_sources=[FOLDER / "murmur.c"], include_dirs=[ROOT / "rtl", ROOT / "rtl" / "regs", FOLDER],
        optimise="-O1",
    )  # fmt: skip
    home = BUILD / "example"
    home.mkdir(parents=True, exist_ok=True)
    packets = [
        np.concatenate([[np.uint64(len(p))], p]) for p in compile_network(walkthrough(), CONFIG).to_packets()
    ]
    np.concatenate(packets).astype("<u8").tofile(home / "images")
    FRAMES.astype("<i2").tofile(home / "frames")
    return subprocess.run([sim.exe, home / "images", home / "frames", str(FRAMES.shape[1])]).returncode
