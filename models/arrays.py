# SPDX-License-Identifier: Apache-2.0
"""Files of named arrays (.npz), read with suspicion."""

import struct
import warnings
import zipfile
import zlib
from pathlib import Path

import numpy as np

# What zipfile and NumPy raise for damaged files: a bad checksum, an unknown compression, a flag that says
# "encrypted", a header that is no Python literal or asks for more memory than there is ...
_DAMAGE = (
    OSError, ValueError, EOFError, KeyError, IndexError, TypeError, AttributeError, RuntimeError, MemoryError,
    OverflowError, SyntaxError, zipfile.BadZipFile, zlib.error, struct.error,
)  # fmt: skip


def read_npz(path: Path) -> dict[str, np.ndarray]:
    """The arrays in a file; nothing that would run code when it is read (pickled objects) is accepted.

    FileNotFoundError: not there; ValueError naming the file: not such a file, or damaged.
    """
    if not path.is_file():
        raise FileNotFoundError(f"{path} is missing")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # headers of other versions of NumPy; the arrays are judged later
            file = np.load(path, allow_pickle=False)
            if not isinstance(file, np.lib.npyio.NpzFile):
                raise ValueError("one array, not a file of several")
            with file:
                arrays = {name: file[name] for name in file.files}
    except _DAMAGE as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise ValueError(f"{path} is damaged, or not a .npz file: {reason}") from None
    for name, array in arrays.items():
        if not isinstance(array, np.ndarray):
            raise ValueError(f"{path} is damaged, or not a .npz file: {name} is no array")
    return arrays
