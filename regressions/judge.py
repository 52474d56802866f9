# SPDX-License-Identifier: Apache-2.0
"""Decide whether a finished run is green.

Everything must speak for it: a normal exit, cocotb's own results, what the test says it checked, and a log
without an error. Silence is a failure: a test that ran nothing or compared nothing is red.
"""

import json
import re
import signal
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass, field
from pathlib import Path

# cocotb and pyuvm put the level in the second column, after the simulated time; Verilator begins with %.
ERROR_LINE = re.compile(r"^\s*(?:\S+\s+)?(?:ERROR|CRITICAL)\s|^(?:\[\d+\] )?%(?:Error|Fatal)")
ASSERTION = re.compile(r"^(?:\[\d+\] )?%")
RAISED = re.compile(r"^[\w.]*(?:Error|Exception)\b")
FIGURES = (
    "checks", "frames", "cycles", "cycles_per_frame", "latency_cycles", "ledger", "words", "divergence",
)  # fmt: skip


@dataclass(frozen=True)
class Verdict:
    """Green without a ``reason``; ``outcome`` is what the test wrote, empty where it wrote nothing.

    ``signal`` is what ended the simulator where that was no limit of ours: then the run says nothing.
    """

    reason: str
    outcome: dict = field(default_factory=dict)
    signal: str = ""


def is_error(line: str) -> bool:
    """Whether a line of the log was logged as an error, or is an assertion that failed."""
    return ERROR_LINE.match(line) is not None


def judge(out_dir: Path, status: int, limit: str = "") -> Verdict:
    """Judge the run in ``out_dir``: its process's ``status`` and the limit that stopped it, if one did."""
    outcome, lacks = _outcome(out_dir / "outcome.json")
    lines = (out_dir / "sim.log").read_text(errors="replace").splitlines()
    errors = [line.strip() for line in lines if is_error(line)]
    reasons = [
        _ending(status, limit, lines),
        next((line for line in errors if ASSERTION.match(line)), ""),
        _cocotb(out_dir / "results.xml", lines),
        errors[0] if errors else "",
        f"the simulator exited with status {status}" if status > 0 else "",
        lacks,
    ]
    killed = signal.Signals(-status).name if status < 0 and not limit else ""
    return Verdict(next(filter(None, reasons), ""), outcome, killed)


def _ending(status: int, limit: str, lines: list[str]) -> str:
    if limit:
        return f"stopped after {limit}; last line: {lines[-1].strip()}"
    if status < 0:
        return f"the simulator was killed by {signal.Signals(-status).name}; last line: {lines[-1].strip()}"
    return ""


def _cocotb(path: Path, lines: list[str]) -> str:
    if not path.exists():
        raised = [line for line in lines if RAISED.match(line)]
        return f"cocotb left no results file{'; ' + raised[-1] if raised else ''}"
    try:
        cases = list(ElementTree.parse(path).iter("testcase"))
    except ElementTree.ParseError:
        return "cocotb's results file is not whole"
    if not cases:
        return "cocotb ran no test"
    for case in cases:
        for kind in ("failure", "error", "skipped"):
            if (found := case.find(kind)) is not None:
                text = found.get("error_msg") or found.get("message") or (found.text or "").strip()
                return f"{case.get('name')}: {kind}: {text.splitlines()[0] if text else 'no message'}"
    return ""


def _outcome(path: Path) -> tuple[dict, str]:
    """Return what the test wrote and what is wrong with it."""
    try:
        outcome = json.loads(path.read_text())
    except FileNotFoundError:
        return {}, "the test wrote no outcome.json"
    except json.JSONDecodeError as error:
        return {}, f"outcome.json is not JSON: {error}"
    if not isinstance(outcome, dict):
        return {}, "outcome.json holds no object"
    for name in ("frames", "checks", "mismatches"):
        if type(outcome.get(name)) is not int:
            return outcome, f"outcome.json: {name} is not a whole number: {outcome.get(name)!r}"
    if outcome["mismatches"]:
        return outcome, f"{outcome['mismatches']} mismatches"
    if outcome["frames"] <= 0:
        return outcome, "no frame was run"
    if outcome["checks"] <= 0:
        return outcome, "nothing was checked"
    return outcome, ""


def result(test: str, seed: int, verdict: Verdict, wall_s: float, rerun: str) -> dict:
    """Return the result of a run as it is kept and printed; ``wall_s`` includes the start of Python."""
    figures = {name: verdict.outcome[name] for name in FIGURES if name in verdict.outcome}
    cycles = figures.get("cycles")
    speed = {"sim_cycles_per_s": round(cycles / wall_s)} if isinstance(cycles, int) else {}
    return {
        "test": test,
        "seed": seed,
        "status": "fail" if verdict.reason else "pass",
        **({"reason": verdict.reason} if verdict.reason else {}),
        **({"signal": verdict.signal} if verdict.signal else {}),
        **figures,
        "wall_s": round(wall_s, 3),
        **speed,
        "rerun": rerun,
    }
