from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from markdown_it import MarkdownIt

from sentigram.training.judge.comparison import against_all, compare
from sentigram.training.judge.evaluation import evaluate
from sentigram.training.report.tables import (
    About,
    Given,
    as_markdown,
    as_text,
    badge,
    markdown_table,
)
from tests.training.readings import in_dialogues, make_readings

ABOUT = About(
    title="toy",
    scheme="leave-one-session-out",
    plan_sha256="0123456789abcdef" * 4,
    encoders={"vga": ("bert", "emotion2vec"), "text": ("bert",)},
    notes=("the audit fails on speakers",),
)
EXPOSURES = {
    ("bert", "toy"): "clean",
    ("bert", "play"): "clean",
    ("emotion2vec", "toy"): "label-exposed",
    ("emotion2vec", "play"): "unlabelled-exposed",
}


@pytest.fixture(scope="module")
def readings():
    corpora = ("toy", "play")
    return [
        *(make_readings(run=r, skill=2.5, corpora=corpora) for r in range(2)),
        make_readings("cross", skill=2.5, corpora=corpora),
        make_readings("text", skill=0.5, corpora=corpora),
        make_readings("chance", skill=0.0, corpora=corpora, with_vad=True),
    ]


@pytest.fixture(scope="module")
def evaluation(readings):
    return evaluate(readings, n_draws=200)


@pytest.fixture(scope="module")
def markdown(readings, evaluation):
    return as_markdown(
        evaluation, against_all(readings, "vga", n_draws=500), EXPOSURES, about=ABOUT
    )


def table(markdown, title):
    """Rows of one table, as lists of cells."""
    part = markdown.split(f"## {title}\n\n")[1].split("\n\n")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in part.splitlines()]
    assert len({len(row) for row in rows}) == 1
    return {row[0]: row[1:] for row in [rows[0], *rows[2:]]}


def test_every_row_has_its_value_interval_and_deviation(markdown, evaluation):
    rows = table(markdown, "Headline")
    score = evaluation.system("vga").overall.scores["ua"]
    assert rows["vga"][0] == (
        f"{score.value:.3f} [{score.low:.3f}, {score.high:.3f}] ± {score.std:.3f}"
    )
    assert "±" not in rows["text"][0]
    assert (rows["vga"][-2], rows["text"][-2]) == ("2", "1: variance of seeds unknown")
    assert rows["chance"][-2] == "1"


def test_baselines_that_were_not_run_have_their_rows(markdown):
    rows = table(markdown, "Headline")
    assert {name for name, row in rows.items() if row[0] == "not run"} == {
        "majority", "tf-idf", "audio", "concat",
    }  # fmt: skip


def test_rows_say_whether_there_is_a_difference(markdown):
    rows = table(markdown, "Headline")
    assert rows["system"][4] == "vga is (UA)"
    note = "; variance of seeds unknown"
    assert (rows["text"][4], rows["cross"][4]) == (f"better{note}", f"no difference{note}")
    assert rows["chance"][4] == "better"
    assert table(markdown, "Differences")["vga − cross"][-1] == f"no difference{note}"
    assert "a verdict is of the networks that were trained" in markdown


def test_rows_show_the_worst_exposure(markdown):
    rows = table(markdown, "Headline")
    assert rows["vga"][-1] == "○ label-exposed"
    assert rows["text"][-1] == "● clean"
    assert rows["chance"][-1] == "–"
    assert badge("vga", ["toy", "other"], {}, ABOUT.encoders) == "? unknown"


def test_provenance_is_told(markdown):
    assert "- split: leave-one-session-out, plan 0123456789ab\n" in markdown
    assert "- 240 examples of play, toy in 12 speakers; 4 classes\n" in markdown
    assert "- one run, variance of seeds unknown and in no interval: cross, text\n" in markdown
    nobody = np.full(240, "")
    alone = replace(make_readings(), speakers=nobody, dialogues=nobody)
    assert "- 240 examples of toy; 4 classes\n" in as_markdown(evaluate([alone], n_draws=50))
    assert "- the audit fails on speakers\n" in markdown


def test_classes_groups_corpora_and_folds_have_tables(markdown, evaluation):
    assert list(table(markdown, "Classes, vga")) == ["class", *evaluation.classes]
    assert table(markdown, "By group")["UA"] == [
        "improvised (120 in 6)", "scripted (120 in 6)", "runs",
    ]  # fmt: skip
    assert len(table(markdown, "By corpus")["text"]) == 3
    fold = table(markdown, "By fold")
    values = [float(cell) for cell in fold["text"]]
    assert values[0] == pytest.approx(sum(values[1:]) / 3, abs=1e-3)


def test_deviations_over_folds_and_over_seeds_stand_apart(markdown, readings):
    from statistics import mean, stdev

    from sklearn.metrics import accuracy_score, balanced_accuracy_score, f1_score

    rows = table(markdown, "Mean ± deviation")
    assert rows["system"] == [
        "UA, folds", "UA, seeds", "macro F1, folds", "macro F1, seeds", "WA, folds", "WA, seeds",
    ]  # fmt: skip
    runs = readings[:2]
    for i, of in enumerate(
        (balanced_accuracy_score, lambda t, g: f1_score(t, g, average="macro"), accuracy_score)
    ):
        folds = [
            mean(of(r.truth[r.folds == f], r.guess[r.folds == f]) for r in runs)
            for f in ("fold-0", "fold-1", "fold-2")
        ]
        seeds = [of(r.truth, r.guess) for r in runs]
        assert rows["vga"][2 * i] == f"{mean(folds):.3f} ± {stdev(folds):.3f}"
        assert rows["vga"][2 * i + 1] == f"{mean(seeds):.3f} ± {stdev(seeds):.3f}"
    assert rows["text"][1] == "–"  # one run


def test_text_holds_the_same_cells(readings, evaluation, markdown):
    text = as_text(
        evaluation, against_all(readings, "vga", n_draws=500), EXPOSURES, about=ABOUT, width=260
    )
    for row in table(markdown, "Headline").values():
        assert all(cell in text for cell in row)
    assert max(map(len, text.splitlines())) <= 260


def test_a_report_needs_nothing_but_readings():
    found = as_markdown(evaluate([make_readings(groups=("",), with_vad=False)], n_draws=50))
    assert "CCC" not in found
    assert "By group" not in found
    assert "Differences" not in found
    assert "[toy]" not in as_text(evaluate([make_readings()], n_draws=50))


def test_where_all_hang_together_one_line_says_so_and_dialogues_are_named():
    parts = [in_dialogues(make_readings(skill=2.5)), in_dialogues(make_readings("text"))]
    found = evaluate(parts, n_draws=50)
    pairs = [("vga", "text")]
    given = Given(
        evaluate(parts, n_draws=50, given_speakers=True),
        compare(parts, pairs, n_draws=50, given_speakers=True),
    )
    markdown = as_markdown(found, compare(parts, pairs, n_draws=50), given=given)
    why = "all 240 examples hang together by speakers and dialogues"
    assert f"- interval unknown: {why}\n" in markdown
    ua = found.system("vga").overall.scores["ua"].value
    assert table(markdown, "Headline")["vga"][0] == f"{ua:.3f} [unknown]"
    row = table(markdown, "Differences")["vga − text"]
    assert (row[2:], f"Unknown: {why}." in markdown) == (
        ["–", "–", "unknown; variance of seeds unknown"], True,
    )  # fmt: skip
    rows = table(markdown, "Headline, over dialogues, given these speakers")
    assert rows["vga"][0] == str(given.evaluation.system("vga").overall.scores["ua"].short)
    assert rows["text"][4] == "better; variance of seeds unknown"
    assert "Differences, over dialogues, given these speakers" in markdown
    assert "draws of 20 dialogues: they are of these very speakers" in markdown


def test_a_constant_has_no_interval():
    part = make_readings("majority")
    part.logits[:] = [1.0, 0, 0, 0]
    found = as_markdown(evaluate([part], n_draws=50))
    assert table(found, "Headline")["majority"][0] == "0.250 [constant]"


def test_brackets_and_bars_in_names_stay_as_they_are():
    part = make_readings("[bold]a|b")
    found = evaluate([part], n_draws=50)
    assert "[bold]a|b" in as_text(found)
    assert "[bold]a\\|b" in as_markdown(found)


def test_names_bring_no_links_pictures_or_html_into_markdown():
    evil = "![x](http://x/y.png) \\<img src=x>\n## [a](javascript:b)"
    text = as_markdown(evaluate([make_readings(evil)], n_draws=50), about=About(title=evil))
    html = MarkdownIt("commonmark").enable("table").render(text)
    assert not re.search(r"<(img|a)\b", html)
    assert html.count("<h1>") == 1
    assert "<h2>[a]" not in html


def test_columns_line_up():
    assert markdown_table(("a", "long"), [("longer", "b")]).splitlines() == [
        "| a      | long |",
        "|--------|------|",
        "| longer | b    |",
    ]


def test_exposures_are_explained_where_they_occur():
    given = evaluate([make_readings()], n_draws=50)
    clean, exposed = (
        as_text(given, exposures={("bert", "toy"): level}) for level in ("clean", "label-exposed")
    )
    assert "scores flatter it" not in clean
    assert "scores flatter it" in exposed
