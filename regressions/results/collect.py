# SPDX-License-Identifier: Apache-2.0
"""docs/results.json: the figures of every training that is done, from the files that it left."""

import json
import os
import platform
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from models.inference import compiled
from models.weight_file import load
from regressions.flow.program import sizes_of
from regressions.paths import ROOT
from regressions.results.plan import Training

KEPT = ("files", "metric", "float", "quantised", "rtl", "groups", "frame_accuracy", "spike_densities",
        "cycles_per_frame", "mismatches", "rtl_utterances", "frames", "corpus", "about")  # fmt: skip


def of(training: Training, home: Path) -> dict[str, Any] | None:
    """The figures of one training, None when it is not done."""
    folder = home / training.name
    if any(not done.exists() for done, _ in training.commands(home)):
        return None
    described = json.loads((folder / "float.json").read_text())
    found: dict[str, Any] = {
        "row": training.row, "task": training.task, "seed": training.seed, "hold_out": training.hold_out,
        "shape": described["shape"], "float_parameters": described["parameters"],
        "stages": {"float": described["scores"]["test"]}, "seconds": described["seconds"],
    }  # fmt: skip
    if (folder / "pruned.json").exists():
        pruned = json.loads((folder / "pruned.json").read_text())
        found["stages"]["pruned"] = pruned["scores"]["test"]
        found["seconds"] += pruned["seconds"]
    if "quantise" in training.stages:
        file = load(folder / "network.safetensors")
        found["stages"]["quantised"] = file.card["scores"]["quantised"]["test"]
        found["seconds"] += file.card["seconds"]
        found["sizes"] = sizes_of(file.network, compiled(file.network))
        scores = json.loads((folder / "run.json").read_text())
        found["scores"] = {key: scores[key] for key in KEPT if key in scores}
    if training.elsewhere:
        scores = json.loads((folder / "elsewhere.json").read_text())
        found["elsewhere"] = {key: scores[key] for key in KEPT if key in scores}
    if (folder / "waterfall.json").exists():
        found["waterfall"] = json.loads((folder / "waterfall.json").read_text())
    return found


def text(figures: dict[str, Any]) -> str:
    """The figures as they are kept."""
    return json.dumps(figures, indent=1) + "\n"


def collect(trainings: Sequence[Training], home: Path) -> dict[str, Any]:
    """What docs/results.json holds: trainings that are done, those that are not, machine, commit, date."""
    done = {training.name: found for training in trainings if (found := of(training, home))}
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.strip()
    names = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    model = next((line.partition(":")[2].strip() for line in names if "model name" in line), "")
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "commit": commit,
        "machine": f"{os.cpu_count()} cores of {model or platform.machine()}",
        "trainings": done,
        "absent": [training.name for training in trainings if training.name not in done],
    }
