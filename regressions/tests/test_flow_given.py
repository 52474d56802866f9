# SPDX-License-Identifier: Apache-2.0
"""What the console command is given: nothing, places that cannot be made, who is held out, what was heard."""

import errno as errors
import json
import os
import subprocess
import sys

import click
import pytest

from models import corpora
from models.corpora import cache
from models.networks import shipped
from models.tests.layouts import fsdd
from models.train.recipes import recipe
from models.weight_file import save
from regressions.flow import cli, data, folder, stages
from regressions.paths import ROOT
from regressions.tests import flow_data

TEXTS = [
    pytest.param(command, given, id=f"{name} {given.name}")
    for name, command in cli.murmur.commands.items()
    for given in command.params
    if isinstance(given.type, type(click.STRING))
]
TOO_LONG = "x" * 300


@pytest.fixture
def call(monkeypatch, capsys, tmp_path):
    """Return a function from arguments to (status, standard output, standard error)."""
    monkeypatch.setattr(cache, "FOLDER", tmp_path / "features")
    return lambda *args: flow_data.within(monkeypatch, capsys, *args)


def network_file(path, sounds=()):
    """The integers of the shipped digits, trained on `sounds`."""
    file = shipped("digits")
    heard = {"speakers": [], "sounds": sorted(sounds)}
    save(path, file.network, {**file.card, "float": None, "trained_on": heard})
    return path


@pytest.mark.parametrize(("command", "given"), TEXTS)
def test_nothing_in_place_of_a_value(call, monkeypatch, command, given):
    """Every option that takes text, of every command."""
    monkeypatch.setattr(command, "callback", lambda **_: pytest.fail("it goes on"))
    args = [command.name]
    for param in command.params:
        if param is given or param.required:
            value = "" if param is given else getattr(param.type, "choices", ("x",))[0]
            args += [value] if isinstance(param, click.Argument) else [param.opts[0], value]
    status, out, err = call(*args)
    hint = given.name.upper() if isinstance(given, click.Argument) else given.opts[0]
    assert (status, out, err) == (2, "", f"error: Invalid value for '{hint}': empty, want a value\n")


@pytest.mark.parametrize("run", ["/proc/x", "/dev/null/x", TOO_LONG])
def test_run_that_cannot_be_made(call, monkeypatch, tmp_path, run):
    monkeypatch.setattr(stages, "need_torch", lambda: None)
    sound = flow_data.tones(tmp_path / "tones", 3)
    status, out, err = call("train", "--task", "words", "--data", sound, "--run", run)
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert err.startswith(f"error: {run}: cannot be made: ")


def test_data_that_cannot_be_divided_begin_no_run(call, monkeypatch, tmp_path):
    """The same call with other data is then the first one."""
    monkeypatch.setattr(stages, "need_torch", lambda: None)
    sound, run = flow_data.tones(tmp_path / "tones", 3), tmp_path / "run"
    label = min(path for path in sound.iterdir() if path.is_dir())
    for file in sorted(label.iterdir())[1:]:
        file.unlink()
    status, out, err = call("train", "--task", "words", "--data", sound, "--run", run)
    assert (status, out, run.exists()) == (2, "", False)
    assert err.startswith(f"error: tones: label {label.name!r} has 1 of the 3 recordings that it takes")


@pytest.mark.parametrize("command", ["import", "call"])
def test_interrupted_from_the_first_import_on(command):
    """Status 130 and one line; a second interrupt changes nothing of it."""
    stop = {"import": "", "call": "cli.main = lambda: sys.exit(130)"}[command]
    done = subprocess.run(
        [
            sys.executable, "-c",
            "import atexit, builtins, os, signal, sys\n"
            "from regressions.flow import main\n"
            "atexit.register(lambda: os.kill(os.getpid(), signal.SIGINT))\n"
            "real = builtins.__import__\n"
            "def bad(name, *more):\n"
            "    if name == 'regressions.flow.cli': raise KeyboardInterrupt\n"
            "    return real(name, *more)\n"
            + (f"from regressions.flow import cli\n{stop}\n" if stop else "builtins.__import__ = bad\n")
            + "try: main.main()\n"
            "finally: builtins.__import__ = real\n",
        ],
        capture_output=True, text=True, check=False, cwd=ROOT,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (130, "")
    assert done.stderr == ("" if stop else "error: interrupted\n")


@pytest.mark.parametrize("file", ["/proc/x", TOO_LONG, TOO_LONG[:250]])
def test_file_that_cannot_be_made(call, tmp_path, file):
    """The last one only just: what it would be renamed from is longer."""
    (tmp_path / "graph.nir").touch()
    for command in (
        ["evaluate", "--task", "digits", "--data", "x", "--json", f"{file}.json"],
        ["waterfall", "--data", "x", "--json", f"{file}.json"],
        ["import-nir", str(tmp_path / "graph.nir"), "--out", f"{file}.safetensors"],
    ):
        status, out, err = call(*command)
        assert (status, out, err.count("\n")) == (2, "", 1), err
        assert err.startswith(f"error: {command[-1]}: cannot be made: ")


def test_file_that_can_be_made_is_not_made_yet(tmp_path):
    (tmp_path / "old.json").write_text("old")
    for name in ("new.json", "old.json"):
        assert data.writable(str(tmp_path / name)) == tmp_path / name
    assert [path.name for path in tmp_path.iterdir()] == ["old.json"]
    assert (tmp_path / "old.json").read_text() == "old"


def test_full_disk_is_no_mistake_in_the_call(tmp_path):
    for errno, said in ((errors.ENOSPC, OSError), (errors.EROFS, data.RegistryError)):
        with pytest.raises(said), data.made(tmp_path):
            raise OSError(errno, os.strerror(errno))


def test_run_divides_the_data_as_the_training_did(call, tmp_path):
    sound, run = fsdd(tmp_path / "sound", speakers=("alex", "kim"), indices=(7,)), tmp_path / "run"
    folder.begin(run, folder.Config([str(sound)], "kim", recipe("digits")))
    network_file(run / "network.safetensors")
    assert call("run", "--run", run)[0] == 0
    figures = json.loads((run / "run.json").read_text())
    assert figures["about"] == corpora.read("digits", sound, "kim").about
    assert figures["about"].endswith("every recording of kim is test")


def test_left_out_are_the_files_that_were_heard(call, tmp_path):
    """Not all that the network has heard, nor what --most leaves away."""
    sound = fsdd(tmp_path / "sound", indices=(7,))
    marks = corpora.fingerprints(corpora.read("digits", sound))
    weights = network_file(tmp_path / "net.safetensors", [*marks[:3], "00000000", "ffffffff"])
    at = ("--task", "digits", "--data", sound, "--weights", weights, "--json", tmp_path / "found.json")
    for most, files in ((0, 17), (5, 5)):
        status, out, _ = call("evaluate", *at, "--most", most)
        found = json.loads((tmp_path / "found.json").read_text())
        assert (status, found["files"], found["left_out"]) == (0, files, 3)
        assert f"{files} files" in out and "; 3 more left out" in out
