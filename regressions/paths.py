# SPDX-License-Identifier: Apache-2.0
"""Where things are, and the two ways of writing there that a killed process cannot spoil."""

import contextlib
import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BUILD = ROOT / "build"


def shown(path: Path) -> str:
    """Return ``path`` relative to the project where it lies inside, for messages."""
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)


def write_json(path: Path, data: object) -> None:
    """Write ``data`` so that a reader sees the whole file or none."""
    part = path.with_name(f".{os.getpid()}.{path.name}")
    try:
        part.write_text(json.dumps(data, indent=2) + "\n")
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def write_npz(path: Path, arrays: Mapping) -> None:
    """Write ``arrays`` by name so that a reader sees the whole file or none."""
    import numpy as np

    part = path.with_name(f".{os.getpid()}.{path.name}")
    try:
        with part.open("wb") as stream:
            np.savez(stream, **arrays)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


@contextlib.contextmanager
def named(folder: Path) -> Iterator[None]:
    """Name ``folder`` in an error of the system that names no file, as one of a write to an open file."""
    try:
        yield
    except OSError as error:
        error.filename = error.filename or str(folder)
        raise


@contextlib.contextmanager
def locked(path: Path, waiting: str = "") -> Iterator[int]:
    """Hold an exclusive lock on ``path``; print ``waiting`` when another process has it first.

    Gives the file descriptor, for children who shall hold the lock too. The kernel drops it when its last
    holder dies, so no stale lock can remain.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if waiting:
                print(waiting, flush=True)
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield handle.fileno()
