"""What can be heard besides words: music and singing, as the event detector finds them, and tags.

Recognizers write words over barking and ringing, some of them with much confidence, and the event
detector takes both for speech. A tagger that names the sound and hears no voice says otherwise.

The detector takes some speech for singing, and short stretches of it for music. So music counts
from a few seconds on, and singing only where there is music too: what that leaves of false alarms,
and what it costs, stands in docs/accuracy.md.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from sentigram.core.sounds import MUSIC, SINGING, SPEECH, Sound, given_sounds, in_order, not_given
from sentigram.core.time import Span
from sentigram.core.transcript import Transcript, Utterance, Word
from sentigram.words.missed import joined, named
from sentigram.words.speech_events import SpeechEvent

LEAST_MS = 3_000  # of music and of singing
LEAST_CONFIDENCE = 0.6
INVENTED_CONFIDENCE = 0.3  # of words where no voice is found: marked as doubtful
VOICES = ("laughter", "crying", "baby cries", "screaming", "cheering")  # may hide or hold words
_UNDER_SOUND = 0.5  # share of a word, or of a stretch without any
_APART_MS = 1_000  # so far around it no voice is heard, either
_UNDER_MUSIC, _HEARD_VOICE = 0.5, 0.2  # shares of a word
_NEAR_MS = 1_500  # stretches of one kind that are no further apart are one
_SUNG_SHARE = 0.5  # of singing, that must lie in music
_GIVEN_NEAR_MS = 2_000  # a sound that a transcript names this near is not told twice


def sounds_of(
    events: Iterable[SpeechEvent],
    transcript: Transcript,
    *,
    within: Span | None = None,
    tagged: Iterable[Sound] = (),
) -> tuple[Sound, ...]:
    """The sounds of a recording, those that a transcript names among them.

    Args:
        events: Of any kind; speech is none.
        transcript: Its words; `[applause]` is one of them, and a sound.
        within: Only there events were looked for; None for everywhere.
        tagged: What a tagger named.
    """
    events = tuple(events)
    given = given_sounds(transcript)
    music = list(_stretches(events, MUSIC, within))
    sung = [one for one in _stretches(events, SINGING, within) if _is_in(one.span, music)]
    named = [
        one
        for one in tagged
        if one.label != SPEECH and (within is None or one.span.overlap_ms(within))
    ]
    heard = not_given((*music, *sung, *named), given, near_ms=_GIVEN_NEAR_MS)
    return in_order((*given, *heard))


def without_invented(
    transcript: Transcript, tagged: Iterable[Sound]
) -> tuple[Transcript, tuple[Utterance, ...]]:
    """Leave out utterances that were heard in a sound that is no voice's, where nobody speaks.

    Every word of one must be so: see `_Tags`. Under laughter and other sounds of people no word is
    left out, and given ones never are.

    Args:
        transcript: Of any words.
        tagged: What a tagger named, SPEECH among it.

    Returns:
        The others, and those that are left out.
    """
    tags = _Tags.of_no_voice(tagged)
    kept: list[Utterance] = []
    invented: list[Utterance] = []
    for one in transcript.utterances:
        (invented if all(map(tags.deny_word, one.words)) else kept).append(one)
    return replace(transcript, utterances=tuple(kept)), tuple(invented)


def without_sounds(missed: Iterable[Span], tagged: Iterable[Sound]) -> tuple[Span, ...]:
    """Stretches of speech without words, but for those of a sound that is no voice's.

    The event detector takes barking and ringing for speech; nothing was missed there.

    Args:
        missed: See `missed_speech`.
        tagged: What a tagger named, SPEECH among it.
    """
    tags = _Tags.of_no_voice(tagged)
    return tuple(span for span in missed if not tags.deny(span))


def invented_line(left_out: Sequence[Utterance]) -> str:
    """One line for people: where words were left out, and why; "" where none were."""
    if not left_out:
        return ""
    spans = [one.span for one in left_out]
    return (
        f"what was heard at {named(spans)} is left out: another sound is heard there, and no voice"
    )


def doubted(
    transcript: Transcript, events: Iterable[SpeechEvent], *, tagged: Iterable[Sound] = ()
) -> Transcript:
    """Lower the confidence of heard words that may be invented.

    They are where there is music and no voice, or where a tagger names a sound and hears none.

    Args:
        transcript: Of any words; given ones stay certain.
        events: Of any kind.
        tagged: What a tagger named, SPEECH among it.
    """
    spans: dict[str, list[Span]] = {}
    for event in events:
        spans.setdefault(event.kind, []).append(event.span)
    music, voice = spans.get(MUSIC, []), [*spans.get("speech", []), *spans.get(SINGING, [])]
    tags = _Tags.of(tagged)

    def told(word: Word) -> Word:
        if word.source == "given" or word.confidence <= INVENTED_CONFIDENCE:
            return word
        over = word.span
        in_music = _share(over, music) >= _UNDER_MUSIC and _share(over, voice) < _HEARD_VOICE
        is_doubtful = in_music or tags.deny(over)
        return replace(word, confidence=INVENTED_CONFIDENCE) if is_doubtful else word

    return replace(
        transcript,
        utterances=tuple(
            replace(one, words=tuple(map(told, one.words))) for one in transcript.utterances
        ),
    )


@dataclass(frozen=True, slots=True)
class _Tags:
    """What a tagger says of where words are, or might be.

    Attributes:
        sounds: Where it names any that are no music; in order and apart.
        voices: Where it hears the least sign of one; in order and apart.
    """

    sounds: tuple[Span, ...]
    voices: tuple[Span, ...]

    @classmethod
    def of(cls, tagged: Iterable[Sound]) -> _Tags:
        """Those of what it named."""
        all_of = tuple(tagged)
        sounds = (one.span for one in all_of if one.label not in (SPEECH, MUSIC, SINGING))
        voices = (one.span for one in all_of if one.label == SPEECH)
        return cls(tuple(joined(sounds, 0)), tuple(joined(voices, 0)))

    @classmethod
    def of_no_voice(cls, tagged: Iterable[Sound]) -> _Tags:
        """Without laughter and the like, which may hide or hold words."""
        return cls.of(one for one in tagged if one.label not in VOICES)

    def deny(self, span: Span) -> bool:
        """Whether it lies in a sound, and no voice is heard a second around it."""
        if _share(span, _near(span, self.sounds)) < _UNDER_SOUND:
            return False
        around = Span(max(0, span.start_ms - _APART_MS), span.end_ms + _APART_MS)
        return not _near(around, self.voices)

    def deny_word(self, word: Word) -> bool:
        """The same of a word that was heard; given ones are never denied."""
        return word.source != "given" and self.deny(word.span)


def _near(span: Span, others: Sequence[Span]) -> Sequence[Span]:
    """Those of spans in order and apart that overlap another."""
    first = bisect_right(others, span.start_ms, key=lambda other: other.end_ms)
    last = bisect_left(others, span.end_ms, key=lambda other: other.start_ms)
    return others[first:last]


def _share(span: Span, of: Sequence[Span]) -> float:
    """How much of it lies in others."""
    covered = sum(span.overlap_ms(other) for other in of)
    return covered / max(1, span.duration_ms)


def _stretches(events: Sequence[SpeechEvent], kind: str, within: Span | None) -> Iterator[Sound]:
    """Events of a kind as stretches that are long and sure enough."""
    joined: list[Sound] = []
    for event in sorted((e for e in events if e.kind == kind), key=lambda e: e.span):
        span = event.span if within is None else _clipped(event.span, within)
        if not span.duration_ms:
            continue
        if joined and span.start_ms - joined[-1].span.end_ms <= _NEAR_MS:
            before = joined[-1]
            lasts = (before.span.duration_ms, span.duration_ms)
            mean = (before.confidence * lasts[0] + event.confidence * lasts[1]) / sum(lasts)
            whole = Span(before.span.start_ms, max(before.span.end_ms, span.end_ms))
            joined[-1] = replace(before, span=whole, confidence=mean)
        else:
            joined.append(Sound(kind, span, event.confidence))
    for sound in joined:
        if sound.span.duration_ms >= LEAST_MS and sound.confidence >= LEAST_CONFIDENCE:
            yield replace(sound, confidence=round(sound.confidence, 3))


def _is_in(span: Span, music: Sequence[Sound]) -> bool:
    return sum(span.overlap_ms(one.span) for one in music) >= _SUNG_SHARE * span.duration_ms


def _clipped(span: Span, to: Span) -> Span:
    start_ms = max(span.start_ms, to.start_ms)
    return Span(start_ms, max(start_ms, min(span.end_ms, to.end_ms)))
