from __future__ import annotations

import pytest
from spliced import KNOWN, UNKNOWN, Reading, figures

from sentigram.core.time import Span
from sentigram.core.transcript import Transcript, Utterance, Word
from sentigram.training.shipped.spliced import Spliced


def recording(*labels: str, speaker: str = "a") -> Spliced:
    words = tuple(
        Word(f"w{i}", Span(1000 * i, 1000 * i + 1000)) for i in range(len(labels))
    )  # one second each, without pauses
    transcript = Transcript("en", (Utterance("u1", Span(0, 1000 * len(labels)), words),))
    segments = tuple((w.span, label) for w, label in zip(words, labels, strict=True))
    return Spliced(speaker, None, transcript, labels, segments)


def test_figures_are_those_that_a_person_counts():
    made = recording("anger", "anger", "neutral", "sadness")
    readings = (
        Reading("right", KNOWN, "clean", made, made.labels),
        Reading("half", KNOWN, "clean", made, ("anger", "anger", "anger", "neutral")),
        Reading("right", UNKNOWN, "clean", made, ("neutral",) * 4),
        Reading("half", UNKNOWN, "clean", made, ("neutral",) * 4),
    )
    tables = figures(readings, n_draws=20)
    assert list(tables) == ["clean, speakers unknown", "clean, corpus unknown"]
    assert tables["clean, corpus unknown"]["right"]["UA of words"].startswith("0.333")
    table = tables["clean, speakers unknown"]
    assert table["right"]["neutral words read neutral"].startswith("1.000")
    assert table["half"]["neutral words read neutral"].startswith("0.000")
    assert table["right"]["EDER"].startswith("0.000")
    assert table["right"]["UA of words"].startswith("1.000")
    assert table["right"]["change F1, 250 ms"] == 1
    assert table["half"]["EDER"].startswith("0.500")  # a false alarm and a miss in four seconds
    assert table["half"]["UA of words"].startswith("0.333")
    assert table["half"]["changes per minute"] == 15
    assert table["half"]["true changes per minute"] == 30
    assert table["half"]["change F1, 250 ms"] == pytest.approx(2 / 3)
