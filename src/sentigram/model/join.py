"""Joins what the words say and what the voice says about each label.

Given the emotion, words and voice are taken as independent (Bayes' rule): the prior that each head
was trained under is divided out, the prior of speech is multiplied in once, and each modality is
raised to a weight that is fitted on held-out data, because neither head is perfectly calibrated and
the two are not perfectly independent:

    log p(e | words, voice) =
        log p(e) + w_t (log p_t(e) - log q_t(e)) + w_a (log p_a(e) - log q_a(e))
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class JoinParameters:
    """What the join was fitted to; see the card `join.card.json`.

    Attributes:
        log_prior: (n_labels,), how often each label is expected in speech.
        text_weight: w_t, at least 0.
        audio_weight: w_a, at least 0.
        tau_ms: How long an emotion lasts, for smoothing over time.
        abstain_below: A reading whose best label is less probable than this is neutral.
        text_vad_share: (3,), how far valence, arousal and dominance follow the words.
    """

    log_prior: Floats
    text_weight: float
    audio_weight: float
    tau_ms: float
    abstain_below: float
    text_vad_share: Floats


def log_normalize(scores: Floats) -> Floats:
    """Subtract log-sum-exp from each row; (..., n_labels) to (..., n_labels)."""
    top = scores.max(axis=-1, keepdims=True)
    total: Floats = top + np.log(np.exp(scores - top).sum(axis=-1, keepdims=True))
    return scores - total


def evidence(log_probs: Floats, log_prior: Floats) -> Floats:
    """What a head adds to its prior: log p - log q, (n, n_labels).

    Args:
        log_probs: (n, n_labels), calibrated.
        log_prior: (n_labels,), the label frequencies that the head was trained under.
    """
    return log_probs - log_prior


def join(text: Floats, audio: Floats, parameters: JoinParameters) -> Floats:
    """Log posterior of single windows, without smoothing over time.

    Args:
        text: (n, n_labels) evidence of the words; zeros leave them out.
        audio: (n, n_labels) evidence of the voice; zeros leave it out.
        parameters: Fitted weights and prior.
    """
    return log_normalize(
        parameters.log_prior + parameters.text_weight * text + parameters.audio_weight * audio
    )


def shares(joint: Floats, without_text: Floats, without_audio: Floats) -> Floats:
    """How much each modality moved the reading, by leaving one out.

    Args:
        joint: (n, n_labels) probabilities with both.
        without_text: The same with the words left out.
        without_audio: The same with the voice left out.

    Returns:
        (n, 2), the shares of text and audio: total-variation distances that leaving each out
        makes, divided by their sum; zeros where neither makes any.
    """
    moved = np.stack(
        [np.abs(joint - other).sum(axis=-1) / 2 for other in (without_text, without_audio)],
        axis=-1,
    )  # (n, 2)
    total = moved.sum(axis=-1, keepdims=True)
    share: Floats = np.divide(moved, total, out=np.zeros_like(moved), where=total > 1e-6)
    return share
