# SPDX-License-Identifier: Apache-2.0
"""Training, from sound to the integer weights in models/weights. Only train_digits needs PyTorch.

dataset.py       recordings and synthesised words, and who is held out
train_digits.py  the 40-128-128-10 network: float, then quantisation-aware
export.py        float parameters to 4-bit weights, and the weight file
score_digits.py  the integer network in plain numpy, and its scores
"""
