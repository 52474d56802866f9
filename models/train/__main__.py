# SPDX-License-Identifier: Apache-2.0
"""`python -m models.train --data DIR`: train every network whose weights the project ships."""

import sys

from .train_digits import main

if __name__ == "__main__":
    try:
        sys.exit(main())
    except ValueError as error:
        sys.exit(f"error: {error}")
