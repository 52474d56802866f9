# SPDX-License-Identifier: Apache-2.0
"""The registers through the register model: both doors, the mirror, and built-in tests in every state.

Every access meets stalls of its own. SPOIL=expect corrupts the first expectation of every case, SPOIL=frames
the first result of all good frames; the others put in a spoilt part (tb/registers/spoilt.py).
"""

from collections.abc import Mapping

import pyuvm
from pyuvm import uvm_factory

from tb.agents.register import RegisterDriver, StallingRegisterDriver
from tb.registers import cases
from tb.registers.builtin import RegisterBench
from tb.registers.spoilt import SPOILS
from tb.tests_sim.cases import chosen, run_cases

MODULES = (cases,)
ALL_SPOILS = ("expect", "frames", *SPOILS)


def prepare(params: Mapping, _seed: int) -> dict:
    """Nothing to hand over; RegistryError when ONLY= names no case, or SPOIL= nothing that can be spoilt."""
    chosen(MODULES, params, ALL_SPOILS)
    return {}


@pyuvm.test()
class Registers(RegisterBench):
    """See the module."""

    def build_phase(self) -> None:
        """The bench, with the parts that this test wants otherwise."""
        super().build_phase()
        uvm_factory().set_type_override_by_type(RegisterDriver, StallingRegisterDriver)
        if part := SPOILS.get(str(self.job.param("spoil", ""))):
            uvm_factory().set_type_override_by_type(*part)

    async def body(self) -> None:
        """All cases; those that fail are named together at the end."""
        await run_cases(self, MODULES, ALL_SPOILS)
