# SPDX-License-Identifier: Apache-2.0
"""The first place where the machine and its model part, in the words of the network."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Divergence:
    """One disagreement. ``where`` names it; ``rows`` are (field, DUT, model) of its neighbourhood."""

    where: str
    field: str
    dut: object
    model: object
    cycle: int
    last_events: str = ""
    rows: tuple[tuple[str, object, object], ...] = ()

    def sentence(self) -> str:
        """One line: where, what, both values, the last event before, and when."""
        events = f"; last event {self.last_events}" if self.last_events else ""
        return f"{self.where}: {self.field} DUT {self.dut}, model {self.model}{events}; cycle {self.cycle}"

    def summary(self) -> dict[str, object]:
        """What a program needs of it, for outcome.json: the marker in the waves stands at ``cycle``."""
        return {"cycle": int(self.cycle), "sentence": self.sentence()}

    def table(self) -> list[str]:
        """The values side by side, one line each."""
        rows = self.rows or ((self.field, self.dut, self.model),)
        width = max(len("field"), *(len(str(row[0])) for row in rows))
        lines = [f"{'field':<{width}}  {'DUT':>12}  {'model':>12}"]
        for name, dut, model in rows:
            mark = "  <--" if dut != model else ""
            lines.append(f"{name:<{width}}  {dut!s:>12}  {model!s:>12}{mark}")
        return lines


def event_text(word: int, of_set: int) -> str:
    """`row 9 +2^3 set 0` of an event word of mur_taps.sv, empty where there was none."""
    if not word >> 31:
        return ""
    sign = "-" if word >> 30 & 1 else "+"
    return f"row {word & 0xFFFF} {sign}2^{word >> 16 & 0x1F} set {of_set}"


def rerun_with_waves(rerun: str) -> str:
    """The line that repeats a run with a wave file."""
    return rerun if "WAVES=1" in rerun else f"{rerun} WAVES=1"
