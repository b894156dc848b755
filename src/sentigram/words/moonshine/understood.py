"""Is what the recognizer writes what it heard? Other languages and loud noise make it invent.

The model writes fluent English for whatever it hears. The share of tokens that it is sure of tells
what it knows from what it invents, once loops are left out: a model that goes round in circles
becomes sure of what it repeats. `benchmarks/not_english.py` fits the two thresholds in the card
and tests them on other speakers and languages.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sentigram.core.arrays import Floats32
from sentigram.words.moonshine.model import Written, card

_N_GRAM = 4  # tokens that were written in this order before say nothing new
_SURE = -0.05  # log probability
_PRIOR_TOKENS = 2
LEAST_TOKENS = 12  # of a piece; fewer tell too little
_FRAME_SAMPLES = 320


@dataclass(frozen=True, slots=True)
class Sureness:
    """How sure the recognizer is of a piece of sound; tokens that it repeats do not count.

    Attributes:
        n_tokens: That count.
        mean: Of their log probabilities.
        n_sure: Tokens with a probability of at least 95 %.
        snr_db: How far the loud frames stand out of the quiet ones.
    """

    n_tokens: int
    mean: float
    n_sure: int
    snr_db: float

    @property
    def sure(self) -> float:
        """The share of tokens that it is sure of; two more of even odds for very short sound."""
        return (self.n_sure + _PRIOR_TOKENS / 2) / (self.n_tokens + _PRIOR_TOKENS)


def together(pieces: Sequence[Sureness]) -> Sureness:
    """The evidence of a whole recording; of nothing where there are no pieces."""
    n_tokens = sum(piece.n_tokens for piece in pieces)
    weights = [piece.n_tokens / max(1, n_tokens) for piece in pieces]
    return Sureness(
        n_tokens=n_tokens,
        mean=sum(w * piece.mean for w, piece in zip(weights, pieces, strict=True)),
        n_sure=sum(piece.n_sure for piece in pieces),
        snr_db=sum(w * piece.snr_db for w, piece in zip(weights, pieces, strict=True)),
    )


@dataclass(frozen=True, slots=True)
class LeastSure:
    """From which share of sure tokens on sound counts as understood: numbers of the card.

    Noise makes English less sure, too: there less is asked for, and what is not understood may be
    English all the same.

    Attributes:
        recording: Of all pieces together: in quiet, and in noise.
        piece: Of one, in a recording that is understood as a whole: in quiet, and in noise.
        noisy_db: The ratio of loud to quiet frames below which sound is noisy.
    """

    recording: tuple[float, float]
    piece: tuple[float, float]
    noisy_db: float

    def least(self, whole: Sureness) -> float:
        """What is asked of a recording."""
        return self.recording[self.is_noisy(whole)]

    def is_understood(self, whole: Sureness) -> bool:
        """Whether the recording as a whole is."""
        return whole.sure > self.least(whole)

    def is_noisy(self, evidence: Sureness) -> bool:
        """Whether noise may be why something is not understood."""
        return evidence.snr_db < self.noisy_db

    def is_invented(self, piece: Sureness) -> bool:
        """Whether the words of one piece are more likely invented than heard."""
        least = self.piece[self.is_noisy(piece)]
        return piece.n_tokens >= LEAST_TOKENS and piece.sure <= least


def limits() -> LeastSure:
    """Those that ship."""
    found = card()["understood"]
    return LeastSure(tuple(found["recording"]), tuple(found["piece"]), found["noisy_db"])


def evidence_of(samples: Floats32, written: Written) -> Sureness:
    """Weigh what was written for a piece of sound."""
    log_probs = written.log_probs[_new(written.tokens)]
    return Sureness(
        n_tokens=len(log_probs),
        mean=float(log_probs.mean()),
        n_sure=int((log_probs > _SURE).sum()),
        snr_db=_snr_db(samples),
    )


def _new(tokens: Sequence[int]) -> list[int]:
    """Indices of the tokens that do not end a run of tokens that was there before."""
    seen: set[tuple[int, ...]] = set()
    out = []
    for i in range(len(tokens)):
        run = tuple(tokens[max(0, i - _N_GRAM + 1) : i + 1])
        if len(run) < _N_GRAM or run not in seen:
            out.append(i)
        seen.add(run)
    return out


def _snr_db(samples: Floats32) -> float:
    n_frames = len(samples) // _FRAME_SAMPLES
    if not n_frames:
        return 0.0
    power = samples[: n_frames * _FRAME_SAMPLES].reshape(n_frames, -1).var(axis=1, dtype=np.float64)
    low, high = np.percentile(10 * np.log10(power + 1e-9), (10, 90))
    return float(high - low)
