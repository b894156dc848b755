"""How well readings follow a long recording: how long they err, and when they change.

They are of emotions, or of who speaks.

A recording's truth and a reading of it are segments in time with one label each. Where the truth
has no segment nobody speaks, and nothing is scored; where a reading has none in speech it reads
no emotion, which is what neutral means.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from sentigram.core.arrays import Bools, Ints64
from sentigram.core.emotion import NEUTRAL
from sentigram.core.time import MS_PER_MINUTE, Span
from sentigram.errors import InputError

FRAME_MS = 10
TOLERANCES_MS = (250, 500)
_NO_SPEECH = -1
_NO_EMOTION = 0


class LabelledSpan(NamedTuple):
    """A half-open stretch of speech with one label, milliseconds."""

    start_ms: int
    end_ms: int
    label: str


@dataclass(frozen=True, slots=True)
class DiarizationError:
    """Time, or words, that a reading errs; parts of several recordings add up.

    Attributes:
        missed: The truth has an emotion, or a speaker, and the reading none.
        false_alarm: The reading has one and the truth none.
        confused: Both have one, and not the same.
        total: All speech, neutral included; of two at once twice.
    """

    missed: int = 0
    false_alarm: int = 0
    confused: int = 0
    total: int = 0

    @property
    def rate(self) -> float:
        """Diarization error rate, 0 without speech; of emotions as Wang et al. 2023, eq. 1."""
        errors = self.missed + self.false_alarm + self.confused
        return errors / self.total if self.total else 0.0

    def __add__(self, other: DiarizationError) -> DiarizationError:
        return DiarizationError(
            self.missed + other.missed,
            self.false_alarm + other.false_alarm,
            self.confused + other.confused,
            self.total + other.total,
        )


@dataclass(frozen=True, slots=True)
class BoundaryScore:
    """How many changes of emotion were found; counts of several recordings add up.

    Attributes:
        matched: Pairs of a true and a read change, each in at most one pair.
        n_reference: True changes.
        n_reading: Changes that were read.
    """

    matched: int = 0
    n_reference: int = 0
    n_reading: int = 0

    @property
    def precision(self) -> float:
        """Share of read changes that are true; 1 when none was read."""
        return self.matched / self.n_reading if self.n_reading else 1.0

    @property
    def recall(self) -> float:
        """Share of true changes that were read; 1 when there is none."""
        return self.matched / self.n_reference if self.n_reference else 1.0

    @property
    def f1(self) -> float:
        """Of precision and recall; 1 when there was nothing to find and nothing was read."""
        total = self.n_reference + self.n_reading
        return 2 * self.matched / total if total else 1.0

    def __add__(self, other: BoundaryScore) -> BoundaryScore:
        return BoundaryScore(
            self.matched + other.matched,
            self.n_reference + other.n_reference,
            self.n_reading + other.n_reading,
        )


def from_words(
    spans: Sequence[Span], labels: Sequence[str], *, bridge_ms: int = 0
) -> tuple[LabelledSpan, ...]:
    """Words with their labels as segments.

    Args:
        spans: Of the words, in order.
        labels: One per word.
        bridge_ms: A pause up to this long after a word still has its label.
    """
    segments = []
    for i, (span, label) in enumerate(zip(spans, labels, strict=True)):
        end_ms = span.end_ms
        if i + 1 < len(spans) and 0 < spans[i + 1].start_ms - end_ms <= bridge_ms:
            end_ms = spans[i + 1].start_ms
        segments.append(LabelledSpan(span.start_ms, end_ms, label))
    return tuple(segments)


def diarization_error(
    reference: Sequence[LabelledSpan],
    reading: Sequence[LabelledSpan],
    *,
    frame_ms: int = FRAME_MS,
    neutral: str = NEUTRAL,
) -> DiarizationError:
    """Emotion diarization error in milliseconds, frame by frame (Wang et al. 2023).

    A frame has the label of the segment that its middle lies in.

    Args:
        reference: The truth, in order, without overlap.
        reading: The same of a system.
        frame_ms: Length of a frame.
        neutral: The label that means no emotion.

    Raises:
        InputError: Segments overlap or are not in order.
    """
    for name, segments in (("truth", reference), ("reading", reading)):
        _check(segments, name)
    codes = _codes([*reference, *reading], neutral)
    end_ms = max((s.end_ms for s in reference), default=0)
    truth = _frames(reference, codes, end_ms, frame_ms)
    guess = np.maximum(_frames(reading, codes, end_ms, frame_ms), _NO_EMOTION)
    return _errors(truth, guess, weight=frame_ms)


def word_diarization_error(
    truth: Sequence[str], guess: Sequence[str], *, neutral: str = NEUTRAL
) -> DiarizationError:
    """The same with words in place of frames: every word counts once, however long it is."""
    codes = {neutral: _NO_EMOTION}
    for label in (*truth, *guess):
        codes.setdefault(label, len(codes))
    pairs = [(codes[t], codes[g]) for t, g in zip(truth, guess, strict=True)]
    both = np.array(pairs, np.int64).reshape(-1, 2)
    return _errors(both[:, 0], both[:, 1], weight=1)


def speaker_error(
    truth: Sequence[LabelledSpan], found: Sequence[LabelledSpan], *, collar_ms: int = 0
) -> DiarizationError:
    """Diarization error of who speaks when, in frames of 10 ms and of one speaker (NIST RT-09).

    Where two speak, both count: spans of one speaker may overlap those of others. Found names are
    matched with true ones so that as much as possible is right.

    Args:
        truth: Labels are names.
        found: Labels are any names.
        collar_ms: On each side of an edge of the truth, that is not scored.
    """
    from scipy.optimize import linear_sum_assignment

    n_frames = max((span.end_ms for span in (*truth, *found)), default=0) // FRAME_MS + 1
    true, guess = _speaking(truth, n_frames), _speaking(found, n_frames)  # (n_frames, n_speakers)
    scored = np.ones(n_frames, np.bool_)
    for span in truth if collar_ms else ():
        for edge_ms in (span.start_ms, span.end_ms):
            first = max(0, edge_ms - collar_ms) // FRAME_MS
            scored[first : (edge_ms + collar_ms) // FRAME_MS] = False
    true, guess = true[scored], guess[scored]
    together = true.T.astype(np.int64) @ guess.astype(np.int64)  # (n_true, n_found)
    right = int(together[linear_sum_assignment(-together)].sum())
    n_true, n_guess = true.sum(axis=1), guess.sum(axis=1)
    return DiarizationError(
        missed=int(np.maximum(n_true - n_guess, 0).sum()),
        false_alarm=int(np.maximum(n_guess - n_true, 0).sum()),
        confused=int(np.minimum(n_true, n_guess).sum()) - right,
        total=int(n_true.sum()),
    )


def changes(segments: Sequence[LabelledSpan]) -> Ints64:
    """When a new label sets in, milliseconds, (n_changes,).

    A change across a pause is counted where speech goes on: that is when it can be heard. Cutting
    a segment in two, or a pause within one label, changes nothing.

    Raises:
        InputError: Segments overlap or are not in order.
    """
    _check(segments, "segments")
    heard = [s for s in segments if s.end_ms > s.start_ms]
    return np.array([b.start_ms for a, b in pairwise(heard) if a.label != b.label], np.int64)


def boundary_score(
    reference: Sequence[LabelledSpan], reading: Sequence[LabelledSpan], *, tolerance_ms: int
) -> BoundaryScore:
    """Match true and read changes one to one, no further apart than the tolerance.

    Going from left to right and taking the earliest partner gives the most pairs possible, as all
    tolerances are equal.
    """
    true, read = changes(reference), changes(reading)
    i = j = matched = 0
    while i < len(true) and j < len(read):
        if abs(int(true[i]) - int(read[j])) <= tolerance_ms:
            matched, i, j = matched + 1, i + 1, j + 1
        elif true[i] < read[j]:
            i += 1
        else:
            j += 1
    return BoundaryScore(matched, len(true), len(read))


def switches_per_minute(segments: Sequence[LabelledSpan]) -> float:
    """Changes of label per minute of speech, pauses left out; 0 without speech."""
    spoken_ms = sum(s.end_ms - s.start_ms for s in segments)
    return len(changes(segments)) * MS_PER_MINUTE / spoken_ms if spoken_ms else 0.0


def _speaking(spans: Sequence[LabelledSpan], n_frames: int) -> Bools:
    """Who speaks in each frame, bool (n_frames, n_speakers)."""
    names = list(dict.fromkeys(span.label for span in spans))
    out = np.zeros((n_frames, len(names)), np.bool_)
    for span in spans:
        out[span.start_ms // FRAME_MS : span.end_ms // FRAME_MS, names.index(span.label)] = True
    return out


def _errors(truth: Ints64, guess: Ints64, *, weight: int) -> DiarizationError:
    speech = truth != _NO_SPEECH
    felt, read = speech & (truth != _NO_EMOTION), speech & (guess != _NO_EMOTION)
    parts = (felt & ~read, read & ~felt, felt & read & (truth != guess), speech)
    return DiarizationError(*(int(part.sum()) * weight for part in parts))


def _codes(segments: Sequence[LabelledSpan], neutral: str) -> dict[str, int]:
    codes = {neutral: _NO_EMOTION}
    for segment in segments:
        codes.setdefault(segment.label, len(codes))
    return codes


def _frames(
    segments: Sequence[LabelledSpan], codes: dict[str, int], end_ms: int, frame_ms: int
) -> Ints64:
    """The code of each frame from 0 to end_ms, (n_frames,)."""
    middles = np.arange(0, end_ms, frame_ms) + frame_ms / 2
    if not segments:
        return np.full(len(middles), _NO_SPEECH, np.int64)
    starts = np.array([s.start_ms for s in segments])
    ends = np.array([s.end_ms for s in segments])
    labels = np.array([codes[s.label] for s in segments])
    at = np.searchsorted(starts, middles, side="right") - 1
    inside = (at >= 0) & (middles < ends[at])
    return np.where(inside, labels[at], _NO_SPEECH)


def _check(segments: Sequence[LabelledSpan], name: str) -> None:
    for i, segment in enumerate(segments):
        before_ms = segments[i - 1].end_ms if i else 0
        if segment.start_ms < before_ms or segment.end_ms < segment.start_ms:
            message = (
                f"{name}, segment {i + 1} ({segment.start_ms}–{segment.end_ms} ms): starts before "
                f"{before_ms} ms or ends before it starts; sort the segments and cut overlaps"
            )
            raise InputError(message)
