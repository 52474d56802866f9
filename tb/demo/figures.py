# SPDX-License-Identifier: Apache-2.0
"""The pictures of one word. All share one time axis at the same place, so they line up below each other."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, ListedColormap
from matplotlib.figure import Figure

from models.features import BANDS, HIGH_HZ, LOW_HZ
from tb.demo.word import HOP_S, Word

WIDTH, LEFT, RIGHT = 9.0, 0.85, 0.95  # inches: the picture, and what is beside its time axis
DPI = 200
BUDGET = 1000  # cycles a frame: 10 ms at 100 kHz
SPIKE_PART = 7  # of 8 parts of a frame's width are inked where a neuron spiked


@dataclass(frozen=True)
class Theme:
    """Colours of the pictures on a light or a dark page."""

    name: str
    back: str
    ink: str
    faint: str
    grid: str
    layers: tuple[str, str]
    sets: tuple[str, str]
    best: str
    second: str
    sound: str
    mel: tuple[str, ...]


LIGHT = Theme(
    "light", "#ffffff", "#1f2430", "#667085", "#e6e9ef", ("#1a5fb4", "#b5400b"), ("#5b8def", "#1d3f8f"),
    "#0b7a53", "#a35c00", "#49566e", ("#ffffff", "#d5e3f5", "#7fb0dc", "#2f6db0", "#152a55"),
)  # fmt: skip
DARK = Theme(
    "dark", "#171b24", "#e8ebf2", "#9aa4b8", "#2a3140", ("#6fb1ff", "#ff9a62"), ("#7ba7ff", "#c5d7ff"),
    "#4fd6a0", "#f0b45a", "#a9b4c9", ("#171b24", "#20406e", "#3f7fc4", "#9bc9f2", "#f4fbff"),
)  # fmt: skip
THEMES = (LIGHT, DARK)


def axis_share() -> tuple[float, float]:
    """Where the time axis begins and ends, as shares of a picture's width."""
    return LEFT / WIDTH, 1 - RIGHT / WIDTH


def _panels(word: Word, theme: Theme, heights: list[float], gap: float = 0.34) -> tuple[Figure, list[Axes]]:
    """Axes of these heights (inches) below each other, ``gap`` above each for its title."""
    below = 0.44
    total = sum(heights) + gap * len(heights) + below
    figure = Figure((WIDTH, total), facecolor=theme.back)
    panels, top = [], total
    for height in heights:
        top -= gap + height
        panel = figure.add_axes(
            (LEFT / WIDTH, top / total, (WIDTH - LEFT - RIGHT) / WIDTH, height / total), facecolor=theme.back
        )
        panel.set_xlim(0, word.seconds)
        panel.tick_params(colors=theme.faint, labelsize=8, length=3, color=theme.grid)
        for side, spine in panel.spines.items():
            spine.set_visible(side in ("left", "bottom"))
            spine.set_color(theme.grid)
        panel.xaxis.set_major_formatter(lambda x, _: f"{x * 1000:,.0f}")
        panels.append(panel)
    for panel in panels[:-1]:
        panel.tick_params(labelbottom=False)
    panels[-1].tick_params(labelbottom=True)
    panels[-1].set_xlabel("time, ms", color=theme.faint, fontsize=8, labelpad=3)
    return figure, panels


def _title(panel: Axes, theme: Theme, text: str, colour: str | None = None) -> None:
    panel.set_title(text, loc="left", fontsize=9, color=colour or theme.ink, pad=5)


def _beside(panel: Axes, y: float, text: str, colour: str, **more) -> None:
    """A label right of the time axis at the height ``y`` of the data."""
    panel.annotate(
        text, (1, y), xycoords=("axes fraction", "data"), xytext=(5, 0), textcoords="offset points",
        va="center", fontsize=8, color=colour, annotation_clip=False, **more,
    )  # fmt: skip


def _extent(word: Word, top: float) -> tuple[float, float, float, float]:
    """For imshow: each frame 10 ms wide around the middle of its window."""
    begin = word.times()[0] - HOP_S / 2
    return begin, begin + word.frames * HOP_S, 0, top


def waveform(word: Word, theme: Theme) -> Figure:
    """The sound."""
    figure, (panel,) = _panels(word, theme, [1.1])
    samples = word.sound.samples
    columns = min(len(samples), 1440)
    edges = np.linspace(0, len(samples), columns + 1).astype(int)[:-1]
    time = edges / word.sound.rate
    low, high = np.minimum.reduceat(samples, edges), np.maximum.reduceat(samples, edges)
    panel.fill_between(time, low, high, color=theme.sound, linewidth=0.4)
    limit = float(np.abs(samples).max()) * 1.05 or 1.0
    panel.set_ylim(-limit, limit)
    panel.set_ylabel("of full scale", color=theme.faint, fontsize=8)
    panel.locator_params(axis="y", nbins=3)
    _title(panel, theme, f"Sound: {word.sound.rate:,} samples a second")
    return figure


def log_mel(word: Word, theme: Theme) -> Figure:
    """What the RTL is given: 40 numbers a frame."""
    figure, (panel,) = _panels(word, theme, [1.7])
    colours = LinearSegmentedColormap.from_list("mel", theme.mel)
    panel.imshow(
        word.features.T, origin="lower", aspect="auto", cmap=colours, vmin=0, vmax=127,
        interpolation="nearest", extent=_extent(word, BANDS),
    )  # fmt: skip
    panel.set_xlim(0, word.seconds)

    def band(hertz: float) -> float:
        low, here, high = (np.log10(1 + f / 700) for f in (LOW_HZ, hertz, HIGH_HZ))
        return (here - low) / (high - low) * (BANDS + 1) - 0.5

    hertz = (250, 500, 1000, 2000, 3500)
    panel.set_yticks([band(f) for f in hertz], [f"{f:,}" for f in hertz])
    panel.set_ylabel("Hz", color=theme.faint, fontsize=8)
    share = 100 * (word.features == 0).mean()
    _title(panel, theme, f"Log-mel features: 40 bytes every 10 ms, {share:.0f} % of them zero (skipped)")
    bar = panel.inset_axes((1.015, 0, 0.012, 1))
    bar.imshow(np.arange(128)[:, None], origin="lower", aspect="auto", cmap=colours, extent=(0, 1, 0, 127))
    bar.set_xticks([])
    bar.set_yticks([0, 127])
    bar.yaxis.tick_right()
    bar.tick_params(colors=theme.faint, labelsize=8, length=0, pad=3)
    for spine in bar.spines.values():
        spine.set_color(theme.grid)
    return figure


def spikes(word: Word, theme: Theme) -> Figure:
    """Every spike of every recurrent layer and step."""
    rasters = [(layer, t, array[:, t]) for layer, array in word.spikes.items() for t in range(array.shape[1])]
    figure, panels = _panels(word, theme, [raster.shape[1] * 2 / DPI for _, _, raster in rasters], 0.3)
    colour = dict(zip(word.spikes, theme.layers * len(word.spikes), strict=False))
    for panel, (layer, step, raster) in zip(panels, rasters, strict=True):
        neurons = raster.shape[1]
        picture = np.repeat(raster.T, 8, axis=1)
        picture[:, np.arange(picture.shape[1]) % 8 >= SPIKE_PART] = 0
        panel.imshow(
            picture, origin="lower", aspect="auto", cmap=ListedColormap([theme.back, colour[layer]]), vmin=0,
            vmax=1, interpolation="nearest", extent=_extent(word, neurons),
        )  # fmt: skip
        panel.set_xlim(0, word.seconds)
        panel.set_yticks([0, neurons // 2, neurons])
        panel.set_ylabel("neuron", color=theme.faint, fontsize=8)
        count = int(raster.sum())
        _title(panel, theme, f"Layer {layer}, step {step}: {count:,} spikes", colour[layer])
        _beside(panel, neurons / 2, f"{100 * count / raster.size:.1f} % active", theme.faint)
    return figure


def scores(word: Word, theme: Theme) -> Figure:
    """The running sums of the scores; the highest at the end is the word."""
    figure, (panel,) = _panels(word, theme, [2.1])
    running, time = word.running, word.times()
    first, second, *others = word.ranking
    end: dict[str, Any] = {"marker": "o", "markevery": [-1], "markersize": 3.5}  # all that one frame has
    for label in others:
        panel.plot(time, running[:, label], color=theme.faint, linewidth=0.8, alpha=0.55, **end)
    for label, colour, width in ((second, theme.second, 1.6), (first, theme.best, 2.4)):
        panel.plot(time, running[:, label], color=colour, linewidth=width, solid_capstyle="round", **end)
    low, high = running.min(), running.max()
    room = max(high - low, 1) * 0.05
    line = (high - low + 2 * room) * 0.08
    ends = _apart(running[-1, word.ranking], line)
    # No label beside the numbers of the time axis.
    panel.set_ylim(min(low - room, ends[-1] - line / 2), max(high + room, ends[0] + line / 2))
    for place, (label, at) in enumerate(zip(word.ranking, ends, strict=True)):
        colour = (theme.best, theme.second)[place] if place < 2 else theme.faint
        _beside(panel, at, word.labels[label], colour, weight="bold" if place == 0 else "normal")
    panel.grid(axis="y", color=theme.grid, linewidth=0.7)
    panel.set_axisbelow(True)
    panel.locator_params(axis="y", nbins=5)
    panel.yaxis.set_major_formatter(lambda y, _: f"{y:,.0f}")
    panel.set_ylabel("sum of scores", color=theme.faint, fontsize=8)
    _title(panel, theme, f"Scores added up: {word.heard} ends {word.margin:,} above {word.labels[second]}")
    return figure


def _apart(heights: np.ndarray, least: float) -> list[float]:
    """The falling ``heights`` moved as little as can be (least squares) to lie ``least`` or more apart."""
    blocks: list[list[float]] = []  # of places without their distances; a block shares one value
    for place, height in enumerate(heights.tolist()):
        blocks.append([height + place * least])
        while len(blocks) > 1 and np.mean(blocks[-1]) > np.mean(blocks[-2]):
            lower = blocks.pop()
            blocks[-1] += lower
    values = [float(np.mean(block)) for block in blocks for _ in block]
    return [value - place * least for place, value in enumerate(values)]


def work(word: Word, theme: Theme) -> Figure:
    """Cycles and events of every frame."""
    figure, (cycles, events) = _panels(word, theme, [1.25, 1.25])
    times, width = word.times(), HOP_S * 0.82
    cycles.bar(times, word.cycles, width, color=theme.sound)
    cycles.axhline(BUDGET, color=theme.best, linewidth=1.4, linestyle=(0, (5, 3)))
    cycles.set_ylim(0, max(BUDGET, int(word.cycles.max())) * 1.08)
    cycles.set_yticks([0, 250, 500, 750, 1000], ["0", "", "500", "", "1,000"])
    cycles.set_ylabel("cycles", color=theme.faint, fontsize=8)
    _beside(cycles, BUDGET, "budget", theme.best)
    _beside(cycles, float(word.cycles.mean()), f"mean {word.cycles.mean():.0f}", theme.ink)
    _title(cycles, theme, f"Cycles a frame: at most {word.cycles.max():,} of {BUDGET:,} (10 ms at 100 kHz)")
    bottom = np.zeros(word.frames)
    for number, colour in enumerate(theme.sets):
        events.bar(times, word.events[:, number], width, bottom=bottom, color=colour)
        bottom = bottom + word.events[:, number]
    top = max(float(bottom.max()), 1) * 1.08
    events.set_ylim(0, top)
    for number, colour in enumerate(theme.sets):
        mean = word.events[:, number].mean()
        _beside(events, (0.25 + 0.5 * number) * top, f"set {number}\nmean {mean:.0f}", colour)
    events.set_ylabel("events", color=theme.faint, fontsize=8)
    events.locator_params(axis="y", nbins=4)
    _title(events, theme, f"Events a frame, by set of accumulators: {int(word.events.sum()):,} in all")
    for panel in (cycles, events):
        panel.grid(axis="y", color=theme.grid, linewidth=0.7)
        panel.set_axisbelow(True)
    return figure


PICTURES: dict[str, Callable[[Word, Theme], Figure]] = {
    "sound": waveform,
    "features": log_mel,
    "spikes": spikes,
    "scores": scores,
    "work": work,
}


def drawn(word: Word) -> Iterator[tuple[str, str, Figure]]:
    """(picture, theme, figure) of all pictures of ``word``."""
    for name, draw in PICTURES.items():
        for theme in THEMES:
            yield name, theme.name, draw(word, theme)
