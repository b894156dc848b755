"""The join is fitted to pairs, and what made the pairs is found again."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentigram.training.shipped.join import (
    BOTH,
    FORMULAS,
    MANNER,
    NEUTRAL_PRIOR,
    ONLY_VOICE,
    SHOWN_FROM,
    TEXT_SHOWN,
    HeldOut,
    Pairs,
    draw_pairs,
    draw_rows,
    draw_spoken,
    fit,
    log_prior,
)
from sentigram.training.shipped.voice.evaluate import Readings
from sentigram.training.shipped.voice.recipe import LABELS

N = len(LABELS)
NEUTRAL = LABELS.index("neutral")
EVERY = np.arange(N)


def gaussian(labels: np.ndarray, rng: np.random.Generator, *, overstated: float) -> np.ndarray:
    """Calibrated log likelihoods of a Gaussian witness of these labels, times a factor."""
    means = 2.5 * np.eye(N)
    seen = means[labels] + rng.normal(size=(len(labels), N))
    return np.asarray(overstated * (seen @ means.T))


def made(
    *,
    text_shown: float,
    voice_shown: float,
    text_factor: float,
    voice_factor: float,
    seed: int = 0,
    n: int = 2000,
) -> Pairs:
    """Speech as the join takes it to be, by speakers whose level is known."""
    rng = np.random.default_rng(seed)
    truth = rng.choice(N, n, p=np.exp(log_prior()))
    said = np.where(rng.random(n) < text_shown, truth, NEUTRAL)
    heard = np.where(rng.random(n) < voice_shown, truth, NEUTRAL)
    shares = np.array([FORMULAS.get(name, 0.0) for name in LABELS])
    shares[NEUTRAL] = 1 - shares.sum()
    formula = rng.choice(N, n, p=shares)  # thanks and regrets of neutral speech
    said = np.where(truth == NEUTRAL, formula, said)
    return Pairs(
        gaussian(said, rng, overstated=text_factor),
        gaussian(heard, rng, overstated=voice_factor),
        np.ones(n),
        truth,
        np.full(n, "s"),
    )


@pytest.mark.parametrize(
    ("voice_shown", "text_factor", "voice_factor"), [(0.9, 1.0, 1.0), (0.6, 2.0, 0.5)]
)
def test_shares_and_weights_that_were_put_in_are_found(
    voice_shown: float, text_factor: float, voice_factor: float
):
    found = fit(
        [
            made(
                text_shown=TEXT_SHOWN,
                voice_shown=voice_shown,
                text_factor=text_factor,
                voice_factor=voice_factor,
            )
        ]
    )
    assert found.text_shown == TEXT_SHOWN  # measured on dialogue, not fitted
    assert found.voice_shown == pytest.approx(voice_shown, abs=0.1)
    assert found.text_weight == pytest.approx(1 / text_factor, rel=0.35)
    assert found.voice_weight == pytest.approx(1 / voice_factor, rel=0.35)


def test_what_is_not_fitted_is_set():
    tiny = made(text_shown=0.5, voice_shown=0.9, text_factor=1, voice_factor=1, n=50)
    found = fit([replace(tiny, truth=np.full(50, NEUTRAL))])  # whatever the labels are
    assert (found.manner, found.shown_from) == (MANNER, SHOWN_FROM)
    assert np.exp(found.log_prior)[NEUTRAL] == pytest.approx(NEUTRAL_PRIOR)
    assert np.exp(found.log_prior).sum() == pytest.approx(1)
    assert {n: f for n, f in zip(LABELS, found.formulas, strict=True) if f} == FORMULAS


def test_parts_count_alike_however_many_pairs_they_hold():
    """Two hundred pairs whose words say nothing against a thousand whose words do."""
    few = made(text_shown=0.05, voice_shown=0.9, text_factor=1, voice_factor=1, seed=1, n=200)
    many = made(text_shown=0.95, voice_shown=0.9, text_factor=1, voice_factor=1, n=1000)
    both = fit([many, few]).text_shown
    assert 0.25 < both < 0.75


label_sets = st.sets(st.integers(0, N - 1), min_size=1, max_size=N).map(
    lambda found: np.array(sorted(found | {NEUTRAL}))
)


@given(label_sets, st.integers(0, 2**31))
def test_labels_that_the_voices_do_not_show_are_never_drawn(shown: np.ndarray, seed: int):
    voice_truth = np.repeat(shown, 3)
    text_truth = np.repeat(EVERY, 2)
    words, rows, truth = draw_rows(text_truth, voice_truth, np.random.default_rng(seed), 60)
    assert np.isin(truth, shown).all()
    said, heard = text_truth[words], voice_truth[rows]
    # both carry the label, or one of them does and the other is neutral
    assert (((said == truth) | (said == NEUTRAL)) & ((heard == truth) | (heard == NEUTRAL))).all()
    assert ((said == truth) | (heard == truth)).all()


def test_pairs_are_drawn_in_the_shares_that_are_stated():
    rng = np.random.default_rng(0)
    words, rows, truth = draw_rows(EVERY, EVERY, rng, 6000)
    felt = truth != NEUTRAL
    assert felt.mean() == pytest.approx(1 - NEUTRAL_PRIOR, abs=0.03)
    both = (words == truth) & (rows == truth)
    assert both[felt].mean() == pytest.approx(BOTH, abs=0.03)
    assert (words[felt] == NEUTRAL).mean() == pytest.approx(ONLY_VOICE, abs=0.03)
    assert (rows[felt] == NEUTRAL).mean() == pytest.approx(1 - BOTH - ONLY_VOICE, abs=0.03)


def voices(n_each: int = 3, speaker: str = "a") -> Readings:
    """Readings that tell which window they are of: its number in each of their values."""
    truth = np.repeat(EVERY, n_each)
    n = len(truth)
    numbers = np.arange(n)
    return Readings(
        truth,
        np.repeat(numbers[:, None], N, axis=1).astype(float),
        numbers / n,
        np.array([f"{speaker}{i % 2}" for i in range(n)]),
        numbers,
    )


def test_a_pair_takes_everything_of_its_window():
    text = np.repeat(EVERY[:, None], N, axis=1).astype(float)
    drawn = draw_pairs((text, EVERY), voices(), np.random.default_rng(0), 100)
    window = drawn.audio[:, 0].astype(int)
    np.testing.assert_allclose(drawn.levels, window / 21)
    assert (drawn.speakers == voices().speakers[window]).all()
    felt = np.isin(voices().truth[window], [NEUTRAL]) | (voices().truth[window] == drawn.truth)
    assert felt.all()


def test_spoken_clips_keep_their_own_sentence():
    """Clips of other corpora are given the sentences in turn."""
    spoken = np.repeat(np.arange(4)[:, None], N, axis=1).astype(float)
    drawn = draw_spoken(spoken, voices(), np.random.default_rng(0), 80)
    window = drawn.audio[:, 0].astype(int)
    assert (drawn.text[:, 0] == window % 4).all()
    assert (voices().truth[window] == drawn.truth).all()


def test_folds_divide_the_speakers_of_one_corpus_and_leave_the_others():
    held = HeldOut(voices(), {"ravdess": voices(), "nemo": voices(speaker="n")})
    fold_of = {"a0": 0, "a1": 1}
    inside, outside = (held.of(fold_of, 0, are_in=value) for value in (True, False))
    for part, name in ((inside, "a0"), (outside, "a1")):
        assert set(part.known.speakers) == {name}
        assert set(part.unknown["ravdess"].speakers) == {name}
        assert len(part.unknown["nemo"].truth) == 21
