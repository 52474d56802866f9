# SPDX-License-Identifier: Apache-2.0
"""The 39 phones: those of TIMIT folded, and those of eSpeak NG's American English.

The folding is that of K.-F. Lee and H.-W. Hon, "Speaker-independent phone recognition using hidden Markov
models", IEEE Transactions on Acoustics, Speech and Signal Processing 37(11), 1989, down to the 39 classes
among which its scores count no confusion; `q`, the glottal stop, belongs to none and is dropped.
"""

_FOLDED = {
    "sil": "h# pau epi bcl dcl gcl pcl tcl kcl",
    "aa": "aa ao", "ae": "ae", "ah": "ah ax ax-h", "aw": "aw", "ay": "ay", "b": "b", "ch": "ch", "d": "d",
    "dh": "dh", "dx": "dx", "eh": "eh", "er": "er axr", "ey": "ey", "f": "f", "g": "g", "hh": "hh hv",
    "ih": "ih ix", "iy": "iy", "jh": "jh", "k": "k", "l": "l el", "m": "m em", "n": "n en nx",
    "ng": "ng eng", "ow": "ow", "oy": "oy", "p": "p", "r": "r", "s": "s", "sh": "sh zh", "t": "t",
    "th": "th", "uh": "uh", "uw": "uw ux", "v": "v", "w": "w", "y": "y", "z": "z",
}  # fmt: skip
SIL = "sil"
PHONES = tuple(_FOLDED)
DROPPED = "q"
FOLD = {phone: folded for folded, members in _FOLDED.items() for phone in members.split()}

# eSpeak NG writes its phones in IPA. A vowel that ends in r is two phones here, each half of it.
_SPOKEN = {
    "sil": "", "aa": "ɑː ɔː ɔ", "ae": "æ", "ah": "ə ɐ ʌ", "aw": "aʊ", "ay": "aɪ", "b": "b", "ch": "tʃ",
    "d": "d", "dh": "ð", "dx": "ɾ", "eh": "ɛ", "er": "ɜː ɚ", "ey": "eɪ", "f": "f", "g": "ɡ", "hh": "h",
    "ih": "ɪ ᵻ", "iy": "iː i", "jh": "dʒ", "k": "k", "l": "l əl", "m": "m", "n": "n n̩", "ng": "ŋ",
    "ow": "oʊ", "oy": "ɔɪ", "p": "p", "r": "ɹ", "s": "s", "sh": "ʃ ʒ", "t": "t", "th": "θ", "uh": "ʊ",
    "uw": "uː", "v": "v", "w": "w", "y": "j", "z": "z",
    "aa r": "ɑːɹ ɔːɹ oːɹ", "eh r": "ɛɹ", "ih r": "ɪɹ", "uh r": "ʊɹ", "ay er": "aɪɚ", "ay ah": "aɪə",
    "iy ah": "iə",
}  # fmt: skip
IPA: dict[str, tuple[str, ...]] = {
    symbol: tuple(phones.split()) for phones, symbols in _SPOKEN.items() for symbol in symbols.split()
}
IPA |= {"": (SIL,), "ʔ": ()}  # a pause; the glottal stop
