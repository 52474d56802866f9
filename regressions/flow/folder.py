# SPDX-License-Identifier: Apache-2.0
"""The folder of one run of the flow: what it is about (config.json), and what each stage has left in it."""

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.train.recipes import Recipe, recipe
from regressions.flow.data import made, write_json
from regressions.paths import BUILD, shown
from regressions.registry import RegistryError

FLOW = BUILD / "flow"
VERSION = 1


@dataclass(frozen=True)
class Config:
    """What a run was begun with; the later stages read it."""

    data: list[str]  # the task's own folder, then extra training material
    hold_out: str | None
    recipe: Recipe  # of which the task and the seed

    def as_json(self) -> dict[str, Any]:
        """What config.json holds."""
        return json.loads(json.dumps({"version": VERSION, **dataclasses.asdict(self)}))


def begin(path: Path, config: Config) -> None:
    """Make the folder of a run, or go on in it; RegistryError when neither is possible."""
    with made(path):
        _check(path, config)
        path.mkdir(parents=True, exist_ok=True)
    write_json(path / "config.json", config.as_json())


def _check(path: Path, config: Config) -> None:
    """RegistryError when what is there is another run, or none."""
    if (path / "config.json").exists():
        found, given = read(path).as_json(), config.as_json()
        if found["recipe"]["task"] != given["recipe"]["task"]:
            raise RegistryError(f"{shown(path)}: a run of {found['recipe']['task']}, want another --run")
        before, now = ({**one.pop("recipe"), **one} for one in (found, given))
        for key, value in before.items():
            if now[key] != value:
                raise RegistryError(
                    f"{shown(path)}: begun with {key} {value}, now {now[key]}; want the same or another --run"
                )
    elif path.is_dir() and any(path.iterdir()):
        raise RegistryError(f"{shown(path)}: holds something else, want a new folder")
    elif path.exists() and not path.is_dir():
        raise RegistryError(f"{shown(path)}: a file, want the folder of a run")


def read(path: Path) -> Config:
    """What the run in a folder is about; RegistryError, one line, when there is none."""
    file = path / "config.json"
    try:
        held = json.loads(file.read_text())
        if held["version"] != VERSION:
            raise ValueError(f"version {held['version']}, want {VERSION}")
        settings = dict(held["recipe"])
        for field in dataclasses.fields(Recipe):
            if field.name not in settings:  # a default would stand for what it was begun with
                raise ValueError(f"recipe: no {field.name!r}")
        return Config(held["data"], held["hold_out"], recipe(settings.pop("task"), **settings))
    except OSError:
        raise RegistryError(f"{shown(path)}: no run there, `murmur train` begins one") from None
    except (ValueError, KeyError, TypeError) as error:
        raise RegistryError(f"{shown(file)}: damaged ({error}); want another --run") from None
