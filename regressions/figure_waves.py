# SPDX-License-Identifier: Apache-2.0
"""The wave pictures of docs/walkthrough.md: an FST read with pywellen, made WaveDrom JSON, drawn as SVG.

Everything in a picture is a value of the RTL in the last nanosecond before the rising clock edge that
ends the cycle. Cycle 0 is the one in which the first beat of the shown frame is accepted.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import pywellen
from wavedrom.waveform import WaveDrom

from models.formats import ACC_W, ELEM_W, MEM_W, Op
from models.networks.walkthrough import BUILD, SHOWN

CLOCK, EDGE = 10, 5  # nanoseconds: period, first rising edge
DUT = "mur_harness.dut."
CORE = DUT + "u_core."
WORK = CORE + "u_work."
P, Q, R = range(3)  # contexts, as models/listing.py names them
NEURON = 0  # the neuron that the page follows
NO_VALUE = "z"
WHITE, YELLOW, ORANGE, BLUE = "=", "3", "4", "5"  # WaveDrom's colours of a value
MARGIN = 12  # pixels below a picture
SEQ_EXEC = 4  # state_e of mur_seq
SVG, XLINK = "{http://www.w3.org/2000/svg}", "{http://www.w3.org/1999/xlink}"
ElementTree.register_namespace("", SVG[1:-1])
ElementTree.register_namespace("xlink", XLINK[1:-1])


def signed(value: int, bits: int) -> int:
    """``value`` read as two's complement of that many bits."""
    return value - (1 << bits) if value >> (bits - 1) & 1 else value


def _plain(name: str) -> str:
    # Versions of Verilator differ in the dot before an index.
    return name.replace(".[", "[")


class Waves:
    """An FST of the `walkthrough` simulation, by signal name and cycle."""

    def __init__(self, path: Path) -> None:
        """Find the shown frame. ValueError when it is not in the file."""
        wave = pywellen.Waveform(str(path))
        self.signals = {}
        self.arrays: dict[str, list] = {}
        for var in wave.all_vars():
            self.signals[_plain(var.full_name)] = var.signal
            # The names of a two-dimensional array's words are odd in the file; their order is not.
            array = re.match(r"(.*\.u_lanes\.acc[01]_q)[.\[]", var.full_name)
            if array:
                self.arrays.setdefault(array[1], []).append(var.signal)
        self.zero = 0
        self.zero = self._first_beat(SHOWN)

    def _first_beat(self, frame: int) -> int:
        begun, body = -1, False
        for cycle in range(100_000):
            if self.at(f"{DUT}rst_ni", cycle) and self._beat(cycle):
                if not body:
                    begun += 1
                    if begun == frame:
                        return cycle
                body = not self.at(f"{DUT}s_axis_frm_tlast", cycle)
        raise ValueError(f"the waves show no frame {frame}")

    def _beat(self, cycle: int) -> bool:
        return bool(self.at(f"{DUT}s_axis_frm_tvalid", cycle) and self.at(f"{DUT}s_axis_frm_tready", cycle))

    def _value(self, signal, cycle: int) -> int:
        value = signal.value_at((self.zero + cycle) * CLOCK + EDGE - 1)
        # What is not known yet, before the first change, is zero here: only reset asks for it.
        return 0 if value is None else int(value)

    def at(self, name: str, cycle: int) -> int:
        """The value of signal ``name``. KeyError when the RTL has none of that name."""
        return self._value(self.signals[_plain(name)], cycle)

    def has(self, name: str) -> bool:
        """Is there a signal or an array ``name``?"""
        return _plain(name) in self.signals or name in self.arrays

    def acc(self, bank: int, ctx: int, lane: int, cycle: int) -> int:
        """The accumulator of set ``bank``, context ``ctx``, lane ``lane``."""
        words = self.arrays[f"{WORK}u_lanes.acc{bank}_q"]
        return signed(self._value(words[ctx * BUILD.lanes + lane], cycle), ACC_W)


Cell = tuple[str, str] | None  # colour and text


@dataclass(frozen=True)
class Lane:
    """A row of a picture: ``cell`` gives a cycle's colour and text, or 0 or 1 for a wire."""

    name: str
    cell: Callable[[Waves, int], Cell | int]
    single: bool = False  # a cell for each cycle, also where neighbours are equal

    def draw(self, waves: Waves, first: int, last: int) -> dict:
        """WaveDrom's object for cycles ``first`` to ``last``. A value that stays is drawn as one."""
        wave, data, before = "", [], object()
        for cycle in range(first, last + 1):
            now = self.cell(waves, cycle)
            if now == before and not (self.single and isinstance(now, tuple)):
                wave += "."
            elif now is None:
                wave += NO_VALUE
            elif isinstance(now, int):
                wave += str(now)
            else:
                wave += now[0]
                data.append(now[1])
            before = now
        return {"name": self.name, "wave": wave} | ({"data": data} if data else {})


def wire(name: str, signal: str) -> Lane:
    """A single bit."""
    return Lane(name, lambda waves, cycle: waves.at(signal, cycle))


def value(
    name: str, valid: str, text: Callable[[Waves, int], str], colour: str = WHITE, single: bool = True
) -> Lane:
    """A text while the signal ``valid`` is 1."""
    return Lane(
        name, lambda waves, cycle: (colour, text(waves, cycle)) if waves.at(valid, cycle) else None, single
    )


# ---- texts ------------------------------------------------------------------------------------------
def _elements(waves: Waves, cycle: int) -> str:
    data = waves.at(f"{DUT}s_axis_frm_tdata", cycle)
    return " ".join(str(signed(data >> ELEM_W * i & 0xFFFF, ELEM_W)) for i in range(4))


def _descriptor(waves: Waves, cycle: int) -> Cell:
    seq = f"{CORE}u_seq."
    if waves.at(f"{seq}st_q", cycle) != SEQ_EXEC:
        return None
    return WHITE, f"{waves.at(f'{seq}pc_o', cycle)} {Op(waves.at(f'{seq}op_i', cycle)).name}"


def _rows(signal: str, width: int) -> Callable[[Waves, int], str]:
    def text(waves: Waves, cycle: int) -> str:
        bits = waves.at(signal, cycle)
        return ",".join(str(i) for i in range(width) if bits >> i & 1) or "-"

    return text


def _picked(scan: str) -> Callable[[Waves, int], str]:
    def text(waves: Waves, cycle: int) -> str:
        pick = f"{scan}u_pick."
        if waves.at(f"{pick}null_o", cycle):
            return "-"
        element = signed(waves.at(f"{pick}elem_o", cycle), ELEM_W)
        return f"{waves.at(f'{pick}row_o', cycle)}: {element}"

    return text


def _event(bank: int) -> Callable[[Waves, int], str]:
    def text(waves: Waves, cycle: int) -> str:
        tap = f"{CORE}tap_o.event_s.[{bank}]."
        sign = "-" if waves.at(f"{tap}neg", cycle) else "+"
        return f"{waves.at(f'{tap}row', cycle)}: {sign}{1 << waves.at(f'{tap}pos', cycle)}"

    return text


def _accumulator(bank: int, ctx: int, colour: str) -> Callable[[Waves, int], Cell]:
    return lambda waves, cycle: (colour, str(waves.acc(bank, ctx, NEURON, cycle)))


def _spikes(waves: Waves, cycle: int) -> str:
    first = waves.at(f"{CORE}tap_o.lif.chunk", cycle) * BUILD.chunk
    bits = waves.at(f"{CORE}tap_o.lif.spike", cycle)
    return ",".join(str(first + i) for i in range(BUILD.chunk) if bits >> i & 1) or "-"


def _membrane(place: int) -> Callable[[Waves, int], str]:
    # Words of an array whose index runs downwards: the last is 0.
    return lambda waves, cycle: str(signed(waves.at(f"{CORE}tap_o.lif.v.[{place}]", cycle), MEM_W))


def _result(word: int) -> Callable[[Waves, int], str]:
    def text(waves: Waves, cycle: int) -> str:
        if not waves.at(f"{DUT}m_axis_res_tkeep", cycle) >> 4 * word & 1:
            return "-"
        return str(signed(waves.at(f"{DUT}m_axis_res_tdata", cycle) >> 32 * word & 0xFFFFFFFF, 32))

    return text


def _kind(waves: Waves, cycle: int) -> str:
    user = waves.at(f"{DUT}m_axis_res_tuser", cycle)
    return {1: "RAW", 2: "ARGMAX", 15: "END"}[user >> 52 & 15] + f" {user & 0xFFFFFFFF}"


def _ledger(name: str) -> Lane:
    return Lane(name, lambda waves, cycle: (WHITE, str(waves.at(f"{CORE}ledger_o.{name.lower()}", cycle))))


# ---- lanes that more than one picture has ------------------------------------------------------------
COLOURS = (YELLOW, ORANGE)  # of set 0 and set 1
_DESCRIPTOR = Lane("descriptor", _descriptor)


def _scanner(number: int) -> list:
    scan = f"{WORK}g_scan[{number}].u_scan."
    digit = f"{scan}u_digit."
    return [
        f"scanner {number}",
        value("rows to see", f"{scan}u_group.valid_o", _rows(f"{scan}u_group.surv_o", 128), single=False),
        value("chunk read", f"{scan}u_chunk.vec_req_o",
              lambda w, c: str(w.at(f"{scan}u_chunk.vec_addr_o", c))),
        value("row: element", f"{scan}u_pick.valid_o", _picked(scan), single=False),
        value("weight word", f"{digit}wgt_req_o",
              lambda w, c: f"{w.at(f'{digit}wgt_bank_o', c)}:{w.at(f'{digit}wgt_addr_o', c)}", BLUE),
    ]  # fmt: skip


def _events(*contexts: int) -> list:
    lanes: list = ["lanes"]
    for bank in (0, 1):
        lanes.append(
            value(f"event, set {bank}", f"{CORE}tap_o.event_s.[{bank}].valid", _event(bank), COLOURS[bank])
        )
        lanes += [
            Lane(f"acc[{bank}][{'PQR'[ctx]}][{NEURON}]", _accumulator(bank, ctx, COLOURS[bank]))
            for ctx in contexts
        ]
    return lanes


@dataclass(frozen=True)
class Picture:
    """Cycles ``first`` to ``last`` of the shown frame; a cycle is ``scale`` times 40 pixels wide."""

    first: int
    last: int
    scale: int
    lanes: list

    def json(self, waves: Waves) -> dict:
        """WaveDrom's description."""

        def walk(items: list) -> list:
            return [
                item.draw(waves, self.first, self.last) if isinstance(item, Lane)
                else walk(item) if isinstance(item, list) else item
                for item in items
            ]  # fmt: skip

        return {
            "signal": walk(self.lanes),
            "config": {"hscale": self.scale},
            "head": {"tick": self.first, "text": "cycle"},
        }


PICTURES: Mapping[str, Picture] = {
    "walkthrough-1-frame": Picture(0, 10, 2, [
        ["frame in",
         wire("s_axis_frm_tvalid", f"{DUT}s_axis_frm_tvalid"),
         wire("s_axis_frm_tready", f"{DUT}s_axis_frm_tready"),
         value("elements", f"{DUT}s_axis_frm_tvalid", _elements),
         value("chunk written", f"{DUT}u_frame.frm_we_o",
               lambda w, c: str(w.at(f"{DUT}u_frame.frm_addr_o", c)), BLUE),
         wire("loaded", f"{DUT}u_frame.frm_loaded_o")],
        ["sequencer",
         _DESCRIPTOR,
         wire("frame begins", f"{CORE}u_seq.frm_take_o"),
         wire("to queue 0", f"{CORE}u_seq.push0_o"),
         wire("to queue 1", f"{CORE}u_seq.push1_o")],
        ["scanner 0",
         wire("group: entry", f"{WORK}g_scan[0].u_scan.u_group.e_pop_o"),
         _scanner(0)[1],
         _scanner(0)[2]],
    ]),
    "walkthrough-2-input": Picture(7, 17, 2, [
        _DESCRIPTOR,
        wire("s_axis_frm_tready", f"{DUT}s_axis_frm_tready"),
        _scanner(0),
        _events(Q, P)[:3] + _events(Q, P)[4:6],
        ["FOLD",
         wire("fold", f"{WORK}g_scan[0].u_scan.u_digit.event_o.fold"),
         *[Lane(f"acc[{k}][P][{NEURON}]", _accumulator(k, P, COLOURS[k])) for k in (0, 1)]],
    ]),
    "walkthrough-3-fire": Picture(15, 25, 2, [
        _DESCRIPTOR,
        ["read",
         value("chunk", f"{WORK}u_fire.rd_o", lambda w, c: str(w.at(f"{WORK}u_fire.rd_chunk_o", c))),
         *[Lane(f"acc[{k}][P][{NEURON}]", _accumulator(k, P, COLOURS[k])) for k in (0, 1)],
         value("state v, z", f"{WORK}u_fire.v1_q",
               lambda w, c: "{}, {:#04b}".format(
                   signed(w.at(f"{WORK}u_fire.state_i.[{NEURON}]", c) & 0xFFFF, MEM_W),
                   w.at(f"{WORK}u_fire.state_i.[{NEURON}]", c) >> MEM_W), single=False)],
        ["commit",
         value("step", f"{CORE}tap_o.lif.valid", lambda w, c: str(w.at(f"{CORE}tap_o.lif.step", c))),
         value("spikes", f"{CORE}tap_o.lif.valid", _spikes, BLUE),
         value("v' of first", f"{CORE}tap_o.lif.valid", _membrane(0), BLUE),
         value("vector chunk", f"{WORK}u_fire.wr_o", lambda w, c: str(w.at(f"{WORK}u_fire.wr_vec_o", c)))],
    ]),
    "walkthrough-4-sets": Picture(24, 36, 2, [
        _DESCRIPTOR,
        _scanner(0),
        _scanner(1),
        _events(P, R),
    ]),
    "walkthrough-5-result": Picture(35, 43, 2, [
        ["FIRE RAW",
         value("chunk", f"{WORK}u_fire.rd_o", lambda w, c: str(w.at(f"{WORK}u_fire.rd_chunk_o", c))),
         *[Lane(f"acc[{k}][R][{NEURON}]", _accumulator(k, R, COLOURS[k])) for k in (0, 1)]],
        ["m_axis_res",
         value("word 0", f"{DUT}m_axis_res_tvalid", _result(0), BLUE),
         value("word 1", f"{DUT}m_axis_res_tvalid", _result(1), BLUE),
         value("word 2", f"{DUT}m_axis_res_tvalid", _result(2), BLUE),
         value("kind, frame", f"{DUT}m_axis_res_tvalid", _kind),
         Lane("tlast", lambda w, c: w.at(f"{DUT}m_axis_res_tvalid", c) & w.at(f"{DUT}m_axis_res_tlast", c))],
        ["ledger",
         wire("frame_done", f"{CORE}frame_done_o"),
         *map(_ledger, ("EVENTS0", "EVENTS1", "ROWS_READ", "ROWS_ZERO", "ROWS_MASKED", "ADDS", "GATED"))],
    ]),
}  # fmt: skip


class _Drawing(WaveDrom):
    """WaveDrom, which makes room for names in Helvetica of 11 pixels and draws them in 11 points."""

    def text_width(self, string: str, size: float = 11) -> float:
        """Pixels of ``string``: a point is 4/3 of one; DejaVu Sans, where Helvetica is not, is broader."""
        return super().text_width(string, size * 4 / 3 * 1.2)


def svg(picture: dict) -> str:
    """WaveDrom's drawing, without the symbols it does not use, on white so that a dark page shows it too."""
    root = ElementTree.fromstring(_Drawing().render_waveform(0, picture).tostring())
    used = {use.get(f"{XLINK}href", "").removeprefix("#") for use in root.iter(f"{SVG}use")}
    for defs in root.iter(f"{SVG}defs"):
        for symbol in list(defs):
            if symbol.tag == f"{SVG}g" and symbol.get("id") not in used:
                defs.remove(symbol)
    height = int(root.get("height", "0")) + MARGIN
    root.set("height", str(height))
    root.set("viewBox", f"0 0 {root.get('width')} {height}")
    root.insert(0, ElementTree.Element(f"{SVG}rect", width="100%", height="100%", rx="6", fill="#ffffff"))
    # Line breaks only where no text is, for whose spaces WaveDrom asks to be kept.
    return ElementTree.tostring(root, encoding="unicode").replace("<g ", "\n<g ") + "\n"
