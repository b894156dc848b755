"""Which stretches of a long recording a preview listens to, in place of all of it.

Around the slice, the sound is cut where the whole would be cut, so that the recognizer hears there
what it will hear in the whole. Speech from all over the recording is heard with it, because a voice
is read against the recording's own average.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from sentigram.core.media import Audio
from sentigram.core.time import Span
from sentigram.words.activity import FRAME_MS, active_frames, stretches
from sentigram.words.moonshine.transcriber import STRETCH_MS

CONTEXT_MS = 30_000  # on both sides of the slice: readings are smoothed over seconds
N_SPREAD = 16
_SPREAD_MS = 25_000  # at most; half of it at least
_LOOKED_AT_MS = 120_000  # in which the stretch with the most sound is looked for
_LEAST_MS = 5_000  # what is left of a stretch beside the slice is heard from this length on


@dataclass(frozen=True, slots=True)
class Sample:
    """Stretches of a recording.

    Attributes:
        near: What is heard around the slice, in order, touching; it is heard first.
        far: What else is heard, in order, apart.
        read: Where words are kept for reading, in order of time: the slice with its context, and
            the stretches spread over the recording.
    """

    near: tuple[Span, ...]
    far: tuple[Span, ...]
    read: tuple[Span, ...]

    @property
    def heard(self) -> tuple[Span, ...]:
        """All that is heard, what lies around the slice first."""
        return (*self.near, *self.far)


def sampled(audio: Audio, around: Span) -> Sample:
    """Choose what is heard for a slice of a recording.

    Which stretches are spread over the recording does not depend on the slice.

    Args:
        audio: The whole recording.
        around: The slice.
    """
    start_ms = max(0, min(around.start_ms - CONTEXT_MS, audio.duration_ms - 1))
    end_ms = max(start_ms + 1, min(around.end_ms + CONTEXT_MS, audio.duration_ms))
    wanted = Span(start_ms, end_ms)
    pieces = stretches(audio, target_ms=STRETCH_MS)
    near = tuple(piece for piece in pieces if piece.overlap_ms(wanted))
    spread = spread_out(audio)
    known = Span(near[0].start_ms, near[-1].end_ms)
    far = tuple(rest for span in spread for rest in _beside(span, known))
    read = sorted((wanted, *spread), key=lambda span: span.start_ms)
    return Sample(near, far, tuple(read))


def spread_out(audio: Audio) -> tuple[Span, ...]:
    """Stretches of about 20 s from all over a recording, apart, those with the most sound."""
    n_parts = max(1, min(N_SPREAD, audio.duration_ms // (_SPREAD_MS + _LEAST_MS)))
    length_ms = audio.duration_ms // n_parts
    return tuple(_fullest(audio, Span(i * length_ms, (i + 1) * length_ms)) for i in range(n_parts))


def _fullest(audio: Audio, part: Span) -> Span:
    """The stretch with the most sound in the middle of a part of the recording."""
    extra_ms = max(0, part.duration_ms - _LOOKED_AT_MS) // 2
    looked_at = Span(part.start_ms + extra_ms, part.end_ms - extra_ms)
    sound = replace(audio, samples=audio.cut(looked_at))
    pieces = stretches(sound, target_ms=_SPREAD_MS)
    pieces = pieces[1:-1] or pieces  # the outer ones begin or end in the midst of a word
    active = active_frames(sound)

    def active_ms(piece: Span) -> int:
        frames = active[piece.start_ms // FRAME_MS : piece.end_ms // FRAME_MS]
        return int(frames.sum()) * FRAME_MS

    chosen = max(pieces, key=active_ms)
    return Span(chosen.start_ms + looked_at.start_ms, chosen.end_ms + looked_at.start_ms)


def _beside(span: Span, known: Span) -> list[Span]:
    """What of a stretch lies outside of another, where it is long enough to be heard by itself."""
    before = Span(span.start_ms, max(span.start_ms, min(span.end_ms, known.start_ms)))
    after = Span(min(span.end_ms, max(span.start_ms, known.end_ms)), span.end_ms)
    return [rest for rest in (before, after) if rest.duration_ms >= _LEAST_MS]
