# SPDX-License-Identifier: Apache-2.0
"""What the settings of a test may be: declared beside them in tests.toml."""

import pytest

from regressions import registry
from tb.networks import WIDTHS


@pytest.mark.parametrize("name", registry.load())
def test_defaults_are_legal(name):
    registry.configure(registry.load()[name], {})


@pytest.mark.parametrize(
    ("name", "setting", "said"),
    [
        ("r0", "FRAMES=0", "FRAMES=0: want 1 to 20000"),
        ("r0", "FRAMES=20001", "FRAMES=20001: want 1 to 20000"),
        ("r0", "UTTERANCES=0", "UTTERANCES=0: want 1 to 240, which is FRAMES"),
        ("r0", "UTTERANCES=241", "UTTERANCES=241: want 1 to 240, which is FRAMES"),
        ("r0", "FRAMES=3", "UTTERANCES=4: want 1 to 3, which is FRAMES"),
        ("random", "NETWORKS=0", "NETWORKS=0: want 1 to 100000"),
        ("random", "UTTERANCES=0", "UTTERANCES=0: want 1 to 100"),
        ("random", "FRAMES=0", "FRAMES=0: want 1 to 1000"),
        ("random", "LARGEST=0", "LARGEST=0: want 1 to 1024"),
        ("random", "LARGEST=100000", "LARGEST=100000: want 1 to 1024"),
        ("matrix", "WIDTH=-1", "WIDTH=-1: want one of 0, 1, 127, 128, 129, 300"),
        ("matrix", "WIDTH=2", "WIDTH=2: want one of 0, 1, 127, 128, 129, 300"),
        ("errors", "STEP=0", "STEP=0: want 1 to 1000"),
        ("smoke", "PROG_DEPTH=0", "PROG_DEPTH is 0, must be "),
    ],
)
def test_number_that_is_not_legal(name, setting, said):
    with pytest.raises(registry.RegistryError) as refused:
        registry.configure(registry.load()[name], dict([setting.split("=")]))
    assert str(refused.value).startswith(said)


@pytest.mark.parametrize(
    ("name", "setting"),
    [
        ("r0", {"FRAMES": "1", "UTTERANCES": "1"}),
        ("random", {"LARGEST": "1024"}),
        ("matrix", {"WIDTH": "300"}),
        ("errors", {"STEP": "1"}),
    ],
)
def test_ends_of_ranges_are_legal(name, setting):
    chosen = registry.configure(registry.load()[name], setting)
    assert {key.upper(): str(value) for key, value in chosen.params.items()}.items() >= setting.items()


def test_widths_are_those_of_the_test():
    assert registry.load()["matrix"].legal["width"] == [0, *WIDTHS]


@pytest.mark.parametrize("text", ["٨", "1_6", "+8", " 8", "8 ", "8\n", "0x8", "8.0", "1e1", "", "--8"])
def test_number_is_plain_digits(text):
    with pytest.raises(registry.RegistryError) as refused:
        registry.configure(registry.load()["smoke"], {"LANES": text})
    assert str(refused.value) == f"LANES={text}: want a whole number in decimal digits"


def test_number_of_too_many_digits():
    with pytest.raises(registry.RegistryError, match=r"=1{5000}: want at most 18 digits"):
        registry.configure(registry.load()["r0"], {"FRAMES": "1" * 5000})


LIST = """
[builds.b]
top = "toy"
sources = []

[tests.t]
build = "b"
module = "m"
class = "C"
about = "a"
"""


@pytest.mark.parametrize(
    "entry",
    [
        "params = { frames = 20 }",
        'params = { say = "" }\nlegal = { frames = "1..2" }',
        'legal = { x = "1..2" }',
    ],
)
def test_list_must_say_what_numbers_may_be(tmp_path, entry):
    path = tmp_path / "tests.toml"
    path.write_text(LIST + entry)
    with pytest.raises(registry.RegistryError, match=r"test 't': \w+ wants both a number and what is legal"):
        registry.load(path)
