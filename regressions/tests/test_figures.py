# SPDX-License-Identifier: Apache-2.0
"""docs/figures and the numbers that docs/walkthrough.md quotes, held to the RTL and to the model."""

import itertools
import json
import re
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextPath

from models.compiler import compile_network
from models.listing import listing
from models.machine import Machine
from models.networks.walkthrough import BUILD, FRAMES, SHOWN, walkthrough
from regressions import figure_blocks, figures
from regressions.figure_waves import DUT, PICTURES
from regressions.paths import ROOT
from regressions.tests.shell import error_of, make, with_mount

PAGE = (ROOT / "docs" / "walkthrough.md").read_text()
NOT_ENGINE = {"mur_pkg", "mur_regs_pkg"}  # packages


@pytest.fixture(scope="module")
def waves(tmp_path_factory):
    return figures.simulate(tmp_path_factory.mktemp("docs"))


@pytest.fixture(scope="module")
def drawn(waves):
    return figures.draw(waves)


def test_committed_figures_are_what_the_rtl_does(drawn):
    # Other pictures in the folder come from elsewhere.
    paths = [path for path in figures.FIGURES.iterdir() if path.name in drawn or "walkthrough" in path.name]
    committed = {path.name: path.read_text() for path in paths}
    stale = [name for name in drawn.keys() | committed.keys() if drawn.get(name) != committed.get(name)]
    assert not stale, f"run `make docs`: {sorted(stale)}"


def test_pictures_follow_one_another_over_the_whole_frame():
    spans = [(picture.first, picture.last) for picture in PICTURES.values()]
    assert spans[0][0] == 0
    for (_, last), (first, end) in itertools.pairwise(spans):
        assert first <= last + 1 and end > last
    for name in PICTURES:
        assert f"figures/{name}.svg" in PAGE


def test_drawings_are_xml(drawn):
    for name, text in drawn.items():
        if name.endswith(".svg"):
            ElementTree.fromstring(text)


def test_red_waves_draw_nothing(monkeypatch, tmp_path, capsys):
    red = {"status": "fail", "reason": "1 value differs"}
    monkeypatch.setattr(figures.launch, "run", lambda *args, **kwargs: red)
    monkeypatch.setattr(figures, "FIGURES", tmp_path / "figures")
    assert figures.main() == 1
    assert "1 value differs" in capsys.readouterr().err
    assert not (tmp_path / "figures").exists()


def test_only_what_changed_is_written(tmp_path):
    assert figures.write({"a": "1", "b": "2"}, tmp_path) == ["a", "b"]
    assert figures.write({"a": "1", "b": "3"}, tmp_path) == ["b"]
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"a": "1", "b": "3"}


def test_full_disk_leaves_nothing():
    script = '"$@"; status=$?; echo "left: $(ls -A docs/figures)"; exit $status'
    done = make("docs", inside=[*with_mount("docs/figures", "size=64k"), "sh", "-c", script, "sh"])
    assert re.fullmatch(r"cannot write docs/figures/[\w-]+\.\w+: No space left on device", error_of(done))
    assert done.stdout.endswith("left: \n")


def test_names_have_room_beside_their_groups(drawn):
    """Measured in DejaVu Sans, broader than Helvetica and often in its place; 11 points are 44/3 pixels."""
    letters, measured = FontProperties(family="DejaVu Sans"), 0
    for name, text in drawn.items():
        if not name.startswith("walkthrough") or not name.endswith(".svg"):
            continue
        nodes = list(ElementTree.fromstring(text).iter())
        (lanes,) = (node for node in nodes if node.get("id") == "lanes_0")
        start = float(re.match(r"translate\(([\d.]+),", lanes.get("transform"))[1])
        groups = [node.get("d") for node in nodes if (node.get("id") or "").startswith("group_")]
        edge = max(float(re.match(r"m ([\d.]+),", path)[1]) for path in groups)
        for label in (node for node in lanes.iter() if node.get("text-anchor") == "end"):
            written = TextPath((0, 0), "".join(label.itertext()), size=44 / 3, prop=letters)
            end = start + float(label.get("x"))
            assert end - written.get_extents().width > edge + 4, (name, "".join(label.itertext()))
            measured += 1
    assert measured > 40


# ---- the page's numbers ------------------------------------------------------------------------------
def cells(lane: dict) -> list[str]:
    """The text of each cycle of a WaveDrom lane, '' where there is none."""
    data, texts = iter(lane.get("data", ())), list[str]()
    for code in lane["wave"]:
        if code == ".":
            texts.append(texts[-1])
        else:
            texts.append("" if code == "z" else code if code in "01" else next(data))
    return texts


def lanes(items: list, group: str = "") -> dict[str, list[str]]:
    """Lanes by 'group / name', and by name where that is the only one of its name."""
    found: dict[str, list[str]] = {}
    for item in items:
        if isinstance(item, list):
            found |= lanes(item[1:], item[0])
        elif isinstance(item, dict):
            found[f"{group} / {item['name']}" if group else item["name"]] = cells(item)
    return found


def quoted() -> list[tuple[str, int, str, str]]:
    """(picture, cycle, lane, value) of every row of the page's tables under a picture."""
    rows, picture = [], ""
    for line in PAGE.splitlines():
        picture = found[1] if (found := re.search(r"figures/(walkthrough-[\w-]+)\.svg", line)) else picture
        if row := re.match(r"\| (\d+) \| ([^|]+) \| `([^`]+)` \|", line):
            rows.append((picture, int(row[1]), row[2].strip(), row[3]))
    return rows


def test_quoted_cycles_are_in_the_pictures():
    rows = quoted()
    assert len(rows) > 30
    assert {row[0] for row in rows} == set(PICTURES)
    for picture, cycle, lane, text in rows:
        drawing = lanes(json.loads((figures.FIGURES / f"{picture}.json").read_text())["signal"])
        places = [name for name in drawing if name == lane or name.endswith(f" / {lane}")]
        assert len(places) == 1, (picture, lane, places)
        at = drawing[places[0]][cycle - PICTURES[picture].first]
        assert at == text, (picture, cycle, lane, at)


def test_listing_is_the_compilers():
    lines = listing(compile_network(walkthrough(), BUILD))
    assert "\n".join(f"    {line}" for line in lines) in PAGE


def test_weights_are_the_networks():
    network = walkthrough()
    layer = network.layers[0]
    for row in range(layer.n):
        out = "pruned" if not network.output.mask[row].any() else network.output.w[row, 0]
        line = f"| {row} | {FRAMES[SHOWN, row]} | {layer.w_in[row, 0]} | {layer.w_rec[row, 0]} | {out} |"
        assert line in PAGE


def currents() -> np.ndarray:
    """I of the shown frame, [step, neuron], by plain sums."""
    network = walkthrough()
    layer = network.layers[0]
    trace = Machine(compile_network(network, BUILD)).run(FRAMES[None])
    before = trace.spikes(0)[0, SHOWN - 1].astype(int)
    return FRAMES[SHOWN].astype(int) @ layer.w_in + (before @ layer.w_rec << layer.shift_rec)


def test_neurons_are_the_models():
    """Every line of the table of neurons, from numerics.md's equations and the model's own trace."""
    layer = walkthrough().layers[0]
    trace = Machine(compile_network(walkthrough(), BUILD)).run(FRAMES[None])
    current, v = currents(), trace.membranes(0)[0, SHOWN - 1, -1].astype(int)
    for step in (0, 1):
        for n in range(layer.n):
            u = v[n] - (v[n] >> layer.leak)
            p = u + current[step, n] + int(layer.bias[n])
            spike = int(p >= layer.theta[n])
            after = p - int(layer.theta[n]) * spike
            line = f"| {n} | {step} | {v[n]} | {u} | {current[step, n]} | {layer.bias[n]} | {p} |"
            line += f" {layer.theta[n]} | {spike} | {after} |"
            assert line in PAGE, line
            assert spike == trace.spikes(0)[0, SHOWN, step, n]
            assert after == trace.membranes(0)[0, SHOWN, step, n]
            v[n] = after


def test_signals_of_the_page_are_in_the_rtl(waves):
    names = re.findall(r"^\| [^|]+ \| `([\w.\[\]]+)` \|$", PAGE, flags=re.M)
    assert len(names) > 10
    assert not [name for name in names if not waves.has(DUT + name)]


# ---- the data path -----------------------------------------------------------------------------------
def drawn_modules() -> set[str]:
    drawing = figure_blocks.datapath().svg()
    nodes = ElementTree.fromstring(drawing).iter("{http://www.w3.org/2000/svg}text")
    texts = [node.text or "" for node in nodes]
    return {text.split()[0] for text in texts if text.startswith("mur_")}


def test_drawing_names_every_module():
    files = [Path(line) for line in (ROOT / "rtl" / "murmur.f").read_text().split() if line.endswith(".sv")]
    modules = {path.stem for path in files} - NOT_ENGINE
    assert len(modules) > 20
    assert drawn_modules() == modules


def test_drawing_is_in_the_architecture_page():
    assert "figures/datapath.svg" in (ROOT / "docs" / "architecture.md").read_text()
