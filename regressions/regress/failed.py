# SPDX-License-Identifier: Apache-2.0
"""Seeds that ever failed, kept in ``failed_seeds.toml`` beside the lists and run with every list.

An entry goes only by hand, when its run can no longer mean anything (a test or a setting is gone).
"""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from regressions import tables
from regressions.regress.jobs import Job
from regressions.tables import FLAG, TEXT, WHOLE

FILE = "failed_seeds.toml"
TIER = "failed"
ENTRY = {
    "test": TEXT, "seed": WHOLE, "settings": {"*": TEXT}, "coverage?": FLAG, "signature": TEXT, "date": TEXT,
}  # fmt: skip


def load(folder: Path) -> list[Job]:
    """Return a job for every entry, none when there is no file. Raises RegistryError on a mistake in it."""
    path = folder / FILE
    if not path.exists():
        return []
    jobs = []
    for number, entry in enumerate(tables.read(path, {"failed?": [ENTRY]}).get("failed", []), 1):
        name = f"failed-{number}-{entry['test']}-{entry['seed']}"
        flag = entry.get("coverage", False)
        jobs.append(Job(name, entry["test"], entry["settings"], entry["seed"], flag, TIER))
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
                f"coverage = {str(job.coverage).lower()}\n"
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
