# SPDX-License-Identifier: Apache-2.0
"""docs/results.md: every training it tells of, run by one command, and the page made of what they left.

plan.toml     the trainings: task, data, variant, seeds
plan.py       reads it
trainings.py  runs what is not yet there, side by side
page.py       from their files to docs/results.json and docs/results.md
"""
