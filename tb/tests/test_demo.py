# SPDX-License-Identifier: Apache-2.0
"""`make demo`: what the record holds is what was counted, the page says it, and a browser can show it."""

import json
import os
import re
import shutil
import subprocess
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
import soundfile
from click.testing import CliRunner
from PIL import Image

from models.audio import synthesise
from regressions import launch
from regressions.cli import cli
from regressions.registry import RegistryError
from tb.demo import page, record
from tb.demo.figures import PICTURES, THEMES
from tb.tests.demo_truth import visible

SAY = "three one"
SEED = 3
# What Chromium says of the machine it runs on, not of the page: a page's own lines come from its console.
CONSOLE = re.compile(r"CONSOLE|Refused|Content Security Policy")


@pytest.fixture(scope="module")
def demo(tmp_path_factory) -> Path:
    """The folder of one demonstration."""
    home = tmp_path_factory.mktemp("demo")
    left = home / str(SEED) / ".page"  # by a demonstration that was killed as it drew
    left.mkdir(parents=True)
    (left / "left.png").touch()
    assert page.main(SEED, {"SAY": SAY}, home) == 0
    return home / str(SEED)


@pytest.fixture(scope="module")
def result(demo) -> dict:
    return json.loads((demo / "speech" / str(SEED) / "result.json").read_text())


class Parsed(HTMLParser):
    """Figures by name, (heard, said) of the words, every address, and the alternative texts."""

    def __init__(self, text: str) -> None:
        """Read ``text``."""
        super().__init__()
        self.figures: dict[str, str] = {}
        self.words: list[tuple[str, str]] = []
        self.addresses: list[str] = []
        self.alts: list[str] = []
        self.images = self.name = ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        """One tag."""
        given = dict(attrs)
        self.name = given.get("data-figure", "")
        self.images = given.get("data-images", self.images)
        self.addresses += [given[key] for key in ("src", "srcset", "href", "action", "data") if key in given]
        if "data-heard" in given:
            self.words.append((given["data-heard"], given["data-said"]))
        if tag == "img":
            self.alts.append(given.get("alt", ""))

    def handle_data(self, data):
        """The text behind a tag."""
        if self.name:
            self.figures[self.name] = data.strip()
            self.name = ""


def check_text(found: Parsed, result: dict) -> None:
    """The words and counts of a page are those of the run."""
    assert [heard for heard, _ in found.words] == result["words"] == SAY.split()
    assert [said for _, said in found.words] == SAY.split()
    ledger = result["ledger"]
    events = (ledger["EVENTS0"] + ledger["EVENTS1"]) / result["frames"]
    assert found.figures == {
        "checks": f"{result['checks']:,}",
        "mismatches": "0",
        "frames": f"{result['frames']:,}",
        "cycles_per_frame": f"{result['cycles_per_frame']:.1f}",
        "events_per_frame": f"{events:.1f}",
        "spikes": f"{ledger['SPIKES0'] + ledger['SPIKES1']:,}",
    }
    assert len(found.alts) == len(PICTURES) * len(result["words"])
    assert all(len(alt) > 20 for alt in found.alts)


def test_record_is_what_the_counters_counted(demo, result):
    kept = record.load(demo / "speech" / str(SEED) / "record.npz")
    counters = kept["counters"].tolist()
    for tag, layer in enumerate(("h1", "h2")):
        spikes = kept[f"spikes_{layer}"]
        assert spikes.shape == (result["frames"], 2, 128)
        by_frame = kept["ledger"][:, counters.index(f"SPIKES{tag}")]
        assert (spikes.sum(axis=(1, 2)) == by_frame).all()
        assert spikes.sum() == result["ledger"][f"SPIKES{tag}"] > 0
    for name in counters:
        assert kept["ledger"][:, counters.index(name)].sum() == result["ledger"][name], name
    alone = kept["utterance"] < 0
    gaps = kept["cycles"][~alone][:-1]  # the last one has no next frame
    assert round(float(gaps.mean()), 2) == result["cycles_per_frame"]
    assert (kept["done"] > kept["start"]).all()
    # The frames repeated alone are the first of the first word: the same frames give the same spikes.
    assert np.array_equal(kept["features"][alone], kept["features"][: alone.sum()])
    assert np.array_equal(kept["spikes_h2"][alone], kept["spikes_h2"][: alone.sum()])


def test_page_alone(demo, result):
    text = (demo / "page" / "index.html").read_text()
    found = Parsed(text)
    check_text(found, result)
    assert all(address.startswith(("data:", "#word-")) for address in found.addresses)
    assert not re.findall(r"(?:https?|ftp|file)://|@import|url\(", text)
    assert f"make demo SEED={SEED} SAY=" in text
    assert not [path for path in demo.iterdir() if path.name.startswith(".page")]
    assert not (demo / "page" / "left.png").exists()


def test_pictures(demo):
    pictures = sorted((demo / "page").glob("*.png"))
    assert len(pictures) == len(SAY.split()) * len(PICTURES) * len(THEMES)
    for path in pictures:
        pixels = np.asarray(Image.open(path).convert("L"))
        assert pixels.shape[1] == 1800, path.name
        back = np.bincount(pixels.reshape(-1)).argmax()
        assert (pixels != back).mean() > 0.01, f"{path.name} is blank"


def chromium(folder: Path, target: Path, *flags: str) -> subprocess.CompletedProcess:
    """Open ``target`` in a headless Chromium; without one skip, or fail where MUR_REQUIRE names it."""
    program = shutil.which("chromium")
    if program is None:
        if "chromium" in os.environ.get("MUR_REQUIRE", ""):
            pytest.fail("chromium is not installed, and MUR_REQUIRE wants it")
        pytest.skip("CHROMIUM IS NOT INSTALLED: no browser opened the page (apt-get install chromium)")
    quiet = (
        "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
        "--disable-component-update --disable-sync --hide-scrollbars --enable-logging=stderr"
    ).split()
    command = [program, *quiet, f"--user-data-dir={folder / 'profile'}", *flags, target.as_uri()]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
def test_in_a_browser(demo, result, theme, tmp_path):
    scheme = f"--blink-settings=preferredColorScheme={0 if theme.name == 'dark' else 1}"
    target, shot = demo / "page" / "index.html", tmp_path / "shot.png"
    done = chromium(tmp_path / "dom", target, "--dump-dom", scheme)
    assert not [line for line in done.stderr.splitlines() if CONSOLE.search(line)]
    found = Parsed(done.stdout)
    check_text(found, result)
    count = len(found.alts)
    assert found.images == f"{count}/{count}"  # written by the page itself once all is loaded
    assert done.stdout.count(" hidden=") == len(result["words"]) - 1  # its script shows one word at a time
    chromium(tmp_path / "shot", target, f"--screenshot={shot}", "--window-size=1100,1100", scheme)
    pixels = np.asarray(Image.open(shot).convert("RGB"))
    back = [int(theme.back[at : at + 2], 16) for at in (1, 3, 5)]
    assert (pixels == back).all(axis=2).mean() > 0.25  # boxes and pictures in the colours of the theme


def test_a_click_moves_the_sound_and_its_line(demo, tmp_path):
    """In the middle of a picture: the line goes there, the sound to the moment that is drawn there."""
    text = (demo / "page" / "index.html").read_text()
    # "seeked" is told here: a browser does so when it has decoded the sound, on which nothing below depends.
    click = """<script>addEventListener("load", () => {
      const audio = document.querySelector("audio"), picture = document.querySelector(".picture");
      const box = picture.getBoundingClientRect();
      picture.dispatchEvent(new MouseEvent("click", {clientX: box.left + box.width / 2}));
      audio.dispatchEvent(new Event("seeked"));
      const at = parseFloat(picture.querySelector("i").style.left);
      document.documentElement.dataset.clicked = at + " " + audio.currentTime;
    });</script></body>"""
    clicked = tmp_path / "clicked.html"
    clicked.write_text(text.replace("</body>", click))
    done = chromium(tmp_path / "dom", clicked, "--dump-dom")
    ((left, moment),) = re.findall(r'data-clicked="([\d.]+) ([\d.]+)"', done.stdout)
    assert float(left) == pytest.approx(50, abs=0.2)
    seconds = float(re.findall(r'data-seconds="([\d.]+)"', text)[0])
    # 9 inches wide, the time axis from 0.85 on, 7.2 long.
    assert float(moment) == pytest.approx(seconds * (4.5 - 0.85) / 7.2, abs=0.002)


def test_the_browser_would_tell(demo, tmp_path):
    """A picture that does not load and a script that fails are seen by what the test above reads."""
    text = (demo / "page" / "index.html").read_text()
    bad = tmp_path / "bad.html"
    first = re.search(r'<img src="[^"]+"', text)
    assert first
    spoiled = text.replace(first[0], '<img src="data:image/png;base64,AAAA"').replace(
        "show();\n\n", "show();\nconsole.error('spoiled');\n\n", 1
    )
    bad.write_text(spoiled.replace('media="(prefers-color-scheme: dark)"', 'media="print"'))
    done = chromium(tmp_path / "dom", bad, "--dump-dom")
    assert [line for line in done.stderr.splitlines() if CONSOLE.search(line)]
    loaded, _, count = Parsed(done.stdout).images.partition("/")
    assert int(loaded) == int(count) - 1


def test_a_red_run_leaves_no_page(tmp_path, monkeypatch, capsys):
    assert page.main(1, {"SAY": "one"}, tmp_path) == 0
    assert (tmp_path / "1" / "page" / "index.html").exists()
    real = launch.run

    def spoiled(test, *rest, **more):
        return real(replace(test, limit_s=0.01), *rest, **more)

    monkeypatch.setattr(launch, "run", spoiled)
    assert page.main(1, {"SAY": "one"}, tmp_path) == 1
    assert "the run is red" in capsys.readouterr().err
    assert not list(tmp_path.rglob("*.html")) and not list(tmp_path.rglob("*.png"))
    assert not list(tmp_path.rglob("record.npz"))


def test_a_page_half_drawn_is_not_left(tmp_path, monkeypatch):
    monkeypatch.setattr(page, "_template", lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        page.main(1, {"SAY": "one"}, tmp_path)
    assert not list(tmp_path.rglob("*.html")) and not list(tmp_path.rglob("*.png"))


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"SPEED": "2"}, "SPEED=2: make demo has no such setting, known: SAY, WAV"),
        ({"SAY": "seven xyzzy"}, "SAY=seven xyzzy: 'xyzzy' is no word"),
        ({"SAY": " "}, "SAY=: empty"),
        ({"SAY": "one", "WAV": "x.wav"}, "WAV=x.wav: a recording speaks for itself"),
        ({"SAY": "one " * 21}, "21 words, the page takes at most 20"),
        ({"WAV": "/nodir/x.wav"}, "WAV=/nodir/x.wav: "),
    ],
)
def test_wrong_settings(settings, reason, tmp_path):
    with pytest.raises(RegistryError, match=f"^[^\n]*{re.escape(reason)}[^\n]*$"):
        page.main(1, settings, tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_wrong_setting_is_one_line():
    done = CliRunner().invoke(cli, ["demo", "--set", "SPEED=2"])
    assert done.exit_code == 2
    assert done.stderr == "error: SPEED=2: make demo has no such setting, known: SAY, WAV\n"


def test_a_recording(tmp_path):
    file = tmp_path / "it's a word.wav"
    soundfile.write(file, *synthesise("seven"))
    assert page.main(1, {"WAV": str(file)}, tmp_path / "home") == 0
    text = (tmp_path / "home" / "1" / "page" / "index.html").read_text()
    assert Parsed(text).words == [("seven", "")]
    assert "not known" in text
    soundfile.write(file, np.zeros(8000 * 11), 8000)
    with pytest.raises(RegistryError, match=r"11\.0 s of sound, the page takes at most 10 s"):
        page.main(1, {"WAV": str(file)}, tmp_path / "home")


@pytest.mark.parametrize(
    ("samples", "warning"),
    [
        (np.zeros(8000), "silence: nothing in it is louder than -60 dB of full scale"),
        (np.sign(np.sin(np.arange(8000))), "clipped: 100.0 % of its samples are at full scale"),
        (0.3 * np.sin(np.arange(8000)), ""),
    ],
    ids=["silent", "clipped", "sound"],
)
def test_a_recording_hard_to_hear_is_shown_with_a_warning(samples, warning, tmp_path, capfd):
    file = tmp_path / "quiet.wav"
    soundfile.write(file, samples, 8000, subtype="FLOAT")
    assert page.main(1, {"WAV": str(file)}, tmp_path) == 0
    told = f"{warning}; the word heard may mean nothing" if warning else ""
    assert (f"warning: WAV={file}: {told}\n" in capfd.readouterr().out) == bool(warning)
    seen = visible((tmp_path / "1" / "page" / "index.html").read_text())
    assert (f"Warning: {told}." in seen) == ("Warning" in seen) == bool(warning)


def test_a_word_that_is_heard_wrong_is_shown_as_wrong(tmp_path, monkeypatch):
    real = page.sounds
    monkeypatch.setattr(page, "sounds", lambda *given: [replace(one, said="nine") for one in real(*given)])
    assert page.main(1, {"SAY": "three"}, tmp_path) == 0
    seen = visible((tmp_path / "1" / "page" / "index.html").read_text())
    assert "three said nine, ✗ wrong" in seen and "right" not in seen


def test_a_recording_of_one_frame(tmp_path):
    """No next frame: the cycles from its start to its completion stand for those to the next start."""
    file = tmp_path / "short.wav"
    soundfile.write(file, 0.3 * np.sin(np.arange(240)), 8000, subtype="FLOAT")
    assert page.main(1, {"WAV": str(file)}, tmp_path) == 0
    with np.load(tmp_path / "1" / "speech" / "1" / "record.npz") as kept:
        cycles = int(kept["done"][0] - kept["start"][0])
    seen = visible((tmp_path / "1" / "page" / "index.html").read_text())
    assert f"Cycles a frame {cycles}.0 of 1,000" in seen
    assert "1 frame, 30 ms" in seen and "1 frame of the first word went through once more" in seen
