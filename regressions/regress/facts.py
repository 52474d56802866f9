# SPDX-License-Identifier: Apache-2.0
"""What a report must say about where it comes from."""

import os
import platform
import subprocess
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from regressions import toolchain
from regressions.paths import ROOT

PACKAGES = ("cocotb", "pyuvm", "numpy")


def facts() -> dict[str, str]:
    """The date, the machine, the revision of the sources and the versions of the tools, by name."""
    return {
        "date": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        "machine": f"{len(os.sched_getaffinity(0))} cores of {_processor()}, {platform.platform(terse=True)}",
        "revision": _revision(),
        "python": platform.python_version(),
        "verilator": toolchain.locate().version,
        **{package: version(package) for package in PACKAGES},
    }


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    names = [line.partition(":")[2].strip() for line in lines if "model name" in line]
    return names[0] if names else platform.machine()


def _revision() -> str:
    """The commit, and whether the sources are changed since; "unknown" outside a clone."""
    try:
        commit, changes = (
            subprocess.run(
                ["git", *call], cwd=ROOT, capture_output=True, text=True, check=True
            ).stdout.strip()
            for call in (["rev-parse", "--short", "HEAD"], ["status", "--porcelain"])
        )
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return commit + (f" with {len(changes.splitlines())} files changed" if changes else "")
