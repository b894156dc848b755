from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentigram.emotion.smoothing import own_share, smooth

PRIOR = np.log([0.2, 0.5, 0.3])


def _slow_posterior(ev, log_prior, gaps, tau):
    """All label sequences, one by one."""
    n, k = ev.shape
    prior, total = np.exp(log_prior), np.zeros((n, k))
    for path in np.ndindex(*[k] * n):
        p = prior[path[0]] * np.exp(ev[0, path[0]])
        for i in range(1, n):
            rho = 0.0 if gaps[i] < 0 else np.exp(-gaps[i] / tau)
            stay = rho * (path[i] == path[i - 1])
            p *= (stay + (1 - rho) * prior[path[i]]) * np.exp(ev[i, path[i]])
        for i in range(n):
            total[i, path[i]] += p
    return total / total.sum(axis=1, keepdims=True)


@given(st.integers(1, 5), st.integers(0, 2**31))
def test_forward_backward_equals_the_sum_over_all_paths(n, seed):
    rng = np.random.default_rng(seed)
    ev, gaps = rng.normal(size=(n, 3)) * 3, rng.integers(-200, 3000, n)
    fast = smooth(ev, PRIOR, gaps, tau_ms=1500.0)
    assert fast == pytest.approx(_slow_posterior(ev, PRIOR, gaps, 1500.0), abs=1e-9)


def test_smoothing_forgets_at_a_change_of_speaker():
    ev = np.array([[5.0, 0, 0], [0, 0, 0]])
    together = smooth(ev, PRIOR, np.array([0, 100]), tau_ms=3000)
    apart = smooth(ev, PRIOR, np.array([0, -1]), tau_ms=3000)
    assert together[1, 0] > 0.8
    assert apart[1] == pytest.approx(np.exp(PRIOR))


def test_ten_hours_of_words_do_not_underflow():
    ev = np.tile([[40.0, 0.0, -40.0]], (5000, 1))
    posterior = smooth(ev, PRIOR, np.full(5000, 300), tau_ms=3000)
    assert np.isfinite(posterior).all()
    assert smooth(np.empty((0, 3)), PRIOR, np.empty(0, int), tau_ms=1).shape == (0, 3)


def test_a_word_owns_its_share_of_the_window():
    starts, ends = np.array([0, 500, 5000]), np.array([400, 900, 5400])
    share = own_share(starts, ends, np.array([2000, 2000, 400]))
    assert share.tolist() == [0.25, 0.45, 1.0]
