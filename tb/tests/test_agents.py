# SPDX-License-Identifier: Apache-2.0
"""What the ConfigDB says of an agent decides what it is made of, and the factory what each part is."""

import ast
import importlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyuvm import (
    ConfigDB,
    uvm_active_passive_enum,
    uvm_analysis_port,
    uvm_factory,
    uvm_object,
    uvm_port_base,
    uvm_root,
    uvm_sequencer,
)

from tb import items
from tb.agents.register import RegisterAgent, RegisterDriver, RegisterMonitor, StallingRegisterDriver
from tb.items import RegisterAccess

TB = Path(__file__).resolve().parents[1]


@pytest.fixture
def agent() -> Iterator[RegisterAgent]:
    """One that is not built yet."""
    for name in ("BFM", "SEED", "CONFIG"):
        ConfigDB().set(None, "*", name, None)
    try:
        yield RegisterAgent.create("agent", None)
    finally:
        uvm_root().clear_children()
        uvm_factory().clear_overrides()
        ConfigDB().clear()


@pytest.mark.parametrize(
    ("how", "parts"),
    [
        (None, ["sequencer", "driver", "monitor"]),
        (uvm_active_passive_enum.UVM_ACTIVE, ["sequencer", "driver", "monitor"]),
        (uvm_active_passive_enum.UVM_PASSIVE, ["monitor"]),
    ],
)
def test_a_passive_agent_has_only_a_monitor(agent, how, parts):
    if how is not None:
        ConfigDB().set(None, "agent", "is_active", how)
    agent.build_phase()
    agent.connect_phase()
    assert [part.get_name() for part in agent.children] == parts


class OtherSequencer(uvm_sequencer):
    """Takes the place of one."""


class OtherMonitor(RegisterMonitor):
    """Takes the place of one."""


@pytest.mark.parametrize(
    ("part", "sound", "other"),
    [
        ("sequencer", uvm_sequencer, OtherSequencer),
        ("driver", RegisterDriver, StallingRegisterDriver),
        ("monitor", RegisterMonitor, OtherMonitor),
    ],
)
def test_an_override_by_type_takes_the_place_of_a_part(agent, part, sound, other):
    uvm_factory().set_type_override_by_type(sound, other)
    agent.build_phase()
    assert {name: type(getattr(agent, name)) is other for name in ("sequencer", "driver", "monitor")} == {
        name: name == part for name in ("sequencer", "driver", "monitor")
    }


def test_items_are_set_as_declared():
    item = RegisterAccess.create("item").having(accesses=[(4, None)], strobe=3)
    assert (item.accesses, item.strobe, item.refusable) == ([(4, None)], 3, False)
    assert RegisterAccess.create("other").strobe == 15
    with pytest.raises(AttributeError, match="RegisterAccess declares no strobes"):
        item.having(strobes=3)


def made_directly(text: str, names: dict[str, object]) -> list[str]:
    """Calls in ``text``, whose names are ``names``, of classes that the factory should make."""
    made = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call) and (called := ast.unparse(node.func)).replace(".", "").isidentifier():
            try:
                kind = eval(called, dict(names))
            except (NameError, AttributeError):  # something of a function's own
                continue
            if (
                isinstance(kind, type)
                and issubclass(kind, uvm_object)
                and not issubclass(kind, uvm_port_base)
            ):
                made.append(f"{called} in line {node.lineno}")
    return made


def test_the_factory_makes_all_that_it_can():
    for path in TB.rglob("*.py"):
        if "tests" not in path.parts:
            module = importlib.import_module(".".join(path.relative_to(TB.parent).with_suffix("").parts))
            assert made_directly(path.read_text(), vars(module)) == [], path


def test_what_the_factory_did_not_make_is_seen():
    text = (
        "def part():\n    uvm_sequencer('x')\n    items.FrameBatch('x')\n    uvm_analysis_port('x', None)\n"
    )
    names = {"uvm_sequencer": uvm_sequencer, "items": items, "uvm_analysis_port": uvm_analysis_port}
    assert made_directly(text, names) == ["uvm_sequencer in line 2", "items.FrameBatch in line 3"]
