# SPDX-License-Identifier: Apache-2.0
"""The console command `murmur`: from audio to a program of the machine."""
