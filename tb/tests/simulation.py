# SPDX-License-Identifier: Apache-2.0
"""Running the bench from pytest: the registered tests, in a folder of the test's own."""

import json
from collections.abc import Sequence
from pathlib import Path

from regressions import launch, registry


def simulate(
    name: str, home: Path, seed: int = 1, waves: bool = False, plusargs: Sequence[str] = (), **settings
) -> dict:
    """Run the test ``name`` with ``settings`` and return its result; files go to ``home/<name>/<seed>``."""
    test = registry.find(registry.load(), name)
    texts = {key: str(value) for key, value in settings.items()}
    rerun = " ".join(
        ["make sim", f"TEST={name}", f"SEED={seed}", *(f"{k.upper()}={v}" for k, v in texts.items())]
    )
    result = launch.run(registry.configure(test, texts), seed, rerun, waves, home=home, plusargs=plusargs)
    assert json.loads((home / name / str(seed) / "result.json").read_text()) == result
    return result


def log(name: str, home: Path, seed: int = 1) -> str:
    """The log of the last such run."""
    return (home / name / str(seed) / "sim.log").read_text()
