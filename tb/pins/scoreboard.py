# SPDX-License-Identifier: Apache-2.0
"""The scoreboard of the pins: it knows what stood on them and nothing else.

Images and frames are decoded from the beats that the monitor saw taken, the model runs on these, and every
result beat, register answer and counter is compared. What the library's drivers say they got must be what
the monitor saw.
"""

from collections import Counter, deque
from itertools import zip_longest

import numpy as np
from pyuvm import ConfigDB, uvm_scoreboard

from models.formats import ErrorBit, Target
from models.images import ImageError, Images, parse
from models.machine import Machine
from tb import mur_regs as regs
from tb.expected import SitePlan, expect
from tb.pins.monitors import CHANNELS, Beat
from tb.pins.rules import END, OKAY, SLVERR
from tb.records import LEDGER, RESULT
from tb.scoreboard import listen

LISTED = {register.address for register in regs.REGISTERS.values()}
# From the cycle in which the write of START is taken to the cycle in which IRQ_STATUS shows the completion:
# two for the write to become the pulse of START, one from the completion to the register.
CYCLES_OFFSET = 3


class PinScoreboard(uvm_scoreboard):
    """See the module."""

    def build_phase(self) -> None:
        """A listener for every channel."""
        self.config = ConfigDB().get(self, "", "CONFIG")
        listen(self, *CHANNELS)
        self.compared: Counter = Counter()  # checks, by what was compared
        self.differ: list[str] = []  # a sentence for each that failed
        self.frames_checked = 0
        self.packet: dict[str, list[Beat]] = {"img": [], "frm": []}  # the packet that is not complete yet
        self.images: list[np.ndarray] = []  # good packets, in order
        self.program_valid = False
        self.errors = 0  # the ERROR register as it must be
        self.marks: list[bool] = []  # of the good frames since START
        self.frames: list[np.ndarray] = []  # their words
        self.seen: list[np.ndarray] = []  # result beats, all of them
        self.life_at = 0  # the first of this life
        self.asked: dict[str, deque] = {"aw": deque(), "w": deque(), "ar": deque()}
        self.unanswered: deque = deque()  # writes of which address and data were taken
        self.answers: dict[str, list] = {"write": [], "read": []}
        self.started = 0
        self.ledger: dict[str, int] = {}

    # ---- comparing ---------------------------------------------------------------------------------------
    def expect(self, what: str, where: str, found, wanted) -> None:
        """One check; ``what`` is counted, ``where`` is told with it when it fails."""
        self.compared[what] += 1
        if found != wanted:
            self.differ.append(f"{what}, {where}: {found}, expected {wanted}")
            self.logger.error(self.differ[-1])

    # ---- streams -----------------------------------------------------------------------------------------
    def collect(self, stream: str, beat: Beat) -> list[Beat]:
        """The beats of the packet that ``beat`` completes; empty while there is more to come."""
        self.packet[stream].append(beat)
        if not beat.values["tlast"]:
            return []
        packet, self.packet[stream] = self.packet[stream], []
        return packet

    def saw_img(self, beat: Beat) -> None:
        """An image packet is good, or raises the error that the model's reader raises."""
        if packet := self.collect("img", beat):
            words = np.array([b.values["tdata"] for b in packet], np.uint64)
            try:
                target, _, _ = parse(self.config, words)
            except ImageError as error:
                self.errors |= 1 << error.bit
                self.program_valid = False
                return
            self.images.append(words)
            self.program_valid |= target == Target.PROGRAM

    def saw_frm(self, beat: Beat) -> None:
        """A frame of the right length counts; another is dropped, and its mark with it."""
        if packet := self.collect("frm", beat):
            length = -(-self.machine.sections[0].begin.length // 4)
            if len(packet) != length:
                self.errors |= 1 << (ErrorBit.FRAME_SHORT if len(packet) < length else ErrorBit.FRAME_LONG)
                return
            self.marks.append(bool(packet[0].values["tuser"] & 1))
            self.frames.append(np.array([b.values["tdata"] for b in packet], "<u8"))

    def saw_res(self, beat: Beat) -> None:
        """A result beat, kept as the harness keeps its own."""
        record = np.zeros(1, RESULT)
        values = beat.values
        record["cycle"], record["user"] = beat.cycle, values["tuser"]
        record["keep"], record["last"] = values["tkeep"], values["tlast"]
        words = np.frombuffer(values["tdata"].to_bytes(self.config.result_w // 8, "little"), "<i4")
        record["data"][0, : len(words)] = words
        self.seen.append(record)

    # ---- registers ---------------------------------------------------------------------------------------
    def saw_aw(self, beat: Beat) -> None:
        """The address of a write."""
        self.asked["aw"].append(beat)
        self.pair()

    def saw_w(self, beat: Beat) -> None:
        """The data of a write."""
        self.asked["w"].append(beat)
        self.pair()

    def pair(self) -> None:
        """A write is complete with both."""
        if not (self.asked["aw"] and self.asked["w"]):
            return
        address, data = self.asked["aw"].popleft(), self.asked["w"].popleft()
        at = address.values["awaddr"] & ~3
        strobe, word = data.values["wstrb"], data.values["wdata"]
        ones = sum(0xFF << 8 * i for i in range(4) if strobe >> i & 1) & word
        written = bytes(word >> 8 * i & 0xFF for i in range(4) if strobe >> i & 1)
        self.unanswered.append((address.values["awaddr"], written, address.values["awprot"]))
        if at == regs.ERROR.address:
            self.errors &= ~ones
        elif at == regs.CTRL.address and ones & regs.CTRL.fields["start"].mask:
            self.start(max(address.cycle, data.cycle))

    def start(self, cycle: int) -> None:
        """START was taken; in this bench always by the idle machine."""
        if not self.program_valid:
            self.errors |= 1 << ErrorBit.NO_PROGRAM
            return
        images = Images.from_packets(self.config, self.images)
        self.machine, self.started = Machine(images, self.config), cycle
        self.marks, self.frames, self.life_at = [], [], len(self.seen)

    def saw_b(self, beat: Beat) -> None:
        """The answer to the oldest write. One without a write is for the monitor's rules to report."""
        if not self.unanswered:
            return
        address, *access = self.unanswered.popleft()
        self.answers["write"].append((address, *access, beat.values["bresp"]))
        self.expect("BRESP", f"address {address:#05x}", beat.values["bresp"], self.response(address))

    def saw_ar(self, beat: Beat) -> None:
        """The address of a read."""
        self.asked["ar"].append(beat)

    def saw_r(self, beat: Beat) -> None:
        """The answer to the oldest read; see saw_b."""
        if not self.asked["ar"]:
            return
        asked = self.asked["ar"].popleft().values
        address, response = asked["araddr"], beat.values["rresp"]
        self.answers["read"].append((address, beat.values["rdata"], asked["arprot"], response))
        self.expect("RRESP", f"address {address:#05x}", response, self.response(address))

    @staticmethod
    def response(address: int) -> int:
        """What an access of this address is answered with."""
        return OKAY if address & ~3 in LISTED else SLVERR

    # ---- a life of the machine ---------------------------------------------------------------------------
    def check_life(self, counters: dict[str, int]) -> None:
        """After STOP: all beats since START, and the counters that were read."""
        begins = np.flatnonzero([True, *self.marks[1:]])  # START clears for the first, marked or not
        lengths = np.diff([*begins, len(self.marks)])
        elements = np.stack(self.frames).view("<i2")[:, : self.machine.sections[0].begin.length]
        padded = np.zeros((len(lengths), lengths.max(), elements.shape[1]), np.int64)
        for row, utterance in zip(padded, np.split(elements, np.cumsum(lengths)[:-1]), strict=True):
            row[: len(utterance)] = utterance
        expected = expect(SitePlan(self.machine), self.machine.run(padded, lengths))
        self.check_beats(expected, np.concatenate(self.seen[self.life_at :]))
        model = {name: int(expected.ledger[name].sum()) for name in LEDGER}
        model["FRAMES"] = expected.frames
        for name, amount in model.items():
            self.expect("counter", name, counters[name], amount)
            self.ledger[name] = self.ledger.get(name, 0) + counters[name]
        self.frames_checked += expected.frames

    def check_beats(self, expected, found: np.ndarray) -> None:
        """Every beat: TUSER, TKEEP, TLAST, and the words that TKEEP marks."""
        per_frame, c = len(expected.plan.beats), expected.plan.chunk
        self.expect("result beats", "START to STOP", len(found), expected.frames * per_frame)
        for i, beat in enumerate(found[: expected.frames * per_frame]):
            frame, k = divmod(i, per_frame)
            place = expected.plan.beats[k]
            where = f"frame {frame}, beat {k}, cycle {beat['cycle']}"
            user = frame | place.index << 32 | place.step << 48 | place.kind << 52
            self.expect("TUSER", where, hex(beat["user"]), hex(user))
            self.expect("TKEEP", where, hex(beat["keep"]), hex((1 << 4 * place.words) - 1))
            self.expect("TLAST", where, int(beat["last"]), int(place.kind == END))
            words = expected.words[frame].reshape(per_frame, c)[k]
            for w in range(place.words):
                self.expect("TDATA", f"{where}, word {w}", int(beat["data"][w]), int(words[w]))

    def check_cycles(self, cycles: int, completed: int) -> None:
        """CYCLES against the pins: ``completed`` is the cycle in which irq_o rose for the last frame."""
        self.expect("CYCLES", "START to STOP", cycles, completed - self.started - CYCLES_OFFSET)

    def check_library(self, beats: np.ndarray, answers: dict[str, list]) -> None:
        """What the library's drivers got is what the monitor saw taken."""
        seen = np.concatenate(self.seen) if self.seen else np.zeros(0, RESULT)
        names = ("user", "keep", "last", "data")
        both = {f"{name} of results": (beats[name].tolist(), seen[name].tolist()) for name in names}
        both |= {f"{kind}s": (got, self.answers[kind]) for kind, got in answers.items()}
        for what, (got, pins) in both.items():
            for i, (one, other) in enumerate(zip_longest(got, pins)):
                self.expect(f"{what} in the library", f"number {i}", one, other)
