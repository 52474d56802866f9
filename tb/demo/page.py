# SPDX-License-Identifier: Apache-2.0
"""`make demo`: run speech through the RTL, then one HTML page with everything inside it.

    build/demo/SEED/speech/SEED/    the run, as of `make sim TEST=speech RECORD=1`
    build/demo/SEED/page/           index.html and its pictures; all there, or not there at all

The page of an earlier run goes before the new run begins, so that a red run leaves none.
"""

import base64
import io
import json
import shlex
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import click
import jinja2
from PIL import Image
from tqdm import tqdm

from models.networks import shipped
from regressions import launch, registry, summary
from regressions.paths import BUILD, locked, shown
from tb.demo import record
from tb.demo.facts import facts
from tb.demo.figures import DPI, axis_share, drawn
from tb.demo.sound import SAY, sounds
from tb.demo.word import Word, words_of

KNOWN = ("SAY", "WAV")
TEMPLATE = Path(__file__).with_name("page.html.j2")


def main(seed: int, settings: Mapping[str, str], home: Path = BUILD / "demo") -> int:
    """Run, draw, print where the page is; 0 when the run was green, 1 when it was red (then no page is left).

    ``settings``: SAY or WAV. RegistryError for any other, or for one that nothing can be made of.
    """
    given = _checked(settings)
    heard_by_rtl = sounds(given, seed)
    folder = home / str(seed)
    with locked(folder / ".lock", f"waiting for another demonstration in {shown(folder)}"):
        page = folder / "page"
        shutil.rmtree(page, ignore_errors=True)
        result = _run(seed, given, folder)
        run_dir = folder / "speech" / str(seed)
        if result["status"] != "pass":
            click.echo(summary.block(result, run_dir))
            click.echo("error: the run is red, so there is no page", err=True)
            return 1
        labels = shipped("digits").labels
        words = words_of(heard_by_rtl, record.load(run_dir / "record.npz"), result["words"], labels)
        outcome = json.loads((run_dir / "outcome.json").read_text())
        size = write(page, words, facts(words, result, outcome), result, rerun("demo", seed, given))
    click.echo(f"words  {' '.join(word.heard for word in words)}")
    pictures = len(list(page.glob("*.png")))
    click.echo(f"page   {shown(page / 'index.html')}, {size / 1e6:.1f} MB, {pictures} PNGs beside it")
    return 0


def _checked(settings: Mapping[str, str]) -> dict[str, str]:
    """The settings with keys in capitals; RegistryError for a wrong one."""
    given = {key.upper(): value for key, value in settings.items()}
    for key, value in given.items():
        if key not in KNOWN:
            raise registry.RegistryError(
                f"{key}={value}: make demo has no such setting, known: {', '.join(KNOWN)}"
            )
        if not value.strip():
            raise registry.RegistryError(f"{key}=: empty, want {'a file' if key == 'WAV' else 'words'}")
    if "WAV" in given and len(given) > 1:
        raise registry.RegistryError(
            f"WAV={given['WAV']}: a recording speaks for itself, want no SAY beside it"
        )
    return given if "WAV" in given else {"SAY": SAY, **given}


def _run(seed: int, given: Mapping[str, str], folder: Path) -> dict:
    """The result of the run in ``folder``/speech/SEED."""
    test = registry.configure(registry.find(registry.load(), "speech"), {**given, "RECORD": "1"})
    return launch.run(test, seed, rerun("sim", seed, given), home=folder)


def rerun(target: str, seed: int, settings: Mapping[str, str]) -> str:
    """The line that repeats the run with (`demo`) or without (`sim`) the page."""
    # make expands $ in a variable given on its command line, so it is doubled.
    texts = [f"{key}={shlex.quote(value.replace('$', '$$'))}" for key, value in settings.items()]
    return " ".join(["make", target, *(["TEST=speech"] if target == "sim" else []), f"SEED={seed}", *texts])


def write(page: Path, words: Sequence[Word], told: Mapping, result: Mapping, command: str) -> int:
    """Draw everything into the folder ``page``, which appears whole; returns the bytes of index.html.

    The caller holds a lock on the folder around it, so what a killed process left there is overwritten.
    """
    part = page.with_name(".page")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    try:
        drawing = tqdm(words, "drawing", disable=None)
        views = [_view(number, word, part) for number, word in enumerate(drawing, 1)]
        text = _template().render(
            words=words,
            views=views,
            result=result,
            command=command,
            axis=axis_share(),
            facts=told,
        )
        (part / "index.html").write_text(text)
        part.rename(page)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return len(text.encode())


def _template() -> jinja2.Template:
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True)
    return environment.from_string(TEMPLATE.read_text())


def _view(number: int, word: Word, folder: Path) -> dict[str, dict[str, str]]:
    """The pictures of a word as data: URIs, [picture][theme]; the files go to ``folder``."""
    view: dict[str, dict[str, str]] = {}
    for picture, theme, figure in drawn(word):
        raw = io.BytesIO()
        figure.savefig(raw, format="png", dpi=DPI, facecolor=figure.get_facecolor())
        # A palette halves the size, and these pictures have few colours.
        small = io.BytesIO()
        Image.open(raw).convert("RGB").quantize(128).save(small, "png", optimize=True)
        suffix = "" if theme == "light" else f"-{theme}"
        (folder / f"{number:02}-{word.heard}-{picture}{suffix}.png").write_bytes(small.getvalue())
        data = base64.b64encode(small.getvalue()).decode()
        view.setdefault(picture, {})[theme] = f"data:image/png;base64,{data}"
    return view
