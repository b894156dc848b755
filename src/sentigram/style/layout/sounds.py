"""Captions of sounds: `[music]` where nobody speaks.

Sources: Netflix Timed Text Style Guide, English (sounds in brackets, small letters, where they are
needed and nobody speaks); BBC Subtitle Guidelines 1.2 (a label when the music begins, not while it
goes on). A sound that begins under words is told in the first pause that is long enough; one that
is over, in a pause that begins within two seconds. What finds none is in the Document and on the
page. So is what would be more in a minute than the theme wants: a noisy recording has no caption
every second.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from sentigram.core.document import Document
from sentigram.core.emotion import NEUTRAL
from sentigram.core.sounds import MUSIC, SINGING, Sound, given_sounds
from sentigram.core.style import Cue, StyledRun, StyledWord, StyleKey
from sentigram.core.text import NOTES, is_sound
from sentigram.core.time import MS_PER_MINUTE, MS_PER_SECOND, Span
from sentigram.style.layout.limits import CLOSE_BELOW_MS, LayoutRules, count_chars
from sentigram.style.layout.places import LABEL
from sentigram.style.layout.sound_names import deed_of, name_of
from sentigram.style.layout.timing import ceil_step, floor_step

LEAST_MS = MS_PER_SECOND  # a label that is shown for less cannot be read
LONGEST_MS = 4 * MS_PER_SECOND  # it says that something begins, and not how long it lasts
AGAIN_MS = MS_PER_MINUTE  # what goes on is told again after this long without words
NEAR_MS = 2 * MS_PER_SECOND  # a sound under words is told in a pause that begins this soon after it
SAME_MS = 10 * MS_PER_SECOND  # from a caption of a heard sound to the next one of the same kind
LONGEST_OWN_MS = 2_500  # of a sound that is a speaker's own; longer laughter is a room's
OWN_NEAR_MS = 700  # between such a sound and the speaker's words on both sides
_ENDLESS = 2**53


def with_sounds(
    cues: Sequence[Cue], document: Document, rules: LayoutRules, *, end_ms: int = 0
) -> tuple[tuple[Cue, ...], int]:
    """Cues with those of sounds between them, in order and apart.

    Sounds that the words name themselves are not told twice.

    Args:
        cues: Of words.
        document: Its sounds.
        rules: The shortest cue, the gap between two, and how many sounds are told in a minute.
        end_ms: End of the media, which no cue outlasts; 0 when unknown.

    Returns:
        Them, and how many of sounds were left out.
    """
    sounds = _told(document)
    if not sounds:
        return tuple(cues), 0
    least_ms = ceil_step(max(LEAST_MS, rules.min_ms))
    names = _Names.of(document, rules)
    made: list[tuple[Cue, Sound]] = []
    told_ms: dict[str, int] = {}
    upcoming, current = iter(sounds), list[Sound]()
    following = next(upcoming, None)
    for gap in _gaps(cues, rules, end_ms or _ENDLESS):
        while following is not None and following.span.start_ms < gap.end_ms:
            current.append(following)
            following = next(upcoming, None)
        current = [one for one in current if one.span.end_ms + _late_ms(one) >= gap.start_ms]
        at_ms = gap.start_ms
        for sound in current:
            start_ms = ceil_step(max(at_ms, sound.span.start_ms))
            late_ms = _late_ms(sound)
            stop_ms = floor_step(gap.end_ms if late_ms else min(gap.end_ms, sound.span.end_ms))
            if (
                stop_ms - start_ms < least_ms
                or start_ms > sound.span.end_ms + late_ms
                or not _is_due(sound, start_ms, told_ms)
            ):
                continue
            text = names.text_of(sound)
            heard_ms = min(LONGEST_MS, sound.span.end_ms - start_ms)
            wanted_ms = max(least_ms, heard_ms, _reading_ms(text, rules))
            shown_ms = max(least_ms, _shown_ms(wanted_ms, stop_ms - start_ms))
            span = Span(start_ms, start_ms + shown_ms)
            made.append((_cue(text, span), sound))
            told_ms[sound.label] = span.end_ms
            at_ms = span.end_ms + rules.grid_gap_ms
    kept = _few(made, rules.sounds)
    return tuple(sorted((*cues, *kept), key=lambda cue: cue.span)), len(made) - len(kept)


def _few(made: Sequence[tuple[Cue, Sound]], most: int) -> list[Cue]:
    """Of captions of sounds so many in any minute: given ones, then long and sure ones."""

    def weight(one: tuple[Cue, Sound]) -> tuple[bool, float]:
        sound = one[1]
        return sound.source == "given", sound.confidence * sound.span.duration_ms

    kept: list[Cue] = []
    starts_ms: list[int] = []  # of those, in order
    for cue, sound in sorted(made, key=weight, reverse=True):
        at = bisect_left(starts_ms, cue.span.start_ms)
        with_it = [
            *starts_ms[max(0, at - most) : at],
            cue.span.start_ms,
            *starts_ms[at : at + most],
        ]
        is_full = any(
            last_ms - first_ms < MS_PER_MINUTE
            for first_ms, last_ms in zip(with_it, with_it[most:], strict=False)
        )
        if sound.source == "given" or not is_full:
            kept.append(cue)
            starts_ms.insert(at, cue.span.start_ms)
    return kept


def _late_ms(sound: Sound) -> int:
    """How long after its end a sound may be told: music, a background, only while it lasts."""
    return 0 if sound.label in (MUSIC, SINGING) else NEAR_MS


def _is_due(sound: Sound, start_ms: int, told_ms: Mapping[str, int]) -> bool:
    """Whether a sound is to be told at a time.

    It is where it begins, and again after a minute of it; a heard one of a kind that was told a few
    seconds before is not, for barking and laughter come and go.

    Args:
        sound: It.
        start_ms: When its caption would begin.
        told_ms: Where the last caption of each label ended.
    """
    last_ms = told_ms.get(sound.label)
    if last_ms is None or start_ms - last_ms >= AGAIN_MS:
        return True
    begins = last_ms <= sound.span.start_ms
    is_background = sound.source == "given" or sound.label == MUSIC
    return begins and (is_background or start_ms - last_ms >= SAME_MS)


@dataclass(frozen=True, slots=True)
class _Names:
    """What captions call sounds.

    Attributes:
        language: Of the words.
        line_chars: Most characters in a line.
        starts_ms: Where words begin, in order; empty where no speaker is named.
        words: Each with its speaker, in that order.
    """

    language: str
    line_chars: int
    starts_ms: tuple[int, ...]
    words: tuple[tuple[Span, str], ...]

    @classmethod
    def of(cls, document: Document, rules: LayoutRules) -> _Names:
        """Those of a Document; one voice needs no name."""
        utterances = document.transcript.utterances
        words: list[tuple[Span, str]] = []
        if rules.sdh and len({one.speaker for one in utterances} - {""}) > 1:
            words = sorted((word.span, one.speaker) for one in utterances for word in one.words)
        starts_ms = tuple(span.start_ms for span, _ in words)
        return cls(document.transcript.language, rules.line_chars, starts_ms, tuple(words))

    def text_of(self, sound: Sound) -> str:
        """`[laughter]`, or `[Ann laughs]` of a speaker who is known to."""
        if sound.source == "given":
            has_marks = is_sound(sound.label) or sound.label[0] in NOTES
            return sound.label if has_marks else f"[{sound.label}]"
        deed = deed_of(sound.label, self.language)
        if deed and (speaker := self._speaker(sound)):
            named = f"[{speaker} {deed}]"
            is_short = count_chars(named, self.language) <= self.line_chars
            return named if is_short else f"[{deed}]"
        return f"[{name_of(sound.label, self.language)}]"

    def _speaker(self, sound: Sound) -> str:
        """Who makes a sound that people make, "" where that is not certain.

        One who speaks right before it and right after it, where it is short: what comes after the
        words of one may as well be the others'.
        """
        middle_ms = (sound.span.start_ms + sound.span.end_ms) // 2
        at = bisect_right(self.starts_ms, middle_ms)
        if not 0 < at < len(self.words) or sound.span.duration_ms > LONGEST_OWN_MS:
            return ""
        (before, speaker), (after, other) = self.words[at - 1], self.words[at]
        is_near = (
            before.end_ms >= sound.span.start_ms - OWN_NEAR_MS
            and after.start_ms <= sound.span.end_ms + OWN_NEAR_MS
        )
        return speaker if is_near and speaker == other else ""


def _reading_ms(text: str, rules: LayoutRules) -> int:
    return round(MS_PER_SECOND * len(text) / rules.cps)


def _shown_ms(wanted_ms: int, room_ms: int) -> int:
    """How long a label is shown, in whole steps.

    What would leave a flicker before the next cue is left out at the end.
    """
    shown_ms = min(room_ms, wanted_ms)
    return floor_step(room_ms if 0 < room_ms - shown_ms < CLOSE_BELOW_MS else shown_ms)


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


def _cue(text: str, span: Span) -> Cue:
    run = StyledRun(text, StyleKey(NEUTRAL, 0))
    return Cue(span, ((StyledWord(LABEL, span, (run,)),),))


def is_of_sound(cue: Cue) -> bool:
    """Whether a cue tells a sound and holds no words."""
    return all(word.index == LABEL for line in cue.lines for word in line)


def _told(document: Document) -> list[Sound]:
    """The sounds that have captions of their own.

    Heard singing has none: it lies in music, which has one, and the detector is less sure of it.
    Nor has a given sound that one of the words names: `[applause]` is shown already.
    """
    named: dict[str, list[Span]] = {}
    for sound in given_sounds(document.transcript):
        named.setdefault(sound.label.casefold(), []).append(sound.span)

    def is_told(sound: Sound) -> bool:
        if sound.source == "heard":
            return sound.label != SINGING
        spans = named.get(sound.label.casefold(), ())
        return not any(sound.span.overlap_ms(span) for span in spans)

    return [sound for sound in document.sounds if is_told(sound)]
