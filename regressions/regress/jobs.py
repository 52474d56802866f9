# SPDX-License-Identifier: Apache-2.0
"""One run of a list, as it travels to whoever runs it, and the words for it."""

import dataclasses
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass

from models.text import one_line


@dataclass(frozen=True)
class Job:
    """One test with one seed. ``settings`` are texts; ``id`` is unique in the list and a folder's name."""

    id: str
    test: str
    settings: Mapping[str, str]
    seed: int
    coverage: bool
    tier: str  # the list in which it stands

    @property
    def rerun(self) -> str:
        """The line that repeats this run alone."""
        return command(self.test, self.seed, self.settings, coverage=self.coverage)

    def result(self, status: str, reason: str = "", **figures: object) -> dict:
        """What is told of this run: pass, fail (was judged or broke), error or "not run", and the reason."""
        given = dataclasses.asdict(self) | {"rerun": self.rerun, "status": status} | figures
        if reason:
            given |= {"reason": one_line(reason), "signature": signature(one_line(reason))}
        return given

    @property
    def run(self) -> tuple:
        """What makes two jobs the same run."""
        settings = tuple(sorted((key.upper(), text) for key, text in self.settings.items()))
        return self.test, self.seed, self.coverage, settings


def command(
    test: str, seed: int, settings: Mapping[str, str], waves: bool = False, coverage: bool = False
) -> str:
    """The line for a shell that runs ``test`` with these settings."""
    # make expands $ in a variable given on its command line, so it is doubled.
    texts = [f"{key.upper()}={shlex.quote(value.replace('$', '$$'))}" for key, value in settings.items()]
    flags = ["WAVES=1"] * waves + ["COVERAGE=1"] * coverage
    return " ".join(["make sim", f"TEST={test}", f"SEED={seed}", *flags, *texts])


def signature(reason: str) -> str:
    """``reason`` without what differs from run to run of one bug: paths are ``PATH``, numbers ``#``."""
    reason, _, _ = reason.partition("; last line: ")  # where it was, when something else ended it
    text = re.sub(r"(?<![\w.])(?:/[\w.+-]+){2,}", "PATH", reason)
    text = re.sub(r"\b0x[0-9a-fA-F]+\b|(?<![A-Za-z0-9_])[-+]?\d+(?:[.,]\d+)*", "#", text)
    return " ".join(text.split())
