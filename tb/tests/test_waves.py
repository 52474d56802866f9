# SPDX-License-Identifier: Apache-2.0
"""WAVES=1: the wave file, its save file for GTKWave, and `make waves`. The texts: test_narrate.py."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from regressions import registry, wave_groups, waves
from regressions.paths import ROOT
from regressions.waves import TOP, Waves, time_of
from tb.tests.simulation import simulate

NARRATE, CORE = f"{TOP}.u_narrate", f"{TOP}.dut.u_core"
needs_gtkwave = pytest.mark.skipif(
    None in map(shutil.which, ("gtkwave", "xvfb-run")), reason="no gtkwave or xvfb-run"
)


def smoke(home: Path, **settings) -> Path:
    """Run `smoke` with waves; return its folder."""
    simulate("smoke", home, waves=True, **settings)
    return home / "smoke" / "1"


def gtkwave_says(home: Path, fst: Path, save: str, script: str) -> list[str]:
    """The words that ``script`` puts to its channel f, in GTKWave on ``fst`` with the save file ``save``."""
    (home / "tried.gtkw").write_text(save)
    tcl = home / "tried.tcl"
    tcl.write_text(f"set f [open {home}/said w]\n{script}\nclose $f\ngtkwave::/File/Quit\n")
    command: list[str | Path] = [
        "xvfb-run",
        "-a",
        "gtkwave",
        "--dump",
        fst,
        "--save",
        home / "tried.gtkw",
        "--script",
        tcl,
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    return (home / "said").read_text().split()


@pytest.fixture(scope="module")
def green(tmp_path_factory) -> Path:
    return smoke(tmp_path_factory.mktemp("green"))


@pytest.fixture(scope="module")
def red(tmp_path_factory) -> Path:
    return smoke(tmp_path_factory.mktemp("red"), fault="membrane")


@pytest.fixture(scope="module")
def wave(green) -> Waves:
    return Waves(green / waves.FST)


def saved(folder: Path) -> list[tuple[int, str, str]]:
    """Every trace of the save file: flags, name shown, path with its range."""
    found, flags = [], 0
    for line in (folder / waves.SAVE).read_text().splitlines():
        if line.startswith("@"):
            flags = int(line[1:], 16)
        elif match := re.fullmatch(r"\+\{(.*)\} (\S+)", line):
            found.append((flags, match[1], match[2]))
    return found


def path_of(name: str) -> tuple[str, int | None]:
    """A name of the save file as pywellen has it, and the width that its range says."""
    bare = re.sub(r"\[(\d+):0\]$", "", name)
    last = re.search(r"\[(\d+):0\]$", name)
    return re.sub(r"\.([^.]+)\.\1(\[\d+\])$", r".\1.\2", bare), int(last[1]) + 1 if last else None


# ---- the save file --------------------------------------------------------------------------------------
@pytest.mark.parametrize("run", ["green", "red"])
def test_every_signal_of_the_save_file_is_in_the_waves(run, request):
    folder = request.getfixturevalue(run)
    known = Waves(folder / waves.FST).vars
    traces = saved(folder)
    assert len(traces) > 200
    for _, _, name in traces:
        path, width = path_of(name)
        assert path in known, name
        var = known[path]
        if width is None:
            assert var.bitwidth == 1 or var.var_type == "LongInt", name
        else:
            assert var.bitwidth == width, name


def test_nothing_that_is_wanted_is_missing(wave):
    assert waves.missing(wave) == []
    chunk = wave.value(f"{TOP}.RESULT_W", 0) // 32
    assert chunk == 4
    titles = [group.title for group in wave_groups.groups(chunk)]
    assert titles[:3] == ["what happens", "clock, reset, state", "registers and control"]
    order = [titles.index(title) for title in ("frames in", "scanner 0", "digits", "lanes", "FIRE")]
    assert order == sorted(order)
    assert titles[-4:] == ["argmax", "results out", "ledger", "errors"]


def test_a_signal_that_the_design_lost_is_named_and_left_out(green, wave, monkeypatch, tmp_path, capsys):
    gone = wave_groups.Group("gone", (wave_groups.Row("dut.no_such_thing", wave_groups.HEX, "gone"),))
    monkeypatch.setattr(waves, "groups", lambda chunk: (gone, *wave_groups.groups(chunk)))
    for name in (waves.FST, "outcome.json", "sim.log"):
        shutil.copy(green / name, tmp_path)
    waves.write_save(tmp_path)
    said = capsys.readouterr().out
    assert said == "waves.gtkw leaves out what the design has not: mur_harness.dut.no_such_thing\n"
    assert "no_such_thing" not in (tmp_path / waves.SAVE).read_text()


def test_texts_are_shown_as_text_and_codes_by_name(green, wave):
    for flags, alias, name in saved(green):
        path, _ = path_of(name)
        is_text = path.startswith(f"{NARRATE}.") and wave.vars[path].bitwidth == 320
        assert bool(flags & wave_groups.ASCII) == is_text, alias
        assert (flags & wave_groups.ENUM == wave_groups.ENUM) == bool(wave.codes(path)), alias


@needs_gtkwave
def test_gtkwave_shows_every_trace(green, tmp_path):
    """GTKWave passes over a name that it does not know: it is asked what it shows, with all groups open."""
    text = (green / waves.SAVE).read_text()
    opened = text.replace("@c00200", "@800200").replace("@1401200", "@1000200")
    script = "foreach s [gtkwave::getDisplayedSignals] { puts $f $s }"
    shown = gtkwave_says(tmp_path, green / waves.FST, opened, script)
    assert set(shown) == {name for _, _, name in saved(green)}


# ---- names of codes --------------------------------------------------------------------------------------
def enumerations() -> dict[str, dict[int, str]]:
    """Every enumeration of rtl/ from its text, by what Verilator calls it."""
    found = {}
    for path in sorted((ROOT / "rtl").glob("*.sv")):
        text = re.sub(r"//.*", "", path.read_text())
        for body, name in re.findall(r"typedef enum logic \[[^]]*\]\s*\{([^}]*)\}\s*(\w+);", text):
            values, at = {}, 0
            for item in body.split(","):
                label, _, code = (part.strip() for part in item.partition("="))
                at = int(code.partition("'d")[2]) if code else at
                values[at] = label
                at += 1
            found[f"{path.stem}{'::' if path.stem == 'mur_pkg' else '.'}{name}"] = values
    return found


def test_every_enumeration_of_the_rtl_has_its_names_in_the_waves(wave):
    tables = {}
    for path, var in wave.vars.items():
        if var.enum_type:
            tables[var.enum_type[0]] = wave.codes(path)
    found = enumerations()
    assert len(found) >= 11
    assert {name: tables.get(name) for name in found} == found


# ---- the marker ------------------------------------------------------------------------------------------
def marker(folder: Path) -> int:
    line = next(line for line in (folder / waves.SAVE).read_text().splitlines() if line.startswith("*"))
    return int(line.split()[1])


def test_the_marker_stands_at_the_divergence(red):
    result = json.loads((red / "result.json").read_text())
    found = result["divergence"]
    assert f"cycle {found['cycle']}" in result["reason"]
    assert found["sentence"] in result["reason"]
    wave = Waves(red / waves.FST)
    at = marker(red)
    assert wave.vars[f"{TOP}.cycle"].signal.value_at(at) == found["cycle"]
    # The commit named in the sentence is the one that stands there.
    assert wave.vars[f"{CORE}.tap_o.lif.valid"].signal.value_at(at) == 1
    value = int(re.search(r"membrane DUT (-?\d+), model (-?\d+)", found["sentence"])[2])
    lane = int(re.search(r"neuron (\d+)", found["sentence"])[1]) % 4
    # The fault adds 1 to what the harness recorded; the waves show what the RTL had.
    assert wave.value(f"{CORE}.tap_o.lif.v.[{lane}]", found["cycle"]) == value % 65536
    note = " ".join(re.findall(r"^@200\n-(.*)", (red / waves.SAVE).read_text(), flags=re.M))
    assert note == found["sentence"]


def test_without_a_divergence_the_window_opens_on_the_first_frame(green, wave):
    text = (green / waves.SAVE).read_text()
    assert marker(green) == -1
    left = int(re.search(r"\[timestart\] (\d+)", text)[1])
    starts = [c for c in range(3000) if wave.value(f"{CORE}.tap_o.frame_start", c)]
    assert left == time_of(starts[0] - waves.CYCLES_BEFORE)
    assert "@200\n" not in text


def test_a_cycle_lies_where_the_waves_say(wave):
    for cycle in (1, 2, 777, 3000):
        assert wave.value(f"{TOP}.cycle", cycle) == cycle
        assert wave.vars[f"{TOP}.clk"].signal.value_at(time_of(cycle)) == 0  # its falling edge


def test_the_marker_of_a_failed_assertion(tmp_path):
    (tmp_path / "sim.log").write_text(
        "- something\n"
        "[10215] %Error: mur_digit.sv:184: Assertion failed in mur_harness.dut.u_core.u_work.g_scan[0].u_scan"
        ".u_digit.a_naf: two neighbouring digits of a number are both non-zero\n"
        "[10225] %Error: another\n"
    )
    (tmp_path / "outcome.json").write_text('{"divergence": {"cycle": 3, "sentence": "later"}}')
    assert waves.trouble(tmp_path) == (
        1021, "mur_digit.sv:184: a_naf: two neighbouring digits of a number are both non-zero",
    )  # fmt: skip


# ---- make waves ------------------------------------------------------------------------------------------
def refusal(capsys, home: Path, name: str = "smoke") -> str:
    assert waves.main(name, 1, home) == 1
    shown = capsys.readouterr().err
    assert shown.startswith("error: ")
    assert shown.count("\n") == 1
    return shown


def test_make_waves_refuses_in_one_line(green, tmp_path, capsys, monkeypatch):
    run = tmp_path / "smoke" / "1"
    said = refusal(capsys, tmp_path)
    assert "no run of smoke with seed 1: `make sim TEST=smoke SEED=1 WAVES=1` first" in said
    run.mkdir(parents=True)
    shutil.copy(green / "job.json", run)
    assert "has no waves: `make sim TEST=smoke SEED=1 WAVES=1`" in refusal(capsys, tmp_path)
    (run / waves.FST).write_bytes((green / waves.FST).read_bytes()[:1000])
    assert "was stopped while it wrote its waves" in refusal(capsys, tmp_path)
    shutil.copy(green / waves.SAVE, run)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "no gtkwave on PATH: `apt-get install gtkwave`" in refusal(capsys, tmp_path)
    (tmp_path / "gtkwave").write_text("#!/bin/sh\nexit 7\n")
    (tmp_path / "gtkwave").chmod(0o755)
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    assert "no DISPLAY to open a window on" in refusal(capsys, tmp_path)
    monkeypatch.setenv("DISPLAY", ":77")
    assert "gtkwave ended with status 7" in refusal(capsys, tmp_path)
    with pytest.raises(registry.RegistryError, match="did you mean smoke"):
        waves.main("smok", 1, tmp_path)


def test_make_waves_opens_the_run(green, tmp_path, monkeypatch):
    (tmp_path / "gtkwave").write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/called\n')
    (tmp_path / "gtkwave").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("DISPLAY", ":77")
    assert waves.main("smoke", 1, green.parents[1]) == 0
    called = (tmp_path / "called").read_text().split()
    assert called == [
        "--dump", str(green / waves.FST), "--save", str(green / waves.SAVE), "--script", str(waves.SCRIPT)
    ]  # fmt: skip


@needs_gtkwave
@pytest.mark.parametrize("ahead", [0, 500])
def test_the_window_shows_the_marker(red, tmp_path, ahead):
    """Also where it stands at the very end, as after a failed assertion."""
    last = json.loads((red / "outcome.json").read_text())["cycles"] - 2
    at = time_of(last - ahead)
    text = re.sub(r"(?m)^(\*\S+) \d+", rf"\1 {at}", (red / waves.SAVE).read_text())
    script = (
        f"source {waves.SCRIPT}\nputs $f [gtkwave::getWindowStartTime]\nputs $f [gtkwave::getWindowEndTime]"
    )
    start, end = map(int, gtkwave_says(tmp_path, red / waves.FST, text, script))
    assert start < at <= end


def test_a_killed_run_has_no_save_file_and_keeps_its_reason(tmp_path):
    run = smoke(tmp_path, fault="dead_simulator")
    assert "SIGKILL" in json.loads((run / "result.json").read_text())["reason"]
    assert not (run / waves.SAVE).exists()
    with pytest.raises(ValueError, match="not whole"):
        Waves(run / waves.FST)


def test_a_file_that_was_never_closed_is_not_read(green, tmp_path):
    whole = (green / waves.FST).read_bytes()
    Waves(green / waves.FST)
    # Verilator writes the end time, bytes 17 to 24, when it closes the file.
    (tmp_path / waves.FST).write_bytes(whole[:17] + bytes(8) + whole[25:])
    with pytest.raises(ValueError, match="not whole"):
        Waves(tmp_path / waves.FST)
