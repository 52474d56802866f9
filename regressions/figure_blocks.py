# SPDX-License-Identifier: Apache-2.0
"""The block drawings of docs/: the data path module by module, and the machine at a glance.

Both lie on white, so that they can be read on a dark page too. Lengths are pixels, y downwards.
"""

from dataclasses import dataclass, field
from xml.sax.saxutils import escape

INK, SOFT, LINE = "#1f2933", "#52606d", "#3e4c59"
FILLS = {
    "plain": ("#ffffff", "#7b8794"),
    "memory": ("#e6f0fa", "#5b8db8"),
    "work": ("#fdf3dc", "#c9973a"),
    "fire": ("#fbe4e0", "#c2685a"),
    "side": ("#e9f5ec", "#5d9b70"),
}
MONO = "ui-monospace,SFMono-Regular,Menlo,Consolas,monospace"
SANS = "-apple-system,Segoe UI,Helvetica,Arial,sans-serif"


@dataclass
class Canvas:
    """SVG elements in the order in which they are painted."""

    width: int
    height: int
    title: str
    parts: list[str] = field(default_factory=list)

    def frame(self, x: int, y: int, w: int, h: int, name: str, fill: str = "#f7f9fb") -> None:
        """A module that holds others: its name stands in the upper left corner."""
        self.parts.append(
            f'<rect x="{x}" y="{y}" width="{w}" height="{h}" rx="8" fill="{fill}" stroke="#9aa5b1"/>'
        )
        self.text(x + 10, y + 17, name, size=12, font=MONO, colour=SOFT, anchor="start")

    def box(self, x: int, y: int, w: int, h: int, name: str, note: str = "", kind: str = "plain") -> None:
        """A module; ``note`` stands small under its name."""
        fill, stroke = FILLS[kind]
        self.parts.append(
            f'<rect x="{x}" y="{y}" width="{w}" height="{h}" rx="5" fill="{fill}" stroke="{stroke}"'
            ' stroke-width="1.3"/>'
        )
        middle = y + h / 2
        self.text(x + w / 2, middle + (-3 if note else 4.5), name, size=12, font=MONO)
        if note:
            self.text(x + w / 2, middle + 13, note, size=11.5, colour=SOFT)

    def text(
        self, x: float, y: float, text: str, size: float = 12, font: str = SANS, colour: str = INK,
        anchor: str = "middle", weight: str = "normal",
    ) -> None:  # fmt: skip
        """One line of text; y is its base line."""
        self.parts.append(
            f'<text x="{x:g}" y="{y:g}" font-family="{font}" font-size="{size:g}" fill="{colour}"'
            f' text-anchor="{anchor}" font-weight="{weight}">{escape(text)}</text>'
        )

    def line(self, *points: tuple[float, float], arrow: bool = True, wide: float = 1.5) -> None:
        """A line through ``points``, with a head at its end."""
        path = " ".join(f"{x:g},{y:g}" for x, y in points)
        head = ' marker-end="url(#head)"' if arrow else ""
        self.parts.append(
            f'<polyline points="{path}" fill="none" stroke="{LINE}" stroke-width="{wide:g}"'
            f' stroke-linejoin="round"{head}/>'
        )

    def svg(self) -> str:
        """The drawing."""
        head = (
            '<marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7"'
            f' orient="auto"><path d="M0,0 L8,4 L0,8 z" fill="{LINE}"/></marker>'
        )
        return "\n".join(
            [
                f'<svg xmlns="http://www.w3.org/2000/svg" width="{self.width}" height="{self.height}"'
                f' viewBox="0 0 {self.width} {self.height}" role="img">',
                f"<title>{escape(self.title)}</title>",
                f"<defs>{head}</defs>",
                '<rect width="100%" height="100%" rx="8" fill="#ffffff"/>',
                *self.parts,
                "</svg>",
                "",
            ]
        )


def datapath() -> Canvas:
    """Every module of rtl/murmur.f, along the path of a frame."""
    c = Canvas(1232, 742, "The data path of mur_top, module by module")
    c.frame(96, 14, 1038, 700, "mur_top", "#ffffff")
    c.frame(246, 40, 874, 596, "mur_core")
    c.frame(396, 236, 712, 386, "mur_work", "#ffffff")
    _bus_side(c)
    _program_side(c)
    for number, y in enumerate((262, 424)):
        _scanner(c, number, y)
    _work(c)
    return c


def _bus_side(c: Canvas) -> None:
    for y, name in ((107, "s_axis_img"), (392, "s_axis_frm"), (676, "s_axil")):
        c.text(8, y - 7, name, font=MONO, anchor="start")
        c.line((8, y), (112, y))
    c.frame(112, 68, 116, 74, "mur_image", FILLS["side"][0])
    c.box(124, 96, 92, 34, "mur_crc32")
    c.text(170, 160, "writes every memory", size=11.5, colour=SOFT)
    c.box(112, 368, 116, 48, "mur_frame", "gathers chunks", "side")
    c.box(112, 652, 116, 48, "mur_regs", "AXI4-Lite", "side")
    c.box(270, 652, 126, 48, "mur_ctrl", "commands, errors", "side")
    c.line((228, 676), (270, 676))
    c.line((333, 700), (333, 734))
    c.text(341, 730, "irq_o", font=MONO, anchor="start")
    c.box(980, 652, 116, 48, "mur_result", "one beat held", "side")
    c.line((1096, 676), (1222, 676))
    c.text(1222, 669, "m_axis_res", font=MONO, anchor="end")


def _program_side(c: Canvas) -> None:
    c.box(270, 76, 112, 62, "mur_ram", "program", "memory")
    c.line((228, 113), (270, 113))
    c.box(432, 76, 116, 62, "mur_decode", "checks every rule")
    c.line((382, 107), (432, 107))
    c.box(598, 76, 116, 62, "mur_seq", "dispatch in order")
    c.line((548, 107), (598, 107))
    c.box(432, 164, 116, 42, "mur_loop", "address offsets")
    c.line((490, 164), (490, 138))
    c.box(764, 76, 116, 42, "mur_load", "arms mur_frame")
    c.line((714, 97), (764, 97))
    c.box(764, 164, 116, 42, "mur_clear", "sweeps state")
    c.line((714, 118), (739, 118), (739, 185), (764, 185))
    c.box(980, 164, 116, 42, "mur_fire_queue", "ring of four")
    c.line((675, 138), (675, 150), (1038, 150), (1038, 164))
    c.line((1048, 206), (1048, 268))
    c.line((637, 138), (637, 222), (256, 222), (256, 314), (264, 314))
    c.line((256, 314), (256, 476), (264, 476))
    for number, y in enumerate((290, 452)):
        c.box(264, y, 116, 48, "mur_acc_queue", f"set {number}, ring of four")
        c.line((380, y + 12), (390, y + 12), (390, y - 15), (516, y - 15))


def _scanner(c: Canvas, number: int, y: int) -> None:
    """One scanner with its vector, mask and weight memory; ``y`` is the frame's top."""
    c.box(412, y + 24, 80, 46, "mur_vec", "vectors", "memory")
    c.box(412, y + 80, 80, 40, "mur_ram", "masks", "memory")
    c.frame(516, y, 262, 126, f"mur_scan {number}", FILLS["work"][0])
    for x, dy, name in ((526, 28, "mur_scan_group"), (652, 28, "mur_scan_chunk"),
                        (526, 80, "mur_scan_pick"), (652, 80, "mur_digit")):  # fmt: skip
        c.box(x, y + dy, 116, 34, name)
    c.line((492, y + 45), (526, y + 45))
    c.line((492, y + 104), (508, y + 104), (508, y + 56), (526, y + 56))
    c.line((642, y + 45), (652, y + 45))
    c.line((710, y + 62), (710, y + 71), (584, y + 71), (584, y + 80))
    c.line((642, y + 97), (652, y + 97))
    c.box(800, y + 72, 80, 50, "mur_ram", f"weights {number}", "memory")
    c.line((768, y + 97), (800, y + 97))
    c.line((880, y + 97), (900, y + 97))


def _work(c: Canvas) -> None:
    c.box(900, 286, 80, 262, "mur_lanes", "", "work")
    for dy, text in enumerate(("2 sets", "3 contexts", "24 bits")):
        c.text(940, 442 + 16 * dy, text, size=11.5, colour=SOFT)
    c.frame(1000, 268, 98, 136, "mur_fire", FILLS["fire"][0])
    c.box(1006, 298, 86, 44, "mur_lif", "C neurons")
    c.box(1006, 352, 86, 40, "mur_argmax")
    c.line((980, 336), (1000, 336))
    for y, name in ((424, "bias"), (468, "theta"), (512, "state")):
        c.box(1000, y, 98, 38, "mur_ram", name, "memory")
    c.line((1049, 424), (1049, 404))
    # A frame's elements and the elements that FIRE makes go to both vector memories.
    c.line((228, 392), (403, 392), (403, 309), (412, 309))
    c.line((403, 392), (403, 471), (412, 471))
    c.line((1098, 384), (1103, 384), (1103, 566), (403, 566), (403, 471), (412, 471))
    c.text(647, 562, "elements of the next vector", size=11.5, colour=SOFT)
    c.line((1098, 316), (1114, 316), (1114, 644), (1038, 644), (1038, 652))
    # ---- beside the path
    c.frame(516, 576, 262, 38, "", FILLS["side"][0])
    c.text(526, 600, "mur_ledger", size=12, font=MONO, anchor="start")
    c.box(644, 582, 124, 26, "mur_ledger_set")
    c.box(800, 576, 80, 38, "mur_fault", "", "side")
    c.line((516, 595), (170, 595), (170, 652))
    c.text(306, 590, "totals", size=11.5, colour=SOFT)


def machine() -> Canvas:
    """The machine at a glance, from sound to results."""
    c = Canvas(1260, 306, "murmur at a glance")

    def stage(x: int, w: int, title: str, below: str) -> None:
        c.text(x + w / 2, 34, title, size=15, weight="bold")
        c.text(x + w / 2, 54, below, size=12, colour=SOFT)

    def pair(x: int, w: int, kind: str, names: tuple[str, str], notes: tuple[str, str]) -> None:
        fill, stroke = FILLS[kind]
        for y, name, note in zip((78, 168), names, notes, strict=True):
            c.parts.append(
                f'<rect x="{x}" y="{y}" width="{w}" height="72" rx="9" fill="{fill}" stroke="{stroke}"'
                ' stroke-width="1.6"/>'
            )
            c.text(x + w / 2, y + 33, name, size=14)
            c.text(x + w / 2, y + 52, note, size=12, colour=SOFT)

    stage(20, 140, "sound", "a spoken word")
    heights = (5, 12, 22, 34, 48, 30, 52, 40, 20, 30, 46, 26, 14, 22, 10, 5)
    for i, h in enumerate(heights):
        c.parts.append(
            f'<rect x="{27 + 8 * i}" y="{159 - h}" width="5" height="{2 * h}" rx="2.5" fill="#5b8db8"/>'
        )
    c.line((164, 159), (198, 159), wide=2)
    stage(200, 140, "log-mel features", "40 bytes every 10 ms")
    # Time to the right, frequency upwards: as loud as the sound beside it, in two bands that move.
    for i, h in enumerate(heights):
        for band in range(10):
            near = min(abs(band - 2 - i / 8), abs(band - 7 + i / 6))
            shade = h / 52 * max(0.15, 1 - near / 3)
            c.parts.append(
                f'<rect x="{206 + 8 * i}" y="{209 - 11 * band}" width="8" height="11" fill="#5b8db8"'
                f' fill-opacity="{shade:.2f}"/>'
            )
    c.parts.append('<rect x="206" y="110" width="128" height="110" rx="2" fill="none" stroke="#5b8db8"/>')
    c.text(180, 272, "in software: models/features.py", size=12, colour=SOFT)
    stage(385, 150, "scan", "zeros and pruned rows skipped")
    pair(385, 150, "side", ("scanner 0", "scanner 1"), ("row, \u00b12^s", "row, \u00b12^s"))
    stage(585, 130, "weights", "each row read once")
    pair(585, 130, "memory", ("4-bit rows", "4-bit rows"), ("bank 0", "bank 1"))
    stage(765, 150, "add", "two time steps at once")
    pair(765, 150, "work", ("128 adders", "128 adders"), ("set 0", "set 1"))
    stage(965, 120, "fire", "leak, compare, reset")
    fill, stroke = FILLS["fire"]
    c.parts.append(
        f'<rect x="965" y="78" width="120" height="162" rx="9" fill="{fill}" stroke="{stroke}"'
        ' stroke-width="1.6"/>'
    )
    c.text(1025, 152, "16 neurons", size=14)
    c.text(1025, 171, "at a time", size=12, colour=SOFT)
    for y in (114, 204):
        c.line((338, 159), (362, 159), (362, y), (383, y), wide=2)
        for x in (535, 715, 915):
            c.line((x, y), (x + 48, y), wide=2)
    c.line((1025, 240), (1025, 280), (362, 280), (362, 204), arrow=False, wide=2)
    c.text(694, 272, "spikes: to the next layer, and back to their own in the next frame", size=13)
    c.line((1085, 159), (1133, 159), wide=2)
    stage(1130, 110, "results", "scores of words")
    for i, w in enumerate((22, 14, 30, 18, 74, 26, 12, 34, 20, 16)):
        colour = "#c2685a" if w == 74 else "#c3ccd5"
        c.parts.append(f'<rect x="1148" y="{91 + 14 * i}" width="{w}" height="9" rx="2.5" fill="{colour}"/>')
    return c


def drawings() -> dict[str, str]:
    """Every block drawing, name to SVG."""
    return {"datapath": datapath().svg(), "machine": machine().svg()}
