# SPDX-License-Identifier: Apache-2.0
"""Training, from sound to the integer weights in models/weights. Only what trains needs PyTorch.

dataset.py         recordings and synthesised words, and who is held out
variation.py       varied copies of them, and changes that are new in every epoch
digits_network.py  the 40-128-128-10 network: float, then quantisation-aware (PyTorch)
fit.py             the training loop (PyTorch)
train_digits.py    the command: train, score, save (PyTorch)
export.py          float parameters to 4-bit weights, and the weight file
score_digits.py    the integer network in plain numpy, and its scores
"""
