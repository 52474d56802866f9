# SPDX-License-Identifier: Apache-2.0
"""What the launcher asked for, and what the test answers (regressions/launch.py holds the other end)."""

import json
import os
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import numpy as np


@dataclass(frozen=True)
class Job:
    """One run: the test's name, its seed and parameters, and where its files go."""

    test: str
    seed: int
    out_dir: Path
    rerun: str
    params: dict = field(default_factory=dict)
    build_params: dict = field(default_factory=dict)
    waves: bool = False
    limit_s: float = 600  # wall time, after which the launcher ends the run

    def param(self, name: str, default):
        """The parameter ``name``, or ``default`` where the job does not set it."""
        return self.params.get(name, default)

    def inputs(self) -> dict[str, np.ndarray]:
        """The arrays that the test's ``prepare`` made of its settings."""
        with np.load(self.out_dir / "inputs.npz", allow_pickle=False) as file:
            return {name: file[name] for name in file.files}


@cache
def current() -> Job:
    """The job named by the environment variable ``MUR_JOB``. Raises KeyError where there is none."""
    data = json.loads(Path(os.environ["MUR_JOB"]).read_text())
    return Job(
        test=data["test"],
        seed=data["seed"],
        out_dir=Path(data["out_dir"]),
        rerun=data["rerun"],
        params=data["params"],
        build_params=data.get("build_params", {}),
        waves=data["waves"],
        limit_s=data["limit_s"],
    )


def answer(job: Job, outcome: dict) -> None:
    """Leave ``outcome`` for the launcher; a reader sees the whole file or none."""
    part = job.out_dir / ".outcome.json"
    part.write_text(json.dumps(outcome, indent=2) + "\n")
    part.replace(job.out_dir / "outcome.json")
