# SPDX-License-Identifier: Apache-2.0
"""S0 before any pruning: 40-256-256-1920, T = 2, `frame` recurrence, 4-bit weights, every row kept.

698,368 weights, the 2.79 MB of 32-bit numbers that S0 begins with; with 4 bits each they need banks of 4,096
words. Neurons are held at R0's rate in R0's way.
"""

import numpy as np

from models.network import Network
from models.networks.r0 import RATIO, hidden_layers, network_of

HIDDEN = 256


def dense(seed: int = 0) -> Network:
    """The network with weights, biases and thresholds drawn from `seed`."""
    rng = np.random.default_rng([0x5232, seed])
    return network_of(rng, "dense", hidden_layers(rng, HIDDEN, RATIO), None)
