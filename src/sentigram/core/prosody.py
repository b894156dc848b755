"""How a word is said, against the other words of its speaker."""

from __future__ import annotations

from dataclasses import dataclass

FURTHEST = 9.0  # spreads; what lies further out is an accident of the sound


@dataclass(frozen=True, slots=True)
class Prosody:
    """How a word is said; None for what cannot be known, as the pitch of a whisper.

    Loudness, pitch, rate and pause are counted in spreads from the median of the speaker's words in
    the recording: 0 is as usual, 1 one spread more. A spread is 1.4826 × the median distance from
    the median, which in a normal distribution is the standard deviation.

    Attributes:
        loudness: In [-9, 9].
        pitch: In [-9, 9].
        rate: In [-9, 9]; below 0 the word is drawn out, for its letters and its place.
        pause: The silence before it, in [-9, 9].
        emphasis: How much it stands out by all of them, in [0, 1].
    """

    loudness: float | None = None
    pitch: float | None = None
    rate: float | None = None
    pause: float | None = None
    emphasis: float | None = None

    @property
    def is_blank(self) -> bool:
        """Whether nothing of it is known."""
        return self == _BLANK


_BLANK = Prosody()
