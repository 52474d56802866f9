# SPDX-License-Identifier: Apache-2.0
"""Registers and memories begin at random; no verdict, cycle, counter or bin depends on their first values."""

import re

import pytest

from regressions import launch
from regressions.mutate import listed, trial
from tb.seeds import derive
from tb.tests.simulation import log, simulate

SEED = 3
BEGINNINGS = {
    "all zero": ("+verilator+rand+reset+0",),
    "all one": ("+verilator+rand+reset+1",),
    "another seed": ("+verilator+seed+4711",),
    "a third": ("+verilator+seed+4712",),
}
SMALL = {"LANES": "8", "RESULT_W": "128", "VEC_DEPTH": "256"}
RUNS: dict[str, dict[str, object]] = {
    "random": {"NETWORKS": 3, "LARGEST": 40},
    "errors": {"ONLY": "reset: "},
    "directed": {},
}
NOISE = ("wall_s", "sim_cycles_per_s", "rerun")


@pytest.mark.parametrize("name", RUNS)
def test_nothing_depends_on_it(name, tmp_path):
    def outcome(plusargs=()) -> tuple[dict, str]:
        """What the run found out, but for times, and every bin of functional coverage."""
        result = simulate(name, tmp_path, SEED, False, plusargs, **{**SMALL, **RUNS[name]})
        bins = (tmp_path / name / str(SEED) / "functional.xml").read_text()
        return {key: value for key, value in result.items() if key not in NOISE}, bins

    usual = outcome()
    assert usual[0]["status"] == "pass" and usual[0]["checks"] > 0
    for beginning, plusargs in BEGINNINGS.items():
        assert outcome(plusargs) == usual, beginning


def test_it_is_random_and_said(tmp_path):
    """The log begins with the line that repeats the run, and no two seeds begin alike."""
    told = set()
    for seed in (1, 2):
        simulate("smoke", tmp_path, seed)
        first = log("smoke", tmp_path, seed).splitlines()[0]
        (number,) = re.findall(r"\+verilator\+rand\+reset\+2 \+verilator\+seed\+(\d+)$", first)
        assert int(number) == derive(seed, "verilator") % (2**31 - 1) + 1
        told.add(number)
    assert len(told) == 2


def test_a_memory_that_is_not_cleared_is_seen(tmp_path):
    """A planted bug that zeros hide: so the beginnings above do reach the design."""
    everything = listed.load()
    (bug,) = (one for one in everything.mutants if one.bug.startswith("no state word is cleared"))
    once = listed.Kill("once", "walkthrough", SMALL)
    test = trial.ready([once], everything.mutants, tmp_path).planted["once"]  # one utterance only

    def verdict(beginning: str) -> str:
        plusargs = (f"+mutant={bug.id}", *BEGINNINGS[beginning])
        return launch.run(test, SEED, "", home=tmp_path, plusargs=plusargs)["status"]

    assert (verdict("all zero"), verdict("another seed")) == ("pass", "fail")
