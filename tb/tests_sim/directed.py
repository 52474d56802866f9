# SPDX-License-Identifier: Apache-2.0
"""Hand-made legal programs at the edges of the machine, compared with the model bit for bit.

A case is a function of one of MODULES (tb/tests_sim/cases.py runs them). SPOIL=frames corrupts the first
result of every run, so that each case can be seen red.
"""

from collections.abc import Mapping

import pyuvm

from tb.tests_sim import (
    directed_elements,
    directed_fire,
    directed_loops,
    directed_modes,
    directed_order,
    directed_pace,
    directed_wide,
)
from tb.tests_sim.cases import chosen, run_cases
from tb.tests_sim.directed_bench import DirectedBench

MODULES = (
    directed_loops, directed_fire, directed_elements, directed_order, directed_modes, directed_pace,
    directed_wide,
)  # fmt: skip
SPOILS = ("frames",)


def prepare(params: Mapping, _seed: int) -> dict:
    """Nothing to hand over; RegistryError when ONLY= names no case, or SPOIL= nothing that can be spoilt."""
    chosen(MODULES, params, SPOILS)
    return {}


@pyuvm.test()
class Directed(DirectedBench):
    """See the module."""

    async def body(self) -> None:
        """All cases; those that fail are named together at the end."""
        await run_cases(self, MODULES, SPOILS)
