"""Pictures of what a network looks at: a map over the spectrogram, and attention as a heatmap."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sentigram.core.arrays import Floats64
from sentigram.emotion.encoders.logmel import HOP_MS, N_BANDS, SCALES
from sentigram.training.inside.heatmaps import Axis, Heatmap
from sentigram.training.report.plots import new_figure, styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_MOST_TICKS = 12
_MOST_ROWS = 48
_KHZ = (0.25, 0.5, 1, 2, 4, 7)
_PALE = 0.75
_HALF = 0.5  # of the largest: where a line is drawn, and what is told in words


def band_hz(scale: str) -> Floats64:
    """Centre of each mel band of a spectrogram in Hz, (N_BANDS,)."""
    known = SCALES.get(scale, SCALES["logmel"])
    low, high = (1127.0 * np.log1p(hz / 700.0) for hz in (known.lowest_hz, known.highest_hz))
    return np.asarray(700.0 * np.expm1(np.linspace(low, high, N_BANDS + 2)[1:-1] / 1127.0))


@styled
def over_spectrogram(spectrogram: Floats64, found: Floats64, *, title: str, scale: str) -> Figure:
    """A spectrogram above, and below it the same, bright where a map is high.

    Args:
        spectrogram: (n_frames, n_bands), log-mel.
        found: The same shape, from 0 to 1.
        title: Above both.
        scale: Name of the spectrogram, for its frequencies.
    """
    figure, axes = new_figure(2, 1, width=7.0, height=4.6, share=True)
    seconds = len(spectrogram) * HOP_MS / 1000
    extent = (0.0, seconds, 0.0, float(spectrogram.shape[1]))
    room = {"origin": "lower", "aspect": "auto", "extent": extent}
    above, below = axes
    above.imshow(spectrogram.T, cmap="gray_r", **room)
    below.imshow(spectrogram.T, cmap="gray_r", alpha=_PALE, **room)
    # what does not count is covered; the eye goes where the cover is thin
    shown = below.imshow(found.T, cmap="cividis", vmin=0, vmax=1, alpha=0.6, **room)
    if min(found.shape) > 1 and found.min() < _HALF < found.max():
        times = (np.arange(found.shape[0]) + 0.5) * HOP_MS / 1000
        bands = np.arange(found.shape[1]) + 0.5
        below.contour(times, bands, found.T, levels=[_HALF], colors="white", linewidths=1.2)
    figure.colorbar(shown, ax=axes, label="share of the largest")
    hz = band_hz(scale)
    places = [(float(np.interp(1000 * k, hz, np.arange(len(hz)) + 0.5)), f"{k:g}") for k in _KHZ]
    for axis in axes:
        axis.set_yticks([place for place, _ in places], [text for _, text in places])
        axis.set_ylabel("kHz")
        axis.grid(visible=False)
    above.set_title(title)
    below.set_xlabel("time, s")
    return figure


def over_in_words(found: Floats64, scale: str) -> str:
    """Where a map is at least half of its largest, for those who do not see it."""
    if not found.size or found.max() <= 0:
        return "Nothing in the spectrogram speaks for this class."
    strong = found >= _HALF * found.max()
    times = np.flatnonzero(strong.any(axis=1)) * HOP_MS / 1000
    hz = band_hz(scale)[np.flatnonzero(strong.any(axis=0))]
    frame, band = np.unravel_index(int(found.argmax()), found.shape)
    return (
        f"At least half of the largest value lies between {times[0]:.2f} and "
        f"{times[-1] + HOP_MS / 1000:.2f} s and between {hz[0]:,.0f} and {hz[-1]:,.0f} Hz, on "
        f"{strong.mean():.0%} of the picture; the largest at {frame * HOP_MS / 1000:.2f} s, "
        f"{band_hz(scale)[band]:,.0f} Hz."
    )


@styled
def heatmap(found: Heatmap) -> Figure:
    """Attention weights: who asks in rows, who is asked in columns."""
    n_rows, n_columns = found.weights.shape
    width = float(np.clip(2.5 + 0.3 * n_columns, 5.0, 10.0))
    height = float(np.clip(1.6 + 0.24 * n_rows, 2.4, 12.0))
    figure, (axis,) = new_figure(1, 1, width=width, height=height)
    shown = axis.imshow(found.weights, cmap="cividis", vmin=0, aspect="auto")
    _label(axis.set_xticks, found.columns, _MOST_TICKS if found.columns.is_time else _MOST_ROWS)
    _label(axis.set_yticks, found.rows, _MOST_TICKS if found.rows.is_time else _MOST_ROWS)
    if not found.columns.is_time:
        for label in axis.get_xticklabels():
            label.set(rotation=40, ha="right", rotation_mode="anchor")
    axis.set(xlabel=found.columns.title, ylabel=found.rows.title)
    axis.set_title(f"{found.title}{_depth(found.layer)}", loc="left")
    axis.grid(visible=False)
    figure.colorbar(shown, ax=axis, label="weight, mean over heads")
    return figure


def _depth(layer: str) -> str:
    """`, layer 1` for `layers.0.text_asks`: a picture has no room for names of modules."""
    numbers = [str(int(part) + 1) for part in layer.split(".") if part.isdecimal()]
    return f", layer {'.'.join(numbers)}" if numbers else ""


def _label(set_ticks: object, side: Axis, most: int) -> None:
    """Every place, or as many evenly chosen ones as can be read."""
    n = len(side.labels)
    chosen = np.unique(np.linspace(0, n - 1, min(n, most)).round().astype(int)).tolist()
    texts = [side.labels[i].removesuffix(" s") if side.is_time else side.labels[i] for i in chosen]
    set_ticks(chosen, texts)  # type: ignore[operator]
