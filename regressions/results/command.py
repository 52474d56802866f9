# SPDX-License-Identifier: Apache-2.0
"""`murmur results`: the trainings of the plan, then docs/results.json and docs/results.md."""

import os
import sys
from collections.abc import Collection
from pathlib import Path

from models.weight_file import replace_files
from regressions.paths import shown
from regressions.registry import RegistryError, near
from regressions.results import collect, page, plan, trainings


def results(data: Path, jobs: int | None, only: Collection[str]) -> None:
    """Run what is not done, as far as the recordings in `data` go, and write the page.

    RegistryError: no such folder, no such row. SystemExit 1 when a training failed; the page is written.
    """
    if not data.is_dir():
        raise RegistryError(f"{data}: no such folder")
    every = plan.trainings(data.resolve())
    rows = list(dict.fromkeys(training.row for training in every))
    if strange := [row for row in only if row not in rows]:
        raise RegistryError(f"--only {strange[0]}: no such row, {near(strange[0], rows)}")
    wanted = [training for training in every if training.row in (only or rows)]
    missing = {training.row: training.absent for training in wanted}
    for row, folder in missing.items():
        if folder is not None:
            print(f"skipped: {row}: no folder {folder}", file=sys.stderr)
    present = [training for training in wanted if missing[training.row] is None]
    failed = trainings.run(present, jobs or os.cpu_count() or 1)
    figures = collect.collect(every, trainings.HOME)
    replace_files({page.FIGURES: collect.text(figures).encode(), page.PAGE: page.render(figures).encode()})
    print(f"{len(figures['trainings'])} of {len(every)} trainings done; files {shown(page.PAGE)}")
    if failed:
        raise SystemExit(1)
