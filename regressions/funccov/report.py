# SPDX-License-Identifier: Apache-2.0
"""Functional coverage in words and as a page: features of the plan, their bins, empty ones first."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import jinja2

from regressions.funccov.plan import Feature
from tb.coverage.groups import GROUPS

TEMPLATE = Path(__file__).with_name("functional.html.j2")
Hits = Mapping[str, Mapping[str, int]]


def share(hits: Hits, groups: Iterable[str]) -> tuple[int, int]:
    """(bins hit, bins) of some groups."""
    counts = [count for group in groups for count in hits[group].values()]
    return sum(count > 0 for count in counts), len(counts)


def percent(met: int, of: int) -> str:
    """A share rounded down, so that 100.0 % means all; "-" of nothing."""
    return f"{1000 * met // of / 10:.1f} %" if of else "-"


def table(hits: Hits, features: list[Feature]) -> list[str]:
    """A line for each feature that has bins, and their sum."""
    lines = [f"{'feature':<20}{'tier':<9}{'bins hit':>13}{'':>9}"]
    rows = [(f.name, f.tier, f.bins) for f in features if f.bins]
    for name, tier, groups in [*rows, ("all", "", tuple(GROUPS))]:
        met, of = share(hits, groups)
        lines.append(f"{name:<20}{tier:<9}{f'{met:,} of {of:,}':>13}{percent(met, of):>9}")
    return lines


def html(hits: Hits, features: list[Feature], files: int, problems: list[str]) -> str:
    """The page, which needs no other file."""
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True)
    shown = [
        {
            "feature": feature,
            "share": share(hits, feature.bins),
            "groups": sorted(
                (_group(name, hits[name]) for name in feature.bins), key=lambda group: -len(group["empty"])
            ),
        }
        for feature in sorted(features, key=lambda feature: -_holes(hits, feature.bins))
    ]
    template = environment.from_string(TEMPLATE.read_text())
    total = share(hits, GROUPS)
    return template.render(features=shown, files=files, problems=problems, total=total, percent=percent)


def _holes(hits: Hits, groups: Iterable[str]) -> int:
    met, of = share(hits, groups)
    return of - met


def _group(name: str, hits: Mapping[str, int]) -> dict:
    return {
        "name": name,
        "about": GROUPS[name].about,
        "axes": " x ".join(GROUPS[name].axes),
        "never": [(never.why, _where(never.where)) for never in GROUPS[name].never],
        "empty": [label for label, count in hits.items() if not count],
        "hit": [(label, count) for label, count in hits.items() if count],
        "share": share({name: hits}, [name]),
    }


def _where(where: Mapping[str, str | tuple[str, ...]]) -> str:
    return ", ".join(f"{k} {v if isinstance(v, str) else ' or '.join(v)}" for k, v in where.items())
