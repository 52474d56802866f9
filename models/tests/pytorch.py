# SPDX-License-Identifier: Apache-2.0
"""PyTorch for tests that need it: a module, or None where it is not installed."""

import importlib.util
import os

torch = None
if importlib.util.find_spec("torch"):
    import torch  # noqa: F811

    torch.set_num_threads(1)
elif "train" in os.environ.get("MUR_REQUIRE", "").split():
    raise RuntimeError("PyTorch is not installed, and MUR_REQUIRE says that the tests of training must run")
