# SPDX-License-Identifier: Apache-2.0
"""Runs that checked nothing, logged an error, hung or died are red, for users of the command too."""

import subprocess
import sys

import pytest

from regressions.paths import ROOT
from tb.tests.simulation import simulate

REASONS = {
    "no_frames": "no frame was run",
    "no_checks": "nothing was checked",
    "logged_error": "a fault was asked for",
    "dead_simulator": "killed by SIGKILL",
    "exception": "a fault was asked for",
    "hang": "not done after",
    "endless": "not over after 6,000,000 cycles",
    "other_images": "DUT",  # the scoreboard judges by what monitors saw
    "other_frames": "DUT",
    "unanswered": "1 items were seen and never compared",
    "between_batches": "never compared: 48 results, 160 commits, 8 starts, 8 dones, 8 packets",
    "after_the_last": "outside a batch",
    "no_bin": "error.place: no bin 'nowhere'",
    "register_counter": "1 values differ",
    "frames_register": "1 values differ",
    "cycles_register": "1 values differ",
}


@pytest.mark.parametrize("fault", REASONS)
def test_red(fault, tmp_path):
    result = simulate("smoke", tmp_path, fault=fault)
    assert result["status"] == "fail"
    assert REASONS[fault] in result["reason"]


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["smokes"], 2, "did you mean smoke?"),
        (["smoke", "--set", "FALT=1"], 2, "FALT=1: test smoke has no such setting"),
        (["smoke", "--set", "FAULT=no_frames", "--seed", "990001"], 1, "no frame was run"),
    ],
)
def test_exit_status(arguments, status, message):
    command = [sys.executable, "-m", "regressions.cli", "sim", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == status
    assert message in done.stdout + done.stderr
