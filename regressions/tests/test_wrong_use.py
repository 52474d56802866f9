# SPDX-License-Identifier: Apache-2.0
"""Wrong use from outside: through make and the command line, with the machine's own tools taken away.

Every mistake gives one clear line and a status that is not 0, leaves nothing half-written and hangs nowhere.
"""

import contextlib
import importlib
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import soxr
from click.testing import CliRunner

from models.audio import synthesise
from regressions import launch
from regressions.build import build_bare
from regressions.cli import cli
from regressions.paths import BUILD, ROOT, locked
from regressions.registry import RegistryError
from regressions.tests.conftest import FIXTURES
from tb.speech_input import batches, prepare, utterances
from tb.tests.simulation import simulate

LIMIT_S = 120  # of one call of make; a loaded machine may be slow, a hanging one never ends
UNUSED = "918273"  # a seed that no other test uses


def make(*args: object, inside=(), **env: str) -> subprocess.CompletedProcess:
    """`make` with a clean environment, in a namespace if ``inside`` is the command that makes one."""
    command = [*inside, "make", "--no-print-directory", *map(str, args)]
    clean = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), **env}
    return subprocess.run(
        command, cwd=ROOT, env=clean, capture_output=True, text=True, timeout=LIMIT_S, check=False
    )


def error_of(done: subprocess.CompletedProcess) -> str:
    """The one line that says what is wrong; what else make prints must be its own."""
    assert done.returncode != 0, done.stdout
    assert "Traceback" not in done.stdout + done.stderr, done.stderr
    lines = [line for line in done.stderr.splitlines() if not line.startswith("make: ***")]
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("error: ")
    return lines[0].removeprefix("error: ")


def namespace(*flags: str) -> list[str]:
    """The command that runs another in namespaces of its own; skips where the machine does not allow it."""
    for command in (["unshare", *flags], ["unshare", "-r", *flags]):
        if (
            shutil.which("unshare")
            and subprocess.run([*command, "true"], capture_output=True).returncode == 0
        ):
            return command
    pytest.skip("this machine allows no namespaces (unshare): the test needs root or user namespaces")


def with_mount(folder: str, options: str) -> list[str]:
    """The command that runs another while ``folder`` is an empty disk of its own."""
    script = 'mount -t tmpfs -o "$0" none "$1" && shift && exec "$@"'
    return [*namespace("-m"), "sh", "-c", script, options, folder]


def without(folder: Path, *programs: str) -> str:
    """A PATH with everything but ``programs``."""
    folder.mkdir()
    for place in os.environ["PATH"].split(os.pathsep):
        for program in Path(place).iterdir() if Path(place).is_dir() else ():
            if program.name not in programs and not (folder / program.name).is_symlink():
                (folder / program.name).symlink_to(program)
    return str(folder)


@pytest.fixture(scope="module")
def smoke() -> None:
    """The build of `make sim TEST=smoke` is there."""
    done = make("sim", "TEST=smoke")
    assert done.returncode == 0, done.stderr


# ---- audio -----------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def seven() -> tuple[np.ndarray, int]:
    return synthesise("seven")


@pytest.fixture
def refused(monkeypatch):
    """Return a function from settings of `speech` to what is said of them; nothing may be built or left."""
    monkeypatch.setattr("regressions.launch.build", lambda *_a, **_k: pytest.fail("built"))

    def call(**settings: object) -> str:
        texts = [arg for key, value in settings.items() for arg in ("--set", f"{key}={value}")]
        result = CliRunner().invoke(cli, ["sim", "speech", "--seed", UNUSED, *texts])
        assert result.exit_code == 2, result.output
        *notes, line = result.output.splitlines()
        assert all(note.startswith("warning: ") for note in notes)
        assert line.startswith("error: ")
        assert not (BUILD / "speech" / UNUSED).exists()
        return line.removeprefix("error: ")

    return call


KINDS = [
    ("wav", "PCM_U8", 8000, 1), ("wav", "PCM_24", 16000, 1), ("wav", "FLOAT", 48000, 1),
    ("wav", "PCM_16", 44100, 2), ("flac", "PCM_16", 44100, 2), ("ogg", "VORBIS", 22050, 1),
    ("wav", "DOUBLE", 96000, 2), ("flac", "PCM_24", 48000, 1), ("wav", "ULAW", 8000, 1),
    ("WAV", "PCM_16", 11025, 6),
]  # fmt: skip


def test_every_kind_of_file_is_heard(tmp_path):
    folder = tmp_path / "recordings of all kinds"
    folder.mkdir()
    words = "zero one two three four five six seven eight nine".split()
    for digit, (suffix, subtype, rate, channels) in enumerate(KINDS):
        samples, own = synthesise(words[digit])
        samples = np.repeat(soxr.resample(samples, own, rate)[:, None], channels, axis=1)
        soundfile.write(folder / f"{digit}_voice_{digit}.{suffix}", samples, rate, subtype=subtype)
    result = simulate("speech", tmp_path, DATA=folder)
    assert result["status"] == "pass", result
    assert result["words"] == words


def test_stereo_file_of_44100_hz_is_heard(tmp_path, seven):
    samples = soxr.resample(*seven, 44100)
    soundfile.write(tmp_path / "seven.wav", np.stack([samples, 0.3 * samples], axis=1), 44100)
    result = simulate("speech", tmp_path, WAV=tmp_path / "seven.wav")
    assert result["status"] == "pass", result
    assert result["words"] == ["seven"]


def test_silence_runs_with_a_warning(tmp_path, capfd):
    soundfile.write(tmp_path / "quiet.wav", np.zeros(8000, np.int16), 8000)
    result = simulate("speech", tmp_path, WAV=tmp_path / "quiet.wav")
    assert result["status"] == "pass", result
    assert result["frames"] == 98 + 20
    assert (
        f"warning: WAV={tmp_path}/quiet.wav: silence: nothing in it is louder than -60 dB of full scale;"
        " the word heard may mean nothing\n" in capfd.readouterr().out
    )


def test_clipped_file_runs_with_a_warning(tmp_path, seven, capfd):
    samples, rate = seven
    soundfile.write(tmp_path / "loud.wav", np.clip(20 * samples, -1, 1), rate)
    result = simulate("speech", tmp_path, WAV=tmp_path / "loud.wav")
    assert result["status"] == "pass", result
    assert re.search(r"warning: WAV=.*loud.wav: clipped: [\d.]+ % of its samples", capfd.readouterr().out)


def test_file_of_10_ms(tmp_path, refused):
    soundfile.write(tmp_path / "short.wav", np.zeros(80, np.int16), 8000)
    assert refused(WAV=tmp_path / "short.wav") == (
        f"WAV={tmp_path}/short.wav: 10 ms of sound, want 25 ms or more"
    )


def test_file_of_ten_minutes_is_taken(tmp_path, seven):
    samples = np.resize(soxr.resample(*seven, 8000), 600 * 8000)
    soundfile.write(tmp_path / "long.wav", samples, 8000)
    ((said, group, features),) = utterances(prepare({"wav": str(tmp_path / "long.wav")}, 1))
    assert (said, group) == ("", "long.wav")
    assert features.shape == (59998, 40)
    assert features.any(axis=1).mean() > 0.9


def test_file_of_more_than_ten_minutes(tmp_path, refused):
    soundfile.write(tmp_path / "long.wav", np.zeros(601 * 8000, np.int16), 8000)
    assert refused(WAV=tmp_path / "long.wav") == (
        f"WAV={tmp_path}/long.wav: 601.0 s of sound, at most 600 s are taken"
    )


def test_wrong_file_costs_no_build(tmp_path, refused, seven):
    """Each reason has its own test in models/tests/test_audio.py; here is how it reaches the user."""
    (tmp_path / "text.wav").write_text("seven")
    (tmp_path / "empty.wav").touch()
    soundfile.write(tmp_path / "cut.wav", *seven)
    (tmp_path / "cut.wav").write_bytes((tmp_path / "cut.wav").read_bytes()[:5000])
    for name, said in {
        "text.wav": "not sound, or damaged (Format not recognised)",
        "empty.wav": "empty (0 bytes), want a sound file",
        "cut.wav": "cut short: 4956 of 21654 bytes of samples are there",
        "no.wav": "no such file",
        ".": "a folder, want a sound file",
    }.items():
        assert refused(WAV=f"{tmp_path}/{name}") == f"WAV={tmp_path}/{name}: {said}"


def test_one_source_at_a_time(refused):
    said = refused(SAY="one", WAV="x.wav")
    assert said == "give only one of SAY, WAV, DATA, not SAY and WAV"
    assert refused(SAY="one", WAV="x.wav", DATA="y").endswith("not SAY and WAV and DATA")


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"SAY": "sevn two"}, "SAY=sevn two: 'sevn' is no word of this network; did you mean seven"),
        ({"SAY": "7"}, "SAY=7: '7' is no word of this network; did you mean seven?"),
        ({"SAY": "xyzzy"}, "SAY=xyzzy: 'xyzzy' is no word of this network; known: zero one two"),
        ({"SAY": ""}, "SAY is empty"),
        ({"SAY": " , "}, "SAY= , : no word in it, known: zero one two"),
        ({"VOICE": "en-su"}, "VOICE=en-su: eSpeak NG has no voice 'en-su'; did you mean en-us"),
        ({"VOICE": "en-us+lind"}, "VOICE=en-us+lind: eSpeak NG has no variant 'lind'; did you mean linda"),
        ({"VOICE": "en", "WAV": "x.wav"}, "VOICE=en: is the voice of SAY=, not of a recording"),
        ({"SPLIT": "unseen"}, "SPLIT=unseen: chooses among the recordings of DATA="),
        ({"DATA": "/nodir"}, "DATA=/nodir: no such folder"),
        ({"DATA": __file__}, f"DATA={__file__}: cannot be read: Not a directory"),
        ({"WAVE": "x.wav"}, "test 'speech' has no WAVE; did you mean wav"),
    ],
)
def test_wrong_setting_of_speech(refused, settings, said):
    assert refused(**settings).startswith(said)


def test_capitals_do_not_matter():
    found = utterances(prepare({"say": "Seven, TWO"}, 1))
    assert [said for said, _, _ in found] == ["seven", "two"]


def test_folder_of_recordings(tmp_path, refused, seven):
    assert refused(DATA=tmp_path) == (
        f"DATA={tmp_path}: no file named {{digit}}_{{speaker}}_{{index}}.wav, .flac or .ogg among 0"
    )
    soundfile.write(tmp_path / "7_voice_3.wav", *seven)
    (tmp_path / "readme.txt").touch()
    (tmp_path / "seven.wav").touch()
    assert refused(DATA=tmp_path, SPLIT="sen") == (
        "SPLIT=sen: no such split, known: train, dev, unseen, unseen speaker"
    )
    assert refused(DATA=tmp_path, SPLIT="unseen") == (
        f"SPLIT=unseen: none of the 1 recordings in {tmp_path} belongs to it"
    )
    (tmp_path / "3_voice_4.wav").touch()
    assert refused(DATA=tmp_path) == (
        f"DATA={tmp_path}: {tmp_path}/3_voice_4.wav: empty (0 bytes), want a sound file"
    )


def test_files_of_other_names_are_counted(tmp_path, seven, capsys):
    soundfile.write(tmp_path / "7_voice_3.wav", *seven)
    soundfile.write(tmp_path / "7_voice_4.wav", np.zeros(8000), 8000)
    for name in ("readme.txt", "seven.wav", "12_voice_3.wav", ".hidden"):
        (tmp_path / name).touch()
    found = utterances(prepare({"data": str(tmp_path)}, 1))
    assert [(said, group) for said, group, _ in found] == [("seven", "train")] * 2
    assert capsys.readouterr().out.splitlines() == [
        f"warning: DATA={tmp_path}: 3 files ignored that are not named {{digit}}_{{speaker}}_{{index}}.wav,"
        " .flac or .ogg, as 12_voice_3.wav",
        f"warning: DATA={tmp_path}: 1 of 2 are hard to hear, as 7_voice_4.wav:"
        " silence: nothing in it is louder than -60 dB of full scale",
    ]


def test_long_recordings_are_not_held_together():
    found = [
        ("", str(at), np.zeros((length, 40), np.int8)) for at, length in enumerate([5, 5, 1, 20, 3, 3, 3, 3])
    ]
    parts = [[int(name) for _, name, _ in part] for part in batches(found, count=3, frames=10)]
    assert parts == [[0, 1], [2], [3], [4, 5, 6], [7]]


def test_damaged_weights_cost_no_build(tmp_path, refused, monkeypatch):
    # `from models.networks import digits` would be the function of that name
    module = importlib.import_module("models.networks.digits")
    path = tmp_path / "digits.npz"
    path.write_bytes(module.WEIGHTS.read_bytes()[:1000])
    monkeypatch.setattr(module.digits, "__defaults__", (path,))
    assert refused(SAY="one").startswith(f"{path} is damaged, or not a .npz file: ")


def test_inputs_are_the_whole_of_what_the_run_gets(tmp_path):
    simulate("speech", tmp_path, SAY="three")
    with np.load(tmp_path / "speech" / "1" / "inputs.npz", allow_pickle=False) as file:
        ((said, _, features),) = utterances(dict(file))
    assert said == "three"
    assert np.array_equal(features, utterances(prepare({"say": "three"}, 1))[0][2])
    assert not list((tmp_path / "speech" / "1").glob(".inputs*"))


# ---- command line ----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["TEST=speach"], "no test 'speach'; did you mean speech?"),
        (["TEST="], "no test ''; known: "),
        (["TEST=smoke", "LIST=all"], "test 'smoke' has no LIST; "),
        (["TEST=smoke", "FALUT=x"], "test 'smoke' has no FALUT; did you mean fault"),
        (["TEST=smoke", "SEED=one"], "SEED='one' is not a whole number"),
        (["TEST=smoke", "SEED=-1"], "SEED='-1' is not a whole number"),
        (["TEST=smoke", "SEED=1.5"], "SEED='1.5' is not a whole number"),
        (["TEST=smoke", "SEED="], "SEED='' is not a whole number"),
        (
            ["TEST=smoke", "SEED=1234567890123456789"],
            "SEED=1234567890123456789 is too large, want at most 18",
        ),
        (["TEST=smoke", "LANES=7"], "LANES is 7, must be 8, 16, 32, 64 or 128"),
        (["TEST=smoke", "LANES=many"], "LANES='many' is not a whole number"),
        (["TEST=smoke", "WAVES=maybe"], "WAVES='maybe' is not 0 or 1"),
        (["TEST=smoke", "COVERAGE=2"], "COVERAGE='2' is not 0 or 1"),
    ],
)
def test_mistake_through_make(args, said):
    done = make("sim", *args)
    assert done.returncode == 2
    assert error_of(done).startswith(said)
    assert done.stdout == ""


@pytest.mark.parametrize("call", [["sim", "TEST=smoke"], ["bench"], ["demo"]])
def test_read_only_build_folder(call):
    done = make(*call, inside=with_mount("build", "ro"))
    assert error_of(done).startswith("cannot write build/")
    assert "Read-only file system" in done.stderr


def test_full_disk_while_preparing_tools():
    done = make("sim", "TEST=smoke", inside=with_mount("build", "size=64k"))
    assert re.fullmatch(r"cannot write build/toolchain/.*: No space left on device", error_of(done))


def test_full_disk_while_building():
    done = make("sim", "TEST=smoke", "PROG_DEPTH=320", inside=with_mount("build/sim", "size=256k"))
    assert re.fullmatch(r"cannot write build.*: No space left on device", error_of(done))


def test_full_disk_while_running(smoke):
    (BUILD / "smoke").mkdir(exist_ok=True)
    done = make("sim", "TEST=smoke", inside=with_mount("build/smoke", "size=4k"))
    assert re.fullmatch(r"cannot write build.*: No space left on device", error_of(done))


def test_set_up_in_a_read_only_folder(tmp_path):
    inside = with_mount(str(tmp_path), "size=1m")
    script = 'cp Makefile requirements*.lock "$0"; cd "$0"; mount -o remount,ro "$0"; exec "$@"'
    done = make("setup", inside=[*inside, "sh", "-c", script, str(tmp_path)])
    assert done.returncode != 0
    assert "error: cannot write build" in done.stderr
    assert not list(tmp_path.iterdir())


def test_no_compiler(tmp_path):
    done = make("sim", "TEST=smoke", "PROG_DEPTH=384", PATH=without(tmp_path / "bin", "g++"))
    assert error_of(done) == "no g++ on PATH: apt-get install g++ (`make doctor` checks all)"
    assert "building" not in done.stdout


@pytest.mark.parametrize("program", ["perl", "make"])
def test_no_other_tool(tmp_path, program):
    path = without(tmp_path / "bin", program)
    # make itself is named by its place where PATH does not lead to it
    done = subprocess.run(
        [sys.executable, "-m", "regressions.cli", "sim", "smoke", "--set", "PROG_DEPTH=384"],
        cwd=ROOT, env={"PATH": path}, capture_output=True, text=True, timeout=LIMIT_S, check=False,
    )  # fmt: skip
    assert error_of(done).startswith(f"no {program} on PATH: apt-get install {program}")


def test_unchanged_build_needs_no_compiler(tmp_path, smoke):
    begin = time.monotonic()
    done = make("sim", "TEST=smoke", PATH=without(tmp_path / "bin", "g++", "perl", "verilator"))
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("PASS  smoke"), done.stdout
    assert time.monotonic() - begin < 20  # 1 s on a machine that has nothing else to do


def test_no_network_with_a_warm_environment(smoke):
    done = make("sim", "TEST=smoke", inside=namespace("-n"))
    assert done.returncode == 0, done.stderr
    done = make("sim", "TEST=speech", "SAY=seven", f"SEED={UNUSED}", inside=namespace("-n"))
    shutil.rmtree(BUILD / "speech" / UNUSED)
    assert done.returncode == 0, done.stderr
    assert "  words    seven\n" in done.stdout


def test_set_up_without_network(tmp_path):
    venv = tmp_path / "venv"
    done = make(
        "setup", f"VENV={venv}", f"PYTHON={sys.executable}", inside=namespace("-n"),
        PIP_RETRIES="0", PIP_CONFIG_FILE="/dev/null", PIP_NO_CACHE_DIR="1",
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr.splitlines()[-2] == (
        "error: set-up failed: pip said why above (is there a network?); the next make tries again"
    )
    assert not list(venv.glob(".setup-*"))  # the stamp that would say "done"


def test_python_that_is_not_there(tmp_path):
    done = make("setup", f"VENV={tmp_path}/venv", "PYTHON=python9")
    assert error_of(done) == "PYTHON=python9: no such program; Python 3.11 or later is needed"
    assert not (tmp_path / "venv").exists()


def test_python_that_is_too_old(tmp_path):
    old = tmp_path / "python2"
    old.write_text(
        "#!/bin/sh\nexit 1\n"
    )  # what any Python before 3.11 answers to the question for its version
    old.chmod(0o755)
    done = make("setup", f"VENV={tmp_path}/venv", f"PYTHON={old}")
    assert error_of(done) == f"PYTHON={old} is older than 3.11; try make PYTHON=python3.11"
    assert not (tmp_path / "venv").exists()


# ---- interrupted -----------------------------------------------------------------------------------------
@contextlib.contextmanager
def started(program: str, **environment: str) -> Iterator[subprocess.Popen]:
    process = subprocess.Popen(
        [sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, **environment},
    )  # fmt: skip
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def wait_for(condition, process: subprocess.Popen) -> None:
    limit = time.monotonic() + LIMIT_S
    while not condition():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < limit
        time.sleep(0.01)


TOY: dict[str, Any] = {"params": {"LIMIT": 20}, "dpi_sources": [FIXTURES / "toy_dpi.cpp"], "timing": True}
BUILD_TOY = """
from pathlib import Path
from regressions.cli import _one_line
from regressions.tests.test_wrong_use import TOY, build_toy
with _one_line():
    build_toy(Path({home!r}))
"""


# It tells its version, as every compiler does; what it is to compile takes it long. After `kill -9` of the
# build it goes on, and the next build waits for it.
SLOW_COMPILER = """#!/bin/sh
case "$1" in --version) exec {real} --version ;; esac
touch {marker}
exec sleep 10
"""


def build_toy(home: Path):
    return build_bare("toy", [FIXTURES / "toy.sv"], FIXTURES / "toy_main.cpp", **TOY, home=home)


@pytest.mark.parametrize(
    ("number", "status", "said"),
    [
        (signal.SIGINT, 130, "error: interrupted\n"),
        (signal.SIGTERM, 130, "error: interrupted\n"),
        (signal.SIGKILL, -signal.SIGKILL, ""),
    ],
)
def test_interrupted_build_then_again(tmp_path, number, status, said):
    programs, marker = tmp_path / "bin", tmp_path / "compiling"
    programs.mkdir()
    compiler = programs / "g++"
    compiler.write_text(SLOW_COMPILER.format(real=shutil.which("g++"), marker=marker))
    compiler.chmod(0o755)
    path = f"{programs}{os.pathsep}{os.environ['PATH']}"
    with started(BUILD_TOY.format(home=str(tmp_path)), PATH=path) as process:
        wait_for(marker.exists, process)
        process.send_signal(number)
        assert process.wait(LIMIT_S) == status
        assert process.stderr.read() == said
    assert not list(tmp_path.glob("toy-*/sim"))
    if number != signal.SIGKILL:
        assert not list(tmp_path.glob(".part-*"))
    sim = build_toy(tmp_path)
    assert sim.fresh
    done = subprocess.run([sim.exe], capture_output=True, text=True, check=True)
    assert done.stdout == "time 1000\n"
    assert not list(tmp_path.glob(".part-*"))


def test_orphans_of_a_killed_build_keep_its_lock(tmp_path):
    """Who comes next waits for them, instead of compiling beside them in one folder."""
    program = (
        "import os, subprocess, sys\nfrom pathlib import Path\nfrom regressions import children, paths\n"
        f"with paths.locked(Path({str(tmp_path / 'lock')!r})) as lock:\n"
        "    with children.group(['sh', '-c', 'sleep 1.5 & echo ready; wait'], lock) as child:\n"
        "        child.wait()\n"
    )
    with started(program) as process:
        assert process.stdout.readline() == "ready\n"
        process.kill()
        process.wait()
        begin = time.monotonic()
        with locked(tmp_path / "lock", "waiting"):
            assert time.monotonic() - begin > 0.5


RUN_TOY = """
from dataclasses import replace
from pathlib import Path
from regressions import launch, registry
from regressions.cli import _one_line
from regressions.tests.conftest import FIXTURES
toy = registry.load(FIXTURES / "toy.toml")["toy"]
with _one_line():
    launch.run(replace(toy, cls="hangs"), 1, "", home=Path({home!r}))
"""


def _gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_interrupted_run_then_again(tmp_path, toy, number):
    launch.run(toy, 2, "", home=tmp_path)  # the build is there
    out_dir = tmp_path / "toy" / "1"
    with started(RUN_TOY.format(home=str(tmp_path))) as process:
        wait_for((out_dir / "outcome.json").exists, process)
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        assert children
        process.send_signal(number)
        process.wait(LIMIT_S)
    limit = time.monotonic() + 10
    while not all(_gone(int(pid)) for pid in children):
        assert time.monotonic() < limit, "the simulator lives on"
        time.sleep(0.01)
    assert not (out_dir / "result.json").exists()
    assert launch.run(toy, 1, "", home=tmp_path)["status"] == "pass"


def test_name_that_looks_like_an_option():
    done = subprocess.run(
        ["make", "--no-print-directory", "sim", "TEST=--help"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 2
    assert "error: no test '--help'" in done.stderr


def test_path_with_a_space(tmp_path):
    folder = tmp_path / "a b"
    folder.mkdir()
    shutil.copy(ROOT / "Makefile", folder)
    done = subprocess.run(["make", "sim"], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1 and "has a space in its path" in done.stderr
    assert [path.name for path in folder.iterdir()] == ["Makefile"]


# ---- side by side ----------------------------------------------------------------------------------------
def test_same_run_waits_for_the_other(tmp_path, smoke):
    command = ["make", "--no-print-directory", "sim", "TEST=smoke", f"SEED={UNUSED}"]
    env = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/")}
    out_dir = BUILD / "smoke" / UNUSED
    try:
        with locked(out_dir / ".lock"):
            second = subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True)
            assert second.stdout.readline() == f"waiting for another run in build/smoke/{UNUSED}\n"
            assert not (out_dir / "job.json").exists()
        out, _ = second.communicate(timeout=LIMIT_S)
        assert out.startswith("PASS  smoke"), out
    finally:
        shutil.rmtree(out_dir)


def test_other_seeds_run_side_by_side(tmp_path, toy):
    program = (
        "import sys\nfrom pathlib import Path\nfrom regressions import launch, registry\n"
        "from regressions.tests.conftest import FIXTURES\n"
        "toy = registry.load(FIXTURES / 'toy.toml')['toy']\n"
        f"result = launch.run(toy, int(sys.argv[1]), '', home=Path({str(tmp_path)!r}))\n"
        "print(result['status'], result['seed'])\n"
    )
    launch.run(toy, 3, "", home=tmp_path)
    runs = [
        subprocess.Popen([sys.executable, "-c", program, seed], cwd=ROOT, stdout=subprocess.PIPE, text=True)
        for seed in "12"
    ]
    ends = [run.communicate(timeout=LIMIT_S)[0].splitlines()[-1] for run in runs]
    assert ends == ["pass 1", "pass 2"]


def test_what_a_test_prepares_comes_first(toy, tmp_path, monkeypatch):
    monkeypatch.setattr("regressions.launch.build", lambda *_a, **_k: pytest.fail("built"))
    with pytest.raises(RegistryError, match="SAY=one two three: 'x'"):
        launch.run(replace(toy, prepare="regressions.tests.test_wrong_use:refuse"), 1, "", home=tmp_path)
    assert not list(tmp_path.iterdir())


def refuse(params, _seed):
    """A `prepare` that refuses."""
    raise RegistryError(f"SAY={params['say']} three: 'x'")
