from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from sentigram.training.shipped.alterations import ALTERATIONS, Altered
from sentigram.training.shipped.retest import (
    ReadTwice,
    RetestFigures,
    agreement,
    as_json,
    as_text,
    choose,
    evaluate,
    kappa,
    kept,
    new,
)
from tests.training.recordings import RuleModel, hum, recording


def pair(first: str, second: str, *, name: str = "a", kind: str = "plain", under: str = "x"):
    """Labels by their first letters."""
    names = {"n": "neutral", "a": "anger", "s": "sadness"}
    return ReadTwice(
        under, name, kind, *(tuple(names[c] for c in text) for text in (first, second))
    )


@pytest.mark.parametrize("seed", range(5))
def test_kappa_is_that_of_scikit_learn(seed: int):
    rng = np.random.default_rng(seed)
    first = rng.choice(list("nnnas"), 60)
    second = np.where(rng.random(60) < 0.7, first, rng.choice(list("nas"), 60))
    made = [
        pair("".join(first[:30]), "".join(second[:30])),
        pair("".join(first[30:]), "".join(second[30:])),
    ]
    assert kappa(made) == pytest.approx(cohen_kappa_score(first, second))


def test_kappa_is_not_given_where_all_was_read_alike():
    assert kappa([pair("nnnn", "nnnn")]) is None
    assert kappa([pair("nnnn", "naaa")]) is None
    assert kappa([pair("nnnn", "nnnn"), pair("nnaa", "nnaa")]) == 1
    assert kappa([pair("nnaa", "nnnn")]) == 0


def test_shares_that_stand_beside_it():
    made = [pair("nnnnaas", "nnnaans")]
    assert agreement(made) == pytest.approx(5 / 7)
    assert kept(made) == pytest.approx(2 / 3)
    assert new(made) == pytest.approx(1 / 4)
    assert math.isnan(kept([pair("nn", "nn")]))
    assert math.isnan(new([pair("aa", "na")]))


def test_the_first_of_each_speaker_and_language_is_read_again():
    made = (
        *(recording(f"en {i}", speaker="ann") for i in range(3)),
        recording("es 1", speaker="ann", language="es"),
        recording("film", kind="performed"),
        recording("cold", kind="unwell"),
        recording("jfk", kind="orator"),
        recording("acted", kind="spliced"),
    )
    assert [r.name for r in choose(made)] == ["en 0", "es 1", "jfk", "acted"]


def test_a_model_that_heeds_the_words_alone_agrees_with_itself():
    model = RuleModel(lambda word, _sound: "anger" if word.text in ("w4", "w5") else "neutral")
    made = (recording("a"), recording("b"))
    figures = evaluate(made, model)
    assert figures.conditions == tuple(ALTERATIONS)
    assert {kappa(figures.under(name)) for name in figures.conditions} == {1.0}
    assert figures.failing == ()
    assert "reached in all" in as_text(figures)
    assert model.n_reads == 2 + 2 * len(ALTERATIONS)
    middle = figures.under("middle half alone")
    assert middle[0].first == ("neutral", "anger", "anger", "neutral", "neutral", "neutral")


def test_a_model_that_heeds_the_level_fails_where_the_level_changes():
    def by_level(_word: object, sound: np.ndarray) -> str:
        return "anger" if np.abs(sound).max() > 0.25 else "neutral"

    samples = hum(12, levels=(0.1, 0.3))
    made = (recording("a", samples=samples), recording("b", kind="spliced", samples=samples))
    names = ("12 dB quieter", "44.1 kHz and back")
    figures = evaluate(
        made, RuleModel(by_level), conditions={name: ALTERATIONS[name] for name in names}
    )
    assert figures.failing == ("12 dB quieter",)
    lines = as_text(figures).splitlines()
    assert "2 recordings" in lines[0]
    assert lines[1] == "  12 of 24 words were first read as an emotion"
    assert lines[2] == "  missed in 1: 12 dB quieter (0.00)"
    data = as_json(figures)
    assert data["failing"] == ["12 dB quieter"]
    assert data["conditions"]["44.1 kHz and back"]["kappa"] == 1
    assert data["conditions"]["12 dB quieter"]["emotions kept"] == 0


def test_the_report_says_where_kappa_says_nothing():
    figures = RetestFigures(
        (pair("nnnn", "nnna", name="calm"), pair("nnnn", "nnnn", name="calmer")), ("b: absent",)
    )
    lines = as_text(figures).splitlines()
    assert lines[1] == "  0 of 8 words were first read as an emotion"
    assert lines[2] == "  says nothing in 1, where all was first read alike: x"
    assert not any("reached in all" in line for line in lines)
    assert next(line for line in lines if line.startswith("calm ")).endswith("–75%")
    assert lines[-1] == "  b: absent"
    assert as_json(figures)["conditions"]["x"]["kappa"] is None


def test_words_are_compared_by_their_places():
    def shift(made, _others) -> Altered:
        return Altered(made.transcript, made.audio, range(2, 12), range(10))

    model = RuleModel(lambda word, _sound: "anger" if word.text == "w2" else "neutral")
    figures = evaluate((recording("a"),), model, conditions={"shift": shift})
    assert figures.pairs[0].first[2] == "anger"
    assert figures.pairs[0].second[0] == "anger"
