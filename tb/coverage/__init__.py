# SPDX-License-Identifier: Apache-2.0
"""Functional coverage of a run: groups of bins, what samples them, and the file they are left in."""
