# SPDX-License-Identifier: Apache-2.0
"""Functional coverage of many runs together, against the plan (regressions/testplan.toml)."""

from regressions.funccov.goals import check
from regressions.funccov.merge import Merged, merge

__all__ = ["Merged", "check", "merge"]
