# SPDX-License-Identifier: Apache-2.0
"""Code coverage of ``rtl/`` over many runs, from what Verilator counted in each (COVERAGE=1)."""

from regressions.codecov.goals import check
from regressions.codecov.merge import merge
from regressions.codecov.report import Report

__all__ = ["Report", "check", "merge"]
