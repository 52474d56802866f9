# SPDX-License-Identifier: Apache-2.0
"""What a user does at the shell, and the machine's own tools taken away from him."""

import errno
import io
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from regressions.paths import ROOT

LIMIT_S = 600  # of one call of make, builds and all; a loaded machine may be slow, a hanging one never ends
UNUSED = "918273"  # a seed that no other test uses


class Unread(io.StringIO):
    """A standard output that nobody reads any more."""

    def write(self, _text: str) -> int:
        """See the class."""
        raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))


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
    """The command that runs another while ``folder``, made if need be, is an empty disk of its own."""
    script = 'mkdir -p "$1" && mount -t tmpfs -o "$0" none "$1" && shift && exec "$@"'
    return [*namespace("-m"), "sh", "-c", script, options, folder]


def without(folder: Path, *programs: str) -> str:
    """A PATH with everything but ``programs``."""
    folder.mkdir()
    for place in os.environ["PATH"].split(os.pathsep):
        for program in Path(place).iterdir() if Path(place).is_dir() else ():
            if program.name not in programs and not (folder / program.name).is_symlink():
                (folder / program.name).symlink_to(program)
    return str(folder)
