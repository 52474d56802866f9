# SPDX-License-Identifier: Apache-2.0
"""What passes the pins: stalls, packets, register accesses, commands and errors, by the machine's state."""

from collections import deque

import numpy as np

from models.formats import BuildConfig, ErrorBit
from tb import mur_regs as regs
from tb.coverage.bins import Database
from tb.coverage.groups_pins import OPS
from tb.coverage.image_packets import ImageSampler
from tb.coverage.state import State

COUNTERS = {"_LO": "counter low", "_HI": "counter high"}
COMMANDS = {0: "nothing", 1: "START", 2: "STOP", 4: "CLEAR", 6: "STOP and CLEAR"}
IRQ = ("none", "frame_done", "error", "both")


def _registers() -> dict[int, str]:
    """What each address is called in the bins."""
    found = {}
    for register in vars(regs).values():
        if isinstance(register, regs.Register):
            name = COUNTERS.get(register.name[-3:], register.name)
            found[register.address] = "depth" if name.endswith("_DEPTH") else name
    return found


ADDRESSES = _registers()


def stall_class(rate: int) -> str:
    """The bin of a stall that begins with probability ``rate``/256 a cycle."""
    return "none" if rate == 0 else "seldom" if rate < 16 else "often" if rate < 128 else "always"


class PinSampler:
    """A Watcher (tb/coverage/watch.py)."""

    def __init__(self, database: Database, config: BuildConfig) -> None:
        """See the class."""
        self.database, self.state = database, State()
        self.image = ImageSampler(database, config, self.state)
        self.stalls = dict.fromkeys(("image", "frame", "result", "axil"), 0)
        self.events: deque[tuple[int, str, tuple[int, ...]]] = (
            deque()
        )  # (cycle, what, record), not yet applied
        self.forget()

    def forget(self) -> None:
        """What a reset makes of what is known."""
        self.offered: deque[tuple[int, bool]] = deque()  # packets not yet accepted: beats and mark
        self.half = (0, False)  # beats of a packet without its last yet
        self.last_begun = -1
        self.errors = self.enabled = 0  # ERROR as last read, IRQ_ENABLE
        self.events.clear()

    # ---- streams ---------------------------------------------------------------------------------------
    def stalled(self, stream: str, rate: int) -> None:
        """See Watcher."""
        self.stalls[stream] = rate

    def uses(self, *streams: str) -> None:
        """The streams carry something with the stalls they have."""
        for stream in streams:
            self.database.add("stall.stream", (stream, stall_class(self.stalls[stream])))

    def frames(self, beats: np.ndarray) -> None:
        """See Watcher. What was offered before and not taken is offered no more."""
        self.uses("frame", "result")
        self.catch_up()
        self.offered.clear()
        ends = np.flatnonzero(beats["last"])
        sizes = np.diff(ends, prepend=-1)
        marks = beats["mark"][ends - sizes + 1] != 0
        size, mark = self.half
        for n, marked in zip(sizes.tolist(), marks.tolist(), strict=True):
            self.offered.append((n + size, mark if size else marked))
            size = 0
        rest = len(beats) - int(sizes.sum())
        if rest:
            mark = mark if size else bool(beats["mark"][len(beats) - rest])
        self.half = (size + rest, mark)

    def images(self, beats: np.ndarray) -> None:
        """See Watcher."""
        self.uses("image")
        self.catch_up()
        self.image.sent(beats)

    def loaded(self) -> None:
        """See Watcher."""
        self.image.in_flight = self.image.rest.size > 0

    def reset(self) -> None:
        """See Watcher."""
        self.catch_up()
        self.database.add("control.reset", "image in flight" if self.image.in_flight else self.state.now)
        self.state.reset()
        self.image.reset()
        self.forget()

    # ---- what the machine did ------------------------------------------------------------------------
    def happened(self, records: dict[str, np.ndarray]) -> None:
        """See Watcher; applied when accesses of a later cycle are known, or before anything else."""
        new: list[tuple[int, str, tuple[int, ...]]] = []
        new += [(int(r["first_cycle"]), "packet", ()) for r in records["packets"]]
        new += [(int(r["cycle"]), "begun", (int(r["frame"]),)) for r in records["starts"]]
        new += [(int(r["cycle"]), "done", ()) for r in records["dones"]]
        ends = records["results"][records["results"]["last"] != 0]
        for r in ends[ends["data"][:, 0] != 0]:
            new.append((int(r["cycle"]), "failed", (int(r["user"]) & 0xFFFFFFFF, int(r["data"][0]) - 1)))
        self.events.extend(sorted(new, key=lambda event: event[0]))

    def catch_up(self, cycle: int | None = None) -> None:
        """Apply what happened before ``cycle``, or all."""
        while self.events and (cycle is None or self.events[0][0] < cycle):
            _, what, record = self.events.popleft()
            if what == "packet":
                self._packet()
            elif what == "begun":
                (self.last_begun,) = record
                self.state.begun()
            elif what == "done":
                self.state.done()
            else:
                self._failed(record[0], record[1])

    def _packet(self) -> None:
        if not self.offered:
            return
        beats, marked = self.offered.popleft()
        mark = "mark" if marked else "no mark"
        behind = "behind another" if self.state.open else "alone"
        self.database.add("frame.order", (behind, "stalled" if self.stalls["result"] else "taken"))
        if self.state.now in ("waiting", "working"):
            self.database.add("frame.mark", (mark, self.state.now))
        if self.image.frame_beats:
            length = np.sign(beats - self.image.frame_beats)
            self.database.add("frame.packet", (("good", "long", "short")[length], mark))

    def _failed(self, number: int, code: int) -> None:
        place = "in a frame" if number == self.last_begun else "between frames"
        frame = "later" if number else "first"
        self.database.add("error.place", (ErrorBit(code).name, place, frame))
        self.state.failed()

    # ---- registers -----------------------------------------------------------------------------------
    def accessed(self, accesses: np.ndarray, responses: np.ndarray) -> None:
        """See Watcher."""
        self.uses("axil")
        answers = zip(responses["cycle"].tolist(), responses["data"].tolist(), strict=True)
        for access, (cycle, word) in zip(accesses.tolist(), answers, strict=True):
            write, address, data, strobe = access
            self.catch_up(cycle)
            address &= ~3
            state = self.state.now
            if state != "stopping":
                place = (ADDRESSES.get(address, "hole"), "write" if write else "read", state)
                self.database.add("control.register", place)
            if write:
                bits = sum(0xFF << 8 * byte for byte in range(4) if strobe >> byte & 1)
                self._wrote(address, data & bits, bits)
            else:
                self._read(address, word)

    def _wrote(self, address: int, data: int, bits: int) -> None:
        if address == regs.CTRL.address:
            if data & 7 in COMMANDS:
                self.database.add("control.command", (COMMANDS[data & 7], self.state.now))
            self.state.command(bool(data & 1), bool(data & 2), bool(data & 4))
        elif address == regs.ERROR.address:
            self.errors &= ~data
        elif address == regs.IRQ_ENABLE.address:
            self.enabled = self.enabled & ~bits | data

    def _read(self, address: int, word: int) -> None:
        if address == regs.STATUS.address:
            self.state.status(word)
        elif address == regs.IRQ_STATUS.address:
            self.database.add("control.interrupt", (IRQ[word & 3], IRQ[self.enabled & 3]))
        elif address == regs.ERROR.address:
            for bit in ErrorBit:
                if (word & ~self.errors) >> bit & 1:
                    self._error(bit)
            self.errors = word
        elif address == regs.ERROR_INFO.address and regs.ERROR_INFO.fields["valid"].get(word):
            code = ErrorBit(regs.ERROR_INFO.fields["code"].get(word))
            at = regs.ERROR_INFO.fields["descriptor"].get(word)
            known = at < len(self.image.ops)
            op = OPS.get(self.image.ops[at], "no op") if known else "past the program"
            if self.errors >> code & 1:  # else an error of old, and another program may be loaded by now
                self.database.add("error.descriptor", (code.name, op))

    def _error(self, bit: ErrorBit) -> None:
        """A bit is seen set. It is sticky: one read long after it rose says nothing of where it did."""
        label = f"{bit.name}, {self.state.now}"
        if label in self.database.groups["error.state"].bins:
            self.database.add("error.state", label)
