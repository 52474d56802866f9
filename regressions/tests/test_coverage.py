# SPDX-License-Identifier: Apache-2.0
"""COVERAGE=1: simulators of the harness and of mur_top alone are built, run, and leave what they counted."""

import re
import shutil

import pytest

from regressions.codecov import waivers
from regressions.codecov.report import gather
from regressions.paths import BUILD
from regressions.tests.shell import UNUSED, make

POINT = re.compile(r"^C '.*?\x02v_(\w+)/(mur_\w+?)(?:__\w+)?\x01.*' (\d+)$", re.M)  # kind, module, how often


@pytest.mark.parametrize("name", ["smoke", "pins"])
def test_a_run_counts_what_it_covers(name):
    done = make("sim", f"TEST={name}", "COVERAGE=1", f"SEED={UNUSED}")
    assert done.returncode == 0, done.stderr
    assert f"PASS  {name}" in done.stdout
    path = BUILD / name / UNUSED / "coverage.dat"
    text = path.read_text()
    report = gather([path], waivers.load())
    shutil.rmtree(BUILD / name / UNUSED)
    seen = {(kind, module) for kind, module, count in POINT.findall(text) if int(count)}
    assert {(kind, "mur_image") for kind in ("line", "branch", "toggle", "expr")} <= seen
    assert report.problems == report.absent == []  # every module of rtl/ has figures
    assert report.wide == {}
