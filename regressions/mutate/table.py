# SPDX-License-Identifier: Apache-2.0
"""What became of the planted bugs: the table on the console, build/mutants.json, and the verdict."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from regressions.mutate.listed import EQUIVALENT, Listed, Mutant, assertions, locate, read, source
from regressions.mutate.trial import Trial
from regressions.paths import shown, write_json

SURVIVED = "survived"


@dataclass(frozen=True)
class Table:
    """The mutants that were asked for, with the trials of those that were tried."""

    listed: Listed
    mutants: Sequence[Mutant]
    trials: dict[int, Trial] = field(default_factory=dict)

    def verdict(self, mutant: Mutant) -> str:
        """`killed`, or what else became of it; empty when it was not tried."""
        trial = self.trials.get(mutant.id)
        if trial is None:
            return ""
        return "killed" if trial.killed_by else mutant.verdict or SURVIVED

    def count(self, verdict: str, mutants: Sequence[Mutant] | None = None) -> int:
        """How many of ``mutants`` (of all) have ``verdict``."""
        chosen = self.mutants if mutants is None else mutants
        return sum(self.verdict(mutant) == verdict for mutant in chosen)

    @property
    def score(self) -> float:
        """Per cent killed of those tried and not proven equivalent."""
        judged = sum(self.verdict(mutant) not in ("", EQUIVALENT) for mutant in self.mutants)
        return 100 * self.count("killed") / judged if judged else 0.0

    def faults(self) -> list[str]:
        """Why this is red, a sentence each; empty when it is green."""
        found = []
        if missing := [mutant.id for mutant in self.mutants if mutant.id not in self.trials]:
            found.append(f"{len(missing)} mutants were not tried")
        wrong = [mutant.id for mutant in self.mutants if mutant.verdict and self.verdict(mutant) == "killed"]
        if wrong:
            found.append(f"called {EQUIVALENT} or not to be found, but killed: {_numbers(wrong)}")
        lost = [
            mutant.id
            for mutant in self.mutants
            if mutant.sample and self.verdict(mutant) not in ("killed", EQUIVALENT, "")
        ]
        if lost:
            found.append(f"of the sample survived: {_numbers(lost)}")
        for mutant in self.mutants:
            trial = self.trials.get(mutant.id)
            if trial and (quiet := set(mutant.fires) - set(trial.fired)):
                found.append(f"mutant {mutant.id} does not make fail: {', '.join(sorted(quiet))}")
        if not self.mutants:
            found.append("no mutant was tried")
        elif self.score < self.listed.goal and self.count(EQUIVALENT) < len(self.mutants):
            found.append(f"{self.score:.1f} % killed, the goal is {self.listed.goal:g} %")
        return found

    def lines(self) -> list[str]:
        """The table by module, the kills by run, the survivors, and the score."""
        by_file: dict[str, list[Mutant]] = {}
        for mutant in self.mutants:
            by_file.setdefault(mutant.file, []).append(mutant)
        heads = ("killed", EQUIVALENT, "unresolved")
        out = [f"{'module':<18}{'planted':>8}" + "".join(f"{head:>12}" for head in heads)]
        for name, mutants in (*sorted(by_file.items()), ("all", list(self.mutants))):
            counts = [self.count(head, mutants) for head in heads[:2]]
            counts.append(sum(bool(self.verdict(mutant)) for mutant in mutants) - sum(counts))
            out.append(
                f"{Path(name).stem:<18}{len(mutants):>8}" + "".join(f"{count:>12}" for count in counts)
            )
        killers = Counter(trial.killed_by for trial in self.trials.values() if trial.killed_by)
        out += ["", "killed by " + ", ".join(f"{name} {count}" for name, count in killers.most_common())]
        for mutant in self.mutants:
            if self.verdict(mutant) not in ("", "killed"):
                out.append(f"{self.verdict(mutant)}: {mutant.id} {_place(mutant)}: {mutant.bug}")
        failed = {name for trial in self.trials.values() for name in trial.fired}
        out.append(f"assertions that failed: {len(failed)} of {len(assertions())}")
        judged = len(self.mutants) - self.count(EQUIVALENT)
        out.append(
            f"score: {self.score:.1f} % ({self.count('killed')} of {judged}, goal {self.listed.goal:g} %)"
        )
        return out

    def write(self, path: Path) -> None:
        """Write what is known of each mutant that was tried."""
        entries = []
        for mutant in self.mutants:
            trial = self.trials.get(mutant.id)
            if trial is None:
                continue
            found = {"killed_by": trial.killed_by, "reason": trial.reason, "fired": trial.fired}
            proof = {"proof": mutant.proof} if mutant.proof else {}
            entries.append(
                {
                    "id": mutant.id,
                    "file": shown(source(mutant.file)),
                    "line": locate(mutant, read(mutant.file)).line,
                    "change": mutant.change,
                    "bug": mutant.bug,
                    **(found if trial.killed_by else {"verdict": self.verdict(mutant), **proof}),
                    "seconds": trial.seconds,
                }
            )
        path.parent.mkdir(parents=True, exist_ok=True)
        write_json(path, entries)


def _place(mutant: Mutant) -> str:
    return f"{shown(source(mutant.file))}:{locate(mutant, read(mutant.file)).line}"


def _numbers(ids: Sequence[int]) -> str:
    return ", ".join(map(str, ids))
