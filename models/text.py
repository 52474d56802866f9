# SPDX-License-Identifier: Apache-2.0
"""Text for a person."""


def one_line(text: str) -> str:
    r"""``text`` with what would break or garble a line escaped as Python writes it: ``\n``, ``\x1b`` ..."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)
