"""Captions of sounds: `[music]` where nobody speaks.

Sources: Netflix Timed Text Style Guide, English (sounds in brackets, small letters, where they are
needed and nobody speaks); BBC Subtitle Guidelines 1.2 (a label when the music begins, not while it
goes on). A sound that begins under words is told in the first pause that is long enough.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from sentigram.core.document import Document
from sentigram.core.emotion import NEUTRAL
from sentigram.core.sounds import SINGING, Sound
from sentigram.core.style import Cue, StyledRun, StyledWord, StyleKey
from sentigram.core.text import is_sound
from sentigram.core.time import MS_PER_MINUTE, MS_PER_SECOND, Span
from sentigram.style.layout.limits import CLOSE_BELOW_MS, LayoutRules
from sentigram.style.layout.places import LABEL
from sentigram.style.layout.timing import ceil_step, floor_step

LEAST_MS = MS_PER_SECOND  # a label that is shown for less cannot be read
LONGEST_MS = 4 * MS_PER_SECOND  # it says that something begins, and not how long it lasts
AGAIN_MS = MS_PER_MINUTE  # what goes on is told again after this long without words
_ENDLESS = 2**53


def with_sounds(
    cues: Sequence[Cue], document: Document, rules: LayoutRules, *, end_ms: int = 0
) -> tuple[Cue, ...]:
    """Cues with those of sounds between them, in order and apart.

    Sounds that the words name themselves are not told twice.

    Args:
        cues: Of words.
        document: Its sounds.
        rules: The shortest cue, and the gap between two.
        end_ms: End of the media, which no cue outlasts; 0 when unknown.
    """
    sounds = [sound for sound in document.sounds if _is_told(sound, document)]
    if not sounds:
        return tuple(cues)
    gaps = list(_gaps(cues, rules, end_ms or _ENDLESS))
    least_ms = ceil_step(max(LEAST_MS, rules.min_ms))
    made: list[Cue] = []
    told_ms: dict[str, int] = {}
    for gap in gaps:
        at_ms = gap.start_ms
        for sound in sounds:
            start_ms = ceil_step(max(at_ms, sound.span.start_ms))
            stop_ms = floor_step(min(gap.end_ms, sound.span.end_ms))
            begins = sound.label not in told_ms or told_ms[sound.label] <= sound.span.start_ms
            is_long = start_ms - told_ms.get(sound.label, 0) >= AGAIN_MS
            if stop_ms - start_ms < least_ms or not (begins or is_long):
                continue
            shown_ms = _shown_ms(sound.label, stop_ms - start_ms, rules)
            span = Span(start_ms, start_ms + max(least_ms, shown_ms))
            made.append(_cue(sound, span))
            told_ms[sound.label] = span.end_ms
            at_ms = span.end_ms + rules.grid_gap_ms
    return tuple(sorted((*cues, *made), key=lambda cue: cue.span))


def _shown_ms(label: str, room_ms: int, rules: LayoutRules) -> int:
    """How long a label is shown: as long as it is heard, at most a few seconds, in whole steps.

    What would leave a flicker before the next cue is left out at the end.
    """
    reading_ms = round(MS_PER_SECOND * (len(label) + 2) / rules.cps)
    shown_ms = min(room_ms, max(LONGEST_MS, reading_ms))
    if 0 < room_ms - shown_ms < CLOSE_BELOW_MS:
        shown_ms = room_ms
    return floor_step(shown_ms)


def _gaps(cues: Sequence[Cue], rules: LayoutRules, end_ms: int) -> Iterator[Span]:
    """Where no cue is shown, with a gap to those on both sides."""
    if not cues:
        yield Span(0, end_ms)
        return
    gap_ms = rules.grid_gap_ms
    edges = [(0, cues[0].span.start_ms - gap_ms)]
    edges += [(a.span.end_ms + gap_ms, b.span.start_ms - gap_ms) for a, b in pairwise(cues)]
    edges.append((cues[-1].span.end_ms + gap_ms, end_ms))
    for start_ms, stop_ms in edges:
        if stop_ms > start_ms:
            yield Span(start_ms, stop_ms)


def _cue(sound: Sound, span: Span) -> Cue:
    run = StyledRun(f"[{sound.label}]", StyleKey(NEUTRAL, 0))
    return Cue(span, ((StyledWord(LABEL, span, (run,)),),))


def is_of_sound(cue: Cue) -> bool:
    """Whether a cue tells a sound and holds no words."""
    return all(word.index == LABEL for line in cue.lines for word in line)


def _is_told(sound: Sound, document: Document) -> bool:
    """Whether a sound has a caption of its own.

    Heard singing has none: it lies in music, which has, and the detector is less sure of it.
    """
    if sound.source == "heard":
        return sound.label != SINGING
    return not any(
        word.span.overlap_ms(sound.span) and is_sound(word.text)
        for word in document.transcript.words()
    )
