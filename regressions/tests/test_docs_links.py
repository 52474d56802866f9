# SPDX-License-Identifier: Apache-2.0
"""Every relative link of the Markdown pages leads to something, headings included."""

import re

import pytest

from regressions.paths import ROOT

PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")),
    *sorted((ROOT / "docs").glob("*.md")),
    ROOT / "models" / "weights" / "README.md",
]
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)|(?:src|href)=\"([^\"]+)\"")


def anchors(text: str) -> set[str]:
    """The names that a hosting service gives the headings of a page."""
    heads = re.findall(r"^#+ (.+)$", text, flags=re.M)
    return {re.sub(r"[^\w\- ]", "", head.lower()).strip().replace(" ", "-") for head in heads}


def links(text: str) -> list[str]:
    """What a page links to or shows. In code, brackets are no links."""
    text = re.sub(r"^```.*?^```", "", text, flags=re.M | re.S)
    text = re.sub(r"`[^`\n]*`", "", text)
    return [markdown or html for markdown, html in LINK.findall(text)]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    bad = []
    for link in links(page.read_text()):
        if re.match(r"\w+:", link):
            continue  # another site
        path, _, anchor = link.partition("#")
        target = page.parent / path if path else page
        there = target.exists() and target.resolve().is_relative_to(ROOT)
        if not there or (anchor and anchor not in anchors(target.read_text())):
            bad.append(link)
    assert not bad, f"{page.relative_to(ROOT)}: {bad}"


def test_links_are_found():
    found = [link for page in PAGES for link in links(page.read_text())]
    assert "figures/datapath.svg" in found
    assert "integration/example_soc.sv" in found
    assert "docs/figures/machine.svg" in found
