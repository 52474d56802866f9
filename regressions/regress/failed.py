# SPDX-License-Identifier: Apache-2.0
"""Seeds that ever failed, kept in ``failed_seeds.toml`` beside the lists and run with every list.

An entry goes only by hand, when its run can no longer mean anything (a test or a setting is gone).
"""

import json
import tomllib
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from regressions.paths import shown
from regressions.registry import RegistryError
from regressions.regress.jobs import Job

FILE = "failed_seeds.toml"
TIER = "failed"
KEYS = {"test": str, "seed": int, "settings": dict, "signature": str, "date": str}


def load(folder: Path) -> list[Job]:
    """Return a job for every entry, none when there is no file. Raises RegistryError on a mistake in it."""
    path = folder / FILE
    if not path.exists():
        return []
    try:
        entries = tomllib.loads(path.read_text()).get("failed", [])
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise RegistryError(f"{shown(path)}: not TOML: {error}") from None
    jobs = []
    for number, entry in enumerate(entries, 1):
        for key, kind in KEYS.items():
            if type(entry.get(key)) is not kind:
                raise RegistryError(
                    f"{shown(path)}: entry {number}: {key}: want a value of kind {kind.__name__}"
                )
        settings = {key: str(value) for key, value in entry["settings"].items()}
        name = f"failed-{number}-{entry['test']}-{entry['seed']}"
        jobs.append(Job(name, entry["test"], settings, entry["seed"], False, TIER))
    return jobs


def keep(folder: Path, failures: Iterable[tuple[Job, str]]) -> int:
    """Append each failed job with its signature unless that run is there; return how many were new."""
    there = {job.run for job in load(folder)}
    new = ""
    count = 0
    for job, signature in failures:
        if job.run not in there:
            there.add(job.run)
            count += 1
            settings = ", ".join(f"{key} = {_quoted(text)}" for key, text in sorted(job.settings.items()))
            new += (
                f"\n[[failed]]\ntest = {_quoted(job.test)}\nseed = {job.seed}\nsettings = {{{settings}}}\n"
                f"signature = {_quoted(signature)}\ndate = {_quoted(str(datetime.now(UTC).date()))}\n"
            )
    if new:
        path = folder / FILE
        part = path.with_name(f".{path.name}")
        try:
            part.write_text((path.read_text() if path.exists() else "") + new)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
    return count


def _quoted(text: str) -> str:
    # A JSON string is one of TOML too, but for a character that only JSON takes as it is.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
