"""Smooths readings over time: emotions last, so neighbouring words inform each other.

A hidden Markov chain over the words. From one word to the next, Δt later, the emotion stays with
probability ρ = exp(-Δt / τ) and is drawn anew from the prior otherwise:
A_ij = ρ [i = j] + (1 - ρ) p(j). Windows of neighbouring words overlap, so each word's evidence is
raised to the share of its window that is the word's own; otherwise the same sound would count
several times and make the reading overconfident.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def smooth(
    evidence: Floats,
    log_prior: Floats,
    gaps_ms: NDArray[np.int64],
    *,
    tau_ms: float,
) -> Floats:
    """Posterior of every word given all words (forward-backward), in one pass each way.

    Args:
        evidence: (n, n_labels) log likelihood ratios, already raised to the words' shares.
        log_prior: (n_labels,) stationary distribution of the chain.
        gaps_ms: (n,) time since the word before; negative cuts the chain (another speaker).
        tau_ms: Time constant; 0 reads each word by itself.

    Returns:
        (n, n_labels) probabilities.
    """
    n, n_labels = evidence.shape
    prior = np.exp(log_prior - np.logaddexp.reduce(log_prior))
    likelihood = np.exp(evidence - evidence.max(axis=1, keepdims=True)) if n else evidence
    stay = np.where(gaps_ms < 0, 0.0, np.exp(-np.maximum(gaps_ms, 0) / max(tau_ms, 1e-9)))
    forward = np.empty((n, n_labels))
    state = prior
    for i in range(n):
        # state sums to 1, so the redraw term is (1 - ρ) p and needs no sum over labels
        state = (stay[i] * state + (1 - stay[i]) * prior if i else prior) * likelihood[i]
        state = state / state.sum()
        forward[i] = state
    backward = np.ones(n_labels)
    posterior = forward.copy()
    for i in range(n - 2, -1, -1):
        ahead = likelihood[i + 1] * backward
        backward = stay[i + 1] * ahead + (1 - stay[i + 1]) * (prior @ ahead)
        backward = backward / backward.max()
        posterior[i] = forward[i] * backward
    return np.asarray(posterior / posterior.sum(axis=1, keepdims=True))


def own_share(
    starts_ms: NDArray[np.int64], ends_ms: NDArray[np.int64], windows_ms: NDArray[np.int64]
) -> Floats:
    """Share of each word's evidence that is its own, in (0, 1].

    A word owns the time from its start to the next word's, at most its own length and half a
    second: silence is no evidence.

    Args:
        starts_ms: (n,) word starts.
        ends_ms: (n,) word ends.
        windows_ms: (n,) stretches of speech that give evidence once.
    """
    following = np.append(starts_ms[1:], ends_ms[-1:])
    own = np.clip(following - starts_ms, ends_ms - starts_ms, ends_ms - starts_ms + 500)
    share: Floats = np.clip(own / np.maximum(windows_ms, 1), 1e-3, 1.0)
    return share
