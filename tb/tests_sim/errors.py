# SPDX-License-Identifier: Apache-2.0
"""Every error bit and every command, each raised by what should raise it, and good frames after it.

A case is a function of one of MODULES (tb/tests_sim/cases.py runs them); sweeps give their command every
STEP cycles. SPOIL=expect corrupts the first expectation of every case and SPOIL=frames the first result of
all good frames, so that each case can be seen red.
"""

from collections.abc import Mapping

import pyuvm

from tb.tests_sim import (
    control,
    control_bus,
    control_patience,
    control_registers,
    control_reset,
    control_states,
    control_sweeps,
    errors_commands,
    errors_frames,
    errors_images,
    errors_overflow,
    errors_pins,
    errors_program,
    errors_steps,
    errors_together,
    errors_twice,
)
from tb.tests_sim.cases import chosen, run_cases
from tb.tests_sim.error_bench import ErrorBench

MODULES = (
    errors_program, errors_overflow, errors_images, errors_frames, errors_twice, errors_together,
    errors_steps, errors_commands, control, control_states, control_registers, control_sweeps, control_reset,
    control_patience, control_bus, errors_pins,
)  # fmt: skip
SPOILS = ("expect", "frames")


def prepare(params: Mapping, _seed: int) -> dict:
    """Nothing to hand over; RegistryError when ONLY= names no case, or SPOIL= nothing that can be spoilt."""
    chosen(MODULES, params, SPOILS)
    return {}


@pyuvm.test()
class Errors(ErrorBench):
    """See the module."""

    async def body(self) -> None:
        """All cases; those that fail are named together at the end."""
        await run_cases(self, MODULES, SPOILS)
