# SPDX-License-Identifier: Apache-2.0
"""What a list must have hit: every bin of the features of its tier and of the tiers below."""

from regressions.funccov import plan
from regressions.funccov.merge import Merged


def due(features: list[plan.Feature], name: str) -> list[plan.Feature]:
    """The features of which the list ``name`` must hit every bin; none for a list that is no tier."""
    if name not in plan.TIERS:
        return []
    tiers = plan.TIERS[: plan.TIERS.index(name) + 1]
    return [feature for feature in features if feature.tier in tiers]


def check(merged: Merged, name: str) -> list[str]:
    """One line for each thing wrong: files that could not be used, groups that ``name`` has not filled."""
    missed = list(merged.problems)
    for feature in due(plan.load(), name):
        for group in feature.bins:
            if empty := merged.empty(group):
                bins = "bin" if len(empty) == 1 else "bins"
                text = " | ".join(empty)
                missed.append(
                    f"functional coverage of {feature.name}: {len(empty)} empty {bins} of {group}: {text}"
                )
    return missed
