# SPDX-License-Identifier: Apache-2.0
"""What the demonstration shows is what happened, worked out again without any of its own code.

The other side is `demo_truth.py` and the run's own files. The figures are those of the run that wrote the
page, taken on their way into it, with all that was plotted still in them.
"""

import base64
import io
import json
import re
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile
from matplotlib.colors import to_hex
from PIL import Image

from models.features import LogMel
from tb.demo import page
from tb.demo.figures import DARK, LIGHT
from tb.tests.demo_truth import LABELS, Truth, visible, worked_out

SAID = ("three", "one")
SEED = 3
THEMES = {"light": LIGHT, "dark": DARK}


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    """``home`` of one demonstration, its ``text``, ``result`` and ``figures`` [word, picture, theme]."""
    home = tmp_path_factory.mktemp("content")
    figures = {}
    real = page.drawn

    def taken(word):
        number = len({number for number, _, _ in figures})
        for name, theme, figure in real(word):
            figures[number, name, theme] = figure
            yield name, theme, figure

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(page, "drawn", taken)
        assert page.main(SEED, {"SAY": " ".join(SAID)}, home) == 0
    folder = home / str(SEED)
    run = folder / "speech" / str(SEED)
    return SimpleNamespace(
        figures=figures,
        run=run,
        page=folder / "page",
        text=(folder / "page" / "index.html").read_text(),
        result=json.loads((run / "result.json").read_text()),
    )


@pytest.fixture(scope="module")
def truths(shown) -> list[Truth]:
    return worked_out(SAID, SEED, shown.run)


def sections(shown) -> list[str]:
    """The HTML of every word."""
    return re.findall(r'<section class="word".*?</section>', shown.text, re.DOTALL)


def embedded(uri: str, kind: str) -> bytes:
    """The bytes in a data: URI."""
    head, _, data = uri.partition(",")
    assert head == f"data:{kind};base64"
    return base64.b64decode(data, validate=True)


def each(shown, picture):
    """(number of the word, theme, figure) of one picture."""
    found = [(n, THEMES[t], figure) for (n, name, t), figure in shown.figures.items() if name == picture]
    assert len(found) == 2 * len(SAID)
    return found


def beside(panel) -> list[tuple[str, str]]:
    """(text, colour) of the labels right of a panel, from the top."""
    found = [(text.xy[1], text.get_text(), to_hex(text.get_color())) for text in panel.texts]
    return [(text, colour) for _, text, colour in sorted(found, reverse=True)]


def heights(panel) -> dict[float, str]:
    """The numbers that stand at the vertical axis."""
    labels = zip(panel.get_yticks(), panel.get_yticklabels(), strict=True)
    return {height: label.get_text() for height, label in labels if label.get_text()}


def test_sound_embedded(shown, truths):
    for section, truth in zip(sections(shown), truths, strict=True):
        (uri,) = re.findall(r'<audio [^>]*src="([^"]+)"', section)
        samples, rate = soundfile.read(io.BytesIO(embedded(uri, "audio/wav")), dtype="float64")
        assert rate == truth.rate
        assert np.abs(truth.samples).max() > 0.1
        np.testing.assert_allclose(samples, truth.samples, atol=1.5 / 32768)
        (seconds,) = re.findall(r'data-seconds="([\d.]+)"', section)
        assert float(seconds) == pytest.approx(len(truth.samples) / truth.rate, abs=1e-5)


def test_sound_plotted(shown, truths):
    for number, theme, figure in each(shown, "sound"):
        truth = truths[number]
        (panel,) = figure.axes
        (area,) = panel.collections
        x, y = area.get_paths()[0].vertices.T
        at = np.round(x * truth.rate).astype(int)
        begins = np.unique(at)
        assert begins[0] == 0 and len(begins) > 1000
        for begin, end in zip(begins, [*begins[1:], len(truth.samples)], strict=True):
            part = truth.samples[begin:end]
            assert (y[at == begin].min(), y[at == begin].max()) == pytest.approx((part.min(), part.max()))
        low, high = panel.get_ylim()
        assert low < truth.samples.min() and truth.samples.max() < high
        assert panel.get_ylabel() == "of full scale"
        assert panel.get_title("left") == f"Sound: {truth.rate:,} samples a second"
        assert to_hex(area.get_facecolor()[0]) == theme.sound


def test_features_plotted(shown, truths):
    for number, theme, figure in each(shown, "features"):
        truth = truths[number]
        (panel,) = figure.axes
        (image,) = panel.images
        assert np.array_equal(image.get_array(), truth.features.T)
        frame = 0.01 * len(truth.features)
        assert image.get_extent() == pytest.approx([0.0075, 0.0075 + frame, 0, 40])
        assert (image.origin, panel.get_ylim(), panel.get_ylabel()) == ("lower", (0, 40), "Hz")
        assert image.get_clim() == (0, 127)
        assert [to_hex(image.cmap(end)) for end in (0.0, 1.0)] == [theme.mel[0], theme.mel[-1]]
        (bar,) = panel.child_axes
        assert np.array_equal(bar.images[0].get_array()[:, 0], np.arange(128))
        assert bar.images[0].cmap is image.cmap and bar.get_yticks().tolist() == [0, 127]
        share = 100 * np.count_nonzero(truth.features == 0) / truth.features.size
        assert panel.get_title("left") == (
            f"Log-mel features: 40 bytes every 10 ms, {share:.0f} % of them zero (skipped)"
        )
        assert [label.get_text() for label in panel.get_yticklabels()] == "250 500 1,000 2,000 3,500".split()
        for hertz, height in zip((250, 500, 1000, 2000, 3500), panel.get_yticks(), strict=True):
            tone = LogMel(8000).push(0.1 * np.sin(2 * np.pi * hertz * np.arange(800) / 8000))
            assert abs(tone[3].argmax() + 0.5 - height) < 1, hertz


def test_spikes_plotted(shown, truths):
    for number, theme, figure in each(shown, "spikes"):
        truth = truths[number]
        assert len(figure.axes) == len(truth.spikes) == 4
        for panel, ((layer, step), spikes) in zip(figure.axes, truth.spikes.items(), strict=True):
            (image,) = panel.images
            frames = len(spikes)
            inked = image.get_array().reshape(128, frames, 8)
            for part in range(8):
                assert np.array_equal(inked[:, :, part], spikes.T if part < 7 else 0 * spikes.T)
            assert image.get_extent() == pytest.approx([0.0075, 0.0075 + 0.01 * frames, 0, 128])
            assert (image.origin, panel.get_ylim(), panel.get_ylabel()) == ("lower", (0, 128), "neuron")
            assert heights(panel) == {0: "0", 64: "64", 128: "128"}
            assert image.get_clim() == (0, 1)
            colour = theme.layers[layer == "h2"]
            assert [to_hex(image.cmap(level)) for level in (0, 1)] == [theme.back, colour]
            assert panel.get_title("left") == f"Layer {layer}, step {step}: {spikes.sum():,} spikes"
            assert [text for text, _ in beside(panel)] == [f"{100 * spikes.mean():.1f} % active"]
        assert not np.array_equal(truth.spikes["h1", 0], truth.spikes["h1", 1])


def test_scores_plotted(shown, truths):
    for number, theme, figure in each(shown, "scores"):
        truth = truths[number]
        (panel,) = figure.axes
        assert len(panel.lines) == len(LABELS)
        for label in range(len(LABELS)):
            (line,) = [one for one in panel.lines if np.array_equal(one.get_ydata(), truth.running[:, label])]
            np.testing.assert_allclose(line.get_xdata(), truth.middles)
            place = min(truth.ranking.index(label), 2)
            assert to_hex(line.get_color()) == (theme.best, theme.second, theme.faint)[place]
            assert line.get_linewidth() == (2.4, 1.6, 0.8)[place]
        order = [LABELS[label] for label in truth.ranking]
        assert order[0] == truth.said
        assert beside(panel) == list(zip(order, [theme.best, theme.second, *[theme.faint] * 8], strict=True))
        assert (
            panel.get_title("left") == f"Scores added up: {order[0]} ends {truth.margin:,} above {order[1]}"
        )
        low, high = panel.get_ylim()
        labels = [text.xy[1] for text in panel.texts]
        assert low < truth.running.min() and truth.running.max() < high
        assert low < min(labels) and max(labels) < high  # no label beside the time axis
        assert panel.get_ylabel() == "sum of scores"
        ticks = heights(panel)
        assert ticks[max(ticks)] == f"{max(ticks):,.0f}"


def test_work_plotted(shown, truths):
    for number, theme, figure in each(shown, "work"):
        truth = truths[number]
        frames, mean = len(truth.cycles), truth.events.mean(axis=0)
        cycles, events = figure.axes
        assert [bar.get_height() for bar in cycles.patches] == truth.cycles.tolist()
        assert {bar.get_y() for bar in cycles.patches} == {0}
        assert (cycles.get_title("left"), events.get_title("left")) == (
            f"Cycles a frame: at most {truth.cycles.max():,} of 1,000 (10 ms at 100 kHz)",
            f"Events a frame, by set of accumulators: {truth.events.sum():,} in all",
        )
        (budget,) = cycles.lines
        assert set(budget.get_ydata()) == {1000}
        assert [text for text, _ in beside(cycles)] == ["budget", f"mean {truth.cycles.mean():.0f}"]
        assert heights(cycles) == {0: "0", 500: "500", 1000: "1,000"}
        for panel, name in ((cycles, "cycles"), (events, "events")):
            assert (panel.get_ylim()[0], panel.get_ylabel()) == (0, name)
        sets = events.patches[:frames], events.patches[frames:]
        for k, bars in enumerate(sets):
            assert [bar.get_height() for bar in bars] == truth.events[:, k].tolist()
            assert [bar.get_y() for bar in bars] == (k * truth.events[:, 0]).tolist()
            assert {to_hex(bar.get_facecolor()) for bar in bars} == {theme.sets[k]}
            assert (f"set {k}\nmean {mean[k]:.0f}", theme.sets[k]) in beside(events)
        for bars in (cycles.patches, *sets):
            np.testing.assert_allclose([bar.get_x() + bar.get_width() / 2 for bar in bars], truth.middles)


def test_one_time_axis(shown, truths):
    """The same place and span in all pictures, which the page's moving line takes for granted."""
    axis = json.loads(re.findall(r"const axis = (\[.*?\]);", shown.text)[0])
    for (number, *_), figure in shown.figures.items():
        for panel in figure.axes:
            place = panel.get_position()
            assert [place.x0, place.x1] == pytest.approx(axis)
            assert panel.get_xlim() == pytest.approx((0, len(truths[number].samples) / truths[number].rate))
            assert panel.xaxis.get_major_formatter()(1.25, 0) == "1,250"
        assert figure.axes[-1].get_xlabel() == "time, ms"


def test_pictures_in_their_places(shown):
    """Every picture in the section of its word, in its theme, the same as the file beside the page."""
    for number, section in enumerate(sections(shown)):
        light = re.findall(r'<img src="([^"]+)"', section)
        dark = re.findall(r'dark\)" srcset="([^"]+)"', section)
        names = "sound features spikes scores work".split()
        for theme, uris in (("light", light), ("dark", dark)):
            for name, uri in zip(names, uris, strict=True):
                data = embedded(uri, "image/png")
                suffix = "" if theme == "light" else "-dark"
                assert (
                    data == (shown.page / f"{number + 1:02}-{SAID[number]}-{name}{suffix}.png").read_bytes()
                )
                file = io.BytesIO()
                figure = shown.figures[number, name, theme]
                figure.savefig(file, format="png", dpi=200, facecolor=figure.get_facecolor())
                want, got = (np.asarray(Image.open(x).convert("RGB")) for x in (file, io.BytesIO(data)))
                assert want.shape == got.shape
                assert np.abs(want.astype(int) - got).mean() < 2, (number, name, theme)


def test_figures_in_words(shown, truths):
    """The cards on top and the last box: totals of the run."""
    result, seen = shown.result, visible(shown.text)
    ledger, frames = result["ledger"], result["frames"]
    rows = [ledger[f"ROWS_{kind}"] for kind in ("READ", "ZERO", "MASKED")]
    repeated = frames - sum(len(truth.features) for truth in truths)
    # All spikes: of the words, and of the frames of the first that went through once more.
    spikes = sum(int(x.sum()) for truth in truths for x in truth.spikes.values())
    spikes += sum(int(x[:repeated].sum()) for x in truths[0].spikes.values())
    assert repeated == 20 and len({*rows}) == 3
    for sentence in (
        f"inside it {' '.join(f'{said} said {said}, ✓ right' for said in SAID)} RTL = model",
        f"RTL = model {result['checks']:,} values compared, 0 different, in {frames:,} frames",
        f"Cycles a frame {result['cycles_per_frame']:.1f} of 1,000: 10 ms at 100 kHz",
        f"Events a frame {(ledger['EVENTS0'] + ledger['EVENTS1']) / frames:.1f} "
        f"{rows[0] / frames:.0f} of {sum(rows) / frames:.0f} rows of weights read",
        f"Spikes {spikes:,} {100 * spikes / (2 * 2 * 128) / frames:.1f} % of neurons and steps",
        "h1 128 spiking neurons, 2 time steps → h2 128 spiking neurons, 2 time steps → 10 scores a frame",
        f"20 frames of the first word went through once more, one by one, for the latency: at most "
        f"{result['latency_cycles']:,} cycles from the last byte in to the last result out.",
        f"Again: make demo SEED={SEED} SAY='{' '.join(SAID)}' "
        f"The run without this page: make sim TEST=speech SEED={SEED} SAY='{' '.join(SAID)}'",
    ):
        assert sentence in seen


def test_table(shown, truths):
    (body,) = re.findall(r"<tbody>(.*?)</tbody>", shown.text, re.DOTALL)
    (head,) = re.findall(r"<thead>(.*?)</thead>", shown.text, re.DOTALL)
    names = [visible(cell) for cell in re.findall(r"<th .*?</th>", head)]
    rows = [re.findall(r"<td>(.*?)</td>", row) for row in re.findall(r"<tr>.*?</tr>", body, re.DOTALL)]
    for truth, row in zip(truths, rows, strict=True):
        layers = [truth.spikes[layer, 0].sum() + truth.spikes[layer, 1].sum() for layer in ("h1", "h2")]
        assert dict(zip(names, row, strict=True)) == {
            "heard": truth.said,
            "said": truth.said,
            "frames": f"{len(truth.features):,}",
            "spikes h1": f"{layers[0]:,}",
            "spikes h2": f"{layers[1]:,}",
            "events": f"{truth.events.sum():,}",
            "cycles a frame": f"{truth.cycles.mean():.1f}",
            "at most": f"{truth.cycles.max():,}",
            "ahead by": f"{truth.margin:,}",
        }


def test_heads_and_alternative_texts(shown, truths):
    for section, truth in zip(sections(shown), truths, strict=True):
        frames, ms = len(truth.features), 1000 * len(truth.samples) / truth.rate
        assert visible(section).startswith(f"{truth.said} {frames:,} frames, {ms:,.0f} ms")
        counted = ", ".join(f"layer {k} step {t} {x.sum():,}" for (k, t), x in truth.spikes.items())
        zero = 100 * np.count_nonzero(truth.features == 0) / truth.features.size
        assert re.findall(r'<img [^>]*alt="([^"]+)"', section) == [
            f"Waveform of the word heard as {truth.said}, {ms:.0f} ms long.",
            f"Log-mel picture, 40 bands by {frames} frames, {zero:.0f} % of it zero.",
            f"Spike rasters, neurons by frames. Spikes: {counted}.",
            f"Running sums of the ten scores over {frames} frames. At the end {truth.said} is highest with "
            f"{truth.running[-1].max():,}, {truth.margin:,} above {LABELS[truth.ranking[1]]}.",
            f"Bars by frame. Cycles: {truth.cycles.mean():.0f} on average, {truth.cycles.max():,} at most, "
            f"of a budget of 1,000. Events: {truth.events.sum() / frames:.0f} on average.",
        ]
