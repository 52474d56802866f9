# SPDX-License-Identifier: Apache-2.0
"""The hosted workflow calls only what exists, and installs what this project needs."""

import re
import shlex
import subprocess

import pytest
import yaml

from models.tests import test_nir_graphs
from regressions import doctor, registry
from regressions.paths import ROOT
from regressions.regress import lists

WORKFLOW = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text())
STEPS = [step for job in WORKFLOW["jobs"].values() for step in job["steps"]]
COMMANDS = [step["run"] for step in STEPS if step.get("run", "").startswith("make ")]


def test_it_installs_what_doctor_names():
    packages = WORKFLOW["env"]["PACKAGES"].split()
    assert {package for _, _, _, package in doctor.NEEDED} <= set(packages)
    assert set(WORKFLOW["env"]["MUR_REQUIRE"].split()) == {"chromium", "lint", "formal", "train", "nir"}
    assert "chromium" in packages
    run = (ROOT / ".ci/run").read_text()
    assert 'export MUR_REQUIRE="chromium lint formal train"' in run
    assert 'MUR_REQUIRE="$MUR_REQUIRE nir"' in run
    installed = " ".join(step.get("run", "") for step in STEPS)
    for package in (*test_nir_graphs.LIBRARIES.split(), "nirtorch==2.6"):
        assert package in run and package in installed


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_exists(command):
    _, target, *settings = shlex.split(command)
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.M)
    given = dict(setting.split("=", 1) for setting in settings)
    given.pop("SEED", None)
    if target == "sim":
        test = registry.find(registry.load(), given.pop("TEST"))
        registry.configure(test, given)
    if target == "regress":
        assert lists.load(given.pop("LIST"), registry.TESTS.parent, registry.load()).jobs
    assert target == "sim" or not given


def test_reports_are_kept_whatever_the_verdict():
    uploads = [step for step in STEPS if "upload-artifact" in step.get("uses", "")]
    assert len(uploads) == len(WORKFLOW["jobs"])
    assert all(step["if"] == "always()" for step in uploads)


def test_a_branch_with_a_pull_request_runs_once():
    events = WORKFLOW[True]  # the key `on` means yes in YAML 1.1
    assert events["push"] == {"branches": ["main"]}
    assert "pull_request" in events


def test_fresh_demands_its_folder():
    done = subprocess.run([ROOT / ".ci/fresh"], capture_output=True, text=True)
    assert done.returncode == 2
    assert (
        done.stderr
        == "error: .ci/fresh FOLDER [FIRST]: FOLDER is missing, want one that does not exist yet\n"
    )
