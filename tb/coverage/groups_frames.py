# SPDX-License-Identifier: Apache-2.0
"""Groups sampled from frames and what the model made of them."""

from tb.coverage.bins import Group, Never
from tb.coverage.groups_program import ELEMENT, RESETS, STEPS, TIMES

ZEROS = ("all zero", "most zero", "few zero", "none zero")
DENSITY = ("no mask", "few kept", "most kept")  # of the rows, up to a half or more
FIRING = ("none fire", "few fire", "most fire", "all fire")
SCORE = ("2^22 below", "negative", "0", "positive", "2^22 above")
MOST_DIGITS = {"unsigned": 9, "signed": 8}  # of 16 bits in canonical form
DIGITS = tuple(map(str, range(10)))

GROUPS = {
    "sparsity.input": Group(
        "how many elements of a frame are zero, by the mask of the ACC that reads them",
        {"time": TIMES, "mask": DENSITY, "elements": ZEROS},
    ),
    "sparsity.spikes": Group(
        "how many neurons of a layer fire, by how an ACC reads them and its mask",
        {"time": STEPS, "read": ("spikes", "merged"), "mask": DENSITY, "layer": FIRING},
    ),
    "number.element": Group(
        "elements of frames, as their ACC takes them",
        {"format": ("unsigned", "signed"), "value": ELEMENT},
        (Never("unsigned", {"format": "unsigned", "value": ("negative", "-1", "least")}),),
    ),
    "number.digits": Group(
        "digits of an element, by the sets that take them",
        {"format": ("unsigned", "signed"), "sets": ("one set", "both sets"), "digits": DIGITS},
        (Never("16 bits signed have 8 digits at most", {"format": "signed", "digits": "9"}),),
    ),
    "number.membrane": Group(
        "membranes after a step",
        {"reset": RESETS, "value": ("lower clamp", "negative", "0", "positive", "upper clamp")},
        (Never("at the upper clamp a neuron fires, and a hard reset leaves 0",
               {"reset": "hard", "value": "upper clamp"}),),
    ),
    "number.sum": Group(
        "accumulators of scores (score less bias); 2^23 is the limit of one set",
        {"sets": ("one set", "sum"), "value": SCORE},
    ),
    "number.score": Group("scores", {"kind": ("RAW", "ARGMAX"), "value": SCORE}),
    "result.tie": Group(
        "best scores of an ARGMAX that are equal",
        {"tie": ("only one score", "no tie", "tie in a tile", "tie across tiles", "all equal")},
    ),
    "result.winner": Group("where the best score stands", {"place": ("first", "between", "last")}),
    "result.beat": Group("words of the last beat of a RAW", {"words": ("1", "some", "C")}),
    "frame.utterance": Group("frames of an utterance", {"frames": ("1", "2", "3 to 9", "more")}),
    "frame.order": Group(
        "a frame arrives while another is in work, or alone; all results leave at once, or wait",
        {"arrival": ("behind another", "alone"), "results": ("taken", "stalled")},
    ),
}  # fmt: skip
