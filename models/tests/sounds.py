# SPDX-License-Identifier: Apache-2.0
"""What is said of a sound file that is refused."""

import warnings

import pytest

from models.audio import read_audio


def refusal(path) -> str:
    """What `read_audio` says of a file, after its name: one line, and no warning before it."""
    with warnings.catch_warnings(), pytest.raises(ValueError) as refused:
        warnings.simplefilter("error")
        read_audio(path)
    text = str(refused.value)
    assert text.startswith(f"{path}: ")
    assert "\n" not in text
    return text.removeprefix(f"{path}: ")
