# SPDX-License-Identifier: Apache-2.0
"""One agent for each interface: registers, images, frames in, results out."""
