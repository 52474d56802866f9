# SPDX-License-Identifier: Apache-2.0
"""Kinds of sound file that are read, and how each shows that the whole of it is there.

libsndfile reads a file that was cut short as a shorter one. So only those kinds are taken whose cut can be
seen: where a header says how many bytes of samples follow, where pages are numbered and the last is marked,
or where the decoder complains by itself.
"""

import re
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

# libsndfile's names up to the underscore. Codes of whole blocks, such as GSM and ADPCM, would hide a cut.
_ENCODINGS = ("PCM", "FLOAT", "DOUBLE", "ULAW", "ALAW", "VORBIS", "OPUS")
# A program that writes to a pipe cannot know the length and promises the most there is.
_UNKNOWN = 0x7FFF0000
_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


def check(path: str, kind: str, encoding: str) -> None:
    """ValueError unless the file is whole, of a kind and an encoding (libsndfile's names) that are taken."""
    if kind not in _CHECKS:
        raise ValueError(f"a file of kind {kind}, want {', '.join(_CHECKS)}")
    if encoding.split("_")[0] not in _ENCODINGS:
        raise ValueError(f"samples encoded as {encoding}, want {', '.join(_ENCODINGS)}")
    with Path(path).open("rb") as file:
        _CHECKS[kind](file, Path(path).stat().st_size)


def _compare(promised: int, there: int) -> None:
    if there < promised:
        raise ValueError(f"cut short: {max(there, 0)} of {promised} bytes of samples are there")


def _known(length: int) -> int:
    """A length of 32 bits; 0, which nothing falls short of, where the writer did not know it."""
    return length if length < _UNKNOWN else 0


def _chunks(file: BinaryIO, size: int) -> None:
    """WAV and AIFF: chunks of a name and a length; that with the samples must be whole."""
    order = ">" if file.read(4) in (b"FORM", b"RIFX") else "<"
    at, length_64 = 12, None
    while True:
        file.seek(at)
        head = file.read(24)
        if len(head) < 8:
            raise ValueError("cut short: its samples are not there")
        name, length = struct.unpack(f"{order}4sI", head[:8])
        if name == b"ds64":  # RF64: lengths of 64 bits
            length_64 = int.from_bytes(head[16:], "little")
        if name in (b"data", b"SSND"):
            return _compare(_known(length) if length_64 is None else length_64, size - at - 8)
        at += 8 + length + length % 2


def _au(file: BinaryIO, size: int) -> None:
    """AU: a header that says where the samples begin and how many bytes they are."""
    order = "<" if file.read(4) == b"dns." else ">"
    begin, length = struct.unpack(f"{order}II", file.read(8))
    _compare(_known(length), size - begin)


def _sphere(file: BinaryIO, size: int) -> None:
    """NIST SPHERE: a header of lines, of a length that it says, with the number of samples."""
    begin = int(file.read(16)[8:])
    fields = dict(re.findall(rb"^(\w+) -(?:i|s\d+) (\d+)$", file.read(begin - 16), re.MULTILINE))
    if b"sample_count" not in fields:
        raise ValueError("its header does not say how many samples it has, so that a cut would not be seen")
    count, width, channels = (
        int(fields.get(name, 1)) for name in (b"sample_count", b"sample_n_bytes", b"channel_count")
    )
    _compare(count * width * channels, size - begin)


def _pages(file: BinaryIO, _size: int) -> None:
    """OGG: numbered pages, each with a checksum, the last one marked. libsndfile passes over what is bad."""
    due, last = 0, False
    while page := file.read(27):
        page += file.read(sum(page[26:]))  # the lengths of its parts
        page += file.read(sum(page[27:]))
        number, check = (int.from_bytes(page[at : at + 4], "little") for at in (18, 22))
        if number != due or check != _ogg_crc(page[:22] + bytes(4) + page[26:]):
            raise ValueError(f"cut short or damaged: page {due} of its stream is not there, or not whole")
        due, last = due + 1, bool(page[5] & 4)
    if not last:
        raise ValueError("cut short: its last page is not there")


def _ogg_crc(data: bytes) -> int:
    """OGG's checksum: that of zlib with the bits of each byte and of the sum reversed, nothing inverted."""
    found = zlib.crc32(data.translate(_REVERSED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int(f"{found:032b}"[::-1], 2)


def _decoder(_file: BinaryIO, _size: int) -> None:
    """FLAC: the length and a checksum of each part are in it, and its decoder looks at both."""


_CHECKS: dict[str, Callable[[BinaryIO, int], None]] = {
    "WAV": _chunks, "WAVEX": _chunks, "RF64": _chunks, "AIFF": _chunks, "AU": _au, "FLAC": _decoder,
    "OGG": _pages, "NIST": _sphere,
}  # fmt: skip
