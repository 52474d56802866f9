# SPDX-License-Identifier: Apache-2.0
"""PyTorch for tests that need it: the module, or None where it is not installed."""

import importlib
import importlib.util
import os
from typing import Any

torch: Any = importlib.import_module("torch") if importlib.util.find_spec("torch") else None
if torch:
    torch.set_num_threads(1)
elif "train" in os.environ.get("MUR_REQUIRE", "").split():
    raise RuntimeError("PyTorch is not installed, and MUR_REQUIRE says that the tests of training must run")
