# SPDX-License-Identifier: Apache-2.0
"""Sound to try the console command with, made on the spot; and the command itself, called as a user does."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import soundfile

from models.audio import synthesise
from models.corpora.corpus import DIGITS
from regressions.flow import cli
from regressions.paths import ROOT

MURMUR = Path(sys.prefix) / "bin" / "murmur"
LIMIT_S = 300


def digits(folder: Path) -> Path:
    """Ten words, as the Free Spoken Digit Dataset names its files, by the speakers `alex` and `kim`."""
    folder.mkdir()
    for digit, word in enumerate(DIGITS):
        for number, speaker in enumerate(("alex", "kim")):
            samples, rate = synthesise(word, "en-us", rate=150 + 10 * number)
            soundfile.write(folder / f"{digit}_{speaker}_{number}.wav", samples, rate)
    return folder


def tones(folder: Path, speakers: int = 12) -> Path:
    """A folder for each of two labels, in it 0.15 s of a tone by each of some speakers."""
    for label, hertz in (("high", 1800.0), ("low", 300.0)):
        (folder / label).mkdir(parents=True)
        for speaker in range(speakers):
            time = np.arange(1200) / 8000
            sound = 0.3 * np.sin(2 * np.pi * hertz * (1 + 0.01 * speaker) * time)
            soundfile.write(folder / label / f"{label}_s{speaker}_0.wav", sound, 8000)
    return folder


def murmur(*args: object, **kwargs) -> subprocess.CompletedProcess:
    """The installed command, in a process of its own."""
    env = {"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1"}
    command = [str(MURMUR), *map(str, args)]
    return subprocess.run(
        command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=LIMIT_S, check=False, **kwargs
    )


def within(monkeypatch, capsys, *args: object) -> tuple[int, str, str]:
    """The command in this process: (status, standard output, standard error)."""
    monkeypatch.setattr(sys, "argv", ["murmur", *map(str, args)])
    status = 0
    try:
        cli.main()
    except SystemExit as end:
        status = int(end.code or 0)
    return status, *capsys.readouterr()
