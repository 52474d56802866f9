# SPDX-License-Identifier: Apache-2.0
"""Children that stop when we do, and that keep our lock until they have stopped.

A build or a run may end by Ctrl-C, by `kill` or by `kill -9`. In the first two cases `group` kills all that
was started. In the last nobody can: then the kernel kills the child itself, and what that child had started
goes on for a moment. It holds the lock's file too, so whoever comes next waits instead of writing beside it.
"""

import contextlib
import ctypes
import os
import resource
import signal
import subprocess
from collections.abc import Iterator, Sequence

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None)


@contextlib.contextmanager
def group(
    command: Sequence[str], lock: int, cpu_s: int | None = None, **settings
) -> Iterator[subprocess.Popen]:
    """Start ``command`` in a process group of its own, and kill what is left of the group at the end.

    ``lock`` is the file descriptor that `paths.locked` gave; ``settings`` are those of subprocess.Popen.
    After ``cpu_s`` seconds of processor time the kernel ends it by SIGXCPU, which nobody else sends.
    """
    parent = os.getpid()

    def die_with_parent() -> None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if cpu_s is not None:
            signal.signal(signal.SIGXCPU, signal.SIG_DFL)  # ignored, the limit would end it by SIGKILL
            resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, cpu_s + 1))
        if os.getppid() != parent:  # it died before the line above
            os._exit(1)

    process = subprocess.Popen(
        command, pass_fds=(lock,), start_new_session=True, preexec_fn=die_with_parent, **settings
    )
    try:
        yield process
    finally:
        kill(process)
        process.wait()


def kill(process: subprocess.Popen) -> None:
    """End a process of `group` and all that it started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
