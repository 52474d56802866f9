# SPDX-License-Identifier: Apache-2.0
"""A folder of sound: whose layout it has, and its corpus."""

from pathlib import Path

from . import commands, digits
from .corpus import TASKS, Corpus


def read(task: str, folder, hold_out: str | None = None) -> Corpus:
    """The corpus in a folder, for one of TASKS; hold_out: this speaker is the test split.

    ValueError, one line, when the folder has no layout that the task takes: what was looked for.
    """
    folder = Path(folder)
    if task not in TASKS:
        raise ValueError(f"task {task!r}, want one of {', '.join(TASKS)}")
    if not folder.is_dir():
        raise ValueError(f"{folder}: no such folder")
    if task == "digits" and digits.here(folder):
        return digits.read_digits(folder, hold_out)
    if task == "keywords" and (folder / "index.csv").is_file():
        return commands.read_index(folder)
    raise ValueError(f"{folder}: no data for {task}")
