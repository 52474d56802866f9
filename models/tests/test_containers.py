# SPDX-License-Identifier: Apache-2.0
"""Sound files of every kind: cut anywhere they are refused, and kinds that would hide a cut are not taken."""

import numpy as np
import pytest
import soundfile

from models.audio import read_audio
from models.tests.sounds import refusal

TAKEN = "WAV, WAVEX, RF64, AIFF, AU, FLAC, OGG, NIST"
ENCODINGS = "PCM, FLOAT, DOUBLE, ULAW, ALAW, VORBIS, OPUS"
NOISE = np.random.default_rng(1).uniform(-0.5, 0.5, 20_000).astype(np.float32)


def write(path, kind: str, encoding: str, endian: str = "FILE", samples=NOISE) -> bytes:
    soundfile.write(path, samples, 8000, format=kind, subtype=encoding, endian=endian)
    return path.read_bytes()


def pages_of(data: bytes) -> list[bytes]:
    """The pages of an OGG file."""
    pages = [b"OggS" + rest for rest in data.split(b"OggS")[1:]]
    assert len(pages) >= 4
    return pages


@pytest.mark.parametrize(
    ("kind", "encoding", "endian"),
    [
        ("WAV", "PCM_16", "FILE"), ("WAV", "PCM_U8", "FILE"), ("WAV", "FLOAT", "FILE"),
        ("WAV", "PCM_24", "BIG"), ("WAVEX", "ULAW", "FILE"), ("RF64", "PCM_16", "FILE"),
        ("RF64", "DOUBLE", "FILE"),
        ("AIFF", "PCM_16", "FILE"), ("AIFF", "PCM_24", "LITTLE"), ("AIFF", "FLOAT", "FILE"),
        ("AU", "PCM_16", "FILE"), ("AU", "ALAW", "FILE"), ("AU", "PCM_32", "LITTLE"),
        ("NIST", "PCM_16", "LITTLE"), ("NIST", "PCM_24", "BIG"), ("NIST", "PCM_32", "FILE"),
        ("FLAC", "PCM_16", "FILE"), ("OGG", "VORBIS", "FILE"), ("OGG", "OPUS", "FILE"),
    ],
)  # fmt: skip
def test_file_cut_short(tmp_path, kind, encoding, endian):
    path = tmp_path / "cut"
    data = write(path, kind, encoding, endian)
    assert len(read_audio(path)[0]) == len(NOISE)
    size = len(data)
    for length in {*range(1, 130), *range(130, size, size // 40), *range(size - 12, size)}:
        path.write_bytes(data[:length])
        said = refusal(path)
        if kind not in ("FLAC", "OGG") and length > 130:
            assert said.startswith("cut short: "), length


def test_sphere_header_without_the_number_of_samples(tmp_path):
    data = write(tmp_path / "a.wav", "NIST", "PCM_16")
    (tmp_path / "a.wav").write_bytes(data.replace(b"sample_count -i ", b"sample_other -i "))
    assert refusal(tmp_path / "a.wav").startswith("its header does not say how many samples it has")


def test_byte_that_fills_a_pair_is_no_sample(tmp_path):
    data = write(tmp_path / "odd.wav", "WAV", "PCM_U8", samples=NOISE[1:])
    whole = read_audio(tmp_path / "odd.wav")[0]
    (tmp_path / "odd.wav").write_bytes(data[:-1])
    assert np.array_equal(read_audio(tmp_path / "odd.wav")[0], whole)
    (tmp_path / "odd.wav").write_bytes(data[:-2])
    assert refusal(tmp_path / "odd.wav") == "cut short: 19998 of 19999 bytes of samples are there"


def test_chunk_of_an_odd_length_before_the_samples(tmp_path):
    data = write(tmp_path / "note.wav", "WAV", "PCM_16")
    at = data.index(b"data")
    note = b"note" + (5).to_bytes(4, "little") + b"seven" + b"\0"
    (tmp_path / "note.wav").write_bytes(data[:at] + note + data[at:])
    assert len(read_audio(tmp_path / "note.wav")[0]) == len(NOISE)


def test_chunks_behind_the_samples_may_be_cut(tmp_path):
    data = write(tmp_path / "list.wav", "WAV", "PCM_16")
    (tmp_path / "list.wav").write_bytes(data + b"LIST" + (100).to_bytes(4, "little") + b"INFO")
    assert len(read_audio(tmp_path / "list.wav")[0]) == len(NOISE)


@pytest.mark.parametrize("size", [0xFFFFFFFF, 0x7FFFF000, 0x7FFF0000])
@pytest.mark.parametrize(("kind", "mark", "order"), [("WAV", b"data", "little"), ("AIFF", b"SSND", "big")])
def test_length_that_the_writer_could_not_know(tmp_path, kind, mark, order, size):
    path = tmp_path / "piped"
    data = bytearray(write(path, kind, "PCM_16"))
    at = data.index(mark) + 4
    data[at : at + 4] = size.to_bytes(4, order)
    path.write_bytes(data)
    assert abs(len(read_audio(path)[0]) - len(NOISE)) <= 4
    data[at : at + 4] = (0x7FFEFFFF).to_bytes(4, order)
    path.write_bytes(data)
    assert refusal(path).startswith("cut short: ")


def test_au_of_unknown_length(tmp_path):
    data = bytearray(write(tmp_path / "piped.au", "AU", "PCM_16"))
    data[8:12] = b"\xff" * 4
    (tmp_path / "piped.au").write_bytes(data)
    assert len(read_audio(tmp_path / "piped.au")[0]) == len(NOISE)


def test_rf64_tells_its_length_in_64_bits(tmp_path):
    data = bytearray(write(tmp_path / "long.wav", "RF64", "PCM_16"))
    at = data.index(b"ds64") + 16
    data[at : at + 8] = (len(NOISE) * 2 + (1 << 32)).to_bytes(8, "little")
    (tmp_path / "long.wav").write_bytes(data)
    assert refusal(tmp_path / "long.wav").startswith("cut short: 40000 of 4295007296 bytes of samples")


def test_flac_of_unknown_length(tmp_path):
    data = bytearray(write(tmp_path / "piped.flac", "FLAC", "PCM_16"))
    data[21] &= 0xF0  # 36 bits behind "fLaC", a head of 4 bytes, and 13 and a half of what it begins with
    data[22:26] = bytes(4)
    (tmp_path / "piped.flac").write_bytes(data)
    assert (
        refusal(tmp_path / "piped.flac") == "it does not say how long it is, so that a cut would not be seen"
    )


@pytest.mark.parametrize("change", ["removed", "damaged", "twice"])
def test_ogg_with_a_bad_page(tmp_path, change):
    path = tmp_path / "bad.ogg"
    pages = pages_of(write(path, "OGG", "VORBIS", samples=np.tile(NOISE, 4)))
    for at, page in enumerate(pages):
        instead = {"removed": b"", "damaged": page[:-1] + bytes([page[-1] ^ 1]), "twice": page + page}[change]
        path.write_bytes(b"".join([*pages[:at], instead, *pages[at + 1 :]]))
        said = refusal(path)
        if at > 2:  # the first pages are what the decoder needs to begin
            ends = at == len(pages) - 1
            assert said.startswith(
                "cut short: its last page is not there" if ends and change == "removed"
                else f"cut short or damaged: page {at + (change == 'twice')} of its stream"
            )  # fmt: skip


def test_ogg_with_a_second_stream(tmp_path):
    data = write(tmp_path / "two.ogg", "OGG", "VORBIS")
    (tmp_path / "two.ogg").write_bytes(data + data)
    assert f"page {len(pages_of(data))} of its stream is not there" in refusal(tmp_path / "two.ogg")


@pytest.mark.parametrize(
    "kind", sorted(set(soundfile.available_formats()) - set(TAKEN.split(", ")) - {"RAW"})
)
def test_kind_whose_cut_would_not_be_seen(tmp_path, kind):
    encoding = "MPEG_LAYER_III" if kind == "MP3" else next(iter(soundfile.available_subtypes(kind)))
    write(tmp_path / "word", kind, encoding)
    assert refusal(tmp_path / "word") == f"a file of kind {kind}, want {TAKEN}"


@pytest.mark.parametrize(
    ("kind", "encoding"),
    [
        ("WAV", "GSM610"), ("WAV", "IMA_ADPCM"), ("WAV", "MS_ADPCM"), ("WAV", "G721_32"),
        ("WAV", "NMS_ADPCM_16"), ("AIFF", "DWVW_16"), ("AU", "G723_24"),
    ],
)  # fmt: skip
def test_encoding_that_is_not_taken(tmp_path, kind, encoding):
    write(tmp_path / "word", kind, encoding)
    assert refusal(tmp_path / "word") == f"samples encoded as {encoding}, want {ENCODINGS}"
