# SPDX-License-Identifier: Apache-2.0
"""Hand-made legal programs at the edges of the machine, compared with the model bit for bit.

A case is a function of one of MODULES. ONLY=text runs the cases with that text in their name;
SPOIL=frames corrupts the first result of every run, so that each case can be seen red. cases.json beside
the result lists what ran and what each red case said.
"""

import json

import pyuvm

from tb.base_test import Diverged
from tb.tests_sim import directed_elements, directed_fire, directed_loops, directed_order
from tb.tests_sim.directed_bench import DirectedBench
from tb.tests_sim.error_bench import RED

MODULES = (directed_loops, directed_fire, directed_elements, directed_order)
SPOILS = ("", "frames")


@pyuvm.test()
class Directed(DirectedBench):
    """See the module."""

    async def body(self) -> None:
        """All cases; those that fail are named together at the end."""
        self.prepare()
        if self.spoil not in SPOILS:
            raise ValueError(f"SPOIL={self.spoil!r} is none of {SPOILS}")
        only = str(self.job.param("only", ""))
        cases = {name: run for module in MODULES for name, run in module.cases().items() if only in name}
        red: dict[str, str] = {}
        for name, run in cases.items():
            self.expected = 0
            try:
                await run(self)
            except RED as error:
                red[name] = str(error)
                print(f"mur> {name}: {error}", flush=True)
                await self.recover()
        self.figures["cases"] = len(cases)
        answer = {"ran": list(cases), "red": red}
        (self.job.out_dir / "cases.json").write_text(json.dumps(answer, indent=1) + "\n")
        print(f"mur> {len(cases) - len(red)} of {len(cases)} cases green", flush=True)
        if red:
            raise Diverged(f"{len(red)} of {len(cases)} cases are red: {', '.join(red)}")
