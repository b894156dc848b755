"""How much of a given text the recognizer expects where it stands. English only.

The recognizer is not asked to write: the given words are put in its mouth, and it says how likely
each of them is there. That takes a tenth of the time of hearing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sentigram.core.media import Audio
from sentigram.core.protocols import Progress, no_progress
from sentigram.core.time import Span
from sentigram.core.transcript import Utterance
from sentigram.words.moonshine.model import Moonshine, at_once
from sentigram.words.moonshine.vocabulary import vocabulary

_EXPECTED = -1.0  # log probability: a token that the recognizer would have written, or nearly
_MARGIN_MS = 700  # cues are timed to be read: speech begins and ends a little beside them
_LONGEST_MS = 15_000  # that are looked at of one utterance
_LEAST_TOKENS = 5  # fewer tell nothing
_NOT_SPOKEN = 0.2  # of an utterance's tokens are expected at most
_MOST_TOKENS = 100

FITS = 0.55
"""Of a text that fits, at least so much is expected; of one that does not, a tenth or two
(`benchmarks/given_texts.py`)."""


@dataclass(frozen=True, slots=True)
class Expected:
    """How many tokens of a text were expected where it stands."""

    n_tokens: int
    n_expected: int

    @property
    def share(self) -> float:
        """From 0 to 1."""
        return self.n_expected / max(1, self.n_tokens)

    @property
    def is_telling(self) -> bool:
        """Whether the text is long enough to tell anything."""
        return self.n_tokens >= _LEAST_TOKENS

    @property
    def is_spoken(self) -> bool:
        """Whether an utterance may be said there; in doubt it is."""
        return not self.is_telling or self.share > _NOT_SPOKEN


def together(parts: Sequence[Expected]) -> Expected:
    """Of several utterances."""
    return Expected(sum(p.n_tokens for p in parts), sum(p.n_expected for p in parts))


class TextFit:
    """Compares given utterances with the sound.

    Args:
        audio: The recording, 16 kHz.
    """

    def __init__(self, audio: Audio) -> None:
        self._audio = audio
        self._model = Moonshine()

    def of(self, utterance: Utterance) -> Expected:
        """How an utterance fits where it stands."""
        tokens = vocabulary().tokens(said(utterance.text))[:_MOST_TOKENS]
        start_ms = max(0, utterance.span.start_ms - _MARGIN_MS)
        end_ms = min(utterance.span.end_ms + _MARGIN_MS, start_ms + _LONGEST_MS)
        end_ms = min(end_ms, self._audio.duration_ms)
        if not tokens or end_ms <= start_ms:
            return Expected(len(tokens), 0)
        samples = np.nan_to_num(np.asarray(self._audio.cut(Span(start_ms, end_ms)), np.float32))
        scored = self._model.score(self._model.encode(np.clip(samples, -1, 1)), tokens)
        return Expected(len(tokens), int((scored.log_probs[: len(tokens)] > _EXPECTED).sum()))

    def of_all(
        self, utterances: Sequence[Utterance], *, progress: Progress = no_progress
    ) -> tuple[Expected, ...]:
        """How each of them fits."""
        out = []
        for expected in at_once(self.of, utterances):
            out.append(expected)
            progress(len(out) / len(utterances))
        return tuple(out)


def said(text: str) -> str:
    """A text as the recognizer would write it: no sounds in brackets, no shouting in capitals."""
    plain = re.sub(r"\[[^\]]*\]|\([^)]*\)|[♪♫#*_]", " ", text)
    if plain.isupper():
        plain = plain.lower()
    plain = " ".join(plain.split())
    return plain[:1].upper() + plain[1:]
