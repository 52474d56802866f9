# SPDX-License-Identifier: Apache-2.0
"""Every error bit and every command, each raised by what should raise it, and good frames after it.

A case is a function of one of MODULES; sweeps give their command every STEP cycles. ONLY=text runs the cases
with that text in their name. SPOIL=expect corrupts the first expectation of every case and SPOIL=frames the
first result of all good frames, so that each case can be seen red. cases.json beside the result lists what
ran and what each red case said.
"""

import json

import pyuvm

from tb.base_test import Diverged
from tb.tests_sim import (
    control,
    control_bus,
    control_patience,
    control_registers,
    control_reset,
    control_sweeps,
    errors_frames,
    errors_images,
    errors_overflow,
    errors_program,
    errors_steps,
    errors_twice,
)
from tb.tests_sim.error_bench import RED, ErrorBench

MODULES = (
    errors_program, errors_overflow, errors_images, errors_frames, errors_twice, errors_steps, control,
    control_registers, control_sweeps, control_reset, control_patience, control_bus,
)  # fmt: skip
SPOILS = ("", "expect", "frames")


@pyuvm.test()
class Errors(ErrorBench):
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
