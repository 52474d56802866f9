# SPDX-License-Identifier: Apache-2.0
"""Training, from sound to a network file; docs/training.md is the method. PyTorch only where marked.

recipes.py     every number that decides how a task is trained
material.py    the sounds and targets of corpora, the batches of an epoch
augment.py     changes to sound and features
neurons.py     LIF layers through time, forward and backward (PyTorch)
network.py     the network, in float and then in the machine's integers (PyTorch)
gru.py         the float GRU that it is measured against (PyTorch)
fit.py         one stage: epochs, early stopping (PyTorch)
checkpoint.py  the state between two epochs in a file (PyTorch)
prune.py       neurons, output rows and single weights taken out (PyTorch)
scales.py      power-of-two scales of 4-bit weights
quantise.py    the machine's integers of a trained network (PyTorch)
stages.py      train, prune, quantise: what `murmur` calls (PyTorch)
"""
