# SPDX-License-Identifier: Apache-2.0
"""The machine's state at a cycle, followed from outside: commands, frames begun and done, STATUS when read.

Nothing asks the design: what the harness recorded and what registers said is put in the order of its cycles.
A read of STATUS is the truth; between two of them frames and commands move the state. The one thing not seen
is the clear after START, in which the machine counts as waiting.
"""

from tb import mur_regs as regs

STATUS = regs.STATUS.fields


class State:
    """See the module. ``now`` is one of tb/coverage/groups_pins.py's STATES."""

    def __init__(self) -> None:
        """As after reset."""
        self.reset()

    def reset(self) -> None:
        """Reset of the design: no program, no frame."""
        self.now = "idle"
        self.program_valid = False
        self.open = 0  # frames begun and not complete

    def command(self, start: bool, stop: bool, clear: bool) -> None:
        """A write of CTRL."""
        if self.now == "idle":
            if start and self.program_valid and not stop:
                self.now, self.open = "waiting", 0
        elif self.now == "halted":
            if stop:
                self.now = "idle"
            elif clear:
                self.now, self.open = "waiting", 0
        elif stop:
            self.now = "stopping"

    def begun(self) -> None:
        """A frame began."""
        self.open += 1
        if self.now == "waiting":
            self.now = "working"

    def done(self) -> None:
        """A frame is complete."""
        self.open = max(0, self.open - 1)
        if self.now == "working" and not self.open:
            self.now = "waiting"

    def failed(self) -> None:
        """A frame was closed with an error."""
        self.now, self.open = "halted", 0

    def status(self, word: int) -> None:
        """STATUS was read."""
        self.program_valid = bool(STATUS["program_valid"].get(word))
        if STATUS["halted"].get(word):
            self.failed()
        elif not STATUS["running"].get(word):
            self.now, self.open = "idle", 0
        elif STATUS["waiting"].get(word) and self.now != "stopping":
            self.now, self.open = "waiting", 0
        elif self.now in ("idle", "halted"):
            self.now = "waiting"
