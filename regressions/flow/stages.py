# SPDX-License-Identifier: Apache-2.0
"""The stages between sound and report: what each needs from the one before, what it leaves, who does it."""

import contextlib
import importlib.util
import json
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tqdm import tqdm

from models.weight_file import load
from regressions.flow import data, evaluate, folder, program, report
from regressions.paths import locked, shown
from regressions.registry import RegistryError
from regressions.toolchain import ToolchainError

INSTALL = "pip install torch==2.13.0 --index-url https://download.pytorch.org/whl/cpu"


@contextlib.contextmanager
def progress() -> Iterator[Callable[[str, int, int, dict], None]]:
    """Gives what training calls as it goes on: show(stage, done, of, the newest figures by name)."""
    with contextlib.ExitStack() as stack:
        bars: dict[str, tqdm] = {}

        def show(stage: str, done: int, of: int, figures: dict) -> None:
            if stage not in bars:
                bars[stage] = stack.enter_context(tqdm(total=of, initial=done, desc=stage, disable=None))
            named = {name: x for name, x in figures.items() if name not in ("stage", "epoch")}
            shown = {name: f"{x:.4g}" if isinstance(x, float) else x for name, x in named.items()}
            bars[stage].set_postfix(shown)
            bars[stage].update(done - bars[stage].n)

        yield show


@dataclass(frozen=True)
class Stage:
    """One command on a run's folder."""

    needs: dict[str, str]  # files that must be there, and the command that leaves each
    work: Callable[[Path, bool], None]  # of the run's folder; whether on the RTL

    def run(self, path: Path, on_rtl: bool = False) -> None:
        """Do it, one at a time in a folder. RegistryError when a stage before is not done."""
        folder.read(path)
        with locked(path / ".lock", f"waiting for another stage in {shown(path)}"):
            for left in path.glob(".[0-9]*.*"):  # half a file of a process that was killed
                left.unlink()
            self._run(path, on_rtl)

    def _run(self, path: Path, on_rtl: bool) -> None:
        for name, command in self.needs.items():
            if not (path / name).exists():
                raise RegistryError(f"{shown(path)}: no {name} there, `murmur {command}` leaves it")
        self.work(path, on_rtl)


def need_torch() -> None:
    """ToolchainError, one line that says how to get it, when PyTorch is not there."""
    if importlib.util.find_spec("torch") is None:
        folder_of_pip = shown(Path(sys.prefix) / "bin")
        raise ToolchainError(
            f"PyTorch is not installed, which only training needs: {folder_of_pip}/{INSTALL}"
        )


def _training(name: str, left: str) -> Callable[[Path, bool], None]:
    """The stage of models.train.stages, which needs PyTorch and leaves files called `left`."""

    def work(path: Path, _on_rtl: bool) -> None:
        need_torch()
        from models.train import stages

        config = folder.read(path)
        sounds = data.corpora_of(config.recipe.task, config.data, config.hold_out)
        if name == "prune" and not (path / "pruned.json").exists():
            _forget_dense(path)
        with data.wrong(), progress() as show:
            getattr(stages, name)(sounds, config.recipe, path, show)
        print(_outcome(path, left))

    return work


def _outcome(path: Path, left: str) -> str:
    """The scores of a stage and where its files are, in a line."""
    scores = json.loads((path / f"{left}.json").read_text())["scores"]
    found = {name: 100 * one["accuracy"] for name, one in scores.get("quantised", scores).items()}
    return f"right: dev {found['dev']:.2f} %, test {found['test']:.2f} %; files {shown(path)}/{left}.*"


def _forget_dense(path: Path) -> None:
    """Remove what was made of the network before it is pruned: the later stages would go on with it."""
    for left in ("quantised.checkpoint", "network.safetensors", "network.json", "run.json", "report.md"):
        (path / left).unlink(missing_ok=True)
    if (path / "program").is_dir():
        shutil.rmtree(path / "program")


def _compile(path: Path, _on_rtl: bool) -> None:
    with data.wrong():
        print(program.table(program.write(load(path / "network.safetensors"), path / "program")))


def _run(path: Path, on_rtl: bool) -> None:
    config = folder.read(path)
    with data.wrong():
        file = load(path / "network.safetensors")
    figures = evaluate.evaluate(config.recipe.task, config.data, file, on_rtl, hold_out=config.hold_out)
    data.write_json(path / "run.json", figures)
    print(evaluate.table(figures))
    evaluate.judge(figures)


def _report(path: Path, _on_rtl: bool) -> None:
    print(report.write(path, folder.read(path)))


_FLOAT, _NETWORK = {"float.safetensors": "train"}, {"network.safetensors": "quantise"}
STAGES = {
    "train": Stage({}, _training("train", "float")),
    "prune": Stage(_FLOAT, _training("prune", "pruned")),
    "quantise": Stage(_FLOAT, _training("quantise", "network")),
    "compile": Stage(_NETWORK, _compile),
    "run": Stage(_NETWORK, _run),
    "report": Stage(_NETWORK | {"program/sizes.json": "compile", "run.json": "run"}, _report),
}
