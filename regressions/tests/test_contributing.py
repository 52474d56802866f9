# SPDX-License-Identifier: Apache-2.0
"""The worked example of CONTRIBUTING.md, copied out of the page, is a green test."""

import re
import shutil

import pytest

from regressions import launch, registry
from regressions.paths import ROOT

PAGE = (ROOT / "CONTRIBUTING.md").read_text()


def block(path: str) -> str:
    """The code block after the page's mention of the file ``path``."""
    found = re.search(rf"`{re.escape(path)}`:\n\n```\w+\n(.*?)```", PAGE, flags=re.S)
    assert found, path
    return found[1]


@pytest.fixture
def with_example(tmp_path, monkeypatch):
    """The example is there: its class in a copy of the Python tree, its entry in a copy of the list."""
    copy = tmp_path / "tree"
    for name in ("models", "tb", "regressions"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    (copy / "tb" / "tests_sim" / "silence.py").write_text(block("tb/tests_sim/silence.py"))
    entries = tmp_path / "tests.toml"
    entries.write_text(f"{registry.TESTS.read_text()}\n{block('regressions/tests.toml')}")
    load = registry.load
    monkeypatch.setattr(registry, "load", lambda: load(entries))
    monkeypatch.setattr(launch, "ROOT", copy)  # where the simulator's Python looks for modules


def test_example_is_green(with_example, tmp_path):
    names: dict = {}
    exec(compile(block("tb/tests/test_silence.py"), "CONTRIBUTING.md", "exec"), names)
    names["test_silence"](tmp_path)


def test_example_can_be_listed(with_example):
    assert registry.load()["silence"].about == "frames of zeros (FRAMES=n)"
