# SPDX-License-Identifier: Apache-2.0
"""The toy's tests, and one home below pytest's temporary folder so that nothing real is touched."""

from dataclasses import replace
from pathlib import Path

import pytest

from regressions import registry
from regressions.tests import codecov_data
from regressions.tests.shell import make

FIXTURES = Path(__file__).with_name("fixtures")


@pytest.fixture(scope="session")
def toy() -> registry.Test:
    """Return the healthy test of the toy."""
    return registry.load(FIXTURES / "toy.toml")["toy"]


@pytest.fixture
def ill(toy):
    """Return a function from the name of an ill test to that test."""
    return lambda cls, **changes: replace(toy, name=f"toy-{cls}", cls=cls, **changes)


@pytest.fixture
def root(tmp_path) -> Path:
    """Return a tree with the source of which codecov_data.py has coverage."""
    return codecov_data.tree(tmp_path)


@pytest.fixture(scope="session")
def smoke() -> None:
    """The build of `make sim TEST=smoke` is there."""
    done = make("sim", "TEST=smoke")
    assert done.returncode == 0, done.stderr
