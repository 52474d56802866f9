# SPDX-License-Identifier: Apache-2.0
"""The bit-exact model of murmur, its compiler and its training; none of it knows of a simulator."""
