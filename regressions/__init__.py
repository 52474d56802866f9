# SPDX-License-Identifier: Apache-2.0
"""Building, running and judging simulations."""
