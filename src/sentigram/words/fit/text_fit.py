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
from sentigram.core.transcript import Utterance, join_words
from sentigram.words.moonshine.model import Moonshine, at_once
from sentigram.words.moonshine.vocabulary import vocabulary
from sentigram.words.moonshine.writing import words_of

_EXPECTED = -1.2  # log probability: a word that the recognizer would have written, or nearly
_LEAST = -8.0  # of a word: below, all are as unexpected
_NOT_SPOKEN = (
    -3.5
)  # mean over the words of a sentence that nobody says; of one that is said above -2
_LEAST_WORDS = 4  # fewer tell nothing
_MARGIN_MS = 700  # cues are timed to be read: speech begins and ends a little beside them
_LONGEST_MS = 15_000  # that are looked at of one utterance
_MOST_TOKENS = 100

FITS = 0.55
"""Of a text that fits, at least this share of its words is expected; of another, a tenth
(`benchmarks/given_texts.py`)."""


@dataclass(frozen=True, slots=True)
class Expected:
    """How far the words of a text were expected where it stands.

    Attributes:
        n_words: Of the text.
        n_expected: Of them.
        log_prob: Sum over the words but the first: what is said before it is in the sound, and
            not in the text, so that it is never expected where a sentence is divided.
    """

    n_words: int
    n_expected: int
    log_prob: float

    @property
    def share(self) -> float:
        """Of the words that were expected, from 0 to 1."""
        return self.n_expected / max(1, self.n_words)

    @property
    def is_telling(self) -> bool:
        """Whether the text is long enough to tell anything."""
        return self.n_words >= _LEAST_WORDS

    @property
    def is_spoken(self) -> bool:
        """Whether a sentence may be said there; in doubt it is."""
        return not self.is_telling or self.log_prob / (self.n_words - 1) > _NOT_SPOKEN


NOTHING = Expected(0, 0, 0.0)


def together(parts: Sequence[Expected]) -> Expected:
    """Of several utterances."""
    return Expected(
        sum(part.n_words for part in parts),
        sum(part.n_expected for part in parts),
        sum(part.log_prob for part in parts),
    )


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
        start_ms = max(0, utterance.span.start_ms - _MARGIN_MS)
        words = [w for w in utterance.words if w.span.end_ms <= start_ms + _LONGEST_MS]
        tokens = vocabulary().tokens(said(join_words(tuple(words))))[:_MOST_TOKENS]
        if not tokens:
            return NOTHING
        end_ms = min(words[-1].span.end_ms + _MARGIN_MS, self._audio.duration_ms)
        if end_ms <= start_ms:  # after the end of the recording
            return Expected(len(words), 0, len(words) * _LEAST)
        samples = np.nan_to_num(np.asarray(self._audio.cut(Span(start_ms, end_ms)), np.float32))
        scored = self._model.score(self._model.encode(np.clip(samples, -1, 1)), tokens)
        log_probs = [word.log_prob for word in words_of(scored, vocabulary())]
        return Expected(
            n_words=len(log_probs),
            n_expected=sum(log_prob > _EXPECTED for log_prob in log_probs),
            log_prob=sum(max(_LEAST, log_prob) for log_prob in log_probs[1:]),
        )

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
    plain = re.sub(r"\[[^\[\]]*\]|\([^()]*\)|[♪♫#*_]", " ", text)
    if plain.isupper():
        plain = plain.lower()
    plain = " ".join(plain.split())
    return plain[:1].upper() + plain[1:]
