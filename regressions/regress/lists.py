# SPDX-License-Identifier: Apache-2.0
"""The lists of ``regressions/*.toml``, read and checked to the last setting before anything runs.

    about = "one line for a person"
    include = ["smoke"]                 lists whose jobs and builds are here too (optional)
    goals = { line = 100 }              code coverage to reach, per cent by kind (optional)
    frames = { random = 100_000 }       compared frames to reach, by test (optional)

    [builds.lanes8]                     build parameters, by a name that jobs use
    LANES = 8

    [[jobs]]
    test = "random"                     a name of tests.toml
    id = "random-8"                     a name for the folder, if not the test's (optional, as all below)
    build = "lanes8"
    settings = { NETWORKS = 60 }        the test's settings, as `make sim` takes them
    seeds = "1..5, 8"                   a job for each; 1 if there are none
    coverage = true

A job's tier is the list in which it stands. Every list ends with the seeds that ever failed (``failed``).
"""

import dataclasses
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from regressions import launch, registry, tables
from regressions.codecov.points import KINDS
from regressions.paths import shown
from regressions.registry import RegistryError, Test
from regressions.regress import failed
from regressions.regress.jobs import Job
from regressions.tables import FLAG, PERCENT, SETTING, TEXT, Leaf, near

SEEDS = Leaf("a whole number, or text as 1..5, 8", lambda value: type(value) in (str, int))
JOB = {
    "test": TEXT, "id?": TEXT, "build?": TEXT, "settings?": {"*": SETTING}, "seeds?": SEEDS,
    "coverage?": FLAG,
}  # fmt: skip
FRAMES = Leaf("a whole number of 1 or more", lambda value: type(value) is int and value >= 1)
LIST = {
    "about": TEXT,
    "include?": [TEXT],
    "goals?": {f"{kind}?": PERCENT for kind in KINDS},
    "frames?": {"*": FRAMES},
    "builds?": {"*": {"*": SETTING}},
    "jobs?": [JOB],
}
MOST_SEEDS = 100_000  # of one entry
LEGAL_ID = re.compile(r"[a-z0-9][a-z0-9_.-]{0,79}")


@dataclass(frozen=True)
class List:
    """A list with everything that it includes."""

    name: str
    about: str
    jobs: tuple[Job, ...]
    goals: Mapping[str, float]
    frames: Mapping[str, int]


def load(name: str, folder: Path, tests: Mapping[str, Test]) -> List:
    """Return the list ``name`` of ``folder`` with the failed seeds that are kept there.

    RegistryError: no such list, a mistake in it, a test, setting or seed that cannot be, nothing to run.
    """
    known = {
        path.stem: data for path in sorted(folder.glob("[!.]*.toml")) if "about" in (data := _read(path))
    }
    if name not in known:
        raise RegistryError(f"LIST={name}: no such list, {near(name, known)}")
    builds: dict[str, dict] = {}
    jobs: dict[str, Job] = {}
    for part in _included(name, known, folder, ()):
        data, path = known[part], folder / f"{part}.toml"
        for key, settings in data.get("builds", {}).items():
            if builds.setdefault(key, settings) != settings:
                raise RegistryError(f"{shown(path)}: builds.{key}: another list has it with other parameters")
        for number, entry in enumerate(data.get("jobs", []), 1):
            where = f"{shown(path)}: jobs {number}"
            for job in _jobs(entry, part, builds, where):
                if job.id in jobs:
                    raise RegistryError(f"{where}: id {job.id!r} is there twice, want one a job (id = ...)")
                jobs[job.id] = job
    if not jobs:
        raise RegistryError(f"LIST={name}: {shown(folder / name)}.toml has no jobs, want at least one")
    there = {job.run for job in jobs.values()}
    for job in failed.load(folder):
        if job.run not in there:
            jobs[job.id] = job
    _check(jobs.values(), tests, folder)
    frames = known[name].get("frames", {})
    for test in frames:
        if test not in tests:
            raise RegistryError(f"{shown(folder / name)}.toml: frames: no test {test!r}, {near(test, tests)}")
    return List(name, known[name]["about"], tuple(jobs.values()), known[name].get("goals", {}), frames)


def _read(path: Path) -> dict:
    data = tables.parse(path)
    if "about" in data:
        tables.check(data, LIST, shown(path))
    return data


def _included(name: str, known: Mapping[str, dict], folder: Path, above: tuple[str, ...]) -> Iterator[str]:
    """The names of the lists that ``name`` is made of, each once, what is included first."""
    if name in above:
        raise RegistryError(f"{shown(folder / above[-1])}.toml: includes {name}, which includes it")
    told: dict[str, None] = {}
    for part in known[name].get("include", []):
        if part not in known:
            raise RegistryError(
                f"{shown(folder / name)}.toml: include {part!r}: no such list, {near(part, known)}"
            )
        told |= dict.fromkeys(_included(part, known, folder, (*above, name)))
    yield from told
    yield name


def _jobs(entry: Mapping, tier: str, builds: Mapping[str, Mapping], where: str) -> Iterator[Job]:
    name = entry.get("id", entry["test"])
    if not LEGAL_ID.fullmatch(name):
        raise RegistryError(f"{where}: id {name!r}: want small letters, digits, `_`, `.` and `-`, at most 80")
    build = entry.get("build")
    if build is not None and build not in builds:
        raise RegistryError(f"{where}: no build {build!r}, {near(build, builds)}")
    settings = {**(builds[build] if build else {}), **entry.get("settings", {})}
    texts = {key.upper(): text(value) for key, value in settings.items()}
    coverage = entry.get("coverage", False)
    for seed in seeds(str(entry.get("seeds", 1)), where):
        yield Job(f"{name}-{seed}", entry["test"], texts, seed, coverage, tier)


def text(value: object) -> str:
    """A setting's value as `make sim` takes it."""
    return str(int(value) if isinstance(value, bool) else value)


def seeds(words: str, where: str) -> list[int]:
    """Return the seeds of ``words``: numbers and ranges "1..5", between commas; each once."""
    found: dict[int, None] = {}
    for part in words.split(","):
        first, dots, last = (piece.strip() for piece in part.partition(".."))
        low = registry.number(f"{where}: seeds", first)
        high = registry.number(f"{where}: seeds", last) if dots else low
        if not 0 <= low <= high < low + MOST_SEEDS:
            raise RegistryError(
                f"{where}: seeds = {words!r}: want numbers of 0 or more and ranges as 1..5, "
                f"of at most {MOST_SEEDS:,} seeds"
            )
        found |= dict.fromkeys(range(low, high + 1))
    return list(found)


def _check(jobs: Collection[Job], tests: Mapping[str, Test], folder: Path) -> None:
    """RegistryError for a job that cannot run; what a test prepares is made once for each kind of job."""
    good: set[tuple] = set()
    for job in jobs:
        kind = dataclasses.replace(job, seed=0).run
        if kind in good:
            continue
        try:
            launch.prepared(configured(job, tests), job.seed)
        except RegistryError as error:
            place = folder / f"{'failed_seeds' if job.tier == failed.TIER else job.tier}.toml"
            raise RegistryError(f"{shown(place)}: job {job.id}: {error}") from None
        good.add(kind)


def configured(job: Job, tests: Mapping[str, Test]) -> Test:
    """The test of ``job`` with its settings. Raises RegistryError."""
    return registry.configure(registry.find(tests, job.test), job.settings)
