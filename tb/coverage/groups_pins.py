# SPDX-License-Identifier: Apache-2.0
"""Groups sampled at the harness: commands, registers, images, packets and errors, by the machine's state."""

from models.formats import HALTING, ErrorBit, Op, Target
from tb.coverage.bins import Group, Never

# As STATUS tells them: idle; running and waiting for a frame; a frame in work; STOP given and not yet idle;
# halted by an error.
STATES = ("idle", "waiting", "working", "stopping", "halted")
RUNNING = ("waiting", "working", "halted")
REGISTERS = ("ID", "VERSION", "BUILD", "depth", "CTRL", "STATUS", "ERROR", "ERROR_INFO", "IRQ_ENABLE",
             "IRQ_STATUS", "FRAMES", "counter low", "counter high", "hole")  # fmt: skip
STREAMS = ("image", "frame", "result", "axil")
STALLS = ("none", "seldom", "often", "always")
IRQ = ("none", "frame_done", "error", "both")
TARGETS = tuple(target.name for target in Target)
FRAME_ERRORS = (ErrorBit.FRAME_SHORT.name, ErrorBit.FRAME_LONG.name)
IMAGE_ERRORS = tuple(bit.name for bit in ErrorBit if bit.name.startswith("IMG_"))
HALTS = tuple(bit.name for bit in ErrorBit if bit in HALTING)
OPS = {op.value: op.name for op in Op}

_NO_OP = ("no op", "past the program")
_SEEN = (
    Never("a halting error halts", {"error": HALTS, "state": ("idle", "waiting", "working", "stopping")}),
    Never("no packet is accepted then", {"error": FRAME_ERRORS, "state": ("halted",)}),
    Never("looked at in the idle machine only; in another it is IMG_BUSY",
          {"error": tuple(e for e in IMAGE_ERRORS if e != "IMG_BUSY"),
           "state": ("waiting", "working", "stopping", "halted")}),
    Never("the idle machine is not busy", {"error": ("IMG_BUSY", "CTRL_BUSY"), "state": "idle"}),
    Never("a running machine has a program", {"error": "NO_PROGRAM",
                                              "state": ("waiting", "working", "stopping", "halted")}),
    Never("STATUS does not tell a machine that stops", {"state": "stopping"}),
)  # fmt: skip

GROUPS = {
    "stall.stream": Group(
        "how often a stream stalls, of 256 cycles: none, below 16, below 128, more",
        {"stream": STREAMS, "stalls": STALLS},
    ),
    "control.command": Group(
        "what is written to CTRL, by state",
        {"command": ("START", "STOP", "CLEAR", "STOP and CLEAR", "nothing"), "state": STATES},
    ),
    "control.reset": Group("reset, by state", {"state": (*STATES, "image in flight")}),
    "control.register": Group(
        "registers accessed, by state",
        {"register": REGISTERS, "access": ("read", "write"), "state": ("idle", *RUNNING)},
    ),
    "control.interrupt": Group(
        "IRQ_STATUS when read, by what IRQ_ENABLE enables", {"pending": IRQ, "enabled": IRQ}
    ),
    "frame.packet": Group(
        "frame packets: length for the program's FRAME, start-of-stream mark",
        {"length": ("short", "good", "long"), "mark": ("mark", "no mark")},
    ),
    "frame.mark": Group(
        "state in which a packet arrives", {"mark": ("mark", "no mark"), "state": ("waiting", "working")}
    ),
    "image.packet": Group(
        "image packets: target and what is wrong",
        {"target": TARGETS, "fault": ("good", "range", "short", "long", "check")},
    ),
    "image.header": Group(
        "image headers that are wrong", {"field": ("magic", "version", "target", "zero bits")}
    ),
    "image.range": Group("ranges that are wrong", {"range": ("count 0", "beyond", "program not at 0")}),
    "image.size": Group(
        "words of good packets", {"target": TARGETS, "words": ("1", "some", "whole memory")}
    ),
    "image.place": Group(
        "first word of good packets",
        {"target": TARGETS, "first": ("0", "later")},
        (Never("a program begins at 0", {"target": "PROGRAM", "first": "later"}),),
    ),
    "image.state": Group("state in which an image packet is sent", {"state": STATES}),
    "error.state": Group(
        "error bits, by the state in which they are first seen set",
        {"error": tuple(bit.name for bit in ErrorBit), "state": STATES},
        _SEEN,
    ),
    "error.place": Group(
        "where a halting error is met",
        {"error": HALTS, "place": ("between frames", "in a frame"), "frame": ("first", "later")},
        (Never("nothing is added between frames", {"error": "ACC_OVERFLOW", "place": "between frames"}),),
    ),
    "error.descriptor": Group(
        "what a halting error is reported for",
        {"error": HALTS, "op": (*OPS.values(), *_NO_OP)},
        (
            Never("has no address", {"error": "ADDR_RANGE", "op": ("FOLD", "LOOP", "END", *_NO_OP)}),
            Never("adds nothing", {"error": "ACC_OVERFLOW",
                                   "op": ("FRAME", "FIRE", "LOOP", "END", "LOAD", *_NO_OP)}),
        ),
    ),
}  # fmt: skip
