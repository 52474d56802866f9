# SPDX-License-Identifier: Apache-2.0
"""Where the command `murmur` begins: an interrupt is answered from the first import to the last exit."""

import signal
import sys

INTERRUPTED = 130


def main() -> None:
    """`regressions.flow.cli`; interrupted while that is being imported, the same line and status."""
    try:
        from regressions.flow.cli import main as command

        command()
    except KeyboardInterrupt:
        print("error: interrupted", file=sys.stderr)
        _end(INTERRUPTED)
    except SystemExit as ended:
        _end(ended.code)


def _end(status: str | int | None) -> None:
    """Exit; a second interrupt would only spoil the answer to the first."""
    if status == INTERRUPTED:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.exit(status)
