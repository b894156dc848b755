from __future__ import annotations

import numpy as np
import pytest
from lines_before import (
    MAX_WORDS_BEFORE,
    Before,
    Late,
    fit_late,
    fit_scale,
    lines_of,
    log_likelihood,
    rows_before,
    vectors_in_dialogue,
    with_late,
)

from sentigram.core.time import Span
from sentigram.core.transcript import Utterance, Word
from sentigram.emotion.encoders.compact.text import MiniLmEncoder
from sentigram.training.corpora.item import Item
from sentigram.training.shipped.text.evaluate import sentence_vectors
from tests.emotion.encoders.text_weights import write_weights

NOTHING = Before(0, same_speaker=False)


def line(text: str, speaker: str = "Ann", dialogue: str = "d", label: str = "neutral") -> Item:
    return Item(text, "meld", (label,), "dev", text, speaker=speaker, dialogue=dialogue)


TALK = (
    line("so happy"),
    line("am a", "Ben"),
    line("a b", dialogue="other"),
    line("unhappy !"),
    line("b", "Ben"),
)


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> MiniLmEncoder:
    return MiniLmEncoder(write_weights(tmp_path_factory.mktemp("weights")))


def test_rows_before_stay_in_the_dialogue_and_the_last_comes_first() -> None:
    anyone = rows_before(TALK, Before(2, same_speaker=False))
    assert anyone.tolist() == [[-1, -1], [0, -1], [-1, -1], [1, 0], [3, 1]]
    speaker = rows_before(TALK, Before(2, same_speaker=True))
    assert speaker.tolist() == [[-1, -1], [-1, -1], [-1, -1], [0, -1], [1, -1]]
    assert rows_before(TALK, NOTHING).shape == (5, 0)


def test_only_the_lines_own_tokens_are_averaged(encoder: MiniLmEncoder) -> None:
    vectors = vectors_in_dialogue(encoder, TALK, Before(2, same_speaker=False))
    (whole,) = encoder.encode([_utterance("so happy am a unhappy !")])
    own = whole.n_tokens[-2:, None] * whole.vectors[-2:]
    np.testing.assert_allclose(vectors[3], own.sum(0) / whole.n_tokens[-2:].sum(), atol=1e-5)
    alone = sentence_vectors(encoder, [item.text for item in TALK])
    np.testing.assert_allclose(vectors[[0, 2]], alone[[0, 2]], atol=1e-5)  # nothing before them
    assert np.abs(vectors[3] - alone[3]).max() > 1e-3


def test_nothing_before_is_the_line_alone(encoder: MiniLmEncoder) -> None:
    alone = sentence_vectors(encoder, [item.text for item in TALK])
    np.testing.assert_allclose(vectors_in_dialogue(encoder, TALK, NOTHING), alone, atol=1e-5)


def test_of_long_lines_before_the_last_words_are_read(encoder: MiniLmEncoder) -> None:
    long = line("happy " * 40 + "a " * MAX_WORDS_BEFORE)
    short = line("a " * MAX_WORDS_BEFORE)
    one = Before(1, same_speaker=False)
    cut, same = (vectors_in_dialogue(encoder, (first, line("so")), one) for first in (long, short))
    np.testing.assert_allclose(cut[1], same[1], atol=1e-5)


def test_evidence_of_lines_before_decays() -> None:
    found = np.eye(3)
    rows = np.array([[-1, -1], [0, -1], [1, 0]])
    added = with_late(found, rows, Late(scale=9.0, weight=0.5, decay=0.1))
    np.testing.assert_allclose(added, [[1, 0, 0], [0.5, 1, 0], [0.05, 0.5, 1]])


def test_what_persists_is_found_and_what_does_not_is_left_out() -> None:
    rng = np.random.default_rng(0)
    n, log_prior = 6000, np.log([0.5, 0.3, 0.2])
    rows = np.arange(-1, n - 1)[:, None]
    for stay in (0.0, 0.8):
        truth = rng.choice(3, n, p=np.exp(log_prior))
        for i in np.flatnonzero(rng.random(n) < stay)[1:]:
            truth[i] = truth[i - 1]
        # normal noise around a shift of the true label: its log likelihood ratio is 2 x / 2
        found = rng.normal(0, 1, (n, 3)) * np.sqrt(2)
        found[np.arange(n), truth] += 2
        late = fit_late(found, rows, log_prior, truth)
        plain = fit_scale(found, log_prior, truth)
        gain = (
            log_likelihood(late.scale * with_late(found, rows, late), log_prior, truth).mean()
            - log_likelihood(plain * found, log_prior, truth).mean()
        )
        if stay:
            assert late.weight > 0.3
            assert gain > 0.05
        else:
            assert abs(late.weight) < 0.05
            assert gain < 0.001
            assert plain == pytest.approx(1, abs=0.06)


def test_log_likelihood_takes_a_prior_for_all_or_for_each() -> None:
    found, truth = np.array([[0.0, 1.0], [2.0, 0.0]]), np.array([1, 1])
    prior = np.log([0.7, 0.3])
    odds = np.exp(found) * [0.7, 0.3]
    wanted = np.log(odds[:, 1] / odds.sum(axis=1))
    np.testing.assert_allclose(log_likelihood(found, prior, truth), wanted)
    np.testing.assert_allclose(log_likelihood(found, np.stack([prior] * 2), truth), wanted)


def test_every_second_dialogue() -> None:
    corpus = [line(f"{d}{i}", dialogue=d, label="anger") for d in "abc" for i in range(2)]
    found = lines_of(corpus, "dev", step=2)
    assert [item.text for item in found.items] == ["a0", "a1", "c0", "c1"]
    assert found.truth.tolist() == [0, 0, 0, 0]
    assert lines_of(corpus, "train").items == ()


def _utterance(text: str) -> Utterance:
    now = Span(0, 0)
    return Utterance("u", now, tuple(Word(word, now) for word in text.split()))
