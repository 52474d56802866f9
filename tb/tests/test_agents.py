# SPDX-License-Identifier: Apache-2.0
"""What the ConfigDB says of an agent decides what it is made of."""

import pytest
from pyuvm import ConfigDB, uvm_active_passive_enum, uvm_root

from tb.agents.register import RegisterAgent


@pytest.mark.parametrize(
    ("how", "parts"),
    [
        (None, ["sequencer", "driver", "monitor"]),
        (uvm_active_passive_enum.UVM_ACTIVE, ["sequencer", "driver", "monitor"]),
        (uvm_active_passive_enum.UVM_PASSIVE, ["monitor"]),
    ],
)
def test_a_passive_agent_has_only_a_monitor(how, parts):
    for name in ("BFM", "SEED", "CONFIG"):
        ConfigDB().set(None, "*", name, None)
    if how is not None:
        ConfigDB().set(None, "agent", "is_active", how)
    try:
        agent = RegisterAgent("agent", None)
        agent.build_phase()
        agent.connect_phase()
        assert [part.get_name() for part in agent.children] == parts
    finally:
        uvm_root().clear_children()
        ConfigDB().clear()
