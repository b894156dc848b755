"""Finds how far the times of a text are off: a shift, and the rate of another frame rate.

Subtitles of another release begin later or earlier, and run faster or slower where a film was
converted between 23.976, 24 and 25 frames a second.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from sentigram.core.arrays import Floats64
from sentigram.core.time import MS_PER_MINUTE, MS_PER_SECOND, Span, format_clock
from sentigram.core.transcript import Word
from sentigram.words.alignment.by_recognition import matches, plain_key

_FRAME_RATES = (24_000 / 1_001, 24.0, 25.0)
RATES = (1.0, *(a / b for a, b in product(_FRAME_RATES, _FRAME_RATES) if a != b))
_NEAR_MS = 1_000  # words of a cue are spread over it, and may be this far from where they are said
_LEAST_PAIRS = 4  # words in both
_LEAST_AGREEING = 0.6  # of them lie near one line
_LEAST_BETTER = 0.15  # of the words that agree, before another rate than 1 is believed

_STEP_MS = 100
_LEAST_CUES = 8  # fewer fit many places
_LEAST_VOICED = 0.75  # of the time of the cues, where they are believed to belong …
_LEAST_GAIN = 0.2  # … and so much more than where they stand


@dataclass(frozen=True, slots=True)
class Line:
    """Times of a text against those of the sound: `sound = rate * text + offset`."""

    rate: float = 1.0
    offset_ms: int = 0

    def at(self, ms: int) -> int:
        """When in the sound a time of the text is."""
        return round(self.rate * ms) + self.offset_ms

    def __str__(self) -> str:
        """`4.0 s later`, `1.5 s earlier and 4.3 % slower`."""
        off_ms = abs(self.offset_ms)
        length = (
            f"{off_ms / MS_PER_SECOND:.1f} s" if off_ms < MS_PER_MINUTE else format_clock(off_ms)
        )
        said = f"{length} {'later' if self.offset_ms > 0 else 'earlier'}"
        if self.rate == 1.0:
            return said
        percent = 100 * abs(self.rate - 1)
        return f"{said} and {percent:.1f} % {'slower' if self.rate > 1 else 'faster'}"


def line_by_words(given: Sequence[Word], heard: Sequence[Word]) -> Line | None:
    """The line through the words that a text and a recognizer have in common.

    Args:
        given: In the times of the text.
        heard: In the times of the sound.

    Returns:
        None where too few words agree.
    """
    pairs = matches([plain_key(w.text) for w in given], [plain_key(w.text) for w in heard])
    if len(pairs) < max(_LEAST_PAIRS, len(heard) // 4):
        return None
    text_ms = np.array([given[i].span.start_ms for i, _ in pairs], dtype=np.float64)
    sound_ms = np.array([heard[j].span.start_ms for _, j in pairs], dtype=np.float64)
    lines = [_through(text_ms, sound_ms, rate) for rate in RATES]
    plain, best = lines[0], max(lines, key=lambda found: found[1])
    line, agreeing = best if best[1] >= plain[1] + _LEAST_BETTER else plain
    return line if agreeing >= _LEAST_AGREEING else None


def _through(text_ms: Floats64, sound_ms: Floats64, rate: float) -> tuple[Line, float]:
    """The line of one rate, and the share of words near it."""
    off_ms = sound_ms - rate * text_ms
    middle = float(np.median(off_ms))
    return Line(rate, round(middle)), float((np.abs(off_ms - middle) <= _NEAR_MS).mean())


def line_by_voice(cues: Sequence[Span], voice: Sequence[Span], duration_ms: int) -> Line | None:
    """The shift with which most of the time of the cues has a voice.

    Args:
        cues: Where the text stands.
        voice: Where somebody speaks.
        duration_ms: Of the sound.

    Returns:
        None where no shift is much better than the others, or none is needed.
    """
    if len(cues) < _LEAST_CUES or not voice:
        return None
    # Damaged times may lie years after the end.
    length = min(2 * duration_ms, max(duration_ms, *(cue.end_ms for cue in cues))) // _STEP_MS + 1
    shown, spoken = _grid(cues, length), _grid(voice, length)
    # Silence counts against: otherwise longer cues fit everywhere.
    share = spoken.mean()
    size = 1 << (2 * length - 1).bit_length()
    product_of = np.fft.rfft(spoken - share, size) * np.conj(np.fft.rfft(shown, size))
    scores = np.fft.irfft(product_of, size)  # at each shift, later first, then earlier ones
    best = int(np.argmax(scores))
    steps = best if best < size // 2 else best - size
    voiced = _voiced(shown, spoken, steps)
    if voiced < _LEAST_VOICED or voiced < _voiced(shown, spoken, 0) + _LEAST_GAIN:
        return None
    return Line(1.0, steps * _STEP_MS)


def voiced_share(cues: Sequence[Span], voice: Sequence[Span]) -> float:
    """The share of the time of the cues that has a voice."""
    length = max((span.end_ms for span in voice), default=0) // _STEP_MS + 1
    shown = _grid(cues, length)
    n_after = sum(max(0, cue.end_ms - max(cue.start_ms, length * _STEP_MS)) for cue in cues)
    n_all = shown.sum() + n_after / _STEP_MS
    return float((shown * _grid(voice, length)).sum() / max(1.0, n_all))


def _grid(spans: Sequence[Span], length: int) -> Floats64:
    out = np.zeros(length)
    for span in spans:
        out[span.start_ms // _STEP_MS : -(-span.end_ms // _STEP_MS)] = 1
    return out


def _voiced(shown: Floats64, spoken: Floats64, steps: int) -> float:
    moved = np.zeros_like(shown)
    if steps >= 0:
        moved[steps:] = shown[: len(shown) - steps]
    else:
        moved[:steps] = shown[-steps:]
    return float((moved * spoken).sum() / max(1.0, shown.sum()))
