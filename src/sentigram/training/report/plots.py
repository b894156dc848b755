"""Pictures of an evaluation, each as PNG and SVG, the same bytes for the same numbers.

Figures are made without pyplot, so nothing global is left behind. Colours are those of Okabe and
Ito (2008), which colour-blind people tell apart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec

import numpy as np

from sentigram.core.arrays import Floats64, Ints64
from sentigram.files import whole_file
from sentigram.training.judge.evaluation import Evaluation, Score, SystemResult
from sentigram.training.judge.intervals import ONE_RUN

if TYPE_CHECKING:
    from matplotlib.figure import Figure

P = ParamSpec("P")
History = Sequence[Mapping[str, float]]

COLOURS = (
    "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000", "#8c8c8c",
    "#7f3c8d", "#a5aa99",
)  # fmt: skip
_MARKERS = "osD^vPXhdpH<>8" * 3
_INK, _PALE, _GRID, _PAPER = "#222222", "#8c8c8c", "#e4e4e4", "#f7f7f7"
_DPI = 160
_DARK_CELL = 0.55
_STYLE: Mapping[str, Any] = {
    "svg.hashsalt": "sentigram",  # else ids in the file are random
    "svg.fonttype": "none",
    "font.family": "DejaVu Sans",
    "text.parse_math": False,  # words and names hold dollars: "$5-$6" is no formula
    "font.size": 9,
    "axes.titlesize": 10.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.edgecolor": _PALE,
    "axes.labelcolor": _INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": _GRID,
    "grid.linewidth": 0.8,
    "xtick.color": _INK,
    "ytick.color": _INK,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "legend.frameon": False,
    "figure.facecolor": "white",
}


@contextmanager
def _style() -> Iterator[None]:
    import matplotlib as mpl

    given: Any = dict(_STYLE)
    with mpl.rc_context(given):
        yield


def styled(draw: Callable[P, Figure]) -> Callable[P, Figure]:
    """Draw in our style, and leave matplotlib's as it was."""

    @wraps(draw)
    def drawn(*args: P.args, **kwargs: P.kwargs) -> Figure:
        with _style():
            return draw(*args, **kwargs)

    return drawn


def save(figure: Figure, path: Path, *, overwrite: bool = True) -> tuple[Path, ...]:
    """Write a figure as PNG and SVG.

    Args:
        figure: It.
        path: Without a suffix.
        overwrite: Whether files that exist are replaced.

    Raises:
        OutputError: A file cannot be written.
    """
    return _saved(figure, path, (".png", ".svg"), overwrite=overwrite)


def save_png(figure: Figure, path: Path, *, overwrite: bool = True) -> tuple[Path, ...]:
    """Write a figure as PNG only: pictures of spectrograms are no smaller as SVG.

    Args:
        figure: It.
        path: Without a suffix.
        overwrite: Whether a file that exists is replaced.

    Raises:
        OutputError: The file cannot be written.
    """
    return _saved(figure, path, (".png",), overwrite=overwrite)


def _saved(
    figure: Figure, path: Path, suffixes: Sequence[str], *, overwrite: bool
) -> tuple[Path, ...]:
    paths = tuple(path.with_name(f"{path.name}{suffix}") for suffix in suffixes)
    nothing: Mapping[str, Mapping[str, None]] = {".png": {"Software": None}, ".svg": {"Date": None}}
    for target in paths:
        with _style(), whole_file(target, overwrite=overwrite) as part:
            figure.savefig(part, dpi=_DPI, metadata=dict(nothing[target.suffix]))
    return paths


@styled
def learning_curves(histories: Mapping[str, Sequence[History]]) -> Figure:
    """Loss and validation figures by epoch, each network thin and their mean bold.

    Args:
        histories: System → its networks → a mapping per epoch, as RUN/parts/…/history.json holds
            them: loss, validation_loss, validation_ua.
    """
    figure, axes = new_figure(1, 3, width=10.5, height=3.2)
    panels = (
        ("loss", "training objective"),
        ("validation_loss", "validation cross-entropy"),
        ("validation_ua", "validation UA"),
    )
    for axis, (key, title) in zip(axes, panels, strict=True):
        for (name, networks), colour in zip(histories.items(), _cycle(), strict=False):
            rows = [[epoch[key] for epoch in history] for history in networks if history]
            for row in rows:
                axis.plot(range(1, len(row) + 1), row, color=colour, alpha=0.3, linewidth=0.8)
            mean = _mean_while_half_go_on(rows)
            axis.plot(range(1, len(mean) + 1), mean, color=colour, linewidth=2, label=name)
        axis.set_title(title)
        axis.set_xlabel("epoch")
        axis.xaxis.get_major_locator().set_params(integer=True)
    if histories:
        axes[-1].legend(loc="center left", bbox_to_anchor=(1.01, 0.5))
    return figure


@styled
def confusion(result: SystemResult, classes: Sequence[str]) -> Figure:
    """Share of each class's examples by guess, with their number."""
    counts = np.asarray(result.confusion)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    side = 1.6 + 0.72 * len(classes)
    figure, (axis,) = new_figure(1, 1, width=side + 0.6, height=side)
    axis.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for (row, column), share in np.ndenumerate(shares):
        number = counts[row, column]
        colour = "white" if share > _DARK_CELL else _INK
        place = {"ha": "center", "color": colour}
        axis.text(column, row - 0.04, f"{share:.0%}", va="bottom", fontsize=10, **place)
        axis.text(column, row + 0.1, f"{number:,.0f}", va="top", fontsize=7, **place)
    axis.set_xticks(range(len(classes)), classes, rotation=40, ha="right", rotation_mode="anchor")
    axis.set_yticks(range(len(classes)), classes)
    axis.set(xlabel="read as", ylabel="truth")
    axis.set_title(f"{result.name}: where each class went")
    axis.grid(visible=False)
    axis.spines[:].set_visible(False)
    return figure


@styled
def class_f1(evaluation: Evaluation, systems: Sequence[str] = ()) -> Figure:
    """F1 of every class with its interval where it is known, a colour and a mark per system."""
    results = _chosen(evaluation, systems)
    n = len(evaluation.classes)
    height = 1.3 + n * (0.3 + 0.11 * len(results))
    figure, (axis,) = new_figure(1, 1, width=6.6, height=height)
    offsets = np.linspace(-0.3, 0.3, len(results)) if len(results) > 1 else [0.0]
    for result, offset, colour, mark in zip(results, offsets, _cycle(), _MARKERS, strict=False):
        scores = [row.f1 for row in result.classes]
        values = np.array([s.value for s in scores])
        ends = np.array([_reach(s) for s in scores]).T  # (2, n)
        axis.errorbar(
            values, np.arange(n) + offset, xerr=np.maximum(ends, 0), fmt=mark, color=colour,
            markersize=4.5, linewidth=1.3, label=_with_seeds(result),
        )  # fmt: skip
    support = [row.support for row in results[0].classes]
    names = [f"{name}\n{k:,}" for name, k in zip(evaluation.classes, support, strict=True)]
    axis.set_yticks(range(n), names)
    axis.set_ylim(n - 0.5, -0.5)
    axis.set_xlim(0, 1)
    axis.grid(visible=False, axis="y")
    for edge in range(1, n):
        axis.axhline(edge - 0.5, color=_GRID, linewidth=0.8)
    unknown = results[0].overall.unknown
    axis.set_xlabel(f"F1, interval unknown: {unknown}" if unknown else "F1, 95 % interval")
    axis.set_title("F1 of each class and its number of examples")
    axis.legend(loc="center left", bbox_to_anchor=(1.01, 0.5))
    return figure


@styled
def class_scores(result: SystemResult) -> Figure:
    """Precision, recall and F1 of every class of one system, with their intervals where known."""
    n = len(result.classes)
    figure, (axis,) = new_figure(1, 1, width=6.6, height=1.4 + 0.5 * n)
    kinds = ("precision", "recall", "f1")
    for kind, offset, colour, mark in zip(kinds, (-0.22, 0, 0.22), COLOURS, _MARKERS, strict=False):
        scores: list[Score] = [getattr(row, kind) for row in result.classes]
        ends = np.array([_reach(score) for score in scores]).T  # (2, n)
        axis.errorbar(
            [score.value for score in scores], np.arange(n) + offset, xerr=np.maximum(ends, 0),
            fmt=mark, color=colour, markersize=5, linewidth=1.3,
            label="F1" if kind == "f1" else kind,
        )  # fmt: skip
    axis.set_yticks(range(n), [f"{row.name}\n{row.support:,}" for row in result.classes])
    axis.set_ylim(n - 0.5, -0.5)
    axis.set_xlim(0, 1)
    axis.grid(visible=False, axis="y")
    unknown = result.overall.unknown
    axis.set_xlabel(f"interval unknown: {unknown}" if unknown else "value, 95 % interval")
    title = f"{result.name}: each class and its examples"
    axis.set_title(f"{title}\n{ONE_RUN}" if result.is_one_seed else title)
    axis.legend(loc="center left", bbox_to_anchor=(1.01, 0.5))
    return figure


@styled
def label_distribution(truth: Ints64, corpora: Sequence[str], classes: Sequence[str]) -> Figure:
    """How many examples each class has, a bar per corpus.

    Args:
        truth: (n,) indices into classes.
        corpora: (n,) names.
        classes: Names.
    """
    names = sorted(set(corpora))
    own = np.array(corpora)
    height = 1.3 + len(classes) * (0.22 + 0.16 * len(names))
    figure, (axis,) = new_figure(1, 1, width=6.6, height=height)
    thick = 0.8 / len(names)
    for i, (name, colour) in enumerate(zip(names, _cycle(), strict=False)):
        counts = np.bincount(truth[own == name], minlength=len(classes))
        places = np.arange(len(classes)) - 0.4 + thick * (i + 0.5)
        bars = axis.barh(
            places, counts, thick * 0.9, color=colour, label=f"{name} · {sum(counts):,}"
        )
        total = max(1, int(counts.sum()))
        texts = [f" {count:,} ({count / total:.0%})" for count in counts.tolist()]
        axis.bar_label(bars, texts, fontsize=7, color=_INK)
    axis.set_yticks(range(len(classes)), classes)
    axis.set_ylim(len(classes) - 0.5, -0.5)
    axis.margins(x=0.18)
    axis.grid(visible=False, axis="y")
    axis.set_xlabel("examples")
    axis.set_title("Tested examples of each class")
    axis.legend(loc="center left", bbox_to_anchor=(1.01, 0.5))
    return figure


@styled
def corpora_components(
    vectors: Floats64,
    labels: Ints64,
    corpora: Sequence[str],
    classes: Sequence[str],
    *,
    title: str = "",
) -> Figure:
    """Principal components of vectors, a panel per corpus on the same axes, coloured by label.

    The components are those of all vectors together, so that corpora can be compared.

    Args:
        vectors: (n, d), at least 3 of them.
        labels: (n,) indices into classes.
        corpora: (n,) names.
        classes: Names.
        title: Above it: whose vectors these are.
    """
    flat, shares = principal_components(vectors)
    names = sorted(set(corpora))
    own = np.array(corpora)
    figure, axes = new_figure(1, len(names), width=1.8 + 3.4 * len(names), height=4.0)
    colours = np.array([COLOURS[i % len(COLOURS)] for i in range(len(classes))])
    low, high = flat.min(axis=0), flat.max(axis=0)
    room = 0.05 * np.maximum(high - low, 1e-9)
    for axis, name in zip(axes, names, strict=True):
        for k, mark in zip(range(len(classes)), _MARKERS, strict=False):
            points = flat[(own == name) & (labels == k)]
            axis.scatter(*points.T, s=16, c=colours[k], marker=mark, alpha=0.75, linewidths=0)
        axis.set_title(f"{name} ({int((own == name).sum()):,})")
        axis.set(xlim=(low[0] - room[0], high[0] + room[0]))
        axis.set(ylim=(low[1] - room[1], high[1] + room[1]))
        axis.set_xlabel(f"first component, {shares[0]:.0%}")
        axis.set_box_aspect(1)
    axes[0].set_ylabel(f"second component, {shares[1]:.0%}")
    _set_title(figure, title)
    for name, colour, mark in zip(classes, colours, _MARKERS, strict=False):
        axes[-1].scatter([], [], s=28, c=colour, marker=mark, linewidths=0, label=name)
    axes[-1].legend(loc="center left", bbox_to_anchor=(1.01, 0.5))
    return figure


@styled
def reliability(result: SystemResult) -> Figure:
    """Accuracy against confidence, and how often each confidence occurs."""
    figure, axes = new_figure(2, 1, width=4.4, height=5.2, ratios=(3, 1), share=True)
    upper, lower = axes
    middles = np.array([(b.low + b.high) / 2 for b in result.bins])
    width = result.bins[0].high - result.bins[0].low
    filled = np.array([b.n > 0 for b in result.bins])
    accuracy = np.array([b.accuracy for b in result.bins])
    confidence = np.array([b.confidence for b in result.bins])
    upper.plot([0, 1], [0, 1], color=_PALE, linewidth=1, linestyle=(0, (4, 3)))
    upper.bar(middles[filled], accuracy[filled], width * 0.92, color=COLOURS[5], alpha=0.75)
    upper.plot(confidence[filled], accuracy[filled], "o-", color=COLOURS[0], markersize=4)
    ece = result.overall.scores["ece"].short
    upper.set(xlim=(0, 1), ylim=(0, 1), ylabel="accuracy")
    title = f"{result.name}: ECE {ece}"
    upper.set_title(f"{title}\n{ONE_RUN}" if result.is_one_seed else title)
    total = sum(b.n for b in result.bins)
    lower.bar(middles, [b.n / total for b in result.bins], width * 0.92, color=_PALE)
    lower.set(xlabel="confidence", ylabel="share")
    return figure


@styled
def risk_coverage(evaluation: Evaluation, systems: Sequence[str] = ()) -> Figure:
    """Error among the surest examples, for every share of them that is read."""
    figure, (axis,) = new_figure(1, 1, width=6.2, height=3.8)
    for result, colour in zip(_chosen(evaluation, systems), _cycle(), strict=False):
        coverage, risk = np.array(result.risk_coverage).T
        aurc = result.overall.scores["aurc"].value
        axis.plot(coverage, risk, color=colour, linewidth=1.8, label=f"{result.name} · {aurc:.3f}")
    axis.set(xlim=(0, 1), xlabel="coverage: share of examples read, surest first", ylabel="error")
    axis.set_ylim(bottom=0)
    axis.set_title("Error when the unsure abstain")
    axis.legend(title="AURC", loc="center left", bbox_to_anchor=(1.01, 0.5), alignment="left")
    return figure


@styled
def embeddings(
    vectors: Floats64, labels: Ints64, classes: Sequence[str], *, title: str = "", seed: int = 0
) -> Figure:
    """Two views of vectors, coloured by label: their principal components, and t-SNE.

    Args:
        vectors: (n, d), at least 3 of them.
        labels: (n,) indices into classes.
        classes: Names.
        title: Above it: whose vectors these are.
        seed: Of t-SNE.
    """
    figure, axes = new_figure(1, 2, width=9.4, height=4.2)
    flat, shares = principal_components(vectors)
    views = (
        (f"PCA ({shares[0]:.0%} and {shares[1]:.0%} of the variance)", flat),
        ("t-SNE", _neighbours(vectors, seed)),
    )
    size = float(np.clip(4000 / len(vectors), 4, 28))
    order = np.random.default_rng(seed).permutation(len(vectors))  # no class lies on top
    colours = np.array([COLOURS[i % len(COLOURS)] for i in range(len(classes))])
    for axis, (view, points) in zip(axes, views, strict=True):
        axis.scatter(*points[order].T, s=size, c=colours[labels[order]], alpha=0.75, linewidths=0)
        axis.set_title(view)
        axis.set_xticks([])
        axis.set_yticks([])
        axis.set_box_aspect(1)
        axis.spines[:].set_visible(False)
        axis.set_facecolor(_PAPER)
    for name, colour in zip(classes, colours, strict=True):
        axes[1].scatter([], [], s=28, c=colour, linewidths=0, label=name)
    axes[1].legend(loc="center left", bbox_to_anchor=(1.01, 0.5))
    _set_title(figure, title)
    return figure


def principal_components(vectors: Floats64) -> tuple[Floats64, Floats64]:
    """The first two principal components, (n, 2), and the shares of variance that they explain.

    Each points to where its largest weight is positive, so that pictures do not flip.
    """
    centred = np.asarray(vectors, float) - np.mean(vectors, axis=0)
    _, spread, directions = np.linalg.svd(centred, full_matrices=False)
    first = directions[:2]
    largest = np.abs(first).argmax(axis=1)
    first *= np.sign(first[np.arange(len(first)), largest])[:, None]
    return centred @ first.T, spread[:2] ** 2 / max(float(np.sum(spread**2)), 1e-12)


def _neighbours(vectors: Floats64, seed: int) -> Floats64:
    """Places in which neighbours stay neighbours, (n, 2)."""
    from sklearn.manifold import TSNE

    perplexity = min(30.0, (len(vectors) - 1) / 3)
    return np.asarray(TSNE(perplexity=perplexity, random_state=seed).fit_transform(vectors), float)


def new_figure(
    rows: int,
    columns: int,
    *,
    width: float,
    height: float,
    ratios: Sequence[float] | None = None,
    share: bool = False,
) -> tuple[Figure, list[Any]]:
    """A figure in our style and its axes, row by row; inches."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure as NewFigure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    room = ConstrainedLayoutEngine(w_pad=0.1, h_pad=0.1)
    figure = NewFigure(figsize=(width, height), layout=room)
    FigureCanvasAgg(figure)
    axes = figure.subplots(rows, columns, squeeze=False, sharex=share, height_ratios=ratios)
    return figure, list(axes.flat)


def _set_title(figure: Figure, title: str) -> None:
    """A title over all panels, where there is one."""
    if title:
        figure.suptitle(title, fontsize="medium")


def _reach(score: Score) -> tuple[float, float]:
    """How far the interval reaches to either side; nothing is drawn where there is none."""
    if score.low is None or score.high is None:
        return 0.0, 0.0
    return score.value - score.low, score.high - score.value


def _with_seeds(result: SystemResult) -> str:
    return f"{result.name}\n({ONE_RUN})" if result.is_one_seed else result.name


def _chosen(evaluation: Evaluation, systems: Sequence[str]) -> list[SystemResult]:
    names = systems or [result.name for result in evaluation.systems]
    return [evaluation.system(name) for name in names]


def _cycle() -> list[str]:
    return list(COLOURS) * 4


def _mean_while_half_go_on(rows: Sequence[Sequence[float]]) -> list[float]:
    """Mean by epoch, as long as half of the networks were still trained."""
    lengths = sorted((len(row) for row in rows), reverse=True)
    last = lengths[(len(lengths) - 1) // 2] if lengths else 0
    return [float(np.mean([row[i] for row in rows if len(row) > i])) for i in range(last)]
