# SPDX-License-Identifier: Apache-2.0
"""Training, from sound to the integer weights in models/weights. Only what trains needs PyTorch."""
