# SPDX-License-Identifier: Apache-2.0
"""The console command `murmur`: from audio to a program of the machine."""

import os

# Before numpy is there: its matrices are so small here that threads would wait for each other.
os.environ.setdefault("OMP_NUM_THREADS", "1")
