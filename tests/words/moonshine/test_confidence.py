"""How likely a heard word is right."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentigram.words.moonshine.confidence import ConfidenceCurve, calibration
from sentigram.words.moonshine.understood import Sureness
from sentigram.words.moonshine.writing import HeardWord

LOGS = st.floats(-1e6, 0)
PIECES = st.builds(Sureness, st.integers(1, 200), LOGS, st.integers(0, 1), st.floats(-10, 90))


@given(LOGS, LOGS, PIECES)
def test_it_is_a_probability_and_grows_with_that_of_the_word(one, other, piece):
    lower, higher = (
        calibration().confidence(HeardWord("word", log), piece) for log in sorted((one, other))
    )
    assert 0 <= lower <= higher <= 1


def test_a_sure_word_among_sure_ones_is_likely_right_and_a_guess_is_not():
    sure, unsure = Sureness(50, -0.1, 45, 40.0), Sureness(50, -2.5, 5, 40.0)
    certain, guessed = HeardWord("word", -0.001), HeardWord("word", -4.0)
    confidence = calibration().confidence
    assert confidence(certain, sure) > 0.9
    assert confidence(guessed, unsure) < 0.3
    assert confidence(guessed, sure) < confidence(certain, sure)
    assert confidence(certain, unsure) < confidence(certain, sure)


def test_it_is_the_logistic_function_of_the_weights():
    made = ConfidenceCurve(bias=0.0, word=1.0, around=0.0, sure=0.0)
    piece = Sureness(10, -1.0, 5, 40.0)
    assert made.confidence(HeardWord("word", 0.0), piece) == 0.5
    assert made.confidence(HeardWord("word", -1.0986), piece) == pytest.approx(0.25)
    assert replace(made, sure=2.1972).confidence(HeardWord("word", 0.0), piece) == 0.75
    # Below one in three thousand all are as bad.
    floor = made.confidence(HeardWord("word", -8.0), piece)
    assert made.confidence(HeardWord("word", -80.0), piece) == floor
