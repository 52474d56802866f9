# SPDX-License-Identifier: Apache-2.0
"""Groups sampled from programs that ran: descriptors, modes, sizes and the numbers in the images."""

from tb.coverage.bins import Group, Never

KINDS = ("LIF", "RAW", "ARGMAX")
FORMATS = ("spikes", "merged", "unsigned", "signed")
SETS = ("set 0", "set 1", "both")
TAKES = ("set 0", "set 1", "two steps", "sum")
STEPS = ("T1", "T2 together", "T2 one by one")  # one by one: `step` recurrence
TIMES = (*STEPS, "no neurons")
RESETS = ("hard", "soft")
TILE = ("1", "C-1", "C", "C+1", "lanes-1", "lanes", "else")
ROWS = ("1", "C-1", "C", "C+1", "127", "128", "129", "whole groups", "else")
LAYER = ("1", "lanes-1", "lanes", "lanes+1", "2 lanes", "more tiles", "else")
PASSES = ("1", "2", "3 to 8", "more")
LEVELS = ("alone", "outer", "inner")
FIELDS = ("src", "wgt", "msk", "dst", "par", "neu")
BIAS = ("least", "negative", "0", "positive", "most")
ELEMENT = ("least", "negative", "-1", "0", "1", "positive", "most")
CONTEXTS = tuple(f"{op} {c}" for op in ("ACC", "FIRE") for c in range(3))
FOLDS = tuple(f"FOLD {a} to {b}" for a in range(3) for b in range(3) if a != b)
MASKS = ("no mask", "nothing kept", "few kept", "most kept", "all kept")

GROUPS = {
    "descriptor.kind": Group(
        "descriptors that ran", {"op": ("FRAME", "ACC", "FOLD", "FIRE", "LOOP", "END", "LOAD")}
    ),
    "descriptor.acc": Group(
        "what an ACC reads, for which sets",
        {"sets": SETS, "format": FORMATS, "mask": ("masked", "whole")},
        (Never("a merged pair is for one set", {"sets": "both", "format": "merged"}),),
    ),
    "descriptor.select": Group(
        "element bits an ACC selects",
        {"sets": SETS, "format": ("spikes", "merged"), "enabled": ("sel0", "sel1", "sel0 and sel1")},
        (
            Never("a merged pair is for one set", {"sets": "both", "format": "merged"}),
            Never("illegal", {"sets": "set 0", "format": "spikes", "enabled": ("sel1", "sel0 and sel1")}),
            Never("illegal", {"sets": "set 1", "format": "spikes", "enabled": ("sel0", "sel0 and sel1")}),
        ),
    ),
    "descriptor.shift": Group(
        "shift of an ACC", {"format": FORMATS, "shift": tuple(map(str, range(8)))}
    ),
    "descriptor.context": Group("contexts used", {"use": (*CONTEXTS, *FOLDS)}),
    "descriptor.bank": Group("bank of an ACC on both sets", {"bank": ("bank 0", "bank 1")}),
    "descriptor.fire": Group("sets that a FIRE takes", {"kind": KINDS, "take": TAKES}),
    "descriptor.argmax": Group(
        "part of a search that an ARGMAX does", {"part": ("whole", "first", "middle", "last")}
    ),
    "descriptor.leak": Group("leak of a LIF", {"leak": tuple(map(str, range(16))), "reset": RESETS}),
    "descriptor.tag": Group("layer tag of a LIF", {"tag": tuple(map(str, range(8)))}),
    "descriptor.bit": Group(
        "first spike bit of a LIF",
        {"bit": tuple(map(str, range(8))), "steps": ("one step", "two steps")},
        (Never("the second step would be bit 8", {"bit": "7", "steps": "two steps"}),),
    ),
    "descriptor.loop": Group("passes of a LOOP", {"level": LEVELS, "passes": PASSES}),
    "descriptor.move": Group(
        "address that a LOOP moves", {"field": FIELDS, "stride": ("forward", "backward")}
    ),
    "descriptor.level": Group("level of the LOOP that moves an address", {"field": FIELDS, "level": LEVELS}),
    "descriptor.end": Group("what follows END", {"to": ("wrap", "on")}),
    "network.layers": Group("LIF layers (tags) of a program", {"layers": tuple(map(str, range(9)))}),
    "network.sections": Group("frames of a program", {"frames": ("1", "2", "more")}),
    "network.load": Group("loading ahead", {"load": ("LOAD", "no LOAD")}),
    "network.modes": Group(
        "modes of a program with neurons",
        {"time": STEPS, "reset": (*RESETS, "both"), "output": ("merged", "apart"),
         "mask": ("masked", "whole"), "result": ("RAW", "ARGMAX")},
    ),
    "network.recurrence": Group(
        "layers that read their own spikes", {"time": STEPS, "own": ("none", "some", "all")}
    ),
    "build.lanes": Group("lanes of the machine", {"lanes": ("8", "16", "32", "64", "128")}),
    "build.result": Group("bits of the result stream", {"bits": ("128", "256", "512")}),
    "width.tile": Group("neurons of a FIRE; C is a chunk", {"kind": KINDS, "n": TILE}),
    "width.source": Group("rows of an ACC; C is a chunk", {"rows of": ("numbers", "spikes"), "length": ROWS}),
    "width.layer": Group("neurons or scores of a layer", {"layer": ("hidden", "output"), "n": LAYER}),
    "number.weight": Group("weights read", {"weight": tuple(map(str, range(-8, 8)))}),
    "number.theta": Group("thresholds", {"theta": ("1", "between", "32767")}),
    "number.bias": Group("biases", {"of": ("LIF", "output"), "bias": BIAS}),
    "number.mask": Group("rows that a masked ACC keeps", {"format": FORMATS, "kept": MASKS[1:]}),
}  # fmt: skip
