# SPDX-License-Identifier: Apache-2.0
"""The test bench: agents, sequences, scoreboards and the cocotb tests that use them."""

import os

# One simulation is one core's work, the model in it too; read when NumPy is imported first.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
