"""Does a given text fit the sound? English only: the bundled recognizer is asked.

It is not asked to write: the given words are put in its mouth, and it says how much it expected
each of them there. That takes a tenth of the time of hearing, finds a text that is of another film
or late, and names the sentences that nobody speaks. Where a text does not fit as it stands, some of
the sound is heard, and the line through what both have tells how far it is off.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from statistics import median

import numpy as np

from sentigram.core.media import Audio
from sentigram.core.time import Span
from sentigram.core.transcript import Transcript, Utterance
from sentigram.words.moonshine.model import Moonshine
from sentigram.words.moonshine.vocabulary import vocabulary

_EXPECTED = -1.0  # log probability: a token that the recognizer would have written, or nearly
_MARGIN_MS = 700  # cues are timed to be read: speech begins and ends a little beside them
_LONGEST_MS = 15_000  # that are looked at of one utterance
_LEAST_TOKENS = 5  # fewer tell nothing
_NOT_SPOKEN = 0.2  # of an utterance's tokens are expected at most
_MOST_TOKENS = 120


@dataclass(frozen=True, slots=True)
class UtteranceFit:
    """How one utterance fits.

    Attributes:
        n_tokens: Of its words.
        n_expected: That the recognizer expected there.
    """

    n_tokens: int
    n_expected: int

    @property
    def is_telling(self) -> bool:
        """Whether it is long enough to tell anything."""
        return self.n_tokens >= _LEAST_TOKENS

    @property
    def share(self) -> float:
        """Of its tokens that were expected."""
        return self.n_expected / max(1, self.n_tokens)

    @property
    def is_spoken(self) -> bool:
        """Whether it may be said there; in doubt it is."""
        return not self.is_telling or self.share > _NOT_SPOKEN


class TextFit:
    """Compares given utterances with the sound where they stand.

    Args:
        audio: The recording, 16 kHz.
    """

    def __init__(self, audio: Audio, *, n_threads: int = 0) -> None:
        self._audio = audio
        self._n_threads = n_threads

    def of(self, utterance: Utterance, *, by_ms: int = 0) -> UtteranceFit:
        """How an utterance fits where it stands, or that many milliseconds later."""
        tokens = vocabulary().tokens(said(utterance.text))[:_MOST_TOKENS]
        start_ms = max(0, utterance.span.start_ms + by_ms - _MARGIN_MS)
        end_ms = utterance.span.end_ms + by_ms + _MARGIN_MS
        end_ms = min(end_ms, start_ms + _LONGEST_MS, self._audio.duration_ms)
        if not tokens or end_ms <= start_ms:
            return UtteranceFit(len(tokens), 0)
        samples = np.nan_to_num(np.asarray(self._audio.cut(Span(start_ms, end_ms)), np.float32))
        scored = self._model.score(self._model.encode(samples), tokens)
        expected = scored.log_probs[: len(tokens)] > _EXPECTED
        return UtteranceFit(len(tokens), int(expected.sum()))

    @cached_property
    def _model(self) -> Moonshine:
        return Moonshine(n_threads=self._n_threads)


def said(text: str) -> str:
    """A text as the recognizer would write it: no sounds in brackets, no shouting in capitals."""
    plain = re.sub(r"\[[^\]]*\]|\([^)]*\)|[♪♫#*_]", " ", text)
    if plain.isupper():
        plain = plain.lower()
    plain = " ".join(plain.split())
    return plain[:1].upper() + plain[1:]
