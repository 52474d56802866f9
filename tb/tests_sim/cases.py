# SPDX-License-Identifier: Apache-2.0
"""A simulation that is a table of cases: choose, run all, name the red ones together.

ONLY=text runs the cases with that text in their name. cases.json beside the result lists what ran and what
each red case said.
"""

import difflib
import json
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from typing import Protocol

from regressions.registry import RegistryError, name_of
from tb.base_test import Diverged
from tb.tests_sim.error_bench import RED, ErrorBench


class CaseModule(Protocol):
    """A module with a table of cases: name -> what runs it on a bench."""

    def cases(self) -> dict[str, Callable[..., Awaitable[None]]]:
        """The table; names begin with their kind and a colon."""


def chosen(
    modules: Iterable[CaseModule], params: Mapping, spoils: Collection[str]
) -> dict[str, Callable[..., Awaitable[None]]]:
    """The cases that ONLY= leaves, all without it; RegistryError when it leaves none.

    ``spoils``: what SPOIL= may be; RegistryError for another.
    """
    name_of("SPOIL", params["spoil"], spoils)
    only = params["only"]
    everything = {name: run for module in modules for name, run in module.cases().items()}
    found = {name: run for name, run in everything.items() if only in name}
    if not found:
        near = difflib.get_close_matches(only, everything, n=3, cutoff=0.5)
        kinds = sorted({name.partition(":")[0] for name in everything})
        hint = f"did you mean {' or '.join(map(repr, near))}?" if near else f"kinds: {', '.join(kinds)}"
        raise RegistryError(f"ONLY={only}: no case has this in its name; {hint}")
    return found


async def run_cases(bench: ErrorBench, modules: Iterable[CaseModule], spoils: Collection[str]) -> None:
    """Run what ONLY= leaves of all tables on ``bench``; Diverged with the names of the red ones.

    Raises as ``chosen``.
    """
    bench.prepare()
    cases = chosen(modules, bench.job.params, spoils)
    red: dict[str, str] = {}
    for name, run in cases.items():
        bench.expected = 0
        try:
            await run(bench)
        except RED as error:
            red[name] = str(error)
            print(f"mur> {name}: {error}", flush=True)
            await bench.recover()
    bench.figures["cases"] = len(cases)
    answer = {"ran": list(cases), "red": red}
    (bench.job.out_dir / "cases.json").write_text(json.dumps(answer, indent=1) + "\n")
    print(f"mur> {len(cases) - len(red)} of {len(cases)} cases green", flush=True)
    if red:
        raise Diverged(f"{len(red)} of {len(cases)} cases are red: {', '.join(red)}")
