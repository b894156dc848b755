"""A corpus in pictures: labels, lengths of clips, and examples of each speaker."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sentigram.files import made_folder
from sentigram.training.describing.corpus import CorpusFacts, Share
from sentigram.training.report.plots import COLOURS, new_figure, save, styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from sentigram.training.dataset.manifest import Manifest

_MOST_SPEAKERS = 60


def write_pictures(manifest: Manifest, facts: CorpusFacts, out: Path) -> tuple[Path, ...]:
    """Draw a corpus into a folder, as PNG and SVG; those of an earlier time are replaced.

    Args:
        manifest: It.
        facts: From `describe`.
        out: Made where it is not there.

    Returns:
        The files.

    Raises:
        OutputError: They cannot be written.
    """
    name = facts.corpus
    figures = {"labels": bars(facts.labels, title=f"{name}: examples of each label")}
    if facts.n_clips:
        seconds = [e.duration_ms / 1000 for e in manifest.examples if e.audio]
        figures["lengths"] = lengths(seconds, title=f"{name}: lengths of clips")
    if facts.n_speakers:
        shown = facts.speakers[:_MOST_SPEAKERS]
        figures["speakers"] = bars(shown, title=f"{name}: examples of each speaker")
    with made_folder(out):
        return tuple(
            path
            for stem, figure in figures.items()
            for path in save(figure, out / f"{name}-{stem}")
        )


@styled
def bars(shares: Sequence[Share], *, title: str) -> Figure:
    """A bar for each share, with its number."""
    figure, (axis,) = new_figure(1, 1, width=6.6, height=1.2 + 0.26 * len(shares))
    drawn = axis.barh(range(len(shares)), [one.n for one in shares], 0.75, color=COLOURS[0])
    axis.bar_label(drawn, [f" {one.n:,}" for one in shares], fontsize=7)
    axis.set_yticks(range(len(shares)), [one.name for one in shares])
    axis.set_ylim(len(shares) - 0.5, -0.5)
    axis.margins(x=0.12)
    axis.grid(visible=False, axis="y")
    axis.set_xlabel("examples")
    axis.set_title(title)
    return figure


@styled
def lengths(seconds: Sequence[float], *, title: str) -> Figure:
    """How many clips are how long; the last bar holds all that are longer than most."""
    figure, (axis,) = new_figure(1, 1, width=6.6, height=3.2)
    most = float(np.quantile(seconds, 0.99))
    edges = np.linspace(0, max(most, 0.1), 31)
    axis.hist(np.minimum(seconds, edges[-1]), bins=edges.tolist(), color=COLOURS[0])
    axis.set(xlabel="seconds; the last bar also holds longer ones", ylabel="clips")
    axis.set_title(title)
    return figure
