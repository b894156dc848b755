"""Simulated choosers test the fitting; of people they say nothing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sentigram.style.taste import (
    DIALS,
    N_DIALS,
    Choice,
    agreement_of,
    in_words,
    layer_of,
    next_pair,
    taste_of,
    weights_of,
)
from sentigram.style.theme.theme import load


def chosen(likes: np.ndarray, n: int, seed: int) -> list[Choice]:
    """What somebody chooses whose utility is linear, as surely as Bradley and Terry say."""
    rng = np.random.default_rng(seed)
    choices: list[Choice] = []
    for _ in range(n):
        one, other = next_pair(choices, rng)
        is_first = rng.random() < 1 / (1 + np.exp(-likes @ (one - other)))
        choices.append(Choice(one, other) if is_first else Choice(other, one))
    return choices


def some_likes(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(N_DIALS) * 3


def test_without_choices_it_is_the_base() -> None:
    assert not taste_of([]).any()
    assert agreement_of([]).told == "no choice yet"
    assert " of 1 choice that" in agreement_of(chosen(some_likes(0), 1, 0)).told
    assert np.allclose(weights_of([])[1], np.eye(N_DIALS))


def test_weights_are_where_the_posterior_is_flat() -> None:
    choices = chosen(some_likes(0), 30, 0)
    weights, _ = weights_of(choices)
    x = np.array([choice.difference for choice in choices])

    def loss(w: np.ndarray) -> float:
        return float(np.log1p(np.exp(-x @ w)).sum() + w @ w / 2)

    for _ in range(50):
        other = weights + np.random.default_rng(_).standard_normal(N_DIALS) * 0.01
        assert loss(other) >= loss(weights)


def test_a_taste_is_found_and_foretold() -> None:
    shares, alike = [], []
    for seed in range(12):
        likes = some_likes(seed)
        choices = chosen(likes, 40, seed)
        weights, _ = weights_of(choices)
        shares.append(agreement_of(choices).right / 40)
        alike.append(weights @ likes / np.linalg.norm(weights) / np.linalg.norm(likes))
    assert np.mean(shares) > 0.7
    assert np.mean(alike) > 0.7


@pytest.mark.slow
def test_who_tosses_a_coin_is_not_foretold() -> None:
    found = [agreement_of(chosen(np.zeros(N_DIALS), 12, seed)) for seed in range(40)]
    assert abs(np.mean([one.right / one.n for one in found]) - 0.5) < 0.1
    covered = [one.low <= 0.5 <= one.high for one in found]
    assert np.mean(covered) > 0.85


def test_few_choices_stay_near_the_base() -> None:
    likes = some_likes(3)
    near = np.abs(taste_of(chosen(likes, 2, 3))[: len(DIALS)]).sum()
    far = np.abs(taste_of(chosen(likes, 60, 3))[: len(DIALS)]).sum()
    assert near < far


def test_the_two_looks_of_a_question_differ_in_few_dials() -> None:
    rng = np.random.default_rng(0)
    for _ in range(20):
        one, other = next_pair([], rng)
        assert 2 <= np.count_nonzero(one - other) <= 4
        assert np.abs([one, other]).max() <= 1


def test_an_answer_is_not_asked_for_again() -> None:
    rng = np.random.default_rng(1)
    choices: list[Choice] = []
    for _ in range(12):
        choices.append(Choice(*next_pair(choices, rng)))
    asked = np.array([choice.difference for choice in choices])
    assert (np.abs(asked).sum(axis=0) > 0).all()  # every dial was spoken about


@pytest.mark.parametrize("age", ["adult", "senior"])
def test_a_look_is_a_theme_file_over_its_base(age: str, tmp_path: Path) -> None:
    base = load(age=age)
    look = np.zeros(N_DIALS)
    look[[0, 2, 5]] = (0.5, -1.0, 1.0)
    look[len(DIALS)] = 1
    path = tmp_path / "mine.toml"
    path.write_text(layer_of(look, base, name="mine", about=["12 choices"]), encoding="utf-8")
    theme = load(age=age, file=path)
    assert theme.caption.size == pytest.approx(1.2 * base.caption.size)
    assert theme.scale.word == 0.4
    assert theme.caption.bottom == 0.2
    assert theme.caption.box == "#16181d"
    assert theme.caption.line_chars == base.caption.line_chars
    assert in_words(look) == (
        "weaker emotions",
        "higher up",
        "a dark box behind the lines",
        "larger letters",
    )


@pytest.mark.parametrize(("age", "worn"), [("child", ()), ("senior", ("pop",)), ("adult", ())])
def test_every_look_is_a_theme_that_loads(age: str, worn: tuple[str, ...], tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    path = tmp_path / "mine.toml"
    base = load(age=age, profiles=worn)
    for _ in range(20):
        look = np.concatenate(
            [rng.uniform(-1, 1, len(DIALS)), rng.integers(0, 2, N_DIALS - len(DIALS))]
        )
        path.write_text(layer_of(look, base, name="mine"), encoding="utf-8")
        load(file=path, age=age, profiles=worn)


@pytest.mark.parametrize("name", ['my"taste', "a\\b", "two\nlines", "Grüße"])
def test_a_file_of_any_name_is_a_theme(tmp_path, name):
    path = tmp_path / "mine.toml"
    path.write_text(layer_of(np.ones(N_DIALS), load(), name=name), encoding="utf-8")
    assert load(file=path).caption.mark_fill
