# SPDX-License-Identifier: Apache-2.0
"""The list of trainings, `plan.toml`, read and checked before anything runs.

[data]                      the folder of each task's recordings, in the folder that the user names
digits = "fsdd"

[[trainings]]
name = "digits-dense"       of the table's row, and with the seed of its folder
task = "digits"             of `murmur train`
also = ["keywords"]         tasks whose recordings are trained on too, or "spoken" (optional, like the rest)
seeds = [1, 2, 3]           one training each; 1 if there are none
hold_out = ["theo"]         one training each: --hold-out
options = { steps = 1 }     other settings of `murmur train`
stages = ["quantise"]       after `train`; prune and quantise if there are none
rtl = true                  those of the first seed are scored on the RTL too
elsewhere = "spoken"        the first one is then also run, on the RTL, over the recordings of this task
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from models.corpora.reading import SPOKEN
from regressions.registry import RegistryError
from regressions.tables import FLAG, SETTING, TEXT, WHOLE, near, one_of, read

PLAN = Path(__file__).with_name("plan.toml")
STAGES = ("prune", "quantise")
SCHEMA = {
    "data": {"*": TEXT},
    "trainings": [
        {
            "name": TEXT, "task": TEXT, "also?": [TEXT], "seeds?": [WHOLE], "hold_out?": [TEXT],
            "options?": {"*": SETTING}, "stages?": [one_of(*STAGES)], "rtl?": FLAG, "elsewhere?": TEXT,
        }
    ],
}  # fmt: skip


@dataclass(frozen=True)
class Training:
    """One network from sound to scores."""

    row: str  # of the table: trainings that differ by seed or by held-out speaker share it
    task: str
    data: Path
    also: tuple[Path, ...]
    seed: int
    hold_out: str  # "" for the task's own choice
    options: Mapping[str, object] = field(default_factory=dict)
    stages: tuple[str, ...] = STAGES
    rtl: bool = False
    elsewhere: Path | None = None

    @property
    def absent(self) -> Path | None:
        """The first folder of recordings that it needs and that is not there."""
        named = (self.data, *self.also, *([self.elsewhere] if self.elsewhere else []))
        needed = (folder for folder in named if str(folder) != SPOKEN)
        return next((folder for folder in needed if not folder.is_dir()), None)

    @property
    def name(self) -> str:
        """Of its folder."""
        return "-".join(str(part) for part in (self.row, self.hold_out, self.seed) if part != "")

    def commands(self, home: Path) -> Iterable[tuple[Path, list[str]]]:
        """What makes it, in order: the file that shows that a step is done, and the step's arguments."""
        run = home / self.name
        train = ["train", "--task", self.task, "--data", str(self.data), "--seed", str(self.seed)]
        train += [word for folder in self.also for word in ("--also", str(folder))]
        train += ["--hold-out", self.hold_out] if self.hold_out else []
        train += [word for name, value in self.options.items() for word in (f"--{name}", str(value))]
        yield run / "float.json", [*train, "--run", str(run)]
        made = {"prune": "pruned.json", "quantise": "network.json"}
        for stage in self.stages:
            yield run / made[stage], [stage, "--run", str(run)]
        if "quantise" in self.stages:
            yield run / "run.json", ["run", "--run", str(run), *(["--rtl"] if self.rtl else [])]
        if self.elsewhere:
            scored = ["evaluate", "--task", self.task, "--data", str(self.elsewhere)]
            scored += ["--weights", str(run / "network.safetensors")]
            yield run / "elsewhere.json", [*scored, "--rtl", "--json", str(run / "elsewhere.json")]
        if self.task == "states":  # the shape that S0's figures are of
            falls = ["waterfall", "--data", str(self.data), "--weights", str(run / "network.safetensors")]
            yield run / "waterfall.json", [*falls, "--rtl", "--json", str(run / "waterfall.json")]


def trainings(data: Path, path: Path = PLAN) -> list[Training]:
    """Every training of the list with the recordings in the folder `data`; those of absent ones too.

    RegistryError, one line: a mistake in the list.
    """
    plan = read(path, SCHEMA)
    folders = {task: data / folder for task, folder in plan["data"].items()} | {SPOKEN: Path(SPOKEN)}
    found: list[Training] = []
    for entry in plan["trainings"]:
        named = [entry["elsewhere"]] if "elsewhere" in entry else []
        for task in (entry["task"], *entry.get("also", ()), *named):
            if task not in folders:
                raise RegistryError(
                    f"{path.name}: {entry['name']}: no data of {task!r}, {near(task, folders)}"
                )
        stages = tuple(entry.get("stages", STAGES))
        if named and "quantise" not in stages:
            raise RegistryError(f"{path.name}: {entry['name']}: elsewhere, want quantise among the stages")
        elsewhere = folders[named[0]] if named else None
        seeds = entry.get("seeds", [1])
        for hold_out in entry.get("hold_out", [""]):
            for seed in seeds:
                found.append(
                    Training(
                        row=entry["name"], task=entry["task"], data=folders[entry["task"]],
                        also=tuple(folders[task] for task in entry.get("also", ())),
                        seed=seed, hold_out=hold_out, options=entry.get("options", {}),
                        stages=stages,
                        rtl=seed == seeds[0] and entry.get("rtl", False),
                        elsewhere=elsewhere,
                    )
                )  # fmt: skip
                elsewhere = None
    names = [training.name for training in found]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise RegistryError(f"{path.name}: two trainings are called {twice[0]}")
    return found
