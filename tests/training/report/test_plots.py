from __future__ import annotations

import sys
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree as ET

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.collections import LineCollection
from PIL import Image
from sklearn.decomposition import PCA

from sentigram.errors import OutputError
from sentigram.training.judge.evaluation import evaluate
from sentigram.training.report import plots
from tests.training.readings import CLASSES, in_dialogues, make_readings


@pytest.fixture(scope="module")
def evaluation():
    return evaluate([make_readings(), make_readings("text", skill=0.3)], n_draws=50)


def histories():
    row = [{"loss": 2 / (i + 1), "validation_loss": 1.0, "validation_ua": 0.3} for i in range(6)]
    return {"vga": [row, row[:4]], "text": [row[:2]]}


def drawn(evaluation):
    return {
        "curves": plots.learning_curves(histories()),
        "confusion": plots.confusion(evaluation.systems[0], evaluation.classes),
        "classes": plots.class_f1(evaluation),
        "reliability": plots.reliability(evaluation.systems[0]),
        "risk": plots.risk_coverage(evaluation, ["text"]),
    }


def words(svg):
    texts = ET.parse(svg).iter("{http://www.w3.org/2000/svg}text")  # noqa: S314  (we wrote it)
    return {"".join(node.itertext()) for node in texts}


@pytest.mark.slow
def test_pictures_are_the_same_bytes_each_time(tmp_path, evaluation):
    for name, figure in drawn(evaluation).items():
        first = [path.read_bytes() for path in plots.save(figure, tmp_path / name)]
        again = plots.save(drawn(evaluation)[name], tmp_path / f"{name}-again")
        assert [path.read_bytes() for path in again] == first, name
        assert b"<dc:date>" not in first[1]
        with Image.open(again[0]) as picture:
            assert np.std(np.asarray(picture.convert("L"))) > 5  # not an empty sheet


def test_dollars_in_names_are_no_formulas(tmp_path):
    part = replace(make_readings("$\\foo$"), classes=("$5-$6", "$x_{$", "c", "d"))
    found = evaluate([part], n_draws=50)
    for name, figure in drawn_of(found).items():
        _, svg = plots.save(figure, tmp_path / name)
        assert ET.parse(svg)  # noqa: S314  (we wrote it)
    assert {"$5-$6", "$x_{$"} <= words(tmp_path / "confusion.svg")


def drawn_of(found):
    return {
        "confusion": plots.confusion(found.systems[0], found.classes),
        "classes": plots.class_f1(found),
    }


@pytest.mark.slow
def test_matplotlib_is_left_as_it_was(tmp_path, evaluation):
    before = dict(mpl.rcParams)
    for name, figure in drawn(evaluation).items():
        plots.save(figure, tmp_path / name)
    assert dict(mpl.rcParams) == before
    assert (
        "matplotlib.pyplot" not in sys.modules or not sys.modules["matplotlib.pyplot"].get_fignums()
    )


def test_confusion_shows_shares_and_numbers(tmp_path, evaluation):
    result = evaluation.systems[0]
    _, svg = plots.save(plots.confusion(result, evaluation.classes), tmp_path / "confusion")
    found = words(svg)
    counts = np.asarray(result.confusion)
    assert {f"{n:,.0f}" for n in counts.flat} <= found
    assert {f"{s:.0%}" for s in (counts / counts.sum(axis=1, keepdims=True)).flat} <= found
    assert set(CLASSES) <= found


def test_class_f1_draws_every_interval(evaluation):
    (axis,) = plots.class_f1(evaluation).axes
    lines = [
        line for c in axis.collections if isinstance(c, LineCollection) for line in c.get_segments()
    ]
    drawn_ends = {tuple(np.round(line[:, 0], 6)) for line in lines}
    for result in evaluation.systems:
        for row in result.classes:
            assert (round(row.f1.low, 6), round(row.f1.high, 6)) in drawn_ends


def test_pictures_say_what_is_unknown():
    found = evaluate([in_dialogues(make_readings()), make_readings("majority")], n_draws=50)
    (axis,) = plots.class_f1(found).axes
    assert "interval unknown: all 240 examples hang together" in axis.get_xlabel()
    names = [text.get_text() for text in axis.get_legend().get_texts()]
    assert names == ["vga\n(variance of seeds unknown)", "majority"]
    upper = plots.reliability(found.systems[0]).axes[0]
    assert upper.get_title(loc="left").endswith("[unknown]\nvariance of seeds unknown")


def test_risk_coverage_draws_only_what_was_chosen(evaluation):
    (axis,) = plots.risk_coverage(evaluation, ["text"]).axes
    (line,) = axis.lines
    np.testing.assert_allclose(line.get_xydata(), evaluation.system("text").risk_coverage)


def test_mean_curve_ends_when_fewer_than_half_go_on():
    figure = plots.learning_curves(histories())
    bold = [line for line in figure.axes[0].lines if line.get_linewidth() == 2]
    assert [len(line.get_xdata()) for line in bold] == [6, 2]
    np.testing.assert_allclose(bold[0].get_ydata()[0], 2)


def test_nothing_is_replaced_without_leave(tmp_path, evaluation):
    (tmp_path / "risk.png").write_text("mine")
    with pytest.raises(OutputError, match=r"risk\.png: cannot be written: it exists already"):
        plots.save(plots.risk_coverage(evaluation), tmp_path / "risk", overwrite=False)
    assert (tmp_path / "risk.png").read_text() == "mine"


def test_principal_components_agree_with_scikit_learn():
    vectors = np.random.default_rng(0).normal(size=(60, 5)) * [5, 3, 1, 1, 1]
    found, shares = plots.principal_components(vectors)
    oracle = PCA(2).fit(vectors)
    expected = oracle.transform(vectors)
    np.testing.assert_allclose(np.abs(found), np.abs(expected), atol=1e-9)
    np.testing.assert_allclose(shares, oracle.explained_variance_ratio_)


def test_embeddings_have_two_views_and_clusters_stay_apart(tmp_path):
    labels = np.arange(60) % 3
    vectors = np.random.default_rng(0).normal(size=(60, 8)) + 20 * np.eye(3, 8)[labels]
    figure = plots.embeddings(vectors, labels, CLASSES[:3])
    left, right = (axis.collections[0].get_offsets() for axis in figure.axes)
    assert len(left) == len(right) == 60
    order = np.random.default_rng(0).permutation(60)
    for points in (left, right):
        centres = np.stack([points[labels[order] == k].mean(axis=0) for k in range(3)])
        nearest = np.linalg.norm(points[:, None] - centres, axis=2).argmin(axis=1)
        np.testing.assert_array_equal(nearest, labels[order])
    _, svg = plots.save(figure, tmp_path / "embeddings")
    assert "t-SNE" in words(svg)


def test_three_vectors_are_enough():
    plots.embeddings(np.eye(3), np.arange(3), CLASSES[:3])
    plots.corpora_components(np.eye(3), np.arange(3), ["a"] * 3, CLASSES[:3])


def test_whose_vectors_they_are_stands_above_them():
    given = np.eye(3), np.arange(3)
    figures = (
        plots.embeddings(*given, CLASSES[:3], title="vga in fold-1"),
        plots.corpora_components(*given, ["a"] * 3, CLASSES[:3], title="vga in fold-1"),
    )
    assert [figure.get_suptitle() for figure in figures] == ["vga in fold-1"] * 2


def test_labels_are_counted_by_corpus(tmp_path):
    truth = np.array([0, 0, 1, 2, 2, 2])
    figure = plots.label_distribution(truth, ["a", "b", "a", "a", "a", "b"], CLASSES[:3])
    (axis,) = figure.axes
    counts = [[bar.get_width() for bar in bars] for bars in axis.containers]
    assert counts == [[1, 1, 2], [1, 0, 1]]
    _, svg = plots.save(figure, tmp_path / "labels")
    assert {" 2 (50%)", "a · 4", "b · 2"} <= words(svg)


def test_each_corpus_has_a_panel_on_the_same_axes():
    rng = np.random.default_rng(0)
    vectors, labels = rng.normal(size=(40, 6)), np.arange(40) % 3
    corpora = ["one"] * 25 + ["two"] * 15
    figure = plots.corpora_components(vectors, labels, corpora, CLASSES[:3])
    one, two = figure.axes
    assert one.get_xlim() == two.get_xlim()
    flat, _ = plots.principal_components(vectors)
    drawn_points = np.concatenate([c.get_offsets() for c in one.collections])
    assert len(drawn_points) == 25
    np.testing.assert_allclose(np.sort(drawn_points[:, 0]), np.sort(flat[:25, 0]))


def test_precision_and_recall_are_drawn_with_their_intervals(evaluation):
    result = evaluation.systems[0]
    (axis,) = plots.class_scores(result).axes
    drawn_bars: list[Any] = list(axis.containers)
    xs = [bars.lines[0].get_xdata().tolist() for bars in drawn_bars]
    for kind, drawn_values in zip(("precision", "recall", "f1"), xs, strict=True):
        assert drawn_values == [getattr(row, kind).value for row in result.classes]
    names = [text.get_text() for text in axis.get_legend().get_texts()]
    assert names == ["precision", "recall", "F1"]
