# SPDX-License-Identifier: Apache-2.0
"""Graphs that other libraries wrote, with what those libraries make of them (make.py, cases.py)."""
