# SPDX-License-Identifier: Apache-2.0
"""Seeds that depend on names alone.

A component's random stream must not change because another component was added before it, nor from one
Python process to the next, so it comes from SHA-256 of the run's seed and the component's path.
"""

import hashlib


def derive(seed: int, path: str) -> int:
    """Return the 64-bit seed of the component at ``path`` (as ``"env.agent.driver"``) in the run ``seed``."""
    return int.from_bytes(hashlib.sha256(f"{seed}/{path}".encode()).digest()[:8], "big")
