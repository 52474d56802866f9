# SPDX-License-Identifier: Apache-2.0
"""Runs trainings side by side, each step a process of its own; what an earlier call has done is not repeated.

A step that was interrupted goes on where it stopped, as `murmur train` does. What a training prints goes to
a file beside its folder.
"""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from tqdm import tqdm

from regressions import children
from regressions.paths import BUILD, ROOT, locked, shown
from regressions.results.plan import Training

HOME = BUILD / "results"
MURMUR = (str(Path(sys.executable).with_name("murmur")),)


def run(trainings: Sequence[Training], jobs: int, home: Path = HOME) -> dict[str, str]:
    """Run what is not done of `trainings`, `jobs` at a time; {name: why} of those that failed.

    KeyboardInterrupt stops them all; the next call goes on.
    """
    failed: dict[str, str] = {}
    steps = sum(1 for training in trainings for _ in training.commands(home))
    with tqdm(total=steps, unit="step", desc="results") as bar, ThreadPoolExecutor(jobs) as pool:
        futures = {pool.submit(_one, training, home, bar): training for training in trainings}
        try:
            for future in as_completed(futures):
                if why := future.result():
                    failed[futures[future].name] = why
                    bar.write(f"{futures[future].name}: {why}", file=sys.stderr)
        except KeyboardInterrupt:
            pool.shutdown(cancel_futures=True, wait=False)
            for process in _RUNNING:
                children.kill(process)
            raise
    return failed


_RUNNING: set[subprocess.Popen] = set()


def _one(training: Training, home: Path, bar: tqdm) -> str:
    """All steps of one training; "" or why it failed."""
    printed = home / f"{training.name}.log"  # beside the folder, which is the training's own
    with locked(home / f".{training.name}.lock") as lock, printed.open("a") as log:
        for done, arguments in training.commands(home):
            if not done.exists():
                begun = time.monotonic()
                with children.group(
                    [*MURMUR, *arguments], lock, cwd=ROOT, stdout=log, stderr=subprocess.STDOUT,
                    env=os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
                ) as process:  # fmt: skip
                    _RUNNING.add(process)
                    status = process.wait()
                    _RUNNING.discard(process)
                print(f"{arguments[0]}: {time.monotonic() - begun:.0f} s", file=log, flush=True)
                if status or not done.exists():
                    return f"murmur {arguments[0]} ended with {status}, see {shown(printed)}"
            bar.update()
    return ""
