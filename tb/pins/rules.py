# SPDX-License-Identifier: Apache-2.0
"""What AXI asks of pins, checked one clock cycle after another in plain Python, without a simulator.

A value is an int, or None where a bit of it is unknown (X or Z). Every rule reports what was broken through
the function ``broken`` it was made with: one sentence, the channel first.
"""

from collections.abc import Callable, Mapping

Payload = Mapping[str, int | None]
Broken = Callable[[str], None]

OKAY, SLVERR = 0, 2
RAW, ARGMAX, END = 1, 2, 15  # TUSER kinds of a result beat (docs/program.md)
WORD_BYTES = 4


class Handshake:
    """One channel: VALID and READY are known, VALID and payload stay until READY, VALID is low in reset."""

    def __init__(self, name: str, broken: Broken) -> None:
        """``name`` is what sentences call the channel."""
        self.name, self.broken = name, broken
        self.in_reset = False
        self.waiting: dict[str, int | None] | None = None  # the beat that was offered and not taken

    def step(self, reset: bool, valid: int | None, ready: int | None, payload: Payload) -> bool:
        """One cycle; whether a beat is taken at its end. ``payload`` counts only while ``valid``."""
        if reset:
            # From the second cycle of a reset on: a synchronous flip-flop needs the first.
            if self.in_reset and valid != 0:
                self.broken(f"{self.name}: VALID is not low in reset")
            self.in_reset, self.waiting = True, None
            return False
        self.in_reset = False
        for what, value in (("VALID", valid), ("READY", ready)):
            if value is None:
                self.broken(f"{self.name}: {what} is unknown after reset")
        if valid:
            for what, value in payload.items():
                if value is None:
                    self.broken(f"{self.name}: {what.upper()} is unknown in a valid beat")
        if self.waiting is not None:
            self._held(valid, payload)
        self.waiting = dict(payload) if valid and not ready else None
        return bool(valid and ready)

    def _held(self, valid: int | None, payload: Payload) -> None:
        """The beat of the cycle before was not taken, so it must still be there."""
        assert self.waiting is not None
        if not valid:
            self.broken(f"{self.name}: VALID fell before the beat was accepted")
            return
        for what, value in payload.items():
            if value != self.waiting[what]:
                self.broken(f"{self.name}: {what.upper()} changed while the beat waited for READY")


class ResultPackets:
    """The shape of packets on the result stream, beat by beat."""

    def __init__(self, keep_bits: int, broken: Broken) -> None:
        """``keep_bits``: the width of TKEEP."""
        self.words, self.broken = keep_bits // WORD_BYTES, broken
        self.frame: int | None = None  # frame number of the packet that is open

    def beat(self, tkeep: int, tuser: int, tlast: int) -> None:
        """One beat was taken."""
        frame, kind = tuser & 0xFFFFFFFF, tuser >> 52 & 15
        runs = [(1 << WORD_BYTES * count) - 1 for count in range(1, self.words + 1)]
        if tkeep not in runs:
            self.broken(f"results: TKEEP {tkeep:#x} is not a run of whole words from word 0")
        if kind not in (RAW, ARGMAX, END) or tuser >> 56:
            self.broken(f"results: TUSER {tuser:#x} has a kind or reserved bits that do not exist")
        if bool(tlast) != (kind == END):
            self.broken(f"results: TLAST is {tlast} on a beat of kind {kind}; it marks END and nothing else")
        if self.frame is not None and frame != self.frame:
            self.broken(f"results: frame {frame} inside the packet of frame {self.frame}")
        self.frame = None if tlast else frame


class Accesses:
    """AXI4-Lite across its channels: answers answer something, codes exist, strobes are a run of bytes."""

    def __init__(self, broken: Broken) -> None:
        """Nothing is open."""
        self.broken = broken
        self.open = {"aw": 0, "w": 0, "ar": 0}  # taken and not yet answered
        self.led = {"aw": 0, "w": 0}  # writes whose address, or whose data, was taken in an earlier cycle

    def step(self, beats: Mapping[str, Payload | None], offered: Mapping[str, bool]) -> None:
        """One cycle: the beat taken on each channel or None, and which answers are offered."""
        for answer, asked in (("b", ("aw", "w")), ("r", ("ar",))):
            if offered[answer] and not all(self.open[name] for name in asked):
                self.broken(f"registers: {answer.upper()} answers an access that was never made")
            beat = beats[answer]
            if beat is None:
                continue
            code = beat[f"{answer}resp"]
            if code not in (OKAY, SLVERR):
                self.broken(f"registers: {answer.upper()}RESP is {code}, neither OKAY nor SLVERR")
            for name in asked:
                self.open[name] -= 1
        if (data := beats["w"]) is not None and not _run(data["wstrb"]):
            self.broken(f"registers: WSTRB {data['wstrb']} is not a run of bytes")
        for first, other in (("aw", "w"), ("w", "aw")):
            if beats[first] is not None and beats[other] is None and self.open[first] == self.open[other]:
                self.led[first] += 1
        for name in self.open:
            self.open[name] += beats[name] is not None

    def end(self) -> None:
        """The run is over: everything has been answered."""
        for name, count in self.open.items():
            if count:
                self.broken(f"registers: {count} beats of {name.upper()} were never answered")


def _run(bits: int | None) -> bool:
    """Whether the ones of ``bits`` stand side by side; at least one."""
    if not bits:
        return False
    lowest = bits // (bits & -bits)
    return not lowest & (lowest + 1)
