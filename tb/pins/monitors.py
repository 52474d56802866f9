# SPDX-License-Identifier: Apache-2.0
"""Watching the pins of mur_top: every channel in every cycle, through rules of our own.

Pins are looked at where the clock falls. Everything that drives them changes at the rising edge, so what
stands there in the middle of a cycle is what the next rising edge takes.
"""

from collections import Counter
from dataclasses import dataclass

from cocotb.triggers import FallingEdge
from cocotb.utils import get_sim_time
from pyuvm import ConfigDB, uvm_analysis_port, uvm_monitor

from tb.bfm import CLOCK_NS
from tb.pins.rules import Accesses, Handshake, ResultPackets

# Channel: the pins' common beginning, the payload behind it, and what sentences call it.
CHANNELS = {
    "aw": ("s_axil_aw", ("addr", "prot"), "registers AW"),
    "w": ("s_axil_w", ("data", "strb"), "registers W"),
    "b": ("s_axil_b", ("resp",), "registers B"),
    "ar": ("s_axil_ar", ("addr", "prot"), "registers AR"),
    "r": ("s_axil_r", ("data", "resp"), "registers R"),
    "img": ("s_axis_img_t", ("data", "last"), "images"),
    "frm": ("s_axis_frm_t", ("data", "last", "user"), "frames"),
    "res": ("m_axis_res_t", ("data", "keep", "last", "user"), "results"),
}
# Channels whose VALID the bench drives; it drives READY of the others.
DRIVEN = ("aw", "w", "ar", "img", "frm")


@dataclass(frozen=True)
class Beat:
    """A beat that was taken: the cycle at whose end it was, and the payload by the names of its pins."""

    cycle: int
    values: dict[str, int]


def read(handle) -> int | None:
    """The value of a pin, None where a bit of it is unknown."""
    try:
        return int(handle.value)
    except ValueError:
        return None


class PinMonitor(uvm_monitor):
    """All channels, the interrupt and the reset. Publishes each taken beat on the port of its channel."""

    def build_phase(self) -> None:
        """Find the pins."""
        self.top = ConfigDB().get(self, "", "PINS")
        self.ports = {name: uvm_analysis_port(f"ap_{name}", self) for name in CHANNELS}
        self.broken: list[str] = []
        self.beats: Counter = Counter()
        self.waited: Counter = Counter()  # cycles in which a beat was offered and not taken
        self.paused: Counter = Counter()  # cycles in which the bench made a channel wait
        self.pausing: dict = {}  # channel the bench drives -> whether it holds a beat back now
        self.irq_rises: list[int] = []
        self.cycle = 0
        rules = {name: Handshake(text, self.report) for name, (_, _, text) in CHANNELS.items()}
        self.channels = []
        for name, (start, parts, _) in CHANNELS.items():
            tag = start[len("s_axil_") :] if start.startswith("s_axil_") else "t"
            pins = {f"{tag}{part}": getattr(self.top, f"{start}{part}") for part in parts}
            pair = getattr(self.top, f"{start}valid"), getattr(self.top, f"{start}ready")
            self.channels.append((name, rules[name], *pair, tuple(pins.items())))
        self.packets = ResultPackets(len(self.top.m_axis_res_tkeep), self.report)
        self.accesses = Accesses(self.report)

    def report(self, sentence: str) -> None:
        """A rule was broken: the first time it is an error of the run, with the cycle."""
        if not self.broken:
            self.logger.error(f"{sentence} (cycle {self.cycle})")
        self.broken.append(sentence)

    async def run_phase(self) -> None:
        """Look at every cycle."""
        falls = FallingEdge(self.top.clk_i)
        irq = 0
        while True:
            await falls
            self.cycle = int(get_sim_time("ns")) // CLOCK_NS
            reset = read(self.top.rst_ni) != 1
            self.look(reset)
            now = read(self.top.irq_o)
            if now is None and not reset:
                self.report("irq_o is unknown after reset")
            if now and not irq:
                self.irq_rises.append(self.cycle)
            irq = now or 0

    def look(self, reset: bool) -> None:
        """One cycle of all channels."""
        taken: dict[str, Beat | None] = {}
        offered = {}
        for name, rule, valid_pin, ready_pin, pins in self.channels:
            valid, ready = read(valid_pin), read(ready_pin)
            payload = {part: read(pin) for part, pin in pins} if valid else {}
            took = rule.step(reset, valid, ready, payload)
            offered[name] = bool(valid) and not reset
            # An unknown value has been reported; nothing can be made of such a beat.
            known = {part: value for part, value in payload.items() if value is not None}
            taken[name] = Beat(self.cycle, known) if took and len(known) == len(payload) else None
            if valid and not ready and not reset:
                self.waited[name] += 1
                if name not in DRIVEN:
                    self.paused[name] += 1
            elif not valid and name in self.pausing and self.pausing[name]():
                self.paused[name] += 1
        if reset:
            return
        self.accesses.step({n: beat.values if beat else None for n, beat in taken.items()}, offered)
        for name, beat in taken.items():
            if beat is not None:
                self.beats[name] += 1
                self.ports[name].write(beat)
        if (beat := taken["res"]) is not None:
            self.packets.beat(beat.values["tkeep"], beat.values["tuser"], beat.values["tlast"])
