"""The decoder: what it writes for speech, and how it likes texts that are given to it."""

from __future__ import annotations

import numpy as np
import pytest

from sentigram.errors import MissingError
from sentigram.words.moonshine import model as model_module
from sentigram.words.moonshine.model import Moonshine, Written
from sentigram.words.moonshine.vocabulary import END, START, vocabulary
from tests.words.clips import talk

TEXT = "And so my fellow Americans ask not what your country can do for you,"


@pytest.fixture(scope="module")
def model() -> Moonshine:
    return Moonshine()


@pytest.fixture(scope="module")
def states(model) -> np.ndarray:
    return model.encode(talk().samples[: 16_000 * 8])


@pytest.fixture(scope="module")
def written(model, states) -> Written:
    return model.write(states)


def test_speech_is_written_to_its_end(written):
    text = vocabulary().text(written.tokens).replace(",", "").lower()
    assert text.startswith("and so my fellow americans ask not what your country can do for you")
    assert written.tokens[0] != START
    assert written.tokens[-1] == END
    assert written.log_probs.dtype == np.float32
    assert written.log_probs.shape == (len(written.tokens),)
    assert (written.log_probs <= 0).all()


def test_its_own_text_is_as_likely_when_it_is_given(model, states, written):
    """One graph gets all tokens at once, the other one at a time: eight bits round otherwise."""
    scored = model.score(states, written.tokens[:-1])
    assert scored.tokens == written.tokens
    np.testing.assert_allclose(scored.log_probs, written.log_probs, atol=0.25)
    assert np.abs(scored.log_probs - written.log_probs).mean() < 0.05


def test_what_is_not_said_is_far_less_likely(model, states):
    own = model.score(states, vocabulary().tokens(TEXT)).log_probs.mean()
    other = "He had written a letter to the Queen of the Netherlands, but he never sent it."
    assert own > -0.5
    assert model.score(states, vocabulary().tokens(other)).log_probs.mean() < own - 2


def test_no_text_is_the_end_at_once(model, states):
    scored = model.score(states, ())
    assert scored.tokens == (END,)
    assert scored.log_probs.shape == (1,)
    assert scored.log_probs[0] < -2  # there is something to write


def test_the_same_sound_gives_the_same_whatever_came_before(model, states, written):
    model.write(model.encode(talk().samples[16_000 * 12 : 16_000 * 15]))
    again = model.write(states)
    assert again.tokens == written.tokens
    np.testing.assert_array_equal(again.log_probs, written.log_probs)


@pytest.mark.parametrize("n_samples", [0, 10, 1_600, 16_000])
def test_any_length_is_taken_and_little_sound_gives_few_tokens(model, n_samples):
    written = model.write(model.encode(np.zeros(n_samples, np.float32)))
    assert 1 <= len(written.tokens) <= 8 + 7 * n_samples / 16_000 + 1


def test_missing_weights_are_said_before_anything_is_heard(tmp_path, monkeypatch):
    def missing(_name):
        message = "words_decoder.ort is missing or damaged; run: pip install"
        raise MissingError(message)

    monkeypatch.setattr(model_module, "read_card", missing)
    model_module.card.cache_clear()
    try:
        with pytest.raises(MissingError, match=r"words_decoder\.ort"):
            Moonshine()
    finally:
        model_module.card.cache_clear()
