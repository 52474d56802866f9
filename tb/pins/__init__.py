# SPDX-License-Identifier: Apache-2.0
"""A second bench that drives and watches the pins of mur_top itself, cycle by cycle, without the harness."""
