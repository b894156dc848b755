"""What the recognizer knows is told from what it invents."""

from __future__ import annotations

import numpy as np
import pytest

from sentigram.words.moonshine.model import Written
from sentigram.words.moonshine.understood import (
    LEAST_TOKENS,
    LeastSure,
    Sureness,
    evidence_of,
    limits,
    together,
)
from sentigram.words.moonshine.vocabulary import vocabulary

LIMITS = LeastSure(recording=(0.5, 0.3), piece=(0.4, 0.2), noisy_db=20.0)
SECOND = np.random.default_rng(0).normal(0, 0.1, 16_000).astype(np.float32)


def evidence(share: float, *, n_tokens: int = 98, snr_db: float = 40.0) -> Sureness:
    return Sureness(n_tokens, -1.0, round(share * (n_tokens + 2)) - 1, snr_db)


def written(text: str, log_probs) -> Written:
    tokens = vocabulary().tokens(text)
    probs = np.broadcast_to(np.asarray(log_probs, np.float32), (len(tokens),))
    return Written(tokens, probs)


def test_the_share_of_sure_tokens_is_counted():
    text = "one two three four five six seven eight"
    (n,) = {len(vocabulary().tokens(text))}
    probs = np.full(n, -2.0)
    probs[:6] = -0.01
    found = evidence_of(SECOND, written(text, probs))
    assert (found.n_tokens, found.n_sure) == (n, 6)
    assert found.mean == pytest.approx(probs.mean(), abs=1e-4)
    assert found.sure == pytest.approx(7 / (n + 2))


def test_loops_count_once():
    """A decoder becomes sure of what it repeats."""
    phrase = "we are going down to the river "
    n = len(vocabulary().tokens(phrase))
    probs = np.full(10 * n, -0.001)
    probs[:n] = -3.0
    found = evidence_of(SECOND, written(phrase * 10, probs))
    assert n <= found.n_tokens <= n + 3  # where the first copy meets the second is new
    assert found.n_sure <= 3


def test_very_little_is_of_even_odds():
    assert evidence_of(SECOND, written("yes", -0.001)).sure < 0.7
    assert together(()).sure == 0.5


@pytest.mark.parametrize("n_samples", [0, 100, 320, 1_600])
def test_short_sound_has_evidence_too(n_samples):
    found = evidence_of(SECOND[:n_samples], written("yes", -0.5))
    assert np.isfinite([found.mean, found.sure, found.snr_db]).all()


def test_speech_over_noise_is_told_from_speech_over_silence():
    bursts = SECOND * (np.arange(16_000) % 8_000 < 4_000)
    quiet = evidence_of(bursts, written("yes", -0.5))
    noisy = evidence_of(bursts + SECOND[::-1] / 2, written("yes", -0.5))
    assert quiet.snr_db > 40
    assert noisy.snr_db < 15
    assert evidence_of(np.zeros(16_000, np.float32), written("yes", -0.5)).snr_db == 0


def test_a_recording_is_all_of_its_pieces():
    whole = together([Sureness(10, -1.0, 8, 10.0), Sureness(30, -3.0, 0, 30.0)])
    assert (whole.n_tokens, whole.n_sure) == (40, 8)
    assert whole.mean == pytest.approx(-2.5)
    assert whole.snr_db == pytest.approx(25)


def test_in_quiet_more_is_asked_for_than_in_noise():
    assert LIMITS.is_understood(evidence(0.51))
    assert not LIMITS.is_understood(evidence(0.5))
    assert LIMITS.is_understood(evidence(0.31, snr_db=19))
    assert not LIMITS.is_understood(evidence(0.3, snr_db=19))
    assert LIMITS.is_noisy(evidence(0.5, snr_db=19))
    assert not LIMITS.is_noisy(evidence(0.5, snr_db=20))


def test_pieces_are_judged_by_limits_of_their_own_and_short_ones_never():
    assert LIMITS.is_invented(evidence(0.4))
    assert not LIMITS.is_invented(evidence(0.41))
    assert LIMITS.is_invented(evidence(0.2, snr_db=10))
    assert not LIMITS.is_invented(evidence(0.21, snr_db=10))
    assert LIMITS.is_invented(Sureness(LEAST_TOKENS, -3.0, 0, 40.0))
    assert not LIMITS.is_invented(Sureness(LEAST_TOKENS - 1, -3.0, 0, 40.0))


def test_the_limits_that_ship_are_shares():
    shipped = limits()
    for quiet, noise in (shipped.recording, shipped.piece):
        assert 0 < noise < quiet < 0.5
    assert 5 < shipped.noisy_db < 40
