# SPDX-License-Identifier: Apache-2.0
"""Planted bugs in simulations: none changes nothing, a fixed sample dies, an interrupted table goes on."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace

import pytest

from regressions import children, launch
from regressions.build import BuildError
from regressions.mutate import command, listed, plant, table, trial
from regressions.paths import ROOT

EVERYTHING = listed.load()
SAMPLE = listed.choose(EVERYTHING.mutants, "sample")
KILLERS = tuple(kill for kill in EVERYTHING.kills if kill.name in {one.killer for one in SAMPLE})
LEFT_OUT = ("wall_s", "sim_cycles_per_s", "rerun")
LIMIT_S = 300


@pytest.fixture(scope="module")
def bench(tmp_path_factory) -> trial.Bench:
    """The runs that find the sample, on the one build that holds all bugs."""
    found = trial.ready(KILLERS, EVERYTHING.mutants, tmp_path_factory.mktemp("mutate"))
    assert len({tuple(sorted(test.build.params.items())) for test in found.planted.values()}) == 1
    found.build()
    return found


def test_no_bug_is_the_original(bench, tmp_path):
    for kill in KILLERS:
        results = [
            launch.run(test[kill.name], kill.seed, "", home=tmp_path / name)
            for name, test in (("planted", bench.planted), ("original", bench.tests))
        ]
        figures = [{key: result[key] for key in result if key not in LEFT_OUT} for result in results]
        assert figures[0] == figures[1]
        assert figures[0]["status"] == "pass", figures[0]
        assert figures[0]["cycles"] > 0


def test_the_sample_is_found(bench):
    found = table.Table(replace(EVERYTHING, kills=KILLERS), SAMPLE)
    for one in trial.side_by_side(bench, SAMPLE, os.cpu_count() or 1, first_only=True):
        found.trials[one.id] = one
    assert not found.faults(), "\n".join(found.lines())
    assert found.count("killed") == len(SAMPLE)


def test_a_bug_that_nothing_finds_survives(bench):
    """The verdict comes from the run, not from the list."""
    nothing = replace(SAMPLE[0], id=99_999)  # a number that no planted bug has
    assert bench.attack(nothing, first_only=True).killed_by == ""


TABLE = """
import sys
from pathlib import Path
from regressions.cli import _one_line
from regressions.mutate import command, listed, table
from dataclasses import replace
everything = listed.load()
names = {names!r}
everything = replace(everything, kills=tuple(kill for kill in everything.kills if kill.name in names))
found = table.Table(everything, listed.choose(everything.mutants, "sample")[:6])
with _one_line():
    command.attack(found, 1, Path({home!r}))
    print(len(found.trials))
"""


def test_interrupted_then_resumed(bench, tmp_path):
    text = TABLE.format(names=[SAMPLE[0].killer], home=str(tmp_path))
    store = tmp_path / "found.json"
    process = subprocess.Popen([sys.executable, "-c", text], cwd=ROOT, stderr=subprocess.PIPE, text=True)
    limit = time.monotonic() + LIMIT_S
    while not (store.exists() and json.loads(store.read_text())["trials"]):
        assert process.poll() is None and time.monotonic() < limit
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=LIMIT_S)[1]
    assert process.returncode == 130
    assert said.splitlines()[-1] == "error: interrupted"
    kept = json.loads(store.read_text())["trials"]
    assert 1 <= len(kept) < 6
    done = subprocess.run(
        [sys.executable, "-c", text], cwd=ROOT, capture_output=True, text=True, timeout=LIMIT_S
    )
    assert (done.returncode, done.stdout.split()[-1]) == (0, "6"), done.stderr
    trials = json.loads(store.read_text())["trials"]
    assert len(trials) == 6
    assert {key: trials[key] for key in kept} == kept  # with their seconds: they were not run again


def test_a_killed_worker_is_told(bench, tmp_path, monkeypatch):
    monkeypatch.setattr(trial.Bench, "attack", lambda *a: os.kill(os.getpid(), signal.SIGKILL))
    monkeypatch.setattr(trial.Bench, "run", lambda *a: "")
    found = table.Table(replace(EVERYTHING, kills=KILLERS[:1]), SAMPLE[:2])
    with pytest.raises(command.BuildError, match="a process that ran a mutant was killed"):
        command.attack(found, 1, tmp_path)
    assert not found.trials


def test_a_killed_simulator_is_no_kill(bench, tmp_path, monkeypatch):
    """By anybody: only the limit of processor time, when it is used up, is the bug's own doing."""

    def killer(command, lock, cpu_s=None, **settings):
        return group(["sh", "-c", "kill -9 $$"], lock, cpu_s, **settings)

    group = children.group
    monkeypatch.setattr(launch.children, "group", killer)
    found = table.Table(replace(EVERYTHING, kills=KILLERS[:1]), SAMPLE[:1])
    with pytest.raises(BuildError, match="with no bug: its simulator was killed by SIGKILL"):
        command.attack(found, 1, tmp_path)
    with pytest.raises(BuildError, match=f"with mutant {SAMPLE[0].id}: its simulator was killed by SIGKILL"):
        bench.attack(SAMPLE[0])
    assert not found.trials


def test_a_hang_is_a_kill(bench, monkeypatch):
    def busy(command, lock, cpu_s=None, **settings):
        return group(["sh", "-c", "while :; do :; done"], lock, 1, **settings)

    group = children.group
    monkeypatch.setattr(trial, "CPU_S", 1)
    monkeypatch.setattr(launch.children, "group", busy)
    one = bench.attack(SAMPLE[0], first_only=True)
    assert one.killed_by == SAMPLE[0].killer
    assert one.reason.startswith("stopped after 1 s of processor time")


def test_the_whole_list_is_planted_at_one_place(bench):
    """What these tests build is what `make mutate` builds."""
    for test in bench.planted.values():
        assert test.build.sources[0] == plant.HOME / "rtl" / "mur_mutant.sv"
