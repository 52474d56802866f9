# SPDX-License-Identifier: Apache-2.0
"""All groups of bins by name; regressions/testplan.toml says what each is for."""

from tb.coverage import groups_frames, groups_pins, groups_program

GROUPS = groups_program.GROUPS | groups_frames.GROUPS | groups_pins.GROUPS
