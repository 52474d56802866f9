# SPDX-License-Identifier: Apache-2.0
"""`make docs`: the pictures of docs/, from the RTL's own waves and from the names of its modules.

It runs the `walkthrough` simulation with waves and writes docs/figures/: the wave pictures with the WaveDrom
JSON they were drawn from, and the two block drawings. A test holds the files in the repository to this.
"""

import json
import os
import sys
from pathlib import Path

from regressions import figure_blocks, launch, registry
from regressions.figure_waves import PICTURES, Waves, svg
from regressions.paths import BUILD, ROOT, shown

FIGURES = ROOT / "docs" / "figures"
TEST, SEED = "walkthrough", 1


class NoWaves(Exception):
    """The simulation that makes the waves is red; the message says why."""


def simulate(home: Path = BUILD) -> Waves:
    """Run the simulation in a folder of ``home``. NoWaves when red, BuildError when it does not build."""
    test = registry.find(registry.load(), TEST)
    rerun = f"make sim TEST={TEST} SEED={SEED} WAVES=1"
    result = launch.run(test, SEED, rerun, waves=True, home=home)
    if result["status"] != "pass":
        raise NoWaves(f"the waves cannot be trusted: {result.get('reason', 'the run is red')}; see {rerun}")
    return Waves(home / TEST / str(SEED) / "waves.fst")


def draw(waves: Waves) -> dict[str, str]:
    """Every file of docs/figures, name to text."""
    files = {f"{name}.svg": text for name, text in figure_blocks.drawings().items()}
    for name, picture in PICTURES.items():
        described = picture.json(waves)
        files[f"{name}.json"] = json.dumps(described, indent=1) + "\n"
        files[f"{name}.svg"] = svg(described)
    return files


def write(files: dict[str, str], folder: Path) -> list[str]:
    """Write ``files`` where they changed; return the names of those. OSError, and none written: no room."""
    folder.mkdir(parents=True, exist_ok=True)
    parts: dict[Path, Path] = {}
    try:
        for name, text in files.items():
            path = folder / name
            if not path.is_file() or path.read_text() != text:
                parts[path] = folder / f".{os.getpid()}.{name}"
                parts[path].write_text(text)
        for path, part in parts.items():
            part.replace(path)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from None
    finally:
        for part in parts.values():
            part.unlink(missing_ok=True)
    return [path.name for path in parts]


def main() -> int:
    """Draw all, say what changed."""
    try:
        files = draw(simulate())
    except NoWaves as red:
        print(f"error: {red}", file=sys.stderr)
        return 1
    changed = write(files, FIGURES)
    for name in changed:
        print(f"wrote {shown(FIGURES / name)}")
    print(f"{len(files)} files in {shown(FIGURES)}, {len(changed)} changed")
    return 0
