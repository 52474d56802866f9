# SPDX-License-Identifier: Apache-2.0
"""What is logged as an error, by any logger: those of pyuvm's sequences show no level."""

import logging


def listen() -> list[str]:
    """The messages of level ERROR and above from now on; the list grows."""
    make, errors = logging.getLogRecordFactory(), []

    def record(*args, **kwargs) -> logging.LogRecord:
        made = make(*args, **kwargs)
        if made.levelno >= logging.ERROR:
            errors.append(made.getMessage())
        return made

    logging.setLogRecordFactory(record)
    return errors
