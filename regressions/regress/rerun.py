# SPDX-License-Identifier: Apache-2.0
"""`make rerun`: the failures of the last report once more, with waves."""

from pathlib import Path

from regressions import launch, registry, summary
from regressions.paths import BUILD, shown
from regressions.registry import RegistryError
from regressions.regress import report
from regressions.regress.jobs import command


def main(tests_file: Path = registry.TESTS, home: Path = BUILD) -> int:
    """Repeat one failure of each signature, the quickest, and say how to see its waves; 0 when all pass now.

    Runs go where `make sim` leaves them. Raises RegistryError when there is no report, or no failure in it,
    and as `launch.run` does.
    """
    tests = registry.load(tests_file)
    red = 0
    taken: dict[tuple[str, int], str] = {}
    for job in _failures(home / "report" / "summary.json"):
        place = job["test"], job["seed"]
        line = command(*place, job["settings"], waves=True, coverage=job["coverage"])
        if place in taken:  # these waves would replace those
            print(f"left out, as {taken[place]} has its place; later: {line}", flush=True)
            continue
        taken[place] = job["id"]
        test = registry.configure(registry.find(tests, job["test"]), job["settings"])
        result = launch.run(test, job["seed"], line, waves=True, coverage=job["coverage"], home=home)
        print(summary.block(result, home / job["test"] / str(job["seed"])))
        print(f"  waves    make waves TEST={job['test']} SEED={job['seed']}", flush=True)
        red += result["status"] != "pass"
    return 1 if red else 0


def _failures(path: Path) -> list[dict]:
    """The quickest failed run of each signature in the report at ``path``."""
    red = [result for result in report.read(path)["results"] if result["status"] == "fail"]
    if not red:
        raise RegistryError(f"{shown(path)}: no failure in it, so there is nothing to repeat")
    red.sort(key=lambda result: -result.get("wall_s", float("inf")))
    return list({result["signature"]: result for result in red}.values())
