"""How well it is found who speaks when: the diarization error rate, with overlaps scored.

NIST's measure (RT-09 plan): time in which speech is missed, invented, or given to the wrong
speaker, over the time of all speech; where two speak, both count. Found names are matched with true
ones so that as much as possible is right. With a collar, what is that near to an edge of true
speech is not scored.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sentigram.core.arrays import Bools
from sentigram.training.judge.overtime import FRAME_MS, LabelledSpan


@dataclass(frozen=True, slots=True)
class SpeakerError:
    """Time that is wrong, in frames of 10 ms and of one speaker; recordings add up.

    Attributes:
        missed: Speech that was not found.
        false_alarm: Speech that is none.
        confused: Speech of another speaker.
        total: All true speech.
    """

    missed: int = 0
    false_alarm: int = 0
    confused: int = 0
    total: int = 0

    @property
    def rate(self) -> float:
        """The diarization error rate; 0 without speech. It may be above 1."""
        return (self.missed + self.false_alarm + self.confused) / self.total if self.total else 0.0

    def __add__(self, other: SpeakerError) -> SpeakerError:
        return SpeakerError(
            self.missed + other.missed,
            self.false_alarm + other.false_alarm,
            self.confused + other.confused,
            self.total + other.total,
        )


def speaker_error(
    truth: Sequence[LabelledSpan], found: Sequence[LabelledSpan], *, collar_ms: int = 0
) -> SpeakerError:
    """Compare who speaks when; spans of one speaker may overlap those of others.

    Args:
        truth: Labels are names.
        found: Labels are any names.
        collar_ms: On each side of an edge of the truth.
    """
    from scipy.optimize import linear_sum_assignment

    n_frames = max((span.end_ms for span in (*truth, *found)), default=0) // FRAME_MS + 1
    true, guess = _frames(truth, n_frames), _frames(found, n_frames)  # (n_frames, n_speakers)
    scored = np.ones(n_frames, np.bool_)
    for span in truth if collar_ms else ():
        for edge_ms in (span.start_ms, span.end_ms):
            first = max(0, edge_ms - collar_ms) // FRAME_MS
            scored[first : (edge_ms + collar_ms) // FRAME_MS] = False
    true, guess = true[scored], guess[scored]
    together = true.T.astype(np.int64) @ guess.astype(np.int64)  # (n_true, n_found)
    right = int(together[linear_sum_assignment(-together)].sum())
    n_true, n_guess = true.sum(axis=1), guess.sum(axis=1)
    return SpeakerError(
        missed=int(np.maximum(n_true - n_guess, 0).sum()),
        false_alarm=int(np.maximum(n_guess - n_true, 0).sum()),
        confused=int(np.minimum(n_true, n_guess).sum()) - right,
        total=int(n_true.sum()),
    )


def _frames(spans: Sequence[LabelledSpan], n_frames: int) -> Bools:
    """Who speaks in each frame, bool (n_frames, n_speakers)."""
    names = list(dict.fromkeys(span.label for span in spans))
    out = np.zeros((n_frames, len(names)), np.bool_)
    for span in spans:
        out[span.start_ms // FRAME_MS : span.end_ms // FRAME_MS, names.index(span.label)] = True
    return out
